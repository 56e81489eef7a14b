//! Values that are made by rule, so that a case about a large one is not large itself.

use serde_json::{Map, Value};

/// The most bytes of text, and the most items, that a rule makes.
const MAX_BYTES_OR_ITEMS: usize = 16 << 20;

/// The value with every `{$repeat: VALUE, times: N}` in it replaced: a text `N` times behind itself, or a list with its items `N` times.
///
/// # Errors
///
/// What is wrong with a rule.
pub(crate) fn expand(value: Value) -> Result<Value, String> {
    match value {
        Value::Array(items) => Ok(Value::Array(items.into_iter().map(expand).collect::<Result<_, _>>()?)),
        Value::Object(object) if object.contains_key("$repeat") => repeat(object),
        Value::Object(object) => {
            let members = object.into_iter().map(|(key, value)| Ok((key, expand(value)?)));
            Ok(Value::Object(members.collect::<Result<_, String>>()?))
        }
        other => Ok(other),
    }
}

fn repeat(rule: Map<String, Value>) -> Result<Value, String> {
    let times = rule.get("times").and_then(Value::as_u64).and_then(|times| usize::try_from(times).ok());
    let Some(times) = times.filter(|_| rule.len() == 2) else {
        return Err("a repeated value is `{$repeat: VALUE, times: NUMBER}`".to_owned());
    };
    let fits = |length: usize| match length.checked_mul(times) {
        Some(total) if total <= MAX_BYTES_OR_ITEMS => Ok(()),
        _ => Err(format!("a repeated value has {MAX_BYTES_OR_ITEMS} bytes or items at most")),
    };
    match &rule["$repeat"] {
        Value::String(text) => {
            fits(text.len())?;
            Ok(Value::String(text.repeat(times)))
        }
        Value::Array(items) => {
            fits(items.len())?;
            Ok(Value::Array(items.iter().cycle().take(items.len() * times).cloned().collect()))
        }
        _ => Err("what is repeated is a text or a list".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_and_lists_are_repeated_wherever_they_are() {
        let made = expand(json!({"a": {"$repeat": "ä", "times": 3}, "b": [{"$repeat": [1], "times": 2}]}));
        assert_eq!(made.unwrap(), json!({"a": "äää", "b": [[1, 1]]}));
    }

    #[test]
    fn what_is_no_rule_is_told() {
        assert!(expand(json!({"$repeat": "a"})).is_err());
        assert!(expand(json!({"$repeat": 5, "times": 1})).is_err());
        assert!(expand(json!({"$repeat": "aa", "times": 1_000_000_000_000_u64})).is_err());
    }
}
