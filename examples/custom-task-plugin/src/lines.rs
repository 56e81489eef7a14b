//! A line in a text: there once, or not at all.
//!
//! A text is bytes: what is no UTF-8 in it stays. A byte order mark is no part of the first line, and stays in front of the text.

use plugin_sdk::{Result, bail};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Which lines are meant.
pub(crate) enum Lines<'a> {
    /// Those that are this.
    Equal(&'a str),
    /// Those that begin with this.
    Beginning(&'a str),
}

impl Lines<'_> {
    fn cover(&self, line: &[u8]) -> bool {
        match self {
            Self::Equal(whole) => line == whole.as_bytes(),
            Self::Beginning(start) => line.starts_with(start.as_bytes()),
        }
    }
}

/// Refuses a text whose characters have several bytes each: a line of UTF-8 in it would be none of its lines.
pub(crate) fn check(text: &[u8]) -> Result<()> {
    if text.starts_with(b"\xFF\xFE") || text.starts_with(b"\xFE\xFF") {
        bail!("it is text in UTF-16, and lines are edited in UTF-8");
    }
    Ok(())
}

/// The text with `line` in it: in the place of the last of the lines that `replace` means, or else behind all others.
///
/// Where nothing is to be done, the result is the text as it was. What is at the ends of lines stays as it is in the text.
pub(crate) fn with(text: &[u8], line: &str, replace: Option<&Lines<'_>>) -> Vec<u8> {
    let (mark, text) = without_mark(text);
    let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let last = replace.and_then(|replace| lines.iter().rposition(|old| replace.cover(content(old))));
    if let Some(place) = last {
        let ending = &lines[place][content(lines[place]).len()..];
        return [mark, &lines[..place].concat(), line.as_bytes(), ending, &lines[place + 1..].concat()]
            .concat();
    }
    if lines.iter().any(|old| content(old) == line.as_bytes()) {
        return [mark, text].concat();
    }
    let ending: &[u8] =
        if lines.first().is_some_and(|first| first.ends_with(b"\r\n")) { b"\r\n" } else { b"\n" };
    let missing = if text.is_empty() || text.ends_with(b"\n") { b"" } else { ending };
    [mark, text, missing, line.as_bytes(), ending].concat()
}

/// The text without these lines, and how many there were.
pub(crate) fn without(text: &[u8], lines: &Lines<'_>) -> (Vec<u8>, usize) {
    let (mark, text) = without_mark(text);
    let (mut kept, mut count) = (mark.to_vec(), 0);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if lines.cover(content(line)) {
            count += 1;
        } else {
            kept.extend_from_slice(line);
        }
    }
    (kept, count)
}

/// The byte order mark, or nothing, and what follows it.
fn without_mark(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 })
}

/// The line without what ends it.
fn content(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}
