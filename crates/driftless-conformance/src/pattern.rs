//! What is expected, held against what is there: `[..]` stands for anything.

use serde_json::{Map, Value};

/// Stands for any characters in a text, alone for any value, and as a key for any further keys.
pub(crate) const ANYTHING: &str = "[..]";

/// Whether a text is as expected.
pub(crate) fn text_matches(expected: &str, actual: &str) -> bool {
    let mut parts = expected.split(ANYTHING);
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = actual.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// Whether a value is as expected. The order of keys does not matter, and a number is its value: 1 is 1.0.
pub(crate) fn matches(expected: &Value, actual: &Value) -> bool {
    match (expected, actual) {
        (Value::String(text), _) if text == ANYTHING => true,
        (Value::String(expected), Value::String(actual)) => text_matches(expected, actual),
        (Value::Number(a), Value::Number(b)) => {
            a == b || a.as_f64() == b.as_f64() && (a.is_f64() || b.is_f64())
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(expected, actual)| matches(expected, actual))
        }
        (Value::Object(a), Value::Object(b)) => {
            let mut named = a.iter().filter(|(key, _)| *key != ANYTHING);
            (a.contains_key(ANYTHING) || a.len() == b.len())
                && named.all(|(key, expected)| b.get(key).is_some_and(|actual| matches(expected, actual)))
        }
        (expected, actual) => expected == actual,
    }
}

/// `expected` with every part that holds replaced by what is really there. What is left of a difference are the parts that differ.
pub(crate) fn resolve(expected: &Value, actual: &Value) -> Value {
    if matches(expected, actual) {
        return actual.clone();
    }
    match (expected, actual) {
        (Value::Object(a), Value::Object(b)) => {
            let resolved = |(key, expected): (&String, &Value)| {
                let resolved =
                    b.get(key).map_or_else(|| expected.clone(), |actual| resolve(expected, actual));
                (key.clone(), resolved)
            };
            let mut members: Map<_, _> = a.iter().filter(|(key, _)| *key != ANYTHING).map(resolved).collect();
            if a.contains_key(ANYTHING) {
                // Further keys may be there.
                let further = b.iter().filter(|(key, _)| !a.contains_key(*key));
                members.extend(further.map(|(key, value)| (key.clone(), value.clone())));
            }
            Value::Object(members)
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            Value::Array(a.iter().zip(b).map(|(a, b)| resolve(a, b)).collect())
        }
        (expected, _) => expected.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_gap_stands_for_any_characters() {
        assert!(text_matches("panicked: [..] at [..].rs", "panicked: x at src/lib.rs"));
        assert!(text_matches("[..]", ""));
        assert!(text_matches("a[..]", "a"));
        assert!(!text_matches("a[..]a", "a"));
        assert!(!text_matches("ab", "abc"));
        assert!(text_matches("[..]b[..]", "abc"));
    }

    #[test]
    fn values_match_by_what_they_are() {
        assert!(matches(&json!({"a": 1, "b": ["[..]"]}), &json!({"b": [{"x": null}], "a": 1.0})));
        assert!(!matches(&json!({"a": 1}), &json!({"a": 1, "b": 2})));
        assert!(!matches(&json!(u64::MAX), &json!(u64::MAX - 1)));
        assert!(!matches(&json!("1"), &json!(1)));
    }

    #[test]
    fn an_object_may_be_open() {
        let expected = json!({"a": 1, "[..]": "[..]"});
        assert!(matches(&expected, &json!({"b": 2, "a": 1})));
        assert!(matches(&expected, &json!({"a": 1})));
        assert!(!matches(&expected, &json!({"b": 2})));
        let actual = json!({"b": 2, "a": 3});
        assert_eq!(resolve(&expected, &actual).to_string(), r#"{"a":1,"b":2}"#);
    }

    #[test]
    fn what_holds_is_resolved() {
        let (expected, actual) = (json!({"at": "[..]", "n": 1}), json!({"n": 2, "at": "now"}));
        assert_eq!(resolve(&expected, &actual).to_string(), r#"{"at":"now","n":1}"#);
    }
}
