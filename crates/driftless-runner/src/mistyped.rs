//! Keys that are nearly those by which a file says how a task is run.

use serde_json::Value;

use crate::file::TASK_KEYS;

/// The keys that are no ordinary words, so that what is nearly one of them is not meant for a plugin.
const UNMISTAKABLE: [&str; 5] = ["register", "loop_control", "no_log", "ignore_errors", "on_failure"];

/// The key of a task that was probably meant by one that is not: a letter is another, missing, too many or in the other's place, or case and signs differ.
///
/// A key that the plugin's schema names is its own. Where the schema names none, a word may be its own as well.
pub(crate) fn meant(key: &str, schema: Option<&Value>) -> Option<&'static str> {
    let properties = schema.and_then(|schema| schema.get("properties")).and_then(Value::as_object);
    let keys: &[&str] = match properties {
        Some(properties) if properties.contains_key(key) => return None,
        Some(_) => &TASK_KEYS,
        None => &UNMISTAKABLE,
    };
    keys.iter().copied().find(|own| *own != key && is_nearly(key, own))
}

/// Whether a key is nearly `no_log`. Then nothing is shown of its task.
pub(crate) fn is_no_log(key: &str) -> bool {
    is_nearly(key, "no_log")
}

fn is_nearly(key: &str, own: &str) -> bool {
    let letters =
        |key: &str| key.chars().filter(|letter| !"-_ ".contains(*letter)).collect::<String>().to_lowercase();
    letters(key) == letters(own) || strsim::osa_distance(key, own) == 1
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_nearly_a_key_is_told() {
        let schema = json!({"properties": {"names": {}, "message": {}}});
        for (key, expected) in [
            ("no_lgo", Some("no_log")),
            ("nolog", Some("no_log")),
            ("No-Log", Some("no_log")),
            ("wehn", Some("when")),
            ("lop", Some("loop")),
            ("registr", Some("register")),
            ("on-failure", Some("on_failure")),
            ("names", None),
            ("message", None),
            ("massage", None),
        ] {
            assert_eq!(meant(key, Some(&schema)), expected, "{key}");
        }
        // A plugin that takes any key may have these.
        for key in ["wehn", "same", "tag"] {
            assert_eq!(meant(key, None), None, "{key}");
        }
        assert_eq!(meant("no_lgo", None), Some("no_log"));
        assert!(is_no_log("no_log") && is_no_log("nolog") && !is_no_log("log"));
    }
}
