//! How a call of the protocol reaches a plugin.
//!
//! Everything above this module knows the protocol and nothing of what carries it. Today that is WebAssembly; a native library or an
//! external process is one more implementation of [`Transport`].

use driftless_plugin_api::function::Function;
use driftless_sandbox::{CallError, Instance, InstancePool, Reply};

/// A way to call the functions of one plugin, from any thread.
pub(crate) trait Transport: Send + Sync {
    /// Whether the plugin has a function.
    fn has(&self, function: Function) -> bool;

    /// Makes one call, on whatever instance is free, and lets `read` see the reply where it lies.
    fn call(
        &self,
        function: Function,
        arguments: &[&str],
        read: &mut dyn FnMut(Reply<'_>),
    ) -> Result<(), CallError>;

    /// Opens a conversation: calls that share one instance, and with it the plugin's memory.
    fn open(&self) -> Result<Box<dyn Conversation>, CallError>;
}

/// Calls that share one instance.
pub(crate) trait Conversation: Send {
    /// Makes one call.
    fn call(&mut self, function: Function, arguments: &[&str]) -> Result<Reply<'_>, CallError>;

    /// Whether a call failed in a way after which the instance is of no use.
    fn is_over(&self) -> bool;
}

impl Transport for InstancePool {
    fn has(&self, function: Function) -> bool {
        self.plugin().exports(function)
    }

    fn call(
        &self,
        function: Function,
        arguments: &[&str],
        read: &mut dyn FnMut(Reply<'_>),
    ) -> Result<(), CallError> {
        let mut instance = self.get()?;
        read(instance.call(function, arguments)?);
        Ok(())
    }

    fn open(&self) -> Result<Box<dyn Conversation>, CallError> {
        Ok(Box::new(self.plugin().instantiate()?))
    }
}

impl Conversation for Instance {
    fn call(&mut self, function: Function, arguments: &[&str]) -> Result<Reply<'_>, CallError> {
        Instance::call(self, function, arguments)
    }

    fn is_over(&self) -> bool {
        self.has_failed()
    }
}
