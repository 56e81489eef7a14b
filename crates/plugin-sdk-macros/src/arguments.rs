//! The arguments of `#[plugin]`: `#[plugin(name = "…", driftless = "…", files("…"), …)]`.

use driftless_plugin_api::host_call::Capability;
use driftless_plugin_api::manifest::{Permission, is_valid_name};
use proc_macro2::TokenStream;
use syn::meta::ParseNestedMeta;
use syn::punctuated::Punctuated;
use syn::{Error, LitStr, Result, Token, token};

use crate::mistakes::Mistakes;
use crate::permission;

/// What `#[plugin]` says.
#[derive(Default)]
pub(crate) struct Arguments {
    /// `name = "…"`, what the plugin is called.
    pub(crate) name: Option<String>,
    /// `driftless = "…"`, which versions of the host it works with.
    pub(crate) host_version: Option<String>,
    /// `files("…")` and its like: what it asks for.
    pub(crate) permissions: Vec<Permission>,
}

/// What a plugin is called by.
pub(crate) const NAMES: &str =
    "a plugin is called by ASCII letters, digits, `-` and `_`, a letter first, at most 64";

/// What the permissions are called, in the order of the manifest.
const WORDS: [(&str, Capability); 5] = [
    ("files", Capability::File),
    ("network", Capability::Http),
    ("environment", Capability::Environment),
    ("commands", Capability::Process),
    ("functions", Capability::Function),
];

impl Arguments {
    /// Reads the arguments, as far as they can be understood.
    pub(crate) fn read(arguments: TokenStream, mistakes: &mut Mistakes) -> Self {
        let (mut name, mut host_version) = (None, None);
        let mut entries: [Option<Vec<String>>; WORDS.len()] = Default::default();
        let parser = syn::meta::parser(|meta| {
            let word = WORDS.iter().position(|(word, _)| meta.path.is_ident(word));
            if let Some(place) = word {
                once(&entries[place], &meta)?;
                entries[place] = Some(read_entries(&meta, WORDS[place], mistakes)?);
                return Ok(());
            }
            let place = if meta.path.is_ident("name") {
                &mut name
            } else if meta.path.is_ident("driftless") {
                &mut host_version
            } else {
                let words = WORDS.map(|(word, _)| format!("`{word}(…)`")).join(", ");
                return Err(meta.error(format!("expected `name = \"…\"`, `driftless = \"…\"`, {words}")));
            };
            once(place, &meta)?;
            *place = Some(meta.value()?.parse::<LitStr>()?);
            Ok(())
        });
        let parsed = syn::parse::Parser::parse2(parser, arguments);
        mistakes.check(parsed);
        if let Some(literal) = &name
            && !is_valid_name(&literal.value())
        {
            mistakes.push(Error::new(literal.span(), NAMES));
            name = None;
        }
        if let Some(literal) = &host_version
            && let Err(error) = semver::VersionReq::parse(&literal.value())
        {
            let message = format!("expected versions of the host, such as `>=0.1, <2`: {error}");
            mistakes.push(Error::new(literal.span(), message));
        }
        let permissions = WORDS.into_iter().zip(entries).filter_map(|((_, capability), entries)| {
            let entries = entries?;
            Some(Permission::new(capability, entries))
        });
        Self {
            name: name.map(|literal| literal.value()),
            host_version: host_version.map(|literal| literal.value()),
            permissions: permissions.collect(),
        }
    }
}

fn once<T>(place: &Option<T>, meta: &ParseNestedMeta<'_>) -> Result<()> {
    if place.is_some() { Err(meta.error("this is said twice")) } else { Ok(()) }
}

/// `("…", "…")`, every entry checked.
fn read_entries(
    meta: &ParseNestedMeta<'_>,
    (word, capability): (&str, Capability),
    mistakes: &mut Mistakes,
) -> Result<Vec<String>> {
    let expected = format!("expected `{word}(\"…\", …)`");
    if !meta.input.peek(token::Paren) {
        return Err(meta.error(expected));
    }
    let content;
    syn::parenthesized!(content in meta.input);
    let literals = Punctuated::<LitStr, Token![,]>::parse_terminated(&content)?;
    if literals.is_empty() {
        mistakes.push(meta.error(format!("{expected}; a plugin that needs none of it leaves it out")));
    }
    let mut entries = Vec::new();
    for literal in literals {
        let entry = literal.value();
        if let Err(why) = permission::check(capability, &entry) {
            mistakes.push(Error::new(literal.span(), why));
        } else if entries.contains(&entry) {
            mistakes.push(Error::new(literal.span(), "this is said twice"));
        } else {
            entries.push(entry);
        }
    }
    Ok(entries)
}
