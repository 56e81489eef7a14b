//! Files that a user writes: YAML, JSON or TOML, told apart by their extension.

use std::path::Path;

use driftless_documents::{Document, DocumentError, Format};
use serde::de::DeserializeOwned;

use crate::excerpt::excerpt_at;
use crate::failure::Failure;
use crate::file_mistakes::TextFile;
use crate::text;

/// Reads a file. A mistake in it is told with its line.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let file = DocumentFile::read(path)?;
    file.document()?.read().map_err(|error| file.failure(&error))
}

/// The text of a document, and where it is.
pub(crate) struct DocumentFile<'p> {
    path: &'p Path,
    text: String,
    format: Format,
}

impl<'p> DocumentFile<'p> {
    /// Reads the text of a file whose name says what it is written in.
    pub(crate) fn read(path: &'p Path) -> Result<Self, Failure> {
        let Some(format) = Format::of(path) else {
            let why = "its name ends in none of .yml, .yaml, .json, .toml";
            return Err(Failure::Usage(format!("{}: {why}", path.display())));
        };
        Ok(Self { path, text: without_mark(text::read(path)?), format })
    }

    /// The document in it.
    pub(crate) fn document(&self) -> Result<Document<'_>, Failure> {
        Document::parse(self.format, &self.text).map_err(|error| self.failure(&error))
    }

    /// What mistakes in it are told of.
    pub(crate) fn file(&self) -> TextFile<'_> {
        TextFile { name: self.path.display().to_string(), text: &self.text }
    }

    /// A mistake in it.
    pub(crate) fn failure(&self, error: &DocumentError) -> Failure {
        Failure::Usage(describe(self.path, &self.text, error))
    }
}

/// Reads the text of a TOML file, whatever the file is called.
pub(crate) fn read_toml<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, Failure> {
    let file = DocumentFile { path, text: without_mark(text.to_owned()), format: Format::Toml };
    file.document()?.read().map_err(|error| file.failure(&error))
}

/// Some editors begin a file with a mark that says nothing.
fn without_mark(mut text: String) -> String {
    if text.starts_with(MARK) {
        text.drain(..MARK.len_utf8());
    }
    text
}

const MARK: char = '\u{feff}';

const NOT_SHOWN: &str = "what is wrong here is not shown, for a task has `no_log`";

/// Whether a message has a word of the text in it.
fn quotes(error: &DocumentError, text: &str) -> bool {
    let message = error.to_string();
    let is_of_text = |word: &str| word.contains(char::is_alphanumeric) && text.contains(word);
    let mut marked = message.split('`').skip(1).step_by(2);
    let mut numbers = message.split(|character: char| !character.is_ascii_digit());
    marked.any(is_of_text) || numbers.any(|number| number.len() > 3 && is_of_text(number))
}

fn describe(path: &Path, text: &str, error: &DocumentError) -> String {
    let path = path.display();
    // A document that cannot be read has no tasks yet, so any of it may be what is not to be shown.
    if text.contains("no_log") {
        let shown = if quotes(error, text) { NOT_SHOWN.to_owned() } else { error.to_string() };
        return match error.line_and_column(text) {
            Some((line, column)) => format!("{path}:{line}:{column}: {shown}"),
            None => format!("{path}: {shown}"),
        };
    }
    match (error.place(), error.line_and_column(text)) {
        (Some(place), Some((line, column))) => {
            format!("{path}:{line}:{column}: {error}\n{}", excerpt_at(text, place))
        }
        _ => format!("{path}: {error}"),
    }
}
