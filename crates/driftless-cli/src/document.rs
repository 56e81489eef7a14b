//! Files that a user writes: YAML, JSON or TOML, told apart by their extension.

use std::ops::Range;
use std::path::Path;

use driftless_documents::{DocumentError, Format};
use serde::de::DeserializeOwned;

use crate::excerpt::excerpt;
use crate::failure::Failure;
use crate::text;

/// Reads a file. A mistake in it is told with its line.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let Some(format) = Format::of(path) else {
        let why = "its name ends in none of .yml, .yaml, .json, .toml";
        return Err(Failure::Usage(format!("{}: {why}", path.display())));
    };
    parse(path, format, &text::read(path)?)
}

/// Reads the text of a TOML file, whatever the file is called.
pub(crate) fn read_toml<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, Failure> {
    parse(path, Format::Toml, text)
}

fn parse<T: DeserializeOwned>(path: &Path, format: Format, text: &str) -> Result<T, Failure> {
    // Some editors begin a file with a mark that says nothing.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    driftless_documents::read(format, text).map_err(|error| Failure::Usage(describe(path, text, &error)))
}

fn describe(path: &Path, text: &str, error: &DocumentError) -> String {
    let path = path.display();
    match (error.place(), error.line_and_column(text)) {
        (Some(place), Some((line, column))) => {
            format!("{path}:{line}:{column}: {error}\n{}", excerpt(text, at_least_one(place)))
        }
        _ => format!("{path}: {error}"),
    }
}

/// A place that can be marked: what is missing has no length.
fn at_least_one(place: Range<usize>) -> Range<usize> {
    place.start..place.end.max(place.start + 1)
}
