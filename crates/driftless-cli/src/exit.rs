//! The exit code of a command that failed.

use crate::failure::{self, FAILED, REFUSED};
use crate::file_mistakes::{ByPlugin, FileMistakes};
use crate::interrupt;
use crate::terminal::Terminal;

/// The exit code of a command that ends with an error: what the error asks for, unless it was interrupted, or a plugin was refused a permission. That tells
/// its failure in its own words, which say nothing of why.
pub(crate) fn code(error: &anyhow::Error, terminal: &Terminal) -> u8 {
    if interrupt::has_cancelled() {
        return interrupt::exit_code();
    }
    let told_by = match error.downcast_ref::<FileMistakes>() {
        Some(mistakes) => mistakes.by_plugin().unwrap_or(ByPlugin::Words),
        None => error.chain().find_map(failure::host_error).map_or(ByPlugin::Words, ByPlugin::of),
    };
    match failure::code(error) {
        FAILED if told_by == ByPlugin::Words => of_failure(terminal),
        code => code,
    }
}

/// The exit code where a plugin says itself that it failed, or does not do what it was asked for.
pub(crate) fn of_failure(terminal: &Terminal) -> u8 {
    if terminal.noted_grants().any_denied() { REFUSED } else { FAILED }
}
