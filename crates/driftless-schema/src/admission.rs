//! Which schemas are let in.

use std::collections::{HashMap, HashSet};

use driftless_plugin_api::text::{printable_line, truncated};
use serde_json::{Map, Value};
use thiserror::Error;

use crate::document::{DefaultValue, Document, Fills, asks_for_integer, bytes, parts, reference, references};
use crate::keyword::{DIALECT, Shape, advice, shape};
use crate::limits::{
    MAX_DEPTH, MAX_ENUM_VALUES, MAX_NAME_BYTES, MAX_REQUIRED_NAMES, MAX_SCHEMA_BYTES, MAX_SCHEMAS,
    MAX_UNEVALUATED,
};
use crate::patterns::Patterns;

/// Why a schema is not let in.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}{why}", shown(.place))]
pub struct Refused {
    /// Where in it, as a JSON pointer, cut to a length.
    pub place: String,
    /// What is wrong there, and what would be right.
    pub why: String,
}

/// The bytes of a place that are shown.
const MAX_PLACE_BYTES: usize = 200;

/// The bytes of a word of the schema's own that are shown.
const MAX_WORD_BYTES: usize = 60;

const TYPES: [&str; 7] = ["null", "boolean", "object", "array", "number", "string", "integer"];

/// Reads a schema into a document that has nothing but what was let in.
pub(crate) fn admit(source: &Value) -> Result<Document, Refused> {
    measure(source)?;
    let mut admission = Admission::of(source);
    admission.all(source).map_err(|why| admission.refused(why))?;
    let definitions: Vec<Value> = admission.definitions.into_iter().map(Option::unwrap_or_default).collect();
    let fills = fills(&definitions);
    Ok(Document { definitions, defaults: admission.defaults, patterns: admission.patterns, fills })
}

fn shown(place: &str) -> String {
    if place.is_empty() { String::new() } else { format!("{place}: ") }
}

fn word(text: &str) -> String {
    printable_line(&truncated(text, MAX_WORD_BYTES)).into_owned()
}

/// Bounds the whole before anything walks through it in steps that need stack.
fn measure(source: &Value) -> Result<(), Refused> {
    let refused = |why| Err(Refused { place: String::new(), why });
    let (mut left, mut bytes) = (vec![(source, 1)], 0_usize);
    while let Some((value, depth)) = left.pop() {
        bytes += 1;
        match value {
            Value::String(text) => bytes += text.len() + 2,
            Value::Number(number) => bytes += number.to_string().len(),
            Value::Array(items) => left.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(object) => {
                bytes += object.keys().map(|key| key.len() + 3).sum::<usize>();
                left.extend(object.values().map(|value| (value, depth + 1)));
            }
            Value::Null | Value::Bool(_) => bytes += 3,
        }
        if depth > MAX_DEPTH {
            return refused(format!("it is nested deeper than {MAX_DEPTH} levels"));
        }
        if bytes > MAX_SCHEMA_BYTES {
            return refused(format!("it has more than {MAX_SCHEMA_BYTES} bytes"));
        }
    }
    Ok(())
}

struct Admission<'a> {
    /// The numbers of the definitions that the schema names.
    named: HashMap<&'a str, usize>,
    /// Definitions, those that are yet to be read left open.
    definitions: Vec<Option<Value>>,
    defaults: Vec<DefaultValue>,
    patterns: Patterns,
    schemas: usize,
    required_names: usize,
    enum_values: usize,
    unevaluated: usize,
    /// Where the reader is.
    place: Vec<String>,
}

impl<'a> Admission<'a> {
    fn of(source: &'a Value) -> Self {
        let names = source.get("$defs").and_then(Value::as_object).into_iter().flat_map(Map::keys);
        let named: HashMap<&str, usize> =
            names.enumerate().map(|(at, name)| (name.as_str(), at + 1)).collect();
        Self {
            definitions: vec![None; named.len() + 1],
            named,
            defaults: Vec::new(),
            patterns: Patterns::default(),
            schemas: 0,
            required_names: 0,
            enum_values: 0,
            unevaluated: 0,
            place: Vec::new(),
        }
    }

    fn refused(&self, why: String) -> Refused {
        let segments = self.place.iter().map(|segment| segment.replace('~', "~0").replace('/', "~1"));
        let place: String = segments.map(|segment| format!("/{segment}")).collect();
        Refused { place: printable_line(&truncated(&place, MAX_PLACE_BYTES)).into_owned(), why }
    }

    /// Reads the schema and its definitions.
    fn all(&mut self, source: &'a Value) -> Result<(), String> {
        self.definitions[0] = Some(self.schema(source)?);
        for (number, (name, definition)) in
            source.get("$defs").and_then(Value::as_object).into_iter().flatten().enumerate()
        {
            self.place = vec!["$defs".to_owned(), name.clone()];
            check_name(name)?;
            self.definitions[number + 1] = Some(self.schema(definition)?);
        }
        Ok(())
    }

    /// What `read` makes of what stands beneath a name. The place of what goes wrong is kept.
    fn beneath<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut Self) -> Result<T, String>,
    ) -> Result<T, String> {
        self.place.push(truncated(name, MAX_NAME_BYTES).into_owned());
        let read = read(self)?;
        self.place.pop();
        Ok(read)
    }

    fn schema(&mut self, source: &Value) -> Result<Value, String> {
        self.schemas += 1;
        if self.schemas > MAX_SCHEMAS {
            return Err(format!("it has more than {MAX_SCHEMAS} schemas in it"));
        }
        let keywords = match source {
            Value::Bool(_) => return Ok(source.clone()),
            Value::Object(keywords) => keywords,
            _ => return Err("a schema is an object, `true` or `false`".to_owned()),
        };
        let mut read = Map::new();
        for (keyword, value) in keywords {
            self.beneath(keyword, |admission| {
                let Some(shape) = shape(keyword) else {
                    return Err(format!("`{}` is not supported: {}", word(keyword), advice(keyword)));
                };
                if let Some(value) = admission.keyword(keyword, shape, value)? {
                    read.insert(keyword.clone(), value);
                }
                Ok(())
            })?;
        }
        Ok(Value::Object(read))
    }

    /// What a keyword says; nothing where it says nothing about values.
    fn keyword(&mut self, keyword: &str, shape: Shape, value: &Value) -> Result<Option<Value>, String> {
        let kept = Ok(Some(value.clone()));
        match shape {
            Shape::Annotation => Ok(None),
            Shape::Dialect => match value.as_str().map(|dialect| dialect.trim_end_matches('#')) {
                Some(DIALECT) => Ok(None),
                _ => Err(format!("the dialect of a schema is `{DIALECT}`")),
            },
            // They are read with the whole.
            Shape::Definitions if self.place.len() == 1 && value.is_object() => Ok(None),
            Shape::Definitions if self.place.len() == 1 => Err("definitions are an object".to_owned()),
            Shape::Definitions => Err("definitions stand at the top of a schema".to_owned()),
            Shape::Reference => self.reference(value).map(Some),
            Shape::Schema => {
                if keyword.starts_with("unevaluated") {
                    self.unevaluated += 1;
                    if self.unevaluated > MAX_UNEVALUATED {
                        return Err(format!("it has more than {MAX_UNEVALUATED} keywords `unevaluated…`"));
                    }
                }
                self.schema(value).map(Some)
            }
            Shape::Schemas | Shape::Branches => {
                let Some(items) = value.as_array().filter(|items| !items.is_empty()) else {
                    return Err(format!("it is no list of schemas{}", advice_for_list(keyword)));
                };
                let mut schemas = Vec::with_capacity(items.len());
                for (number, item) in items.iter().enumerate() {
                    let schema = self.beneath(&number.to_string(), |admission| admission.schema(item))?;
                    schemas.push(if shape == Shape::Branches { self.as_definition(schema) } else { schema });
                }
                Ok(Some(schemas.into()))
            }
            Shape::ByName | Shape::ByPattern => {
                let mut schemas = Map::new();
                for (name, schema) in value.as_object().ok_or("it is no object of schemas")? {
                    let schema = self.beneath(name, |admission| {
                        match shape {
                            Shape::ByPattern => admission.patterns.add(name)?,
                            _ => check_name(name)?,
                        }
                        admission.schema(schema)
                    })?;
                    schemas.insert(name.clone(), schema);
                }
                Ok(Some(schemas.into()))
            }
            Shape::Names => self.names(value).and(kept),
            Shape::NamesByName => {
                for (name, names) in value.as_object().ok_or("it is no object of lists of names")? {
                    self.beneath(name, |admission| check_name(name).and_then(|()| admission.names(names)))?;
                }
                kept
            }
            Shape::Values => {
                self.enum_values += value.as_array().ok_or("it is no list of values")?.len();
                if self.enum_values > MAX_ENUM_VALUES {
                    return Err(format!("its lists `enum` have more than {MAX_ENUM_VALUES} values"));
                }
                kept
            }
            Shape::Value => kept,
            Shape::Default => {
                self.defaults.push(DefaultValue { value: value.clone(), bytes: bytes(value) });
                Ok(Some((self.defaults.len() - 1).into()))
            }
            Shape::Number if value.is_number() => kept,
            Shape::Number => Err("it is no number".to_owned()),
            Shape::PositiveNumber if value.as_f64().is_some_and(|number| number > 0.0) => kept,
            Shape::PositiveNumber => Err("it is no number above 0".to_owned()),
            Shape::Count => whole(value).map(|count| Some(count.into())),
            Shape::Flag if value.is_boolean() => kept,
            Shape::Flag => Err("it is neither `true` nor `false`".to_owned()),
            Shape::Types => types(value).and(kept),
            Shape::Pattern => self.patterns.add(value.as_str().ok_or("a pattern is a text")?).and(kept),
        }
    }

    /// A branch becomes a definition: values are held against it alone as well.
    fn as_definition(&mut self, schema: Value) -> Value {
        if !schema.is_object() {
            return schema;
        }
        self.definitions.push(Some(schema));
        Map::from_iter([("$ref".to_owned(), reference(self.definitions.len() - 1))]).into()
    }

    fn reference(&self, value: &Value) -> Result<Value, String> {
        let written = value.as_str().ok_or("a reference is a text")?;
        let unknown = || {
            let allowed = "write `#/$defs/NAME`, or `#` for the whole";
            format!("`{}` leads to no definition of this schema: {allowed}", word(written))
        };
        if written == "#" {
            return Ok(reference(0));
        }
        let name = written.strip_prefix("#/$defs/").and_then(unescaped).ok_or_else(unknown)?;
        self.named.get(name.as_str()).map(|number| reference(*number)).ok_or_else(unknown)
    }

    fn names(&mut self, value: &Value) -> Result<(), String> {
        let names = value.as_array().ok_or("it is no list of names")?;
        self.required_names += names.len();
        if self.required_names > MAX_REQUIRED_NAMES {
            return Err(format!("its lists of names have more than {MAX_REQUIRED_NAMES} names"));
        }
        let mut seen = HashSet::new();
        for name in names {
            let name = name.as_str().ok_or("it is no list of names")?;
            check_name(name)?;
            if !seen.insert(name) {
                return Err(format!("it has `{}` twice", word(name)));
            }
        }
        Ok(())
    }
}

/// The name behind `#/$defs/`: escaped as a JSON pointer, and that as a part of a URL.
fn unescaped(written: &str) -> Option<String> {
    if written.contains('/') {
        return None;
    }
    let mut bytes = Vec::with_capacity(written.len());
    let mut left = written.bytes();
    while let Some(byte) = left.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [left.next()?, left.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    let name = String::from_utf8(bytes).ok()?;
    Some(name.replace("~1", "/").replace("~0", "~"))
}

fn check_name(name: &str) -> Result<(), String> {
    if name.len() > MAX_NAME_BYTES {
        return Err(format!("the name has more than {MAX_NAME_BYTES} bytes"));
    }
    Ok(())
}

fn advice_for_list(keyword: &str) -> &'static str {
    if keyword == "prefixItems" { "; what holds for every item is `items`" } else { "" }
}

fn types(value: &Value) -> Result<(), String> {
    let known = |value: &Value| match value.as_str() {
        Some(name) if TYPES.contains(&name) => Ok(()),
        Some(name) => Err(format!("`{}` is no type; there are: {}", word(name), TYPES.join(", "))),
        None => Err(format!("a type is one of: {}", TYPES.join(", "))),
    };
    match value {
        Value::Array(several) if several.is_empty() || several.len() > TYPES.len() => {
            Err("it is no list of types".to_owned())
        }
        Value::Array(several) => several.iter().try_for_each(known),
        one => known(one),
    }
}

/// A number that counts: `3`, and `3.0`, which is the same to JSON Schema.
fn whole(value: &Value) -> Result<u64, String> {
    let of_float = || value.as_f64().filter(|float| float.fract() == 0.0 && (0.0..9e15).contains(float));
    // It is whole and in range.
    let count = value.as_u64().or_else(|| of_float().map(|float| float as u64));
    count.ok_or_else(|| "it is no whole number from 0 on".to_owned())
}

/// What filling in by each definition can do. A definition does what those do that it refers to.
fn fills(definitions: &[Value]) -> Vec<Fills> {
    let own: Vec<Fills> = definitions.iter().map(own_fills).collect();
    let mut referrers: Vec<Vec<usize>> = vec![Vec::new(); definitions.len()];
    for (number, definition) in definitions.iter().enumerate() {
        for other in references(definition) {
            referrers[other].push(number);
        }
    }
    let mut all = own;
    let mut left: Vec<usize> = (0..all.len()).collect();
    while let Some(number) = left.pop() {
        let from = all[number];
        for &referrer in &referrers[number] {
            let to = &mut all[referrer];
            let joined =
                Fills { defaults: to.defaults || from.defaults, integers: to.integers || from.integers };
            if joined != *to {
                *to = joined;
                left.push(referrer);
            }
        }
    }
    all
}

fn own_fills(definition: &Value) -> Fills {
    let (mut left, mut fills) = (vec![definition], Fills::default());
    while let Some(schema) = left.pop() {
        fills.defaults |= schema.get("default").is_some();
        fills.integers |= asks_for_integer(schema);
        left.extend(parts(schema));
    }
    fills
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(schema: Value) -> String {
        admit(&schema).unwrap_err().to_string()
    }

    #[test]
    fn what_is_let_in_is_what_was_read() {
        let document = admit(&json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "A",
            "type": "object",
            "properties": {"a": {"$ref": "#/$defs/a%20%7Eb~1c", "default": {"x": 1}}, "self": {"$ref": "#"}},
            "anyOf": [{"required": ["a"]}, true],
            "x-order": {"$ref": "file:///etc/passwd"},
            "$defs": {"unused": {"description": "d"}, "a ~b/c": {"type": "integer", "format": "uint32"}},
        }))
        .unwrap();
        let expected = json!([
            {
                "type": "object",
                "properties": {
                    "a": {"$ref": "#/$defs/2", "default": 0},
                    "self": {"$ref": "#/$defs/0"},
                },
                "anyOf": [{"$ref": "#/$defs/3"}, true],
            },
            {},
            {"type": "integer"},
            {"required": ["a"]},
        ]);
        assert_eq!(Value::from(document.definitions), expected);
        assert_eq!(document.defaults[0].value, json!({"x": 1}));
        assert_eq!(document.fills[0], Fills { defaults: true, integers: true });
        assert_eq!(document.fills[2], Fills { defaults: false, integers: true });
    }

    #[test]
    fn references_lead_to_definitions_of_the_same_schema() {
        for elsewhere in [
            "#/$defs/b",
            "#/properties/a",
            "#/$defs/a/properties/x",
            "#/%24defs/a",
            "#a",
            "other",
            "",
            "#/",
            "file:///etc/passwd",
            "http://127.0.0.1/schema",
            "https://json-schema.org/draft/2020-12/schema",
            "#/$defs/%",
            "#/$defs/%ff",
            "#/$defs/",
            "#/$defs",
        ] {
            let error = refused(json!({"properties": {"p": {"$ref": elsewhere}}, "$defs": {"a": {}}}));
            assert!(
                error.starts_with("/properties/p/$ref: ") && error.contains("no definition of this schema"),
                "{error}"
            );
        }
        assert_eq!(refused(json!({"$ref": 1})), "/$ref: a reference is a text");
    }

    #[test]
    fn nothing_changes_what_a_reference_means() {
        for keyword in
            ["$id", "id", "$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveRef", "$vocabulary"]
        {
            let error = refused(json!({"items": {keyword: "#a"}}));
            assert_eq!(
                error,
                format!(
                    "/items/{keyword}: `{keyword}` is not supported: a schema is one document; write `\"$ref\": \"#/$defs/NAME\"`"
                )
            );
        }
        assert_eq!(
            refused(json!({"items": {"$defs": {"a": {}}}})),
            "/items/$defs: definitions stand at the top of a schema"
        );
        let dialect = "/$schema: the dialect of a schema is `https://json-schema.org/draft/2020-12/schema`";
        assert_eq!(refused(json!({"$schema": "http://json-schema.org/draft-07/schema#"})), dialect);
    }

    #[test]
    fn a_keyword_has_the_shape_that_it_should_have() {
        for (schema, expected) in [
            (json!(5), "a schema is an object, `true` or `false`"),
            (json!({"items": [{}]}), "/items: a schema is an object, `true` or `false`"),
            (
                json!({"type": "nonsense"}),
                "/type: `nonsense` is no type; there are: null, boolean, object, array, number, string, integer",
            ),
            (json!({"type": []}), "/type: it is no list of types"),
            (
                json!({"type": 1}),
                "/type: a type is one of: null, boolean, object, array, number, string, integer",
            ),
            (
                json!({"prefixItems": {}}),
                "/prefixItems: it is no list of schemas; what holds for every item is `items`",
            ),
            (json!({"anyOf": []}), "/anyOf: it is no list of schemas"),
            (json!({"properties": []}), "/properties: it is no object of schemas"),
            (
                json!({"properties": {"a/b": null}}),
                "/properties/a~1b: a schema is an object, `true` or `false`",
            ),
            (json!({"required": "a"}), "/required: it is no list of names"),
            (json!({"required": [1]}), "/required: it is no list of names"),
            (json!({"required": ["a", "a"]}), "/required: it has `a` twice"),
            (json!({"dependentRequired": []}), "/dependentRequired: it is no object of lists of names"),
            (json!({"enum": {}}), "/enum: it is no list of values"),
            (json!({"minimum": "1"}), "/minimum: it is no number"),
            (json!({"multipleOf": 0}), "/multipleOf: it is no number above 0"),
            (json!({"minLength": -1}), "/minLength: it is no whole number from 0 on"),
            (json!({"minLength": 1.5}), "/minLength: it is no whole number from 0 on"),
            (json!({"uniqueItems": 1}), "/uniqueItems: it is neither `true` nor `false`"),
            (json!({"pattern": 1}), "/pattern: a pattern is a text"),
            (json!({"pattern": "("}), "/pattern: it is no pattern that can be matched in linear time"),
            (
                json!({"patternProperties": {"(?=a)": {}}}),
                "/patternProperties/(?=a): it is no pattern that can be matched in linear time",
            ),
            (json!({"$defs": 1}), "/$defs: definitions are an object"),
            (json!({"$defs": {"a": 1}}), "/$defs/a: a schema is an object, `true` or `false`"),
            (json!({"requried": ["a"]}), "/requried: `requried` is not supported: did you mean `required`?"),
            (
                json!({"nullable": true}),
                "/nullable: `nullable` is not supported: write `\"type\": [\"…\", \"null\"]`",
            ),
        ] {
            let error = refused(schema.clone());
            assert!(error.starts_with(expected), "{schema}: {error}");
        }
        assert!(admit(&json!({"minLength": 2.0, "type": ["string", "null"], "enum": []})).is_ok());
    }

    #[test]
    fn each_bound_is_one() {
        let nested = |levels| (0..levels).fold(json!({}), |inner, _| json!({"not": inner}));
        assert!(admit(&nested(MAX_DEPTH - 1)).is_ok());
        assert_eq!(refused(nested(MAX_DEPTH)), "it is nested deeper than 64 levels");
        assert_eq!(
            refused(json!({"default": (0..MAX_DEPTH).fold(json!([]), |inner, _| json!([inner]))})),
            "it is nested deeper than 64 levels"
        );

        assert!(admit(&json!({"default": "a".repeat(MAX_SCHEMA_BYTES - 50)})).is_ok());
        assert_eq!(
            refused(json!({"default": "a".repeat(MAX_SCHEMA_BYTES)})),
            "it has more than 262144 bytes"
        );

        assert!(admit(&json!({"allOf": vec![json!({}); MAX_SCHEMAS - 1]})).is_ok());
        assert_eq!(
            refused(json!({"allOf": vec![json!({}); MAX_SCHEMAS]})),
            "/allOf/4999: it has more than 5000 schemas in it"
        );

        let long = "n".repeat(MAX_NAME_BYTES + 1);
        for schema in [
            json!({"properties": {&long: {}}}),
            json!({"required": [&long]}),
            json!({"$defs": {&long: {}}}),
            json!({"dependentRequired": {&long: []}}),
        ] {
            let error = refused(schema);
            assert!(error.ends_with("the name has more than 256 bytes") && error.len() < 300, "{error}");
        }

        let names: Vec<_> = (0..MAX_REQUIRED_NAMES).map(|number| number.to_string()).collect();
        assert!(admit(&json!({"required": &names})).is_ok());
        assert_eq!(
            refused(json!({"required": &names, "dependentRequired": {"a": ["b"]}})),
            "/dependentRequired/a: its lists of names have more than 10000 names"
        );
        assert_eq!(
            refused(json!({"enum": vec![0; MAX_ENUM_VALUES + 1]})),
            "/enum: its lists `enum` have more than 10000 values"
        );
        assert_eq!(
            refused(json!({"allOf": vec![json!({"unevaluatedProperties": true}); MAX_UNEVALUATED + 1]})),
            "/allOf/16/unevaluatedProperties: it has more than 16 keywords `unevaluated…`"
        );
    }

    #[test]
    fn words_of_a_schema_are_shown_safely_and_short() {
        let error = refused(json!({"properties": {"a\u{1b}[2J\n": {"b\u{202e}": {}}}}));
        assert!(!error.contains(['\u{1b}', '\n', '\u{202e}']), "{error:?}");
        let error = refused(json!({"k".repeat(100_000): {}}));
        assert!(error.len() < 500, "{}", error.len());
    }
}
