//! What can go wrong, by what a user would have to do about it.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use driftless_plugin_api::component::ComponentKind;
use driftless_plugin_api::function::Function;
use driftless_plugin_api::limit::Limit;
use driftless_plugin_api::text::{listed, printable_line, truncated};
use driftless_transport::{CallError, CallFailure, LoadError, Usage};
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
    /// A plugin that was not loaded: it may not run here, or could not be made ready.
    #[error("plugin `{}`{}", printable_line(plugin), load_failure(.source))]
    Load {
        /// What it is called.
        plugin: String,
        /// Why.
        source: LoadError,
    },
    /// A call that brought no reply: a limit, a trap, a panic, a broken reply.
    #[error("{location}: {}", set_off(&.source.cause.to_string()))]
    Call {
        /// In which plugin, and where in it.
        location: Location,
        /// Why.
        source: Box<CallError>,
    },
    /// A plugin that did its part and says that it could not do what it was asked to.
    #[error("{location}: {}", set_off(message))]
    Failed {
        /// In which plugin, and where in it.
        location: Location,
        /// Why, in the plugin's own words.
        message: String,
        /// What the call used.
        usage: Box<Usage>,
    },
    /// A reply that is not what the protocol says.
    #[error("{location}: {}", set_off(defect))]
    Protocol {
        /// In which plugin, and where in it.
        location: Location,
        /// What is wrong with it.
        defect: String,
    },
    /// A call that was not made: the binding failed too often and its circuit is open for a while, see
    /// [`FailurePolicy`](crate::FailurePolicy).
    #[error(
        "{location}: circuit open after {} within {} s, the last: {}; it is {} (`on_failure`)",
        in_a_row(*.failures),
        .within.as_secs(),
        set_off(last),
        tried_again(*.again_in)
    )]
    CircuitOpen {
        /// In which plugin, and where in it.
        location: Location,
        /// How many failures in a row it takes.
        failures: u32,
        /// Within what time.
        within: Duration,
        /// Why the last call failed.
        last: Arc<str>,
        /// What kind of answer the last failure asks for.
        kind: ErrorKind,
        /// The limit that the last call reached, where it reached one.
        limit: Option<Limit>,
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
    /// Something that went wrong in one step of a file.
    #[error("{what}: {source}")]
    Context {
        /// Which step.
        what: String,
        /// What went wrong there.
        source: Box<Error>,
    },
    /// A location where plugins come from that could not be read.
    #[error("{what}: {source}")]
    Source {
        /// Which file or folder.
        what: String,
        /// Why.
        source: std::io::Error,
    },
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
    /// A [`CancelHandle`](crate::CancelHandle) ended it.
    Cancelled,
}

impl Error {
    /// What the call used that ended with this error. Nothing, where no call was made.
    pub fn usage(&self) -> Usage {
        match self {
            Self::Call { source, .. } => source.usage,
            Self::Failed { usage, .. } => **usage,
            Self::Context { source, .. } => source.usage(),
            _ => Usage::default(),
        }
    }

    /// The limit that was reached, where one was.
    pub fn limit(&self) -> Option<Limit> {
        match self {
            Self::Load { source: LoadError::Limit(exceeded), .. } => Some(exceeded.limit),
            Self::Call { source, .. } => match &source.cause {
                CallFailure::Limit(exceeded) => Some(exceeded.limit),
                _ => None,
            },
            Self::CircuitOpen { limit, .. } => *limit,
            Self::Context { source, .. } => source.limit(),
            _ => None,
        }
    }

    /// Why a plugin was not loaded, where that is what went wrong.
    pub fn load_error(&self) -> Option<&LoadError> {
        match self {
            Self::Load { source, .. } => Some(source),
            Self::Context { source, .. } => source.load_error(),
            _ => None,
        }
    }

    /// What kind of answer it asks for.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound(_) => ErrorKind::NotFound,
            Self::Ambiguous(_) | Self::Configuration { .. } => ErrorKind::Configuration,
            Self::Load { source: LoadError::Limit(_), .. } => ErrorKind::Limit,
            Self::Load { source: LoadError::AddressSpace(_), .. } => ErrorKind::Configuration,
            Self::Load { .. } => ErrorKind::Refused,
            Self::Call { source, .. } if matches!(source.cause, CallFailure::Limit(_)) => ErrorKind::Limit,
            Self::Call { source, .. } if source.cause == CallFailure::Cancelled => ErrorKind::Cancelled,
            Self::Context { source, .. } => source.kind(),
            Self::CircuitOpen { kind, .. } => *kind,
            Self::Source { source, .. } if source.kind() == std::io::ErrorKind::FileTooLarge => {
                ErrorKind::Refused
            }
            Self::Source { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                ErrorKind::NotFound
            }
            Self::Call { .. } | Self::Failed { .. } | Self::Protocol { .. } | Self::Source { .. } => {
                ErrorKind::Failed
            }
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
            known => {
                write!(f, "; there is: {}", listed(known.iter().map(|name| printable_line(name)), MAX_KNOWN))
            }
        }
    }
}

/// Where in which plugin something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// What the plugin is called.
    pub plugin: Arc<str>,
    /// Its version, if it has one.
    pub version: Option<Arc<str>>,
    /// Where in it.
    pub part: PluginPart,
}

/// A part of a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PluginPart {
    /// One of its components.
    Component(ComponentKind, Arc<str>),
    /// One of the protocol's functions.
    Function(Function),
    /// An instance was being made, for whatever was to be called then.
    Start,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A plugin without a manifest is called like its file, and a file can be called anything.
        write!(f, "plugin `{}`", printable_line(&self.plugin))?;
        if let Some(version) = &self.version {
            write!(f, " {}", printable_line(version))?;
        }
        match &self.part {
            PluginPart::Component(kind, name) => write!(f, ", {kind} `{name}`"),
            PluginPart::Function(function) => write!(f, ", function `{function}`"),
            PluginPart::Start => write!(f, ", while it was started"),
        }
    }
}

/// The name that a typing mistake was most likely meant to be.
pub fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    let tolerated = name.chars().count() / 3 + 1;
    let distance = |other: &'a String| (strsim::osa_distance(name, other), other.as_str());
    known.iter().map(distance).filter(|(distance, _)| *distance <= tolerated).min().map(|(_, near)| near)
}

/// Names that are shown where another is not there.
const MAX_KNOWN: usize = 50;

/// Violations that are shown. A schema brings fewer, see [`MAX_VIOLATIONS`](driftless_schema::limits::MAX_VIOLATIONS); a file may have more.
const MAX_VIOLATIONS: usize = 200;

/// Bytes that a plugin's own words may have in a message. A reply may have a thousand times as many, and a message ends up on a
/// terminal or in a log.
const MAX_MESSAGE_BYTES: usize = 16 << 10;

/// What a plugin says, cut to a length that people read.
pub(crate) fn short_message(words: String) -> String {
    truncated(&words, MAX_MESSAGE_BYTES).into_owned()
}

/// A plugin's own words behind ours. Each further line of them begins with white space, as no line of ours does that says something new.
fn set_off(words: &str) -> Cow<'_, str> {
    let is_set_off = |line: &str| line.is_empty() || line.starts_with([' ', '\t']);
    if words.split('\n').skip(1).all(is_set_off) {
        return words.into();
    }
    let lines = words.split('\n').enumerate();
    let set_off =
        |(number, line)| if number == 0 || is_set_off(line) { line.to_owned() } else { format!("  {line}") };
    lines.map(set_off).collect::<Vec<_>>().join("\n").into()
}

fn list(violations: &[String]) -> String {
    match violations {
        [one] => format!(" {one}"),
        several => {
            let shown = several.iter().take(MAX_VIOLATIONS).map(|violation| format!("\n  - {violation}"));
            let mut shown: String = shown.collect();
            if several.len() > MAX_VIOLATIONS {
                shown.push_str(&format!("\n  - and {} more", several.len() - MAX_VIOLATIONS));
            }
            shown
        }
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

fn load_failure(error: &LoadError) -> String {
    match error {
        LoadError::Refused(_) => format!(" is refused:\n{}", indented(error)),
        other => format!(": {other}"),
    }
}

fn indented(text: &impl fmt::Display) -> String {
    text.to_string().lines().map(|line| format!("  - {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_is_not_listened_to_for_ever() {
        assert_eq!(short_message("short".into()), "short");
        let cut = short_message("ü".repeat(1 << 20));
        assert!(cut.len() <= MAX_MESSAGE_BYTES);
        assert!(cut.ends_with("ü…"));
    }

    #[test]
    fn a_plugin_cannot_write_a_line_of_ours() {
        let location = Location {
            plugin: "a\nerror: b".into(),
            version: Some("1\nerror: c".into()),
            part: PluginPart::Start,
        };
        let usage = Box::default();
        let message = "no\nerror: d\nwarning: e".to_owned();
        let error = Error::Failed { location, message, usage };
        let text = error.to_string();
        assert!(text.lines().skip(1).all(|line| line.starts_with(' ')), "{text}");
        assert!(text.starts_with("plugin `a\\nerror: b` 1\\nerror: c, while it was started: no\n"), "{text}");
        let known = vec!["x\nerror: y".to_owned()];
        let missing =
            NotFound { what: "plugin".into(), name: "deploy".into(), among: "installed".into(), known };
        assert_eq!(missing.to_string().lines().count(), 1);
    }

    #[test]
    fn lists_are_cut() {
        let known: Vec<_> = (0..1000).map(|number| format!("n{number}")).collect();
        let missing =
            NotFound { what: "task".into(), name: "deploy".into(), among: "in plugin `p`".into(), known };
        assert!(missing.to_string().ends_with("n48, n49 and 950 more"), "{missing}");
        let violations = vec!["no".to_owned(); 1000];
        let error = Error::Configuration { what: "it".into(), violations };
        assert!(error.to_string().ends_with("\n  - no\n  - and 800 more"), "{error}");
    }

    #[test]
    fn a_typing_mistake_is_recognised() {
        let known = ["my_custom_task".to_owned(), "echo".to_owned()];
        assert_eq!(nearest("my_custm_task", &known), Some("my_custom_task"));
        assert_eq!(nearest("ehco", &known), Some("echo"));
        assert_eq!(nearest("deploy", &known), None);
    }
}
