//! Parsing and filtering, one batch at a time.

use driftless_host::{Binding, Error, Result, Session};
use serde::Serialize;
use serde::de::IgnoredAny;

use crate::batch::{Batch, Content, MAX_LINE_BYTES, Problem, ProblemKind};
use crate::event::Cause;

/// How many failures of a batch are told in words, of each kind.
const MAX_PROBLEMS: u64 = 10;

/// The stages that a worker runs: what every entry of a source goes through.
#[derive(Clone, Debug)]
pub(crate) struct Stages {
    /// For each source.
    pub(crate) parsers: Vec<Option<Binding>>,
    pub(crate) filters: Vec<Binding>,
}

/// One thread's instances of the stages.
pub(crate) struct Worker<'a> {
    stages: &'a Stages,
    parsers: Vec<Option<Session>>,
    filters: Vec<Session>,
    /// Why the line at hand went past filters.
    left_out: Vec<Error>,
}

/// What became of one line.
enum LineOutcome {
    Kept,
    Dropped,
    Skipped(Error),
}

impl<'a> Worker<'a> {
    pub(crate) fn new(stages: &'a Stages) -> Self {
        Self {
            stages,
            parsers: stages.parsers.iter().map(|parser| parser.as_ref().map(Binding::session)).collect(),
            filters: stages.filters.iter().map(Binding::session).collect(),
            left_out: Vec::new(),
        }
    }

    /// Decides what becomes of every line of a batch. Where there is more to be written than a batch may hold, `hand_on` takes it out.
    ///
    /// # Errors
    ///
    /// When the circuit of a plugin is open whose `on_failure` does not say to do without it: it would fail on every further line. The batch
    /// then has what was done until there, and the other lines count as failed.
    pub(crate) fn work(&mut self, batch: &mut Batch, hand_on: &mut dyn FnMut(&mut Batch)) -> Result<()> {
        let input = std::mem::take(&mut batch.input);
        let done = match batch.content {
            Content::Lines | Content::Entries => self.lines(&input, batch, hand_on),
            Content::LongLine => {
                fail(batch, 0, &input, false, too_long().into());
                Ok(())
            }
            Content::LongLineContinued => {
                batch.rejected.extend_from_slice(&input);
                Ok(())
            }
        };
        // Its memory is used again.
        batch.input = input;
        done
    }

    fn lines(&mut self, input: &[u8], batch: &mut Batch, hand_on: &mut dyn FnMut(&mut Batch)) -> Result<()> {
        let mut number = 0;
        let mut given_up = None;
        let mut at = 0;
        while at < input.len() {
            let end = memchr::memchr(b'\n', &input[at..]).map_or(input.len(), |found| at + found);
            let raw = &input[at..end];
            let line = raw.strip_suffix(b"\r").unwrap_or(raw);
            at = end + 1;
            if given_up.is_some() {
                fail(batch, number, raw, true, "it was not looked at any more".to_owned().into());
            } else if line.len() > MAX_LINE_BYTES {
                fail(batch, number, raw, true, too_long().into());
            } else {
                match self.line(line, batch) {
                    Ok(LineOutcome::Kept) => batch.tally.kept += 1,
                    Ok(LineOutcome::Dropped) => batch.tally.dropped += 1,
                    Ok(LineOutcome::Skipped(error)) => skip(batch, number, raw, &error),
                    Err(error) => {
                        fail(batch, number, raw, true, (&error).into());
                        given_up = matches!(error, Error::CircuitOpen { .. }).then_some(error);
                    }
                }
                if !self.left_out.is_empty() {
                    self.went_past_filters(batch, number);
                }
            }
            number += 1;
            if batch.is_full() {
                hand_on(batch);
                number = 0;
            }
        }
        given_up.map_or(Ok(()), Err)
    }

    /// Parses and filters a line, and writes the entry if it is kept.
    #[inline]
    fn line(&mut self, line: &[u8], batch: &mut Batch) -> Result<LineOutcome> {
        let text = std::str::from_utf8(line).map_err(|error| Error::Configuration {
            what: "the line".to_owned(),
            violations: vec![format!("it is not UTF-8 (at byte {})", error.valid_up_to())],
        })?;
        let Self { stages, parsers, filters, left_out } = self;
        let entries = &mut batch.entries;
        let mut filters = Filters { filters: &stages.filters, sessions: filters, left_out };
        match (&stages.parsers[batch.source], batch.content) {
            (Some(parser), Content::Lines) => {
                let session = parsers[batch.source].as_mut().expect("there is a session for each parser");
                // The entry is looked at where the parser left it, and copied only if it is kept.
                let filter = |reply: &str| match parser.retries() {
                    // What is to be parsed again has not been filtered, and nothing was counted.
                    true => Ok(filters.filter(Entry::new(reply)?, entries)),
                    false => filters.filter_reply(reply, entries),
                };
                match parser.call_in(session, &[text], filter) {
                    // What is in there is of the filters, and is not held against the parser.
                    Ok(outcome) => outcome,
                    Err(error) if parser.tolerates(&error) => Ok(LineOutcome::Skipped(error)),
                    Err(error) => Err(error),
                }
            }
            (None, Content::Lines) => {
                let entry = message(text);
                filters.filter(Entry(&entry), entries)
            }
            _ => filters.filter(Entry(text), entries),
        }
    }

    /// Tells of the filters that the line at hand went past.
    #[cold]
    fn went_past_filters(&mut self, batch: &mut Batch, line: u64) {
        for error in self.left_out.drain(..) {
            batch.tally.unfiltered += 1;
            // That a filter's circuit is open is reported once.
            if batch.tally.unfiltered <= MAX_PROBLEMS && !matches!(error, Error::CircuitOpen { .. }) {
                let why = (&error).into();
                batch.problems.push(Problem { kind: ProblemKind::Unfiltered, line, why });
            }
        }
    }
}

/// The filters, for one entry.
struct Filters<'a> {
    filters: &'a [Binding],
    sessions: &'a mut [Session],
    /// The failures of those that the entry went past.
    left_out: &'a mut Vec<Error>,
}

impl Filters<'_> {
    /// Filters an entry, and writes it if it is kept.
    fn filter(&mut self, entry: Entry<'_>, entries: &mut Vec<u8>) -> Result<LineOutcome> {
        if !self.pass(entry.0)? {
            return Ok(LineOutcome::Dropped);
        }
        entry.put(entries);
        Ok(LineOutcome::Kept)
    }

    /// Filters what a parser replied, and writes it if it is kept. The outer error is the parser's, whose reply is no entry.
    ///
    /// To read an entry takes as long as a tenth of what a parser does. It is read where that decides something: before it is written, and
    /// where a filter failed, which is not to blame for what is no entry. A filter that drops it has decided already.
    fn filter_reply(&mut self, reply: &str, entries: &mut Vec<u8>) -> Result<Result<LineOutcome>, String> {
        let passed = self.pass(object_text(reply)?);
        if matches!(passed, Ok(false)) {
            return Ok(Ok(LineOutcome::Dropped));
        }
        let entry = Entry::new(reply).inspect_err(|_| self.left_out.clear())?;
        Ok(passed.map(|_| {
            entry.put(entries);
            LineOutcome::Kept
        }))
    }

    /// Whether all of them let an entry through.
    #[inline]
    fn pass(&mut self, entry: &str) -> Result<bool> {
        for (filter, session) in self.filters.iter().zip(&mut *self.sessions) {
            let kept = filter.call_in(session, &[entry], |reply| match reply.trim() {
                "true" => Ok(true),
                "false" => Ok(false),
                _ => Err("its reply is neither true nor false".to_owned()),
            });
            match kept {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(error) if filter.tolerates(&error) => self.left_out.push(error),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }
}

/// An entry: a JSON object.
#[derive(Clone, Copy)]
struct Entry<'a>(&'a str);

impl<'a> Entry<'a> {
    /// A parser's reply as an entry, or what is wrong with it.
    fn new(reply: &'a str) -> Result<Self, String> {
        let text = object_text(reply)?;
        match serde_json::from_str::<IgnoredAny>(text) {
            Ok(_) => Ok(Self(text)),
            Err(error) => Err(format!("its reply is not JSON: {error}")),
        }
    }

    /// Writes it as one line: a newline in JSON is white space.
    fn put(self, entries: &mut Vec<u8>) {
        let start = entries.len();
        entries.extend_from_slice(self.0.as_bytes());
        if memchr::memchr2(b'\n', b'\r', &entries[start..]).is_some() {
            entries[start..]
                .iter_mut()
                .filter(|byte| matches!(**byte, b'\n' | b'\r'))
                .for_each(|byte| *byte = b' ');
        }
        entries.push(b'\n');
    }
}

/// What is a JSON object, if it is JSON at all.
#[inline]
fn object_text(reply: &str) -> Result<&str, String> {
    let text = reply.trim();
    if text.starts_with('{') { Ok(text) } else { Err("its reply is not a JSON object".to_owned()) }
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
    format!("the line is longer than {MAX_LINE_BYTES} bytes")
}

/// A line whose parser failed, and that the run goes on without.
#[cold]
fn skip(batch: &mut Batch, line: u64, raw: &[u8], error: &Error) {
    batch.tally.skipped += 1;
    // That a parser's circuit is open is reported once.
    if batch.tally.skipped <= MAX_PROBLEMS && !matches!(error, Error::CircuitOpen { .. }) {
        let why = error.into();
        batch.problems.push(Problem { kind: ProblemKind::Skipped, line, why });
    }
    batch.rejected.extend_from_slice(raw);
    batch.rejected.push(b'\n');
}

#[cold]
fn fail(batch: &mut Batch, line: u64, raw: &[u8], ends: bool, why: Cause) {
    batch.tally.failed += 1;
    if batch.tally.failed <= MAX_PROBLEMS {
        batch.problems.push(Problem { kind: ProblemKind::Failed, line, why });
    }
    batch.rejected.extend_from_slice(raw);
    if ends {
        batch.rejected.push(b'\n');
    }
}
