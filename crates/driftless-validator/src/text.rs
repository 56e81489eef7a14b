//! Words of a file, fit to be shown.

/// The longest name that is shown whole, in characters.
const MAX_NAME_CHARS: usize = 100;

/// A name out of a file that nobody vouches for, fit for a terminal.
pub(crate) fn printable(name: &str) -> String {
    let short: String = name.chars().take(MAX_NAME_CHARS).collect();
    short.escape_debug().to_string()
}
