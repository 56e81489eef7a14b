//! A line in a text: there once, or not at all.

/// Which lines are meant.
pub(crate) enum Lines<'a> {
    /// Those that are this.
    Equal(&'a str),
    /// Those that begin with this.
    Beginning(&'a str),
}

impl Lines<'_> {
    fn cover(&self, line: &str) -> bool {
        match self {
            Self::Equal(whole) => line == *whole,
            Self::Beginning(start) => line.starts_with(start),
        }
    }
}

/// The text with `line` in it: in the place of the last of the lines that `replace` means, or else behind all others.
///
/// Where nothing is to be done, the result is the text as it was. What is at the ends of lines stays as it is in the text.
pub(crate) fn with(text: &str, line: &str, replace: Option<&Lines<'_>>) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let last = replace.and_then(|replace| lines.iter().rposition(|old| replace.cover(content(old))));
    if let Some(place) = last {
        let ending = &lines[place][content(lines[place]).len()..];
        return [&lines[..place].concat(), line, ending, &lines[place + 1..].concat()].concat();
    }
    if lines.iter().any(|old| content(old) == line) {
        return text.to_owned();
    }
    let ending = if lines.first().is_some_and(|first| first.ends_with("\r\n")) { "\r\n" } else { "\n" };
    let missing = if text.is_empty() || text.ends_with('\n') { "" } else { ending };
    [text, missing, line, ending].concat()
}

/// The text without these lines, and how many there were.
pub(crate) fn without(text: &str, lines: &Lines<'_>) -> (String, usize) {
    let mut count = 0;
    let kept = text.split_inclusive('\n').filter(|line| {
        let goes = lines.cover(content(line));
        count += usize::from(goes);
        !goes
    });
    (kept.collect(), count)
}

/// The line without what ends it.
fn content(line: &str) -> &str {
    let line = line.strip_suffix('\n').unwrap_or(line);
    line.strip_suffix('\r').unwrap_or(line)
}
