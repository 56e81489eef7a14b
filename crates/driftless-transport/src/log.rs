//! Where a plugin's log messages go.

use std::sync::Arc;

use driftless_plugin_api::log::Level;

/// One message of a plugin.
#[derive(Clone, Copy, Debug)]
pub struct LogRecord<'a> {
    /// What the plugin is called.
    pub plugin: &'a str,
    /// How much it matters, by the plugin's own word.
    pub level: Level,
    /// The text, as the plugin wrote it, cut to [`Limits::log_message`](crate::Limits::log_message). It may hold anything:
    /// a program that shows it on a terminal has to take the control characters out.
    pub message: &'a str,
}

/// Takes the messages of plugins.
///
/// A plain function will do:
///
/// ```
/// use driftless_transport::{LogRecord, LogSink};
///
/// fn takes(_: impl LogSink) {}
/// takes(|record: &LogRecord<'_>| eprintln!("{}: {}", record.plugin, record.message));
/// ```
pub trait LogSink: Send + Sync + 'static {
    /// Whether messages of this level are taken. One that is not is not even read out of the guest.
    fn enabled(&self, _level: Level) -> bool {
        true
    }

    /// Takes one message. It is called in the middle of a call, so it should be quick, and it must not block.
    fn log(&self, record: &LogRecord<'_>);
}

impl<F: Fn(&LogRecord<'_>) + Send + Sync + 'static> LogSink for F {
    fn log(&self, record: &LogRecord<'_>) {
        self(record);
    }
}

/// A sink that many plugins share.
pub type SharedLogSink = Arc<dyn LogSink>;
