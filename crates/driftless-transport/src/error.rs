//! Why a plugin was not loaded, and why a call brought no reply.

use std::fmt;
use std::sync::Arc;

use driftless_plugin_api::function::Function;
use driftless_plugin_api::limit::Exceeded;
use driftless_plugin_api::remedy::Remedy;
use thiserror::Error;

use crate::address_space::AddressSpaceRefused;
use crate::usage::Usage;

/// A plugin that was not loaded.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// It may not run here: everything that is wrong with it.
    #[error("{}", .0.iter().map(|reason| reason.message.as_str()).collect::<Vec<_>>().join("\n"))]
    Refused(Vec<Refusal>),
    /// Making it ready takes more than a limit allows.
    #[error("it {0}")]
    Limit(Exceeded),
    /// The process may not have the address space for as many instances as there may be.
    #[error("{0}")]
    AddressSpace(AddressSpaceRefused),
    /// It could not be made ready to run.
    #[error("{0}")]
    Failed(String),
}

/// A reason why a plugin may not run here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong with it.
    pub message: String,
    /// What would mend it, where a host can tell.
    pub remedy: Option<Remedy>,
}

impl From<String> for Refusal {
    fn from(message: String) -> Self {
        Self { message, remedy: None }
    }
}

/// A call that brought no reply.
#[derive(Clone, Debug, Error)]
#[error("plugin `{plugin}`, {}: {cause}", place(.function))]
pub struct CallError {
    /// What the plugin is called.
    pub plugin: Arc<str>,
    /// The function that failed: the one that was called, or `initialize`. `None` while the instance was being started.
    pub function: Option<Function>,
    /// Why there is no reply.
    pub cause: CallFailure,
    /// What the call used until then.
    pub usage: Usage,
}

/// Why a call brought no reply.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CallFailure {
    /// It ran into a limit.
    #[error("{0}")]
    Limit(Exceeded),
    /// A [`CancelHandle`](crate::CancelHandle) ended it.
    #[error("was cancelled")]
    Cancelled,
    /// The plugin gave up by itself, and this is what it says. For a Rust plugin, a panic.
    #[error("panicked: {0}")]
    Panic(String),
    /// The plugin did something that ends it, such as reading outside its memory.
    #[error("trapped: {0}")]
    Trap(String),
    /// The reply breaks the protocol.
    #[error("{0}")]
    Reply(ReplyDefect),
    /// The plugin has no such function.
    #[error("the plugin does not export it")]
    Missing,
    /// The call has the wrong number of arguments, or more than the transport can carry.
    #[error("{0}")]
    Arguments(String),
    /// The plugin said that it cannot be initialised, in its own words.
    #[error("{0}")]
    Initialize(String),
    /// The transport failed, through no fault of the plugin's.
    #[error("the sandbox failed: {0}")]
    Transport(String),
}

/// In what way a reply breaks the protocol.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReplyDefect {
    /// It is not where the plugin says that it is.
    #[error("{0}")]
    Unreachable(String),
    /// It is not text.
    #[error("its reply is not UTF-8 (at byte {at})")]
    NotUtf8 {
        /// The first byte that is not.
        at: usize,
    },
}

fn place(function: &Option<Function>) -> impl fmt::Display {
    fmt::from_fn(move |f| match function {
        None => f.write_str("while it was started"),
        Some(function) => write!(f, "function `{function}`"),
    })
}
