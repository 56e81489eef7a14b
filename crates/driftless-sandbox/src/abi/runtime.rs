//! What the runtime of one ABI has to do.

use driftless_plugin_api::function::{Function, FunctionSet};
use driftless_plugin_api::limit::Limit;
use driftless_transport::CallFailure;
use wasmtime::{Linker, Store, component};

use crate::error::CompileError;
use crate::machine_code::MachineCode;
use crate::state::State;

/// A running plugin that speaks one ABI: how a call's strings get into it and how its reply gets out.
///
/// What is around a call (fuel, time, failures) is the same for all, and is in [`crate::instance`].
pub(crate) trait Runtime: Sized {
    /// A plugin's machine code with everything that it imports in place, and where its exports are.
    type Code;

    /// Offers what every plugin of this ABI may import.
    fn offer(_: &mut Linkers) -> wasmtime::Result<()> {
        Ok(())
    }

    /// Puts what a plugin imports in place.
    fn link(
        linkers: &Linkers,
        code: &MachineCode,
        functions: FunctionSet,
    ) -> Result<Self::Code, CompileError>;

    /// Whether a plugin has a function.
    fn exports(code: &Self::Code, function: Function) -> bool;

    /// Makes an instance in a store that has fuel and time.
    fn start(store: &mut Store<State>, code: &Self::Code) -> wasmtime::Result<Self>;

    /// Calls a function with as many arguments as it takes. The reply is read with [`reply`](Self::reply).
    fn call(
        &mut self,
        store: &mut Store<State>,
        code: &Self::Code,
        function: Function,
        arguments: &[&str],
    ) -> Result<Returned, Failure>;

    /// Whether the plugin marked its reply as a failure.
    fn is_failure(returned: Returned) -> bool;

    /// The text of the last call's reply, where it lies.
    fn reply<'a>(
        &'a self,
        store: &'a Store<State>,
        returned: Returned,
        max_bytes: usize,
    ) -> Result<&'a str, CallFailure>;

    /// The limit that an error of the engine stands for, where only this ABI can tell.
    fn limit_of(_: &wasmtime::Error) -> Option<Limit> {
        None
    }
}

/// What is offered to the plugins of all ABIs.
pub(crate) struct Linkers {
    pub(crate) modules: Linker<State>,
    pub(crate) components: component::Linker<State>,
}

/// What a call returned, for [`Runtime::reply`] to make a reply of: a number whose meaning is the ABI's own.
///
/// It is one word, since it goes through several results on its way, and the processor waits where words are joined to be copied.
#[derive(Clone, Copy)]
pub(crate) struct Returned(pub(crate) i64);

/// What made a call fail: the guest, whose error is still to be explained, or what it handed over.
pub(crate) enum Failure {
    Guest(wasmtime::Error),
    Known(CallFailure),
}

impl From<wasmtime::Error> for Failure {
    fn from(error: wasmtime::Error) -> Self {
        Self::Guest(error)
    }
}

impl From<CallFailure> for Failure {
    fn from(failure: CallFailure) -> Self {
        Self::Known(failure)
    }
}
