//! Who is told of every call and of every host call.

use std::sync::Arc;
use std::time::Duration;

use driftless_plugin_api::component::ComponentKind;
use driftless_plugin_api::function::Function;
use driftless_plugin_api::host_call::{HostCallErrorKind, MissingGrant, RequestSummary};

use crate::call::Timing;
use crate::error::CallError;
use crate::transport::PluginInfo;
use crate::usage::Usage;

/// Is told of every call of every plugin, on the thread that calls.
///
/// It is called in the middle of the work, so it should be quick, and must not block. The least that it can do is to count:
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use driftless_transport::{CallEnded, Observer};
///
/// #[derive(Default)]
/// struct Counter(AtomicU64);
///
/// impl Observer for Counter {
///     fn call_ended(&self, _: &CallEnded<'_>) {
///         self.0.fetch_add(1, Ordering::Relaxed);
///     }
/// }
/// ```
pub trait Observer: Send + Sync + 'static {
    /// How exactly the wall time in [`CallEnded::usage`] is measured. Asked once, when the observer is installed.
    fn timing(&self) -> Timing {
        Timing::Coarse
    }

    /// A call begins. It may still have to wait for an instance.
    fn call_started(&self, _call: &CallStarted<'_>) {}

    /// A call has ended, in one way or another. Where there is a reply, the host has not read it yet.
    fn call_ended(&self, _call: &CallEnded<'_>) {}

    /// The host has answered a request that a plugin made in the middle of a call.
    fn host_call_ended(&self, _request: &HostCallEnded<'_>) {}
}

/// An observer that many plugins share.
pub type SharedObserver = Arc<dyn Observer>;

/// A call that begins.
#[derive(Clone, Copy, Debug)]
pub struct CallStarted<'a> {
    /// Which plugin.
    pub plugin: &'a PluginInfo,
    /// Which function.
    pub function: Function,
    /// Which of the plugin's components, where the call is of one.
    pub component: Option<(ComponentKind, &'a str)>,
}

/// A call that has ended.
#[derive(Clone, Copy, Debug)]
pub struct CallEnded<'a> {
    /// What was called.
    pub call: CallStarted<'a>,
    /// How it ended.
    pub outcome: Outcome<'a>,
    /// What it used.
    pub usage: &'a Usage,
}

/// How a call ended.
#[derive(Clone, Copy, Debug)]
pub enum Outcome<'a> {
    /// With a reply of so many bytes.
    Replied(usize),
    /// With a reply that the plugin marked as a failure, of so many bytes.
    Failed(usize),
    /// Without a reply.
    Error(&'a CallError),
}

/// A request of a plugin that the host has answered.
#[derive(Clone, Debug)]
pub struct HostCallEnded<'a> {
    /// The plugin that asked.
    pub plugin: &'a str,
    /// What it asked for, without contents and secrets. Its capability names the permission.
    pub request: RequestSummary,
    /// Why it was not done. [`HostCallErrorKind::Denied`] is a permission that was refused; `None` one that was used.
    pub error: Option<HostCallErrorKind>,
    /// The grant that would have allowed it: the plugin's manifest asks for it, and the user has not granted it.
    pub missing_grant: Option<&'a MissingGrant>,
    /// How long it took.
    pub wall_time: Duration,
}
