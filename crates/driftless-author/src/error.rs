//! What can go wrong between nothing and a plugin.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::language::Language;

/// A project that was not made, or a plugin that was not built.
#[derive(Debug, Error)]
pub enum AuthorError {
    /// There is nothing that could be built.
    #[error(
        "{}: there is no project: it has neither `Cargo.toml` nor `package.json` nor `pyproject.toml`; `driftless plugin new NAME` makes one",
        folder.display()
    )]
    NoProject {
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// The file that a language needs is not there.
    #[error("{}: there is no such file, so this is no {language} project", file.display())]
    NoProjectOf {
        /// The file.
        file: PathBuf,
        /// The language that was asked for.
        language: Language,
    },
    /// It could be a project of several languages.
    #[error(
        "{}: it is a project in {}; `--lang` says which of them is meant",
        folder.display(), either(languages)
    )]
    SeveralLanguages {
        /// The folder.
        folder: PathBuf,
        /// What it has files for.
        languages: Vec<Language>,
    },
    /// The project was not built yet.
    #[error("{}: there is no {what}; run `driftless plugin build` first", folder.display())]
    NotBuilt {
        /// Where finished plugins go.
        folder: PathBuf,
        /// What was looked for there.
        what: String,
    },
    /// A file that describes the project cannot be meant.
    #[error("{}: {why}", file.display())]
    Description {
        /// The file.
        file: PathBuf,
        /// The key and what is wrong with it.
        why: String,
    },
    /// What was asked for cannot be meant.
    #[error("{0}")]
    Usage(String),
    /// A file or folder could not be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A program or a package that the language needs is missing, or is of another version.
    #[error("{0}")]
    Tool(String),
    /// The author's code does not compile. The compiler said why: on standard error, or here.
    #[error("{}: {why}", file.display())]
    Code {
        /// The file that describes the project.
        file: PathBuf,
        /// What the compiler said.
        why: String,
    },
    /// The plugin uses something that it does not ask for.
    #[error("{}: {why}", file.display())]
    NotAskedFor {
        /// The file that describes the project.
        file: PathBuf,
        /// What, and how to ask for it.
        why: String,
    },
    /// It compiles, and nothing could ever be done with it.
    #[error("{}: it can never work:\n{why}", file.display())]
    NeverWorks {
        /// The file that describes the project.
        file: PathBuf,
        /// All that is wrong with it, a line for each, with the place where it is known.
        why: String,
    },
    /// What came out may not run.
    #[error("{}: what came out is no plugin:\n{why}", file.display())]
    Refused {
        /// What was compiled.
        file: PathBuf,
        /// All that is wrong with it.
        why: String,
    },
}

/// What kind of failure an [`AuthorError`] is, for those who give it an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorErrorKind {
    /// The author's code, or the machine.
    Failed,
    /// What was asked for or written cannot be meant.
    Usage,
    /// The plugin may not run.
    Refused,
    /// Something is not there.
    NotFound,
}

impl AuthorError {
    /// What kind of failure it is.
    pub fn kind(&self) -> AuthorErrorKind {
        match self {
            Self::NoProject { .. } | Self::NoProjectOf { .. } | Self::NotBuilt { .. } | Self::Tool(_) => {
                AuthorErrorKind::NotFound
            }
            Self::SeveralLanguages { .. } | Self::Description { .. } | Self::Usage(_) => {
                AuthorErrorKind::Usage
            }
            Self::File { error, .. } if error.kind() == io::ErrorKind::NotFound => AuthorErrorKind::NotFound,
            Self::File { .. } | Self::Code { .. } => AuthorErrorKind::Failed,
            Self::NotAskedFor { .. } | Self::NeverWorks { .. } | Self::Refused { .. } => {
                AuthorErrorKind::Refused
            }
        }
    }

    pub(crate) fn file(path: &Path, error: io::Error) -> Self {
        Self::File { path: path.to_owned(), error }
    }

    pub(crate) fn description(file: &Path, why: impl Into<String>) -> Self {
        Self::Description { file: file.to_owned(), why: why.into() }
    }
}

/// `Rust and in Python`
fn either(languages: &[Language]) -> String {
    languages.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and in ")
}
