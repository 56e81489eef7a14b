//! Words of a file, fit to be shown.

use driftless_plugin_api::text::{printable_line, truncated};

/// The longest name that is shown whole, in bytes.
const MAX_NAME_BYTES: usize = 100;

/// A name out of a file of unknown origin, fit for a terminal.
pub(crate) fn printable(name: &str) -> String {
    printable_line(&truncated(name, MAX_NAME_BYTES)).into_owned()
}
