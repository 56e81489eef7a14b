//! Excerpts: the place in a text that an error is about, as people see it.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// How many columns an excerpt has at most; of a longer line, what is around the place is shown.
const MAX_COLUMNS: usize = 120;

/// How many characters are marked at most.
const MAX_MARKED: usize = 60;

/// How many bytes of a line are looked at on each side of the place: the renderer takes its time for each character of what it is given.
const MAX_AROUND_BYTES: usize = 1_000;

/// The line of `source` in which a range of bytes begins, with the range underlined, as far as it is in that line.
pub(crate) fn excerpt(source: &str, range: Range<usize>) -> String {
    let start = source.floor_char_boundary(range.start);
    let end = source.floor_char_boundary(range.end).max(start);
    // annotate-snippets shows all that is marked, however long it is.
    let rest = &source[start..source.floor_char_boundary(start + MAX_AROUND_BYTES)];
    let rest = rest.split('\n').next().unwrap_or_default();
    let rest = rest.strip_suffix('\r').unwrap_or(rest);
    let longest = rest.char_indices().nth(MAX_MARKED).map_or(rest.len(), |(at, _)| at);
    // The line alone, or what of it is around the place.
    let before = source.floor_char_boundary(start.saturating_sub(MAX_AROUND_BYTES));
    let before = source[before..start].rfind('\n').map_or(before, |newline| before + newline + 1);
    let shown = &source[before..start + rest.len()];
    let mark = AnnotationKind::Primary.span(start - before..end.min(start + longest) - before);
    let number = source[..start].matches('\n').count() + 1;
    let snippet = Snippet::source(shown).line_start(number).annotation(mark);
    let group = Group::with_level(Level::ERROR).element(snippet);
    let excerpt = Renderer::plain().term_width(MAX_COLUMNS).render(&[group]);
    excerpt.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// The line of a text that a mistake is in, with its place marked. What is missing has no length, and is marked all the same.
pub(crate) fn excerpt_at(text: &str, place: Range<usize>) -> String {
    excerpt(text, place.start..place.end.max(place.start + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_shown_with_its_place_marked() {
        let source = "tasks:\n  - type: echo\n    mesage: hello\n";
        assert_eq!(excerpt(source, 26..32), "  |\n3 |     mesage: hello\n  |     ^^^^^^");
        assert_eq!(excerpt("a:\n  b\n  c\n", 0..9), "  |\n1 | a:\n  | ^^");
        assert_eq!(excerpt("a: 5\r\nb: 6\r\n", 3..4), "  |\n1 | a: 5\n  |    ^");
    }

    #[test]
    fn the_marks_stand_under_the_place() {
        assert_eq!(excerpt("a\n\tbcd\n", 4..6), "  |\n2 |     bcd\n  |      ^^");
        assert_eq!(excerpt("a: 漢字 x\n", 3..6), "  |\n1 | a: 漢字 x\n  |    ^^");
        let long = format!("{}X{}", "a".repeat(500), "b".repeat(500));
        let shown = excerpt(&long, 500..501);
        let lines: Vec<_> = shown.lines().collect();
        assert_eq!(lines[1].find('X'), lines[2].find('^'), "{shown}");
        assert!(lines[1].ends_with("b...") && lines[1].contains("...a"), "{shown}");
    }

    #[test]
    fn what_is_long_is_shown_at_once() {
        // As a whole, the renderer would take minutes for it.
        let line = "0,".repeat(10 << 20);
        let shown = excerpt(&line, 10 << 20..11 << 20);
        assert!(shown.contains("0,0,0,") && shown.contains("...") && shown.len() < 1_000, "{shown}");
        let lines = "0,\n".repeat(10 << 20);
        let shown = excerpt(&lines, 15 << 20..16 << 20);
        assert!(shown.contains("\n5242881 | 0,\n"), "{shown}");
    }

    #[test]
    fn any_range_will_do() {
        for source in ["", "\n", "one", "one\n", "näh\r\n\tzwei\n", &"ü".repeat(1000)] {
            for start in 0..source.len() + 3 {
                for length in [0, 1, 2, 7, 500] {
                    let shown = excerpt(source, start..start + length);
                    assert!(shown.contains('^'), "{shown}");
                    assert!(shown.lines().all(|line| line.chars().count() < MAX_COLUMNS + 20), "{shown}");
                }
            }
        }
    }
}
