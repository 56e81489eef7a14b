//! The manifest, out of the author's `Cargo.toml`: cargo hands its fields to whatever it compiles.

use driftless_plugin_api::PROTOCOL_VERSION;
use driftless_plugin_api::manifest::{ComponentEntry, PluginManifest, PluginType};
use proc_macro2::TokenStream;
use quote::quote;

use crate::model::Plugin;

const NAME: &str = "CARGO_PKG_NAME";
const VERSION: &str = "CARGO_PKG_VERSION";
const DESCRIPTION: &str = "CARGO_PKG_DESCRIPTION";
const AUTHORS: &str = "CARGO_PKG_AUTHORS";
const LICENSE: &str = "CARGO_PKG_LICENSE";
const HOMEPAGE: &str = "CARGO_PKG_HOMEPAGE";
const REPOSITORY: &str = "CARGO_PKG_REPOSITORY";
const RUST_VERSION: &str = "CARGO_PKG_RUST_VERSION";

/// The manifest of the plugin that is being compiled.
pub(crate) fn of(plugin: &Plugin) -> PluginManifest {
    let components = plugin.components.iter().map(|component| ComponentEntry {
        kind: component.kind,
        name: component.name.clone(),
        description: component.description.clone(),
    });
    PluginManifest {
        name: plugin.name.clone(),
        version: field(VERSION),
        description: field(DESCRIPTION),
        author: field(AUTHORS).replace(':', ", "),
        license: field(LICENSE),
        homepage: Some(field(HOMEPAGE)).filter(|text| !text.is_empty()),
        repository: Some(field(REPOSITORY)).filter(|text| !text.is_empty()),
        driftless_version: plugin.host_version.clone().unwrap_or_else(|| "*".to_owned()),
        rust_version: Some(field(RUST_VERSION)).filter(|text| !text.is_empty()),
        plugin_type: PluginType::Wasm,
        entry_point: String::new(),
        dependencies: Vec::new(),
        permissions: plugin.permissions.clone(),
        protocol: PROTOCOL_VERSION,
        components: Some(components.collect()),
    }
}

/// What the plugin is called where it does not say: like its package.
pub(crate) fn package_name() -> String {
    field(NAME)
}

/// Mentions the variables, so that cargo compiles the plugin anew when one of them changes.
pub(crate) fn dependencies() -> TokenStream {
    let variables = [NAME, VERSION, DESCRIPTION, AUTHORS, LICENSE, HOMEPAGE, REPOSITORY, RUST_VERSION];
    quote!(#(const _: ::core::option::Option<&str> = ::core::option_env!(#variables);)*)
}

fn field(variable: &str) -> String {
    std::env::var(variable).unwrap_or_default()
}
