//! One budget of time for a call.

use std::time::{Duration, Instant};

/// When a call has to be over.
///
/// Waiting for an instance, starting it, the call itself, its host calls, retries and the pauses between them share one deadline. A
/// deadline that begins at the moment of the call costs no look at the clock until something has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// So long after the moment at which the transport is called.
    After(Duration),
    /// At a moment.
    At {
        /// When. `None` is never.
        end: Option<Instant>,
        /// The time that there was at first, for messages.
        time: Duration,
    },
}

impl Deadline {
    /// The same deadline as a moment, which several calls can share.
    #[must_use]
    pub fn fixed(self) -> Self {
        match self {
            Self::After(time) => Self::At { end: Instant::now().checked_add(time), time },
            Self::At { .. } => self,
        }
    }

    /// The time that is left; [`Duration::MAX`] where it never comes.
    pub fn left(self) -> Duration {
        match self {
            Self::After(time) => time,
            Self::At { end: None, .. } => Duration::MAX,
            Self::At { end: Some(end), .. } => end.saturating_duration_since(Instant::now()),
        }
    }

    /// The time that there was at first.
    pub const fn time(self) -> Duration {
        match self {
            Self::After(time) | Self::At { time, .. } => time,
        }
    }

    /// The earlier of this deadline and one that comes `time` from now.
    #[must_use]
    pub fn at_most(self, time: Duration) -> Self {
        match self {
            Self::After(own) => Self::After(own.min(time)),
            Self::At { .. } if self.left() <= time => self,
            Self::At { .. } => Self::After(time),
        }
    }

    /// Whether it has passed.
    pub fn is_over(self) -> bool {
        self.left().is_zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_deadline_runs_down() {
        let deadline = Deadline::After(Duration::from_millis(5));
        assert_eq!(deadline.left(), Duration::from_millis(5));
        let fixed = deadline.fixed();
        assert_eq!(fixed.fixed(), fixed);
        std::thread::sleep(Duration::from_millis(6));
        assert!(fixed.is_over());
        assert_eq!(fixed.time(), Duration::from_millis(5));
        assert!(!deadline.is_over());
    }

    #[test]
    fn a_time_beyond_what_a_clock_can_show_never_ends() {
        let deadline = Deadline::After(Duration::MAX).fixed();
        assert_eq!(deadline.left(), Duration::MAX);
        assert_eq!(deadline.at_most(Duration::from_secs(1)), Deadline::After(Duration::from_secs(1)));
    }
}
