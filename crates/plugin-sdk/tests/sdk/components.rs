//! A plugin with every kind of component, called as the host calls it.

use std::cell::RefCell;

use plugin_sdk::serde_json::{self, Value, json};

thread_local! {
    /// What the outputs were given.
    static WRITTEN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

#[plugin_sdk::plugin]
mod every_kind {
    use plugin_sdk::prelude::*;

    use super::WRITTEN;

    #[derive(Deserialize, JsonSchema)]
    struct Who {
        name: String,
    }

    #[task]
    fn greet(config: Who) -> TaskResult {
        TaskResult::success(format!("Hello {}", config.name)).with("length", config.name.len())
    }

    #[task]
    fn greet_by_reference(config: &Who) -> &'static str {
        if config.name.is_empty() { "Hello" } else { "Hello you" }
    }

    #[task]
    fn say_nothing() {}

    #[derive(Serialize)]
    struct Host {
        name: String,
        cores: u32,
    }

    #[facts]
    fn host(config: Who) -> Host {
        Host { name: config.name, cores: 2 }
    }

    #[facts]
    fn nothing() -> Value {
        json!({})
    }

    #[facts]
    fn of_no_name() -> impl Serialize {
        json!({"a": 1})
    }

    #[facts]
    fn of_no_name_or_none(config: Who) -> Result<impl Serialize, impl std::fmt::Display> {
        if config.name.is_empty() { Err("there is no name") } else { Ok(json!({"name": config.name})) }
    }

    #[template_filter]
    fn shout(value: String) -> String {
        value.to_uppercase()
    }

    #[template_filter]
    fn total(value: Vec<f64>) -> f64 {
        value.iter().sum()
    }

    #[template_function]
    fn answer() -> u32 {
        42
    }

    #[template_function]
    fn nothing_at_all() -> Option<u32> {
        None
    }

    #[log_source]
    fn lines(config: Who) -> Vec<String> {
        vec![format!("{} one", config.name), format!("{} two", config.name)]
    }

    #[log_source]
    fn entries() -> impl Iterator<Item = Value> {
        (1..=2).map(|number| json!({"number": number}))
    }

    #[log_source]
    fn entries_of_no_name() -> impl IntoIterator<Item = impl Serialize, IntoIter: 'static> {
        [json!({"a": 1})]
    }

    #[derive(Deserialize, JsonSchema)]
    struct Separator {
        separator: char,
    }

    #[log_parser]
    fn pair(config: &Separator, line: &str) -> Result<Value> {
        match line.split_once(config.separator) {
            Some((key, value)) => Ok(json!({"key": key, "value": value})),
            None => bail!("there is no {:?}", config.separator),
        }
    }

    #[derive(Serialize)]
    struct Line<'a> {
        line: &'a str,
    }

    #[log_parser]
    fn whole(line: &str) -> Line<'_> {
        Line { line }
    }

    #[derive(Deserialize)]
    struct Status {
        status: u16,
    }

    #[derive(Deserialize, JsonSchema)]
    struct AtLeast {
        status: u16,
    }

    #[log_filter]
    fn at_least(config: &AtLeast, entry: Status) -> bool {
        entry.status >= config.status
    }

    #[log_filter]
    fn is_object(entry: Value) -> Result<bool> {
        Ok(entry.is_object())
    }

    #[log_output]
    fn keep(config: &Who, entry: Value) {
        WRITTEN.with_borrow_mut(|written| written.push(format!("{}: {entry}", config.name)));
    }

    #[log_output]
    fn refuse(_entry: Value) -> Result<()> {
        bail!("the disk is full")
    }
}

#[test]
fn tasks() {
    assert_eq!(
        execute_task("greet", r#"{"name": "Ada"}"#),
        r#"{"status":"success","message":"Hello Ada","length":3}"#
    );
    assert_eq!(
        execute_task("greet_by_reference", r#"{"name": "Ada"}"#),
        r#"{"status":"success","message":"Hello you"}"#
    );
    assert_eq!(execute_task("say_nothing", "{}"), r#"{"status":"success"}"#);
}

#[test]
fn facts_collectors() {
    assert_eq!(execute_facts_collector("host", r#"{"name": "a"}"#), r#"{"name":"a","cores":2}"#);
    assert_eq!(execute_facts_collector("nothing", "{}"), "{}");
    assert_eq!(execute_facts_collector("of_no_name", "{}"), r#"{"a":1}"#);
    assert_eq!(execute_facts_collector("of_no_name_or_none", r#"{"name": "a"}"#), r#"{"name":"a"}"#);
    assert_eq!(
        execute_facts_collector("of_no_name_or_none", r#"{"name": ""}"#),
        r#"{"error":"there is no name"}"#
    );
}

#[test]
fn template_filters() {
    assert_eq!(execute_template_filter("shout", "{}", r#""hey \"you\"""#, "[]"), r#""HEY \"YOU\"""#);
    assert_eq!(execute_template_filter("total", "{}", "[1, 2.5]", "[]"), "3.5");
}

#[test]
fn template_functions() {
    assert_eq!(execute_template_function("answer", "{}", "[]"), "42");
    assert_eq!(execute_template_function("nothing_at_all", "{}", "[]"), "null");
    // Filters and functions share a list of definitions, and no names.
    assert_eq!(
        execute_template_function("shout", "{}", "[]"),
        r#"{"error":"Unknown template function: shout"}"#
    );
}

#[test]
fn log_sources() {
    assert_eq!(
        execute_log_source("lines", r#"{"name": "a"}"#),
        r#"{"records":["a one","a two"],"more":false}"#
    );
    assert_eq!(
        execute_log_source("entries", "{}"),
        r#"{"records":[{"number":1},{"number":2}],"more":false}"#
    );
    assert_eq!(execute_log_source("entries_of_no_name", "{}"), r#"{"records":[{"a":1}],"more":false}"#);
}

#[test]
fn log_parsers() {
    let config = r#"{"separator": "="}"#;
    assert_eq!(execute_log_parser("pair", config, "a=\"b\""), r#"{"key":"a","value":"\"b\""}"#);
    assert_eq!(execute_log_parser("pair", config, "a b"), r#"{"error":"there is no '='"}"#);
    assert_eq!(execute_log_parser("whole", "{}", "é\t1"), r#"{"line":"é\t1"}"#);
}

#[test]
fn log_filters() {
    let config = r#"{"status": 400}"#;
    assert_eq!(execute_log_filter("at_least", config, r#"{"path": "/", "status": 404}"#), "true");
    assert_eq!(execute_log_filter("at_least", config, r#"{"status": 200}"#), "false");
    assert_eq!(execute_log_filter("is_object", "{}", "{}"), "true");
}

#[test]
fn log_outputs() {
    assert_eq!(execute_log_output("keep", r#"{"name": "a"}"#, r#"{"n": 1}"#), "null");
    assert_eq!(execute_log_output("keep", r#"{"name": "b"}"#, r#"{"n": 2}"#), "null");
    WRITTEN.with_borrow(|written| assert_eq!(*written, [r#"a: {"n":1}"#, r#"b: {"n":2}"#]));
    assert_eq!(execute_log_output("refuse", "{}", "{}"), r#"{"error":"the disk is full"}"#);
}

#[test]
fn what_is_outside_of_the_protocols_lists_is_empty() {
    assert_eq!(get_commands(), "[]");
    assert_eq!(get_hooks(), "[]");
}

#[test]
fn the_manifest_lists_the_components_in_order() {
    let manifest: Value = serde_json::from_str(&get_plugin_metadata()).unwrap();
    assert_eq!(manifest["name"], "plugin-sdk");
    assert_eq!(manifest["protocol"], plugin_sdk::api::PROTOCOL_VERSION);
    let components = manifest["components"].as_array().unwrap();
    assert_eq!(components[0], json!({"kind": "task", "name": "greet"}));
    let names: Vec<_> = components.iter().map(|component| component["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "greet",
            "greet_by_reference",
            "say_nothing",
            "host",
            "nothing",
            "of_no_name",
            "of_no_name_or_none",
            "shout",
            "total",
            "answer",
            "nothing_at_all",
            "lines",
            "entries",
            "entries_of_no_name",
            "pair",
            "whole",
            "at_least",
            "is_object",
            "keep",
            "refuse"
        ]
    );
}
