//! Values on a command line.

use serde::de::IgnoredAny;
use serde_json::Value;

use crate::document::read;
use crate::error::DocumentError;
use crate::format::Format;
use crate::scalar::{Scalar, resolve};

/// Reads a value as it is typed on a command line, `NAME=VALUE`: JSON where it begins like a list, an object or a text of JSON and is one,
/// otherwise what YAML would take it for without quotes. Nothing is empty text.
///
/// ```
/// use driftless_documents::parse_setting;
/// use serde_json::json;
///
/// assert_eq!(parse_setting("8080")?, json!(8080));
/// assert_eq!(parse_setting("no")?, json!("no"));
/// assert_eq!(parse_setting("[1, \"a\"]")?, json!([1, "a"]));
/// assert_eq!(parse_setting("{{ who }}")?, json!("{{ who }}"));
/// assert_eq!(parse_setting("")?, json!(""));
/// # Ok::<(), driftless_documents::DocumentError>(())
/// ```
///
/// # Errors
///
/// When it is JSON that no document may hold, or a number that cannot be kept.
pub fn parse_setting(text: &str) -> Result<Value, DocumentError> {
    let begins_like_json = text.trim_start().starts_with(['{', '[', '"']);
    if begins_like_json && serde_json::from_str::<IgnoredAny>(text).is_ok() {
        return read(Format::Json, text);
    }
    if text.is_empty() {
        return Ok(Value::String(String::new()));
    }
    Ok(match resolve(text).map_err(|why| DocumentError::at(why, 0..text.len()))? {
        Scalar::Null => Value::Null,
        Scalar::Bool(is_true) => is_true.into(),
        Scalar::Number(number) => Value::Number(number),
        Scalar::Text => Value::String(text.to_owned()),
    })
}
