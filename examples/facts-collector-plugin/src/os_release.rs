//! The format of os-release(5): assignments as a shell would read them, without expansion.

use std::collections::BTreeMap;

use plugin_sdk::serde::Serialize;
use plugin_sdk::{Result, bail};

/// What the distribution says of itself. The keys that most people ask for have the defaults of os-release(5).
#[derive(Serialize)]
#[serde(crate = "plugin_sdk::serde")]
pub(crate) struct Os {
    /// `debian`; `linux` where it is not said.
    id: String,
    /// What it is derived from, closest first.
    id_like: Vec<String>,
    /// `Debian GNU/Linux`; `Linux` where it is not said.
    name: String,
    /// `Debian GNU/Linux 13 (trixie)`; the name where it is not said.
    pretty_name: String,
    /// `13 (trixie)`. A rolling distribution has none.
    version: Option<String>,
    /// `13`. It is text: `3.20` is not `3.2`.
    version_id: Option<String>,
    /// `trixie`
    version_codename: Option<String>,
    /// `server`
    variant_id: Option<String>,
    /// Every assignment of the file, as it is called there.
    fields: BTreeMap<String, String>,
}

/// Reads the text, and tells which lines, counted from 1, are no assignment.
pub(crate) fn parse(text: &str) -> Result<(Os, Vec<usize>)> {
    let (mut fields, mut ignored) = (BTreeMap::new(), Vec::new());
    for (place, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match assignment(line) {
            // As in a shell, the last one counts.
            Some((name, value)) => {
                fields.insert(name.to_owned(), value);
            }
            None => ignored.push(place + 1),
        }
    }
    if fields.is_empty() {
        bail!("the text has no assignment such as ID=debian; it is not that of /etc/os-release");
    }
    let get = |name: &str| fields.get(name).filter(|value| !value.is_empty()).cloned();
    let name = get("NAME").unwrap_or_else(|| "Linux".to_owned());
    let os = Os {
        id: get("ID").unwrap_or_else(|| "linux".to_owned()),
        id_like: get("ID_LIKE")
            .map(|list| list.split_whitespace().map(str::to_owned).collect())
            .unwrap_or_default(),
        pretty_name: get("PRETTY_NAME").unwrap_or_else(|| name.clone()),
        name,
        version: get("VERSION"),
        version_id: get("VERSION_ID"),
        version_codename: get("VERSION_CODENAME"),
        variant_id: get("VARIANT_ID"),
        fields,
    };
    Ok((os, ignored))
}

/// `NAME=value`, `NAME="value"` or `NAME='value'`.
fn assignment(line: &str) -> Option<(&str, String)> {
    let (name, value) = line.split_once('=')?;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_name {
        return None;
    }
    Some((name, unquote(value)?))
}

/// What the shell makes of a value. `None` where a quote does not end, or something follows it.
fn unquote(value: &str) -> Option<String> {
    match value.as_bytes().first() {
        // Everything up to the next quote, as it is.
        Some(b'\'') => {
            let inner = value[1..].strip_suffix('\'')?;
            (!inner.contains('\'')).then(|| inner.to_owned())
        }
        Some(b'"') => {
            let mut plain = String::with_capacity(value.len());
            let mut rest = value[1..].chars();
            loop {
                match rest.next()? {
                    '"' => return rest.as_str().is_empty().then_some(plain),
                    '\\' => match rest.next()? {
                        // Only these are special inside double quotes; before others the backslash stays.
                        special @ ('"' | '\\' | '$' | '`') => plain.push(special),
                        other => plain.extend(['\\', other]),
                    },
                    other => plain.push(other),
                }
            }
        }
        _ => {
            let mut plain = String::with_capacity(value.len());
            let mut rest = value.chars();
            while let Some(next) = rest.next() {
                match next {
                    '\\' => plain.push(rest.next()?),
                    // A shell would begin another word or another quote here: os-release(5) allows neither.
                    ' ' | '\t' | '"' | '\'' => return None,
                    other => plain.push(other),
                }
            }
            Some(plain)
        }
    }
}
