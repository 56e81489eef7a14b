//! Files that a user writes: YAML, JSON or TOML, told apart by their extension.

use std::fs;
use std::ops::Range;
use std::path::Path;

use driftless_host::excerpt;
use serde::de::DeserializeOwned;

use crate::failure::{Failure, unreadable};

/// A mistake in a file.
struct Mistake {
    message: String,
    /// Where it is, in bytes, if that is known.
    place: Option<Range<usize>>,
}

/// Reads a file. A mistake in it is told with its line.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let extension = path
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default();
    let parse = match extension.to_ascii_lowercase().as_str() {
        "json" => json,
        "toml" => toml,
        "yml" | "yaml" => yaml,
        _ => {
            let why = "its name ends in none of .yml, .yaml, .json, .toml";
            return Err(Failure::Usage(format!("{}: {why}", path.display())));
        }
    };
    let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    parse(&text).map_err(|mistake| Failure::Usage(describe(path, &text, mistake)))
}

fn describe(path: &Path, text: &str, Mistake { message, place }: Mistake) -> String {
    let path = path.display();
    let Some(place) = place else {
        return format!("{path}: {message}");
    };
    let before = &text[..text.floor_char_boundary(place.start)];
    let line = before.matches('\n').count() + 1;
    let column = before
        .chars()
        .rev()
        .take_while(|character| *character != '\n')
        .count()
        + 1;
    format!("{path}:{line}:{column}: {message}\n{}", excerpt(text, place))
}

fn json<T: DeserializeOwned>(text: &str) -> Result<T, Mistake> {
    serde_json::from_str(text).map_err(|error| {
        let message = error.to_string();
        // The place is told apart from the message.
        let message = message
            .rsplit_once(" at line ")
            .map_or(message.as_str(), |(message, _)| message);
        let place = byte(text, error.line(), error.column());
        Mistake {
            message: message.to_owned(),
            place: Some(place..place + 1),
        }
    })
}

fn toml<T: DeserializeOwned>(text: &str) -> Result<T, Mistake> {
    toml::from_str(text).map_err(|error| Mistake {
        message: error.message().to_owned(),
        place: error.span(),
    })
}

fn yaml<T: DeserializeOwned>(text: &str) -> Result<T, Mistake> {
    serde_saphyr::from_str(text).map_err(|error: serde_saphyr::Error| {
        use serde_saphyr::MessageFormatter;
        let message = serde_saphyr::UserMessageFormatter.format_message(error.without_snippet());
        let place = error.location().map(|location| {
            let [line, column] =
                [location.line(), location.column()].map(|at| usize::try_from(at).unwrap_or(usize::MAX));
            let start = start_of_line(text, line);
            let column = text[start..].char_indices().nth(column.saturating_sub(1));
            let start = column.map_or(text.len(), |(at, _)| start + at);
            start..start + 1
        });
        Mistake {
            message: message.into_owned(),
            place,
        }
    })
}

/// The byte of a line and a column, both from 1, the column in bytes.
fn byte(text: &str, line: usize, column: usize) -> usize {
    (start_of_line(text, line) + column.saturating_sub(1)).min(text.len())
}

/// The byte at which a line begins, counted from 1.
fn start_of_line(text: &str, line: usize) -> usize {
    let ends = text.match_indices('\n').map(|(at, _)| at + 1);
    std::iter::once(0)
        .chain(ends)
        .nth(line.saturating_sub(1))
        .unwrap_or(text.len())
}
