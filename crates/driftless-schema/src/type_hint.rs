//! What to write instead of a value whose type is not the one that a schema asks for.

use driftless_plugin_api::hint::{Expected, hint};
use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, ValidationError};

/// What to write instead, where the error is about a type and it can be told.
pub(crate) fn type_hint(error: &ValidationError<'_>) -> Option<String> {
    let ValidationErrorKind::Type { kind } = error.kind() else { return None };
    let types: Vec<JsonType> = match kind {
        TypeKind::Single(expected) => vec![*expected],
        TypeKind::Multiple(expected) => expected.iter().collect(),
    };
    types.into_iter().filter_map(expected).find_map(|expected| {
        let hint = hint(expected, error.instance())?;
        // An expression of a template keeps its type in spite of the quotes around it.
        Some(if expected == Expected::Text { hint + ", or in a template with `| string`" } else { hint })
    })
}

fn expected(json: JsonType) -> Option<Expected> {
    match json {
        JsonType::Boolean => Some(Expected::Boolean),
        JsonType::Integer => Some(Expected::Integer),
        JsonType::Number => Some(Expected::Number),
        JsonType::String => Some(Expected::Text),
        JsonType::Array | JsonType::Object | JsonType::Null => None,
    }
}
