//! Files of tasks and collectors through the public API, with plugins written by hand.

mod apply;
#[path = "../../../driftless-host/tests/host/guest.rs"]
#[allow(dead_code, reason = "the tests of several crates share it")]
mod guest;
mod task_file;
