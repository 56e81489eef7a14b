//! A core module that speaks the ABI of components becomes one. plugin-sdk's feature `component` makes such modules.

use driftless_plugin_api::host_call::Capability;
use driftless_plugin_api::manifest::SECTION;
use driftless_plugin_api::wit;
use driftless_validator::inspect;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

use crate::sections::{self, Unreadable};
use crate::world;

/// Whether a core module exports functions of the protocol under the names that they have in a component.
pub(super) fn is_meant(module: &[u8]) -> Result<bool, Unreadable> {
    Ok(sections::core_exports(module)?
        .into_iter()
        .any(|name| name.contains('-') && wit::exported_as(name).is_some()))
}

/// Wraps a core module into a component that has its exports, with its manifest on the outside.
pub(super) fn wrap(module: &[u8]) -> Result<Vec<u8>, String> {
    let info = inspect(module);
    let imports = info.imports();
    if imports.iter().any(|import| import.starts_with("wasi_snapshot_preview1.")) {
        return Err("a component cannot have what the target wasm32-wasip1 imports; it is compiled for wasm32-unknown-unknown".into());
    }
    let imported = |capability: &Capability| {
        let prefix = format!("{}.", wit::interface(*capability));
        imports.iter().any(|import| import.starts_with(&prefix))
    };
    let capabilities: Vec<Capability> = Capability::ALL.into_iter().filter(imported).collect();
    let (mut inner, manifests) = sections::take(module, SECTION).map_err(|error| error.to_string())?;
    let exports = sections::core_exports(module).map_err(|error| error.to_string())?;
    let (resolve, world) = world::of_exports(&exports, &capabilities)?;
    let words = |error| format!("it cannot be made a component: {error:#}");
    embed_component_metadata(&mut inner, &resolve, world, StringEncoding::UTF8).map_err(words)?;
    let encoder = ComponentEncoder::default().validate(false).module(&inner).map_err(words)?;
    let mut component = { encoder }.encode().map_err(words)?;
    for manifest in manifests {
        sections::append(&mut component, SECTION, manifest);
    }
    Ok(component)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What plugin-sdk makes, in short: a string in, a result out, through a place in memory.
    const MODULE: &str = r#"(module
        (import "driftless:plugin/host@1.0.0" "get-random" (func (result i64)))
        (import "driftless:plugin/file@1.0.0" "request" (func (param i32 i32 i32 i32 i32)))
        (memory (export "memory") 1)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
        (func (export "execute-task") (param i32 i32 i32 i32) (result i32) i32.const 16)
        (func (export "get-hooks") (result i32) i32.const 16))"#;

    #[test]
    fn a_module_becomes_a_component() {
        let mut module = wat::parse_str(MODULE).unwrap();
        sections::append(&mut module, SECTION, br#"{"name": "x", "version": "1.0.0"}"#);
        assert!(is_meant(&module).unwrap());
        let component = wrap(&module).unwrap();
        assert!(sections::is_component(&component));
        let (_, manifests) = sections::take(&component, SECTION).unwrap();
        assert_eq!(manifests, [br#"{"name": "x", "version": "1.0.0"}"#]);
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let module =
            wat::parse_str(r#"(module (memory (export "memory") 1) (func (export "get-hooks")))"#).unwrap();
        let why = wrap(&module).unwrap_err();
        assert!(why.contains("get-hooks"), "{why}");
        let module = wat::parse_str(
            r#"(module (import "wasi_snapshot_preview1" "fd_write" (func)) (func (export "get-hooks")))"#,
        );
        assert!(wrap(&module.unwrap()).unwrap_err().contains("wasm32-unknown-unknown"));
        assert!(!is_meant(&wat::parse_str(r#"(module (func (export "get_hooks")))"#).unwrap()).unwrap());
    }
}
