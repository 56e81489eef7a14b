//! What is wrong with a file.

use std::fmt;

use driftless_plugin_api::remedy::Remedy;
use thiserror::Error;

/// A file that is no plugin, or none that may run here: everything that is wrong with it, in the order in which it stands in the file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}", text(.violations))]
pub struct ValidationError {
    /// Never empty.
    pub violations: Vec<Violation>,
}

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The offset in the file, in bytes, where it stands; `None` where it concerns the whole file.
    pub offset: Option<u64>,
    /// What is wrong, and where possible what would mend it.
    pub message: String,
    /// What would mend it, beyond what the message says.
    pub remedy: Option<Remedy>,
}

impl Violation {
    /// Something that is wrong at an offset in the file.
    pub(crate) fn at(offset: u64, message: impl Into<String>) -> Self {
        Self { offset: Some(offset), message: message.into(), remedy: None }
    }

    /// Something that is wrong with the whole file.
    pub fn of_file(message: impl Into<String>) -> Self {
        Self { offset: None, message: message.into(), remedy: None }
    }
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
