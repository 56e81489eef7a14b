//! Documents, and what they are read as.

use std::borrow::Cow;
use std::ops::Range;

use driftless_plugin_api::hint::Expected;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::DocumentError;
use crate::format::Format;
use crate::limits::check_bytes;
use crate::node::{Content, Entry, Node};
use crate::path::{Step, ValuePath};
use crate::{json, toml, yaml};

/// Reads a text as a value of a type.
///
/// # Errors
///
/// As for [`Document::parse`] and [`Document::read`].
pub fn read<T: DeserializeOwned>(format: Format, text: &str) -> Result<T, DocumentError> {
    Document::parse(format, text)?.read()
}

/// A document whose keys, tags, numbers and bounds are as they should be.
#[derive(Clone, Debug)]
pub struct Document<'t> {
    root: Node<'t>,
}

impl<'t> Document<'t> {
    /// Parses a text that holds one document. A byte order mark is not a part of it.
    ///
    /// # Errors
    ///
    /// When it is not written in this format, has a key twice, a tag that is not one of YAML's core schema, or a number that could not be kept,
    /// and when it is larger than [`MAX_DEPTH`](crate::MAX_DEPTH), [`MAX_VALUES`](crate::MAX_VALUES) or
    /// [`MAX_BYTES`](crate::MAX_BYTES) allow.
    pub fn parse(format: Format, text: &'t str) -> Result<Self, DocumentError> {
        check_bytes(text)?;
        match format {
            Format::Json => json::parse(text).map(|root| Self { root }),
            Format::Toml => toml::parse(text).map(|root| Self { root }),
            Format::Yaml => {
                let mut documents = Self::parse_all(text)?.into_iter();
                match (documents.next(), documents.next()) {
                    (_, Some(second)) => {
                        let message =
                            "a second document begins here, and one is expected: take out the line `---`";
                        Err(DocumentError::at(message, second.root.place))
                    }
                    (Some(document), None) => Ok(document),
                    (None, None) => Ok(Self { root: Node { place: 0..0, content: Content::Null } }),
                }
            }
        }
    }

    /// Parses a text in YAML that holds any number of documents, between lines `---`. Those that say nothing are left out.
    ///
    /// # Errors
    ///
    /// As for [`parse`](Self::parse). The bounds are those of all documents together.
    pub fn parse_all(text: &'t str) -> Result<Vec<Self>, DocumentError> {
        check_bytes(text)?;
        let documents = yaml::parse(text)?.into_iter().map(|root| Self { root });
        Ok(documents.filter(|document| !document.is_blank()).collect())
    }

    /// Where it begins, behind comments, in bytes of the text.
    pub fn start(&self) -> usize {
        self.root.place.start
    }

    /// Reads it as a value of a type.
    ///
    /// # Errors
    ///
    /// When a value of it is of another type, a key is missing, or is not known. The error says where, and what to write instead where a value
    /// is meant that is another in YAML 1.1 or in quotes.
    pub fn read<T: Deserialize<'t>>(self) -> Result<T, DocumentError> {
        let is_blank = self.is_blank();
        T::deserialize(self.root).map_err(|error| match is_blank {
            true => DocumentError::without_place("nothing is written in it"),
            false => error,
        })
    }

    /// Where it is, in bytes of the text.
    pub fn place(&self) -> Range<usize> {
        self.root.place.clone()
    }

    /// The values of a mapping, each with its key, so that a mistake in one does not hide those in the others.
    ///
    /// ```
    /// use driftless_documents::{Document, Format};
    ///
    /// let text = "port: none\nhost: 5\n";
    /// let members = Document::parse(Format::Yaml, text)?.members()?;
    /// let mistakes = members.into_iter().map(|member| match &*member.key {
    ///     "port" => member.value.read::<u16>().map(drop),
    ///     _ => member.value.read::<String>().map(drop),
    /// });
    /// assert_eq!(mistakes.filter(Result::is_err).count(), 2);
    /// # Ok::<(), driftless_documents::DocumentError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When it is no mapping.
    pub fn members(self) -> Result<Vec<Member<'t>>, DocumentError> {
        if self.is_blank() {
            return Err(DocumentError::without_place("nothing is written in it"));
        }
        match self.root.content {
            Content::Map(entries) => Ok(entries.into_iter().map(Member::from).collect()),
            _ => Err(self.root.is_not(Expected::Map)),
        }
    }

    /// The items of a list, for the same reason.
    ///
    /// # Errors
    ///
    /// When it is no list.
    pub fn items(self) -> Result<Vec<Self>, DocumentError> {
        match self.root.content {
            Content::List(items) => Ok(items.into_iter().map(|root| Self { root }).collect()),
            _ => Err(self.root.is_not(Expected::List)),
        }
    }

    /// Where a value is, in bytes of the text; that of the innermost one around it, where it is not there.
    pub fn place_of(&self, path: &ValuePath) -> Range<usize> {
        self.find(path).place
    }

    /// Where the key of a value is, in bytes of the text; as for [`place_of`](Self::place_of), where it has none.
    pub fn key_place_of(&self, path: &ValuePath) -> Range<usize> {
        let found = self.find(path);
        found.key.unwrap_or(found.place)
    }

    /// Whether there is a value to which a path leads.
    pub fn has(&self, path: &ValuePath) -> bool {
        self.find(path).is_whole
    }

    /// Follows a path as far as it leads.
    fn find(&self, path: &ValuePath) -> Found {
        let mut node = &self.root;
        let mut key = None;
        for step in path.steps() {
            let next = match (&node.content, step) {
                (Content::Map(entries), Step::Key(name)) => entries
                    .iter()
                    .find(|entry| entry.key.text == *name)
                    .map(|entry| (Some(entry.key.place.clone()), &entry.value)),
                (Content::List(items), Step::Index(index)) => items.get(*index).map(|item| (None, item)),
                _ => None,
            };
            let Some(next) = next else {
                return Found { key: None, place: node.place.clone(), is_whole: false };
            };
            (key, node) = next;
        }
        Found { key, place: node.place.clone(), is_whole: true }
    }

    fn is_blank(&self) -> bool {
        matches!(self.root.content, Content::Null) && self.root.place.is_empty()
    }
}

/// Where a path leads.
struct Found {
    /// Where the key of the value is, where it has one.
    key: Option<Range<usize>>,
    /// Where the value is, or the innermost one around it.
    place: Range<usize>,
    /// Whether all of the path could be followed.
    is_whole: bool,
}

/// A value of a mapping, with its key.
#[derive(Clone, Debug)]
pub struct Member<'t> {
    /// The key.
    pub key: Cow<'t, str>,
    /// Where the key is, in bytes of the text.
    pub key_place: Range<usize>,
    /// The value.
    pub value: Document<'t>,
}

impl<'t> From<Entry<'t>> for Member<'t> {
    fn from(entry: Entry<'t>) -> Self {
        Self { key: entry.key.text, key_place: entry.key.place, value: Document { root: entry.value } }
    }
}
