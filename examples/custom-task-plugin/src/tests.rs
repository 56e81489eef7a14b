//! What the host calls, called in tests.

use plugin_sdk::serde_json::{self, Value, json};

use crate::*;

fn run(task: &str, config: Value) -> Value {
    serde_json::from_str(&execute_task(task, &config.to_string())).unwrap()
}

fn error(task: &str, config: Value) -> String {
    let result = run(task, config);
    assert_eq!(result["status"], "error", "{result}");
    result["message"].as_str().unwrap().to_owned()
}

// The guide's two tests, as they stand there.

#[test]
fn test_task_definitions() {
    let definitions: Vec<Value> = serde_json::from_str(&get_task_definitions()).unwrap();
    assert!(!definitions.is_empty());
    assert_eq!(definitions[0]["name"], "my_custom_task");
}

#[test]
fn test_task_execution() {
    let config = r#"{"message": "test"}"#;
    let result: Value = serde_json::from_str(&execute_task("my_custom_task", config)).unwrap();
    assert_eq!(result["status"], "success");
}

#[test]
fn the_guides_task_returns_what_the_guide_says() {
    assert_eq!(
        execute_task("my_custom_task", r#"{"message": "test"}"#),
        r#"{"status":"success","message":"Task executed with: test"}"#
    );
    assert_eq!(execute_task("other", "{}"), r#"{"status":"error","message":"Unknown task: other"}"#);
}

#[test]
fn the_guides_task_is_announced_as_the_guide_says() {
    let definitions: Vec<Value> = serde_json::from_str(&get_task_definitions()).unwrap();
    let definition = &definitions[0];
    assert_eq!(definition["type"], "apply");
    assert_eq!(definition["config_schema"]["type"], "object");
    assert_eq!(definition["config_schema"]["properties"]["message"]["type"], "string");
    assert_eq!(definition["config_schema"]["required"], json!(["message"]));
}

#[test]
fn a_missing_message_is_an_error() {
    assert_eq!(
        execute_task("my_custom_task", "{}"),
        r#"{"status":"error","message":"its configuration does not fit: missing field `message`"}"#
    );
}

#[test]
fn every_task_has_a_description_and_a_schema() {
    let definitions: Vec<Value> = serde_json::from_str(&get_task_definitions()).unwrap();
    let names: Vec<_> = definitions.iter().map(|task| task["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["my_custom_task", "echo", "assert", "plan_changes"]);
    for task in &definitions {
        assert!(!task["description"].as_str().unwrap().is_empty());
        assert_eq!(task["config_schema"]["type"], "object");
    }
}

#[test]
fn echo_gives_back_what_it_got() {
    assert_eq!(
        run("echo", json!({"message": "hi", "data": {"list": [1, "two", null]}})),
        json!({"status": "success", "message": "hi", "data": {"list": [1, "two", null]}})
    );
    assert_eq!(run("echo", json!({"message": "hi"})), json!({"status": "success", "message": "hi"}));
}

#[test]
fn echo_refuses_a_key_that_it_does_not_know() {
    assert_eq!(
        error("echo", json!({"message": "hi", "dta": 1})),
        "its configuration does not fit: unknown field `dta`, expected `message` or `data`"
    );
}

#[test]
fn assert_accepts_what_holds() {
    let that = json!([true, "true", "True", {"name": "a name", "check": " true\n"}]);
    assert_eq!(
        run("assert", json!({"that": that})),
        json!({"status": "success", "message": "all conditions hold", "checked": 4})
    );
}

#[test]
fn assert_lists_what_does_not_hold() {
    let that = json!([true, false, {"name": "enough memory", "check": "False"}, "", {"name": "named", "check": "yes"}]);
    let result = run("assert", json!({"that": that}));
    assert_eq!(
        result["message"],
        "conditions that do not hold (4 of 5): condition 2, enough memory, condition 4 (it is \"\"), named (it is \"yes\")"
    );
    assert_eq!(result["status"], "error");
    assert_eq!(result["failed"], json!(["condition 2", "enough memory", "condition 4", "named"]));
    assert_eq!(result["checked"], 5);
}

#[test]
fn assert_refuses_what_is_no_condition() {
    for condition in [json!(1), json!({"check": true}), json!({"name": "a", "check": true, "chek": true})] {
        let message = error("assert", json!({"that": [condition]}));
        assert!(message.contains("did not match any variant"), "{message}");
    }
}

#[test]
fn assert_puts_the_message_in_front() {
    assert_eq!(
        error("assert", json!({"that": [false], "message": "not ready"})),
        "not ready: conditions that do not hold (1 of 1): condition 1"
    );
}

#[test]
fn assert_wants_a_condition() {
    assert_eq!(error("assert", json!({"that": []})), "there is no condition to check");
}

#[test]
fn plan_changes_tells_apart_added_changed_and_removed() {
    let result = run(
        "plan_changes",
        json!({
            "desired": {"port": 8080, "host": "a", "tls": true},
            "actual": {"port": 80, "host": "a", "debug": false},
        }),
    );
    assert_eq!(
        result,
        json!({
            "status": "success",
            "message": "1 to add, 1 to change, 1 to remove",
            "has_changes": true,
            "added": {"tls": true},
            "changed": {"port": {"from": 80, "to": 8080}},
            "removed": {"debug": false},
            "unchanged": 1,
        })
    );
}

#[test]
fn plan_changes_of_equal_maps_is_empty() {
    let map = json!({"a": 1, "b": {"c": [1, 2]}});
    let result = run("plan_changes", json!({"desired": map, "actual": map}));
    assert_eq!(result["has_changes"], false);
    assert_eq!(result["message"], "nothing to change");
    assert_eq!(result["unchanged"], 2);
}

#[test]
fn plan_changes_goes_into_maps_only_where_asked() {
    let desired = json!({"limits": {"nofile": 1024, "a/b": 1}, "name": "x"});
    let actual = json!({"limits": {"nofile": 256, "core": 0}, "name": "x"});
    let shallow = run("plan_changes", json!({"desired": desired, "actual": actual}));
    assert_eq!(shallow["changed"]["limits"]["to"]["nofile"], 1024);

    let deep = run("plan_changes", json!({"desired": desired, "actual": actual, "deep": true}));
    assert_eq!(deep["changed"], json!({"/limits/nofile": {"from": 256, "to": 1024}}));
    assert_eq!(deep["added"], json!({"/limits/a~1b": 1}));
    assert_eq!(deep["removed"], json!({"/limits/core": 0}));
    assert_eq!(deep["unchanged"], 1);
}

#[test]
fn plan_changes_ignores_what_it_is_told_to() {
    let config = json!({
        "desired": {"a": 1, "b": {"x": 1}},
        "actual": {"a": 2, "b": {"x": 2, "y": 0}, "c": 3},
        "deep": true,
        "ignore": ["/a", "/b/x", "/b/y", "/c"],
    });
    assert_eq!(run("plan_changes", config)["has_changes"], false);
}

#[test]
fn plan_changes_wants_two_maps() {
    let message = error("plan_changes", json!({"desired": {}, "actual": "{}"}));
    assert!(message.contains("expected a map"), "{message}");
}

#[test]
fn the_manifest_names_the_plugin() {
    let manifest: Value = serde_json::from_str(&get_plugin_metadata()).unwrap();
    assert_eq!(manifest["name"], "custom-task-plugin");
    assert_eq!(manifest["components"].as_array().unwrap().len(), 4);
    assert_eq!(manifest["permissions"], json!([]));
}
