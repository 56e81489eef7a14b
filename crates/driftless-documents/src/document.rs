//! Documents, and what they are read as.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::DocumentError;
use crate::format::Format;
use crate::limits::check_bytes;
use crate::node::{Content, Node};
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

    fn is_blank(&self) -> bool {
        matches!(self.root.content, Content::Null) && self.root.place.is_empty()
    }
}
