//! What a caller is told while a pipeline runs.

use std::fmt;
use std::path::PathBuf;

use driftless_host::BindingEvent;

/// Something that happens while a pipeline runs, and that does not end it. Its text is a sentence for people.
///
/// ```
/// use driftless_logs::Event;
///
/// let event = Event::LineFailed { origin: "access.log".into(), line: 7, why: "it is not UTF-8 (at byte 3)".into() };
/// assert_eq!(event.to_string(), "access.log, line 7: it is not UTF-8 (at byte 3)");
/// assert_eq!(Event::MoreLinesFailed(12).to_string(), "12 more lines failed");
/// ```
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
        why: String,
    },
    /// A line whose parser failed, and whose `on_failure` says to go on without. Reported for the first ten.
    LineSkipped {
        /// Where the line is from.
        origin: String,
        /// Which line of it, from 1.
        line: u64,
        /// Why.
        why: String,
    },
    /// An entry that went past a filter that failed, and whose `on_failure` says so. Reported for the first ten.
    FilterPassed {
        /// Where the line is from.
        origin: String,
        /// Which line of it, from 1.
        line: u64,
        /// Why.
        why: String,
    },
    /// An entry that an output failed to take, and whose `on_failure` says to go on. Reported for the first ten.
    EntryMissed {
        /// Why.
        why: String,
    },
    /// A source of a plugin that failed, and whose `on_failure` says to go on without.
    SourceEnded {
        /// Why.
        why: String,
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

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = |f: &mut fmt::Formatter<'_>, count: u64, one: &str, several: &str| {
            write!(f, "{count} more {}", if count == 1 { one } else { several })
        };
        match self {
            Self::LineFailed { origin, line, why } => write!(f, "{origin}, line {line}: {why}"),
            Self::LineSkipped { origin, line, why } => {
                write!(f, "{origin}, line {line}: {why}; it is skipped")
            }
            Self::FilterPassed { origin, line, why } => {
                write!(f, "{origin}, line {line}: {why}; it goes on without this filter")
            }
            Self::EntryMissed { why } => write!(f, "{why}; it misses an entry"),
            Self::SourceEnded { why } => write!(f, "{why}; nothing more is read from it"),
            Self::Binding(event) => event.fmt(f),
            Self::TornLine { path } => {
                let path = path.display();
                write!(f, "{path}: it ended in the middle of a line, which is ended now")
            }
            Self::MoreLinesFailed(count) => more(f, *count, "line failed", "lines failed"),
            Self::MoreLinesSkipped(count) => more(f, *count, "line is skipped", "lines are skipped"),
            Self::MoreFiltersPassed(count) => {
                more(f, *count, "entry went past a filter", "entries went past a filter")
            }
            Self::MoreEntriesMissed(count) => {
                more(f, *count, "entry is missed by an output", "entries are missed by an output")
            }
        }
    }
}
