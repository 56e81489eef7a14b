//! Values as YAML that people read: what is recorded, and both sides of a difference.

use std::fmt::Write;

use serde_json::Value;

/// A flow of scalars up to this width stands on one line.
const WIDTH: usize = 80;

/// The value as lines that begin `indent` spaces from the left, for a place at the beginning of a line.
pub(crate) fn block(value: &Value, indent: usize) -> String {
    let mut text = String::new();
    write_block(&mut text, value, indent);
    text
}

/// `key: value`, with the value on the same line or on lines below.
pub(crate) fn entry(key: &str, value: &Value, indent: usize) -> String {
    let mut text = String::new();
    write_entry(&mut text, key, value, indent);
    text
}

fn write_block(text: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            members.iter().for_each(|(key, value)| write_entry(text, key, value, indent));
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                let _ = write!(text, "{:indent$}- ", "");
                match item {
                    Value::Object(members) if !members.is_empty() => {
                        // The first key stands behind the dash.
                        let lines = block(item, indent + 2);
                        text.push_str(&lines[indent + 2..]);
                    }
                    Value::Array(_) if flow(item).is_none() => {
                        let lines = block(item, indent + 2);
                        text.push_str(&lines[indent + 2..]);
                    }
                    other => write_inline(text, other, indent),
                }
            }
        }
        other => {
            let _ = write!(text, "{:indent$}", "");
            write_inline(text, other, indent);
        }
    }
}

fn write_entry(text: &mut String, key: &str, value: &Value, indent: usize) {
    let _ = write!(text, "{:indent$}{}:", "", scalar(key));
    match value {
        Value::Object(members) if !members.is_empty() => {
            text.push('\n');
            write_block(text, value, indent + 2);
        }
        Value::Array(_) if flow(value).is_none() => {
            text.push('\n');
            write_block(text, value, indent + 2);
        }
        other => {
            text.push(' ');
            write_inline(text, other, indent);
        }
    }
}

/// A value behind a key or a dash, with the newline at its end.
fn write_inline(text: &mut String, value: &Value, indent: usize) {
    match value {
        Value::String(string) if suits_literal(string) => {
            text.push_str(if string.ends_with('\n') { "|\n" } else { "|-\n" });
            for line in string.lines() {
                // An empty line has no blanks at its end.
                let width = if line.is_empty() { 0 } else { indent + 2 };
                let _ = writeln!(text, "{:width$}{line}", "");
            }
        }
        Value::String(string) => {
            let _ = writeln!(text, "{}", scalar(string));
        }
        other => {
            let _ = writeln!(text, "{}", flow(other).unwrap_or_else(|| other.to_string()));
        }
    }
}

/// A list of scalars, or nothing else, on one line; `None` where it is too wide or has more in it.
fn flow(value: &Value) -> Option<String> {
    match value {
        Value::Array(items) => {
            let items: Option<Vec<String>> = items.iter().map(in_flow).collect();
            Some(format!("[{}]", items?.join(", "))).filter(|line| line.len() <= WIDTH)
        }
        Value::Object(members) if members.is_empty() => Some("{}".to_owned()),
        Value::Object(_) => None,
        Value::String(text) => Some(scalar(text)),
        other => Some(other.to_string()),
    }
}

fn in_flow(value: &Value) -> Option<String> {
    match value {
        Value::Array(_) | Value::Object(_) => None,
        // In a flow, brackets and commas mean something.
        Value::String(text) if text.contains([',', '[', ']', '{', '}']) => Some(quoted(text)),
        other => flow(other),
    }
}

/// A text in quotes where it could be taken for something else without them.
fn scalar(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            // What shows nothing, or changes how the rest is read, is written out.
            hidden if hidden.is_control() || is_hidden(hidden) => {
                let _ = match u32::from(hidden) {
                    code @ ..=0xff => write!(quoted, "\\x{code:02x}"),
                    code @ ..=0xffff => write!(quoted, "\\u{code:04x}"),
                    code => write!(quoted, "\\U{code:08x}"),
                };
            }
            shown => quoted.push(shown),
        }
    }
    quoted.push('"');
    quoted
}

fn is_hidden(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Whether a text needs no quotes. Rather too few than too many do.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 12] =
        ["null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf", "~"];
    let begins_well =
        text.starts_with(|first: char| first.is_alphabetic() || first == '_' || first == '/' || first == '$');
    begins_well
        && !text.ends_with(char::is_whitespace)
        && !WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
        && !text.contains(": ")
        && !text.ends_with(':')
        && !text.contains(" #")
        && text.chars().all(|character| !character.is_control() && !is_hidden(character))
}

/// Whether a text is best written line by line.
fn suits_literal(text: &str) -> bool {
    let ends = text.len() - text.trim_end_matches('\n').len();
    let lines = text.trim_end_matches('\n');
    lines.contains('\n')
        && ends <= 1
        && !text.starts_with(char::is_whitespace)
        && text.lines().all(|line| !line.ends_with(char::is_whitespace))
        && text.chars().all(|character| character == '\n' || !character.is_control() && !is_hidden(character))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_reads_like_yaml() {
        let value = json!({
            "result": {"status": "success", "lines": 3, "list": [1, "two", "a, b"], "deep": [{"a": 1, "b": []}, [[1], {}]]},
            "text": "first\n\nlast\n", "open": "a\nb", "odd": " x", "word": "no", "number": "1", "hidden": "a\u{0}\u{202e}",
        });
        let expected = "\
result:
  status: success
  lines: 3
  list: [1, two, \"a, b\"]
  deep:
    - a: 1
      b: []
    - - [1]
      - {}
text: |
  first

  last
open: |-
  a
  b
odd: \" x\"
word: \"no\"
number: \"1\"
hidden: \"a\\x00\\u202e\"
";
        assert_eq!(block(&value, 0), expected);
    }

    #[test]
    fn what_is_written_is_read_as_the_same() {
        let texts = [
            "",
            " ",
            "a: b",
            "- a",
            "#",
            "a #b",
            "'",
            "\"",
            "\\",
            "[..]",
            "{",
            "null",
            "1.5",
            "1e3",
            "0x1f",
            "~",
            "naïve ☕ 𝄞",
            "\u{0}\u{7f}\u{85}",
            "a\nb",
            "a\n",
            "\na",
            "a\n\n",
            " a\nb",
            "a \nb",
            "a\r\nb",
            "\t",
            "=",
            "!x",
            "&x",
            "*x",
            "?",
            "|",
            ">",
            "%",
            "@",
            "`",
            "-",
            "---",
            "...",
            "2026-01-01",
            "12:30",
            "a:",
            "$repeat",
            "/etc/os-release",
            "\u{feff}",
            "<<",
            "é\u{301}",
            "ends,",
            "[a",
            "y",
        ];
        for text in texts {
            for value in [
                json!({"k": text}),
                json!([text]),
                json!({text: {"x": [text, [text, [{text: text}]]]}}),
                json!(text),
            ] {
                let written = block(&value, 0);
                let read: Value =
                    serde_saphyr::from_str(&written).unwrap_or_else(|error| panic!("{written}: {error}"));
                assert_eq!(read, value, "{written}");
            }
        }
        let value = json!({"n": [u64::MAX, i64::MIN, 1.5, -0.25, 1e300], "b": [true, null], "e": [{}, []]});
        let written = block(&value, 0);
        assert_eq!(serde_saphyr::from_str::<Value>(&written).unwrap(), value, "{written}");
    }
}
