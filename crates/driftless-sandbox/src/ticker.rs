//! The clock that interrupts guests: one thread for each engine, one tick every 10 ms.
//!
//! A store's deadline is a number of ticks, so one plugin's timeout is nothing to another. The thread knows the engine
//! weakly and ends with it.

use std::time::Duration;

use wasmtime::Engine;

/// How far apart two ticks are.
const TICK: Duration = Duration::from_millis(10);

/// Starts the clock of `engine`.
pub(crate) fn start(engine: &Engine) -> std::io::Result<()> {
    let weak = engine.weak();
    std::thread::Builder::new().name("driftless-ticker".into()).stack_size(64 << 10).spawn(move || {
        loop {
            std::thread::sleep(TICK);
            let Some(engine) = weak.upgrade() else { return };
            engine.increment_epoch();
        }
    })?;
    Ok(())
}

/// The ticks after which at least `time` has passed. The running tick has begun already, so it does not count.
pub(crate) fn ticks_of(time: Duration) -> u64 {
    // Half of what 64 bits hold, since the deadline is added to the ticks that have been.
    const MOST: u64 = u64::MAX / 2;
    let ticks = time.as_nanos().div_ceil(TICK.as_nanos());
    u64::try_from(ticks).unwrap_or(MOST).saturating_add(1).min(MOST)
}
