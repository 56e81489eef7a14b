//! Lets `#[derive(Deserialize, JsonSchema)]` find serde and schemars in the SDK, so that a plugin needs no other dependency.

use syn::{Attribute, Expr, Item, Stmt, parse_quote, token};

/// Adds `#[serde(crate = …)]` and `#[schemars(crate = …)]` where a type derives something of theirs and does not say so itself.
pub(crate) fn point_here(item: &mut Item) {
    let attributes = match item {
        Item::Struct(item) => &mut item.attrs,
        Item::Enum(item) => &mut item.attrs,
        Item::Mod(module) => {
            let items = module.content.iter_mut().flat_map(|(_, items)| items);
            return items.for_each(point_here);
        }
        Item::Fn(function) => {
            let statements = &mut function.block.stmts;
            return statements.iter_mut().for_each(|statement| {
                if let Stmt::Item(item) = statement {
                    point_here(item);
                }
            });
        }
        _ => return,
    };
    if derives(attributes, &["Serialize", "Deserialize"]) && !says_crate(attributes, "serde") {
        attributes.push(parse_quote!(#[serde(crate = "::plugin_sdk::serde")]));
    }
    if derives(attributes, &["JsonSchema"]) && !says_crate(attributes, "schemars") {
        attributes.push(parse_quote!(#[schemars(crate = "::plugin_sdk::schemars")]));
    }
}

fn derives(attributes: &[Attribute], names: &[&str]) -> bool {
    let mut found = false;
    for attribute in attributes {
        if attribute.path().is_ident("derive") {
            // What cannot be read, the compiler refuses.
            let _ = attribute.parse_nested_meta(|meta| {
                let name = meta.path.segments.last();
                found |= name.is_some_and(|segment| names.iter().any(|name| segment.ident == name));
                Ok(())
            });
        }
    }
    found
}

fn says_crate(attributes: &[Attribute], helper: &str) -> bool {
    let mut says = false;
    for attribute in attributes {
        if attribute.path().is_ident(helper) {
            let _ = attribute.parse_nested_meta(|meta| {
                says |= meta.path.is_ident("crate");
                // Reads over what belongs to the key, whatever it is.
                if meta.input.peek(token::Paren) {
                    let content;
                    syn::parenthesized!(content in meta.input);
                    content.parse::<proc_macro2::TokenStream>()?;
                } else if let Ok(value) = meta.value() {
                    value.parse::<Expr>()?;
                }
                Ok(())
            });
        }
    }
    says
}
