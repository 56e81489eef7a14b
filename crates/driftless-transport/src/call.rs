//! One call and its reply.

use driftless_plugin_api::cancel::CancelHandle;
use driftless_plugin_api::function::Function;

use crate::deadline::Deadline;
use crate::usage::Usage;

/// One call of a function of the protocol.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Which function.
    pub function: Function,
    /// As many arguments as the function takes.
    pub arguments: &'a [&'a str],
    /// When it has to be over. Waiting for an instance, starting it, initialising it and calling it share this time.
    pub deadline: Deadline,
    /// The units of fuel that it may use, where that is less than [`Limits::fuel`](crate::Limits::fuel). A transport that does not measure
    /// fuel has no use for it.
    pub fuel: Option<u64>,
    /// Ends the call from another thread.
    pub cancel: Option<&'a CancelHandle>,
    /// How exactly [`Usage::wall_time`](crate::Usage::wall_time) is measured.
    pub timing: Timing,
}

impl<'a> Call<'a> {
    /// A call that has `deadline` and no other bound than the transport's limits.
    #[inline]
    pub const fn new(function: Function, arguments: &'a [&'a str], deadline: Deadline) -> Self {
        Self { function, arguments, deadline, fuel: None, cancel: None, timing: Timing::Coarse }
    }
}

/// How exactly the wall time of a call is measured.
///
/// Reading a clock twice takes about as long as the shortest call, so it is done where the caller or an observer needs the result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Timing {
    /// By a clock that costs nothing to read. [`Usage::wall_time`](crate::Usage::wall_time) is a multiple of 10 ms, and mostly zero.
    #[default]
    Coarse,
    /// By the system's clock, to the nanosecond.
    Exact,
}

/// What a function returned, where the plugin left it, and what that took.
///
/// Both are lent: a warm call takes some hundred nanoseconds, and copies of either would be a good part of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply<'a> {
    /// Its text, which should be JSON; whether it is, is for the reader to see.
    pub text: &'a str,
    /// Whether the plugin marked it as a failure.
    pub failed: bool,
    /// What the call used until it had its reply.
    pub usage: &'a Usage,
}
