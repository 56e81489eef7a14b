//! Values as YAML.

use serde_json::Value;

/// A value as lines of YAML, for people: lists stand out, and a line is a line of the text. Read again, it is the same value.
pub fn to_yaml(value: &Value) -> String {
    let options = serde_saphyr::ser_options! {
        compact_list_indent: false,
        min_fold_chars: usize::MAX,
        folded_wrap_chars: usize::MAX,
    };
    // What cannot be written so is written as JSON, which is YAML too.
    serde_saphyr::to_string_with_options(value, options).unwrap_or_else(|_| format!("{value:#}\n"))
}
