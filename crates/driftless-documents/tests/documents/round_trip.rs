//! What is written is read back the same.

use driftless_documents::{Format, parse_setting, read, to_yaml};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Number, Value, json};

/// Texts that a scalar without quotes could be taken for something else, and whatever else there is.
fn text() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "",
        " ",
        "~",
        "null",
        "no",
        "y",
        "on",
        "true",
        "True",
        "0644",
        "0o644",
        "0x1F",
        "1_000",
        "1e3",
        "1.0",
        ".5",
        ".inf",
        ".nan",
        "12:30",
        "2026-11-21",
        "-",
        "- a",
        "a: b",
        "a:",
        ": a",
        "# a",
        "a # b",
        "&a",
        "*a",
        "!a",
        "!!str a",
        "%a",
        "@a",
        "`a`",
        "{a",
        "[a",
        "}",
        "]",
        ",",
        "?",
        "? a",
        "|",
        ">",
        "'",
        "\"",
        "\\",
        "<<",
        "---",
        "...",
        "--- a",
        "a\n",
        "\na",
        "a\n\n",
        " a\nb",
        "a\n b\n",
        "a\n---\nb",
        "\t",
        "\ta",
        "a\r\nb",
        "\r",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\u{0}",
        "\u{7f}",
        "\u{1f600}",
        "{{ a }}",
        "{% if a %}",
        "=",
        "12345678901234567890123",
    ]);
    prop_oneof![
        known.prop_map(str::to_owned),
        "[ -~]{0,12}",
        "[ \\n\\t:#\\-'\"a]{0,10}",
        any::<String>(),
        "[a-z ]{90,200}",
    ]
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        any::<f64>().prop_filter_map("finite", Number::from_f64),
        (-1000..1000_i32).prop_filter_map("finite", |whole| Number::from_f64(whole.into())),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number().prop_map(Value::Number),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        let key = text().prop_filter("reserved", |key| !key.starts_with("$serde_json"));
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::Array),
            vec((key, inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn yaml_is_read_back_the_same(value in value()) {
        let yaml = to_yaml(&value);
        let again: Value = read(Format::Yaml, &yaml).map_err(|error| TestCaseError::fail(format!("{error}: {yaml}")))?;
        prop_assert_eq!(again, value, "{}", yaml);
    }

    #[test]
    fn json_is_read_back_the_same(value in value()) {
        let again: Value = read(Format::Json, &value.to_string()).unwrap();
        prop_assert_eq!(again, value);
    }

    /// JSON is YAML, as far as its characters are those of YAML.
    #[test]
    fn json_is_the_same_in_yaml(value in value()) {
        let is_of_yaml = |character: char| !character.is_control() && !matches!(character, '\u{feff}' | '\u{fffe}' | '\u{ffff}');
        let json = value.to_string();
        prop_assume!(json.chars().all(is_of_yaml));
        let again: Value = read(Format::Yaml, &json).map_err(|error| TestCaseError::fail(format!("{error}: {json}")))?;
        prop_assert_eq!(again, value);
    }
}

/// Text that is made of what the formats are made of.
fn written() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "b: ",
        "- ",
        "\n",
        "\n  ",
        "\n    ",
        "{",
        "}",
        "[",
        "]",
        ", ",
        ": ",
        "? ",
        "\"",
        "'",
        "\\",
        "#",
        " # c",
        "|\n",
        ">-\n",
        "&x ",
        "*x",
        "!!str ",
        "!v ",
        "---\n",
        "...\n",
        "%YAML 1.2\n",
        "<<: ",
        "{{",
        "}}",
        "0",
        "1e3",
        "-",
        "0x",
        "true",
        "~",
        "= ",
        "[[a]]\n",
        ".",
        "\u{feff}",
        "\u{85}",
        "ü",
        "\t",
        "\r\n",
        "\0",
    ]);
    prop_oneof![vec(piece, 0..24).prop_map(|pieces| pieces.concat()), any::<String>()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_written_is_read_or_refused_at_a_place(text in written()) {
        for format in [Format::Yaml, Format::Json, Format::Toml] {
            match read::<Value>(format, &text) {
                Ok(value) => {
                    let yaml = to_yaml(&value);
                    let again: Value = read(Format::Yaml, &yaml).map_err(|error| TestCaseError::fail(format!("{error}: {yaml}")))?;
                    prop_assert_eq!(again, value, "{}", yaml);
                }
                Err(error) => {
                    prop_assert!(!error.to_string().is_empty());
                    prop_assert!(error.place().is_none_or(|place| place.start <= text.len() && place.start <= place.end));
                    prop_assert_eq!(error.place().is_some(), error.line_and_column(&text).is_some());
                }
            }
            let _ = parse_setting(&text);
        }
    }
}

#[test]
fn a_float_stays_one_and_an_integer_too() {
    assert_eq!(to_yaml(&json!({"a": 1.0, "b": 1, "c": u64::MAX})), "a: 1.0\nb: 1\nc: 18446744073709551615\n");
}
