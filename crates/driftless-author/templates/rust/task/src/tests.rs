//! What the host calls is called here as well.

use crate::execute_task;

#[test]
fn somebody_is_greeted() {
    let result = execute_task("greet", r#"{"who": "Ada"}"#);
    assert_eq!(result, r#"{"status":"success","message":"Hello Ada"}"#);
}

#[test]
fn nobody_is_not() {
    let result = execute_task("greet", r#"{"who": ""}"#);
    assert_eq!(result, r#"{"status":"error","message":"there is nobody to greet"}"#);
}
