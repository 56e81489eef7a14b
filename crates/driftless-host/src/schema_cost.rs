//! How much work it is to check a configuration against a plugin's schema.
//!
//! A schema comes from the plugin, and checking against it is work of the host's, which neither fuel nor time bounds. A few
//! hundred bytes of `allOf` and `$ref` can describe a check that takes centuries. So the check is counted before it is made.

use serde_json::Value;

/// The most parts of a schema that are looked at for one configuration.
const MAX_STEPS: u32 = 1_000_000;

/// Keywords that hold one schema for the same value.
const SAME_VALUE: [&str; 4] = ["not", "if", "then", "else"];
/// Keywords that hold a list of schemas for the same value.
const SAME_VALUE_EACH: [&str; 3] = ["allOf", "anyOf", "oneOf"];
/// Keywords that hold schemas by name for the same value.
const SAME_VALUE_NAMED: [&str; 2] = ["dependentSchemas", "dependencies"];
/// Keywords that hold one schema, or a list of them, for what is inside a value.
const INSIDE: [&str; 8] = [
    "items",
    "prefixItems",
    "additionalItems",
    "contains",
    "unevaluatedItems",
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
];
/// Keywords whose check looks at everything beside them once more.
const LOOKING_BACK: [&str; 2] = ["unevaluatedItems", "unevaluatedProperties"];

/// The most parts that a schema has, each keyword and each value counted. Making it ready is work as well.
const MAX_PARTS: usize = 100_000;

/// Whether a schema is of a size, and its references of the one kind, that can be counted: to a place in the same schema.
pub(crate) fn check_shape(schema: &Value) -> Result<(), String> {
    let (mut left, mut parts) = (vec![schema], 0);
    while let Some(part) = left.pop() {
        parts += 1;
        if parts > MAX_PARTS {
            return Err(format!("it has more than {MAX_PARTS} parts"));
        }
        match part {
            Value::Object(keywords) => {
                for (keyword, value) in keywords {
                    match (keyword.as_str(), value.as_str()) {
                        ("$ref", Some(reference)) if referred(schema, reference).is_none() => {
                            return Err(format!("`$ref` leads to `{reference}`, which is no place in it"));
                        }
                        ("$dynamicRef" | "$recursiveRef", Some(_)) => {
                            return Err(format!("`{keyword}` is not supported"));
                        }
                        _ => left.push(value),
                    }
                }
            }
            Value::Array(items) => left.extend(items),
            _ => {}
        }
    }
    Ok(())
}

/// What a reference inside the same schema leads to.
pub(crate) fn referred<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    root.pointer(reference.strip_prefix('#')?)
}

/// Whether checking `value` is work that can be done.
pub(crate) fn is_bearable(schema: &Value, value: &Value) -> bool {
    let mut count = Count { root: schema, left: MAX_STEPS };
    count.check(schema, value, 0).is_some()
}

struct Count<'a> {
    root: &'a Value,
    left: u32,
}

/// How deep the checker may go. A configuration out of a file is at most 128 deep, and a schema needs a few steps for each.
const MAX_DEPTH: u32 = 500;

impl Count<'_> {
    /// `None` when it is too much.
    fn check(&mut self, schema: &Value, value: &Value, depth: u32) -> Option<()> {
        self.left = self.left.checked_sub(1)?;
        if depth > MAX_DEPTH {
            return None;
        }
        let Value::Object(keywords) = schema else { return Some(()) };
        let times = if LOOKING_BACK.iter().any(|keyword| keywords.contains_key(*keyword)) { 2 } else { 1 };
        for _ in 0..times {
            for (keyword, part) in keywords {
                self.keyword(keyword, part, value, depth + 1)?;
            }
        }
        Some(())
    }

    fn keyword(&mut self, keyword: &str, part: &Value, value: &Value, depth: u32) -> Option<()> {
        if let ("$ref", Some(reference)) = (keyword, part.as_str()) {
            return referred(self.root, reference).map_or(Some(()), |part| self.check(part, value, depth));
        }
        if SAME_VALUE.contains(&keyword) {
            return self.check(part, value, depth);
        }
        if SAME_VALUE_EACH.contains(&keyword) {
            return part.as_array().into_iter().flatten().try_for_each(|part| self.check(part, value, depth));
        }
        if SAME_VALUE_NAMED.contains(&keyword) {
            return part
                .as_object()
                .into_iter()
                .flatten()
                .try_for_each(|(_, part)| self.check(part, value, depth));
        }
        match (keyword, part, value) {
            ("properties", Value::Object(properties), Value::Object(object)) => {
                for (key, value) in object {
                    self.left = self.left.checked_sub(1)?;
                    if let Some(part) = properties.get(key) {
                        self.check(part, value, depth)?;
                    }
                }
            }
            ("patternProperties", Value::Object(patterns), Value::Object(object)) => {
                for part in patterns.values() {
                    object.values().try_for_each(|value| self.check(part, value, depth))?;
                }
            }
            (keyword, part, _) if INSIDE.contains(&keyword) => {
                let parts = part.as_array().map_or(std::slice::from_ref(part), Vec::as_slice);
                for part in parts {
                    match value {
                        Value::Object(object) => {
                            object.values().try_for_each(|value| self.check(part, value, depth))?
                        }
                        Value::Array(items) => {
                            items.iter().try_for_each(|value| self.check(part, value, depth))?
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    /// Each of 40 definitions needs the next one twice.
    fn doubling(keyword: &str) -> Value {
        let mut definitions = Map::new();
        for number in 0..40 {
            let next = json!({"$ref": format!("#/$defs/{}", number + 1)});
            definitions.insert(number.to_string(), json!({keyword: [next, next]}));
        }
        definitions.insert("40".to_owned(), json!({}));
        json!({"$ref": "#/$defs/0", "$defs": definitions})
    }

    #[test]
    fn what_doubles_is_too_much() {
        for keyword in SAME_VALUE_EACH {
            assert!(!is_bearable(&doubling(keyword), &json!({})), "{keyword}");
        }
        // Twice on each level of the value.
        let inside = json!({"properties": {"a": {"allOf": [{"$ref": "#"}, {"$ref": "#"}]}}});
        let deep = (0..40).fold(json!({}), |inner, _| json!({"a": inner}));
        assert!(!is_bearable(&inside, &deep));
        assert!(is_bearable(&inside, &json!({"a": {"a": {}}})));
    }

    #[test]
    fn what_leads_to_itself_is_too_much() {
        assert!(!is_bearable(&json!({"$ref": "#"}), &json!({})));
        assert!(!is_bearable(&json!({"allOf": [{"$ref": "#"}, {"$ref": "#"}]}), &json!({})));
    }

    #[test]
    fn large_configurations_are_bearable() {
        let schema = json!({
            "properties": {"hosts": {"type": "array", "items": {"$ref": "#/$defs/host"}}},
            "$defs": {"host": {"properties": {"name": {"type": "string"}, "port": {"type": "integer"}}}},
        });
        let hosts = vec![json!({"name": "a", "port": 80}); 20_000];
        assert!(is_bearable(&schema, &json!({"hosts": hosts})));
    }

    #[test]
    fn references_lead_to_places_and_schemas_are_of_a_size() {
        assert!(check_shape(&json!({"$ref": "#/$defs/a", "$defs": {"a": {}}})).is_ok());
        for (keyword, reference) in
            [("$ref", "#/$defs/b"), ("$ref", "#anchor"), ("$ref", "other"), ("$dynamicRef", "#a")]
        {
            assert!(check_shape(&json!({"items": {keyword: reference}, "$defs": {"a": {}}})).is_err());
        }
        assert!(check_shape(&json!({"anyOf": vec![json!({}); MAX_PARTS]})).is_err());
    }
}
