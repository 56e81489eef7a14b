//! The time that one answer may take.

use std::time::{Duration, Instant};

use driftless_plugin_api::cancel::CancelHandle;
use driftless_plugin_api::host_call::{Allowance, HostCallError};

use crate::{failed, limit};

/// Longer than any call: what stands for a time that the clock cannot count to.
const EVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How long something is waited for before a look is taken whether the call was cancelled.
const CANCEL_TICK: Duration = Duration::from_millis(20);

/// A point in time, how far away it was at first, and what may end the call before.
#[derive(Clone, Debug)]
pub(crate) struct Deadline {
    at: Instant,
    allowed: Duration,
    cancel: Option<CancelHandle>,
}

impl Deadline {
    pub(crate) fn new(allowance: Allowance<'_>) -> Self {
        let allowed = allowance.time.min(EVER);
        Self { at: Instant::now() + allowed, allowed, cancel: allowance.cancel.cloned() }
    }

    /// The time that is left: more than nothing, or `None`. A call that was cancelled has none left.
    pub(crate) fn left(&self) -> Option<Duration> {
        if self.is_cancelled() {
            return None;
        }
        self.at.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
    }

    /// The time to wait for something until [`left`](Self::left) has to be asked again, since nothing wakes who waits when the call is
    /// cancelled.
    pub(crate) fn next_wait(&self) -> Option<Duration> {
        let left = self.left()?;
        Some(if self.cancel.is_some() { left.min(CANCEL_TICK) } else { left })
    }

    fn is_cancelled(&self) -> bool {
        self.cancel.as_ref().is_some_and(CancelHandle::is_cancelled)
    }

    /// The time that is left, or an error that says what took so long.
    pub(crate) fn check(&self, what: &str) -> Result<Duration, HostCallError> {
        self.left().ok_or_else(|| self.over(what))
    }

    /// The error of a time that is over.
    pub(crate) fn over(&self, what: &str) -> HostCallError {
        if self.is_cancelled() {
            return failed(format!("{what} was cancelled"));
        }
        limit(format!(
            "{what} took longer than the {} ms that were left of the call",
            self.allowed.as_millis()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_passes_once() {
        let deadline = |time| Deadline::new(Allowance::new(time, 0));
        let past = deadline(Duration::ZERO);
        assert_eq!(past.left(), None);
        let error = past.check("waiting").unwrap_err();
        assert_eq!(error.message, "waiting took longer than the 0 ms that were left of the call");
        assert!(deadline(Duration::MAX).left().is_some());
        let soon = deadline(Duration::from_millis(5));
        assert!(soon.left().is_some());
        std::thread::sleep(Duration::from_millis(6));
        assert_eq!(soon.left(), None);
    }

    #[test]
    fn a_cancelled_call_has_no_time_left() {
        let handle = CancelHandle::new();
        let allowance = Allowance { cancel: Some(&handle), ..Allowance::new(Duration::MAX, 0) };
        let deadline = Deadline::new(allowance);
        assert_eq!(deadline.next_wait(), Some(CANCEL_TICK));
        handle.cancel();
        assert_eq!((deadline.left(), deadline.next_wait()), (None, None));
        assert_eq!(deadline.check("waiting").unwrap_err().message, "waiting was cancelled");
    }
}
