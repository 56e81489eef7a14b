//! The list of components, written down as code.
//!
//! The table of components stands in the author's own module, so that a path such as `super::Config` means the same in
//! it. What is written gets the author's places where it can be wrong because of them: the compiler then points there.

use driftless_plugin_api::component::ComponentKind;
use driftless_plugin_api::function::Function;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, Expr, ExprLit, Lit, Result};

use crate::hook::{self, Hook};
use crate::model::{Component, Plugin};
use crate::parameter_kind::ParameterKind;
use crate::parameters::{Config, Input};
use crate::standard_library::VainUse;
use crate::{manifest, package};

/// The module, with the plugin's table of components and its exports beside the author's functions.
pub(crate) fn plugin(plugin: &Plugin) -> Result<TokenStream> {
    let manifest = serde_json::to_string(&manifest::of(plugin))
        .map_err(|error| Error::new(plugin.module.ident.span(), format!("the manifest: {error}")))?;
    let section = driftless_plugin_api::manifest::SECTION;
    let (bytes, length) = (Literal::byte_string(manifest.as_bytes()), manifest.len());
    let dependencies = package::dependencies();
    let components = plugin.components.iter().map(component);
    let hooks = plugin.hooks.iter().map(hook);

    let table = syn::parse2(quote! {
        #[doc(hidden)]
        #[allow(clippy::all, clippy::pedantic, unused_imports, unused_qualifications)]
        const __DRIFTLESS_PLUGIN: ::plugin_sdk::__private::Plugin = {
            use ::plugin_sdk::__private as sdk;
            use sdk::{FallibleKind as _, PlainKind as _};

            sdk::Plugin { manifest: #manifest, components: &[#(#components),*], hooks: &[#(#hooks),*] }
        };
    })?;
    let exports = syn::parse2(quote! {
        #[doc(hidden)]
        #[allow(clippy::all, clippy::pedantic, missing_docs, unreachable_pub)]
        pub mod __driftless {
            #dependencies

            #[cfg(target_family = "wasm")]
            const _: () = {
                #[allow(unsafe_code)]
                #[unsafe(link_section = #section)]
                #[used]
                static MANIFEST: [u8; #length] = *#bytes;
            };

            pub mod exports {
                ::plugin_sdk::__export!(super::super::__DRIFTLESS_PLUGIN);
            }
        }
    })?;
    let exports_inside = syn::parse2(quote!(
        #[allow(unused_imports)]
        #[doc(hidden)]
        pub use __driftless::exports::*;
    ))?;
    let mut module = plugin.module.clone();
    let warnings = plugin.vain.iter().map(|r#use| syn::parse2(warning(r#use))).collect::<Result<Vec<_>>>()?;
    let (_, items) = module.content.as_mut().expect("the model has a body");
    items.extend([table, exports, exports_inside]);
    items.extend(warnings);

    let name = &module.ident;
    Ok(quote! {
        #module

        #[allow(unused_imports)]
        #[doc(hidden)]
        pub use #name::__driftless::exports::*;
    })
}

/// A warning of the compiler at what the author wrote, where a plugin is compiled: in a test and as a part of a program, it works.
///
/// A macro has no other way to warn than to use something that is deprecated.
fn warning(r#use: &VainUse) -> TokenStream {
    let VainUse { span, what, instead, everywhere } = r#use;
    let condition = match everywhere {
        true => quote!(target_family = "wasm"),
        false => quote!(all(target_family = "wasm", not(target_os = "wasi"))),
    };
    let name = Ident::new("of_no_use_in_a_plugin", *span);
    let note = format!("{what}: {instead}");
    quote! {
        #[cfg(#condition)]
        const _: () = {
            #[deprecated(note = #note)]
            #[allow(non_upper_case_globals)]
            const #name: () = ();
            #name
        };
    }
}

/// One entry of the table.
fn component(component: &Component) -> TokenStream {
    let Component { name, description, cfgs, .. } = component;
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
    // The author's line: that is what the compiler fills in for tokens of the author's.
    let place =
        quote_spanned!(component.function.span()=> ::core::concat!(::core::file!(), ":", ::core::line!()));
    quote! {
        #(#cfgs)*
        sdk::Component {
            kind: sdk::ComponentKind::#kind,
            name: #name,
            r#type: #r#type,
            place: #place,
            description: #description,
            config_schema: #schema,
            run: #run,
        }
    }
}

/// Where a function is written, as a file and a line: that is what the compiler fills in for tokens of the author's.
fn place(function: &Ident) -> TokenStream {
    quote_spanned!(function.span()=> ::core::concat!(::core::file!(), ":", ::core::line!()))
}

/// One entry of the table of hooks.
fn hook(hook: &Hook) -> TokenStream {
    let Hook { served, function, cfgs, inputs, output } = hook;
    let variables: Vec<Ident> = inputs
        .iter()
        .enumerate()
        .map(|(place, r#type)| format_ident!("input_{place}", span = r#type.span()))
        .collect();
    let reading = inputs.iter().zip(&variables).zip(hook::what_it_is_told(*served)).enumerate();
    let reading = reading.map(|(place, ((r#type, variable), what))| {
        quote_spanned!(r#type.span()=> let #variable: #r#type = sdk::told(#what, arguments.get(#place))?;)
    });
    let called = quote_spanned!(function.span()=> self::#function(#(#variables),*));
    let written = match served {
        Function::BeforeTask => quote_spanned!(output.span()=> sdk::write(&sdk::verdict(value), reply)),
        _ => quote_spanned!(output.span()=> let done: () = value; sdk::write(&done, reply)),
    };
    let served = format_ident!("{}", format!("{served:?}"));
    let place = place(function);
    quote! {
        #(#cfgs)*
        sdk::Hook {
            function: sdk::Function::#served,
            place: #place,
            run: |arguments: &[&str], reply: &mut ::std::vec::Vec<u8>| -> ::plugin_sdk::Result<()> {
                #(#reading)*
                let returned = sdk::Returned(#called);
                let value = (&returned).driftless_kind().take(returned)?;
                #written
            },
        }
    }
}

/// Reads the arguments, calls the author's function and writes what it returned.
///
/// It is a closure, so that the compiler looks at it together with the rest of the table, and says once what a type
/// lacks that stands in both.
fn run(component: &Component) -> TokenStream {
    let config = component.config.as_ref().map(read_config);
    let inputs: Vec<Ident> = component.inputs.iter().enumerate().map(variable).collect();
    let reading = read_inputs(component, &inputs);

    let mut arguments: Vec<TokenStream> = inputs.iter().map(|input| quote!(#input)).collect();
    if let Some(Config { by_reference, place, .. }) = component.config {
        let argument = if by_reference { quote!(&config) } else { quote!(config) };
        arguments.insert(place, argument);
    }
    let function = &component.function;
    // `self::`, since a function may be called like one of our variables. Its own place: where it does not take what
    // it is given, that is the author's to see.
    let called = quote_spanned!(function.span()=> self::#function(#(#arguments),*));
    let output = component.output.span();
    let value = quote_spanned! {output=>
        let returned = sdk::Returned(#called);
        let value = (&returned).driftless_kind().take(returned)?;
    };
    let body = match component.kind {
        ComponentKind::Task => quote_spanned! {output=>
            #config
            #reading
            #value
            sdk::write(&sdk::task_result(value), reply)
        },
        ComponentKind::FactsCollector | ComponentKind::LogParser => quote_spanned! {output=>
            #config
            #reading
            #value
            sdk::write_object(&value, reply)
        },
        ComponentKind::TemplateFilter | ComponentKind::TemplateFunction => quote_spanned! {output=>
            #config
            #reading
            #value
            sdk::write(&value, reply)
        },
        ComponentKind::LogFilter => quote_spanned! {output=>
            #config
            #reading
            #value
            let keep: bool = value;
            sdk::write(&keep, reply)
        },
        ComponentKind::LogOutput => quote_spanned! {output=>
            #config
            #reading
            #value
            let done: () = value;
            sdk::write(&done, reply)
        },
        // It reads its configuration only when it starts.
        ComponentKind::LogSource => quote_spanned! {output=>
            sdk::batch(call, reply, || {
                #config
                #value
                let records = sdk::Records::new(value);
                ::core::result::Result::Ok((&records).driftless_kind().records(records))
            })
        },
    };
    quote! {
        |call: &sdk::Call<'_>, reply: &mut ::std::vec::Vec<u8>| -> ::plugin_sdk::Result<()> { #body }
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
        quote_spanned!(r#type.span()=> let config: #r#type = sdk::config(call.config)?;)
    }
}

/// What holds an input, at the place of its type: one that cannot be had is the author's to see.
fn variable((place, input): (usize, &Input)) -> Ident {
    format_ident!("input_{place}", span = input.r#type.span())
}

/// `let input_0 = …;` for each parameter but the configuration.
fn read_inputs(component: &Component, variables: &[Ident]) -> TokenStream {
    let inputs = &component.inputs;
    match component.kind {
        ComponentKind::LogParser => quote!(#(let #variables = call.input;)*),
        ComponentKind::LogFilter | ComponentKind::LogOutput => read_value(&inputs[0], &variables[0], "entry"),
        ComponentKind::TemplateFilter => {
            let value = read_value(&inputs[0], &variables[0], "value");
            let arguments = read_arguments(&inputs[1..], &variables[1..], &quote!(call.arguments));
            quote!(#value #arguments)
        }
        ComponentKind::TemplateFunction => read_arguments(inputs, variables, &quote!(call.input)),
        ComponentKind::Task | ComponentKind::FactsCollector | ComponentKind::LogSource => TokenStream::new(),
    }
}

/// Reads an entry, or what a filter is applied to.
fn read_value(input: &Input, variable: &Ident, what: &str) -> TokenStream {
    let span = input.r#type.span();
    if input.shape == ParameterKind::Str {
        return quote_spanned! {span=>
            let text: ::plugin_sdk::Text<'_> = sdk::value(#what, call.input)?;
            let #variable: &str = &text;
        };
    }
    // It gets its type from the author's function: written here, a lifetime that the author named
    // (`fn f<'a>(config: &Config, entry: Entry<'a>)`) would be undeclared.
    quote_spanned!(span=> let #variable = sdk::value(#what, call.input)?;)
}

fn read_arguments(inputs: &[Input], variables: &[Ident], json: &TokenStream) -> TokenStream {
    let reading = inputs.iter().zip(variables).map(|(input, variable)| read_argument(input, variable));
    let names = inputs.iter().map(|input| &input.name);
    quote! {
        #[allow(unused_mut)]
        let mut arguments = sdk::ArgumentReader::new(#json)?;
        #(#reading)*
        arguments.finish(&[#(#names),*])?;
    }
}

fn read_argument(input: &Input, variable: &Ident) -> TokenStream {
    let Input { name, r#type, shape, default } = input;
    let span = r#type.span();
    match (shape, default) {
        (ParameterKind::Str, Some(default)) => quote_spanned! {span=>
            let #variable: ::core::option::Option<::std::string::String> = arguments.optional(#name)?;
            let #variable: &str = match &#variable {
                ::core::option::Option::Some(given) => given,
                ::core::option::Option::None => #default,
            };
        },
        (ParameterKind::Str, None) => quote_spanned! {span=>
            let #variable: ::std::string::String = arguments.required(#name)?;
            let #variable: &str = &#variable;
        },
        (_, Some(default)) => {
            let default = match default {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
                    quote_spanned!(default.span()=> sdk::default_text(#text))
                }
                other => quote!(#other),
            };
            quote_spanned! {span=>
                let #variable: #r#type = match arguments.optional(#name)? {
                    ::core::option::Option::Some(given) => given,
                    ::core::option::Option::None => #default,
                };
            }
        }
        (ParameterKind::OptionalStr, None) => quote_spanned! {span=>
            let #variable: ::core::option::Option<::core::option::Option<::std::string::String>> =
                arguments.optional(#name)?;
            let #variable = #variable.flatten();
            let #variable: ::core::option::Option<&str> = #variable.as_deref();
        },
        (ParameterKind::Optional, None) => quote_spanned! {span=>
            let #variable: #r#type = arguments.optional::<#r#type>(#name)?.flatten();
        },
        (ParameterKind::Other, None) => {
            quote_spanned!(span=> let #variable: #r#type = arguments.required(#name)?;)
        }
    }
}
