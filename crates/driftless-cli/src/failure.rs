//! Failures and their exit codes.

use std::io;
use std::path::Path;

use driftless_author::{AuthorError, AuthorErrorKind};
use driftless_host::ErrorKind;
use driftless_sandbox::SetupError;
use thiserror::Error;

use crate::file_mistakes::FileMistakes;

/// A failure of the command itself, rather than of a plugin.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// What was run failed, and said so already.
    #[error("{0}")]
    Failed(String),
    /// What was typed or written cannot be meant.
    #[error("{0}")]
    Usage(String),
    /// A file may not run.
    #[error("{0}")]
    Refused(String),
    /// Something is not there.
    #[error("{0}")]
    NotFound(String),
}

/// The exit code where what was run failed.
pub(crate) const FAILED: u8 = 1;
/// The exit code where a permission or a check said no.
pub(crate) const REFUSED: u8 = 3;

/// The exit code that an error asks for by itself.
pub(crate) fn code(error: &anyhow::Error) -> u8 {
    let by_kind = |kind| match kind {
        ErrorKind::Failed => FAILED,
        ErrorKind::Configuration => 2,
        ErrorKind::Refused => REFUSED,
        ErrorKind::Limit => 4,
        ErrorKind::NotFound => 5,
        ErrorKind::Cancelled => 130,
    };
    let code = error.chain().find_map(|cause| {
        if let Some(kind) = library_error_kind(cause) {
            return Some(by_kind(kind));
        }
        if cause.is::<SetupError>() {
            return Some(by_kind(ErrorKind::Configuration));
        }
        if let Some(error) = cause.downcast_ref::<AuthorError>() {
            return Some(match error.kind() {
                AuthorErrorKind::Failed => FAILED,
                AuthorErrorKind::Usage => 2,
                AuthorErrorKind::Refused => REFUSED,
                AuthorErrorKind::NotFound => 5,
            });
        }
        cause.downcast_ref::<Failure>().map(|failure| match failure {
            Failure::Failed(_) => FAILED,
            Failure::Usage(_) => 2,
            Failure::Refused(_) => REFUSED,
            Failure::NotFound(_) => 5,
        })
    });
    code.unwrap_or(FAILED)
}

/// What kind of answer an error of one of the libraries asks for; `None` for any other. These errors have their causes in their own words.
pub(crate) fn library_error_kind(error: &(dyn std::error::Error + 'static)) -> Option<ErrorKind> {
    use driftless_host as host;
    use driftless_logs as logs;
    use driftless_runner as runner;
    use driftless_templates as templates;
    let host = || error.downcast_ref().map(host::Error::kind);
    let templates = || error.downcast_ref().map(templates::Error::kind);
    let logs = || error.downcast_ref().map(logs::Error::kind);
    let runner = || error.downcast_ref().map(runner::Error::kind);
    let registry = || {
        error.downcast_ref().map(registry_error_kind).or_else(|| error.downcast_ref().map(server_error_kind))
    };
    let mistakes = || error.downcast_ref().map(FileMistakes::kind);
    host().or_else(registry).or_else(templates).or_else(logs).or_else(runner).or_else(mistakes)
}

fn server_error_kind(error: &driftless_registry_server::Error) -> ErrorKind {
    use driftless_registry_server::Error;
    match error {
        Error::Registry(error) => registry_error_kind(error),
        Error::Io { .. } | Error::System { .. } => ErrorKind::Failed,
        _ => ErrorKind::Configuration,
    }
}

fn registry_error_kind(error: &driftless_registry::Error) -> ErrorKind {
    use driftless_registry as registry;
    match error.kind() {
        registry::ErrorKind::Failed => ErrorKind::Failed,
        registry::ErrorKind::Configuration => ErrorKind::Configuration,
        registry::ErrorKind::Refused => ErrorKind::Refused,
        registry::ErrorKind::Limit => ErrorKind::Limit,
        registry::ErrorKind::NotFound => ErrorKind::NotFound,
        registry::ErrorKind::Cancelled => ErrorKind::Cancelled,
    }
}

/// The template that an error is about, where it is about one.
pub(crate) fn template_error<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> Option<&'a driftless_templates::TemplateError> {
    let templates = error.downcast_ref::<driftless_templates::Error>().and_then(|error| error.template());
    templates.or_else(|| error.downcast_ref::<driftless_runner::Error>()?.template())
}

/// The error of the host that an error is about, where it is about one.
pub(crate) fn host_error<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> Option<&'a driftless_host::Error> {
    let templates = || error.downcast_ref::<driftless_templates::Error>()?.plugin_error();
    let logs = || error.downcast_ref::<driftless_logs::Error>()?.plugin_error();
    let runner = || error.downcast_ref::<driftless_runner::Error>()?.plugin_error();
    error.downcast_ref().or_else(templates).or_else(logs).or_else(runner)
}

/// A file that could not be read. What is none that could be meant, such as a folder, a pipe, a file of gigabytes or one that is no text, is a mistake in
/// what was typed.
pub(crate) fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => Failure::NotFound(format!("{path}: {error}")),
        io::ErrorKind::InvalidData => Failure::Usage(format!("{path}: it is not UTF-8 text")),
        io::ErrorKind::IsADirectory => Failure::Usage(format!("{path}: it is a folder, not a file")),
        io::ErrorKind::FileTooLarge | io::ErrorKind::InvalidInput => {
            Failure::Usage(format!("{path}: {error}"))
        }
        _ => Failure::Failed(format!("{path}: {error}")),
    }
}
