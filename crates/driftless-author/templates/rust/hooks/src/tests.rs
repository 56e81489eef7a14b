//! What the host calls is called here as well.

use crate::{after_task, before_task, get_hooks};

#[test]
fn a_task_may_run_or_not() {
    assert_eq!(before_task(r#"{"task_name": "build"}"#), r#"{"verdict":"continue"}"#);
    assert!(before_task(r#"{"task_name": "deploy"}"#).starts_with(r#"{"verdict":"abort""#));
    assert!(before_task(r#"{"task_name": "deploy", "env_vars": {"STAGE": "test"}}"#).contains("continue"));
}

#[test]
fn the_others_only_tell() {
    assert_eq!(after_task(r#"{"task_name": "build"}"#, r#"{"status": "success"}"#), "null");
    assert_eq!(get_hooks(), r#"["before_task","after_task","on_task_failure"]"#);
}
