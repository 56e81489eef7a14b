//! How a call of the protocol reaches a plugin.
//!
//! Everything above this module knows the protocol and nothing of what carries it. Today that is WebAssembly; a native library or an
//! external process is one more variant. They are variants and not trait objects because a warm call takes about as long
//! as a few indirect ones: this way the reader of a reply is compiled into the call.

use driftless_plugin_api::function::Function;
use driftless_sandbox::{CallError, Instance, InstancePool, Reply};

use crate::handle::Measured;

/// A way to call the functions of one plugin, from any thread.
pub(crate) enum Transport {
    Wasm(InstancePool),
}

/// Calls that share one instance, and with it the plugin's memory.
pub(crate) enum Conversation {
    Wasm(Box<Instance>),
}

impl Transport {
    /// Whether the plugin has a function.
    pub(crate) fn has(&self, function: Function) -> bool {
        match self {
            Self::Wasm(pool) => pool.plugin().exports(function),
        }
    }

    /// Makes one call, on whatever instance is free, and lets `read` see the reply where it lies.
    #[inline]
    pub(crate) fn call<R>(
        &self,
        function: Function,
        arguments: &[&str],
        read: impl FnOnce(Reply<'_>) -> R,
    ) -> Result<R, CallError> {
        match self {
            Self::Wasm(pool) => pool.with(|instance| instance.call(function, arguments).map(read))?,
        }
    }

    /// Opens a conversation.
    pub(crate) fn open(&self) -> Result<Conversation, CallError> {
        match self {
            Self::Wasm(pool) => Ok(Conversation::Wasm(Box::new(pool.plugin().instantiate()?))),
        }
    }
}

impl Conversation {
    /// Makes one call.
    #[inline]
    pub(crate) fn call(&mut self, function: Function, arguments: &[&str]) -> Result<Reply<'_>, CallError> {
        match self {
            Self::Wasm(instance) => instance.call(function, arguments),
        }
    }

    /// What the last call used.
    pub(crate) fn measured(&self) -> Measured {
        match self {
            Self::Wasm(instance) => {
                Measured { fuel: instance.fuel_used(), memory: instance.memory_used() as u64 }
            }
        }
    }

    /// Whether a call failed in a way after which the instance is of no use.
    pub(crate) fn is_over(&self) -> bool {
        match self {
            Self::Wasm(instance) => instance.has_failed(),
        }
    }
}
