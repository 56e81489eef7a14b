//! The exit code of a command that failed.

use driftless_host::{CallFailure, Error};

use crate::failure::{self, FAILED, REFUSED};
use crate::interrupt;
use crate::terminal::Terminal;

/// The exit code of a command that ends with an error: what the error asks for, unless it was interrupted, or a plugin was refused a permission. That tells
/// its failure in its own words, which say nothing of why.
pub(crate) fn code(error: &anyhow::Error, terminal: &Terminal) -> u8 {
    if interrupt::has_cancelled() {
        return interrupt::exit_code();
    }
    let has_crashed = error.chain().find_map(failure::host_error).is_some_and(has_crashed);
    match failure::code(error) {
        FAILED if !has_crashed => of_failure(terminal),
        code => code,
    }
}

/// The exit code where a plugin says itself that it failed, or does not do what it was asked for.
pub(crate) fn of_failure(terminal: &Terminal) -> u8 {
    if terminal.noted_grants().any_denied() { REFUSED } else { FAILED }
}

/// Whether a call ended without a word of the plugin's: a trap or a reply that is none, which no permission would change.
fn has_crashed(error: &Error) -> bool {
    match error {
        Error::Context { source, .. } => has_crashed(source),
        Error::Call { source, .. } => {
            !matches!(source.cause, CallFailure::Panic(_) | CallFailure::Initialize(_))
        }
        Error::Protocol { .. } => true,
        _ => false,
    }
}
