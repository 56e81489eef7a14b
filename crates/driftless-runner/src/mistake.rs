//! What is wrong with a file, before anything of it has run and while it runs.

use std::fmt;
use std::ops::Range;

use driftless_host::ErrorKind;

use crate::error::Error;

/// How many mistakes are told. A file that a program wrote may have one in each of its tasks.
pub const MAX_MISTAKES: usize = 50;

/// Something that is wrong with a file, and where.
#[derive(Debug)]
pub struct Mistake {
    /// The step, `tasks[3] (install)`, where it is in one.
    pub step: Option<String>,
    /// Where it is, in bytes of the text that the file was read from; `None`, where it was read from none.
    pub place: Option<Range<usize>>,
    /// What is wrong.
    pub error: Error,
    /// Whether it is in a task with `no_log`, so that the text there may not be shown.
    pub no_log: bool,
    /// What kind of answer it asks for. A template that cannot be read is a mistake in the file, where one that fails when it is rendered is not.
    pub kind: ErrorKind,
}

impl Mistake {
    /// One that is in the file as it is written.
    pub(crate) fn of_file(step: Option<&str>, place: Option<Range<usize>>, error: Error) -> Self {
        let kind = match error.template() {
            Some(_) => ErrorKind::Configuration,
            None => error.kind(),
        };
        Self { step: step.map(str::to_owned), place, error, no_log: false, kind }
    }

    /// One that came out when it was run.
    pub(crate) fn of_run(step: Option<&str>, place: Option<Range<usize>>, error: Error) -> Self {
        Self { kind: error.kind(), ..Self::of_file(step, place, error) }
    }

    /// The same one in a task with `no_log`: where it is is told, and what is wrong in `words` only.
    pub(crate) fn hidden(self, words: Option<&str>) -> Self {
        let hidden = Error::Hidden { kind: self.kind };
        let error = match words {
            Some(words) => hidden.at(words),
            None => hidden,
        };
        Self { error, no_log: true, ..self }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.step {
            Some(step) => write!(f, "{step}: {}", self.error),
            None => write!(f, "{}", self.error),
        }
    }
}

/// Everything that is wrong with a file, in the order in which it is written there, or the one thing that ended its run. There is at least one.
#[derive(Debug)]
pub struct Mistakes {
    mistakes: Vec<Mistake>,
    left_out: usize,
    hidden: Vec<Range<usize>>,
}

impl Mistakes {
    /// All of them, if there are any.
    pub(crate) fn new(mut mistakes: Vec<Mistake>, hidden: Vec<Range<usize>>) -> Option<Self> {
        if mistakes.is_empty() {
            return None;
        }
        mistakes.sort_by_key(|mistake| mistake.place.as_ref().map(|place| place.start));
        let left_out = mistakes.len().saturating_sub(MAX_MISTAKES);
        mistakes.truncate(MAX_MISTAKES);
        Some(Self { mistakes, left_out, hidden })
    }

    /// The one that ended a run.
    pub(crate) fn of_run(mistake: Mistake, hidden: Vec<Range<usize>>) -> Self {
        Self { mistakes: vec![mistake], left_out: 0, hidden }
    }

    /// The first ones, [`MAX_MISTAKES`] at most.
    pub fn iter(&self) -> impl Iterator<Item = &Mistake> {
        self.mistakes.iter()
    }

    /// Where in the text tasks with `no_log` are, each up to what begins behind it, and the last beyond the end. No part of it may be shown, also where a mistake is in another task.
    pub fn hidden(&self) -> &[Range<usize>] {
        &self.hidden
    }

    /// How many more there are.
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// What kind of answer they ask for: that of all of them where it is the same, otherwise that the file has to change.
    pub fn kind(&self) -> ErrorKind {
        let kind = self.mistakes[0].kind;
        match self.mistakes.iter().all(|mistake| mistake.kind == kind) {
            true => kind,
            false => ErrorKind::Configuration,
        }
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, mistake) in self.mistakes.iter().enumerate() {
            let newline = if number == 0 { "" } else { "\n" };
            write!(f, "{newline}{mistake}")?;
        }
        match self.left_out {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

impl std::error::Error for Mistakes {}
