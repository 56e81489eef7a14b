//! The attribute that makes a component of a function: `#[task(name = "…", type = "…")]`.

use driftless_plugin_api::component::ComponentKind;
use driftless_plugin_api::manifest::is_valid_name;
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, Error, Ident, LitStr, Meta, Result};

/// What the attributes are called, by kind.
pub(crate) const WORDS: [(&str, ComponentKind); 8] = [
    ("task", ComponentKind::Task),
    ("facts", ComponentKind::FactsCollector),
    ("template_filter", ComponentKind::TemplateFilter),
    ("template_function", ComponentKind::TemplateFunction),
    ("log_source", ComponentKind::LogSource),
    ("log_parser", ComponentKind::LogParser),
    ("log_filter", ComponentKind::LogFilter),
    ("log_output", ComponentKind::LogOutput),
];

/// What an attribute says about its function.
pub(crate) struct ComponentAttribute {
    /// What the component is called.
    pub(crate) name: String,
    /// Where that is written.
    pub(crate) name_place: TokenStream,
    /// The type in its definition.
    pub(crate) r#type: Option<String>,
}

impl ComponentAttribute {
    /// The kind that an attribute stands for, if it is one of ours.
    pub(crate) fn kind_of(attribute: &Attribute) -> Option<ComponentKind> {
        let name = &attribute.path().segments.last()?.ident;
        WORDS.into_iter().find_map(|(word, kind)| (name == word).then_some(kind))
    }

    /// Reads an attribute, which stands for `kind`, above `function`.
    pub(crate) fn read(attribute: &Attribute, kind: ComponentKind, function: &Ident) -> Result<Self> {
        let (mut name, mut r#type) = (None, None);
        if !matches!(attribute.meta, Meta::Path(_)) {
            attribute.parse_nested_meta(|meta| {
                let place = if meta.path.is_ident("name") {
                    &mut name
                } else if kind != ComponentKind::Task {
                    return Err(meta.error("expected `name = \"…\"`"));
                } else if meta.path.is_ident("type") {
                    &mut r#type
                } else {
                    return Err(meta.error("expected `name = \"…\"` or `type = \"…\"`"));
                };
                if place.is_some() {
                    return Err(meta.error("this is said twice"));
                }
                *place = Some(meta.value()?.parse::<LitStr>()?);
                Ok(())
            })?;
        }
        let r#type = match r#type {
            Some(literal) if !["apply", "facts", "logs"].contains(&literal.value().as_str()) => {
                return Err(Error::new(literal.span(), "a task is of type `apply`, `facts` or `logs`"));
            }
            Some(literal) => Some(literal.value()),
            None => match kind {
                ComponentKind::Task => Some("apply".to_owned()),
                ComponentKind::TemplateFilter => Some("filter".to_owned()),
                ComponentKind::TemplateFunction => Some("function".to_owned()),
                _ => None,
            },
        };
        let (name, name_place) = match name {
            Some(literal) if !is_valid_name(&literal.value()) => {
                return Err(Error::new(literal.span(), NAMES));
            }
            Some(literal) => (literal.value(), literal.into_token_stream()),
            None => (named_like(function, attribute)?, function.to_token_stream()),
        };
        Ok(Self { name, name_place, r#type })
    }
}

const NAMES: &str = "a component is called by ASCII letters, digits, `-` and `_`, a letter first, at most 64";

/// The name of a component that has none of its own.
fn named_like(function: &Ident, attribute: &Attribute) -> Result<String> {
    let name = function.to_string();
    // What follows `r#` is a keyword in Rust and nowhere else.
    let name = name.strip_prefix("r#").unwrap_or(&name).to_owned();
    if is_valid_name(&name) {
        return Ok(name);
    }
    let word = attribute.path().segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
    let message = format!("{NAMES}; give it such a name: `#[{word}(name = \"…\")]`");
    Err(Error::new(function.span(), message))
}
