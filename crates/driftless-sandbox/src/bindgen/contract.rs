//! What a wasm-bindgen module may import and has to export.

use std::borrow::Cow;

use driftless_plugin_api::abi;
use driftless_plugin_api::function::Function;
use driftless_plugin_api::log::Level;
use wasmparser::ValType::{F64, I32};
use wasmparser::{ExternalKind, FuncType, RefType, ValType};

use crate::error::Violation;
use crate::survey::Survey;
use crate::validate::{printable, signature};

/// An export of wasm-bindgen's own.
pub(crate) struct Helper {
    /// What it is called, as long as nothing keeps wasm-bindgen from it: in a module that was stripped before, its helpers are numbered.
    name: &'static str,
    /// How many numbers it may take. It gives back as many as `results`.
    parameters: &'static [usize],
    results: usize,
}

/// Makes room for an argument: `(size, alignment) -> pointer`, without the alignment before 0.2.85.
pub(crate) const MALLOC: Helper = Helper { name: "__wbindgen_malloc", parameters: &[2, 1], results: 1 };

/// Takes back the room of a result: `(pointer, size, alignment)`, without the alignment before 0.2.85.
pub(crate) const FREE: Helper = Helper { name: "__wbindgen_free", parameters: &[3, 2], results: 0 };

/// Moves the guest's own stack pointer, to make room for a result that is returned through memory.
pub(crate) const STACK: Helper =
    Helper { name: "__wbindgen_add_to_stack_pointer", parameters: &[1], results: 1 };

/// How the helpers of a stripped module are called, with a number behind it.
const NUMBERED: &str = "__wbindgen_export";

impl Helper {
    /// Finds it among exported functions, given by their names and by how many numbers they take and give back. The name decides; without it, the type does.
    pub(crate) fn find<'a>(
        &self,
        exports: impl Iterator<Item = (&'a str, usize, usize)> + Clone,
    ) -> Option<&'a str> {
        let fits = |parameters: usize, results: usize| {
            results == self.results && self.parameters.contains(&parameters)
        };
        let named = |(name, parameters, results): (&'a str, usize, usize)| {
            (name == self.name && fits(parameters, results)).then_some(name)
        };
        let numbered = |(name, parameters, results): (&'a str, usize, usize)| {
            let number = name.strip_prefix(NUMBERED)?;
            let is_number = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
            // The stack pointer's helper has the type that `malloc` had once; it keeps its name.
            (is_number && fits(parameters, results) && parameters == self.parameters[0]).then_some(name)
        };
        exports.clone().find_map(named).or_else(|| exports.clone().find_map(numbered))
    }
}

/// Prepares an instance.
pub(crate) const START: &str = "__wbindgen_start";

/// Where the tool has not been at work yet.
const UNFINISHED: [&str; 2] = ["__wbindgen_placeholder__", "__wbindgen_externref_xform__"];

/// Whether the imports from a module are wasm-bindgen's.
pub(crate) fn is_import_module(name: &str) -> bool {
    // Until 0.2.107, and since then.
    name == "wbg" || (name.starts_with("./") && name.ends_with("_bg.js")) || UNFINISHED.contains(&name)
}

/// Whether wasm-bindgen made it.
pub(crate) fn made(survey: &Survey<'_>) -> bool {
    let module = &survey.module;
    module.imports.iter().any(|import| is_import_module(import.module))
        || module.exports.iter().any(|export| export.name == MALLOC.name || export.name.starts_with(NUMBERED))
}

/// An import that the host offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Import {
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

/// Looks an import up by its name and type. The error says why there is no such function.
pub(crate) fn find(
    module: &str,
    name: &str,
    parameters: &[ValType],
    results: &[ValType],
) -> Result<Import, Cow<'static, str>> {
    const EXTERN: ValType = ValType::Ref(RefType::EXTERNREF);
    if UNFINISHED.contains(&module) {
        let advice = "it comes from a module that wasm-bindgen has not finished: `driftless plugin build` does it, or `wasm-bindgen --target web`";
        return Err(advice.into());
    }
    let stem = stem(name);
    let found = match (stem, parameters, results) {
        ("log" | "info" | "trace", [I32, I32], []) => Import::Console(Level::Info),
        ("warn", [I32, I32], []) => Import::Console(Level::Warn),
        ("error", [I32, I32], []) => Import::Console(Level::Error),
        ("debug", [I32, I32], []) => Import::Console(Level::Debug),
        ("throw", [I32, I32], []) => Import::Throw,
        ("init_externref_table", [], []) => Import::InitTable,
        ("new", [], [EXTERN | I32]) => Import::NewError,
        ("stack", [I32, EXTERN | I32], []) => Import::Stack,
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

/// How a function gives its result back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Returns {
    /// As two values.
    Values,
    /// Through memory, at a place that is its first parameter.
    Pointer,
}

/// Checks the exports, and returns the functions of the protocol that are among them.
pub(crate) fn check_exports(survey: &Survey<'_>, violations: &mut Vec<Violation>) -> Vec<Function> {
    let module = &survey.module;
    let mut refuse = |message: String| violations.push(Violation { offset: None, message });
    let exported = |name: &str| {
        let export = module.exports.iter().find(|export| export.name == name)?;
        let is_function = matches!(export.kind, ExternalKind::Func | ExternalKind::FuncExact);
        Some(is_function.then(|| module.function_type(export.index)).flatten())
    };
    let mut functions = Vec::new();
    let mut through_memory = false;
    for function in Function::ALL.iter().copied() {
        let name = function.name();
        let Some(found) = exported(name) else { continue };
        match found.and_then(|found| returns(function, found)) {
            Some(returns) => {
                through_memory |= returns == Returns::Pointer;
                functions.push(function);
            }
            None => {
                let takes = match function.arguments() {
                    0 => "nothing".to_owned(),
                    1 => "one `&str`".to_owned(),
                    several => format!("{several} `&str`"),
                };
                let found = found.map_or_else(|| "no function".to_owned(), signature);
                refuse(format!(
                    "its export `{name}` is {found}; with wasm-bindgen it takes {takes} and returns a `String`"
                ));
            }
        }
    }
    if functions.is_empty() && violations.is_empty() {
        let message = "it is no plugin: it exports none of the protocol's functions".to_owned();
        violations.push(Violation { offset: None, message });
        return functions;
    }
    let mut need = |helper: &Helper| {
        if helper.find(numeric_exports(survey)).is_none() {
            let message = format!(
                "it has no `{}` of a known type, which wasm-bindgen puts into every module",
                helper.name
            );
            violations.push(Violation { offset: None, message });
        }
    };
    if functions.iter().any(|function| function.arguments() > 0) {
        need(&MALLOC);
    }
    need(&FREE);
    if through_memory {
        need(&STACK);
    }
    if exported(START).is_some_and(|found| found.is_none_or(|found| *found != FuncType::new([], []))) {
        let message = format!("its export `{START}` is no function that takes and gives back nothing");
        violations.push(Violation { offset: None, message });
    }
    let has_memory =
        module.exports.iter().any(|export| export.name == abi::MEMORY && export.kind == ExternalKind::Memory);
    if !has_memory {
        let message = format!("it exports no memory called `{}`", abi::MEMORY);
        violations.push(Violation { offset: None, message });
    }
    functions
}

/// The exported functions of numbers: names, and how many they take and give back.
fn numeric_exports<'a>(survey: &'a Survey<'_>) -> impl Iterator<Item = (&'a str, usize, usize)> + Clone {
    let module = &survey.module;
    module.exports.iter().filter_map(|export| {
        let is_function = matches!(export.kind, ExternalKind::Func | ExternalKind::FuncExact);
        let found = is_function.then(|| module.function_type(export.index)).flatten()?;
        let numbers = found.params().iter().chain(found.results()).all(|r#type| *r#type == I32);
        numbers.then(|| (export.name, found.params().len(), found.results().len()))
    })
}

/// How a function of this type gives its result back, if it has one that fits.
fn returns(function: Function, found: &FuncType) -> Option<Returns> {
    let numbers = found.params().iter().chain(found.results()).all(|r#type| *r#type == I32);
    let arguments = 2 * function.arguments();
    match (numbers, found.params().len(), found.results().len()) {
        (true, parameters, 2) if parameters == arguments => Some(Returns::Values),
        (true, parameters, 0) if parameters == arguments + 1 => Some(Returns::Pointer),
        _ => None,
    }
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
        let found = |name: &str, parameters: &[ValType]| find("wbg", name, parameters, &[]);
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
        assert!(find("__wbindgen_placeholder__", "x", &[], &[]).unwrap_err().contains("plugin build"));
    }
}
