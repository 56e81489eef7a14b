//! The host through its public API, with plugins written by hand.

mod contract;
mod failure;
mod guest;
#[path = "../../../driftless-logs/tests/logs/harness.rs"]
#[allow(dead_code, reason = "the tests of driftless-logs use all of it")]
mod harness;
mod plugins;
