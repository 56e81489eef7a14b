//! What to write instead, where a value is of another type than the one that was meant.
//!
//! People know words and numbers from YAML 1.1, which are text in YAML 1.2, and put in quotes what is none then.

use std::fmt;

use serde_json::{Number, Value};

/// A longer text was not meant as a number or a truth value.
const MAX_TEXT_BYTES: usize = 100;

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
/// use driftless_plugin_api::hint::{Expected, hint};
///
/// let told = hint(Expected::Boolean, &"no".into());
/// assert_eq!(told.as_deref(), Some("`no` is text in YAML 1.2; write `false`"));
/// assert_eq!(hint(Expected::Boolean, &"never".into()), None);
/// ```
pub fn hint(expected: Expected, value: &Value) -> Option<String> {
    match value {
        Value::String(text) => hint_for_text(expected, text),
        Value::Number(number) => hint_for_number(expected, number),
        Value::Bool(is_true) => hint_for_boolean(expected, *is_true),
        _ => None,
    }
}

/// The same for a truth value.
pub fn hint_for_boolean(expected: Expected, is_true: bool) -> Option<String> {
    (expected == Expected::Text).then(|| format!("write it in quotes, `\"{is_true}\"`"))
}

/// The same for a number.
pub fn hint_for_number(expected: Expected, number: &Number) -> Option<String> {
    match expected {
        // How it is written is not known any more: it may have had zeros in front.
        Expected::Text => Some("write it in quotes".to_owned()),
        Expected::Integer => {
            let whole = number.to_string();
            Some(format!("write `{}`", whole.strip_suffix(".0")?))
        }
        _ => None,
    }
}

/// The same for a text.
pub fn hint_for_text(expected: Expected, text: &str) -> Option<String> {
    if text.len() > MAX_TEXT_BYTES {
        return None;
    }
    let trimmed = text.trim();
    let meant = match expected {
        Expected::Boolean => yaml_1_1_boolean(trimmed).map(|is_true| is_true.to_string()),
        Expected::Integer | Expected::Number => yaml_1_1_number(trimmed),
        _ => return None,
    };
    if let Some(meant) = meant {
        return Some(format!("`{trimmed}` is text in YAML 1.2; write `{meant}`"));
    }
    let fits = match expected {
        Expected::Boolean => matches!(trimmed, "true" | "false"),
        Expected::Integer => is_integer(trimmed),
        _ => is_integer(trimmed) || is_float(trimmed),
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
    if !text.starts_with(|first: char| first.is_ascii_digit() || first == '-' || first == '+') {
        return None;
    }
    let plain = text.replace('_', "");
    if let Some(digits) = plain.strip_prefix("0b") {
        return u64::from_str_radix(digits, 2).ok().map(|number| number.to_string());
    }
    (plain.len() < text.len() && (is_integer(&plain) || is_float(&plain))).then_some(plain)
}

fn is_integer(text: &str) -> bool {
    text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok()
}

fn is_float(text: &str) -> bool {
    let is_written_so = text.bytes().all(|byte| byte.is_ascii_digit() || b".+-eE".contains(&byte));
    is_written_so && text.parse::<f64>().is_ok_and(f64::is_finite)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(expected: Expected, value: Value) -> String {
        hint(expected, &value).unwrap_or_default()
    }

    #[test]
    fn what_is_meant_is_told() {
        use Expected::{Boolean, Integer, Number, Text};
        for (expected, value, hint) in [
            (Boolean, json!("No"), "`No` is text in YAML 1.2; write `false`"),
            (Boolean, json!("on"), "`on` is text in YAML 1.2; write `true`"),
            (Boolean, json!("true"), "`true` is text because it stands in quotes; write it without"),
            (Boolean, json!("true\n"), "white space around `true` makes it text; take it away"),
            (Integer, json!("1_000"), "`1_000` is text in YAML 1.2; write `1000`"),
            (Integer, json!("0b1_01"), "`0b1_01` is text in YAML 1.2; write `5`"),
            (Integer, json!(" 80"), "white space around `80` makes it text; take it away"),
            (Integer, json!(3.0), "write `3`"),
            (Number, json!("1.5"), "`1.5` is text because it stands in quotes; write it without"),
            (Text, json!(8080), "write it in quotes"),
            (Text, json!(true), "write it in quotes, `\"true\"`"),
        ] {
            assert_eq!(told(expected, value), hint);
        }
    }

    #[test]
    fn where_nothing_can_be_meant_nothing_is_told() {
        use Expected::{Boolean, Integer, List, Map, Number, Text};
        for (expected, value) in [
            (Boolean, json!("maybe")),
            (Boolean, json!(1)),
            (Integer, json!("1.5")),
            (Integer, json!(1.5)),
            (Integer, json!("high")),
            (Number, json!("1".repeat(101))),
            (Number, json!("inf")),
            (Number, json!("_1")),
            (Text, json!(null)),
            (List, json!("a")),
            (Map, json!("a")),
        ] {
            assert_eq!(told(expected, value), "");
        }
    }
}
