//! The arguments of template filters and functions.

#[plugin_sdk::plugin]
mod extensions {
    use plugin_sdk::prelude::*;

    #[template_function]
    fn required(first: u32, second: String) -> String {
        format!("{first} {second}")
    }

    #[template_function]
    fn optional(first: Option<u32>, second: Option<String>) -> String {
        format!("{first:?} {second:?}")
    }

    #[template_function]
    fn with_defaults(
        #[default(1)] first: u32,
        #[default("-")] second: String,
        #[default(vec![1, 2])] third: Vec<u32>,
        #[default(Some(7))] fourth: Option<u32>,
    ) -> String {
        format!("{first} {second} {third:?} {fourth:?}")
    }

    #[template_filter]
    fn as_text(value: &str, prefix: &str, #[default("!")] suffix: &str, middle: Option<&str>) -> String {
        format!("{prefix}{value}{}{suffix}", middle.unwrap_or("-"))
    }

    #[template_filter]
    fn nothing_but_the_value(value: Value) -> Value {
        value
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Unit {
        Metre,
        Foot,
    }

    #[template_filter]
    fn length(value: f64, unit: Unit, _precise: Option<bool>, r#as: Option<Value>) -> Result<Value> {
        match unit {
            Unit::Metre => Ok(json!([value, r#as])),
            Unit::Foot => bail!("feet are not supported"),
        }
    }
}

fn call(name: &str, arguments: &str) -> String {
    execute_template_function(name, "{}", arguments)
}

fn apply(name: &str, value: &str, arguments: &str) -> String {
    execute_template_filter(name, "{}", value, arguments)
}

#[test]
fn they_come_by_position_or_by_name() {
    let expected = r#""3 a""#;
    assert_eq!(call("required", r#"[3, "a"]"#), expected);
    assert_eq!(call("required", r#" [ 3 , "a" ] "#), expected);
    assert_eq!(call("required", r#"{"positional": [3], "keyword": {"second": "a"}}"#), expected);
    assert_eq!(call("required", r#"{"keyword": {"second": "a", "first": 3}}"#), expected);
    assert_eq!(call("required", r#"{"positional": [3, "a"]}"#), expected);
}

#[test]
fn an_option_may_be_left_out_or_null() {
    assert_eq!(call("optional", "[]"), r#""None None""#);
    assert_eq!(call("optional", ""), r#""None None""#);
    assert_eq!(call("optional", "{}"), r#""None None""#);
    assert_eq!(call("optional", r#"[null, "a"]"#), r#""None Some(\"a\")""#);
    assert_eq!(call("optional", r#"{"keyword": {"second": "a"}}"#), r#""None Some(\"a\")""#);
}

#[test]
fn a_default_is_for_what_is_left_out() {
    assert_eq!(call("with_defaults", "[]"), r#""1 - [1, 2] Some(7)""#);
    assert_eq!(call("with_defaults", r#"[5, "+"]"#), r#""5 + [1, 2] Some(7)""#);
    assert_eq!(call("with_defaults", r#"{"keyword": {"third": [], "fourth": null}}"#), r#""1 - [] None""#);
    assert_eq!(
        call("with_defaults", "[null]"),
        r#"{"error":"the argument `first` does not fit: invalid type: null, expected u32"}"#
    );
}

#[test]
fn text_can_be_borrowed() {
    assert_eq!(apply("as_text", r#""a\n\"b\"""#, r#"["<"]"#), r#""<a\n\"b\"-!""#);
    assert_eq!(apply("as_text", r#""a""#, r#"["<", ">", "\t"]"#), r#""<a\t>""#);
    assert_eq!(
        apply("as_text", r#""a""#, r#"{"positional": ["<"], "keyword": {"middle": "="}}"#),
        r#""<a=!""#
    );
    assert_eq!(
        apply("as_text", "5", r#"["<"]"#),
        r#"{"error":"the value does not fit: invalid type: integer `5`, expected a string"}"#
    );
}

#[test]
fn a_name_is_the_parameters_without_what_rust_needs() {
    assert_eq!(
        apply("length", "2.5", r#"{"positional": ["metre"], "keyword": {"as": "text", "precise": true}}"#),
        r#"[2.5,"text"]"#
    );
    assert_eq!(apply("length", "2.5", r#"["foot"]"#), r#"{"error":"feet are not supported"}"#);
}

#[test]
fn what_does_not_fit_is_named() {
    let cases = [
        (call("required", "[]"), "the argument `first` is missing"),
        (call("required", "[1]"), "the argument `second` is missing"),
        (
            call("required", r#"["a", "b"]"#),
            r#"the argument `first` does not fit: invalid type: string \"a\", expected u32"#,
        ),
        (call("required", r#"[1, "a", 2, 3]"#), "there are too many arguments; it takes: first, second"),
        (
            call("required", r#"{"positional": [1, "a"], "keyword": {"third": 2}}"#),
            "there is no argument `third`; it takes: first, second",
        ),
        (
            call("required", r#"{"positional": [1], "keyword": {"first": 2, "second": "a"}}"#),
            "the argument `first` is given twice",
        ),
        (apply("nothing_but_the_value", "1", "[1]"), "there are too many arguments; it takes none"),
        (
            apply("length", "1", r#"["mile"]"#),
            "the argument `unit` does not fit: unknown variant `mile`, expected `metre` or `foot`",
        ),
        (
            call("required", "3"),
            "its list of arguments does not fit: invalid type: integer `3`, expected an array or an object",
        ),
    ];
    for (reply, expected) in cases {
        assert_eq!(reply, format!(r#"{{"error":"{expected}"}}"#));
    }
}

#[test]
fn a_value_comes_back_as_it_is() {
    for value in ["null", "true", "-1.5", "18446744073709551615", r#""\u0000é""#, r#"[1,{"b":2,"a":1}]"#] {
        assert_eq!(apply("nothing_but_the_value", value, "[]"), value);
    }
}
