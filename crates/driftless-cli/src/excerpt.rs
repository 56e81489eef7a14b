//! Excerpts: the place in a text that an error is about, as people see it.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// How many columns an excerpt has at most; of a longer line, what is around the place is shown.
const MAX_COLUMNS: usize = 120;

/// How many characters are marked at most.
const MAX_MARKED: usize = 60;

/// The line of `source` in which a range of bytes begins, with the range underlined, as far as it is in that line.
pub(crate) fn excerpt(source: &str, range: Range<usize>) -> String {
    let start = source.floor_char_boundary(range.start);
    let end = source.floor_char_boundary(range.end).max(start);
    // annotate-snippets shows all that is marked, however long it is.
    let line = source[start..].split('\n').next().unwrap_or_default();
    let longest = line.char_indices().nth(MAX_MARKED).map_or(line.len(), |(at, _)| at);
    let mark = AnnotationKind::Primary.span(start..end.min(start + longest));
    let group = Group::with_level(Level::ERROR).element(Snippet::source(source).annotation(mark));
    let excerpt = Renderer::plain().term_width(MAX_COLUMNS).render(&[group]);
    excerpt.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_shown_with_its_place_marked() {
        let source = "tasks:\n  - type: echo\n    mesage: hello\n";
        assert_eq!(excerpt(source, 26..32), "  |\n3 |     mesage: hello\n  |     ^^^^^^");
        assert_eq!(excerpt("a:\n  b\n  c\n", 0..9), "  |\n1 | a:\n  | ^^");
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
