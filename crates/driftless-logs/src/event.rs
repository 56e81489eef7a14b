//! What a caller is told while a pipeline runs.

use std::path::PathBuf;

use driftless_host::{BindingEvent, Error};
use driftless_plugin_api::limit::Limit;

/// Something that happens while a pipeline runs, and that does not end it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A line that no parser took, or whose filter failed. Reported for the first ten.
    LineFailed {
        /// Where the line is from: a path, `standard input`, a plugin.
        origin: String,
        /// Which line of it, from 1.
        line: u64,
        /// Why.
        why: Cause,
    },
    /// A line whose parser failed, and whose `on_failure` says to go on without. Reported for the first ten.
    LineSkipped {
        /// Where the line is from.
        origin: String,
        /// Which line of it, from 1.
        line: u64,
        /// Why.
        why: Cause,
    },
    /// An entry that went past a filter that failed, and whose `on_failure` says so. Reported for the first ten.
    FilterPassed {
        /// Where the line is from.
        origin: String,
        /// Which line of it, from 1.
        line: u64,
        /// Why.
        why: Cause,
    },
    /// An entry that an output failed to take, and whose `on_failure` says to go on. Reported for the first ten.
    EntryMissed {
        /// Why.
        why: Cause,
    },
    /// A source of a plugin that failed, and whose `on_failure` says to go on without.
    SourceEnded {
        /// Why.
        why: Cause,
    },
    /// A plugin that is not called any more for a while, or is called again.
    Binding(BindingEvent),
    /// An output ended in the middle of a line that another program had left there. It was ended with a newline.
    TornLine {
        /// The output.
        path: PathBuf,
    },
    /// At the end: lines that failed beside those that were told.
    MoreLinesFailed(u64),
    /// At the end: lines that were skipped beside those that were told.
    MoreLinesSkipped(u64),
    /// At the end: entries that went past a filter beside those that were told.
    MoreFiltersPassed(u64),
    /// At the end: entries that outputs missed beside those that were told.
    MoreEntriesMissed(u64),
}

/// Why a line, an entry or a source failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// What went wrong, in words.
    pub message: String,
    /// The limit that a plugin reached, where it reached one.
    pub limit: Option<Limit>,
}

impl From<&Error> for Cause {
    fn from(error: &Error) -> Self {
        Self { message: error.to_string(), limit: error.limit() }
    }
}

impl From<String> for Cause {
    fn from(message: String) -> Self {
        Self { message, limit: None }
    }
}
