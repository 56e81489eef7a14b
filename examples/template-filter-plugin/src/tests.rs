//! What the host calls, called in tests.

use plugin_sdk::serde_json::{self, Value, json};

use crate::random::Alphabet;
use crate::*;

/// Applies a filter with these positional arguments.
fn filter(name: &str, value: impl Into<Value>, arguments: Value) -> Value {
    let reply = execute_template_filter(name, "{}", &value.into().to_string(), &arguments.to_string());
    serde_json::from_str(&reply).unwrap()
}

/// Applies a filter with keyword arguments.
fn with(name: &str, value: impl Into<Value>, keyword: Value) -> Value {
    filter(name, value, json!({"positional": [], "keyword": keyword}))
}

fn random(arguments: Value) -> Value {
    serde_json::from_str(&execute_template_function("random_string", "{}", &arguments.to_string())).unwrap()
}

fn error(reply: &Value) -> &str {
    reply["error"].as_str().unwrap_or_else(|| panic!("{reply} is not an error"))
}

#[test]
fn filters_and_functions_are_told_apart() {
    let extensions: Vec<Value> = serde_json::from_str(&get_template_extensions()).unwrap();
    let of = |kind: &str| {
        let named = extensions.iter().filter(|extension| extension["type"] == kind);
        named.map(|extension| extension["name"].as_str().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(of("function"), ["random_string"]);
    assert_eq!(
        of("filter"),
        [
            "b64encode",
            "b64decode",
            "sha256",
            "slugify",
            "truncate_middle",
            "mask",
            "filesize",
            "to_snake",
            "to_kebab",
            "to_camel",
            "to_pascal"
        ]
    );
}

#[test]
fn base64_goes_both_ways() {
    for text in ["", "a", "ab", "abc", "Zoë ✓", "line\nline", "??>>"] {
        for url_safe in [false, true] {
            let encoded = with("b64encode", text, json!({"url_safe": url_safe}));
            assert_eq!(filter("b64decode", encoded, json!([])), text);
        }
    }
    assert_eq!(filter("b64encode", "??>>", json!([])), "Pz8+Pg==");
    assert_eq!(filter("b64encode", "??>>", json!([true])), "Pz8-Pg");
}

#[test]
fn base64_may_be_wrapped() {
    assert_eq!(filter("b64decode", "aGVs\nbG8=\n", json!([])), "hello");
}

#[test]
fn what_is_not_base64_of_text_is_an_error() {
    let says = |text: &str| error(&filter("b64decode", text, json!([]))).to_owned();
    assert!(says("a*b=").starts_with("this is not Base64: "), "{}", says("a*b="));
    assert!(says("a").starts_with("this is not Base64: "), "{}", says("a"));
    assert_eq!(says("/w=="), "this is Base64 of bytes that are not UTF-8 text");
}

#[test]
fn sha256_is_the_known_one() {
    assert_eq!(
        filter("sha256", "abc", json!([])),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}

#[test]
fn slugs_are_ascii() {
    let slug = |text: &str| filter("slugify", text, json!([]));
    assert_eq!(slug("Hello, World!"), "hello-world");
    assert_eq!(slug("Crème brûlée & Straße"), "creme-brulee-strasse");
    assert_eq!(slug("Москва"), "moskva");
    assert_eq!(slug("北京"), "bei-jing");
    assert_eq!(slug("Don’t stop"), "dont-stop");
    assert_eq!(slug("--a__b--"), "a-b");
    assert_eq!(slug("!?"), "");
}

#[test]
fn slugs_take_a_separator_and_a_length() {
    assert_eq!(filter("slugify", "One two three", json!(["_"])), "one_two_three");
    assert_eq!(filter("slugify", "One two", json!([""])), "onetwo");
    assert_eq!(with("slugify", "One two three", json!({"max_length": 7})), "one-two");
    assert_eq!(with("slugify", "One two three", json!({"max_length": 12})), "one-two");
    assert_eq!(with("slugify", "Internationalisation", json!({"max_length": 5})), "inter");
    assert_eq!(with("slugify", "One", json!({"max_length": null})), "one");
}

#[test]
fn the_middle_is_left_out() {
    let short = |text: &str, length: usize| filter("truncate_middle", text, json!([length]));
    assert_eq!(short("abcdefghij", 10), "abcdefghij");
    assert_eq!(short("abcdefghij", 6), "abc…ij");
    assert_eq!(short("äöüßéèêëàâ", 5), "äö…àâ");
    assert_eq!(short("abcdefghij", 1), "…");
    assert_eq!(filter("truncate_middle", "abcdefghij", json!([7, "..."])), "ab...ij");
    assert_eq!(filter("truncate_middle", "a".repeat(41), json!([])).as_str().unwrap().chars().count(), 40);
}

#[test]
fn an_ellipsis_has_to_fit() {
    assert_eq!(
        error(&filter("truncate_middle", "abcdef", json!([2, "..."]))),
        "2 characters are too few for the ellipsis \"...\""
    );
}

#[test]
fn masks_keep_the_end() {
    assert_eq!(filter("mask", "s3cr3t-token", json!([])), "********oken");
    assert_eq!(filter("mask", "s3cr3t", json!([2, "•"])), "••••3t");
    assert_eq!(filter("mask", "s3cr3t", json!([0])), "******");
    assert_eq!(filter("mask", "abcd", json!([])), "****");
    assert_eq!(filter("mask", "abc", json!([])), "***");
    assert_eq!(filter("mask", "s3cr3t", json!([2, ""])), "3t");
}

#[test]
fn sizes_have_units() {
    let size = |bytes: u64| filter("filesize", bytes, json!([]));
    assert_eq!(size(0), "0 B");
    assert_eq!(size(1023), "1023 B");
    assert_eq!(size(1024), "1.0 KiB");
    assert_eq!(size(1_572_864), "1.5 MiB");
    assert_eq!(size(1_048_575), "1.0 MiB");
    assert_eq!(size(u64::MAX), "16.0 EiB");
    assert_eq!(filter("filesize", 1_572_864, json!([false])), "1.6 MB");
    assert_eq!(with("filesize", 1_500, json!({"binary": false, "decimals": 0})), "2 kB");
    assert_eq!(with("filesize", 1_536.0, json!({"decimals": 2})), "1.50 KiB");
}

#[test]
fn what_is_not_a_size_is_an_error() {
    assert_eq!(error(&filter("filesize", -1, json!([]))), "a size is not negative, but this is -1");
    assert_eq!(
        error(&filter("filesize", 1, json!([true, 4]))),
        "a size is written with at most 3 decimals, not 4"
    );
    assert!(error(&filter("filesize", "1 MiB", json!([]))).starts_with("the value does not fit: "));
}

#[test]
fn names_change_their_case() {
    for (name, expected) in [
        ("to_snake", "max_open_files"),
        ("to_kebab", "max-open-files"),
        ("to_camel", "maxOpenFiles"),
        ("to_pascal", "MaxOpenFiles"),
    ] {
        for value in ["maxOpenFiles", "max open files", "MAX_OPEN_FILES"] {
            assert_eq!(filter(name, value, json!([])), expected, "{value} | {name}");
        }
    }
}

#[test]
fn random_strings_have_their_length_and_alphabet() {
    for (name, alphabet) in [
        ("alphanumeric", Alphabet::Alphanumeric),
        ("letters", Alphabet::Letters),
        ("lowercase", Alphabet::Lowercase),
        ("uppercase", Alphabet::Uppercase),
        ("digits", Alphabet::Digits),
        ("hex", Alphabet::Hex),
        ("unambiguous", Alphabet::Unambiguous),
        ("symbols", Alphabet::Symbols),
    ] {
        let string = random(json!([200, name]));
        let string = string.as_str().unwrap();
        assert_eq!(string.len(), 200);
        assert!(string.bytes().all(|byte| alphabet.characters().contains(&byte)), "{string}");
    }
    assert_eq!(random(json!([0])), "");
    assert_ne!(random(json!([32])), random(json!([32])));
}

#[test]
fn random_strings_are_made_of_bits() {
    // Six bits a character: 0, 1, 61, and 62, which is none of the 62 characters and is thrown away.
    let bits = |indices: &[u64]| indices.iter().rev().fold(0, |bits, index| bits << 6 | index);
    let mut words = [bits(&[0, 1, 61, 62, 2]), 0].into_iter();
    let string = random::string(4, Alphabet::Alphanumeric, || words.next().unwrap());
    assert_eq!(string, "AB9C");
}

#[test]
fn random_strings_favour_no_character() {
    let (mut state, length) = (0u64, 62_000);
    let next = || {
        // SplitMix64, so that the test is the same every time.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    };
    let string = random::string(length, Alphabet::Alphanumeric, next);
    for character in Alphabet::Alphanumeric.characters() {
        let count = string.bytes().filter(|byte| byte == character).count();
        // 1000 expected; six standard deviations are 190.
        assert!((810..1190).contains(&count), "{count} times {}", char::from(*character));
    }
}

#[test]
fn what_does_not_fit_a_random_string_is_an_error() {
    assert_eq!(error(&random(json!([]))), "the argument `length` is missing");
    assert_eq!(error(&random(json!([5000]))), "a random string has at most 4096 characters, not 5000");
    let unknown = random(json!({"positional": [8], "keyword": {"alphabet": "greek"}}));
    assert!(error(&unknown).starts_with("the argument `alphabet` does not fit: unknown variant `greek`"));
}

#[test]
fn filters_say_what_does_not_fit() {
    assert_eq!(
        error(&filter("slugify", 5, json!([]))),
        "the value does not fit: invalid type: integer `5`, expected a string"
    );
    assert_eq!(error(&filter("to_snake", "x", json!([1]))), "there are too many arguments; it takes none");
    assert_eq!(
        error(&with("mask", "x", json!({"kept": 1}))),
        "there is no argument `kept`; it takes: keep, symbol"
    );
    assert_eq!(
        execute_template_filter("shout", "{}", "1", "[]"),
        r#"{"error":"Unknown template filter: shout"}"#
    );
}
