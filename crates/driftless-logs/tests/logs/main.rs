//! Log pipelines through the public API, with plugins written by hand.

mod endings;
mod files;
#[path = "../../../driftless-host/tests/host/guest.rs"]
#[allow(dead_code, reason = "the tests of several crates share it")]
mod guest;
mod harness;
mod pipeline;
