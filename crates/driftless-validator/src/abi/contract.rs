//! What the rules of one ABI have to answer.

use driftless_permissions::Permissions;
use driftless_plugin_api::function::FunctionSet;
use driftless_plugin_api::host_call::Capability;
use wasmparser::types::TypesRef;

use crate::error::Violation;
use crate::scan::Scan;

/// The rules of one ABI: how a file is recognised that speaks it, and what such a file may import and has to export.
pub(crate) trait Contract: Sync {
    /// Whether a file is meant to speak this ABI.
    fn recognises(&self, scan: &Scan) -> bool;

    /// The functions of the protocol that a file exports, by their names alone.
    fn named_exports(&self, scan: &Scan) -> FunctionSet;

    /// Holds the imports against what the host offers.
    fn check_imports(&self, file: &File<'_>, offer: Offer<'_>, violations: &mut Vec<Violation>);

    /// Holds the exports against the protocol. Called only where the file could be read to its end.
    fn check_exports(&self, file: &File<'_>, violations: &mut Vec<Violation>);
}

/// A file that is checked.
#[derive(Clone, Copy)]
pub(crate) struct File<'a> {
    pub(crate) scan: &'a Scan,
    /// The types of everything in it; `None` where it is not valid WebAssembly.
    pub(crate) types: Option<TypesRef<'a>>,
}

/// What a host offers a plugin.
#[derive(Clone, Copy)]
pub(crate) struct Offer<'a> {
    /// What the plugin's manifest asks for; `None` where the manifest cannot be used, which is told by itself.
    pub(crate) requested: Option<&'a Permissions>,
    /// Whether WASI is allowed.
    pub(crate) allow_wasi: bool,
}

impl Offer<'_> {
    /// Why a plugin does not get a capability.
    pub(crate) fn lacks(self, capability: Capability) -> Option<String> {
        let lacks = self.requested.is_some_and(|requested| !requested.mentions(capability));
        let permission = capability.permission();
        lacks.then(|| format!("it needs the permission `{permission}`, which the manifest does not ask for"))
    }
}
