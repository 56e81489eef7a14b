//! Configurations against their schema: defaults filled in, every violation named.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::{Mutex, OnceLock, PoisonError};

use driftless_plugin_api::text::{printable_line, truncated};
use jsonschema::{Draft, PatternOptions, ValidationError, Validator};
use serde_json::{Map, Value};

use crate::admission::{Refused, admit};
use crate::cost;
use crate::document::Document;
use crate::fill::Filling;
use crate::limits::{
    MAX_COMPILED_PATTERN_BYTES, MAX_DEFAULT_BYTES, MAX_DEFAULTS, MAX_FILLING_STEPS, MAX_STEPS,
    MAX_STEPS_FOR_ALL_VIOLATIONS, MAX_VIOLATION_BYTES, MAX_VIOLATIONS,
};
use crate::type_hint::type_hint;
use crate::unknown_key::unknown_key;
use crate::work::{TooMuch, Work};

/// A schema that was let in, to check configurations with.
pub struct ConfigSchema {
    document: Document,
    /// Made ready when it is first needed: a plugin announces more components than are used.
    validator: OnceLock<Result<Validator, String>>,
    /// Those of branches, by the numbers of their definitions.
    branches: Mutex<HashMap<usize, Arc<Result<Validator, String>>>>,
}

impl ConfigSchema {
    /// Lets a schema in.
    ///
    /// # Errors
    ///
    /// When it has a keyword that is not known, one that does not hold what it should, a reference that leads elsewhere than to a definition of
    /// its own, or is larger than the [limits](crate::limits) allow.
    pub fn admit(schema: &Value) -> Result<Self, Refused> {
        Ok(Self { document: admit(schema)?, validator: OnceLock::new(), branches: Mutex::default() })
    }

    /// Fills in the defaults and checks the whole.
    ///
    /// Defaults are filled in, and numbers made integers, wherever `properties`, `patternProperties`, `additionalProperties`, `prefixItems`, `items`,
    /// `allOf` and `$ref` say which schema a value has, and by that branch of `anyOf` and `oneOf` which fits as the only one.
    ///
    /// # Errors
    ///
    /// Every violation, up to [a number](MAX_VIOLATIONS) and each with its place as a JSON pointer. The first one alone where there is a lot to
    /// check, and a word about the schema where that is too much to check or to fill in.
    pub fn complete(&self, config: Map<String, Value>) -> Result<Value, Vec<String>> {
        let mut config = Value::Object(config);
        self.check(&mut config).map_err(|too_much| vec![too_much.to_string()])?.map_or(Ok(config), Err)
    }

    /// The violations, if there are any.
    fn check(&self, config: &mut Value) -> Result<Option<Vec<String>>, TooMuch> {
        let document = &self.document;
        let mut work = Work::of(MAX_FILLING_STEPS);
        let fills = document.fills[0];
        if fills.defaults || fills.integers {
            let mut fits = |number, value: &Value, work: &mut Work| self.fits(number, value, work);
            Filling::new(document, &mut work, &mut fits).fill(config)?;
        }
        let mut checking = Work::of(MAX_STEPS);
        cost::count(document, document.definition(0), config, &mut checking)?;
        let validator = match self.validator.get_or_init(|| compile(document, 0)) {
            Ok(validator) => validator,
            Err(why) => return Ok(Some(vec![format!("its schema cannot be used: {why}")])),
        };
        if validator.is_valid(config) {
            return Ok(None);
        }
        let schema = document.rooted_at(0);
        let violation = |error: &ValidationError<'_>| violation(error, &schema);
        let violations: Vec<String> = if checking.done() <= MAX_STEPS_FOR_ALL_VIOLATIONS {
            validator.iter_errors(config).take(MAX_VIOLATIONS).map(|error| violation(&error)).collect()
        } else {
            validator.validate(config).err().as_ref().map(violation).into_iter().collect()
        };
        Ok(Some(violations).filter(|violations| !violations.is_empty()))
    }

    /// Whether a value fits a branch.
    fn fits(&self, number: usize, value: &Value, work: &mut Work) -> Result<bool, TooMuch> {
        cost::count(&self.document, self.document.definition(number), value, work)?;
        let known = self.branches.lock().unwrap_or_else(PoisonError::into_inner).get(&number).cloned();
        let validator = match known {
            Some(validator) => validator,
            None => {
                work.take(self.document.size_from(number))?;
                let validator = Arc::new(compile(&self.document, number));
                let mut branches = self.branches.lock().unwrap_or_else(PoisonError::into_inner);
                Arc::clone(branches.entry(number).or_insert(validator))
            }
        };
        Ok(validator.as_ref().as_ref().is_ok_and(|validator| validator.is_valid(value)))
    }
}

impl fmt::Debug for ConfigSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigSchema")
            .field("definitions", &self.document.definitions.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for TooMuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Work => f.write_str("its schema makes checking it too much work"),
            Self::Defaults => write!(
                f,
                "its schema fills in more than {MAX_DEFAULTS} defaults, or more than {MAX_DEFAULT_BYTES} bytes of them"
            ),
        }
    }
}

/// Makes one definition ready to check with.
fn compile(document: &Document, number: usize) -> Result<Validator, String> {
    // This engine's time is linear in the text.
    let patterns = PatternOptions::regex()
        .size_limit(MAX_COMPILED_PATTERN_BYTES)
        .dfa_size_limit(MAX_COMPILED_PATTERN_BYTES);
    let options =
        jsonschema::options().offline().with_draft(Draft::Draft202012).with_pattern_options(patterns);
    options.build(&document.rooted_at(number)).map_err(|error| shortened(&error))
}

fn violation(error: &ValidationError<'_>, schema: &Value) -> String {
    let (pointer, text) = unknown_key(error, schema).unwrap_or_else(|| {
        let hint = type_hint(error).map_or_else(String::new, |hint| format!("; {hint}"));
        (error.instance_path().as_str().to_owned(), shortened(error) + &hint)
    });
    let text = match pointer.as_str() {
        "" => text,
        pointer => format!("{}: {text}", truncated(pointer, MAX_VIOLATION_BYTES / 2)),
    };
    // Names of properties are shown as they are, and may be the plugin's.
    truncated(&printable_line(&text), MAX_VIOLATION_BYTES).into_owned()
}

/// What is wrong, in a length that people read: where that shows a value that is a whole file, it shows nothing of it instead.
fn shortened(error: &ValidationError<'_>) -> String {
    let text = error.to_string();
    let text = if text.len() > MAX_VIOLATION_BYTES { error.masked().to_string() } else { text };
    truncated(&text, MAX_VIOLATION_BYTES).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn complete(schema: Value, config: Value) -> Result<Value, Vec<String>> {
        let Value::Object(config) = config else { panic!("a configuration is an object") };
        ConfigSchema::admit(&schema).unwrap().complete(config)
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
    fn whatever_says_which_schema_a_value_has_is_followed() {
        let schema = json!({
            "$defs": {
                "server": {"type": "object", "properties": {"port": {"type": "integer", "default": 80}}},
                "servers": {"type": "array", "items": {"$ref": "#/$defs/server"}},
                "alias": {"$ref": "#/$defs/servers"},
            },
            "properties": {
                "plain": {"$ref": "#/$defs/server"},
                "list": {"$ref": "#/$defs/alias"},
                "map": {"properties": {"not": {}}, "additionalProperties": {"$ref": "#/$defs/server"}},
                "pattern": {"patternProperties": {"^s": {"$ref": "#/$defs/server"}}, "additionalProperties": true},
                "tuple": {"prefixItems": [{}, {"$ref": "#/$defs/server"}], "items": {"$ref": "#/$defs/servers"}},
                "both": {"allOf": [{"$ref": "#/$defs/server"}, {"properties": {"host": {"default": "h"}}}]},
                "maybe": {"anyOf": [{"$ref": "#/$defs/server"}, {"type": "null"}]},
                "nested": {"oneOf": [{"type": "string"}, {"anyOf": [{"$ref": "#/$defs/servers"}, {"type": "null"}]}]},
            },
        });
        let config = json!({
            "plain": {}, "list": [{}], "map": {"a": {}, "not": {}}, "pattern": {"sx": {}, "x": {}}, "tuple": [{}, {}, [{}]], "both": {},
            "maybe": {}, "nested": [{}],
        });
        let server = json!({"port": 80});
        assert_eq!(
            complete(schema, config).unwrap(),
            json!({
                "plain": server, "list": [server], "map": {"a": server, "not": {}}, "pattern": {"sx": server, "x": {}},
                "tuple": [{}, server, [server]], "both": {"port": 80, "host": "h"}, "maybe": server, "nested": [server],
            })
        );
    }

    #[test]
    fn a_branch_is_filled_in_where_it_alone_fits() {
        let schema = json!({"properties": {"how": {"oneOf": [
            {"properties": {"by": {"const": "file"}, "mode": {"default": "r"}}, "required": ["by", "mode"]},
            {"properties": {"by": {"const": "url"}, "tries": {"default": 3}}, "required": ["by"]},
        ]}}});
        let how = |how: Value| complete(schema.clone(), json!({"how": how}));
        assert_eq!(how(json!({"by": "file"})).unwrap(), json!({"how": {"by": "file", "mode": "r"}}));
        assert_eq!(how(json!({"by": "url"})).unwrap(), json!({"how": {"by": "url", "tries": 3}}));
        assert!(how(json!({"by": "hand"})).is_err());

        let both = json!({"properties": {"x": {"anyOf": [{"properties": {"a": {"default": 1}}}, {"properties": {"b": {"default": 2}}}]}}});
        assert_eq!(complete(both, json!({"x": {}})).unwrap(), json!({"x": {}}), "either may be meant");
    }

    #[test]
    fn what_is_only_held_against_a_value_is_not_filled_in() {
        let part = json!({"properties": {"a": {"default": 1}}});
        for keyword in ["not", "if", "then", "else", "unevaluatedProperties", "propertyNames", "contains"] {
            let schema = json!({"properties": {"x": {keyword: part, "if": true}}});
            let filled = complete(schema, json!({"x": {}})).unwrap_or(json!({"x": {}}));
            assert_eq!(filled, json!({"x": {}}), "{keyword}");
        }
        let schema = json!({"dependentSchemas": {"x": {"properties": {"a": {"default": 1}}}}});
        assert_eq!(complete(schema, json!({"x": 1})).unwrap(), json!({"x": 1}));
    }

    #[test]
    fn a_number_arrives_as_the_integer_that_it_is() {
        let schema = json!({"properties": {
            "count": {"type": "integer", "minimum": 1},
            "maybe": {"type": ["integer", "null"]},
            "any": {"type": ["integer", "number"]},
            "number": {"type": "number"},
            "list": {"items": {"anyOf": [{"type": "integer"}, {"type": "string"}]}},
        }});
        let completed = complete(
            schema.clone(),
            json!({"count": 3.0, "maybe": -0.0, "any": 2.0, "number": 2.0, "list": [1.0, "a", -7.0]}),
        )
        .unwrap();
        assert_eq!(
            completed.to_string(),
            r#"{"count":3,"maybe":0,"any":2.0,"number":2.0,"list":[1,"a",-7]}"#
        );
        assert_eq!(
            complete(schema.clone(), json!({"count": 3.5})).unwrap_err(),
            ["/count: 3.5 is not of type \"integer\""]
        );
        let limits =
            json!({"list": [9007199254740992.0, -9223372036854775808.0, 18446744073709549568.0, 1e300]});
        assert_eq!(
            complete(schema, limits).unwrap().to_string(),
            r#"{"list":[9007199254740992,-9223372036854775808,18446744073709549568,1e+300]}"#
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
    fn a_key_that_is_not_known_is_named_with_those_that_are() {
        let says = |schema: Value, config: Value| complete(schema, config).unwrap_err().join("|");
        let strict = |properties: Value| json!({"type": "object", "properties": properties, "additionalProperties": false});
        let known = strict(json!({"port": {}, "tls": strict(json!({"verify": {}}))}));
        assert_eq!(says(known.clone(), json!({"prot": 1})), "there is no key `prot`; there is `port`, `tls`");
        assert_eq!(
            says(known, json!({"tls": {"a": 1, "b": 2}})),
            "/tls: there are no keys `a`, `b`; there is `verify`"
        );
        assert_eq!(says(strict(json!({})), json!({"a/b": 1})), "there is no key `a/b`");
        assert_eq!(
            says(json!({"properties": {"old": false, "new": {}}}), json!({"old": 1})),
            "there is no key `old`"
        );
        let behind = json!({"properties": {"tls": {"$ref": "#/$defs/T"}}, "$defs": {"T": strict(json!({"verify": {}}))}});
        assert!(says(behind, json!({"tls": {"a": 1}})).starts_with("/tls: there is no key `a`"));
    }

    #[test]
    fn violations_are_not_more_and_not_longer_than_people_read() {
        let schema = json!({"additionalProperties": {"type": "integer"}, "required": ["n".repeat(256)]});
        let config: Map<String, Value> = (0..1_000)
            .map(|number| (format!("{number}{}", "k".repeat(5_000)), json!("v".repeat(5_000))))
            .collect();
        let violations = complete(schema, config.into()).unwrap_err();
        assert_eq!(violations.len(), MAX_VIOLATIONS);
        assert!(violations.iter().all(|violation| violation.len() <= MAX_VIOLATION_BYTES));

        let schema = json!({"properties": {"a\n- b": {"default": 1, "type": "string"}}, "additionalProperties": false});
        let violations = complete(schema, json!({"c\n- d": 1})).unwrap_err();
        assert!(violations.iter().all(|violation| !violation.contains('\n')), "{violations:?}");

        // Much to check: the first has to do.
        let schema = json!({"properties": {"a": {"items": {"allOf": vec![json!({"type": "integer"}); 10]}}}});
        let violations = complete(schema, json!({"a": vec!["x"; 10_000]})).unwrap_err();
        assert_eq!(violations, ["/a/0: \"x\" is not of type \"integer\""]);
    }

    #[test]
    fn a_schema_that_fills_in_itself_ends() {
        let too_much = ["its schema makes checking it too much work"];
        let a = json!({"properties": {"x": {"$ref": "#/$defs/a", "default": {}}}});
        assert_eq!(
            complete(json!({"$ref": "#/$defs/a", "$defs": {"a": a}}), json!({})).unwrap_err(),
            too_much
        );
        assert_eq!(complete(json!({"$ref": "#"}), json!({})).unwrap_err(), too_much);
        assert_eq!(
            complete(
                json!({"properties": {"x": {"$ref": "#/$defs/b"}}, "$defs": {"b": {"$ref": "#/$defs/b"}}}),
                json!({})
            )
            .unwrap(),
            json!({}),
            "it is not used"
        );
    }

    #[test]
    fn defaults_are_counted_in_numbers_and_bytes() {
        let more = ["its schema fills in more than 10000 defaults, or more than 262144 bytes of them"];
        let large = json!({"default": "A".repeat(100_000)});
        let schema = json!({"properties": {"a": large, "b": {"$ref": "#/$defs/x"}}, "$defs": {"x": large}});
        assert!(complete(schema, json!({})).is_ok());
        let names = ["a", "b", "c"].map(|name| (name.to_owned(), json!({"$ref": "#/$defs/x"})));
        let schema = json!({"properties": Map::from_iter(names), "$defs": {"x": large}});
        assert_eq!(complete(schema, json!({})).unwrap_err(), more);

        let schema = json!({"properties": {"l": {"items": {"properties": {"d": {"default": 1}}}}}});
        let list = |number: usize| json!({"l": vec![json!({}); number]});
        assert!(complete(schema.clone(), list(MAX_DEFAULTS)).is_ok());
        assert_eq!(complete(schema, list(MAX_DEFAULTS + 1)).unwrap_err(), more);
    }

    #[test]
    fn branches_in_branches_take_no_longer_than_they_may() {
        // Each level doubles what is tried, by a few definitions.
        let branch = |next: usize, name: &str| json!({"properties": {"x": {"$ref": format!("#/$defs/{next}")}, name: {"default": 1}}});
        let definitions = (0..30).map(|number| {
            (number.to_string(), json!({"anyOf": [branch(number + 1, "y"), branch(number + 1, "z")]}))
        });
        let mut definitions: Map<String, Value> = definitions.collect();
        definitions.insert("30".to_owned(), json!({}));
        let schema = json!({"$ref": "#/$defs/0", "$defs": definitions});
        let config = |depth: usize| (0..depth).fold(json!({}), |inner, _| json!({"x": inner}));
        assert!(complete(schema.clone(), config(3)).is_ok());
        assert_eq!(complete(schema, config(30)).unwrap_err(), ["its schema makes checking it too much work"]);
    }
}
