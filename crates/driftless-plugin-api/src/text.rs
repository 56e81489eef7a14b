//! Text of unknown origin, made safe to print and short.
//!
//! A plugin, a file or a server can send anything: escape sequences that move a terminal's cursor, characters that turn the direction of writing,
//! letters that a terminal does not show, a megabyte where a word was expected. [`printable_line`] and [`printable_lines`] escape what would be
//! acted on or not be seen, and [`truncated`] cuts. Cut first where both are needed: `printable_line(&truncated(text, 300))`.

use std::borrow::Cow;
use std::fmt::{self, Write};

/// The text as one line that is safe to print: line breaks are escaped like everything else that is not [printable](is_printable).
///
/// ```
/// use driftless_plugin_api::text::printable_line;
///
/// assert_eq!(printable_line("two\nlines, \x1b[2Jgone"), r"two\nlines, \u{1b}[2Jgone");
/// ```
pub fn printable_line(text: &str) -> Cow<'_, str> {
    escaped(text, false)
}

/// The text as lines that are safe to print: `\n` stays, and everything else that is not [printable](is_printable) is escaped.
///
/// ```
/// use driftless_plugin_api::text::printable_lines;
///
/// assert_eq!(printable_lines("two\nlines\r\u{202e}"), "two\nlines\\r\\u{202e}");
/// ```
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    escaped(text, true)
}

/// The text in at most `max_bytes` bytes, ending with an ellipsis where something is cut off. A character is kept whole or left out.
///
/// Where there is no room for an ellipsis, there is none.
///
/// ```
/// use driftless_plugin_api::text::truncated;
///
/// assert_eq!(truncated("a long story", 9), "a long…");
/// assert_eq!(truncated("short", 9), "short");
/// ```
pub fn truncated(text: &str, max_bytes: usize) -> Cow<'_, str> {
    if text.len() <= max_bytes {
        return Cow::Borrowed(text);
    }
    match max_bytes.checked_sub(ELLIPSIS.len_utf8()) {
        Some(room) => Cow::Owned(format!("{}{ELLIPSIS}", &text[..text.floor_char_boundary(room)])),
        None => Cow::Borrowed(&text[..text.floor_char_boundary(max_bytes)]),
    }
}

/// The items with commas between them: at most `max` of them, and how many there are besides.
///
/// ```
/// use driftless_plugin_api::text::listed;
///
/// assert_eq!(listed(["a", "b", "c"], 3), "a, b, c");
/// assert_eq!(listed(["a", "b", "c"], 2), "a, b and 1 more");
/// ```
pub fn listed(items: impl IntoIterator<Item = impl fmt::Display>, max: usize) -> String {
    let mut items = items.into_iter();
    let mut shown = String::new();
    for (number, item) in items.by_ref().take(max).enumerate() {
        let comma = if number == 0 { "" } else { ", " };
        let _ = write!(shown, "{comma}{item}");
    }
    match items.count() {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Whether a character shows what it is, wherever it stands: it is no control character but the tab, it does not turn the direction of writing
/// or break the line, and it is seen.
pub fn is_printable(character: char) -> bool {
    character == '\t' || !(character.is_control() || is_invisible(character))
}

const ELLIPSIS: char = '…';

/// Characters that a reader does not see: Default_Ignorable_Code_Point of Unicode 16.0, in order. The controls of the direction of writing are
/// among them.
const DEFAULT_IGNORABLE: [(char, char); 17] = [
    ('\u{00ad}', '\u{00ad}'),
    ('\u{034f}', '\u{034f}'),
    ('\u{061c}', '\u{061c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{202a}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fff8}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

fn is_invisible(character: char) -> bool {
    use std::cmp::Ordering::{Equal, Greater, Less};
    // Besides: the separators of lines and paragraphs, the empty Braille pattern, and the marks of interlinear annotations.
    let is_other = matches!(character, '\u{2028}' | '\u{2029}' | '\u{2800}' | '\u{fff9}'..='\u{fffb}');
    let by_range = |(first, last): &(char, char)| match () {
        () if *last < character => Less,
        () if *first > character => Greater,
        () => Equal,
    };
    is_other || DEFAULT_IGNORABLE.binary_search_by(by_range).is_ok()
}

/// Whether a character that shows nothing by itself changes the one before it as a reader expects: emoji and several scripts are written with
/// joiners and variation selectors. Behind ASCII, and behind one another, they do nothing but hide.
fn is_joined(before: char, character: char) -> bool {
    let is_selector = |character| matches!(character, '\u{fe00}'..='\u{fe0f}');
    let is_joiner = |character| matches!(character, '\u{200c}' | '\u{200d}');
    let follows_letter = !before.is_ascii() && is_printable(before);
    is_selector(character) && follows_letter
        || is_joiner(character) && (follows_letter || is_selector(before))
}

fn escaped(text: &str, several_lines: bool) -> Cow<'_, str> {
    let mut shown: Option<String> = None;
    let mut before: Option<char> = None;
    for (at, character) in text.char_indices() {
        let is_safe = is_printable(character)
            || several_lines && character == '\n'
            || before.is_some_and(|before| is_joined(before, character));
        before = Some(character).filter(|_| is_safe);
        match &mut shown {
            Some(shown) if is_safe => shown.push(character),
            None if is_safe => {}
            shown => {
                let shown = shown.get_or_insert_with(|| text[..at].to_owned());
                let _ = write!(shown, "{}", character.escape_default());
            }
        }
    }
    shown.map_or(Cow::Borrowed(text), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_terminal_would_act_on_is_escaped() {
        assert_eq!(printable_line("\x1b[2Jgone"), "\\u{1b}[2Jgone");
        assert_eq!(printable_line("\u{9b}1m\u{7}\u{7f}\r\0"), "\\u{9b}1m\\u{7}\\u{7f}\\r\\u{0}");
        assert_eq!(printable_line("two\nlines\t"), "two\\nlines\t");
        assert_eq!(printable_lines("two\nlines\t"), "two\nlines\t");
        assert_eq!(printable_lines("two\u{2028}lines"), "two\\u{2028}lines");
    }

    #[test]
    fn what_a_reader_would_not_see_is_escaped() {
        assert_eq!(printable_line("abc\u{202e}def"), "abc\\u{202e}def");
        assert_eq!(printable_line("gra\u{200b}nt\u{e0041}"), "gra\\u{200b}nt\\u{e0041}");
        assert_eq!(printable_line("gra\u{200d}nt\u{fe0f}"), "gra\\u{200d}nt\\u{fe0f}");
        assert_eq!(printable_line("😀\u{fe01}\u{fe02}\u{fe03}"), "😀\u{fe01}\\u{fe02}\\u{fe03}");
        assert_eq!(printable_line("é\u{200d}\u{200d}"), "é\u{200d}\\u{200d}");
    }

    #[test]
    fn what_people_write_stays_as_it_is() {
        for text in [
            "naïve ✓",
            "👩\u{200d}💻",
            "❤\u{fe0f}",
            "👁\u{fe0f}\u{200d}🗨\u{fe0f}",
            "نمی\u{200c}خواهم",
            "क्\u{200d}ष",
            "e\u{301}",
            "C:\\n",
        ] {
            assert!(matches!(printable_line(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn the_table_is_that_of_unicode() {
        let ignorable = regex::Regex::new(r"\A\p{Default_Ignorable_Code_Point}\z").unwrap();
        for character in '\0'..=char::MAX {
            let listed = DEFAULT_IGNORABLE.iter().any(|(first, last)| (first..=last).contains(&&character));
            assert_eq!(listed, ignorable.is_match(character.encode_utf8(&mut [0; 4])), "{character:?}");
            if listed {
                assert!(is_invisible(character), "{character:?}: the table is not in order");
            }
        }
    }

    #[test]
    fn text_is_cut_between_characters_with_an_ellipsis() {
        assert_eq!(truncated("short", 5), "short");
        assert_eq!(truncated("longer", 5), "lo…");
        assert_eq!(truncated("üüüü", 6), "ü…");
        assert_eq!(truncated("longer", 3), "…");
        assert_eq!(truncated("longer", 2), "lo");
        assert_eq!(truncated("☕", 2), "");
        assert_eq!(truncated("", 0), "");
    }

    proptest! {
        #[test]
        fn printed_text_is_safe(text in "(?s).{0,40}|[\u{200b}-\u{200f}\u{fe0e}\u{fe0f}a😀\n\x1b]{0,20}") {
            let line = printable_line(&text);
            prop_assert!(!line.chars().any(|character| character.is_control() && character != '\t'));
            let unsafe_joiner = |pair: &[char]| !is_printable(pair[1]) && !is_joined(pair[0], pair[1]);
            let characters: Vec<char> = line.chars().collect();
            prop_assert!(characters.first().is_none_or(|first| is_printable(*first)));
            prop_assert!(!characters.windows(2).any(unsafe_joiner), "{line:?}");
            prop_assert_eq!(&printable_line(&line), &line, "what is printable stays as it is");
            let lines: Vec<_> = text.split('\n').map(printable_line).collect();
            prop_assert_eq!(printable_lines(&text), lines.join("\n"));
        }

        #[test]
        fn cut_text_is_a_beginning(text in "(?s).{0,20}", max_bytes in 0_usize..60) {
            let cut = truncated(&text, max_bytes);
            prop_assert!(cut.len() <= max_bytes);
            match cut {
                Cow::Borrowed(cut) => prop_assert!(text.starts_with(cut)),
                Cow::Owned(cut) => prop_assert!(text.starts_with(cut.strip_suffix(ELLIPSIS).unwrap())),
            }
            prop_assert!(text.len() > max_bytes || truncated(&text, max_bytes) == text);
        }
    }
}
