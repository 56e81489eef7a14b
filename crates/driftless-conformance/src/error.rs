//! What can go wrong besides a case that does not hold.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why cases could not be read, replayed or recorded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// A file of cases, or their folder, that could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file that holds no cases as they have to be.
    #[error("{}:{line}:{column}: {message}", path.display())]
    Syntax {
        /// Which file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong, and what would mend it.
        message: String,
        /// The text of the file.
        text: String,
    },
    /// A recording that cannot be read.
    #[error("{}: {message}", path.display())]
    Recorded {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// The plugin could not be loaded.
    #[error(transparent)]
    Host(#[from] driftless_host::Error),
}

impl Error {
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { path: path.to_owned(), source }
    }
}
