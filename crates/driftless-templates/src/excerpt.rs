//! Shows people the place in a text that an error is about.

use std::ops::Range;

/// How much of a line is shown, in characters.
const MOST_SHOWN: usize = 120;

/// The line of `source` in which a range of bytes begins, with the range underlined.
///
/// ```
/// let source = "tasks:\n  - type: echo\n    mesage: hello\n";
/// assert_eq!(
///     driftless_templates::excerpt(source, 26..32),
///     "  |\n3 |     mesage: hello\n  |     ^^^^^^",
/// );
/// ```
pub fn excerpt(source: &str, range: Range<usize>) -> String {
    let start = source.floor_char_boundary(range.start);
    let end = source.floor_char_boundary(range.end).max(start);
    let line_start = source[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = source[start..].find('\n').map_or(source.len(), |at| start + at);
    let number = (source[..start].matches('\n').count() + 1).to_string();
    let (before, behind) = (&source[line_start..start], &source[start..line_end]);

    // Of a long line, the place and what is around it.
    let is_long = source[line_start..line_end].chars().count() > MOST_SHOWN;
    let skipped = if is_long { before.chars().count().saturating_sub(MOST_SHOWN / 2) } else { 0 };
    let shown_before: String = before.chars().skip(skipped).collect();
    let room = MOST_SHOWN - shown_before.chars().count();
    let shown_behind: String = behind.chars().take(room).collect();
    let cut = |is_cut| if is_cut { "…" } else { "" };
    let (first, last) = (cut(skipped > 0), cut(shown_behind.len() < behind.trim_end().len()));

    let marked = source[start..end.min(line_end)].chars().count().clamp(1, room);
    // Tabs stay, so that the marks stand under what they mark.
    let indent: String =
        shown_before.chars().map(|character| if character == '\t' { '\t' } else { ' ' }).collect();
    let gutter = " ".repeat(number.len());
    let indent = if skipped > 0 { format!(" {indent}") } else { indent };
    let line = format!("{first}{shown_before}{shown_behind}");
    format!("{gutter} |\n{number} | {}{last}\n{gutter} | {indent}{}", line.trim_end(), "^".repeat(marked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_range_will_do() {
        for source in ["", "\n", "one", "one\n", "näh\r\n\tzwei\n", &"ü".repeat(1000)] {
            for start in 0..source.len() + 3 {
                for length in [0, 1, 2, 7, 500] {
                    let shown = excerpt(source, start..start + length);
                    assert!(shown.contains('^'), "{shown}");
                    assert!(shown.chars().count() < 2 * MOST_SHOWN + 20, "{shown}");
                }
            }
        }
    }

    #[test]
    fn the_marks_stand_under_the_place() {
        assert_eq!(excerpt("a\n\tbcd\n", 4..6), "  |\n2 | \tbcd\n  | \t ^^");
        let long = format!("{}X{}", "a".repeat(500), "b".repeat(500));
        let shown = excerpt(&long, 500..501);
        let lines: Vec<_> = shown.lines().collect();
        assert_eq!(
            lines[1].chars().position(|character| character == 'X'),
            lines[2].chars().position(|character| character == '^')
        );
        assert!(lines[1].ends_with("b…") && lines[1].contains("…a"), "{shown}");
    }
}
