//! What a WebAssembly component may import and has to export.

use driftless_plugin_api::function::{Function, FunctionSet};
use driftless_plugin_api::remedy::Remedy;
use driftless_plugin_api::wit;
use wasmparser::component_types::ComponentEntityType;

use super::interfaces;
use super::types::export;
use crate::abi::contract::{Contract, File, Offer};
use crate::error::Violation;
use crate::scan::{Form, Scan};
use crate::text::printable;

/// The rules of this ABI.
pub(crate) struct WasmComponent;

impl Contract for WasmComponent {
    fn recognises(&self, scan: &Scan) -> bool {
        scan.form == Form::WasmComponent
    }

    fn named_exports(&self, scan: &Scan) -> FunctionSet {
        scan.component_exports.iter().filter_map(|name| wit::exported_as(name)).collect()
    }

    /// Without types, where it is not well-formed, only their names are looked at.
    fn check_imports(&self, file: &File<'_>, offer: Offer<'_>, violations: &mut Vec<Violation>) {
        for (offset, name) in &file.scan.component_imports {
            let wrong = match interfaces::find(offer, name) {
                Err(reason) => Some(reason.into_owned()),
                Ok(interface) => file.types.and_then(|types| interface.differs(types, name)),
            };
            violations.extend(wrong.map(|wrong| Violation {
                remedy: (interfaces::is_wasi(name) && !offer.allow_wasi).then_some(Remedy::Wasi),
                ..Violation::at(*offset, format!("it imports `{}`: {wrong}", printable(name)))
            }));
        }
    }

    fn check_exports(&self, file: &File<'_>, violations: &mut Vec<Violation>) {
        // Without types, nothing can be said of an export.
        let Some(types) = file.types else { return };
        let before = violations.len();
        let mut refuse = |message: String| violations.push(Violation::of_file(message));
        let mut functions = Vec::new();
        for function in Function::ALL.iter().copied() {
            let name = wit::export(function).to_string();
            let Some(item) = types.component_item_for_export(&name) else { continue };
            let expected = export(function.arguments());
            match item.ty {
                ComponentEntityType::Func(found) if expected.fits(types, found) => functions.push(function),
                ComponentEntityType::Func(_) => {
                    refuse(format!("its export `{name}` has other types; the protocol has {expected}"));
                }
                _ => refuse(format!("its export `{name}` is no function; the protocol has {expected}")),
            }
        }
        if functions.is_empty() && violations.len() == before {
            let underscored = file.scan.component_exports.iter().find(|name| Function::named(name).is_some());
            violations.push(Violation::of_file(match underscored {
                Some(name) => format!(
                    "it is no plugin: it exports `{name}`, which in a component is written `{}`",
                    name.replace('_', "-")
                ),
                None => "it is no plugin: it exports none of the protocol's functions".to_owned(),
            }));
        }
    }
}
