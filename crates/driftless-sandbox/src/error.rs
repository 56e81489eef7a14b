//! What can go wrong between bytes and a reply.

use std::sync::Arc;

use driftless_plugin_api::function::Function;
use driftless_plugin_api::limit::Exceeded;
use thiserror::Error;

/// The sandbox itself could not be set up.
#[derive(Debug, Error)]
pub enum SetupError {
    /// A limit that cannot be kept.
    #[error("{0}")]
    Limits(String),
    /// The engine refused its configuration, or the system refused the engine.
    #[error("the WebAssembly engine could not be started: {0}")]
    Engine(String),
    /// No thread for the clock.
    #[error("no thread could be started: {0}")]
    Thread(#[from] std::io::Error),
}

fn place(function: &Option<Function>) -> String {
    function.map_or_else(|| "while it was started".to_owned(), |function| format!("function `{function}`"))
}

/// A valid module that could not be compiled.
#[derive(Debug, Error)]
pub enum CompileError {
    /// It begins with more than a limit allows.
    #[error("it {0}")]
    Limit(Exceeded),
    /// The compiler gave up.
    #[error("it cannot be compiled: {0}")]
    Compiler(String),
}

/// A call that brought no reply.
#[derive(Clone, Debug, Error)]
#[error("plugin `{plugin}`, {}: {cause}", place(.function))]
pub struct CallError {
    /// What the plugin is called.
    pub plugin: Arc<str>,
    /// Which function was called; `None` while the instance was being started.
    pub function: Option<Function>,
    /// Why there is no reply.
    pub cause: CallFailure,
}

/// Why a call brought no reply.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CallFailure {
    /// It ran into a limit.
    #[error("{0}")]
    Limit(Exceeded),
    /// The plugin gave up by itself, and this is what it says. For a Rust plugin, a panic.
    #[error("panicked: {0}")]
    Panic(String),
    /// The plugin did something that WebAssembly does not allow.
    #[error("trapped: {0}")]
    Trap(String),
    /// The reply breaks the protocol.
    #[error("{0}")]
    Reply(ReplyDefect),
    /// The plugin has no such function.
    #[error("the plugin does not export it")]
    Missing,
    /// The call has the wrong number of arguments, or more than fit into 32 bits.
    #[error("{0}")]
    Arguments(String),
    /// The engine failed, through no fault of the plugin's.
    #[error("the sandbox failed: {0}")]
    Engine(String),
}

/// In what way a reply breaks the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ReplyDefect {
    /// It does not lie in the guest's memory.
    #[error("its reply of {length} bytes at {pointer:#x} lies outside its memory of {memory} bytes")]
    OutOfBounds {
        /// Where it says the reply is.
        pointer: u32,
        /// How long it says the reply is.
        length: u32,
        /// How much memory there is.
        memory: usize,
    },
    /// It is not text.
    #[error("its reply is not UTF-8 (at byte {at})")]
    NotUtf8 {
        /// The first byte that is not.
        at: usize,
    },
    /// The place it reserved for arguments does not lie in its memory.
    #[error("the place that it reserved for arguments lies outside its memory")]
    Reserved,
}
