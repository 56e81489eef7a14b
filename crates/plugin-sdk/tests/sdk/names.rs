//! Names that an author may choose, beside those that generated code uses.

use plugin_sdk::serde_json::{self, Value};

/// A trait that gives every type a method of a name that generated code could use.
trait Kind {
    fn kind(&self) -> &'static str {
        "any"
    }
}

impl<T> Kind for T {}

#[plugin_sdk::plugin(name = "names")]
mod plugin {
    use plugin_sdk::Result as SdkResult;
    use plugin_sdk::prelude::*;

    use super::Kind;

    // Types and macros of generated code's names.
    struct Option;
    struct Vec;
    #[derive(Deserialize, JsonSchema)]
    struct Component {
        sdk: u32,
    }

    #[task]
    fn call(config: Component) -> String {
        let (_, _) = (Option, Vec);
        format!("call {}", config.sdk)
    }

    #[task]
    fn reply() -> &'static str {
        "reply"
    }

    #[task]
    fn config(config: &Component) -> SdkResult<String> {
        Ok(format!("config {}", config.sdk))
    }

    #[task]
    fn run() -> &'static str {
        "run"
    }

    #[task]
    fn value() -> &'static str {
        "value"
    }

    #[task]
    fn r#type() -> &'static str {
        "type"
    }

    #[task(name = "with-a-dash_2")]
    fn dashed() -> &'static str {
        "dashed"
    }

    #[template_function]
    fn arguments(call: u32, reply: u32, arguments: u32) -> u32 {
        call + reply * 10 + arguments * 100
    }

    #[cfg(any())]
    #[task]
    fn left_out(config: DoesNotExist) -> String {
        config.name
    }

    /// Not a component: it has no attribute.
    fn helper() -> u32 {
        1
    }

    #[facts(name = "call")]
    pub(crate) fn call_facts() -> Value {
        json!({"helper": helper(), "kind": 1.kind()})
    }
}

#[test]
fn every_name_works() {
    for (name, config, message) in [
        ("call", r#"{"sdk": 1}"#, "call 1"),
        ("reply", "{}", "reply"),
        ("config", r#"{"sdk": 2}"#, "config 2"),
        ("run", "{}", "run"),
        ("value", "{}", "value"),
        ("type", "{}", "type"),
        ("with-a-dash_2", "{}", "dashed"),
    ] {
        let result: Value = serde_json::from_str(&execute_task(name, config)).unwrap();
        assert_eq!(result["message"], message, "{name}");
    }
    assert_eq!(execute_template_function("arguments", "{}", "[1, 2, 3]"), "321");
    assert_eq!(execute_facts_collector("call", "{}"), r#"{"helper":1,"kind":"any"}"#);
}

#[test]
fn the_authors_functions_can_be_called_directly() {
    assert_eq!(plugin::call_facts()["helper"], 1);
}

#[test]
fn what_is_compiled_out_is_not_announced() {
    let tasks: Vec<Value> = serde_json::from_str(&get_task_definitions()).unwrap();
    assert!(tasks.iter().all(|task| task["name"] != "left_out"));
}
