//! The imports of a module made by wasm-bindgen that the host offers.

use std::borrow::Cow;

use driftless_plugin_api::log::Level;

use crate::abi::signature::ValueType::{self, ExternRef, F64, I32};
use crate::text::printable;

/// An import that the host offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Import {
    /// `console.log` and its like, with one text.
    Console(Level),
    /// What Rust's side of wasm-bindgen throws.
    Throw,
    /// Fills the table of JavaScript's values with its constants, of which there are none here.
    InitTable,
    /// `new Error()`, for the panic hook that wasm-pack's template installs. There is none: null.
    NewError,
    /// `error.stack`, which is empty: returned through memory.
    Stack,
    /// A value is not needed any more.
    Drop,
    /// `Date.now()`, in milliseconds, by the second.
    Now,
    /// `Math.random()`
    Random,
}

/// Where the tool has not been at work yet.
const UNFINISHED: [&str; 2] = ["__wbindgen_placeholder__", "__wbindgen_externref_xform__"];

/// Whether the imports from a module are wasm-bindgen's.
pub fn is_import_module(name: &str) -> bool {
    // Until 0.2.107, and since then.
    name == "wbg" || (name.starts_with("./") && name.ends_with("_bg.js")) || is_unfinished(name)
}

/// Whether imports from a module are there because the tool has not been at work yet.
pub(super) fn is_unfinished(module: &str) -> bool {
    UNFINISHED.contains(&module)
}

/// Looks an import up by its name and type.
///
/// # Errors
///
/// Why there is no such function.
pub fn find(
    module: &str,
    name: &str,
    parameters: &[ValueType],
    results: &[ValueType],
) -> Result<Import, Cow<'static, str>> {
    if is_unfinished(module) {
        return Err(
            "it comes from a module that wasm-bindgen has not finished (`wasm-bindgen --target web`)".into(),
        );
    }
    let stem = stem(name);
    let found = match (stem, parameters, results) {
        ("log" | "info" | "trace", [I32, I32], []) => Import::Console(Level::Info),
        ("warn", [I32, I32], []) => Import::Console(Level::Warn),
        ("error", [I32, I32], []) => Import::Console(Level::Error),
        ("debug", [I32, I32], []) => Import::Console(Level::Debug),
        ("throw", [I32, I32], []) => Import::Throw,
        ("init_externref_table", [], []) => Import::InitTable,
        ("new", [], [ExternRef | I32]) => Import::NewError,
        ("stack", [I32, ExternRef | I32], []) => Import::Stack,
        ("object_drop_ref", [I32], []) => Import::Drop,
        ("now", [], [F64]) => Import::Now,
        ("random", [], [F64]) => Import::Random,
        ("log" | "info" | "warn" | "error" | "debug" | "trace", ..) => {
            return Err(format!("`console.{stem}` is offered for one text (`fn {stem}(s: &str)`)").into());
        }
        ("throw" | "init_externref_table" | "new" | "stack" | "object_drop_ref" | "now" | "random", ..) => {
            return Err("no known version of wasm-bindgen gives it this type".into());
        }
        ("generic" | "cast" | "string_new" | "number_new" | "object_clone_ref" | "describe", ..) => {
            return Err(
                "it needs values of JavaScript (`JsValue`), and a plugin has texts only: `&str` and `String`"
                    .into(),
            );
        }
        _ => {
            let advice = "a plugin runs without JavaScript and has `console.log`, `info`, `warn`, `error` and `debug` of it; plugin-sdk has what \
                          else a plugin may ask for";
            return Err(format!("`{}` is JavaScript's; {advice}", printable(stem)).into());
        }
    };
    Ok(found)
}

/// The name in JavaScript: without what wasm-bindgen puts before and behind it.
fn stem(name: &str) -> &str {
    let name = name.strip_prefix("__wbg_").unwrap_or(name);
    let name = match name.rsplit_once('_') {
        // A hash, or a number in the place of one.
        Some((stem, hash)) if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => stem,
        _ => name,
    };
    name.strip_prefix("__wbindgen_").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stem_is_what_javascript_calls_it() {
        assert_eq!(stem("__wbg_log_2d682d99c976bdb5"), "log");
        assert_eq!(stem("__wbg___wbindgen_throw_41e9ee4f547fc59a"), "throw");
        assert_eq!(stem("__wbindgen_throw"), "throw");
        assert_eq!(stem("__wbindgen_init_externref_table"), "init_externref_table");
        assert_eq!(stem("__wbg_log_short"), "log_short");
    }

    #[test]
    fn a_name_alone_does_not_tell() {
        let found = |name: &str, parameters: &[ValueType]| find("wbg", name, parameters, &[]);
        assert_eq!(
            found("__wbg_log_2d682d99c976bdb5", &[I32, I32]),
            Ok(Import::Console(Level::Info)),
            "one text"
        );
        assert!(found("__wbg_log_2d682d99c976bdb5", &[I32]).unwrap_err().contains("for one text"));
        assert!(
            found("__wbg_alert_ed46974f3d33c7da", &[I32, I32])
                .unwrap_err()
                .starts_with("`alert` is JavaScript's")
        );
        assert!(find("__wbindgen_placeholder__", "x", &[], &[]).unwrap_err().contains("--target web"));
    }
}
