//! Why a pipeline could not be made, or ended before its sources did.

use driftless_host::ErrorKind;

/// The result of what this crate does.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong with a pipeline.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A plugin that is not there, refused, wrongly configured, or that failed.
    #[error(transparent)]
    Plugin(Box<driftless_host::Error>),
    /// A description that asks for something impossible.
    #[error("{what}: {why}")]
    Description {
        /// Which part of it.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// A place where lines come from that could not be read.
    #[error("{what}: {source}")]
    Input {
        /// Which file.
        what: String,
        /// Why.
        source: std::io::Error,
    },
    /// A place where entries go that could not be written.
    #[error("{what}: {source}")]
    Output {
        /// Which file.
        what: String,
        /// Why.
        source: std::io::Error,
    },
    /// Something that went wrong in one stage.
    #[error("{what}: {source}")]
    Context {
        /// Which stage.
        what: String,
        /// What went wrong there.
        source: Box<Error>,
    },
}

impl From<driftless_host::Error> for Error {
    fn from(error: driftless_host::Error) -> Self {
        Self::Plugin(Box::new(error))
    }
}

impl Error {
    /// The same error, with the stage in which it happened.
    pub(crate) fn at(self, what: impl Into<String>) -> Self {
        Self::Context { what: what.into(), source: Box::new(self) }
    }

    /// A description that asks for something impossible.
    pub(crate) fn impossible(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Description { what: what.into(), why: why.into() }
    }

    /// What a plugin did wrong, if one did.
    pub fn plugin_error(&self) -> Option<&driftless_host::Error> {
        match self {
            Self::Plugin(error) => Some(error),
            Self::Context { source, .. } => source.plugin_error(),
            Self::Description { .. } | Self::Input { .. } | Self::Output { .. } => None,
        }
    }

    /// What kind of answer it asks for.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Plugin(error) => error.kind(),
            Self::Description { .. } => ErrorKind::Configuration,
            Self::Input { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                ErrorKind::NotFound
            }
            Self::Input { .. } | Self::Output { .. } => ErrorKind::Failed,
            Self::Context { source, .. } => source.kind(),
        }
    }
}
