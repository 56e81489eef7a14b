//! Mistakes in documents.

use std::fmt;
use std::ops::Range;

use driftless_plugin_api::text::truncated;
use serde::de;

/// How much of a message is kept: a key that it names may have any length.
const MAX_MESSAGE_BYTES: usize = 2_000;

/// What is wrong with a document, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DocumentError {
    message: String,
    place: Option<Range<usize>>,
}

impl DocumentError {
    /// A mistake at a place, in bytes of the text. What is long is cut.
    pub fn at(message: impl AsRef<str>, place: Range<usize>) -> Self {
        Self { place: Some(place), ..Self::without_place(message) }
    }

    pub(crate) fn without_place(message: impl AsRef<str>) -> Self {
        Self { message: truncated(message.as_ref(), MAX_MESSAGE_BYTES).into_owned(), place: None }
    }

    /// The same error, at a place if it has none.
    pub(crate) fn or_at(mut self, place: &Range<usize>) -> Self {
        self.place.get_or_insert_with(|| place.clone());
        self
    }

    /// Where it is, in bytes of the text, if that is known.
    pub fn place(&self) -> Option<Range<usize>> {
        self.place.clone()
    }

    /// The line and the column at which it begins, both from 1, the column in characters. `text` is what was read.
    pub fn line_and_column(&self, text: &str) -> Option<(usize, usize)> {
        Some(line_and_column(text, self.place.as_ref()?.start))
    }
}

/// The line and the column at which a byte of a text is, both from 1, the column in characters.
///
/// ```
/// assert_eq!(driftless_documents::line_and_column("é: 1\nport: no", 11), (2, 6));
/// ```
pub fn line_and_column(text: &str, byte: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(byte)];
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|character| *character != '\n').count() + 1;
    (line, column)
}

impl de::Error for DocumentError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::without_place(message.to_string())
    }
}
