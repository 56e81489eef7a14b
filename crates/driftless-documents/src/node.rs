//! A document as a tree, with the place of everything in it.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use serde_json::Number;

use crate::error::DocumentError;

/// A value and where it stands in the text.
#[derive(Clone, Debug)]
pub(crate) struct Node<'t> {
    pub(crate) place: Range<usize>,
    pub(crate) content: Content<'t>,
}

#[derive(Clone, Debug)]
pub(crate) enum Content<'t> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'t, str>),
    List(Vec<Node<'t>>),
    Map(Vec<Entry<'t>>),
}

/// A key of a mapping, and its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry<'t> {
    pub(crate) key: Key<'t>,
    pub(crate) value: Node<'t>,
}

/// Keys are text, in all formats.
#[derive(Clone, Debug)]
pub(crate) struct Key<'t> {
    pub(crate) place: Range<usize>,
    pub(crate) text: Cow<'t, str>,
}

impl Node<'_> {
    /// How many values there are in it, itself included, and how many bytes its keys and texts have.
    pub(crate) fn size(&self) -> (usize, usize) {
        let add = |(values, bytes): (usize, usize), (more_values, more_bytes): (usize, usize)| {
            (values + more_values, bytes + more_bytes)
        };
        match &self.content {
            Content::Null | Content::Bool(_) | Content::Number(_) => (1, 0),
            Content::Text(text) => (1, text.len()),
            Content::List(items) => items.iter().map(Self::size).fold((1, 0), add),
            Content::Map(entries) => {
                let sizes = entries.iter().map(|entry| add(entry.value.size(), (0, entry.key.text.len())));
                sizes.fold((1, 0), add)
            }
        }
    }
}

/// Refuses keys that are there twice, and those by which `serde_json` knows values of its own: behind one, a text would be read as JSON.
pub(crate) fn check_keys(entries: &[Entry<'_>]) -> Result<(), DocumentError> {
    let mut seen = HashSet::with_capacity(entries.len());
    for Entry { key, .. } in entries {
        if !seen.insert(key.text.as_ref()) {
            return Err(DocumentError::at(
                format!("the key `{}` is there twice", key.text),
                key.place.clone(),
            ));
        }
        if key.text.starts_with("$serde_json::private::") {
            return Err(DocumentError::at("this key is reserved", key.place.clone()));
        }
    }
    Ok(())
}
