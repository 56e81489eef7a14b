//! What a module in the convention of plugin-sdk may import and has to export.

use driftless_plugin_api::abi;
use driftless_plugin_api::function::{Function, FunctionSet};
use driftless_plugin_api::remedy::Remedy;
use wasmparser::{ExternalKind, FuncType, TypeRef, ValType};

use super::host_functions;
use crate::abi::contract::{Contract, File, Offer};
use crate::abi::signature::written;
use crate::abi::wasi;
use crate::error::Violation;
use crate::scan::{CoreModule, Form, Import, Scan};
use crate::text::printable;

/// The rules of this ABI.
pub(crate) struct Sdk;

impl Contract for Sdk {
    fn recognises(&self, scan: &Scan) -> bool {
        scan.form == Form::Module
    }

    fn named_exports(&self, scan: &Scan) -> FunctionSet {
        named_exports(&scan.module)
    }

    fn check_imports(&self, file: &File<'_>, offer: Offer<'_>, violations: &mut Vec<Violation>) {
        for import in &file.scan.module.imports {
            violations.extend(check_import(&file.scan.module, import, offer));
        }
    }

    fn check_exports(&self, file: &File<'_>, violations: &mut Vec<Violation>) {
        let module = &file.scan.module;
        let mut refuse = |message: String| violations.push(Violation::of_file(message));
        let mut check = |name: &str, expected: &FuncType| {
            let export = module.exports.iter().find(|export| export.name == name)?;
            let found = matches!(export.kind, ExternalKind::Func | ExternalKind::FuncExact)
                .then(|| module.function_type(export.index))
                .flatten();
            if found != Some(expected) {
                let found = found.map_or_else(|| "no function".to_owned(), written);
                refuse(format!("its export `{name}` is {found}; the protocol has {}", written(expected)));
            }
            Some(())
        };
        let mut has_functions = false;
        for function in Function::ALL.iter().copied() {
            let parameters = vec![ValType::I32; 2 * function.arguments()];
            has_functions |= check(function.name(), &FuncType::new(parameters, [ValType::I64])).is_some();
        }
        // Present where a linker made a library of it; it takes and returns nothing.
        check(wasi::INITIALIZE, &FuncType::new([], []));
        let reserve = check(abi::RESERVE, &FuncType::new([ValType::I32], [ValType::I32]));
        if !has_functions {
            refuse("it is no plugin: it exports none of the protocol's functions".to_owned());
        } else if reserve.is_none() {
            refuse(format!("it exports no `{}`, which a plugin built with plugin-sdk has", abi::RESERVE));
        }
        violations.extend(check_memory(module));
    }
}

/// The functions of the protocol that a module exports, by their names alone.
pub(crate) fn named_exports(module: &CoreModule) -> FunctionSet {
    module.exports.iter().filter_map(|export| Function::named(&export.name)).collect()
}

/// What is wrong with an import, by the list of what the host offers to modules.
pub(crate) fn check_import(module: &CoreModule, import: &Import, offer: Offer<'_>) -> Option<Violation> {
    let refuse = |why: &str| Some(refused(import, why));
    match (host_functions::find(offer, &import.module, &import.name), import.kind) {
        // Nothing could be put in its place, whether WASI is allowed or not.
        (Err(_), kind) if import.module == wasi::MODULE && !matches!(kind, TypeRef::Func(_)) => {
            refuse("WASI consists of functions only")
        }
        (Err(reason), _) => {
            let is_wasi = import.module == wasi::MODULE && !offer.allow_wasi;
            Some(Violation { remedy: is_wasi.then_some(Remedy::Wasi), ..refused(import, &reason) })
        }
        (Ok(offered), TypeRef::Func(r#type)) => {
            if module.r#type(r#type).is_some_and(|found| offered.fits(found)) {
                None
            } else {
                refuse(&format!("the host offers it as {offered}"))
            }
        }
        (Ok(_), _) => refuse("it is a function"),
    }
}

/// Says that an import is refused.
pub(crate) fn refused(import: &Import, why: &str) -> Violation {
    let (module, name) = (printable(&import.module), printable(&import.name));
    Violation::at(import.offset, format!("it imports `{module}.{name}`: {why}"))
}

/// The memory that the host writes to and reads from.
pub(crate) fn check_memory(module: &CoreModule) -> Option<Violation> {
    let is_memory = |kind: ExternalKind| kind == ExternalKind::Memory;
    let found = module.exports.iter().any(|export| export.name == abi::MEMORY && is_memory(export.kind));
    (!found).then(|| Violation::of_file(format!("it exports no memory called `{}`", abi::MEMORY)))
}
