//! The clock that interrupts guests: one thread for each engine, one tick every 10 ms.
//!
//! A store's deadline is a number of ticks, so one plugin's timeout is nothing to another. Host functions, which the engine does not
//! interrupt, read the same clock. The thread knows the engine weakly and ends with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use wasmtime::Engine;

/// How far apart two ticks are.
const TICK: Duration = Duration::from_millis(10);

/// Reads the ticks of an engine's clock, which costs next to nothing.
#[derive(Clone, Debug)]
pub(crate) struct Clock(Arc<AtomicU64>);

/// The tick at which a call's time is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Deadline(u64);

impl Clock {
    /// When a time of so many ticks that begins now is over.
    #[inline]
    pub(crate) fn deadline(&self, ticks: u64) -> Deadline {
        Deadline(self.0.load(Ordering::Relaxed).saturating_add(ticks))
    }

    /// The ticks that there have been.
    #[inline]
    pub(crate) fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// The time since a tick, to within one.
    #[inline]
    pub(crate) fn since(&self, tick: u64) -> Duration {
        let ticks = self.now().saturating_sub(tick);
        if ticks == 0 {
            Duration::ZERO
        } else {
            TICK.saturating_mul(u32::try_from(ticks).unwrap_or(u32::MAX))
        }
    }

    /// The time until then, to within a tick; zero when it is over.
    pub(crate) fn left(&self, deadline: Deadline) -> Duration {
        let ticks = deadline.0.saturating_sub(self.0.load(Ordering::Relaxed));
        TICK.saturating_mul(u32::try_from(ticks).unwrap_or(u32::MAX))
    }
}

/// Starts the clock of `engine`.
pub(crate) fn start(engine: &Engine) -> std::io::Result<Clock> {
    let weak = engine.weak();
    let clock = Clock(Arc::new(AtomicU64::new(0)));
    let ticking = clock.clone();
    std::thread::Builder::new().name("driftless-ticker".into()).stack_size(64 << 10).spawn(move || {
        loop {
            std::thread::sleep(TICK);
            let Some(engine) = weak.upgrade() else { return };
            // A nap on a busy machine is longer than it should be. Making up for it would take time from calls that began during the
            // nap, and a call has at least its time.
            ticking.0.fetch_add(1, Ordering::Relaxed);
            engine.increment_epoch();
        }
    })?;
    Ok(clock)
}

/// The ticks after which at least `time` has passed. The running tick has begun already, so it does not count.
pub(crate) fn ticks_of(time: Duration) -> u64 {
    // Half of what 64 bits hold, since the deadline is added to the ticks that have been.
    const MAX_TICKS: u64 = u64::MAX / 2;
    let ticks = time.as_nanos().div_ceil(TICK.as_nanos());
    u64::try_from(ticks).unwrap_or(MAX_TICKS).saturating_add(1).min(MAX_TICKS)
}
