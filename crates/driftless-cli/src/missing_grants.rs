//! Which plugins were refused something for want of a grant.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use driftless_host::api::host_call::{Allowance, Answer, Capability, HostCalls};
use driftless_host::permissions::Grant;
use driftless_host::this_machine;

/// The names of plugins that were refused what a grant would have allowed. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct MissingGrants(Arc<Mutex<BTreeSet<String>>>);

impl MissingGrants {
    /// This machine, as far as a plugin was granted it, which notes what the plugin is refused.
    pub(crate) fn noting(&self, plugin: &str, grant: Grant) -> Arc<dyn HostCalls> {
        Arc::new(Noting {
            machine: this_machine(plugin, grant),
            plugin: plugin.to_owned(),
            missing: self.clone(),
        })
    }

    /// Takes the names, so that each is told once.
    pub(crate) fn take(&self) -> BTreeSet<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Noting {
    machine: Arc<dyn HostCalls>,
    plugin: String,
    missing: MissingGrants,
}

impl HostCalls for Noting {
    fn answer(&self, capability: Capability, request: &str, body: &[u8], allowance: Allowance<'_>) -> Answer {
        let answer = self.machine.answer(capability, request, body, allowance);
        if answer.lacks_grant {
            let mut missing = self.missing.0.lock().unwrap_or_else(PoisonError::into_inner);
            missing.insert(self.plugin.clone());
        }
        answer
    }
}
