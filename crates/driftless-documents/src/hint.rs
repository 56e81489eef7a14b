//! What to write instead, where a value is of another type than the one that was meant.

use std::fmt;

use serde_json::Value;

use crate::node::{Content, Node};
use crate::scalar::{Scalar, resolve};

/// A type of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// `true` or `false`.
    Boolean,
    /// A number without a fraction.
    Integer,
    /// Any number.
    Number,
    /// Text.
    Text,
    /// A list.
    List,
    /// Keys and values.
    Map,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Boolean => "true or false",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::Text => "text",
            Self::List => "a list",
            Self::Map => "a mapping of keys to values",
        })
    }
}

/// What to write instead of a value that is not of the type that is expected, where that can be told.
///
/// ```
/// use driftless_documents::{Expected, hint};
///
/// let told = hint(Expected::Boolean, &"no".into());
/// assert_eq!(told.as_deref(), Some("`no` is text in YAML 1.2; write `false`"));
/// assert_eq!(hint(Expected::Boolean, &"never".into()), None);
/// ```
pub fn hint(expected: Expected, value: &Value) -> Option<String> {
    match value {
        Value::String(text) => for_text(expected, text),
        Value::Number(number) => for_number(expected, number),
        Value::Bool(is_true) if expected == Expected::Text => Some(in_quotes(is_true)),
        _ => None,
    }
}

pub(crate) fn hint_for_node(expected: Expected, node: &Node<'_>) -> Option<String> {
    match &node.content {
        Content::Text(text) => for_text(expected, text),
        Content::Number(number) => for_number(expected, number),
        Content::Bool(is_true) if expected == Expected::Text => Some(in_quotes(is_true)),
        _ => None,
    }
}

fn in_quotes(value: impl fmt::Display) -> String {
    format!("write it in quotes, `\"{value}\"`")
}

fn for_number(expected: Expected, number: &serde_json::Number) -> Option<String> {
    match expected {
        Expected::Text => Some(in_quotes(number)),
        Expected::Integer => {
            let whole = number.to_string();
            let whole = whole.strip_suffix(".0")?;
            Some(format!("write `{whole}`"))
        }
        _ => None,
    }
}

fn for_text(expected: Expected, text: &str) -> Option<String> {
    let trimmed = text.trim();
    let meant = match expected {
        Expected::Boolean => yaml_1_1_boolean(trimmed).map(|is_true| is_true.to_string()),
        Expected::Integer | Expected::Number => yaml_1_1_number(trimmed),
        _ => return None,
    };
    if let Some(meant) = meant {
        return Some(format!("`{trimmed}` is text in YAML 1.2; write `{meant}`"));
    }
    let fits = match (expected, resolve(trimmed).ok()?) {
        (Expected::Boolean, Scalar::Bool(_)) | (Expected::Number, Scalar::Number(_)) => true,
        (Expected::Integer, Scalar::Number(number)) => !number.is_f64(),
        _ => false,
    };
    match fits {
        false => None,
        true if trimmed.len() < text.len() => {
            Some(format!("white space around `{trimmed}` makes it text; take it away"))
        }
        true => Some(format!("`{text}` is text because it stands in quotes; write it without")),
    }
}

/// What was true or false in YAML 1.1 and is text now.
fn yaml_1_1_boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "y" | "yes" | "on" => Some(true),
        "n" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// What was a number in YAML 1.1 and is text now: with underscores, or in binary.
fn yaml_1_1_number(text: &str) -> Option<String> {
    if let Some(digits) = text.strip_prefix("0b") {
        return u64::from_str_radix(&digits.replace('_', ""), 2).ok().map(|number| number.to_string());
    }
    let plain = text.replace('_', "");
    let is_number = text.starts_with(|first: char| first.is_ascii_digit() || first == '-' || first == '+')
        && plain.len() < text.len()
        && matches!(resolve(&plain), Ok(Scalar::Number(_)));
    is_number.then_some(plain)
}
