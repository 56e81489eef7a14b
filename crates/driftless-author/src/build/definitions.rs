//! What components a module brings, from itself: it is asked in the sandbox.
//!
//! Only small core modules are asked here. Compiling a component of JavaScript or Python takes ten seconds, so their languages answer.

use driftless_plugin_api::component::{ComponentKind, Definition};
use driftless_plugin_api::manifest::ComponentEntry;
use driftless_sandbox::{Limits, Sandbox};

/// Asks a module for its components.
pub(super) fn ask(name: &str, bytes: &[u8]) -> Result<Vec<ComponentEntry>, String> {
    // One instance is asked, so there is room for one.
    let limits = Limits { instances: 1, ..Limits::default() };
    let sandbox = Sandbox::new(limits).map_err(|error| error.to_string())?;
    let module = sandbox.validate(bytes).map_err(|error| error.to_string())?;
    let plugin = sandbox.compile(name, &module).map_err(|error| error.to_string())?;
    let mut instance = plugin.instantiate().map_err(|error| error.to_string())?;
    let mut components = Vec::new();
    for kind in ComponentKind::ALL {
        let function = kind.definitions();
        if !module.functions().contains(function) {
            continue;
        }
        let reply = instance.call(function, &[]).map_err(|error| error.to_string())?;
        let definitions: Vec<Definition> = serde_json::from_str(reply.text).map_err(|error| {
            format!("`{function}` returned something that is no list of definitions: {error}")
        })?;
        components.extend(definitions.into_iter().filter(|definition| kind.announces(definition)).map(
            |definition| ComponentEntry {
                kind,
                name: definition.name,
                description: definition.description.unwrap_or_default(),
            },
        ));
    }
    Ok(components)
}
