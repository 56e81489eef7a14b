//! What a module made by wasm-bindgen may import and has to export.

use driftless_plugin_api::function::{Function, FunctionSet};
use driftless_plugin_api::remedy::Remedy;
use wasmparser::{ExternalKind, FuncType, TypeRef, ValType};

use super::helpers::{FREE, Helper, MALLOC, NUMBERED, STACK, START};
use super::imports;
use crate::abi::contract::{Contract, File, Offer};
use crate::abi::sdk;
use crate::abi::signature::{ValueType, written};
use crate::error::Violation;
use crate::scan::{CoreModule, Form, Import, Scan};

/// The rules of this ABI.
pub(crate) struct Bindgen;

impl Contract for Bindgen {
    fn recognises(&self, scan: &Scan) -> bool {
        let module = &scan.module;
        scan.form == Form::Module
            && (module.imports.iter().any(|import| imports::is_import_module(&import.module))
                || module
                    .exports
                    .iter()
                    .any(|export| export.name == MALLOC.name || export.name.starts_with(NUMBERED)))
    }

    fn named_exports(&self, scan: &Scan) -> FunctionSet {
        sdk::named_exports(&scan.module)
    }

    fn check_imports(&self, file: &File<'_>, offer: Offer<'_>, violations: &mut Vec<Violation>) {
        let module = &file.scan.module;
        for import in &module.imports {
            violations.extend(if imports::is_import_module(&import.module) {
                check_import(module, import)
            } else {
                sdk::check_import(module, import, offer)
            });
        }
    }

    fn check_exports(&self, file: &File<'_>, violations: &mut Vec<Violation>) {
        let module = &file.scan.module;
        let before = violations.len();
        let mut refuse = |message: String| violations.push(Violation::of_file(message));
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
            match found.and_then(|found| return_kind(function, found)) {
                Some(kind) => {
                    through_memory |= kind == ReturnKind::Pointer;
                    functions.push(function);
                }
                None => {
                    let takes = match function.arguments() {
                        0 => "nothing".to_owned(),
                        1 => "one `&str`".to_owned(),
                        several => format!("{several} `&str`"),
                    };
                    let found = found.map_or_else(|| "no function".to_owned(), written);
                    refuse(format!(
                        "its export `{name}` is {found}; with wasm-bindgen it takes {takes} and returns a `String`"
                    ));
                }
            }
        }
        if functions.is_empty() && violations.len() == before {
            violations
                .push(Violation::of_file("it is no plugin: it exports none of the protocol's functions"));
            return;
        }
        let mut need = |helper: &Helper| {
            if helper.find(numeric_exports(module)).is_none() {
                let message = format!(
                    "it has no `{}` of a known type, which wasm-bindgen puts into every module",
                    helper.name
                );
                violations.push(Violation::of_file(message));
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
            violations.push(Violation::of_file(message));
        }
        violations.extend(sdk::check_memory(module));
    }
}

fn check_import(module: &CoreModule, import: &Import) -> Option<Violation> {
    let found = match import.kind {
        TypeRef::Func(r#type) => module.r#type(r#type),
        _ => None,
    };
    let Some(found) = found else {
        return Some(sdk::refused(import, "wasm-bindgen imports functions only"));
    };
    let (parameters, results) = ValueType::of_function(found);
    let offered = imports::find(&import.module, &import.name, &parameters, &results);
    offered.err().map(|reason| Violation {
        remedy: imports::is_unfinished(&import.module).then_some(Remedy::FinishedBuild),
        ..sdk::refused(import, &reason)
    })
}

/// How a function gives its result back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReturnKind {
    /// As two values.
    Values,
    /// Through memory, at a place that is its first parameter.
    Pointer,
}

/// The exported functions of numbers: names, and how many they take and give back.
fn numeric_exports(module: &CoreModule) -> impl Iterator<Item = (&str, usize, usize)> + Clone {
    module.exports.iter().filter_map(|export| {
        let is_function = matches!(export.kind, ExternalKind::Func | ExternalKind::FuncExact);
        let found = is_function.then(|| module.function_type(export.index)).flatten()?;
        let numbers = found.params().iter().chain(found.results()).all(|r#type| *r#type == ValType::I32);
        numbers.then(|| (export.name.as_str(), found.params().len(), found.results().len()))
    })
}

/// How a function of this type gives its result back, if it has one that fits.
fn return_kind(function: Function, found: &FuncType) -> Option<ReturnKind> {
    let numbers = found.params().iter().chain(found.results()).all(|r#type| *r#type == ValType::I32);
    let arguments = 2 * function.arguments();
    match (numbers, found.params().len(), found.results().len()) {
        (true, parameters, 2) if parameters == arguments => Some(ReturnKind::Values),
        (true, parameters, 0) if parameters == arguments + 1 => Some(ReturnKind::Pointer),
        _ => None,
    }
}
