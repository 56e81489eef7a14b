//! Admission changes nothing of what a schema means, and what is filled in is what the schema says.

use driftless_schema::ConfigSchema;
use driftless_schema::limits::{MAX_VIOLATION_BYTES, MAX_VIOLATIONS};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Small values, of which schemas and configurations are made: the two have to meet.
fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..4).prop_map(Value::from),
        prop::sample::select(vec![-1.0, 0.5, 2.0, 3.0, 1e300]).prop_map(Value::from),
        prop::sample::select(vec!["", "a", "b", "ab", "ü", "1"]).prop_map(Value::from),
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c", "ab", "x~y/z"]).prop_map(str::to_owned)
}

fn value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name(), inner, 0..4).prop_map(|entries| json!(entries)),
        ]
    })
}

/// A keyword with what it holds; `inner` is a schema.
fn keyword(inner: BoxedStrategy<Value>) -> impl Strategy<Value = (String, Value)> {
    let types = ["null", "boolean", "object", "array", "number", "string", "integer"];
    let one_of = |keywords: &'static [&'static str]| prop::sample::select(keywords);
    let named = |(keyword, held): (&str, Value)| (keyword.to_owned(), held);
    let list = prop::collection::vec(inner.clone(), 1..4).prop_map(Value::from);
    let by_name = prop::collection::btree_map(name(), inner.clone(), 0..4).prop_map(|parts| json!(parts));
    let pattern = prop::sample::select(vec!["^a", "b$", "[0-9]", "."]).prop_map(str::to_owned);
    let by_pattern =
        prop::collection::btree_map(pattern.clone(), inner.clone(), 0..3).prop_map(|parts| json!(parts));
    let names = prop::collection::btree_set(name(), 0..3).prop_map(|names| json!(names)).boxed();
    prop_oneof![
        3 => (Just("type"), prop::sample::select(types.to_vec()).prop_map(Value::from)).prop_map(named),
        1 => (Just("type"), prop::sample::subsequence(types.to_vec(), 1..4).prop_map(|types| json!(types))).prop_map(named),
        3 => (Just("default"), value()).prop_map(named),
        1 => (Just("const"), value()).prop_map(named),
        1 => (Just("enum"), prop::collection::vec(value(), 0..3).prop_map(Value::from)).prop_map(named),
        2 => (one_of(&["allOf", "anyOf", "oneOf", "prefixItems"]), list).prop_map(named),
        2 => (
            one_of(&["not", "if", "then", "else", "items", "contains", "additionalProperties", "propertyNames",
                "unevaluatedProperties", "unevaluatedItems"]),
            inner,
        ).prop_map(named),
        4 => (one_of(&["properties", "properties", "dependentSchemas"]), by_name).prop_map(named),
        1 => (Just("patternProperties"), by_pattern).prop_map(named),
        1 => (Just("pattern"), pattern.prop_map(Value::from)).prop_map(named),
        2 => (Just("required"), names.clone()).prop_map(named),
        1 => (Just("dependentRequired"), prop::collection::btree_map(name(), names, 0..3).prop_map(|all| json!(all))).prop_map(named),
        1 => (
            one_of(&["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains",
                "maxContains"]),
            (0_u64..4).prop_map(Value::from),
        ).prop_map(named),
        1 => (one_of(&["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]), (-2_i64..3).prop_map(Value::from)).prop_map(named),
        1 => (Just("multipleOf"), (1_u64..3).prop_map(Value::from)).prop_map(named),
        1 => (Just("uniqueItems"), any::<bool>().prop_map(Value::from)).prop_map(named),
        1 => (one_of(&["title", "description", "format", "$comment"]), Just(json!("date"))).prop_map(named),
        1 => (Just("x-own"), value()).prop_map(named),
    ]
}

fn schema() -> impl Strategy<Value = Value> {
    let reference = prop::sample::select(vec!["#", "#/$defs/a", "#/$defs/b", "#/$defs/x~0y~1z"])
        .prop_map(|to| json!({"$ref": to}));
    let leaf = prop_oneof![4 => Just(json!({})), 1 => any::<bool>().prop_map(Value::from), 4 => reference];
    let any = leaf.prop_recursive(4, 40, 4, |inner| {
        prop::collection::vec(keyword(inner.boxed()), 0..4)
            .prop_map(|keywords| Value::Object(keywords.into_iter().collect()))
    });
    let any = any.boxed();
    let object = prop::collection::vec(keyword(any.clone()), 1..5);
    (object, any.clone(), any.clone(), any).prop_map(|(keywords, a, b, c)| {
        let mut schema: Map<String, Value> = keywords.into_iter().collect();
        schema.insert("$defs".to_owned(), json!({"a": a, "b": b, "x~y/z": c}));
        schema.into()
    })
}

/// Whether nothing of a value is another than it was: at most more was added to objects, and numbers are still the same.
fn only_adds(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            before.iter().all(|(key, value)| after.get(key).is_some_and(|after| only_adds(value, after)))
        }
        (Value::Array(before), Value::Array(after)) => {
            before.len() == after.len()
                && before.iter().zip(after).all(|(before, after)| only_adds(before, after))
        }
        (Value::Number(before), Value::Number(after)) => before == after || before.as_f64() == after.as_f64(),
        _ => before == after,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// The library is asked about the schema as it was written, and this crate hands it another one.
    #[test]
    fn what_is_let_through_is_what_the_schema_lets_through(
        schema in schema(),
        config in prop::collection::btree_map(name(), value(), 0..4),
    ) {
        let admitted = ConfigSchema::admit(&schema);
        prop_assert!(admitted.is_ok(), "{:?}", admitted);
        let config: Map<String, Value> = config.into_iter().collect();
        let options = jsonschema::options().with_draft(jsonschema::Draft::Draft202012);
        let validator = options.build(&schema).expect("the schema is one");
        match admitted.unwrap().complete(config.clone()) {
            Ok(completed) => {
                prop_assert!(validator.is_valid(&completed), "{} let through", completed);
                prop_assert!(only_adds(&config.into(), &completed), "it became {}", completed);
            }
            Err(violations) => {
                prop_assert!(!violations.is_empty() && violations.len() <= MAX_VIOLATIONS);
                prop_assert!(violations.iter().all(|violation| violation.len() <= MAX_VIOLATION_BYTES));
                // Without defaults and integers, what is refused is what the library refuses.
                let text = schema.to_string();
                let too_much = violations[0].starts_with("its schema ");
                if !text.contains("default") && !too_much {
                    prop_assert!(!validator.is_valid(&Value::Object(config)), "refused: {:?}", violations);
                }
            }
        }
    }

    /// Whatever stands where a schema should be, it is let in or refused with words.
    #[test]
    fn anything_is_let_in_or_refused(
        keywords in prop::collection::btree_map(
            prop_oneof![prop::sample::select(vec![
                "$ref", "$defs", "type", "properties", "items", "anyOf", "required", "pattern", "minLength", "enum", "default",
                "multipleOf", "uniqueItems", "$schema", "$id", "patternProperties", "dependentRequired", "unevaluatedItems",
            ]).prop_map(str::to_owned), "(?s).{0,4}"],
            value(), 0..4),
        config in prop::collection::btree_map(name(), value(), 0..4),
    ) {
        match ConfigSchema::admit(&json!(keywords)) {
            Ok(schema) => drop(schema.complete(config.into_iter().collect())),
            Err(refused) => prop_assert!(!refused.why.is_empty() && refused.to_string().len() < 1_000),
        }
    }
}
