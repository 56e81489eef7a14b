//! WASI, preview 1 and 2, made of what a plugin was granted and of nothing else: granted folders, granted variables, clocks and randomness. There
//! is no network, there are no arguments, standard input is empty, and what is printed goes to the log.

use std::path::PathBuf;
use std::sync::Arc;

use driftless_plugin_api::log::Level;
use driftless_transport::{CallFailure, OpenFolder};
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::{FsPerms, WasiCtx, WasiView};

use super::output::{Output, Printed};
use crate::plugin::Plugin;

/// WASI of one instance.
pub(crate) struct WasiState {
    context: WasiP1Ctx,
    output: Arc<Output>,
}

impl WasiState {
    /// A context made of a grant alone.
    pub(crate) fn new(plugin: &Plugin) -> Result<Self, CallFailure> {
        let shared = &plugin.shared;
        let (name, sink) = (Arc::clone(&plugin.info.name), Arc::clone(&plugin.context.log));
        let output = Output::new(name, sink, shared.limits.log, shared.limits.log_message);
        let mut builder = WasiCtx::builder();
        // Preview 2 has sockets; every address is refused.
        builder.allow_tcp(false).allow_udp(false).allow_ip_name_lookup(false);
        builder.stdout(Printed::new(&output, Level::Info));
        builder.stderr(Printed::new(&output, Level::Warn));
        let grant = &plugin.wasi;
        for (name, value) in &grant.variables {
            builder.env(name, value);
        }
        for folder in &grant.folders {
            let permitted = if folder.writable { FsPerms::ReadWrite } else { FsPerms::ReadOnly };
            let name = &folder.name;
            builder.preopened_dir(path_of(folder), name, permitted).map_err(|error| {
                CallFailure::Transport(format!("the granted folder {name} could not be opened: {error}"))
            })?;
        }
        let mut context = builder.build_p1();
        // What is open from the start is in the table already.
        context.ctx().table.set_max_capacity(grant.folders.len() + MAX_OPEN);
        Ok(Self { context, output })
    }

    /// A new call begins.
    pub(crate) fn begin(&self) {
        self.output.begin();
    }

    /// A call is over: what was printed without a newline goes to the log as well. Returns why the call failed, if it printed too much.
    pub(crate) fn finish(&self) -> Option<CallFailure> {
        self.output.finish().map(CallFailure::Limit)
    }

    pub(super) fn context(&mut self) -> &mut WasiP1Ctx {
        &mut self.context
    }
}

/// The way to the very folder that was opened.
#[cfg(target_os = "linux")]
fn path_of(folder: &OpenFolder) -> PathBuf {
    use std::os::fd::AsRawFd;

    PathBuf::from(format!("/proc/self/fd/{}", folder.handle.as_raw_fd()))
}

/// Elsewhere handles have no paths.
#[cfg(not(target_os = "linux"))]
fn path_of(folder: &OpenFolder) -> PathBuf {
    PathBuf::from(&folder.name)
}

/// The files and streams that an instance may have open. The process's limit of open files is shared by all plugins.
const MAX_OPEN: usize = 64;
