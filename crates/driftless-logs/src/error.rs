//! Why a pipeline could not be made, or ended before its sources did.

use std::fmt;

use driftless_documents::ValuePath;
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
    #[error("{path}: {source}")]
    Stage {
        /// Which stage, as `sources[0].parser`.
        path: ValuePath,
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
    pub(crate) fn at(self, path: ValuePath) -> Self {
        Self::Stage { path, source: Box::new(self) }
    }

    /// The way to what is wrong in the description; an empty one where it is wrong as a whole.
    pub fn path(&self) -> ValuePath {
        match self {
            Self::Stage { path, source } => path.clone().join(&source.path()),
            Self::Plugin(error) => match &**error {
                driftless_host::Error::Configuration { violations, .. } => {
                    violations.first().map(|violation| ValuePath::of_message(violation)).unwrap_or_default()
                }
                driftless_host::Error::NotFound(_) => ValuePath::default().with("type"),
                _ => ValuePath::default(),
            },
            Self::Description { .. } | Self::Input { .. } | Self::Output { .. } => ValuePath::default(),
        }
    }

    /// A description that asks for something impossible.
    pub(crate) fn impossible(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Description { what: what.into(), why: why.into() }
    }

    /// What a plugin did wrong, if one did.
    pub fn plugin_error(&self) -> Option<&driftless_host::Error> {
        match self {
            Self::Plugin(error) => Some(error),
            Self::Stage { source, .. } => source.plugin_error(),
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
            Self::Stage { source, .. } => source.kind(),
        }
    }
}

/// Everything that is wrong with a description. There is at least one thing.
#[derive(Debug)]
pub struct Mistakes(Vec<Error>);

impl Mistakes {
    /// These, if there are any.
    pub(crate) fn new(errors: Vec<Error>) -> Option<Self> {
        (!errors.is_empty()).then_some(Self(errors))
    }

    /// Each of them, in the order in which the stages are written.
    pub fn iter(&self) -> impl Iterator<Item = &Error> {
        self.0.iter()
    }

    /// What kind of answer they ask for: that of all of them where it is the same, otherwise that the description has to change.
    pub fn kind(&self) -> ErrorKind {
        let kind = self.0[0].kind();
        match self.0.iter().all(|error| error.kind() == kind) {
            true => kind,
            false => ErrorKind::Configuration,
        }
    }
}

impl From<Error> for Mistakes {
    fn from(error: Error) -> Self {
        Self(vec![error])
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, error) in self.0.iter().enumerate() {
            let newline = if number == 0 { "" } else { "\n" };
            write!(f, "{newline}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}
