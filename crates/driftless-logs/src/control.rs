//! What is known of a pipeline while it runs, and what can be told to it.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use driftless_plugin_api::cancel::CancelHandle;
use serde::Serialize;

/// Stops a running pipeline and looks at its numbers, from any thread.
#[derive(Debug, Default)]
pub struct Control {
    stop: CancelHandle,
    read: AtomicU64,
    kept: AtomicU64,
    dropped: AtomicU64,
    failed: AtomicU64,
    skipped: AtomicU64,
    unfiltered: AtomicU64,
    missed: AtomicU64,
}

impl Control {
    /// Nothing counted yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Nothing counted yet. The pipeline stops when `handle` is cancelled as well, which [`stop`](Self::stop) does not do.
    pub fn under(handle: &CancelHandle) -> Self {
        Self { stop: handle.child(), ..Self::default() }
    }

    /// Lets the sources stop. What they have read is still written.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Whether it was told to stop.
    pub fn is_stopped(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Is cancelled when the pipeline is told to stop, for whatever is to end with it.
    pub fn stop_handle(&self) -> &CancelHandle {
        &self.stop
    }

    /// Lines that are decided: kept, dropped, failed or skipped.
    pub fn lines(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    pub(crate) fn count(&self, tally: Tally) {
        self.read.fetch_add(tally.lines(), Ordering::Relaxed);
        self.kept.fetch_add(tally.kept, Ordering::Relaxed);
        self.dropped.fetch_add(tally.dropped, Ordering::Relaxed);
        self.failed.fetch_add(tally.failed, Ordering::Relaxed);
        self.skipped.fetch_add(tally.skipped, Ordering::Relaxed);
        self.unfiltered.fetch_add(tally.unfiltered, Ordering::Relaxed);
        self.missed.fetch_add(tally.missed, Ordering::Relaxed);
    }

    /// The numbers so far.
    pub fn summary(&self, elapsed: Duration) -> Summary {
        Summary {
            lines: self.lines(),
            kept: self.kept.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            skipped: self.skipped.load(Ordering::Relaxed),
            unfiltered: self.unfiltered.load(Ordering::Relaxed),
            missed: self.missed.load(Ordering::Relaxed),
            seconds: elapsed.as_secs_f64(),
        }
    }
}

/// What became of the lines of a batch.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) kept: u64,
    pub(crate) dropped: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
    /// How often an entry went on without a filter.
    pub(crate) unfiltered: u64,
    /// How often an output missed an entry.
    pub(crate) missed: u64,
}

impl Tally {
    pub(crate) fn lines(self) -> u64 {
        self.kept + self.dropped + self.failed + self.skipped
    }
}

/// The numbers of a pipeline.
///
/// ```
/// use driftless_logs::Summary;
///
/// let mut summary =
///     Summary { lines: 3000, kept: 200, dropped: 2790, failed: 10, seconds: 0.5, ..Summary::default() };
/// assert_eq!(summary.to_string(), "3000 lines: 200 kept, 2790 dropped, 10 failed, in 0.50 s (6000 lines/s)");
/// // What plugins that failed were left out of is told where there is any.
/// summary.missed = 7;
/// assert_eq!(
///     summary.to_string(),
///     "3000 lines: 200 kept, 2790 dropped, 10 failed (7 missed by an output), in 0.50 s (6000 lines/s)",
/// );
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Lines, and entries of sources that parse for themselves, that are decided. Each is kept, dropped, failed or skipped.
    pub lines: u64,
    /// Entries that every output has, but for those that it missed.
    pub kept: u64,
    /// Entries that a filter did not let through.
    pub dropped: u64,
    /// Lines that no parser took, or whose filter failed.
    pub failed: u64,
    /// Lines whose parser failed, and whose `on_failure` says to go on.
    pub skipped: u64,
    /// How often an entry went on as if a filter were not there, because that failed and its `on_failure` says so.
    pub unfiltered: u64,
    /// How often an output missed an entry, because it failed and its `on_failure` says to go on.
    pub missed: u64,
    /// From start to end.
    pub seconds: f64,
}

impl Summary {
    /// Lines a second.
    pub fn per_second(&self) -> f64 {
        if self.seconds > 0.0 { self.lines as f64 / self.seconds } else { 0.0 }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lines, kept, dropped, failed, skipped, unfiltered, missed, seconds } = self;
        let noun = if *lines == 1 { "line" } else { "lines" };
        write!(f, "{lines} {noun}: {kept} kept, {dropped} dropped, {failed} failed")?;
        if *skipped > 0 {
            write!(f, ", {skipped} skipped")?;
        }
        match (unfiltered, missed) {
            (0, 0) => {}
            (_, 0) => write!(f, " ({unfiltered} past a filter)")?,
            (0, _) => write!(f, " ({missed} missed by an output)")?,
            (_, _) => write!(f, " ({unfiltered} past a filter, {missed} missed by an output)")?,
        }
        write!(f, ", in {seconds:.2} s ({:.0} lines/s)", self.per_second())
    }
}
