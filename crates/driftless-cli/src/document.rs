//! Files that a user writes: YAML, JSON or TOML, told apart by their extension.

use std::ops::Range;
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::excerpt::excerpt;
use crate::failure::Failure;
use crate::text;

/// A mistake in a file.
struct Mistake {
    message: String,
    /// Where it is, in bytes, if that is known.
    place: Option<Range<usize>>,
}

/// Reads a file. A mistake in it is told with its line.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let parse = match extension.to_ascii_lowercase().as_str() {
        "json" => json,
        "toml" => toml,
        "yml" | "yaml" => yaml,
        _ => {
            let why = "its name ends in none of .yml, .yaml, .json, .toml";
            return Err(Failure::Usage(format!("{}: {why}", path.display())));
        }
    };
    let text = text::read(path)?;
    // Some editors begin a file with a mark that says nothing.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    parse(text).map_err(|mistake| Failure::Usage(describe(path, text, mistake)))
}

/// Reads the text of a TOML file, whatever the file is called.
pub(crate) fn read_toml<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, Failure> {
    toml(text).map_err(|mistake| Failure::Usage(describe(path, text, mistake)))
}

fn describe(path: &Path, text: &str, Mistake { message, place }: Mistake) -> String {
    let path = path.display();
    let Some(place) = place.filter(|_| !text.trim().is_empty()) else {
        return format!("{path}: {message}");
    };
    let before = &text[..text.floor_char_boundary(place.start)];
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|character| *character != '\n').count() + 1;
    format!("{path}:{line}:{column}: {message}\n{}", excerpt(text, place))
}

fn json<T: DeserializeOwned>(text: &str) -> Result<T, Mistake> {
    serde_json::from_str(text).map_err(|error| {
        let message = error.to_string();
        // The place is told apart from the message.
        let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
        let place = byte(text, error.line(), error.column());
        Mistake { message: message.to_owned(), place: Some(place..place + 1) }
    })
}

fn toml<T: DeserializeOwned>(text: &str) -> Result<T, Mistake> {
    let mistake =
        |error: toml::de::Error| Mistake { message: error.message().to_owned(), place: error.span() };
    let mut value = toml::Value::Table(toml::from_str(text).map_err(mistake)?);
    if dates_to_text(&mut value) {
        // Nothing else knows dates: as they are, they would become objects with a strange key.
        return value.try_into().map_err(mistake);
    }
    toml::from_str(text).map_err(mistake)
}

/// Turns dates into text, and says whether there were any.
fn dates_to_text(value: &mut toml::Value) -> bool {
    let any = |any: bool, value: &mut toml::Value| dates_to_text(value) || any;
    match value {
        toml::Value::Datetime(date) => {
            *value = toml::Value::String(date.to_string());
            true
        }
        toml::Value::Array(items) => items.iter_mut().fold(false, any),
        toml::Value::Table(table) => table.iter_mut().map(|(_, value)| value).fold(false, any),
        _ => false,
    }
}

fn yaml<T: DeserializeOwned>(text: &str) -> Result<T, Mistake> {
    serde_saphyr::from_str(text).map_err(|error: serde_saphyr::Error| {
        use serde_saphyr::MessageFormatter;
        let message = serde_saphyr::UserMessageFormatter.format_message(error.without_snippet());
        let message = match message.as_ref() {
            "expected sequence start" => "a list is expected here".to_owned(),
            "expected mapping start" => "keys and values are expected here".to_owned(),
            "invalid type: map, expected a string key" if text.contains("{{") => {
                "a template at the beginning of a value has to stand in quotes: \"{{ … }}\"".to_owned()
            }
            message => message.to_owned(),
        };
        let place = error.location().map(|location| {
            let [line, column] =
                [location.line(), location.column()].map(|at| usize::try_from(at).unwrap_or(usize::MAX));
            let start = start_of_line(text, line);
            let column = text[start..].char_indices().nth(column.saturating_sub(1));
            let start = column.map_or(text.len(), |(at, _)| start + at);
            start..start + 1
        });
        Mistake { message, place }
    })
}

/// The byte of a line and a column, both from 1, the column in bytes.
fn byte(text: &str, line: usize, column: usize) -> usize {
    (start_of_line(text, line) + column.saturating_sub(1)).min(text.len())
}

/// The byte at which a line begins, counted from 1.
fn start_of_line(text: &str, line: usize) -> usize {
    let ends = text.match_indices('\n').map(|(at, _)| at + 1);
    std::iter::once(0).chain(ends).nth(line.saturating_sub(1)).unwrap_or(text.len())
}
