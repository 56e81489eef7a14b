//! What a plugin that uses WASI was granted.

use driftless_transport::{HostResources, OpenFolder};

/// What a plugin that uses WASI finds there.
#[derive(Debug, Default)]
pub(crate) struct WasiGrant {
    /// Folders that are open from the start. They are the same for all instances, whatever comes to stand in their place later.
    pub(super) folders: Vec<OpenFolder>,
    /// Environment variables, by name and value.
    pub(super) variables: Vec<(String, String)>,
}

impl WasiGrant {
    /// What the host granted, opened now.
    pub(crate) fn open(resources: &dyn HostResources) -> Self {
        Self { folders: resources.folders(), variables: resources.variables() }
    }
}
