//! When a configuration is read, and what can be one.

use std::cell::Cell;

thread_local! {
    /// How many configurations were read.
    static READ: Cell<u32> = const { Cell::new(0) };
}

/// A type outside of the plugin's module, where the derives do not find serde by themselves.
#[derive(Clone, plugin_sdk::serde::Deserialize, plugin_sdk::schemars::JsonSchema)]
#[serde(crate = "plugin_sdk::serde")]
#[schemars(crate = "plugin_sdk::schemars")]
pub(crate) struct Outside {
    word: String,
}

#[plugin_sdk::plugin]
mod configured {
    use plugin_sdk::prelude::*;
    use plugin_sdk::serde::Deserializer;

    use super::READ;

    #[derive(Deserialize, JsonSchema)]
    struct Counted {
        #[serde(deserialize_with = "count")]
        word: String,
    }

    fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
        READ.set(READ.get() + 1);
        String::deserialize(deserializer)
    }

    #[log_filter]
    fn by_reference(config: &Counted, entry: String) -> bool {
        entry.contains(&config.word)
    }

    #[log_filter]
    fn by_reference_too(config: &Counted, entry: String) -> bool {
        !entry.contains(&config.word)
    }

    #[log_filter]
    fn by_value(config: Counted, entry: String) -> bool {
        entry.contains(&config.word)
    }

    #[template_filter]
    fn in_a_template(value: &str, #[config] config: &Counted, #[default(1)] times: usize) -> String {
        value.to_owned() + &config.word.repeat(times)
    }

    // A path means the same here and in what is generated.
    #[task]
    fn outside(config: super::Outside) -> String {
        config.word
    }

    mod deeper {
        use plugin_sdk::prelude::*;

        #[derive(Deserialize, JsonSchema)]
        pub(super) struct Deep {
            pub(super) word: String,
        }
    }

    #[task]
    fn inside(config: &self::deeper::Deep) -> String {
        config.word.clone()
    }

    #[task]
    fn anything(config: Value) -> String {
        config.to_string()
    }

    #[task]
    fn map(config: std::collections::BTreeMap<String, u32>) -> String {
        format!("{}", config.values().sum::<u32>())
    }

    #[task]
    fn local() -> Result<String> {
        #[derive(Deserialize)]
        struct Local {
            word: String,
        }

        let local: Local = plugin_sdk::serde_json::from_str(r#"{"word": "a"}"#)?;
        Ok(local.word)
    }
}

fn read() -> u32 {
    READ.get()
}

#[test]
fn by_reference_it_is_read_once_for_as_long_as_it_is_the_same() {
    let (a, b) = (r#"{"word": "a"}"#, r#"{"word": "b"}"#);
    for _ in 0..3 {
        assert_eq!(execute_log_filter("by_reference", a, r#""abc""#), "true");
        assert_eq!(execute_log_filter("by_reference", a, r#""xyz""#), "false");
    }
    assert_eq!(read(), 1);
    assert_eq!(execute_log_filter("by_reference", b, r#""xyz""#), "false");
    assert_eq!(execute_log_filter("by_reference", b, r#""b""#), "true");
    assert_eq!(read(), 2);
    assert_eq!(execute_log_filter("by_reference", a, r#""b""#), "false");
    assert_eq!(read(), 3);
}

#[test]
fn each_component_has_its_own() {
    let config = r#"{"word": "a"}"#;
    for _ in 0..2 {
        assert_eq!(execute_log_filter("by_reference", config, r#""a""#), "true");
        assert_eq!(execute_log_filter("by_reference_too", config, r#""a""#), "false");
    }
    assert_eq!(read(), 2);
}

#[test]
fn one_that_does_not_fit_is_not_kept() {
    let config = r#"{"word": "a"}"#;
    assert_eq!(execute_log_filter("by_reference", config, r#""a""#), "true");
    for _ in 0..2 {
        assert_eq!(
            execute_log_filter("by_reference", r#"{"wort": "a"}"#, r#""a""#),
            r#"{"error":"its configuration does not fit: missing field `word`"}"#
        );
    }
    // The good one is still there.
    assert_eq!(execute_log_filter("by_reference", config, r#""a""#), "true");
    assert_eq!(read(), 1);
}

#[test]
fn by_value_it_is_read_for_each_call() {
    for _ in 0..3 {
        execute_log_filter("by_value", r#"{"word": "a"}"#, r#""a""#);
    }
    assert_eq!(read(), 3);
}

#[test]
fn a_template_extension_takes_one_at_any_place() {
    let config = r#"{"word": "!"}"#;
    assert_eq!(execute_template_filter("in_a_template", config, r#""hey""#, "[]"), r#""hey!""#);
    assert_eq!(execute_template_filter("in_a_template", config, r#""hey""#, "[3]"), r#""hey!!!""#);
    assert_eq!(read(), 1);
}

#[test]
fn types_may_stand_elsewhere() {
    for task in ["outside", "inside", "local"] {
        assert_eq!(execute_task(task, r#"{"word": "a"}"#), r#"{"status":"success","message":"a"}"#);
    }
}

#[test]
fn it_need_not_be_a_struct() {
    assert_eq!(execute_task("anything", "[1, 2]"), r#"{"status":"success","message":"[1,2]"}"#);
    assert_eq!(execute_task("map", r#"{"a": 1, "b": 2}"#), r#"{"status":"success","message":"3"}"#);
}
