//! The time that one answer may take.

use std::time::{Duration, Instant};

use driftless_plugin_api::host_call::HostCallError;

use crate::limit;

/// Longer than any call: what stands for a time that the clock cannot count to.
const EVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A point in time, and how far away it was at first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    at: Instant,
    allowed: Duration,
}

impl Deadline {
    pub(crate) fn new(allowed: Duration) -> Self {
        let allowed = allowed.min(EVER);
        Self { at: Instant::now() + allowed, allowed }
    }

    /// The time that is left: more than nothing, or `None`.
    pub(crate) fn left(&self) -> Option<Duration> {
        self.at.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
    }

    /// The time that is left, or an error that says what took so long.
    pub(crate) fn check(&self, what: &str) -> Result<Duration, HostCallError> {
        self.left().ok_or_else(|| self.over(what))
    }

    /// The error of a time that is over.
    pub(crate) fn over(&self, what: &str) -> HostCallError {
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
        let past = Deadline::new(Duration::ZERO);
        assert_eq!(past.left(), None);
        let error = past.check("waiting").unwrap_err();
        assert_eq!(error.message, "waiting took longer than the 0 ms that were left of the call");
        assert!(Deadline::new(Duration::MAX).left().is_some());
        let soon = Deadline::new(Duration::from_millis(5));
        assert!(soon.left().is_some());
        std::thread::sleep(Duration::from_millis(6));
        assert_eq!(soon.left(), None);
    }
}
