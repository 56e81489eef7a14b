//! The attribute macros of `plugin-sdk`, documented there.
//!
//! [`plugin`] reads the whole module: `model` makes of its functions a list of components, or says at the author's own
//! line why it cannot; `expand` writes the list down as code. The other attributes mark functions for it.

mod arguments;
mod component_attribute;
mod derives;
mod expand;
mod hook;
mod manifest;
mod mistakes;
mod model;
mod package;
mod parameter_kind;
mod parameters;
mod permission;
mod standard_library;

use proc_macro::TokenStream;
use quote::quote;

/// Makes a plugin of a module. See the crate `plugin-sdk`.
#[proc_macro_attribute]
pub fn plugin(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let unchanged = proc_macro2::TokenStream::from(item.clone());
    let item = syn::parse_macro_input!(item as syn::Item);
    let mut mistakes = mistakes::Mistakes::default();
    let plugin = model::Plugin::read(arguments.into(), item, &mut mistakes);
    let expanded = plugin.and_then(|plugin| expand::plugin(&plugin));
    // What the rest of the crate refers to stays there: its absence would be one more error.
    let expanded = mistakes.check(expanded).unwrap_or(unchanged);
    let errors = mistakes.into_compile_errors();
    quote!(#expanded #errors).into()
}

macro_rules! marker {
    ($($(#[$doc:meta])* $name:ident)*) => { $(
        $(#[$doc])*
        ///
        /// It marks a function that stands directly inside a module under `#[plugin]`. See the crate `plugin-sdk`.
        #[proc_macro_attribute]
        pub fn $name(_: TokenStream, item: TokenStream) -> TokenStream {
            let message = concat!(
                "`#[", stringify!($name), "]` marks a function that stands directly inside a module under `#[plugin]`"
            );
            // The attribute itself: it is what stands in the wrong place.
            let error = syn::Error::new(proc_macro2::Span::call_site(), message).into_compile_error();
            let item = proc_macro2::TokenStream::from(item);
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
    /// A hook: called once, before anything else of the plugin.
    initialize
    /// A hook: called after the last call.
    shutdown
    /// A hook: called before each task, which it may change or keep from running.
    before_task
    /// A hook: called after each task that did not fail.
    after_task
    /// A hook: called after each task that failed.
    on_task_failure
}
