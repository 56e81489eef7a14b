//! What can go wrong between bytes and an instance. Why a call brought no reply is said by [`driftless_transport::CallError`].

use driftless_plugin_api::limit::Exceeded;
use driftless_transport::AddressSpaceRefused;
use thiserror::Error;

/// The sandbox itself could not be set up.
#[derive(Debug, Error)]
pub enum SetupError {
    /// A limit that cannot be kept.
    #[error("{0}")]
    Limits(String),
    /// The process may not have the address space that instances need.
    #[error("{0}")]
    AddressSpace(AddressSpaceRefused),
    /// The engine refused its configuration, or the system refused the engine.
    #[error("the WebAssembly engine could not be started: {0}")]
    Engine(String),
    /// No thread for the clock.
    #[error("no thread could be started: {0}")]
    Thread(#[from] std::io::Error),
}

/// A valid module that could not be compiled.
#[derive(Debug, Error)]
pub enum CompileError {
    /// It begins with more than a limit allows.
    #[error("it {0}")]
    Limit(Exceeded),
    /// The engine could not be started, which is done when the first plugin is compiled.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The compiler gave up.
    #[error("it cannot be compiled: {0}")]
    Compiler(String),
}

impl CompileError {
    /// What the engine says.
    pub(crate) fn of_engine(error: wasmtime::Error) -> Self {
        Self::Compiler(format!("{error:#}"))
    }
}
