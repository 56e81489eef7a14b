//! What the host calls is called here as well.

use crate::{execute_log_filter, execute_log_parser};

#[test]
fn a_line_becomes_an_entry() {
    assert_eq!(execute_log_parser("key_value", "{}", "level=info"), r#"{"level":"info"}"#);
    assert_eq!(execute_log_parser("key_value", "{}", "hello"), r#"{"error":"`hello` is no key=value"}"#);
}

#[test]
fn an_entry_is_kept_or_dropped() {
    assert_eq!(execute_log_filter("has", r#"{"key": "error"}"#, r#"{"error": "timeout"}"#), "true");
    assert_eq!(execute_log_filter("has", r#"{"key": "error"}"#, r#"{"level": "info"}"#), "false");
}
