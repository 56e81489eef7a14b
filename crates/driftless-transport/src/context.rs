//! What the host puts at a plugin's disposal.

use std::fmt;
use std::fs::File;
use std::sync::Arc;

use driftless_plugin_api::cancel::CancelHandle;
use driftless_plugin_api::host_call::{
    Allowance, Answer, Capability, HostCallError, HostCallErrorKind, HostCalls,
};

use crate::clock::{ClockAndRandom, SystemClockAndRandom};
use crate::log::{LogRecord, SharedLogSink};

/// What a plugin can reach beyond its own memory, and what it is initialised with. By default: nothing.
#[derive(Clone)]
pub struct HostContext {
    /// The plugin's configuration, a JSON object, which `initialize` is called with.
    pub configuration: Arc<str>,
    /// Answers what the plugin asks of its host.
    pub host_calls: Arc<dyn HostCalls>,
    /// What a transport can hand to the plugin as the system's own: open folders, variables.
    pub resources: Arc<dyn HostResources>,
    /// Where the plugin's messages go.
    pub log: SharedLogSink,
    /// What the plugin is given as time and randomness.
    pub clock_and_random: Arc<dyn ClockAndRandom>,
    /// Ends every call of the plugin.
    pub cancel: CancelHandle,
}

impl Default for HostContext {
    fn default() -> Self {
        Self {
            configuration: "{}".into(),
            host_calls: Arc::new(Nothing),
            resources: Arc::new(Nothing),
            log: Arc::new(|_: &LogRecord<'_>| {}),
            clock_and_random: Arc::new(SystemClockAndRandom),
            cancel: CancelHandle::new(),
        }
    }
}

impl fmt::Debug for HostContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The configuration may hold secrets.
        f.debug_struct("HostContext").finish_non_exhaustive()
    }
}

/// What a plugin was granted of the system, for transports that hand it over rather than carry requests.
pub trait HostResources: Send + Sync {
    /// The granted folders, opened now.
    fn folders(&self) -> Vec<OpenFolder>;

    /// The granted environment variables that are set, with their values.
    fn variables(&self) -> Vec<(String, String)>;
}

/// A folder that a plugin was granted.
#[derive(Debug)]
pub struct OpenFolder {
    /// What the plugin calls it.
    pub name: String,
    /// The open folder.
    pub handle: File,
    /// Whether what is in it may be changed.
    pub writable: bool,
}

/// Denies everything.
struct Nothing;

impl HostCalls for Nothing {
    fn answer(&self, capability: Capability, _: &str, _: &[u8], _: Allowance<'_>) -> Answer {
        let message = format!("this host grants nothing, and `{}` needs a permission", capability.import());
        Answer::error(HostCallError::new(HostCallErrorKind::Denied, message))
    }
}

impl HostResources for Nothing {
    fn folders(&self) -> Vec<OpenFolder> {
        Vec::new()
    }

    fn variables(&self) -> Vec<(String, String)> {
        Vec::new()
    }
}
