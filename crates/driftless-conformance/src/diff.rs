//! What is expected beside what is there, line by line.

use similar::{ChangeTag, TextDiff};

/// How many lines that are the same are shown around one that is not.
const AROUND: usize = 3;

/// One line of a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffLine {
    /// What it is.
    pub mark: DiffMark,
    /// The line, without a newline.
    pub text: String,
}

/// What a line of a difference is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiffMark {
    /// It is in both.
    Same,
    /// It is expected and not there.
    Expected,
    /// It is there and not expected.
    Actual,
    /// Lines that are the same are left out here.
    Gap,
}

impl DiffMark {
    /// What stands in front of the line.
    pub const fn sign(self) -> char {
        match self {
            Self::Same | Self::Gap => ' ',
            Self::Expected => '-',
            Self::Actual => '+',
        }
    }
}

/// The difference of two texts.
pub(crate) fn between(expected: &str, actual: &str) -> Vec<DiffLine> {
    let diff = TextDiff::from_lines(expected, actual);
    let mut lines = Vec::new();
    for (number, group) in diff.grouped_ops(AROUND).iter().enumerate() {
        if number > 0 {
            lines.push(DiffLine { mark: DiffMark::Gap, text: "…".to_owned() });
        }
        for change in group.iter().flat_map(|operation| diff.iter_changes(operation)) {
            let mark = match change.tag() {
                ChangeTag::Equal => DiffMark::Same,
                ChangeTag::Delete => DiffMark::Expected,
                ChangeTag::Insert => DiffMark::Actual,
            };
            lines.push(DiffLine { mark, text: change.value().trim_end_matches('\n').to_owned() });
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_differ_have_some_around_them() {
        let shown = |expected: &str, actual: &str| {
            let lines = between(expected, actual);
            lines.iter().map(|line| format!("{}{}", line.mark.sign(), line.text)).collect::<Vec<_>>()
        };
        assert_eq!(shown("a\nb\n", "a\nc\n"), [" a", "-b", "+c"]);
        assert!(shown("a\n", "a\n").is_empty());
        assert_eq!(shown("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "0\n2\n3\n4\n5\n6\n7\n8\n0\n")[5], " …");
    }
}
