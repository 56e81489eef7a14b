//! What stands behind the host calls of a plugin.

use std::sync::Arc;
use std::time::Instant;

use driftless_capabilities::{Capabilities, GrantedFolder};
use driftless_permissions::{Access, Grant};
use driftless_plugin_api::host_call::{Allowance, Answer, Capability, HostCalls, RequestSummary};
use driftless_transport::{HostCallEnded, HostResources, OpenFolder, SharedObserver};

/// What stands behind the host calls of a plugin where the program puts nothing else there: this machine, as far as it is granted.
pub fn this_machine(plugin: &str, grant: Grant) -> Arc<dyn HostCalls> {
    Arc::new(Capabilities::new(plugin, grant))
}

/// Host calls that an observer is told of.
pub(crate) struct ObservedHostCalls {
    plugin: Arc<str>,
    inner: Arc<dyn HostCalls>,
    observer: SharedObserver,
}

impl ObservedHostCalls {
    pub(crate) fn new(plugin: Arc<str>, inner: Arc<dyn HostCalls>, observer: SharedObserver) -> Self {
        Self { plugin, inner, observer }
    }
}

impl HostCalls for ObservedHostCalls {
    fn answer(&self, capability: Capability, request: &str, body: &[u8], allowance: Allowance<'_>) -> Answer {
        let began = Instant::now();
        let answer = self.inner.answer(capability, request, body, allowance);
        self.observer.host_call_ended(&HostCallEnded {
            plugin: &self.plugin,
            request: RequestSummary::of(capability, request),
            error: answer.error,
            missing_grant: answer.missing_grant.as_ref(),
            wall_time: began.elapsed(),
        });
        answer
    }
}

/// The folders and variables that a plugin was granted, for a transport that hands them over.
pub(crate) struct GrantedResources(Grant);

impl GrantedResources {
    pub(crate) fn new(grant: Grant) -> Self {
        Self(grant)
    }
}

impl HostResources for GrantedResources {
    fn folders(&self) -> Vec<OpenFolder> {
        let open = |folder: GrantedFolder| OpenFolder {
            name: folder.pattern.path.to_string(),
            handle: folder.handle,
            writable: folder.pattern.access == Access::Write,
        };
        driftless_capabilities::wasi_folders(&self.0).into_iter().map(open).collect()
    }

    fn variables(&self) -> Vec<(String, String)> {
        let variable = |name: &str| std::env::var(name).ok().map(|value| (name.to_owned(), value));
        self.0.variables().filter_map(variable).collect()
    }
}
