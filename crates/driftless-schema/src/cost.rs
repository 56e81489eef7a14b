//! How much work it is to check a value with a schema.
//!
//! A few hundred bytes of `allOf` and `$ref` can describe a check that takes centuries. So the check is counted before it is made,
//! keyword by keyword, as if none of them ended it early.

use serde_json::Value;

use crate::document::{Document, bytes, target};
use crate::keyword::{Shape, shape};
use crate::work::{TooMuch, Work};

/// How deep the checker may go. A configuration out of a file is at most 128 deep, and a schema needs a few steps for each.
const MAX_DEPTH: usize = 500;

/// How often what stands beside one of the keywords `unevaluated…` is looked at for it.
const UNEVALUATED_TIMES: usize = 3;

/// Takes the steps of checking a value with a schema.
///
/// # Errors
///
/// When there are not as many left.
pub(crate) fn count(
    document: &Document,
    schema: &Value,
    value: &Value,
    work: &mut Work,
) -> Result<(), TooMuch> {
    Count { document, work }.schema(schema, value, 0)
}

struct Count<'a> {
    document: &'a Document,
    work: &'a mut Work,
}

impl Count<'_> {
    fn schema(&mut self, schema: &Value, value: &Value, depth: usize) -> Result<(), TooMuch> {
        self.work.take(1)?;
        if depth > MAX_DEPTH {
            return Err(TooMuch::Work);
        }
        let Value::Object(keywords) = schema else { return Ok(()) };
        let looks_back = keywords.keys().filter(|keyword| keyword.starts_with("unevaluated")).count();
        for _ in 0..1 + looks_back * UNEVALUATED_TIMES {
            for (keyword, part) in keywords {
                self.keyword(keyword, part, value, depth + 1)?;
            }
        }
        Ok(())
    }

    fn keyword(&mut self, keyword: &str, part: &Value, value: &Value, depth: usize) -> Result<(), TooMuch> {
        match (shape(keyword), part, value) {
            (Some(Shape::Reference), reference, _) => {
                let document = self.document;
                target(reference)
                    .map_or(Ok(()), |number| self.schema(document.definition(number), value, depth))
            }
            (Some(Shape::Schemas | Shape::Branches), Value::Array(parts), _) => {
                let of_items = keyword == "prefixItems";
                for (at, part) in parts.iter().enumerate() {
                    match value.get(at) {
                        Some(item) if of_items => self.schema(part, item, depth)?,
                        _ if of_items => break,
                        _ => self.schema(part, value, depth)?,
                    }
                }
                Ok(())
            }
            (Some(Shape::ByName), Value::Object(parts), Value::Object(object)) => {
                if keyword == "dependentSchemas" {
                    return parts.values().try_for_each(|part| self.schema(part, value, depth));
                }
                self.work.take(parts.len().min(object.len()))?;
                for (key, value) in object {
                    if let Some(part) = parts.get(key) {
                        self.schema(part, value, depth)?;
                    }
                }
                Ok(())
            }
            (Some(Shape::ByPattern), Value::Object(parts), Value::Object(object)) => {
                for (pattern, part) in parts {
                    for (key, value) in object {
                        self.work.take(self.document.patterns.steps(pattern, key))?;
                        if self.document.patterns.is_match(pattern, key) {
                            self.schema(part, value, depth)?;
                        }
                    }
                }
                Ok(())
            }
            (Some(Shape::Schema), part, value) => self.part(keyword, part, value, depth),
            (Some(Shape::Names), Value::Array(names), Value::Object(_)) => self.work.take(names.len()),
            (Some(Shape::NamesByName), Value::Object(named), Value::Object(_)) => {
                let names = named.values().filter_map(Value::as_array).map(Vec::len);
                self.work.take(named.len() + names.sum::<usize>())
            }
            // Equality looks at both to their end.
            (Some(Shape::Values | Shape::Value), part, value) => {
                let values = part.as_array().map_or(1, Vec::len);
                self.work.take(1 + values + bytes(part).min(values * bytes(value)) / 16)
            }
            (Some(Shape::Pattern), Value::String(pattern), Value::String(text)) => {
                self.work.take(self.document.patterns.steps(pattern, text))
            }
            (Some(Shape::Count), _, Value::String(text)) => self.work.take(1 + text.len() / 256),
            (Some(Shape::Flag), Value::Bool(true), Value::Array(_)) => self.work.take(1 + bytes(value) / 16),
            (Some(Shape::Default), ..) => Ok(()),
            _ => self.work.take(1),
        }
    }

    /// A keyword that holds one schema, for the value or for what is in it.
    fn part(&mut self, keyword: &str, part: &Value, value: &Value, depth: usize) -> Result<(), TooMuch> {
        match (keyword, value) {
            ("not" | "if" | "then" | "else", _) => self.schema(part, value, depth),
            ("additionalProperties" | "unevaluatedProperties", Value::Object(object)) => {
                object.values().try_for_each(|value| self.schema(part, value, depth))
            }
            ("propertyNames", Value::Object(object)) => object.keys().try_for_each(|key| {
                self.work.take(1 + key.len() / 64)?;
                self.schema(part, &Value::String(key.clone()), depth)
            }),
            ("items" | "unevaluatedItems" | "contains", Value::Array(items)) => {
                items.iter().try_for_each(|value| self.schema(part, value, depth))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::admission::admit;
    use crate::limits::MAX_STEPS;

    fn is_bearable(schema: &Value, value: &Value) -> bool {
        let document = admit(schema).unwrap();
        count(&document, document.definition(0), value, &mut Work::of(MAX_STEPS)).is_ok()
    }

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
        for keyword in ["allOf", "anyOf", "oneOf"] {
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
    fn what_is_compared_again_and_again_is_too_much() {
        let values: Vec<_> = (0..5_000).collect();
        let config = json!(vec!["x"; 1_000]);
        assert!(!is_bearable(&json!({"items": {"enum": values}}), &config));
        let names: Vec<_> = values.iter().map(|number| number.to_string()).collect();
        assert!(!is_bearable(&json!({"items": {"required": names}}), &json!(vec![json!({}); 1_000])));
        let large = json!({"allOf": vec![json!({"const": "x".repeat(40_000)}); 5]});
        assert!(is_bearable(&large, &json!("x".repeat(40_000))));
        let patterns = json!({"items": {"pattern": r"[ab]*a[ab]{300}c"}});
        assert!(!is_bearable(&patterns, &json!(vec!["ab".repeat(5_000); 100])));
    }

    #[test]
    fn large_configurations_are_bearable() {
        let schema = json!({
            "properties": {"hosts": {"type": "array", "items": {"$ref": "#/$defs/host"}}},
            "$defs": {"host": {"properties": {"name": {"type": "string"}, "port": {"type": "integer"}}}},
        });
        let hosts = vec![json!({"name": "a", "port": 80}); 20_000];
        assert!(is_bearable(&schema, &json!({"hosts": hosts})));
        let text = json!({"properties": {"text": {"type": "string", "pattern": "^[^\\x00]*$", "maxLength": 10_000_000}}});
        assert!(is_bearable(&text, &json!({"text": "a".repeat(1 << 20)})));
    }
}
