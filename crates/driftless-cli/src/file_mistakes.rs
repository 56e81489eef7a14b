//! Everything that is wrong with a file of tasks, as it is told.

use std::fmt;
use std::ops::Range;
use std::path::Path;

use driftless_documents::line_and_column;
use driftless_host::ErrorKind;
use driftless_runner::{Mistake, Mistakes};
use driftless_templates::TemplateError;
use serde_json::{Value, json};

use crate::excerpt::{excerpt, excerpt_at};
use crate::words;

/// What is wrong with a file, each mistake with its line.
#[derive(Debug)]
pub(crate) struct FileMistakes {
    path: String,
    mistakes: Vec<FileMistake>,
    /// How many more there are.
    left_out: usize,
    kind: ErrorKind,
}

/// One mistake.
#[derive(Debug)]
struct FileMistake {
    place: Option<(usize, usize)>,
    step: Option<String>,
    message: String,
    /// The line, with the place marked.
    excerpt: Option<String>,
}

impl FileMistakes {
    /// Those of the file at a path, in which there is this text.
    pub(crate) fn new(path: &Path, text: &str, mistakes: &Mistakes) -> Self {
        Self {
            path: path.display().to_string(),
            mistakes: mistakes
                .iter()
                .map(|mistake| FileMistake::new(text, mistake, mistakes.hidden()))
                .collect(),
            left_out: mistakes.left_out(),
            kind: mistakes.kind(),
        }
    }

    /// What kind of answer they ask for.
    pub(crate) fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Each with its place, and its line where that is known.
    pub(crate) fn told(&self) -> impl Iterator<Item = String> {
        self.mistakes.iter().map(|mistake| {
            let excerpt = mistake.excerpt.as_ref().map_or_else(String::new, |excerpt| format!("\n{excerpt}"));
            self.line(mistake) + &excerpt
        })
    }

    /// How many there are, where there is more than one.
    pub(crate) fn count(&self) -> Option<String> {
        let all = self.mistakes.len() + self.left_out;
        let shown = match self.left_out {
            0 => String::new(),
            _ => format!(", of which the first {} are shown", self.mistakes.len()),
        };
        (all > 1).then(|| format!("{} has {all} mistakes{shown}; no task was run", self.path))
    }

    /// Each as data.
    pub(crate) fn as_json(&self) -> Vec<Value> {
        let told = |mistake: &FileMistake| {
            let (line, column) = mistake.place.unzip();
            json!({
                "file": self.path, "line": line, "column": column, "step": mistake.step,
                "message": mistake.message,
            })
        };
        self.mistakes.iter().map(told).collect()
    }

    fn line(&self, FileMistake { place, step, message, .. }: &FileMistake) -> String {
        let place = place.map_or_else(String::new, |(line, column)| format!(":{line}:{column}"));
        let step = step.as_ref().map_or_else(String::new, |step| format!("{step}: "));
        format!("{}{place}: {step}{message}", self.path)
    }
}

impl FileMistake {
    fn new(text: &str, mistake: &Mistake, hidden: &[Range<usize>]) -> Self {
        let error = &mistake.error;
        let remedy = error.plugin_error().and_then(words::remedy).unwrap_or_default();
        let in_template = error.template().and_then(TemplateError::place);
        let excerpt = match (in_template, &mistake.place) {
            // The line may be what must not be shown.
            _ if mistake.no_log => None,
            (Some((source, place)), _) => Some(excerpt(source, place)),
            // Several tasks may stand on one line.
            (None, Some(place)) if may_show_another(text, place.start, hidden) => None,
            (None, Some(place)) => Some(excerpt_at(text, place.clone())),
            (None, None) => None,
        };
        Self {
            place: mistake.place.as_ref().map(|place| line_and_column(text, place.start)),
            step: mistake.step.clone(),
            message: format!("{error}{remedy}"),
            excerpt,
        }
    }
}

/// Whether the line of a place may belong to a task with `no_log` too: a part of one stands on it, or it may be one that could not be read as a task.
fn may_show_another(text: &str, place: usize, hidden: &[Range<usize>]) -> bool {
    let place = text.floor_char_boundary(place);
    let start = text[..place].rfind('\n').map_or(0, |end| end + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    let is_on_line = |hidden: &Range<usize>| {
        // What stands between it and the next one is no part of either.
        let between = |character| " \t\r\n-,".contains(character);
        let task = text.get(hidden.start..hidden.end.min(text.len())).unwrap_or_default();
        let end = hidden.start + task.trim_end_matches(between).len();
        hidden.start < start + line.len() && start < end
    };
    hidden.iter().any(is_on_line)
        || (text.contains("no_log") && (line.contains(['{', '[']) || line.contains("no_log")))
}

impl fmt::Display for FileMistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.mistakes.iter().map(|mistake| self.line(mistake)).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for FileMistakes {}
