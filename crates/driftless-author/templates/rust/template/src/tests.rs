//! What the host calls is called here as well.

use crate::{execute_template_filter, execute_template_function};

#[test]
fn a_filter_takes_arguments() {
    assert_eq!(execute_template_filter("shout", "{}", r#""hey""#, "[]"), r#""HEY!""#);
    assert_eq!(execute_template_filter("shout", "{}", r#""hey""#, "[3]"), r#""HEY!!!""#);
}

#[test]
fn a_function_can_fail() {
    assert_eq!(execute_template_function("greeting", "{}", r#"["Ada"]"#), r#""Hello Ada""#);
    assert_eq!(execute_template_function("greeting", "{}", r#"[""]"#), r#"{"error":"the name to greet is empty"}"#);
}
