//! Everything that is wrong with a file that a user wrote, as it is told.

use std::fmt;
use std::ops::Range;

use driftless_documents::{Document, line_and_column};
use driftless_host::{CallFailure, Error, ErrorKind};
use driftless_templates::TemplateError;
use serde_json::{Value, json};

use crate::excerpt::{excerpt, excerpt_at};
use crate::words;

/// A file that was read.
pub(crate) struct TextFile<'t> {
    /// What messages call it.
    pub(crate) name: String,
    pub(crate) text: &'t str,
}

/// What is wrong with a file, each mistake with its line.
#[derive(Debug)]
pub(crate) struct FileMistakes {
    /// Where the file is; `None` where what was run is written in none.
    path: Option<String>,
    mistakes: Vec<FileMistake>,
    /// How many more there are.
    left_out: usize,
    kind: ErrorKind,
    by_plugin: Option<ByPlugin>,
}

/// How a plugin failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByPlugin {
    /// In its own words.
    Words,
    /// Without a word of its own: a trap or a reply that is none, which no permission would change.
    Crash,
}

impl ByPlugin {
    /// How it failed whose error this is.
    pub(crate) fn of(error: &Error) -> Self {
        match error {
            Error::Context { source, .. } => Self::of(source),
            Error::Call { source, .. } => match source.cause {
                CallFailure::Panic(_) | CallFailure::Initialize(_) => Self::Words,
                _ => Self::Crash,
            },
            Error::Protocol { .. } => Self::Crash,
            _ => Self::Words,
        }
    }
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
    /// Those of a file of tasks or collectors.
    pub(crate) fn of_tasks(file: Option<TextFile<'_>>, mistakes: &driftless_runner::Mistakes) -> Self {
        let text = file.as_ref().map_or("", |file| file.text);
        let hidden = mistakes.hidden();
        let told = mistakes.iter().map(|mistake| {
            let wrong = Wrong {
                step: mistake.step.as_deref(),
                place: mistake.place.clone(),
                error: &mistake.error,
                plugin_error: mistake.error.plugin_error(),
                template: mistake.error.template(),
                is_hidden: mistake.no_log,
            };
            wrong.told(text, hidden)
        });
        Self {
            path: file.map(|file| file.name),
            mistakes: told.collect(),
            left_out: mistakes.left_out(),
            kind: mistakes.kind(),
            by_plugin: mistakes.iter().find_map(|mistake| mistake.error.plugin_error()).map(ByPlugin::of),
        }
    }

    /// Those of a pipeline.
    pub(crate) fn of_pipeline(
        file: &TextFile<'_>,
        document: &Document<'_>,
        mistakes: &driftless_logs::Mistakes,
    ) -> Self {
        let by_plugin = mistakes.iter().find_map(driftless_logs::Error::plugin_error).map(ByPlugin::of);
        let told = mistakes.iter().map(|error| {
            let path = error.path();
            let wrong = Wrong {
                step: None,
                // What is wrong as a whole has no line.
                place: (!path.is_empty()).then(|| document.place_of(&path)),
                error,
                plugin_error: error.plugin_error(),
                template: None,
                is_hidden: false,
            };
            wrong.told(file.text, &[])
        });
        Self {
            path: Some(file.name.clone()),
            mistakes: told.collect(),
            left_out: 0,
            kind: mistakes.kind(),
            by_plugin,
        }
    }

    /// A template of a file that could not be filled in.
    pub(crate) fn of_template(
        file: &TextFile<'_>,
        document: &Document<'_>,
        error: &driftless_templates::Error,
    ) -> Self {
        let wrong = Wrong {
            step: None,
            place: Some(document.place_of(&error.path())),
            error,
            plugin_error: error.plugin_error(),
            template: error.template(),
            is_hidden: false,
        };
        let by_plugin = error.plugin_error().map(ByPlugin::of);
        let mistakes = vec![wrong.told(file.text, &[])];
        Self { path: Some(file.name.clone()), mistakes, left_out: 0, kind: error.kind(), by_plugin }
    }

    /// What kind of answer they ask for.
    pub(crate) fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// How a plugin failed, if one did.
    pub(crate) fn by_plugin(&self) -> Option<ByPlugin> {
        self.by_plugin
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
        let file = self.path.as_ref().map_or_else(String::new, |path| format!("{path} has "));
        (all > 1).then(|| format!("{file}{all} mistakes{shown}; nothing was run"))
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
        let step = step.as_ref().map_or_else(String::new, |step| format!("{step}: "));
        let file = match (&self.path, place) {
            (None, _) => String::new(),
            (Some(path), None) => format!("{path}: "),
            (Some(path), Some((line, column))) => format!("{path}:{line}:{column}: "),
        };
        format!("{file}{step}{message}")
    }
}

/// Something that is wrong in a text.
struct Wrong<'e> {
    step: Option<&'e str>,
    place: Option<Range<usize>>,
    error: &'e dyn fmt::Display,
    plugin_error: Option<&'e driftless_host::Error>,
    template: Option<&'e TemplateError>,
    /// Whether the text may not be shown.
    is_hidden: bool,
}

impl Wrong<'_> {
    fn told(self, text: &str, hidden: &[Range<usize>]) -> FileMistake {
        let Self { step, place, error, plugin_error, template, is_hidden } = self;
        let remedy = plugin_error.and_then(words::remedy).unwrap_or_default();
        let in_template = template.and_then(TemplateError::place);
        let in_file = match (&in_template, &place) {
            (Some((source, inner)), Some(place)) => in_text(text, place, source, inner),
            _ => None,
        };
        let excerpt = match (in_template, in_file.clone().or(place.clone())) {
            // The line may be what must not be shown.
            _ if is_hidden => None,
            (Some((source, inner)), _) if in_file.is_none() => Some(excerpt(source, inner)),
            // Several tasks may stand on one line.
            (_, Some(place)) if may_show_another(text, place.start, hidden) => None,
            (_, Some(place)) => Some(excerpt_at(text, place)),
            (_, None) => None,
        };
        let place = if is_hidden { place } else { in_file.or(place) };
        FileMistake {
            place: place.map(|place| line_and_column(text, place.start)),
            step: step.map(str::to_owned),
            message: format!("{error}{remedy}"),
            excerpt,
        }
    }
}

/// Where a place in a template is in the text that the template is written in, at `place`: by its line, or where that is folded or has escapes by the
/// words themselves.
fn in_text(text: &str, place: &Range<usize>, source: &str, inner: &Range<usize>) -> Option<Range<usize>> {
    by_line(text, place, source, inner).or_else(|| {
        let words = source.get(inner.clone()).filter(|words| words.len() > 1)?;
        let earlier = source[..inner.start].matches(words).count();
        let written = text.get(place.clone())?;
        // What was left out on the way has no such words.
        (written.matches(words).count() == source.matches(words).count()).then_some(())?;
        let (at, _) = written.match_indices(words).nth(earlier)?;
        Some(place.start + at..place.start + at + words.len())
    })
}

fn by_line(text: &str, place: &Range<usize>, source: &str, inner: &Range<usize>) -> Option<Range<usize>> {
    let start = source[..inner.start].rfind('\n').map_or(0, |newline| newline + 1);
    let line = source[start..].lines().next()?.trim_end();
    if line.is_empty() || inner.start > start + line.len() {
        return None;
    }
    let earlier = source[..start].matches(line).count();
    let written = text.get(place.clone())?;
    let (at, _) = written.match_indices(line).nth(earlier)?;
    let begin = place.start + at + (inner.start - start);
    Some(begin..begin + inner.len().min(start + line.len() - inner.start))
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
