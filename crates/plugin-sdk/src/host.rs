//! What every host offers every plugin.
//!
//! Inside the sandbox these are the host's functions. On the author's machine, in a test, they do the same with what
//! the machine has. What a plugin needs a permission for is in [`fs`](crate::fs), [`http`](crate::http), [`env`](crate::env),
//! [`process`](crate::process) and [`functions`](crate::functions).

use driftless_plugin_api::log::Level;

/// The current Unix time, in seconds.
pub fn timestamp() -> u64 {
    imp::timestamp()
}

/// 64 unpredictable bits.
pub fn random() -> u64 {
    imp::random()
}

/// Hands a message to the host.
pub(crate) fn log(level: Level, message: &str) {
    imp::log(level, message);
}

#[cfg(target_family = "wasm")]
pub(crate) use crate::guest::host as imp;

#[cfg(not(target_family = "wasm"))]
pub(crate) mod imp {
    use std::hash::{BuildHasher, RandomState};
    use std::time::{SystemTime, UNIX_EPOCH};

    use driftless_plugin_api::host_call::Capability;
    use driftless_plugin_api::log::Level;

    use crate::testing;

    pub(super) fn timestamp() -> u64 {
        if let Some(host) = testing::linked() {
            return host.timestamp();
        }
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }

    pub(super) fn random() -> u64 {
        if let Some(random) = testing::linked().and_then(|host| host.random()) {
            return random;
        }
        // Seeded by the system once a thread, and different at every call.
        RandomState::new().hash_one(0)
    }

    pub(super) fn log(level: Level, message: &str) {
        if let Some(host) = testing::linked() {
            return host.log(level, message);
        }
        eprintln!("[{level}] {message}");
    }

    // What needs a permission is never done with what the machine has: see the module `testing`.

    pub(crate) fn file(request: &str, body: &[u8]) -> (String, Vec<u8>) {
        testing::answer(Capability::File, request, body)
    }

    pub(crate) fn http(request: &str, body: &[u8]) -> (String, Vec<u8>) {
        testing::answer(Capability::Http, request, body)
    }

    pub(crate) fn environment(request: &str, body: &[u8]) -> (String, Vec<u8>) {
        testing::answer(Capability::Environment, request, body)
    }

    pub(crate) fn process(request: &str, body: &[u8]) -> (String, Vec<u8>) {
        testing::answer(Capability::Process, request, body)
    }

    pub(crate) fn function(request: &str, body: &[u8]) -> (String, Vec<u8>) {
        testing::answer(Capability::Function, request, body)
    }
}
