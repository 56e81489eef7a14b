//! Entries that borrow from the call.

use plugin_sdk::Text;
use plugin_sdk::serde_json;

#[plugin_sdk::plugin]
mod borrowing {
    use std::borrow::Cow;

    use plugin_sdk::prelude::*;
    use plugin_sdk::serde_json::value::RawValue;

    #[derive(Deserialize)]
    struct Entry<'a> {
        #[serde(borrow)]
        path: Cow<'a, str>,
        #[serde(borrow)]
        agent: Option<Text<'a>>,
        #[serde(borrow, default)]
        tags: Vec<Text<'a>>,
    }

    #[log_filter]
    fn is_borrowed(entry: Entry<'_>) -> bool {
        matches!(entry.path, Cow::Borrowed(_))
            && entry.agent.is_none_or(|agent| agent.is_borrowed())
            && entry.tags.iter().all(Text::is_borrowed)
    }

    #[derive(Deserialize, JsonSchema)]
    struct Prefix {
        prefix: String,
    }

    #[log_filter]
    fn begins<'a>(config: &Prefix, entry: Entry<'a>) -> bool {
        entry.path.starts_with(&config.prefix)
    }

    #[derive(Serialize)]
    struct Words<'a> {
        first: Option<&'a str>,
        rest: Text<'a>,
    }

    #[log_parser]
    fn words<'a>(line: &'a str) -> Result<Words<'a>, Box<dyn std::error::Error>> {
        let (first, rest) = line.split_once(' ').ok_or("there is one word")?;
        Ok(Words { first: Some(first), rest: rest.into() })
    }

    /// The entry as the host wrote it.
    #[log_filter]
    fn is_short(entry: &RawValue) -> bool {
        entry.get().len() < 10
    }

    #[template_filter]
    fn initial(value: Text<'_>) -> Option<char> {
        value.chars().next()
    }
}

#[test]
fn an_entry_borrows_what_has_no_escapes() {
    let borrows = |entry: &str| execute_log_filter("is_borrowed", "{}", entry);
    assert_eq!(borrows(r#"{"path": "/é", "agent": "curl", "tags": ["a", "b"]}"#), "true");
    assert_eq!(borrows(r#"{"path": "/", "agent": null}"#), "true");
    assert_eq!(borrows(r#"{"path": "/\n"}"#), "false");
    assert_eq!(borrows(r#"{"path": "/", "agent": "\"curl\""}"#), "false");
    assert_eq!(borrows(r#"{"path": "/", "tags": ["a", "\u0062"]}"#), "false");
}

#[test]
fn what_is_copied_is_the_same_text() {
    let begins = |entry: &str| execute_log_filter("begins", r#"{"prefix": "/\"q"}"#, entry);
    assert_eq!(begins(r#"{"path": "/\"quoted\""}"#), "true");
    assert_eq!(begins(r#"{"path": "/quoted"}"#), "false");
}

#[test]
fn a_parsed_entry_may_borrow_from_the_line() {
    assert_eq!(execute_log_parser("words", "{}", "a b \"c\""), r#"{"first":"a","rest":"b \"c\""}"#);
    assert_eq!(execute_log_parser("words", "{}", "a"), r#"{"error":"there is one word"}"#);
}

#[test]
fn an_entry_may_be_left_as_it_is() {
    assert_eq!(execute_log_filter("is_short", "{}", r#"{"a":1}"#), "true");
    assert_eq!(execute_log_filter("is_short", "{}", r#"{"a": "a longer one"}"#), "false");
    assert_eq!(execute_template_filter("initial", "{}", r#""\u00e9t\u00e9""#, "[]"), r#""é""#);
}

#[test]
fn text_is_text() {
    let text: Text<'_> = serde_json::from_str(r#""/login""#).unwrap();
    assert!(text.is_borrowed());
    assert_eq!(text, "/login");
    assert!(text.starts_with('/'));
    assert_eq!(format!("{text} {text:?}"), r#"/login "/login""#);
    assert_eq!(serde_json::to_string(&text).unwrap(), r#""/login""#);
    assert_eq!(text.clone().into_owned(), "/login");
    let (first, second) = (Text::from("a"), Text::from("b".to_owned()));
    assert!(first < second);
    let escaped: Text<'_> = serde_json::from_str(r#""a\tb""#).unwrap();
    assert!(!escaped.is_borrowed());
    assert_eq!(escaped.as_str(), "a\tb");
    let error = serde_json::from_str::<Text<'_>>("5").unwrap_err();
    assert!(error.to_string().starts_with("invalid type: integer `5`, expected a string"), "{error}");
}
