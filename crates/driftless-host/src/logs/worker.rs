//! Parsing and filtering, one batch at a time.

use serde::Serialize;
use serde::de::IgnoredAny;

use super::batch::{Batch, Form, MOST_LINE_BYTES};
use crate::component::Configured;
use crate::error::{Error, Result};
use crate::handle::Session;

/// How many failures of a batch are told in words.
const MOST_PROBLEMS: usize = 10;

/// How many calls in a row may break (trap, run into a limit) before the pipeline gives up: a plugin that breaks on every line
/// would otherwise take its whole time for each.
const MOST_BROKEN_IN_A_ROW: u32 = 10;

/// The stages that a worker runs: what every entry of a source goes through.
#[derive(Clone, Debug)]
pub(crate) struct Stages {
    /// For each source.
    pub(crate) parsers: Vec<Option<Configured>>,
    pub(crate) filters: Vec<Configured>,
}

/// One thread's instances of the stages.
pub(crate) struct Worker<'a> {
    stages: &'a Stages,
    parsers: Vec<Option<Session>>,
    filters: Vec<Session>,
    broken_in_a_row: u32,
}

/// What became of one line.
enum Fate {
    Kept,
    Dropped,
}

impl<'a> Worker<'a> {
    pub(crate) fn new(stages: &'a Stages) -> Self {
        Self {
            stages,
            parsers: stages.parsers.iter().map(|parser| parser.as_ref().map(Configured::session)).collect(),
            filters: stages.filters.iter().map(Configured::session).collect(),
            broken_in_a_row: 0,
        }
    }

    /// Decides the fate of every line of a batch.
    ///
    /// # Errors
    ///
    /// When a plugin is so broken that going on is of no use. The batch then has what was done until there, and the
    /// other lines count as failed.
    pub(crate) fn work(&mut self, batch: &mut Batch) -> Result<()> {
        let input = std::mem::take(&mut batch.input);
        let done = match batch.form {
            Form::Lines | Form::Entries => self.lines(&input, batch),
            Form::TooLong => {
                fail(batch, 0, &input, false, too_long());
                Ok(())
            }
            Form::TooLongStill => {
                batch.rejected.extend_from_slice(&input);
                Ok(())
            }
        };
        // Its memory is used again.
        batch.input = input;
        done
    }

    fn lines(&mut self, input: &[u8], batch: &mut Batch) -> Result<()> {
        let mut number = 0;
        let mut given_up = None;
        let mut at = 0;
        while at < input.len() {
            let end = memchr::memchr(b'\n', &input[at..]).map_or(input.len(), |found| at + found);
            let raw = &input[at..end];
            let line = raw.strip_suffix(b"\r").unwrap_or(raw);
            at = end + 1;
            if given_up.is_some() {
                fail(batch, number, raw, true, "it was not looked at any more".to_owned());
            } else if line.len() > MOST_LINE_BYTES {
                fail(batch, number, raw, true, too_long());
            } else {
                match self.line(line, batch) {
                    Ok(Fate::Kept) => batch.tally.kept += 1,
                    Ok(Fate::Dropped) => batch.tally.dropped += 1,
                    Err(error) => {
                        fail(batch, number, raw, true, error.to_string());
                        given_up = self.count_broken(error);
                    }
                }
            }
            number += 1;
        }
        given_up.map_or(Ok(()), Err)
    }

    /// Parses and filters a line, and writes the entry if it is kept.
    #[inline]
    fn line(&mut self, line: &[u8], batch: &mut Batch) -> Result<Fate> {
        let text = std::str::from_utf8(line).map_err(|error| Error::Configuration {
            what: "the line".to_owned(),
            violations: vec![format!("it is not UTF-8 (at byte {})", error.valid_up_to())],
        })?;
        let Self { stages, parsers, filters, .. } = self;
        let entries = &mut batch.entries;
        let fate = match (&stages.parsers[batch.source], batch.form) {
            (Some(parser), Form::Lines) => {
                let session = parsers[batch.source].as_mut().expect("there is a session for each parser");
                // The entry is looked at where the parser left it, and copied only if it is kept.
                parser.call_in(session, &[text], |entry| filter(stages, filters, entry, entries, parser))?
            }
            (None, Form::Lines) => {
                let entry = message(text);
                filter_trusted(stages, filters, &entry, entries)
            }
            _ => filter_trusted(stages, filters, text, entries),
        };
        // A parser that works is of no use where a filter breaks.
        if fate.is_ok() {
            self.broken_in_a_row = 0;
        }
        fate
    }

    /// Counts calls that broke; returns the error when there were too many.
    fn count_broken(&mut self, error: Error) -> Option<Error> {
        if !matches!(error, Error::Call { .. }) {
            self.broken_in_a_row = 0;
            return None;
        }
        self.broken_in_a_row += 1;
        (self.broken_in_a_row >= MOST_BROKEN_IN_A_ROW).then_some(error)
    }
}

/// An entry that a plugin made: what is kept has to be a JSON object on one line.
fn filter(
    stages: &Stages,
    filters: &mut [Session],
    entry: &str,
    entries: &mut Vec<u8>,
    parser: &Configured,
) -> Result<Fate> {
    if !passes(stages, filters, entry)? {
        return Ok(Fate::Dropped);
    }
    let entry = entry.trim();
    if !entry.starts_with('{') {
        return Err(parser.broken("its reply is not a JSON object"));
    }
    if let Err(error) = serde_json::from_str::<IgnoredAny>(entry) {
        return Err(parser.broken(format!("its reply is not JSON: {error}")));
    }
    put_entry(entry, entries);
    Ok(Fate::Kept)
}

/// An entry that is known to be a JSON object.
fn filter_trusted(
    stages: &Stages,
    filters: &mut [Session],
    entry: &str,
    entries: &mut Vec<u8>,
) -> Result<Fate> {
    if !passes(stages, filters, entry)? {
        return Ok(Fate::Dropped);
    }
    put_entry(entry, entries);
    Ok(Fate::Kept)
}

#[inline]
fn passes(stages: &Stages, sessions: &mut [Session], entry: &str) -> Result<bool> {
    for (filter, session) in stages.filters.iter().zip(sessions) {
        let kept = filter.call_in(session, &[entry], |reply| match reply.trim() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        })?;
        match kept {
            Some(true) => {}
            Some(false) => return Ok(false),
            None => return Err(filter.broken("its reply is neither true nor false")),
        }
    }
    Ok(true)
}

/// A newline in JSON is white space, and an entry is one line.
fn put_entry(entry: &str, entries: &mut Vec<u8>) {
    let start = entries.len();
    entries.extend_from_slice(entry.as_bytes());
    if memchr::memchr2(b'\n', b'\r', &entries[start..]).is_some() {
        entries[start..]
            .iter_mut()
            .filter(|byte| matches!(**byte, b'\n' | b'\r'))
            .for_each(|byte| *byte = b' ');
    }
    entries.push(b'\n');
}

/// What a line is where there is no parser.
fn message(line: &str) -> String {
    #[derive(Serialize)]
    struct Message<'a> {
        message: &'a str,
    }
    serde_json::to_string(&Message { message: line }).expect("a string serialises")
}

fn too_long() -> String {
    format!("the line is longer than {MOST_LINE_BYTES} bytes")
}

#[cold]
fn fail(batch: &mut Batch, number: u64, raw: &[u8], ends: bool, problem: String) {
    batch.tally.failed += 1;
    if batch.problems.len() < MOST_PROBLEMS {
        batch.problems.push((number, problem));
    }
    batch.rejected.extend_from_slice(raw);
    if ends {
        batch.rejected.push(b'\n');
    }
}
