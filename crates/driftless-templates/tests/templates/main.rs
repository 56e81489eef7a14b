//! Templates through the public API, with plugins written by hand.

#[path = "../../../driftless-host/tests/host/guest.rs"]
#[allow(dead_code, reason = "the tests of several crates share it")]
mod guest;
mod nesting;
mod templates;
