//! The author's `Cargo.toml`: cargo hands its fields to whatever it compiles.

use proc_macro2::TokenStream;
use quote::quote;

const NAME: &str = "CARGO_PKG_NAME";
pub(crate) const VERSION: &str = "CARGO_PKG_VERSION";
pub(crate) const DESCRIPTION: &str = "CARGO_PKG_DESCRIPTION";
pub(crate) const AUTHORS: &str = "CARGO_PKG_AUTHORS";
pub(crate) const LICENSE: &str = "CARGO_PKG_LICENSE";
pub(crate) const HOMEPAGE: &str = "CARGO_PKG_HOMEPAGE";
pub(crate) const REPOSITORY: &str = "CARGO_PKG_REPOSITORY";
pub(crate) const RUST_VERSION: &str = "CARGO_PKG_RUST_VERSION";

/// What the plugin is called where it does not say: like its package.
pub(crate) fn name() -> String {
    field(NAME)
}

/// Mentions the variables, so that cargo compiles the plugin anew when one of them changes.
pub(crate) fn dependencies() -> TokenStream {
    let variables = [NAME, VERSION, DESCRIPTION, AUTHORS, LICENSE, HOMEPAGE, REPOSITORY, RUST_VERSION];
    quote!(#(const _: ::core::option::Option<&str> = ::core::option_env!(#variables);)*)
}

/// A field, by its variable; empty where the file does not have it.
pub(crate) fn field(variable: &str) -> String {
    std::env::var(variable).unwrap_or_default()
}
