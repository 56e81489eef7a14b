//! Bounds that hold in every format.

use driftless_documents::{Document, Format, MAX_BYTES, MAX_DEPTH, MAX_VALUES, read};
use serde_json::{Map, Value};

fn refused(format: Format, text: &str) -> String {
    read::<Value>(format, text).map(|_| "it is read").unwrap_err().to_string()
}

#[test]
fn depth_is_bounded_alike() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let too_deep = format!("more than {MAX_DEPTH} lists and mappings stand inside of each other here");
    for format in [Format::Yaml, Format::Json] {
        read::<Value>(format, &nested(MAX_DEPTH)).unwrap();
        for levels in [MAX_DEPTH + 1, 200, 1_000, 100_000] {
            assert_eq!(refused(format, &nested(levels)), too_deep, "{format:?} {levels}");
        }
    }
    // The document itself is a table.
    read::<Value>(Format::Toml, &format!("a = {}", nested(MAX_DEPTH - 1))).unwrap();
    for levels in [MAX_DEPTH, 79, 200, 100_000] {
        assert_eq!(refused(Format::Toml, &format!("a = {}", nested(levels))), too_deep, "{levels}");
    }
    assert_eq!(refused(Format::Toml, &format!("[{}a]", "a.".repeat(MAX_DEPTH))), too_deep);
    let block: String = (0..200).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    assert_eq!(refused(Format::Yaml, &block), too_deep);
    // Each alias is one level, and each names the one before.
    let aliases: String = (1..=MAX_DEPTH).map(|level| format!("- &a{level} [*a{}]\n", level - 1)).collect();
    assert_eq!(refused(Format::Yaml, &format!("- &a0 [1]\n{aliases}")), too_deep);
}

#[test]
fn the_number_of_values_is_bounded_alike() {
    let too_many = format!("it has more than {MAX_VALUES} values, with aliases followed");
    let list = format!("[{}0]", "0,".repeat(MAX_VALUES - 1));
    assert_eq!(refused(Format::Json, &list), too_many);
    assert_eq!(refused(Format::Yaml, &list), too_many);
    assert_eq!(refused(Format::Toml, &format!("a={list}")), too_many);
    assert_eq!(refused(Format::Toml, &"[[a]]\n".repeat(MAX_VALUES)), too_many);
    assert_eq!(
        read::<Vec<u8>>(Format::Json, &format!("[{}0]", "0,".repeat(MAX_VALUES - 2))).unwrap().len(),
        MAX_VALUES - 1
    );
}

#[test]
fn keys_are_no_values() {
    let entries: Vec<String> = (0..300_000).map(|key| format!("\"{key}\": 0")).collect();
    let map = format!("{{{}}}", entries.join(", "));
    for format in [Format::Yaml, Format::Json] {
        assert_eq!(read::<Map<String, Value>>(format, &map).unwrap().len(), 300_000);
    }
}

#[test]
fn aliases_count_as_what_they_name() {
    let mut bomb = "a0: &a0 [x]\n".to_owned();
    for level in 1..30 {
        let named = format!("*a{},", level - 1).repeat(10);
        bomb.push_str(&format!("a{level}: &a{level} [{named}]\n"));
    }
    assert_eq!(
        refused(Format::Yaml, &bomb),
        format!("it has more than {MAX_VALUES} values, with aliases followed")
    );

    let long = "x".repeat(1 << 20);
    let bomb = format!("a: &a {long}\nb: [{}]\n", "*a,".repeat(100));
    assert_eq!(
        refused(Format::Yaml, &bomb),
        format!("its texts have more than {MAX_BYTES} bytes, with aliases followed")
    );
}

#[test]
fn long_texts_are_bounded_alike() {
    let long = "x".repeat(MAX_BYTES - 4);
    let too_long = format!("it has more than {MAX_BYTES} bytes");
    for (format, text) in [
        (Format::Yaml, format!("a: \"{long}\"")),
        (Format::Json, format!("{{\"a\": \"{long}\"}}")),
        (Format::Toml, format!("a = \"{long}\"")),
    ] {
        assert_eq!(refused(format, &text), too_long, "{format:?}");
    }
    let most = format!("a: {}\n", &long[3..]);
    read::<Value>(Format::Yaml, &most).unwrap();
    assert_eq!(Document::parse_all(&format!("{most}---\n")).unwrap_err().to_string(), too_long);
}

#[test]
fn an_alias_inside_of_what_it_names_is_refused() {
    assert_eq!(
        refused(Format::Yaml, "a: &a [*a]\n"),
        "this alias stands inside of what it names, which would have no end"
    );
}
