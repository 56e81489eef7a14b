//! Configurations against their JSON Schema: defaults filled in, every violation named.

use jsonschema::PatternOptions;
use serde_json::{Map, Value};

use crate::schema_cost;
use crate::type_hint::type_hint;

/// The schema of one component's configuration, ready to check with.
pub(crate) struct ConfigSchema {
    schema: Value,
    validator: jsonschema::Validator,
}

/// How deep defaults are looked for, so that a schema that refers to itself ends.
const MAX_DEPTH: usize = 32;

/// How many defaults are filled in, so that a schema cannot make a configuration of any size.
const MAX_DEFAULTS: usize = 10_000;

/// How many violations are told.
const MAX_VIOLATIONS: usize = 100;

/// A violation that shows more than this of a value shows nothing of it instead.
const MAX_SHOWN_BYTES: usize = 500;

/// How many parts of a schema are looked at for defaults, so that one that refers to itself twice, and so on, ends soon.
const MAX_PARTS: usize = 100_000;

impl ConfigSchema {
    /// Makes a schema ready. The error says what is wrong with the schema itself.
    pub(crate) fn new(schema: &Value) -> Result<Self, String> {
        schema_cost::check_shape(schema)?;
        // This engine's time is linear in the text; a plugin chooses the pattern.
        let options = jsonschema::options().offline().with_pattern_options(PatternOptions::regex());
        let validator = options.build(schema).map_err(|error| shortened(&error))?;
        Ok(Self { schema: schema.clone(), validator })
    }

    /// Fills in the defaults and checks the whole. The error has every violation.
    pub(crate) fn complete(&self, mut config: Map<String, Value>) -> Result<Value, Vec<String>> {
        let mut filling = Filling { root: &self.schema, left: MAX_DEFAULTS, parts: MAX_PARTS };
        filling.object(&self.schema, &mut config, 0);
        let config = Value::Object(config);
        if !schema_cost::is_bearable(&self.schema, &config) {
            return Err(vec!["its schema makes checking it too much work".to_owned()]);
        }
        let errors = self.validator.iter_errors(&config).take(MAX_VIOLATIONS);
        let violations: Vec<String> = errors.map(|error| violation(&error)).collect();
        if violations.is_empty() { Ok(config) } else { Err(violations) }
    }
}

fn violation(error: &jsonschema::ValidationError<'_>) -> String {
    let hint = type_hint(error).map_or_else(String::new, |hint| format!("; {hint}"));
    match error.instance_path().as_str() {
        "" => shortened(error) + &hint,
        pointer => format!("{pointer}: {}{hint}", shortened(error)),
    }
}

/// What is wrong, in a length that people read: the value that is wrong may be a whole file.
fn shortened(error: &jsonschema::ValidationError<'_>) -> String {
    let text = error.to_string();
    if text.len() > MAX_SHOWN_BYTES { error.masked().to_string() } else { text }
}

struct Filling<'a> {
    root: &'a Value,
    left: usize,
    parts: usize,
}

impl<'a> Filling<'a> {
    fn value(&mut self, schema: &'a Value, value: &mut Value, depth: usize) {
        match value {
            Value::Object(object) => self.object(schema, object, depth),
            Value::Array(items) => {
                if let Some(schema) = schema.get("items") {
                    items.iter_mut().for_each(|item| self.value(schema, item, depth + 1));
                }
            }
            _ => {}
        }
    }

    fn object(&mut self, schema: &'a Value, object: &mut Map<String, Value>, depth: usize) {
        if depth > MAX_DEPTH || self.parts == 0 {
            return;
        }
        self.parts -= 1;
        if let Some(referred) = self.referred(schema) {
            self.object(referred, object, depth + 1);
        }
        for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.object(part, object, depth + 1);
        }
        for (key, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            if let Some(value) = object.get_mut(key) {
                self.value(property, value, depth + 1);
            } else if let Some(default) = self.default_of(property)
                && self.left > 0
            {
                self.left -= 1;
                let mut value = default.clone();
                self.value(property, &mut value, depth + 1);
                object.insert(key.clone(), value);
            }
        }
    }

    /// The default of a property, its own or that of what it refers to.
    fn default_of(&self, schema: &'a Value) -> Option<&'a Value> {
        schema.get("default").or_else(|| self.referred(schema)?.get("default"))
    }

    /// What a `$ref` inside the same schema refers to.
    fn referred(&self, schema: &Value) -> Option<&'a Value> {
        schema_cost::referred(self.root, schema.get("$ref")?.as_str()?)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn complete(schema: Value, config: Value) -> Result<Value, Vec<String>> {
        let Value::Object(config) = config else { panic!("a configuration is an object") };
        ConfigSchema::new(&schema).unwrap().complete(config)
    }

    #[test]
    fn defaults_are_filled_in_wherever_they_are() {
        let schema = json!({
            "type": "object",
            "properties": {
                "port": {"type": "integer", "default": 80},
                "tls": {"$ref": "#/$defs/tls", "default": {}},
                "hosts": {"type": "array", "items": {"properties": {"weight": {"default": 1}}}},
            },
            "$defs": {"tls": {"type": "object", "properties": {"verify": {"type": "boolean", "default": true}}}},
        });
        assert_eq!(
            complete(schema, json!({"hosts": [{}, {"weight": 5}]})).unwrap(),
            json!({"hosts": [{"weight": 1}, {"weight": 5}], "port": 80, "tls": {"verify": true}})
        );
    }

    #[test]
    fn every_violation_is_named_with_its_place() {
        let schema = json!({
            "type": "object",
            "properties": {"port": {"type": "integer"}, "name": {"type": "string"}},
            "required": ["name"],
            "additionalProperties": false,
        });
        let violations = complete(schema, json!({"port": "x", "prot": 1})).unwrap_err();
        assert_eq!(violations.len(), 3, "{violations:?}");
        assert!(violations.iter().any(|violation| violation.starts_with("/port: ")), "{violations:?}");
    }

    #[test]
    fn a_value_of_another_type_is_told_with_what_to_write() {
        let schema = json!({"properties": {
            "on": {"type": "boolean"}, "port": {"type": "integer"}, "name": {"type": ["string", "null"]}, "share": {"type": "number"},
        }});
        let config = json!({"on": "no", "port": "80\n", "name": 8080, "share": "half"});
        assert_eq!(
            complete(schema, config).unwrap_err(),
            [
                "/on: \"no\" is not of type \"boolean\"; `no` is text in YAML 1.2; write `false`",
                "/port: \"80\\n\" is not of type \"integer\"; white space around `80` makes it text; take it away",
                "/name: 8080 is not of types \"null\", \"string\"; write it in quotes, or in a template with `| string`",
                "/share: \"half\" is not of type \"number\"",
            ]
        );
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let schema = json!({
            "$ref": "#/$defs/a",
            "$defs": {"a": {"properties": {"x": {"$ref": "#/$defs/a", "default": {}}, "y": {"$ref": "#/$defs/a", "default": {}}}}},
        });
        // Whatever comes of it, it comes soon and is bounded.
        let _ = complete(schema, json!({}));
        assert!(ConfigSchema::new(&json!({"type": "nonsense"})).is_err());
    }

    #[test]
    fn a_schema_reaches_for_nothing_outside() {
        assert!(ConfigSchema::new(&json!({"$ref": "file:///etc/passwd"})).is_err());
        assert!(ConfigSchema::new(&json!({"$ref": "http://127.0.0.1/schema"})).is_err());
    }
}
