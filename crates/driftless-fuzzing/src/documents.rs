//! What users write, in YAML, JSON and TOML and behind `--set`.
//!
//! An input is a text, and is read as each of them: what is read keeps to the bounds, is what another reader reads, and is the same once it was
//! written and read again; a mistake has a place in the text.

use std::collections::BTreeMap;

use driftless_documents::{
    Document, DocumentError, Format, MAX_DEPTH, MAX_VALUES, parse_setting, read, to_yaml,
};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::Coverage;

/// The most bytes of a message, with what says that it was cut.
const MAX_MESSAGE_BYTES: usize = 2_100;

/// Takes `data` for a text.
pub fn run(data: &[u8]) -> Coverage {
    let Ok(text) = std::str::from_utf8(data) else { return Coverage::Refused };
    let yaml = value(Format::Yaml, text);
    documents(text, yaml.as_ref().ok());
    setting(text);
    if let Ok(yaml) = &yaml {
        lines_may_end_in_two_ways(text, yaml);
    }
    let json = value(Format::Json, text);
    match (&json, serde_json::from_str::<Value>(text)) {
        (Ok(json), Ok(expected)) => {
            assert!(is_same(json, &expected), "{json} is {expected} for serde_json");
            json_is_yaml(text, json, &yaml);
        }
        (Ok(json), Err(error)) => panic!("{json} is read, and is no JSON: {error}"),
        (Err(_), _) => {}
    }
    let toml = value(Format::Toml, text);
    match (&toml, text.parse::<toml::Table>()) {
        (Ok(read), Ok(expected)) => assert_eq!(*read, json_of(toml::Value::Table(expected)), "the TOML"),
        // An integer may have one bit more here.
        (Ok(read), Err(error)) => assert!(has_64_bits(read), "{read} is read: {error}"),
        (Err(_), _) => {}
    }
    match [&yaml, &json, &toml].into_iter().flatten().next() {
        None => Coverage::Refused,
        Some(Value::Object(_) | Value::Array(_)) => Coverage::Answered,
        Some(_) => Coverage::Accepted,
    }
}

/// Reads a text as a value, and holds what comes of it against what is promised of any.
fn value(format: Format, text: &str) -> Result<Value, DocumentError> {
    let result = read::<Value>(format, text);
    match &result {
        Ok(value) => {
            let (depth, values) = size(value);
            assert!(depth <= MAX_DEPTH && values <= MAX_VALUES, "{depth} levels, {values} values");
            written_and_read(value);
        }
        Err(error) => mistake(text, error),
    }
    record(format, text, result.as_ref().ok());
    result
}

/// Whether JSON is what serde_json reads, for which `-0` is a float.
fn is_same(read: &Value, expected: &Value) -> bool {
    match (read, expected) {
        (Value::Array(read), Value::Array(expected)) => {
            read.len() == expected.len() && read.iter().zip(expected).all(|(a, b)| is_same(a, b))
        }
        (Value::Object(read), Value::Object(expected)) => {
            let same = |(a, b): ((&String, &Value), (&String, &Value))| a.0 == b.0 && is_same(a.1, b.1);
            read.len() == expected.len() && read.iter().zip(expected).all(same)
        }
        (Value::Number(read), Value::Number(expected)) if expected.is_f64() && read.is_i64() => {
            read.as_i64() == Some(0) && expected.as_f64() == Some(0.0)
        }
        _ => read == expected,
    }
}

/// How deep lists and mappings stand in each other, and how many values there are.
fn size(value: &Value) -> (usize, usize) {
    let add = |(depth, values): (usize, usize), inner: &Value| {
        let (inner_depth, inner_values) = size(inner);
        (depth.max(inner_depth + 1), values + inner_values)
    };
    match value {
        Value::Array(items) => items.iter().fold((1, 1), add),
        Value::Object(entries) => entries.values().fold((1, 1), add),
        _ => (0, 1),
    }
}

/// What is written is read back the same.
fn written_and_read(value: &Value) {
    for (format, text) in [(Format::Yaml, to_yaml(value)), (Format::Json, value.to_string())] {
        match read::<Value>(format, &text) {
            Ok(again) => assert_eq!(again, *value, "it is written as {format:?}: {text}"),
            Err(error) => panic!("{value} is written as {text}, which is refused: {error}"),
        }
    }
}

fn mistake(text: &str, error: &DocumentError) {
    let message = error.to_string();
    assert!(!message.is_empty() && message.len() <= MAX_MESSAGE_BYTES, "it says {} bytes", message.len());
    let place = error.place();
    assert_eq!(place.is_some(), error.line_and_column(text).is_some());
    if let Some(place) = place {
        assert!(place.start <= text.len() && place.start <= place.end, "{place:?}: {message}");
        let (line, column) = error.line_and_column(text).expect("it has a place");
        assert!(line >= 1 && line <= text.matches('\n').count() + 1 && column >= 1, "{line}:{column}");
    }
}

/// One of each type that files of ours have. What is read as this is what the value says that was read from the same text.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Record {
    flag: Option<bool>,
    number: Option<i64>,
    small: Option<u8>,
    float: Option<f64>,
    text: Option<String>,
    kind: Option<Kind>,
    list: Option<Vec<Record>>,
    #[serde(default)]
    map: BTreeMap<String, Record>,
    any: Option<Value>,
    either: Option<Either>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    One,
    Of(u32),
    With { text: String },
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(untagged)]
enum Either {
    Text(String),
    List(Vec<String>),
}

fn record(format: Format, text: &str, value: Option<&Value>) {
    match (read::<Record>(format, text), value) {
        (Ok(record), Some(value)) => {
            let expected = serde_json::from_value(value.clone());
            assert_eq!(record, expected.unwrap_or_else(|error| panic!("{value} is no record: {error}")));
        }
        (Ok(record), None) => panic!("{record:?} is read out of what is no value"),
        (Err(error), _) => mistake(text, &error),
    }
}

/// A text in YAML is one document, or several.
fn documents(text: &str, one: Option<&Value>) {
    match Document::parse_all(text) {
        Ok(documents) => {
            assert!(documents.iter().all(|document| document.start() <= text.len()));
            let number = documents.len();
            for document in documents {
                let value = document.read::<Value>().expect("any document is a value");
                written_and_read(&value);
                assert!(number > 1 || one == Some(&value), "it is one document, and another one");
            }
            assert!(number <= 1 || one.is_none(), "{number} documents are read as one");
        }
        Err(error) => {
            mistake(text, &error);
            assert_eq!(one, None, "what is one document is none of several");
        }
    }
}

/// A file means the same on Windows.
fn lines_may_end_in_two_ways(text: &str, value: &Value) {
    if text.contains('\n') && !text.contains('\r') {
        let again = read::<Value>(Format::Yaml, &text.replace('\n', "\r\n"));
        assert_eq!(again.as_ref(), Ok(value), "it is another document with the line endings of Windows");
    }
}

/// JSON is YAML, as far as its characters are those of YAML.
fn json_is_yaml(text: &str, json: &Value, yaml: &Result<Value, DocumentError>) {
    let is_of_yaml = |character: char| {
        (!character.is_control() || matches!(character, '\n' | '\r'))
            && !matches!(character, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
    };
    if text.chars().all(is_of_yaml) {
        match yaml {
            Ok(yaml) => assert_eq!(yaml, json, "the JSON is something else in YAML"),
            Err(error) => panic!("the JSON is refused as YAML: {error}"),
        }
    }
}

/// A value behind `--set` is JSON, a scalar of YAML, or text as it stands there.
fn setting(text: &str) {
    let value = match parse_setting(text) {
        Ok(value) => value,
        Err(error) => return mistake(text, &error),
    };
    match &value {
        Value::String(read) if read == text => {}
        Value::Array(_) | Value::Object(_) | Value::String(_) => {
            assert_eq!(read::<Value>(Format::Json, text).as_ref(), Ok(&value), "it is another value in JSON");
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            assert_eq!(read::<Value>(Format::Yaml, text).as_ref(), Ok(&value), "it is another value in YAML");
        }
    }
    let is_scalar = !matches!(value, Value::String(_));
    let again = if is_scalar { parse_setting(&value.to_string()) } else { Ok(value.clone()) };
    assert_eq!(again, Ok(value), "it is another value once it is written");
}

/// Whether there is an integer that has no room for a sign.
fn has_64_bits(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_u64() && !number.is_i64(),
        Value::Array(items) => items.iter().any(has_64_bits),
        Value::Object(entries) => entries.values().any(has_64_bits),
        _ => false,
    }
}

/// TOML as it is read here: dates are text.
fn json_of(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(is_true) => is_true.into(),
        toml::Value::Datetime(date) => date.to_string().into(),
        toml::Value::Array(items) => items.into_iter().map(json_of).collect(),
        toml::Value::Table(table) => {
            table.into_iter().map(|(key, value)| (key, json_of(value))).collect::<Map<_, _>>().into()
        }
    }
}
