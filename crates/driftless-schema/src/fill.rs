//! Fills in defaults, and makes integers of numbers that are.

use serde_json::{Map, Number, Value};

use crate::document::{Document, asks_for_integer, bytes, referred};
use crate::limits::{MAX_DEFAULT_BYTES, MAX_DEFAULTS};
use crate::work::{TooMuch, Work};

/// Decides whether a value fits a branch, by the number of its definition.
pub(crate) type Fits<'a> = dyn FnMut(usize, &Value, &mut Work) -> Result<bool, TooMuch> + 'a;

/// What is being filled in.
pub(crate) struct Filling<'a> {
    pub(crate) document: &'a Document,
    pub(crate) work: &'a mut Work,
    pub(crate) fits: &'a mut Fits<'a>,
    left: Left,
}

/// What is left of what may be filled in.
#[derive(Clone, Copy)]
struct Left {
    defaults: usize,
    bytes: usize,
}

/// How deep definitions may be followed: a schema may refer to itself.
const MAX_DEPTH: usize = 500;

impl<'a> Filling<'a> {
    pub(crate) fn new(document: &'a Document, work: &'a mut Work, fits: &'a mut Fits<'a>) -> Self {
        Self { document, work, fits, left: Left { defaults: MAX_DEFAULTS, bytes: MAX_DEFAULT_BYTES } }
    }

    /// Fills a value, as the schema itself says.
    pub(crate) fn fill(&mut self, value: &mut Value) -> Result<(), TooMuch> {
        let document = self.document;
        self.value(document.definition(0), value, 0)
    }

    fn value(&mut self, schema: &'a Value, value: &mut Value, depth: usize) -> Result<(), TooMuch> {
        self.work.take(1)?;
        if depth > MAX_DEPTH {
            return Err(TooMuch::Work);
        }
        if asks_for_integer(schema)
            && let Some(integer) = as_integer(value)
        {
            *value = integer.into();
        }
        if let Some(number) = referred(schema) {
            let definition = self.document.definition(number);
            self.value(definition, value, depth + 1)?;
        }
        for part in list(schema, "allOf") {
            self.value(part, value, depth + 1)?;
        }
        match value {
            Value::Object(object) => self.object(schema, object, depth)?,
            Value::Array(items) => self.array(schema, items, depth)?,
            _ => {}
        }
        for keyword in ["anyOf", "oneOf"] {
            self.branches(list(schema, keyword), value, depth)?;
        }
        Ok(())
    }

    fn object(
        &mut self,
        schema: &'a Value,
        object: &mut Map<String, Value>,
        depth: usize,
    ) -> Result<(), TooMuch> {
        let properties = named(schema, "properties");
        for (key, property) in properties.into_iter().flatten() {
            if let Some(value) = object.get_mut(key) {
                self.value(property, value, depth + 1)?;
                continue;
            }
            self.work.take(1)?;
            if let Some(default) = self.default_of(property) {
                let mut value = self.take_default(default)?;
                self.value(property, &mut value, depth + 1)?;
                object.insert(key.clone(), value);
            }
        }
        let (patterns, others) = (named(schema, "patternProperties"), schema.get("additionalProperties"));
        if patterns.is_none() && others.is_none_or(Value::is_boolean) {
            return Ok(());
        }
        for (key, value) in object {
            let mut is_other = properties.is_none_or(|properties| !properties.contains_key(key));
            for (pattern, part) in patterns.into_iter().flatten() {
                self.work.take(self.document.patterns.steps(pattern, key))?;
                if self.document.patterns.is_match(pattern, key) {
                    is_other = false;
                    self.value(part, value, depth + 1)?;
                }
            }
            if let Some(others) = others
                && is_other
            {
                self.value(others, value, depth + 1)?;
            }
        }
        Ok(())
    }

    fn array(&mut self, schema: &'a Value, items: &mut [Value], depth: usize) -> Result<(), TooMuch> {
        let first = list(schema, "prefixItems");
        let (prefix, others) = items.split_at_mut(first.len().min(items.len()));
        for (part, item) in first.iter().zip(prefix) {
            self.value(part, item, depth + 1)?;
        }
        if let Some(part) = schema.get("items") {
            for item in others {
                self.value(part, item, depth + 1)?;
            }
        }
        Ok(())
    }

    /// Fills by the one branch that fits, once it is filled. Where several fit, or none, nothing says which of them is meant.
    fn branches(&mut self, branches: &'a [Value], value: &mut Value, depth: usize) -> Result<(), TooMuch> {
        let can_change = |branch: &Value| {
            let fills = referred(branch).map(|number| self.document.fills[number]).unwrap_or_default();
            fills.defaults || fills.integers && has_float(value)
        };
        if !branches.iter().any(can_change) {
            return Ok(());
        }
        let before = self.left;
        let mut only: Option<(Value, Left)> = None;
        for branch in branches {
            let mut filled = value.clone();
            self.work.take(bytes(value) / 16)?;
            self.left = before;
            let fits = match (branch, referred(branch)) {
                (_, Some(number)) => {
                    self.value(branch, &mut filled, depth + 1)?;
                    (self.fits)(number, &filled, self.work)?
                }
                (branch, None) => *branch != Value::Bool(false),
            };
            match only {
                _ if !fits => {}
                None => only = Some((filled, self.left)),
                Some(_) => {
                    self.left = before;
                    return Ok(());
                }
            }
        }
        self.left = before;
        if let Some((filled, left)) = only {
            (*value, self.left) = (filled, left);
        }
        Ok(())
    }

    /// The number of a property's default, its own or that of what it refers to.
    fn default_of(&self, schema: &'a Value) -> Option<usize> {
        let mut schema = schema;
        for _ in 0..MAX_DEPTH {
            if let Some(default) = schema.get("default") {
                return usize::try_from(default.as_u64()?).ok();
            }
            schema = self.document.definition(referred(schema)?);
        }
        None
    }

    fn take_default(&mut self, number: usize) -> Result<Value, TooMuch> {
        let default = &self.document.defaults[number];
        self.left.defaults = self.left.defaults.checked_sub(1).ok_or(TooMuch::Defaults)?;
        self.left.bytes = self.left.bytes.checked_sub(default.bytes).ok_or(TooMuch::Defaults)?;
        Ok(default.value.clone())
    }
}

fn list<'v>(schema: &'v Value, keyword: &str) -> &'v [Value] {
    schema.get(keyword).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn named<'v>(schema: &'v Value, keyword: &str) -> Option<&'v Map<String, Value>> {
    schema.get(keyword)?.as_object()
}

/// The integer that a number with a fraction of nothing is: `3.0`. `None` where it is another, or one already.
fn as_integer(value: &Value) -> Option<Number> {
    let Value::Number(number) = value else { return None };
    if !number.is_f64() {
        return None;
    }
    let float = number.as_f64().filter(|float| float.fract() == 0.0)?;
    // Beyond, it is no integer that a plugin could read. The bounds are exact as floats.
    if float >= 0.0 {
        (float < 18_446_744_073_709_551_616.0).then(|| Number::from(float as u64))
    } else {
        (float >= -9_223_372_036_854_775_808.0).then(|| Number::from(float as i64))
    }
}

fn has_float(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(items) => items.iter().any(has_float),
        Value::Object(object) => object.values().any(has_float),
        _ => false,
    }
}
