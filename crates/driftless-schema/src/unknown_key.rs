//! Words for keys that a schema does not allow: which, and which there are.

use driftless_plugin_api::text::{listed, printable_line};
use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde_json::Value;

/// The keys that are named.
const MAX_NAMED: usize = 10;

/// What is wrong where the error is about keys, and the place that it is about, as a JSON pointer. `schema` is what the error came from.
pub(crate) fn unknown_key(error: &ValidationError<'_>, schema: &Value) -> Option<(String, String)> {
    let place = error.instance_path().as_str();
    let unexpected: Vec<&str> = match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            unexpected.iter().map(String::as_str).collect()
        }
        // A schema that allows nothing stands for a key, and the place is the key's.
        ValidationErrorKind::FalseSchema => {
            let (above, key) = place.rsplit_once('/')?;
            let key = key.replace("~1", "/").replace("~0", "~");
            return Some((above.to_owned(), not_known(&[&key], &known(error, schema))));
        }
        _ => return None,
    };
    Some((place.to_owned(), not_known(&unexpected, &known(error, schema))))
}

fn not_known(keys: &[&str], known: &[String]) -> String {
    let quoted = |keys: &mut dyn Iterator<Item = &str>| {
        listed(keys.map(|key| format!("`{}`", printable_line(key))), MAX_NAMED)
    };
    let named = quoted(&mut keys.iter().copied());
    let unknown = match keys.len() {
        1 => format!("there is no key {named}"),
        _ => format!("there are no keys {named}"),
    };
    match known {
        [] => unknown,
        known => format!("{unknown}; there is {}", quoted(&mut known.iter().map(String::as_str))),
    }
}

/// The keys that stand in the schema beside the keyword which the error is about.
fn known(error: &ValidationError<'_>, schema: &Value) -> Vec<String> {
    let beside = error.schema_path().as_str().rsplit_once('/').map_or("", |(beside, _)| beside);
    let properties = schema.pointer(beside).and_then(|beside| beside.get("properties"));
    properties.and_then(Value::as_object).into_iter().flat_map(|known| known.keys().cloned()).collect()
}
