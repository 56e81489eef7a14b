//! A schema as it was admitted: definitions that refer to each other by number, and nothing else.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::keyword::{DIALECT, Shape, shape};
use crate::patterns::Patterns;

/// Definitions, by number. The first one is the schema itself; branches of `anyOf` and `oneOf` are definitions as well.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) definitions: Vec<Value>,
    /// What `default` is the number of.
    pub(crate) defaults: Vec<DefaultValue>,
    pub(crate) patterns: Patterns,
    /// What filling in by a definition can do, and by what it refers to.
    pub(crate) fills: Vec<Fills>,
}

/// A value to fill in.
#[derive(Debug)]
pub(crate) struct DefaultValue {
    pub(crate) value: Value,
    /// About the bytes of its text.
    pub(crate) bytes: usize,
}

/// What filling in by a definition can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Fills {
    /// It has a default.
    pub(crate) defaults: bool,
    /// It asks for an integer.
    pub(crate) integers: bool,
}

const REFERENCE: &str = "#/$defs/";

/// A reference to a definition.
pub(crate) fn reference(number: usize) -> Value {
    format!("{REFERENCE}{number}").into()
}

/// The number of the definition that a reference leads to.
pub(crate) fn target(reference: &Value) -> Option<usize> {
    reference.as_str()?.strip_prefix(REFERENCE)?.parse().ok()
}

/// The number of the definition that a schema refers to.
pub(crate) fn referred(schema: &Value) -> Option<usize> {
    target(schema.get("$ref")?)
}

impl Document {
    /// The definition with a number.
    pub(crate) fn definition(&self, number: usize) -> &Value {
        &self.definitions[number]
    }

    /// A document of its own that is one definition, with all that it refers to.
    pub(crate) fn rooted_at(&self, number: usize) -> Value {
        let reached = self.reached_from(number);
        let definitions: Map<String, Value> = reached
            .into_iter()
            .map(|number| (number.to_string(), self.definitions[number].clone()))
            .collect();
        json!({"$schema": DIALECT, "$ref": reference(number), "$defs": definitions})
    }

    /// The schemas in a definition and in all that it refers to: what it is to make it ready.
    pub(crate) fn size_from(&self, number: usize) -> usize {
        let size = |number: usize| {
            let (mut left, mut size) = (vec![&self.definitions[number]], 0);
            while let Some(schema) = left.pop() {
                size += 1;
                left.extend(parts(schema));
            }
            size
        };
        self.reached_from(number).into_iter().map(size).sum()
    }

    /// A definition and all that it refers to.
    fn reached_from(&self, number: usize) -> BTreeSet<usize> {
        let mut reached = BTreeSet::from([number]);
        let mut left = vec![number];
        while let Some(next) = left.pop() {
            for other in references(&self.definitions[next]) {
                if reached.insert(other) {
                    left.push(other);
                }
            }
        }
        reached
    }
}

/// What a definition refers to.
pub(crate) fn references(schema: &Value) -> Vec<usize> {
    let (mut left, mut found) = (vec![schema], Vec::new());
    while let Some(schema) = left.pop() {
        found.extend(referred(schema));
        left.extend(parts(schema));
    }
    found
}

/// The schemas that stand in a schema.
pub(crate) fn parts(schema: &Value) -> Vec<&Value> {
    let mut parts = Vec::new();
    for (keyword, value) in schema.as_object().into_iter().flatten() {
        match (shape(keyword), value) {
            (Some(Shape::Schema), part) => parts.push(part),
            (Some(Shape::Schemas | Shape::Branches), Value::Array(items)) => parts.extend(items),
            (Some(Shape::ByName | Shape::ByPattern), Value::Object(named)) => parts.extend(named.values()),
            _ => {}
        }
    }
    parts
}

/// Whether a schema asks for an integer where a number is given.
pub(crate) fn asks_for_integer(schema: &Value) -> bool {
    match schema.get("type") {
        Some(Value::String(one)) => one == "integer",
        Some(Value::Array(several)) => {
            several.iter().any(|one| one == "integer") && !several.iter().any(|one| one == "number")
        }
        _ => false,
    }
}

/// About the bytes of a value's text.
pub(crate) fn bytes(value: &Value) -> usize {
    1 + match value {
        Value::String(text) => text.len() + 2,
        Value::Array(items) => items.iter().map(bytes).sum(),
        Value::Object(object) => object.iter().map(|(key, value)| key.len() + 3 + bytes(value)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 4,
    }
}
