//! Why a template was not rendered.

use std::fmt;
use std::ops::Range;

use driftless_documents::{Step, ValuePath};
use driftless_host::ErrorKind;
use minijinja::syntax::SyntaxConfig;

use crate::constructs::{Unended, unended, unended_in_expression};

/// What the engine calls an expression that stands by itself.
pub(crate) const EXPRESSION: &str = "<expression>";

/// What it is told that a text is called which is no file.
pub(crate) const TEXT: &str = "template";

/// The result of what this crate does.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong with a template.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A template that could not be rendered, with its place and cause.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The host could not say which plugins there are.
    #[error(transparent)]
    Host(Box<driftless_host::Error>),
    /// A template in a value that has several.
    #[error("{path}: {source}")]
    Value {
        /// The way to the text that it is.
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
        Self::Host(Box::new(error))
    }
}

impl Error {
    /// The same error, with the part of a larger whole in which it happened.
    #[must_use]
    pub fn at(self, what: impl Into<String>) -> Self {
        Self::Context { what: what.into(), source: Box::new(self) }
    }

    /// The same error, as it is seen from one value further out.
    #[must_use]
    pub fn within(self, step: impl Into<Step>) -> Self {
        match self {
            Self::Value { path, source } => Self::Value { path: path.within(step), source },
            other => Self::Value { path: ValuePath::default().with(step), source: Box::new(other) },
        }
    }

    /// The same error, in a value to which this way leads.
    #[must_use]
    pub fn in_value(self, path: &ValuePath) -> Self {
        path.steps().iter().rev().cloned().fold(self, Self::within)
    }

    /// The way to the text that is the template, in the value that was filled in.
    pub fn path(&self) -> ValuePath {
        match self {
            Self::Value { path, source } => path.clone().join(&source.path()),
            Self::Context { source, .. } => source.path(),
            Self::Template(_) | Self::Host(_) => ValuePath::default(),
        }
    }

    /// What a plugin did wrong, if one did, or why plugins could not be listed.
    pub fn plugin_error(&self) -> Option<&driftless_host::Error> {
        match self {
            Self::Template(error) => error.plugin_error(),
            Self::Host(error) => Some(error),
            Self::Value { source, .. } | Self::Context { source, .. } => source.plugin_error(),
        }
    }

    /// What kind of answer it asks for.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Template(error) => error.kind(),
            Self::Host(error) => error.kind(),
            Self::Value { source, .. } | Self::Context { source, .. } => source.kind(),
        }
    }

    /// The error of the template itself, where it is one.
    pub fn template(&self) -> Option<&TemplateError> {
        match self {
            Self::Template(error) => Some(error),
            Self::Host(_) => None,
            Self::Value { source, .. } | Self::Context { source, .. } => source.template(),
        }
    }
}

/// A template that could not be rendered.
///
/// Its text has the line and every cause; [`place`](Self::place) is where it is in the template.
#[derive(Debug)]
pub struct TemplateError {
    error: minijinja::Error,
    /// What is wrong and where, where that is known better than the engine knows it.
    found: Option<Found>,
    /// What was probably meant.
    meant: Option<String>,
}

/// Something wrong in a template.
#[derive(Debug)]
struct Found {
    source: String,
    place: Range<usize>,
    message: String,
}

impl TemplateError {
    /// An error of a template that is written in this syntax.
    pub(crate) fn new(error: minijinja::Error, syntax: &SyntaxConfig) -> Self {
        let mut error = Self::unread(error);
        error.found = error.find_unended(syntax);
        error
    }

    /// An error of a template that the engine has not read.
    pub(crate) fn unread(error: minijinja::Error) -> Self {
        Self { error, found: None, meant: None }
    }

    /// A name that is not there, at its place in the text of a template.
    pub(crate) fn unknown_name(
        kind: minijinja::ErrorKind,
        message: String,
        source: &str,
        place: Range<usize>,
    ) -> Self {
        let error = minijinja::Error::from(kind);
        Self { error, found: Some(Found { source: source.to_owned(), place, message }), meant: None }
    }

    /// The same error, with what was probably meant.
    pub(crate) fn meaning(mut self, meant: Option<String>) -> Self {
        self.meant = meant;
        self
    }

    /// What begins and does not end, where the engine noticed behind that.
    fn find_unended(&self, syntax: &SyntaxConfig) -> Option<Found> {
        let error = self.innermost();
        if error.kind() != minijinja::ErrorKind::SyntaxError {
            return None;
        }
        let source = error.template_source()?;
        let found = match error.name() {
            Some(EXPRESSION) => unended_in_expression(source)?,
            _ => unended(source, syntax)?,
        };
        // Another mistake may come before, or stand in a block that has no end.
        let is_noticed = error.range().is_none_or(|noticed| found.place.start <= noticed.end);
        let is_about_blocks = error.detail().is_some_and(|detail| {
            let ends = ["unknown statement", "unexpected end of input", "unexpected end of raw block"];
            ends.iter().any(|end| detail.starts_with(end))
        });
        if !is_noticed || (found.is_block && !is_about_blocks) {
            return None;
        }
        let Unended { place, message, .. } = found;
        Some(Found { source: source.to_owned(), place, message })
    }

    /// The line in the template, from 1.
    pub fn line(&self) -> Option<usize> {
        match &self.found {
            Some(found) => Some(found.source[..found.place.start].matches('\n').count() + 1),
            None => self.innermost().line(),
        }
    }

    /// The name of the template, of an included one where the error is in that.
    pub fn name(&self) -> Option<&str> {
        self.innermost().name()
    }

    /// The engine's error.
    pub(crate) fn engine_error(&self) -> &minijinja::Error {
        self.innermost()
    }

    /// The error of the template in which it happened, beneath those that include, import or extend it.
    fn innermost(&self) -> &minijinja::Error {
        let mut error = &self.error;
        while let Some(inner) = std::error::Error::source(error)
            .and_then(|source| source.downcast_ref::<minijinja::Error>())
            .filter(|inner| inner.name().is_some())
        {
            error = inner;
        }
        error
    }

    /// Whether a name is not there, of a filter, a function or a variable.
    pub(crate) fn is_about_a_name(&self) -> bool {
        use minijinja::ErrorKind::{UndefinedError, UnknownFilter, UnknownFunction, UnknownMethod};
        let kind = self.innermost().kind();
        matches!(kind, UnknownFilter | UnknownFunction | UnknownMethod | UndefinedError)
    }

    /// The text of the template, and the bytes in it that the error is about: where something begins that does not end.
    ///
    /// The values of the variables that are used there are left out: they may well be secrets, and errors end up in logs.
    pub fn place(&self) -> Option<(&str, Range<usize>)> {
        if let Some(Found { source, place, .. }) = &self.found {
            return Some((source, place.clone()));
        }
        let error = self.innermost();
        let (source, place) = (error.template_source()?, error.range()?);
        // Of a character that it does not expect, the engine tells the first byte.
        Some((source, source.floor_char_boundary(place.start)..source.ceil_char_boundary(place.end)))
    }

    /// What a plugin did wrong, if one did.
    pub fn plugin_error(&self) -> Option<&driftless_host::Error> {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(&self.error);
        while let Some(error) = cause {
            if let Some(error) = error.downcast_ref::<driftless_host::Error>() {
                return Some(error);
            }
            cause = error.source();
        }
        None
    }

    /// What kind of answer it asks for: that of the plugin's error, where one failed.
    pub fn kind(&self) -> ErrorKind {
        self.plugin_error().map_or(ErrorKind::Failed, driftless_host::Error::kind)
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A text that is no file is shown with the error, in the file that it is from.
        if let Some(name) = self.name().filter(|name| ![EXPRESSION, TEXT].contains(name)) {
            write!(f, "{name}:")?;
            if let Some(line) = self.line() {
                write!(f, "{line}:")?;
            }
            f.write_str(" ")?;
        }
        if let Some(error) = self.plugin_error() {
            return write!(f, "{error}");
        }
        let error = self.innermost();
        write!(f, "{}", error.kind())?;
        if let Some(found) = &self.found {
            write!(f, ": {}", found.message)?;
        } else if let Some(detail) = error.detail() {
            write!(f, ": {detail}")?;
        }
        match &self.meant {
            Some(meant) => write!(f, "; {meant}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for TemplateError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}
