//! WASI, preview 1 and 2, made of what a plugin was granted and of nothing else: granted folders, granted variables, clocks and randomness. There
//! is no network, there are no arguments, standard input is empty, and what is printed goes to the log.
//!
//! WASI may wait, for a file or for a clock, where neither fuel nor epochs count. So these plugins run on a fiber of their own that is
//! left alone when the call's time is over. Nobody else pays for that.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use driftless_plugin_api::limit::Limit;
use driftless_plugin_api::log::Level;
use thiserror::Error;
use tokio::io::AsyncWrite;
use tokio::runtime::Runtime;
use wasmtime::{Linker, Trap, component};
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p1::{self, WasiP1Ctx};
use wasmtime_wasi::p2::{self, OutputStream, Pollable, StreamError, StreamResult};
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtx, WasiCtxView, WasiView};

use crate::host_functions::State;
use crate::sandbox::{PluginInner, Shared};
use crate::ticker::Deadline;
use driftless_transport::CallFailure;
use driftless_transport::{CancelHandle, HostResources, LogRecord, OpenFolder, SharedLogSink};

/// What a plugin that uses WASI finds there.
#[derive(Debug, Default)]
pub(crate) struct WasiGrant {
    /// Folders that are open from the start. They are the same for all instances, whatever comes to stand in their place later.
    folders: Vec<OpenFolder>,
    /// Environment variables, by name and value.
    variables: Vec<(String, String)>,
}

impl WasiGrant {
    /// What the host granted, opened now.
    pub(crate) fn open(resources: &dyn HostResources) -> Self {
        Self { folders: resources.folders(), variables: resources.variables() }
    }
}

/// WASI of one instance.
pub(crate) struct WasiState {
    context: WasiP1Ctx,
    output: Arc<Output>,
}

/// Where everything that WASI can wait for is waited for.
pub(crate) struct WasiRuntime(Option<Runtime>);

impl WasiRuntime {
    pub(crate) fn new() -> std::io::Result<Self> {
        // The caller's thread polls; this one keeps the clock.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("driftless-wasi")
            .enable_time()
            .build()?;
        Ok(Self(Some(runtime)))
    }

    fn enter(&self) -> tokio::runtime::EnterGuard<'_> {
        self.0.as_ref().expect("it is there until the drop").enter()
    }
}

impl Drop for WasiRuntime {
    fn drop(&mut self) {
        // A guest may have opened a pipe that nobody writes to: nobody waits for the thread that waits there.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// The files and streams that an instance may have open. They are the process's, and those of all plugins come out of one purse.
const MOST_OPEN: usize = 64;

/// Offers it, preview 1 to modules and preview 2 to components.
pub(crate) fn define(
    modules: &mut Linker<State>,
    components: &mut component::Linker<State>,
) -> wasmtime::Result<()> {
    p1::add_to_linker_async(modules, State::wasi_context)?;
    p2::add_to_linker_async(components)
}

impl State {
    fn wasi_context(&mut self) -> &mut WasiP1Ctx {
        &mut self.wasi.as_mut().expect("an instance of a plugin that imports WASI has it").context
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        self.wasi_context().ctx()
    }
}

/// Runs what may wait, for as long as the running call has time and is not cancelled.
pub(crate) fn drive<R>(
    shared: &Shared,
    bounds: Bounds,
    work: impl Future<Output = wasmtime::Result<R>>,
) -> wasmtime::Result<R> {
    let runtime = shared.runtime.as_ref().expect("a sandbox that allows WASI has a runtime");
    let _entered = runtime.enter();
    pollster::block_on(async {
        let mut work = std::pin::pin!(work);
        loop {
            let left = shared.clock.left(bounds.deadline);
            match tokio::time::timeout(left.min(GLANCE), work.as_mut()).await {
                Ok(done) => return done,
                Err(_) if bounds.cancel.is_cancelled() => return Err(Cancelled.into()),
                Err(_) if shared.clock.left(bounds.deadline).is_zero() => return Err(Trap::Interrupt.into()),
                Err(_) => {}
            }
        }
    })
}

/// What ends a call that waits.
pub(crate) struct Bounds {
    deadline: Deadline,
    cancel: CancelHandle,
}

impl Bounds {
    /// Those of the running call.
    pub(crate) fn of(state: &State) -> Self {
        Self { deadline: state.deadline, cancel: state.cancel().clone() }
    }
}

/// How often a waiting call looks whether it was cancelled.
const GLANCE: Duration = Duration::from_millis(10);

/// A call that waited was cancelled.
#[derive(Clone, Copy, Debug, Error)]
#[error("the call was cancelled")]
pub(crate) struct Cancelled;

/// The code with which a guest asked to end the process.
pub(crate) fn exit_code(error: &wasmtime::Error) -> Option<i32> {
    error.downcast_ref::<I32Exit>().map(|exit| exit.0)
}

impl WasiState {
    /// A context made of a grant alone.
    pub(crate) fn new(plugin: &PluginInner) -> Result<Self, CallFailure> {
        let shared = &plugin.shared;
        let output = Arc::new(Output {
            plugin: Arc::clone(&plugin.info.name),
            sink: Arc::clone(&plugin.context.log),
            allowed: shared.limits.log,
            longest: shared.limits.log_message,
            state: Mutex::new(Pending { left: shared.limits.log, ..Pending::default() }),
        });
        let mut builder = WasiCtx::builder();
        // Preview 2 has sockets, and nobody to talk to.
        builder.allow_tcp(false).allow_udp(false).allow_ip_name_lookup(false);
        builder.stdout(Printed { output: Arc::clone(&output), level: Level::Info });
        builder.stderr(Printed { output: Arc::clone(&output), level: Level::Warn });
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
        context.ctx().table.set_max_capacity(grant.folders.len() + MOST_OPEN);
        Ok(Self { context, output })
    }

    /// A new call begins.
    pub(crate) fn begin(&self) {
        let mut state = self.output.lock();
        state.left = self.output.allowed;
        state.exceeded = false;
    }

    /// A call is over: what was printed without a newline goes to the log as well. Returns why the call failed, if it printed too much.
    pub(crate) fn finish(&self) -> Option<CallFailure> {
        for level in [Level::Info, Level::Warn] {
            self.output.flush(level);
        }
        let exceeded = self.output.lock().exceeded;
        exceeded.then(|| CallFailure::Limit(Limit::Log.exceeded(self.output.allowed as u64)))
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

/// What a guest prints, by line.
struct Output {
    plugin: Arc<str>,
    sink: SharedLogSink,
    /// Bytes for each call.
    allowed: usize,
    /// Bytes of a line that are kept.
    longest: usize,
    state: Mutex<Pending>,
}

#[derive(Default)]
struct Pending {
    /// Bytes that the running call may still print.
    left: usize,
    exceeded: bool,
    /// The beginnings of lines, of standard output and of standard error.
    info: Vec<u8>,
    warn: Vec<u8>,
}

impl Pending {
    fn line(&mut self, level: Level) -> &mut Vec<u8> {
        if level == Level::Warn { &mut self.warn } else { &mut self.info }
    }
}

impl Output {
    fn lock(&self) -> std::sync::MutexGuard<'_, Pending> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn print(&self, level: Level, bytes: &[u8]) -> Result<(), TooMuch> {
        {
            let mut state = self.lock();
            let Some(left) = state.left.checked_sub(bytes.len()) else {
                state.exceeded = true;
                return Err(TooMuch);
            };
            state.left = left;
        }
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let full = {
                let mut state = self.lock();
                let line = state.line(level);
                let room = self.longest.saturating_sub(line.len());
                line.extend_from_slice(&piece[..piece.len().min(room)]);
                piece.ends_with(b"\n")
            };
            if full {
                self.flush(level);
            }
        }
        Ok(())
    }

    fn flush(&self, level: Level) {
        let line = std::mem::take(self.lock().line(level));
        let text = String::from_utf8_lossy(&line);
        let message = text.trim_end_matches(['\n', '\r']);
        if !message.is_empty() && self.sink.enabled(level) {
            self.sink.log(&LogRecord { plugin: &self.plugin, level, message });
        }
    }
}

/// A call printed more than it may.
struct TooMuch;

/// Standard output or standard error.
#[derive(Clone)]
struct Printed {
    output: Arc<Output>,
    level: Level,
}

impl IsTerminal for Printed {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Printed {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl OutputStream for Printed {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.output
            .print(self.level, &bytes)
            .map_err(|TooMuch| StreamError::Trap(wasmtime::Error::msg("it printed too much")))
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(1 << 20)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Printed {
    async fn ready(&mut self) {}
}

impl AsyncWrite for Printed {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        let printed = self.output.print(self.level, bytes);
        Poll::Ready(printed.map(|()| bytes.len()).map_err(|TooMuch| std::io::ErrorKind::BrokenPipe.into()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
