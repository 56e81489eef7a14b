//! What can go wrong, by what a user would have to do about it.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use driftless_plugin_api::component::ComponentKind;
use driftless_plugin_api::function::Function;
use driftless_plugin_api::text::truncated;
use driftless_sandbox::{CallError, CallFailure, CompileError, SetupError, ValidationError};
use thiserror::Error;

/// The result of what this crate does.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong. Each variant says where, and its text what would change it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such plugin or component.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// A name that means two things.
    #[error("{0}")]
    Ambiguous(String),
    /// A file that is no plugin, or none that may run here.
    #[error("plugin `{plugin}` is refused:\n{}", indented(.source))]
    Refused {
        /// What it is called.
        plugin: String,
        /// Everything that is wrong with it.
        source: ValidationError,
    },
    /// A plugin that could not be made ready to run.
    #[error("plugin `{plugin}`: {source}")]
    Compile {
        /// What it is called.
        plugin: String,
        /// Why.
        source: CompileError,
    },
    /// A call that brought no reply: a limit, a trap, a panic, a broken reply.
    #[error("{place}: {}", .source.cause)]
    Call {
        /// In which plugin, and where in it.
        place: Place,
        /// Why.
        source: CallError,
    },
    /// A plugin that did its part and says that it could not do what it was asked to.
    #[error("{place}: {message}")]
    Failed {
        /// In which plugin, and where in it.
        place: Place,
        /// Why, in the plugin's own words.
        message: String,
    },
    /// A reply that is not what the protocol says.
    #[error("{place}: {defect}")]
    Protocol {
        /// In which plugin, and where in it.
        place: Place,
        /// What is wrong with it.
        defect: String,
    },
    /// A call that was not made: the binding failed too often and is put aside for a while, see
    /// [`FailurePolicy`](crate::FailurePolicy).
    #[error(
        "{place}: put aside after {} within {} s, the last: {last}; it is {} (`on_failure`)",
        in_a_row(*.failures),
        .within.as_secs(),
        tried_again(*.again_in)
    )]
    PutAside {
        /// In which plugin, and where in it.
        place: Place,
        /// How many failures in a row it takes.
        failures: u32,
        /// Within what time.
        within: Duration,
        /// Why the last call failed.
        last: Arc<str>,
        /// What kind of answer the last failure asks for.
        kind: ErrorKind,
        /// How long until a call is made again; `None` while one is being made to see whether it works.
        again_in: Option<Duration>,
    },
    /// A configuration that does not match its schema, or a file that says something impossible.
    #[error("{what}:{}", list(.violations))]
    Configuration {
        /// Whose configuration.
        what: String,
        /// Everything that is wrong with it. Never empty.
        violations: Vec<String>,
    },
    /// A template that could not be rendered, with its place and cause.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// Something that went wrong in one step of a file.
    #[error("{what}: {source}")]
    At {
        /// Which step.
        what: String,
        /// What went wrong there.
        source: Box<Error>,
    },
    /// A place where plugins come from that could not be read.
    #[error("{what}: {source}")]
    Source {
        /// Which file or folder.
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
    /// The sandbox could not be set up.
    #[error(transparent)]
    Setup(#[from] SetupError),
}

/// What kind of answer an error asks for; the command line's exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// What was run failed.
    Failed,
    /// The configuration has to change.
    Configuration,
    /// It is not allowed to run.
    Refused,
    /// It needs more than it may have.
    Limit,
    /// It is not there.
    NotFound,
}

impl Error {
    /// What kind of answer it asks for.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound(_) => ErrorKind::NotFound,
            Self::Ambiguous(_) | Self::Configuration { .. } | Self::Setup(_) => ErrorKind::Configuration,
            Self::Compile { source: CompileError::Limit(_), .. } => ErrorKind::Limit,
            Self::Refused { .. } | Self::Compile { .. } => ErrorKind::Refused,
            Self::Call { source, .. } if matches!(source.cause, CallFailure::Limit(_)) => ErrorKind::Limit,
            Self::Template(error) => error.kind(),
            Self::At { source, .. } => source.kind(),
            Self::PutAside { kind, .. } => *kind,
            Self::Source { source, .. } if source.kind() == std::io::ErrorKind::FileTooLarge => {
                ErrorKind::Refused
            }
            Self::Source { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                ErrorKind::NotFound
            }
            Self::Call { .. }
            | Self::Failed { .. }
            | Self::Protocol { .. }
            | Self::Source { .. }
            | Self::Output { .. } => ErrorKind::Failed,
        }
    }
}

/// Something that is not there, and what is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotFound {
    /// What was looked for: `plugin`, `task`, …
    pub what: String,
    /// Its name.
    pub name: String,
    /// Where it was looked for.
    pub among: String,
    /// What there is instead.
    pub known: Vec<String>,
}

impl std::error::Error for NotFound {}

impl fmt::Display for NotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no {} `{}` {}", self.what, self.name, self.among)?;
        if let Some(near) = nearest(&self.name, &self.known) {
            return write!(f, "; did you mean `{near}`?");
        }
        match self.known.as_slice() {
            [] => Ok(()),
            known => write!(f, "; there is: {}", known.join(", ")),
        }
    }
}

/// Where in which plugin something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// What the plugin is called.
    pub plugin: Arc<str>,
    /// Its version, if it has one.
    pub version: Option<Arc<str>>,
    /// Where in it.
    pub spot: Spot,
}

/// A part of a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spot {
    /// One of its components.
    Component(ComponentKind, Arc<str>),
    /// One of the protocol's functions.
    Function(Function),
    /// An instance was being made, for whatever was to be called then.
    Start,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "plugin `{}`", self.plugin)?;
        if let Some(version) = &self.version {
            write!(f, " {version}")?;
        }
        match &self.spot {
            Spot::Component(kind, name) => write!(f, ", {kind} `{name}`"),
            Spot::Function(function) => write!(f, ", function `{function}`"),
            Spot::Start => write!(f, ", while it was started"),
        }
    }
}

/// A template that could not be rendered.
///
/// Its text has the line and every cause; [`place`](Self::place) is where it is in the template.
#[derive(Debug)]
pub struct TemplateError(pub(crate) minijinja::Error);

impl TemplateError {
    /// The line in the template, from 1.
    pub fn line(&self) -> Option<usize> {
        self.0.line()
    }

    /// The template's name.
    pub fn name(&self) -> Option<&str> {
        self.0.name()
    }

    /// The text of the template, and the bytes in it that the error is about.
    ///
    /// The values of the variables that are used there are not told: they may well be secrets, and errors end up in logs.
    pub fn place(&self) -> Option<(&str, Range<usize>)> {
        Some((self.0.template_source()?, self.0.range()?))
    }

    /// What a plugin did wrong, if one did.
    pub fn plugin_error(&self) -> Option<&Error> {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(&self.0);
        while let Some(error) = cause {
            if let Some(error) = error.downcast_ref::<Error>() {
                return Some(error);
            }
            cause = error.source();
        }
        None
    }

    fn kind(&self) -> ErrorKind {
        self.plugin_error().map_or(ErrorKind::Failed, Error::kind)
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An expression is one line, which is shown with the error.
        if let Some(name) = self.name().filter(|name| *name != "<expression>") {
            write!(f, "{name}:")?;
            if let Some(line) = self.line() {
                write!(f, "{line}:")?;
            }
            f.write_str(" ")?;
        }
        if let Some(error) = self.plugin_error() {
            return write!(f, "{error}");
        }
        write!(f, "{}", self.0.kind())?;
        if let Some(detail) = self.0.detail() {
            write!(f, ": {detail}")?;
        }
        Ok(())
    }
}

impl std::error::Error for TemplateError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// The name that a typing mistake was most likely meant to be.
pub fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    let tolerated = name.chars().count() / 3 + 1;
    let distance = |other: &'a String| (strsim::osa_distance(name, other), other.as_str());
    known.iter().map(distance).filter(|(distance, _)| *distance <= tolerated).min().map(|(_, near)| near)
}

/// Bytes that a plugin's own words may have in a message. A reply may have a thousand times as many, and a message ends up on a
/// terminal or in a log.
const MOST_WORDS: usize = 16 << 10;

/// What a plugin says, cut to a length that people read.
pub(crate) fn in_few_words(words: String) -> String {
    truncated(&words, MOST_WORDS).into_owned()
}

fn list(violations: &[String]) -> String {
    match violations {
        [one] => format!(" {one}"),
        several => several.iter().map(|violation| format!("\n  - {violation}")).collect(),
    }
}

fn in_a_row(failures: u32) -> String {
    if failures == 1 { "1 failure".to_owned() } else { format!("{failures} failures in a row") }
}

fn tried_again(again_in: Option<Duration>) -> String {
    again_in.map_or_else(
        || "being tried again just now".to_owned(),
        // Rounded up: by then it is.
        |time| format!("tried again in {} s", time.as_millis().div_ceil(1000)),
    )
}

fn indented(text: &impl fmt::Display) -> String {
    text.to_string().lines().map(|line| format!("  - {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_is_not_listened_to_for_ever() {
        assert_eq!(in_few_words("short".into()), "short");
        let cut = in_few_words("ü".repeat(1 << 20));
        assert!(cut.len() <= MOST_WORDS);
        assert!(cut.ends_with("ü…"));
    }

    #[test]
    fn a_typing_mistake_is_recognised() {
        let known = ["my_custom_task".to_owned(), "echo".to_owned()];
        assert_eq!(nearest("my_custm_task", &known), Some("my_custom_task"));
        assert_eq!(nearest("ehco", &known), Some("echo"));
        assert_eq!(nearest("deploy", &known), None);
    }
}
