//! Errors as people read them, and as machines do.

use driftless_host::api::text::truncated;
use serde_json::{Value, json};

use crate::failure::{host_error, library_error_kind};
use crate::file_mistakes::FileMistakes;
use crate::words;

/// How many causes are told to a machine, and how many bytes each has: they are in the message already.
const MAX_CAUSES: usize = 20;
const MAX_CAUSE_BYTES: usize = 4_000;

/// An error and its causes, with what would change it.
pub(crate) fn message(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let colon = if text.is_empty() { "" } else { ": " };
        text = format!("{text}{colon}{cause}");
        // These have their causes in their own words.
        if library_error_kind(cause).is_some() {
            break;
        }
    }
    if let Some(remedy) = error.chain().find_map(host_error).and_then(words::remedy) {
        text.push_str(&remedy);
    }
    let registry = error.chain().find_map(|cause| cause.downcast_ref::<driftless_registry::Error>());
    if let Some(remedy) = registry.and_then(words::registry_remedy) {
        text.push_str(&remedy);
    }
    text
}

/// An error for machines: what stands under the key `error`. `code` is the exit code of the command.
pub(crate) fn as_json(error: &anyhow::Error, code: u8) -> Value {
    let mut causes: Vec<_> = error
        .chain()
        .skip(1)
        .take(MAX_CAUSES)
        .map(|cause| truncated(&cause.to_string(), MAX_CAUSE_BYTES).into_owned())
        .collect();
    // Some only carry the one below them.
    causes.dedup();
    let mut told = json!({"message": message(error), "code": code, "kind": kind(code), "causes": causes});
    if let Some(mistakes) = error.downcast_ref::<FileMistakes>() {
        told["mistakes"] = mistakes.as_json().into();
    }
    told
}

/// What an exit code means, in a word.
fn kind(code: u8) -> &'static str {
    match code {
        2 => "usage",
        3 => "refused",
        4 => "limit",
        5 => "not_found",
        129 | 130 => "interrupted",
        _ => "failed",
    }
}
