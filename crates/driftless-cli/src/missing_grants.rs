//! What plugins were refused for want of a grant.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use driftless_host::api::host_call::{
    Allowance, Answer, Capability, HostCallErrorKind, HostCalls, MissingGrant,
};
use driftless_host::api::manifest::Permission;
use driftless_host::permissions::{Grant, Permissions};
use driftless_host::{ProtectedPaths, this_machine};

/// How many of them are kept of one plugin: it may ask for anything, without end.
const MAX_ENTRIES: usize = 8;

/// What plugins were refused. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct MissingGrants {
    refusals: Arc<Mutex<Refusals>>,
    /// Whether what exactly is lacking may be what is not to be shown.
    hides_entries: Arc<AtomicBool>,
}

#[derive(Debug, Default)]
struct Refusals {
    /// Whether any plugin was refused anything, be it for want of a grant or because its manifest does not ask for it.
    denied: bool,
    lacking: BTreeMap<String, Lacking>,
    /// The files of plugins that are in no plugin folder.
    files: BTreeMap<String, String>,
}

/// What one plugin lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lacking {
    /// The file of the plugin, where it cannot be found by its name.
    pub(crate) file: Option<String>,
    /// What would have to be granted.
    pub(crate) entries: BTreeSet<MissingGrant>,
    /// Whether there is more than that.
    pub(crate) more: bool,
}

impl MissingGrants {
    /// None so far. While `hides_entries` is set, it is noted that something is lacking, and not what.
    pub(crate) fn new(hides_entries: Arc<AtomicBool>) -> Self {
        Self { refusals: Arc::default(), hides_entries }
    }

    /// This machine, as far as a plugin was granted it, which notes what the plugin is refused.
    pub(crate) fn noting(&self, plugin: &str, grant: Grant, protected: ProtectedPaths) -> Arc<dyn HostCalls> {
        Arc::new(Noting {
            machine: this_machine(plugin, grant),
            plugin: plugin.to_owned(),
            missing: self.clone(),
            protected,
        })
    }

    /// Says that a plugin was read from this file, which the user named.
    pub(crate) fn is_from_file(&self, plugin: &str, file: &str) {
        self.lock().files.insert(plugin.to_owned(), file.to_owned());
    }

    /// The file that a plugin was read from, where the user named it.
    pub(crate) fn file_of(&self, plugin: &str) -> Option<String> {
        self.lock().files.get(plugin).cloned()
    }

    /// Takes what is lacking, by the names of the plugins, so that each is told once.
    pub(crate) fn take(&self) -> BTreeMap<String, Lacking> {
        let mut refusals = self.lock();
        let mut lacking = std::mem::take(&mut refusals.lacking);
        for (plugin, lacking) in &mut lacking {
            lacking.file = refusals.files.get(plugin).cloned();
        }
        lacking
    }

    /// Whether a plugin was refused a permission.
    pub(crate) fn any_denied(&self) -> bool {
        self.lock().denied
    }

    fn note(&self, plugin: &str, missing: Option<&MissingGrant>) {
        let mut refusals = self.lock();
        refusals.denied = true;
        let Some(missing) = missing else { return };
        let lacking = refusals.lacking.entry(plugin.to_owned()).or_default();
        if self.hides_entries.load(Ordering::Relaxed) {
            lacking.more = true;
        } else if lacking.entries.len() < MAX_ENTRIES {
            lacking.entries.insert(missing.clone());
        } else {
            lacking.more |= !lacking.entries.contains(missing);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Refusals> {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Noting {
    machine: Arc<dyn HostCalls>,
    plugin: String,
    missing: MissingGrants,
    /// What cannot be granted.
    protected: ProtectedPaths,
}

impl Noting {
    fn can_be_granted(&self, missing: &MissingGrant) -> bool {
        let entry = Permission::new(missing.capability, vec![missing.entry.clone()]);
        Permissions::parse(&[entry]).map_or(true, |entry| self.protected.remove_from(&entry).1.is_empty())
    }
}

impl HostCalls for Noting {
    fn answer(&self, capability: Capability, request: &str, body: &[u8], allowance: Allowance<'_>) -> Answer {
        let answer = self.machine.answer(capability, request, body, allowance);
        if answer.error == Some(HostCallErrorKind::Denied) {
            let missing = answer.missing_grant.as_ref().filter(|missing| self.can_be_granted(missing));
            self.missing.note(&self.plugin, missing);
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_that_asks_without_end_fills_no_memory() {
        let missing = MissingGrants::default();
        missing.note("p", None);
        assert!(missing.any_denied());
        assert!(missing.take().is_empty(), "no grant would change what the manifest does not ask for");
        let entry =
            |number: usize| MissingGrant { capability: Capability::File, entry: format!("/{number}") };
        for number in 0..1000 {
            missing.note("p", Some(&entry(number % 8)));
        }
        assert!(!missing.take()["p"].more);
        for number in 0..1000 {
            missing.note("p", Some(&entry(number)));
        }
        missing.is_from_file("p", "dist/p.wasm");
        let lacking = &missing.take()["p"];
        assert_eq!((lacking.entries.len(), lacking.more), (MAX_ENTRIES, true));
        assert_eq!(lacking.file.as_deref(), Some("dist/p.wasm"));
    }
}
