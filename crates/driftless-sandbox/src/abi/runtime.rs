//! What the runtime of one ABI has to do.

use driftless_plugin_api::abi::PackedReply;
use driftless_plugin_api::function::{Function, FunctionSet};
use driftless_plugin_api::limit::Limit;
use driftless_transport::{CallFailure, Reply};
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

    /// The reply of the last call, where it lies.
    fn reply<'a>(
        &'a self,
        store: &'a Store<State>,
        returned: Returned,
        max_bytes: usize,
    ) -> Result<Reply<'a>, CallFailure>;

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

/// Where a reply is.
#[derive(Clone, Copy)]
pub(crate) enum Returned {
    /// In the guest's memory.
    InMemory(PackedReply),
    /// With the [`Runtime`], since its place in memory was given back already.
    Copied {
        /// Whether the plugin marked it as a failure.
        failed: bool,
    },
}

impl Returned {
    /// The reply, where a [`Runtime`] has its text.
    pub(crate) fn copied(self, text: &str) -> Reply<'_> {
        match self {
            Self::Copied { failed } => Reply { text, failed },
            Self::InMemory(_) => unreachable!("this runtime copies its replies"),
        }
    }
}

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
