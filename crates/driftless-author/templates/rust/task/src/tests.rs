//! What the host calls is called here as well.

use crate::execute_task;

#[test]
fn greets_by_name() {
    let result = execute_task("greet", r#"{"who": "Ada"}"#);
    assert_eq!(result, r#"{"status":"success","message":"Hello Ada"}"#);
}

#[test]
fn refuses_an_empty_name() {
    let result = execute_task("greet", r#"{"who": ""}"#);
    assert_eq!(result, r#"{"status":"error","message":"the name to greet is empty"}"#);
}
