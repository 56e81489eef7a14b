//! A plugin that is linked into the program that hosts it.

use std::sync::Arc;

use crate::function::{Function, FunctionSet};
use crate::host_call::HostCalls;
use crate::log::Level;

/// A plugin as a part of a program: a module of `plugin-sdk`, or whatever answers the functions of the protocol.
pub trait LinkedPlugin: Send + Sync {
    /// The manifest, as JSON.
    fn manifest(&self) -> &str;

    /// The functions that it has.
    fn functions(&self) -> FunctionSet;

    /// Answers a function with as many arguments as it takes, and returns whether the reply is a failure. `host` stands behind everything
    /// that the plugin asks of its host meanwhile, on this thread.
    fn call(
        &self,
        function: Function,
        arguments: &[&str],
        host: Arc<dyn LinkedHost>,
        reply: &mut Vec<u8>,
    ) -> bool;
}

/// What stands behind a linked plugin while it is called.
pub trait LinkedHost: HostCalls {
    /// Takes a message.
    fn log(&self, level: Level, message: &str);

    /// Seconds since 1970.
    fn timestamp(&self) -> u64;

    /// 64 unpredictable bits; `None` where there is no randomness to be had.
    fn random(&self) -> Option<u64>;
}
