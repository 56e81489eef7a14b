//! The list of components, written down as code.

use driftless_plugin_api::component::ComponentKind;
use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, Ident, Result};

use crate::manifest;
use crate::model::{Component, Config, Input, Plugin};

/// The module, with the plugin's table of components and its exports beside the author's functions.
pub(crate) fn plugin(plugin: &Plugin) -> Result<TokenStream> {
    let manifest = serde_json::to_string(&manifest::of(plugin))
        .map_err(|error| Error::new(plugin.module.ident.span(), format!("the manifest: {error}")))?;
    let section = driftless_plugin_api::manifest::SECTION;
    let (bytes, length) = (Literal::byte_string(manifest.as_bytes()), manifest.len());
    let dependencies = manifest::dependencies();
    let components = plugin.components.iter().map(component);

    let mut module = plugin.module.clone();
    let name = &module.ident;
    let reexport = quote! {
        #[allow(unused_imports)]
        #[doc(hidden)]
        pub use #name::__driftless::exports::*;
    };
    let generated = syn::parse2(quote! {
        #[doc(hidden)]
        #[allow(clippy::all, clippy::pedantic, missing_docs, unreachable_pub)]
        pub mod __driftless {
            use super::*;
            use ::plugin_sdk::__private as sdk;

            const PLUGIN: sdk::Plugin = sdk::Plugin { manifest: #manifest, components: &[#(#components),*] };

            #dependencies

            #[cfg(target_family = "wasm")]
            const _: () = {
                #[allow(unsafe_code)]
                #[unsafe(link_section = #section)]
                #[used]
                static MANIFEST: [u8; #length] = *#bytes;
            };

            pub mod exports {
                ::plugin_sdk::__export!(super::PLUGIN);
            }
        }
    })?;
    let exports_inside = syn::parse2(quote!(
        #[allow(unused_imports)]
        #[doc(hidden)]
        pub use __driftless::exports::*;
    ))?;
    let (_, items) = module.content.as_mut().expect("the model has a body");
    items.push(generated);
    items.push(exports_inside);
    Ok(quote!(#module #reexport))
}

/// One entry of the table.
fn component(component: &Component) -> TokenStream {
    let Component {
        name,
        description,
        cfgs,
        ..
    } = component;
    let kind = format_ident!("{}", format!("{:?}", component.kind));
    let r#type = match &component.r#type {
        Some(word) => quote!(::core::option::Option::Some(#word)),
        None => quote!(::core::option::Option::None),
    };
    let schema = match &component.config {
        Some(Config { r#type, .. }) => quote_spanned!(r#type.span()=> sdk::schema_of::<#r#type>),
        None => quote!(sdk::schema_of_nothing),
    };
    let run = run(component);
    quote! {
        #(#cfgs)*
        sdk::Component {
            kind: sdk::ComponentKind::#kind,
            name: #name,
            r#type: #r#type,
            description: #description,
            config_schema: #schema,
            run: { #run run },
        }
    }
}

/// `fn run`, which reads the arguments, calls the author's function and writes what it returned.
fn run(component: &Component) -> TokenStream {
    let function = &component.function;
    let config = component.config.as_ref().map(read_config);
    // With the span of the type: one that cannot be had is the author's to see as well.
    let named = |(place, input): (usize, &Input)| format_ident!("input_{place}", span = input.r#type.span());
    let inputs: Vec<Ident> = component.inputs.iter().enumerate().map(named).collect();
    let reading = read_inputs(component, &inputs);

    let mut arguments: Vec<TokenStream> = inputs.iter().map(|input| quote!(#input)).collect();
    if let Some(config) = &component.config {
        let argument = if config.by_reference {
            quote!(&config)
        } else {
            quote!(config)
        };
        arguments.insert(component.config_place, argument);
    }
    // The function's own span: a mismatch between it and its arguments is the author's to see.
    let called = quote_spanned!(function.span()=> #function(#(#arguments),*));
    let value = if component.fallible {
        quote_spanned!(component.output.span()=> #called.map_err(sdk::error)?)
    } else {
        called.clone()
    };
    let output = component.output.span();
    let writing = match component.kind {
        ComponentKind::Task => {
            let outcome = if component.fallible {
                quote_spanned! {output=> match #called {
                    ::core::result::Result::Ok(done) => done.into(),
                    ::core::result::Result::Err(error) => {
                        ::plugin_sdk::TaskResult::error(sdk::error(error).to_string())
                    }
                } }
            } else {
                quote_spanned!(output=> #called.into())
            };
            quote_spanned!(output=> let result: ::plugin_sdk::TaskResult = #outcome; sdk::write(&result, reply))
        }
        ComponentKind::FactsCollector | ComponentKind::LogParser => {
            quote_spanned!(output=> sdk::write_object(&#value, reply))
        }
        ComponentKind::TemplateFilter | ComponentKind::TemplateFunction => {
            quote_spanned!(output=> sdk::write(&#value, reply))
        }
        ComponentKind::LogFilter => {
            quote_spanned!(output=> let keep: bool = #value; sdk::write(&keep, reply))
        }
        ComponentKind::LogOutput => quote_spanned!(output=> let done: () = #value; sdk::write(&done, reply)),
        ComponentKind::LogSource => quote_spanned! {output=>
            sdk::batch(call, reply, || { #config ::core::result::Result::Ok(#value) })
        },
    };
    // A source reads its configuration only when it starts.
    let config = config.filter(|_| component.kind != ComponentKind::LogSource);
    quote! {
        fn run(call: &sdk::Call<'_>, reply: &mut ::std::vec::Vec<u8>) -> ::plugin_sdk::Result<()> {
            #config
            #reading
            #writing
        }
    }
}

fn read_config(config: &Config) -> TokenStream {
    let r#type = &config.r#type;
    if config.by_reference {
        quote_spanned! {r#type.span()=>
            ::std::thread_local! {
                static CONFIG: sdk::ConfigCache<#r#type> = const { sdk::ConfigCache::new() };
            }
            let config = CONFIG.with(|cache| cache.get(call.config))?;
        }
    } else {
        quote_spanned!(r#type.span()=> let config: #r#type = sdk::read(call.config)?;)
    }
}

/// `let input_0 = …;` for each parameter but the configuration.
fn read_inputs(component: &Component, inputs: &[Ident]) -> TokenStream {
    // What may borrow from the call gets its type from the author's function: written here, a lifetime that the author
    // named (`fn f<'a>(config: &Config, line: &'a str) -> Entry<'a>`) would be undeclared. The span points at the type.
    let value = |place: usize, what: &str| {
        let input = &inputs[place];
        let span = component.inputs[place].r#type.span();
        quote_spanned!(span=> let #input = sdk::value(#what, call.input)?;)
    };
    match component.kind {
        ComponentKind::LogParser => quote!(#(let #inputs = call.input;)*),
        ComponentKind::LogFilter | ComponentKind::LogOutput => value(0, "entry"),
        ComponentKind::TemplateFilter => {
            let value = value(0, "value");
            let arguments = read_arguments(&component.inputs[1..], &inputs[1..], &quote!(call.arguments));
            quote!(#value #arguments)
        }
        ComponentKind::TemplateFunction => read_arguments(&component.inputs, inputs, &quote!(call.input)),
        ComponentKind::Task | ComponentKind::FactsCollector | ComponentKind::LogSource => TokenStream::new(),
    }
}

fn read_arguments(parameters: &[Input], inputs: &[Ident], json: &TokenStream) -> TokenStream {
    let reading = parameters.iter().zip(inputs).map(
        |(
            Input {
                name,
                r#type,
                optional,
                default,
            },
            input,
        )| {
            let span = r#type.span();
            match default {
                Some(default) => {
                    // So that `#[default("-")] separator: String` works.
                    let is_text = matches!(
                        default,
                        syn::Expr::Lit(syn::ExprLit {
                            lit: syn::Lit::Str(_),
                            ..
                        })
                    );
                    let into = is_text.then(|| quote!(.into()));
                    quote_spanned! {span=>
                        let #input: #r#type = match arguments.optional(#name)? {
                            ::core::option::Option::Some(given) => given,
                            ::core::option::Option::None => #default #into,
                        };
                    }
                }
                None if *optional => quote_spanned! {span=>
                    let #input: #r#type = arguments.optional::<#r#type>(#name)?.flatten();
                },
                None => quote_spanned!(span=> let #input: #r#type = arguments.required(#name)?;),
            }
        },
    );
    let names = parameters.iter().map(|parameter| &parameter.name);
    quote! {
        #[allow(unused_mut)]
        let mut arguments = sdk::ArgumentReader::new(#json)?;
        #(#reading)*
        arguments.finish(&[#(#names),*])?;
    }
}
