//! What a plugin prints goes to the log.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use driftless_plugin_api::limit::{Exceeded, Limit};
use driftless_plugin_api::log::Level;
use driftless_transport::{LogRecord, SharedLogSink};
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

/// What a guest prints, by line.
pub(super) struct Output {
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
    /// A call may print `allowed` bytes, and `longest` bytes of a line are kept.
    pub(super) fn new(plugin: Arc<str>, sink: SharedLogSink, allowed: usize, longest: usize) -> Arc<Self> {
        let state = Mutex::new(Pending { left: allowed, ..Pending::default() });
        Arc::new(Self { plugin, sink, allowed, longest, state })
    }

    /// A new call begins.
    pub(super) fn begin(&self) {
        let mut state = self.lock();
        state.left = self.allowed;
        state.exceeded = false;
    }

    /// A call is over: what was printed without a newline goes to the log as well. Returns the limit, if it printed too much.
    pub(super) fn finish(&self) -> Option<Exceeded> {
        for level in [Level::Info, Level::Warn] {
            self.flush(level);
        }
        self.lock().exceeded.then(|| Limit::Log.exceeded(self.allowed as u64))
    }

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
pub(super) struct Printed {
    output: Arc<Output>,
    level: Level,
}

impl Printed {
    pub(super) fn new(output: &Arc<Output>, level: Level) -> Self {
        Self { output: Arc::clone(output), level }
    }
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
