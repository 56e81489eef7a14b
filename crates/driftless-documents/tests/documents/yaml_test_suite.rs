//! YAML's own test suite: what it calls valid is read as it says, and what it calls invalid is refused, but for what is listed here.

use driftless_documents::{Document, Format, read};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Case {
    id: String,
    name: String,
    yaml: String,
    /// The values of all documents, one behind the other, where they are values that JSON has.
    json: Option<String>,
    /// Whether it is no YAML.
    #[serde(default)]
    fail: bool,
}

/// YAML that is refused on purpose: what the error says, and the cases.
const REFUSED: &[(&str, &[&str])] = &[
    // Keys are text, as values have them.
    (
        "a list or a mapping cannot be a key",
        &[
            "4FJ6", "6BFJ", "6PBE", "9MMW", "KK5P", "LX3P", "M2N8/01", "M5DY", "Q9WF", "RZP5", "SBG9",
            "V9D5", "X38W", "XW4D",
        ],
    ),
    (
        "a key is missing",
        &[
            "2JQS", "6M2F", "CFD4", "DFF7", "FH7J", "FRK4", "M2N8/00", "NHX8", "NKF9", "PW8X", "S3PD",
            "SM9W/01", "UKK6/00",
        ],
    ),
    // A value would not be what its tag says.
    (
        "the tag `",
        &[
            "2XXW", "565N", "5TYM", "6CK3", "6WLZ", "7FWL", "9WXW", "C4HZ", "CC74", "CUP7", "J7PZ", "M5C3",
            "P76L", "UGM3", "Z67P", "Z9M4",
        ],
    ),
    // In the suite, these are about how the line is written.
    ("the file asks for YAML 1.1", &["MUS6/02", "MUS6/03", "MUS6/04"]),
];

/// What is no YAML and is read all the same, as other programs do.
const TOLERATED: &[&str] = &[
    // The lines of a list between brackets may begin further to the left than its key.
    "9C9N",
];

/// Where what is read is not the suite's JSON, and why.
const OTHERWISE: &[(&str, &str)] = &[];

fn cases() -> Vec<Case> {
    read(Format::Json, include_str!("../yaml-test-suite/cases.json")).unwrap()
}

/// The documents of a case, without those that say nothing.
fn documents(yaml: &str) -> Result<Vec<Value>, String> {
    let documents = Document::parse_all(yaml).map_err(|error| error.to_string())?;
    documents.into_iter().map(|document| document.read().map_err(|error| error.to_string())).collect()
}

#[test]
fn the_suite_is_read_as_it_says() {
    let mut wrong = Vec::new();
    for Case { id, name, yaml, json, fail } in cases() {
        let told = match (documents(&yaml), fail) {
            (Ok(_), true) if TOLERATED.contains(&id.as_str()) => continue,
            (Ok(values), true) => format!("is no YAML, and read as {values:?}"),
            (Err(_), true) => continue,
            (Err(error), false) => {
                let is_listed =
                    |(why, ids): &(&str, &[&str])| error.contains(why) && ids.contains(&id.as_str());
                if REFUSED.iter().any(is_listed) {
                    continue;
                }
                format!("is refused: {error}")
            }
            (Ok(values), false) => {
                let Some(json) = json else { continue };
                let expected = serde_json::Deserializer::from_str(&json).into_iter::<Value>();
                let expected: Vec<Value> = expected.map(Result::unwrap).collect();
                let said = |values: &[Value]| {
                    values.iter().filter(|value| !value.is_null()).cloned().collect::<Vec<_>>()
                };
                if said(&values) == said(&expected) || OTHERWISE.iter().any(|(known, _)| *known == id) {
                    continue;
                }
                format!("is read as {values:?} and not as {expected:?}")
            }
        };
        wrong.push(format!("{id} ({name}) {told}"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_lists_name_cases_that_are_there_and_need_it() {
    let cases = cases();
    assert_eq!(cases.len(), 402);
    let case =
        |id: &str| cases.iter().find(|case| case.id == id).unwrap_or_else(|| panic!("there is no {id}"));
    for (why, ids) in REFUSED {
        for id in *ids {
            let error = documents(&case(id).yaml).unwrap_err();
            assert!(error.contains(why), "{id}: {error}");
        }
    }
    for id in TOLERATED {
        assert!(case(id).fail && documents(&case(id).yaml).is_ok(), "{id}");
    }
    for (id, _) in OTHERWISE {
        assert!(!case(id).fail && documents(&case(id).yaml).is_ok(), "{id}");
    }
}
