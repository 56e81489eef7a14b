//! Why a file of tasks or collectors did not run to its end.

use driftless_documents::{DocumentError, ValuePath};
use driftless_host::ErrorKind;
use driftless_templates::{NotAVariable, TemplateError};

/// The result of what this crate does.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong while a file ran, or what is wrong with it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A plugin that is not there, refused, wrongly configured, or that brought no result.
    #[error(transparent)]
    Plugin(Box<driftless_host::Error>),
    /// A template in the file.
    #[error(transparent)]
    Template(#[from] driftless_templates::Error),
    /// What is written is not what is expected there.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// A variable that no template could use.
    #[error(transparent)]
    Variable(#[from] NotAVariable),
    /// A key that is not known, and what is written instead.
    #[error("unknown key `{key}`: {instead}")]
    UnknownKey {
        /// The key.
        key: String,
        /// What is written instead, or which keys there are.
        instead: String,
    },
    /// A file that asks for something impossible.
    #[error("{what}: {why}")]
    File {
        /// The way to it, in the step.
        path: ValuePath,
        /// Which part of it.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// Something that went wrong in a task with `no_log`, of which nothing is told but where.
    #[error("what went wrong is not shown, for the task has `no_log: true`")]
    Hidden {
        /// What kind of answer it asks for.
        kind: ErrorKind,
    },
    /// Something that went wrong in a value of a step.
    #[error("{path}: {source}")]
    Value {
        /// The way to the value, in the step.
        path: ValuePath,
        /// What went wrong there.
        source: Box<Error>,
    },
    /// Something that went wrong in one part of a larger whole.
    #[error("{what}: {source}")]
    Context {
        /// In which part.
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
    /// The same error, with the part in which it happened.
    pub(crate) fn at(self, what: impl Into<String>) -> Self {
        Self::Context { what: what.into(), source: Box::new(self) }
    }

    /// The same error, in a value of a step.
    pub(crate) fn in_value(self, path: ValuePath) -> Self {
        Self::Value { path, source: Box::new(self) }
    }

    /// The way to what is wrong, in the step; an empty one where the step is wrong as a whole.
    pub fn path(&self) -> ValuePath {
        match self {
            Self::Template(error) => error.path(),
            Self::Plugin(error) => match &**error {
                driftless_host::Error::Configuration { violations, .. } => {
                    violations.first().map(|violation| ValuePath::of_message(violation)).unwrap_or_default()
                }
                _ => ValuePath::default(),
            },
            Self::Value { path, source } => path.clone().join(&source.path()),
            Self::Context { source, .. } => source.path(),
            Self::File { path, .. } => path.clone(),
            Self::Document(_) | Self::Variable(_) | Self::UnknownKey { .. } | Self::Hidden { .. } => {
                ValuePath::default()
            }
        }
    }

    /// Whether it is in the configuration of a step, and not in a key by which the file says how the step is run.
    pub(crate) fn is_in_config(&self) -> bool {
        match self {
            Self::Template(_) | Self::Plugin(_) => true,
            Self::Context { source, .. } => source.is_in_config(),
            _ => false,
        }
    }

    /// What a plugin did wrong, if one did, in a template or by itself.
    pub fn plugin_error(&self) -> Option<&driftless_host::Error> {
        match self {
            Self::Plugin(error) => Some(error),
            Self::Template(error) => error.plugin_error(),
            Self::Value { source, .. } | Self::Context { source, .. } => source.plugin_error(),
            Self::Document(_)
            | Self::Variable(_)
            | Self::UnknownKey { .. }
            | Self::File { .. }
            | Self::Hidden { .. } => None,
        }
    }

    /// What kind of answer it asks for.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Plugin(error) => error.kind(),
            Self::Template(error) => error.kind(),
            Self::Hidden { kind } => *kind,
            Self::Document(_) | Self::Variable(_) | Self::UnknownKey { .. } | Self::File { .. } => {
                ErrorKind::Configuration
            }
            Self::Value { source, .. } | Self::Context { source, .. } => source.kind(),
        }
    }

    /// The error of the template, where one could not be rendered.
    pub fn template(&self) -> Option<&TemplateError> {
        match self {
            Self::Template(error) => error.template(),
            Self::Value { source, .. } | Self::Context { source, .. } => source.template(),
            Self::Plugin(_)
            | Self::Document(_)
            | Self::Variable(_)
            | Self::UnknownKey { .. }
            | Self::File { .. }
            | Self::Hidden { .. } => None,
        }
    }
}
