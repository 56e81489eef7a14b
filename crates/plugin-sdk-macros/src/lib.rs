//! The attribute macros of `plugin-sdk`, documented there.
//!
//! [`plugin`] reads the whole module: [`model`] makes of its functions a list of components, or says at the author's own
//! line why it cannot; [`expand`] writes the list down as code. The other attributes mark functions for it.

mod expand;
mod manifest;
mod model;

use proc_macro::TokenStream;
use quote::quote;

/// Makes a plugin of a module. See the crate `plugin-sdk`.
#[proc_macro_attribute]
pub fn plugin(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let module = syn::parse_macro_input!(item as syn::ItemMod);
    let expanded = model::Plugin::read(arguments.into(), module).and_then(|plugin| expand::plugin(&plugin));
    expanded.unwrap_or_else(|error| error.into_compile_error()).into()
}

macro_rules! marker {
    ($($(#[$doc:meta])* $name:ident)*) => { $(
        $(#[$doc])*
        ///
        /// It marks a function inside a module under `#[plugin]`. See the crate `plugin-sdk`.
        #[proc_macro_attribute]
        pub fn $name(_: TokenStream, item: TokenStream) -> TokenStream {
            let message = concat!("`#[", stringify!($name), "]` marks a function inside a module under `#[plugin]`");
            let item = proc_macro2::TokenStream::from(item);
            let span = item.clone().into_iter().next().map_or_else(proc_macro2::Span::call_site, |token| token.span());
            let error = syn::Error::new(span, message).into_compile_error();
            quote!(#error #item).into()
        }
    )* };
}

marker! {
    /// A task: does something.
    task
    /// A facts collector: finds something out.
    facts
    /// A filter in a template.
    template_filter
    /// A function in a template.
    template_function
    /// A log source: where lines come from.
    log_source
    /// A log parser: makes an entry of a line.
    log_parser
    /// A log filter: keeps an entry or drops it.
    log_filter
    /// A log output: where entries go.
    log_output
}
