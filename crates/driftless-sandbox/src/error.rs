//! What can go wrong between bytes and an instance. Why a call brought no reply is said by [`driftless_transport::CallError`].

use std::fmt;

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

/// Bytes that are no plugin: everything that is wrong with them, in the order in which it stands in the file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}", text(.violations))]
pub struct ValidationError {
    /// Never empty.
    pub violations: Vec<Violation>,
}

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The offset in the file, in bytes, where it stands; `None` where it concerns the whole.
    pub offset: Option<u64>,
    /// What is wrong, and where possible what would mend it.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.offset {
            Some(offset) => write!(f, "{} (at byte {offset:#x})", self.message),
            None => f.write_str(&self.message),
        }
    }
}

fn text(violations: &[Violation]) -> String {
    violations.iter().map(Violation::to_string).collect::<Vec<_>>().join("\n")
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
