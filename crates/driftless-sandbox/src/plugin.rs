//! What is known of a loaded plugin, and what all plugins of a sandbox share.

use std::sync::{Arc, OnceLock};

use driftless_transport::{Deadline, HostContext, Limits, PluginInfo};

use crate::slots::Slots;
use crate::ticker::Clock;
use crate::wasi::{WasiGrant, WasiRuntime};

/// What is known of a loaded plugin, its machine code left out.
pub(crate) struct Plugin {
    pub(crate) info: PluginInfo,
    pub(crate) imports_wasi: bool,
    pub(crate) context: HostContext,
    pub(crate) wasi: WasiGrant,
    /// When the instances have to be shut down, once none is needed any more.
    pub(crate) closing: OnceLock<Deadline>,
    pub(crate) shared: Arc<Shared>,
}

/// What an instance needs of its sandbox.
pub(crate) struct Shared {
    pub(crate) limits: Limits,
    pub(crate) slots: Arc<Slots>,
    pub(crate) debug: bool,
    pub(crate) clock: Clock,
    /// Where WASI waits; only a sandbox that allows WASI has it.
    pub(crate) runtime: Option<WasiRuntime>,
}
