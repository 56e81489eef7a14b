//! Time and randomness, as plugins are given them.

use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

/// What stands behind `host_get_timestamp` and `host_get_random`. A plugin that imports WASI asks the machine itself.
pub trait ClockAndRandom: Send + Sync + 'static {
    /// Seconds since 1970.
    fn timestamp(&self) -> u64;

    /// 64 unpredictable bits, unless the embedding program wants others.
    ///
    /// # Errors
    ///
    /// When there is no randomness to be had.
    fn random(&self) -> io::Result<u64>;
}

/// The machine's own.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClockAndRandom;

impl ClockAndRandom for SystemClockAndRandom {
    fn timestamp(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }

    fn random(&self) -> io::Result<u64> {
        getrandom::u64().map_err(io::Error::other)
    }
}
