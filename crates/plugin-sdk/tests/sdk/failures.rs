//! What becomes of errors and panics.

use std::fmt;
use std::panic::catch_unwind;

use plugin_sdk::api::function::Function;
use plugin_sdk::serde_json::{self, Value};

/// An error of the author's own, with a cause.
#[derive(Debug)]
struct Unreachable(std::num::ParseIntError);

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the port cannot be reached")
    }
}

impl std::error::Error for Unreachable {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[plugin_sdk::plugin]
mod failing {
    use std::collections::HashMap;

    use plugin_sdk::prelude::*;

    use super::Unreachable;

    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Port {
        port: String,
    }

    #[task]
    fn with_question_mark(config: Port) -> Result<TaskResult> {
        let port: u16 = config.port.parse()?;
        Ok(TaskResult::success("it is one").with("port", port))
    }

    #[task]
    fn with_a_cause(config: Port) -> Result<()> {
        config.port.parse::<u16>().map_err(Unreachable)?;
        Ok(())
    }

    #[task]
    fn with_context(config: Port) -> Result<()> {
        config
            .port
            .parse::<u16>()
            .map_err(|error| Error::from(error).context(format_args!("port {}", config.port)))?;
        Ok(())
    }

    #[task]
    fn with_text(config: Port) -> Result<String, String> {
        Err(format!("{} is no port", config.port))
    }

    #[task]
    fn with_a_result() -> TaskResult {
        TaskResult::error("not this time").with("code", 7)
    }

    type Outcome = Result<u32, &'static str>;

    #[template_function]
    fn by_another_name(fail: bool) -> Outcome {
        if fail { Err("as you wish") } else { Ok(1) }
    }

    #[template_function]
    fn with_an_error_as_data() -> Value {
        json!({"error": "this is data"})
    }

    #[facts]
    fn no_object() -> Value {
        json!([1])
    }

    #[facts]
    fn keys_that_are_no_text() -> HashMap<(u32, u32), u32> {
        HashMap::from([((1, 2), 3)])
    }

    #[log_filter]
    fn needs_a_status(entry: Status) -> bool {
        entry.status > 0
    }

    #[derive(Deserialize)]
    struct Status {
        status: u16,
    }

    #[task]
    fn panics(config: Port) {
        let _: u16 = config.port.parse().expect("a port is a number");
    }

    /// Whether the reply of a function is marked as a failure. A test sees the text alone.
    pub(super) fn is_marked(function: plugin_sdk::api::function::Function, arguments: &[&str]) -> bool {
        let call = plugin_sdk::__private::call(arguments);
        __DRIFTLESS_PLUGIN.execute(function, &call, &mut Vec::new())
    }
}

fn message(task: &str, config: &str) -> String {
    let result: Value = serde_json::from_str(&execute_task(task, config)).unwrap();
    assert_eq!(result["status"], "error", "{result}");
    result["message"].as_str().unwrap().to_owned()
}

const NO_PORT: &str = r#"{"port": "http"}"#;

#[test]
fn an_error_of_a_task_is_a_task_result() {
    assert_eq!(
        execute_task("with_question_mark", r#"{"port": "80"}"#),
        r#"{"status":"success","message":"it is one","port":80}"#
    );
    assert_eq!(
        execute_task("with_question_mark", NO_PORT),
        r#"{"status":"error","message":"invalid digit found in string"}"#
    );
    assert_eq!(message("with_text", NO_PORT), "http is no port");
    assert_eq!(
        execute_task("with_a_result", "{}"),
        r#"{"status":"error","message":"not this time","code":7}"#
    );
}

#[test]
fn an_error_tells_what_was_being_done_and_why_it_failed() {
    assert_eq!(message("with_a_cause", NO_PORT), "the port cannot be reached: invalid digit found in string");
    assert_eq!(message("with_context", NO_PORT), "port http: invalid digit found in string");
}

#[test]
fn a_configuration_that_a_task_cannot_read_is_a_task_result() {
    assert_eq!(
        execute_task("with_text", "{}"),
        r#"{"status":"error","message":"its configuration does not fit: missing field `port`"}"#
    );
    assert_eq!(
        message("with_text", r#"{"port": 80}"#),
        "its configuration does not fit: invalid type: integer `80`, expected a string"
    );
    assert_eq!(
        message("with_text", r#"{"port": "80", "host": "a"}"#),
        "its configuration does not fit: unknown field `host`, expected `port`"
    );
    assert_eq!(message("with_text", "{"), "its configuration does not fit: EOF while parsing an object");
}

#[test]
fn a_result_is_one_by_any_name() {
    assert_eq!(execute_template_function("by_another_name", "{}", "[false]"), "1");
    assert_eq!(execute_template_function("by_another_name", "{}", "[true]"), r#"{"error":"as you wish"}"#);
}

#[test]
fn a_failure_is_marked_and_data_that_looks_like_one_is_not() {
    let reply = execute_template_function("with_an_error_as_data", "{}", "[]");
    assert_eq!(reply, r#"{"error":"this is data"}"#);
    assert!(!failing::is_marked(Function::ExecuteTemplateFunction, &["with_an_error_as_data", "{}", "[]"]));
    assert!(failing::is_marked(Function::ExecuteTemplateFunction, &["by_another_name", "{}", "[true]"]));
    assert!(!failing::is_marked(Function::ExecuteTemplateFunction, &["by_another_name", "{}", "[false]"]));
}

#[test]
fn a_task_result_is_never_marked() {
    for arguments in [["with_text", NO_PORT], ["with_text", "{}"], ["with_a_result", "{}"], ["unknown", "{}"]]
    {
        assert!(!failing::is_marked(Function::ExecuteTask, &arguments), "{arguments:?}");
    }
}

#[test]
fn an_unknown_component_is_named() {
    assert_eq!(message("dance", "{}"), "Unknown task: dance");
    let failures = [
        (execute_facts_collector("a", "{}"), "facts collector"),
        (execute_log_source("a", "{}"), "log source"),
        (execute_log_parser("a", "{}", ""), "log parser"),
        (execute_log_filter("a", "{}", "{}"), "log filter"),
        (execute_log_output("a", "{}", "{}"), "log output"),
        (execute_template_filter("a", "{}", "1", "[]"), "template filter"),
        (execute_template_function("a", "{}", "[]"), "template function"),
    ];
    for (reply, noun) in failures {
        assert_eq!(reply, format!(r#"{{"error":"Unknown {noun}: a"}}"#));
    }
    // A component of another kind is unknown as well.
    assert_eq!(
        execute_facts_collector("with_text", "{}"),
        r#"{"error":"Unknown facts collector: with_text"}"#
    );
}

#[test]
fn what_cannot_be_handed_over_is_a_failure_without_half_of_it() {
    assert_eq!(
        execute_facts_collector("no_object", "{}"),
        r#"{"error":"what it returned is not a JSON object"}"#
    );
    assert_eq!(
        execute_facts_collector("keys_that_are_no_text", "{}"),
        r#"{"error":"what it returned cannot be written as JSON: key must be a string"}"#
    );
}

#[test]
fn an_entry_that_does_not_fit_is_a_failure() {
    assert_eq!(
        execute_log_filter("needs_a_status", "{}", r#"{"status": "404"}"#),
        r#"{"error":"the entry does not fit: invalid type: string \"404\", expected u16"}"#
    );
}

#[test]
fn a_panic_is_not_swallowed() {
    let panic = catch_unwind(|| execute_task("panics", NO_PORT)).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(message.starts_with("a port is a number: "), "{message}");
    // And the plugin can be called on, as in a fresh instance.
    assert_eq!(message_of_success(&execute_task("panics", r#"{"port": "80"}"#)), Value::Null);
}

fn message_of_success(reply: &str) -> Value {
    let result: Value = serde_json::from_str(reply).unwrap();
    assert_eq!(result["status"], "success");
    result["message"].clone()
}
