//! An entry as one readable line: `status=404 path=/missing user_agent="curl/8.5.0 (x86_64)"`.

use std::fmt::Write as _;

use plugin_sdk::serde_json::{Map, Value};

/// The named fields in their order, or all fields. A field that the entry does not have is `-`, as one that is null.
pub(crate) fn of(entry: &Map<String, Value>, fields: &[String]) -> String {
    let mut line = String::new();
    if fields.is_empty() {
        for (name, value) in entry {
            push(&mut line, name, value);
        }
    } else {
        for name in fields {
            push(&mut line, name, entry.get(name).unwrap_or(&Value::Null));
        }
    }
    line
}

fn push(line: &mut String, name: &str, value: &Value) {
    if !line.is_empty() {
        line.push(' ');
    }
    // Writing to a string does not fail.
    let _ = match value {
        Value::Null => write!(line, "{name}=-"),
        Value::String(text) if is_plain(text) => write!(line, "{name}={text}"),
        // JSON: what a client sent cannot break the line or look like another field.
        other => write!(line, "{name}={other}"),
    };
}

fn is_plain(text: &str) -> bool {
    let needs_quotes = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '=' | '\\');
    !text.is_empty() && text != "-" && !text.contains(needs_quotes)
}
