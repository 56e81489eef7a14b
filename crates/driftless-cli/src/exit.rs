//! The exit code of a command that failed.

use crate::failure::{self, FAILED, REFUSED};
use crate::interrupt;
use crate::terminal::Terminal;

/// The exit code of a command that ends with an error: what the error asks for, unless it was interrupted, or a plugin was refused a permission. That tells
/// its failure in its own words, which say nothing of why.
pub(crate) fn code(error: &anyhow::Error, terminal: &Terminal) -> u8 {
    if interrupt::has_cancelled() {
        return interrupt::exit_code();
    }
    match failure::code(error) {
        FAILED if terminal.noted_grants().any_denied() => REFUSED,
        code => code,
    }
}
