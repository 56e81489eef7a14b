//! The clock that interrupts guests: one thread for each engine, one tick every 10 ms.
//!
//! A store's deadline is a number of ticks, so one plugin's timeout is nothing to another. The thread knows the engine
//! weakly and ends with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use wasmtime::Engine;

/// How far apart two ticks are.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Reads the clock that a started ticker drives.
#[derive(Clone, Debug)]
pub(crate) struct Ticker(Arc<AtomicU64>);

impl Ticker {
    /// Starts the clock of `engine`.
    pub(crate) fn start(engine: &Engine) -> std::io::Result<Self> {
        let ticks = Arc::new(AtomicU64::new(0));
        let (weak, counter) = (engine.weak(), Arc::clone(&ticks));
        std::thread::Builder::new().name("driftless-ticker".into()).stack_size(64 << 10).spawn(move || {
            loop {
                std::thread::sleep(TICK);
                let Some(engine) = weak.upgrade() else { return };
                counter.fetch_add(1, Ordering::Relaxed);
                engine.increment_epoch();
            }
        })?;
        Ok(Self(ticks))
    }

    /// How many ticks there have been.
    pub(crate) fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// The ticks after which at least `time` has passed. The running tick has begun already, so it does not count.
    pub(crate) fn ticks_of(time: Duration) -> u64 {
        let ticks = time.as_nanos().div_ceil(TICK.as_nanos());
        u64::try_from(ticks).unwrap_or(u64::MAX / 2).saturating_add(1).min(u64::MAX / 2)
    }
}
