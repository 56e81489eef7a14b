//! What a plugin can reach beyond its own memory.

use std::fmt;
use std::sync::Arc;

use driftless_plugin_api::host_call::{
    Allowance, Answer, Capability, HostCallError, HostCallErrorKind, HostCalls,
};

use crate::wasi::WasiGrant;

/// What stands around a plugin: by default, nothing.
#[derive(Clone)]
pub struct Surroundings {
    /// Answers what the plugin asks of its host.
    pub host_calls: Arc<dyn HostCalls>,
    /// What it finds in WASI, where that is allowed.
    pub wasi: WasiGrant,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self { host_calls: Arc::new(Nothing), wasi: WasiGrant::default() }
    }
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings").field("wasi", &self.wasi).finish_non_exhaustive()
    }
}

/// Denies everything.
struct Nothing;

impl HostCalls for Nothing {
    fn answer(&self, capability: Capability, _: &str, _: &[u8], _: Allowance<'_>) -> Answer {
        let message = format!("this host grants nothing, and `{}` needs a permission", capability.import());
        Answer::error(HostCallError::new(HostCallErrorKind::Denied, message))
    }
}
