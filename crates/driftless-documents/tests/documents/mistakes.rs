//! Mistakes, with their place and what to write instead.

use std::collections::BTreeMap;
use std::path::Path;

use driftless_documents::{Document, Format, parse_setting, read};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    debug: bool,
    port: u16,
    share: f64,
    name: String,
    list: Vec<String>,
    map: BTreeMap<String, String>,
    pair: Option<(u8, u8)>,
    mode: Option<Mode>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Fast,
    Slow { by: u8 },
    Other(String),
}

/// `line:column: message`
fn mistake(format: Format, text: &str) -> String {
    let error = read::<Settings>(format, text).unwrap_err();
    match error.line_and_column(text) {
        Some((line, column)) => format!("{line}:{column}: {error}"),
        None => error.to_string(),
    }
}

fn yaml(text: &str) -> Value {
    read(Format::Yaml, text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn refused(text: &str) -> String {
    read::<Value>(Format::Yaml, text).unwrap_err().to_string()
}

#[test]
fn what_is_meant_is_told() {
    for (text, told) in [
        (
            "debug: no",
            "1:8: true or false is expected here, not text: `no` is text in YAML 1.2; write `false`",
        ),
        (
            "debug: Yes",
            "1:8: true or false is expected here, not text: `Yes` is text in YAML 1.2; write `true`",
        ),
        (
            "debug: 'true'",
            "1:8: true or false is expected here, not text: `true` is text because it stands in quotes; write it without",
        ),
        ("debug: 1", "1:8: true or false is expected here, not the number `1`"),
        (
            "port: '80'",
            "1:7: an integer is expected here, not text: `80` is text because it stands in quotes; write it without",
        ),
        (
            "port: |\n  80\n",
            "2:3: an integer is expected here, not text: white space around `80` makes it text; take it away",
        ),
        (
            "port: 8_080",
            "1:7: an integer is expected here, not text: `8_080` is text in YAML 1.2; write `8080`",
        ),
        ("port: 0b11", "1:7: an integer is expected here, not text: `0b11` is text in YAML 1.2; write `3`"),
        ("port: 80.0", "1:7: an integer is expected here, not the number `80.0`: write `80`"),
        ("port: 80.5", "1:7: an integer is expected here, not the number `80.5`"),
        ("port: 80000", "1:7: invalid value: integer `80000`, expected u16"),
        (
            "share: 1_0.5",
            "1:8: a number is expected here, not text: `1_0.5` is text in YAML 1.2; write `10.5`",
        ),
        ("name: 8080", "1:7: text is expected here, not the number `8080`: write it in quotes"),
        ("name: true", "1:7: text is expected here, not `true`: write it in quotes, `\"true\"`"),
        ("name:", "1:5: text is expected here, not nothing"),
        ("list: a", "1:7: a list is expected here, not text"),
        ("\nlist:\n- a\n- 1\n", "4:3: text is expected here, not the number `1`: write it in quotes"),
        ("map: [a]", "1:6: a mapping of keys to values is expected here, not a list"),
        ("map: {a: 1}", "1:10: text is expected here, not the number `1`: write it in quotes"),
        ("pair: [1, 2, 3]", "1:14: this is one too many: 2 are expected"),
        ("mode: quick", "1:7: unknown variant `quick`, expected one of `fast`, `slow`, `other`"),
        ("mode: {slow: 1, fast: 2}", "1:7: a mapping with one key is expected here"),
        (
            "nmae: x",
            "1:1: unknown field `nmae`, expected one of `debug`, `port`, `share`, `name`, `list`, `map`, `pair`, `mode`",
        ),
        ("", "nothing is written in it"),
        ("# nothing\n", "nothing is written in it"),
    ] {
        assert_eq!(mistake(Format::Yaml, text), told, "{text}");
    }
    assert_eq!(
        mistake(Format::Json, "{\n  \"näme\": 1,\n  \"debug\": \"no\"}"),
        "2:3: unknown field `näme`, expected one of `debug`, `port`, `share`, `name`, `list`, `map`, `pair`, `mode`"
    );
    assert_eq!(
        mistake(Format::Json, "{\"name\": \"\\\"]\", \"list\": [ ], \"port\": -1}"),
        "1:38: invalid value: integer `-1`, expected u16"
    );
    assert_eq!(
        mistake(Format::Toml, "name = 1\n"),
        "1:8: text is expected here, not the number `1`: write it in quotes"
    );
}

#[test]
fn what_is_right_is_read() {
    let settings = Settings {
        debug: true,
        port: 80,
        share: 1.0,
        name: "8080".to_owned(),
        list: vec!["a".to_owned()],
        map: [("1".to_owned(), "b".to_owned())].into(),
        pair: Some((1, 2)),
        mode: Some(Mode::Slow { by: 2 }),
    };
    let text = "debug: true\nport: 0080\nshare: 1\nname: '8080'\nlist: [a]\nmap: {1: b}\npair: [1, 2]\nmode: {slow: {by: 2}}\n";
    assert_eq!(read::<Settings>(Format::Yaml, text).unwrap(), settings);
    let text = "debug = true\nport = 80\nshare = 1\nname = '8080'\nlist = ['a']\nmap.1 = 'b'\npair = [1, 2]\nmode.slow.by = 2\n";
    assert_eq!(read::<Settings>(Format::Toml, text).unwrap(), settings);
    let mode = |text: &str| read::<Settings>(Format::Yaml, text).unwrap().mode;
    assert_eq!(mode("mode: fast"), Some(Mode::Fast));
    assert_eq!(mode("mode: {fast: }"), Some(Mode::Fast));
    assert_eq!(mode("mode: {other: x}"), Some(Mode::Other("x".to_owned())));
    assert_eq!(mode("mode: ~"), None);
}

#[test]
fn a_key_that_is_there_twice_is_refused_in_every_format() {
    assert_eq!(mistake(Format::Yaml, "port: 1\nport: 2\n"), "2:1: the key `port` is there twice");
    assert_eq!(mistake(Format::Yaml, "map: {'a': x, \"a\": y}\n"), "1:15: the key `a` is there twice");
    assert_eq!(
        mistake(Format::Json, "{\"port\": 1, \"p\\u006frt\": 2}"),
        "1:13: the key `port` is there twice"
    );
    assert_eq!(mistake(Format::Toml, "port = 1\nport = 2\n"), "2:1: duplicate key");
    assert_eq!(parse_setting("{\"a\": 1, \"a\": 2}").unwrap_err().to_string(), "the key `a` is there twice");
}

#[test]
fn keys_are_text_as_they_are_written() {
    assert_eq!(
        yaml("{80: a, 0644: b, no: c, null: d, 1.0: e, 'x y': f, ~: g, true: h}"),
        json!({"80": "a", "0644": "b", "no": "c", "null": "d", "1.0": "e", "x y": "f", "~": "g", "true": "h"})
    );
    assert_eq!(yaml("a: &k key\n*k : value\n"), json!({"a": "key", "key": "value"}));
    assert_eq!(refused("? [a]\n: b\n"), "a list or a mapping cannot be a key; keys are text");
    assert_eq!(refused(": b\n"), "a key is missing in front of this");
    assert_eq!(refused("$serde_json::private::RawValue: '{}'\n"), "this key is reserved");
}

#[test]
fn tags_are_those_of_the_core_schema() {
    assert_eq!(
        yaml("[!!str 1, !!int '1', !!float 1, !!null '', !!bool 'true', ! 1, !!seq [], !!map {}]"),
        json!(["1", 1, 1.0, null, true, "1", [], {}])
    );
    for tag in ["!vault", "!include", "!!binary", "!!set", "!!timestamp", "!!python/object:os.system"] {
        let error = refused(&format!("a: {tag} x\n"));
        assert!(error.starts_with(&format!("the tag `{tag}` means nothing here")), "{error}");
        assert!(refused(&format!("a: {tag} {{}}\n")).starts_with("the tag"));
        assert!(refused(&format!("a: {tag}\n- x\n")).starts_with("the tag") || tag.is_empty());
    }
    assert_eq!(refused("!!int x"), "`x` is no integer as `!!int` says");
    assert_eq!(refused("!!int 1.5"), "`1.5` is no integer as `!!int` says");
    assert_eq!(refused("!!bool no"), "`no` is no boolean as `!!bool` says");
}

#[test]
fn mappings_are_merged() {
    let text = "base: &base {a: 1, b: 2}\nmore: &more {b: 3, c: 4}\nx:\n  <<: *base\n  b: 5\ny: {<<: [*base, *more]}\nz: {'<<': 1}\n";
    let read = yaml(text);
    assert_eq!(read["x"], json!({"a": 1, "b": 5}));
    assert_eq!(read["y"], json!({"a": 1, "b": 2, "c": 4}));
    assert_eq!(read["z"], json!({"<<": 1}));
    assert_eq!(refused("<<: 1\n"), "behind `<<` stands an alias of a mapping, or a list of them");
}

#[test]
fn a_template_in_yaml_has_to_stand_in_quotes() {
    let told = "a template at the beginning of a value has to stand in quotes: \"{{ … }}\"";
    for text in ["a: {{ b }}\n", "a: {{ b }} c\n", "- {{ b }}\n", "a: {% if b %}\n", "a: {{ b | c(1) }}\n"] {
        assert_eq!(refused(text), told, "{text}");
    }
}

#[test]
fn a_tab_is_told_where_it_indents() {
    for text in ["a:\n  b: 1\n\tc: 2\n", "a:\n  - b\n  \tc: 2\n", "a:\n\tb: 1\n"] {
        let error = read::<Value>(Format::Yaml, text).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a tab indents this line, and YAML is indented with blanks only",
            "{text}"
        );
        assert_eq!(error.place().unwrap().start, text.find('\t').unwrap(), "{text}");
    }
}

#[test]
fn a_message_is_not_as_long_as_what_it_is_about() {
    let (key, digits) = ("k".repeat(1 << 20), "1".repeat(1 << 20));
    for text in [format!("{{\"{key}\": 1, \"{key}\": 2}}"), format!("{{\"a\": {digits}}}")] {
        assert!(read::<Value>(Format::Json, &text).unwrap_err().to_string().len() < 2_100);
    }
    let unknown = read::<Settings>(Format::Json, &format!("{{\"{key}\": 1}}")).unwrap_err();
    assert!(unknown.to_string().starts_with("unknown field `kkk") && unknown.to_string().len() < 2_100);
}

#[test]
fn a_file_is_one_document() {
    assert!(refused("a: 1\n---\nb: 2\n").starts_with("a second document begins here"));
    assert_eq!(yaml("---\na: 1\n---\n"), json!({"a": 1}));
    assert_eq!(yaml("%YAML 1.2\n---\na: no\n"), json!({"a": "no"}));
    assert!(refused("%YAML 1.1\n---\na: no\n").starts_with("the file asks for YAML 1.1"));
    let both = Document::parse_all("# one\n---\na: 1\n---\n# nothing\n---\nb: no\n").unwrap();
    let values: Vec<Value> = both.into_iter().map(|document| document.read().unwrap()).collect();
    assert_eq!(values, [json!({"a": 1}), json!({"b": "no"})]);
}

#[test]
fn an_integer_keeps_its_digits_or_is_refused() {
    let told = "the integer 18446744073709551616 has more than 64 bits; write it in quotes to keep its digits as text";
    for (format, text) in [
        (Format::Yaml, "[18446744073709551616]"),
        (Format::Json, "[18446744073709551616]"),
        (Format::Toml, "a = 18446744073709551616"),
    ] {
        assert_eq!(read::<Value>(format, text).unwrap_err().to_string(), told);
    }
    assert_eq!(parse_setting("18446744073709551616").unwrap_err().to_string(), told);
    assert_eq!(yaml("00000000000000000000000000001"), json!(1));
    assert_eq!(read::<Value>(Format::Json, "[-0]").unwrap(), json!([0]));
}

#[test]
fn a_format_is_told_by_the_extension() {
    let format = |name: &str| Format::of(Path::new(name));
    assert_eq!(format("a.yml"), Some(Format::Yaml));
    assert_eq!(format("a.YAML"), Some(Format::Yaml));
    assert_eq!(format("a.Json"), Some(Format::Json));
    assert_eq!(format("a.toml"), Some(Format::Toml));
    assert_eq!(format("yml"), None);
    assert_eq!(format("a.j2"), None);
}
