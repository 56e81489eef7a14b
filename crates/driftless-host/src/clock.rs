//! The time by which failures are judged.

use std::sync::Arc;
use std::time::{Duration, Instant};

/// Tells circuit breakers the time and lets retries wait. Limits of calls do not depend on it.
///
/// A program has no reason to bring its own; a test that is about a pause of half a minute has.
pub trait Clock: Send + Sync + 'static {
    /// The time since some moment that stays the same. It never goes back.
    fn now(&self) -> Duration;

    /// Waits.
    fn sleep(&self, time: Duration);

    /// Waits as long as it is of use. That is asked every few milliseconds.
    fn sleep_while(&self, time: Duration, is_of_use: &dyn Fn() -> bool) {
        let mut left = time;
        while !left.is_zero() && is_of_use() {
            let step = left.min(MAX_STEP);
            self.sleep(step);
            left -= step;
        }
    }
}

/// How long a wait goes on before it is asked whether it is of use.
const MAX_STEP: Duration = Duration::from_millis(20);

pub(crate) type SharedClock = Arc<dyn Clock>;

/// The computer's own clock.
pub(crate) struct SystemClock {
    began: Instant,
}

impl SystemClock {
    pub(crate) fn start() -> Self {
        Self { began: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn sleep(&self, time: Duration) {
        std::thread::sleep(time);
    }
}
