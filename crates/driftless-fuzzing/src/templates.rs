//! Templates that users write.
//!
//! An input is a text, and is read as a template and as an expression. A template is rendered where it can be seen that this ends soon: users write their
//! own templates, and how long these take is not bounded.

use std::sync::LazyLock;

use driftless_host::PluginManager;
use driftless_templates::{Error, Templates};
use serde_json::{Value, json};

use crate::Coverage;

static MANAGER: LazyLock<PluginManager> =
    LazyLock::new(|| PluginManager::builder().build().expect("a manager can be had"));

static TEMPLATES: LazyLock<Templates> = LazyLock::new(|| Templates::new(&MANAGER));

static VARS: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "a": 1,
        "b": "text <b>",
        "c": ["x", "y", {"z": null}],
        "d": {"key": true, "other": 1.5},
        "s": {"name": "grün", "list": [1, 2, 3]},
    })
});

/// What makes much of little: loops, macros that call themselves, numbers that say how often, and what doubles.
const COSTLY: [&str; 18] = [
    "for",
    "macro",
    "call",
    "set",
    "range",
    "*",
    "%",
    "lipsum",
    "center",
    "indent",
    "batch",
    "slice",
    "replace",
    "join",
    "tojson",
    "pprint",
    "format",
    "urlencode",
];

/// How often a filter, or what joins texts, may stand in a template that is rendered: each may double what it is given.
const MAX_DOUBLED: usize = 10;

/// Takes `data` for a template.
pub fn run(data: &[u8]) -> Coverage {
    let Ok(text) = std::str::from_utf8(data) else { return Coverage::Refused };
    let templates = &*TEMPLATES;
    let string = Value::from(text);
    let variables = templates.variables(&string);
    assert!(variables.iter().all(|variable| text.contains(variable.as_str())), "{variables:?}");
    if is_costly(text) {
        let mut templates = Templates::new(&MANAGER);
        return match templates.add("t.html", text) {
            Ok(()) => Coverage::Accepted,
            Err(error) => refused(&error),
        };
    }
    let rendered = templates.render("t.html", text, &*VARS);
    match &rendered {
        Ok(rendered) if !has_tags(text) => assert_eq!(rendered, text, "what is no template is kept"),
        Ok(_) => {}
        Err(error) => drop(refused(error)),
    }
    match templates.evaluate(text, &*VARS) {
        Ok(value) => {
            // What stands alone between braces keeps its type.
            let filled = templates.fill(&format!("{{{{ {text} }}}}").into(), &*VARS);
            if !has_tags(text) && !text.contains(['}', '{', '#', '\'', '"']) {
                assert_eq!(filled.ok(), Some(value), "it is another value between braces");
            }
        }
        Err(error) => drop(refused(&error)),
    }
    match templates.fill(&string, &*VARS) {
        Ok(filled) => {
            assert!(has_tags(text) || filled == string, "what is no template is kept");
            Coverage::Answered
        }
        Err(error) => refused(&error),
    }
}

fn has_tags(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|tag| text.contains(tag))
}

/// Whether it cannot be seen that rendering a template ends soon.
fn is_costly(text: &str) -> bool {
    // Signs stand in tags as well, so `%}` is no remainder.
    let words = text.replace("{%", "").replace("%}", "");
    COSTLY.iter().any(|word| words.contains(word)) || words.matches(['~', '|', '+']).count() > MAX_DOUBLED
}

/// What is said against a template has a place in it.
fn refused(error: &Error) -> Coverage {
    assert!(!error.to_string().is_empty(), "nothing is said against it");
    if let Some((source, place)) = error.template().and_then(|error| error.place()) {
        assert!(source.get(place.clone()).is_some(), "{place:?} is no place in {source:?}: {error}");
    }
    Coverage::Failed
}
