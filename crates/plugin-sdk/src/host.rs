//! What every host offers every plugin.
//!
//! Inside the sandbox these are the host's functions. On the author's machine, in a test, they do the same with what
//! the machine has.

use driftless_plugin_api::log::Level;

/// The current Unix time, in seconds.
pub fn timestamp() -> u64 {
    imp::timestamp()
}

/// 64 bits that nobody can predict.
pub fn random() -> u64 {
    imp::random()
}

/// Hands a message to the host.
pub(crate) fn log(level: Level, message: &str) {
    imp::log(level, message);
}

#[cfg(target_family = "wasm")]
use crate::guest::host as imp;

#[cfg(not(target_family = "wasm"))]
mod imp {
    use std::hash::{BuildHasher, RandomState};
    use std::time::{SystemTime, UNIX_EPOCH};

    use driftless_plugin_api::log::Level;

    pub(super) fn timestamp() -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }

    pub(super) fn random() -> u64 {
        // Seeded by the system once a thread, and different at every call.
        RandomState::new().hash_one(0)
    }

    pub(super) fn log(level: Level, message: &str) {
        eprintln!("[{level}] {message}");
    }
}
