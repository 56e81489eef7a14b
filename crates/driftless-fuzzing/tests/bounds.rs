//! Whatever JSON a plugin returns as definitions, the host's memory and time stay within bounds.
//!
//! It is a program of its own: the memory that is measured is that of the process.
#![cfg(unix)]

use std::time::{Duration, Instant};

use driftless_fuzzing::{Coverage, definitions};
use driftless_plugin_api::component::ComponentKind;
use nix::sys::resource::{UsageWho, getrusage};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

/// The most memory that the process may have had at the end of all cases.
const MAX_PEAK_BYTES: i64 = 250 << 20;

/// How long one case may take. Two seconds are what it should; a test does not measure on a machine that does something else as well.
const PATIENCE: Duration = Duration::from_secs(20);

/// A key that serde_json keeps for itself.
const MARK: &str = "$serde_json::private::RawValue";

const KEYWORDS: &[&str] = &[
    "$ref",
    "$defs",
    "$id",
    MARK,
    "type",
    "default",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "properties",
    "patternProperties",
    "additionalProperties",
    "unevaluatedProperties",
    "unevaluatedItems",
    "propertyNames",
    "dependentSchemas",
    "dependentRequired",
    "required",
    "prefixItems",
    "items",
    "contains",
    "uniqueItems",
    "minItems",
    "enum",
    "const",
    "pattern",
    "maxLength",
    "multipleOf",
    "description",
    "x-own",
    "other",
];

/// Any JSON that looks like a schema, well-formed or not.
fn hostile() -> impl Strategy<Value = Value> {
    let words = prop::sample::select(vec![
        "#",
        "#/$defs/a",
        "#/$defs/b",
        "#/%24defs/a",
        "object",
        "integer",
        "[ab]*a[ab]{30}c",
        "\\p{L}{9}",
        "(a{9}){9}",
        "a",
    ]);
    let leaf = prop_oneof![
        words.prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        (0_u32..9).prop_map(Value::from),
        (0_usize..3_000).prop_map(|length| "x".repeat(length).into()),
    ];
    let key = || prop_oneof![prop::sample::select(KEYWORDS).prop_map(str::to_owned), "[abc]", "(?s).{0,3}"];
    leaf.prop_recursive(8, 200, 6, move |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            3 => prop::collection::btree_map(key(), inner, 0..6).prop_map(|entries| json!(entries)),
        ]
    })
}

/// Ways to make much of it.
#[derive(Clone, Copy, Debug)]
enum Growth {
    None,
    /// In each other, under a keyword.
    Nested(&'static str, usize),
    /// Beside each other, under a keyword and in an object.
    Many(&'static str, usize),
    /// Definitions that each refer to the next one twice.
    Doubling(&'static str, usize),
}

fn growth() -> impl Strategy<Value = Growth> {
    let count = prop_oneof![1_usize..20, 20_usize..2_000];
    let one = prop::sample::select(vec![
        "not",
        "items",
        "additionalProperties",
        "unevaluatedProperties",
        "if",
        "contains",
    ]);
    let several = prop::sample::select(vec!["allOf", "anyOf", "oneOf", "prefixItems", "enum", "default"]);
    prop_oneof![
        Just(Growth::None),
        (one, count.clone()).prop_map(|(keyword, count)| Growth::Nested(keyword, count)),
        (several.clone(), count).prop_map(|(keyword, count)| Growth::Many(keyword, count)),
        (several, 1_usize..60).prop_map(|(keyword, count)| Growth::Doubling(keyword, count)),
    ]
}

/// The text of a schema. It is put together as text, since what is nested a thousand times has no other form that ends.
fn grown(growth: Growth, schema: &Value) -> String {
    match growth {
        Growth::None => schema.to_string(),
        Growth::Nested(keyword, count) => {
            let open = format!("{{\"{keyword}\":");
            open.repeat(count) + &schema.to_string() + &"}".repeat(count)
        }
        Growth::Many(keyword, count) => {
            // Beyond what a reply may have, nothing new comes of it.
            let count = count.min(definitions_bytes() / schema.to_string().len());
            let more = format!("{schema},").repeat(count);
            format!(
                "{{\"properties\":{{\"a\":{{\"{keyword}\":[{more}{schema}]}}}},\"{keyword}\":[{more}{schema}]}}"
            )
        }
        Growth::Doubling(keyword, count) => {
            let definitions: String = (0..count)
                .map(|number| {
                    let next = format!("{{\"$ref\":\"#/$defs/{}\"}}", number + 1);
                    format!("\"{number}\":{{\"{keyword}\":[{next},{next}],\"properties\":{{\"a\":{next}}}}},")
                })
                .collect();
            format!("{{\"$ref\":\"#/$defs/0\",\"$defs\":{{{definitions}\"{count}\":{schema}}}}}")
        }
    }
}

/// The most memory that the process has had.
fn peak_bytes() -> i64 {
    // Linux counts in kibibytes, Apple in bytes.
    let unit = if cfg!(target_vendor = "apple") { 1 } else { 1024 };
    getrusage(UsageWho::RUSAGE_SELF).expect("a process may ask about itself").max_rss() * unit
}

/// Somewhat more than definitions may have.
fn definitions_bytes() -> usize {
    driftless_host::definitions::MAX_REPLY_BYTES * 2 / 3
}

#[test]
fn whatever_a_plugin_announces_the_host_keeps_to_its_bounds() {
    let config = Config { cases: 400, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config);
    let case = (growth(), hostile(), prop::sample::select(&ComponentKind::ALL[..]), hostile(), any::<bool>());
    let ran = runner.run(&case, |(growth, schema, kind, config, in_schema)| {
        let text = grown(growth, &schema);
        let announced = if in_schema {
            format!(r#"[{{"name":"a","config_schema":{text}}},{{"name":"b","type":"function","config_schema":{text}}}]"#)
        } else {
            text
        };
        // What is written here is not what serde_json reads where a key is a mark of its own; a user's document has none.
        let config = match config {
            Value::Object(config) if !json!(config).to_string().contains(MARK) => config,
            _ => Map::new(),
        };
        let begun = Instant::now();
        let before = peak_bytes();
        definitions::announce(kind, &announced, config);
        let took = begun.elapsed();
        if peak_bytes() > before + (8 << 20) {
            eprintln!("{} MiB after {} bytes of {growth:?}", peak_bytes() >> 20, announced.len());
        }
        prop_assert!(took < PATIENCE, "it took {:?}", took);
        Ok(())
    });
    ran.unwrap();
    let peak = peak_bytes();
    assert!(peak < MAX_PEAK_BYTES, "the process had {} MiB", peak >> 20);
}

/// The cases would be of no use if all of them ended at the door.
#[test]
fn the_cases_come_everywhere() {
    let mut runner = TestRunner::deterministic();
    let mut reached = std::collections::BTreeSet::new();
    for _ in 0..2_000 {
        let schema = hostile().new_tree(&mut runner).unwrap().current();
        let announced = json!([{"name": "a", "config_schema": {"properties": {"a": schema}}}]).to_string();
        reached.insert(definitions::announce(ComponentKind::Task, &announced, Map::new()));
    }
    assert!(reached.contains(&Coverage::Refused) && reached.contains(&Coverage::Answered), "{reached:?}");
}
