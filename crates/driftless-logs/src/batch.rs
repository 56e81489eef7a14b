//! Lines on their way through a pipeline, and what became of them.

use crate::control::Tally;
use crate::event::Cause;

/// About how much a reader puts into one batch. Large enough that handing it on costs nothing beside its lines, small enough
/// that two workers share even a short log.
pub(crate) const BATCH_BYTES: usize = 128 << 10;

/// How many bytes of entries and rejected lines a batch collects before they are handed on to be written. A parser's reply can be far longer than
/// its line, so what is read bounds nothing of what is written.
pub(crate) const MAX_OUTPUT_BYTES: usize = 1 << 20;

/// The longest line that is parsed.
pub(crate) const MAX_LINE_BYTES: usize = 4 << 20;

/// Lines on their way from a reader to the outputs, and what became of them.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// The place in the order of all batches.
    pub(crate) number: u64,
    /// Which source they are from.
    pub(crate) source: usize,
    /// Which of the source's files, for messages.
    pub(crate) origin: usize,
    pub(crate) content: Content,
    /// What was read. Every line ends with a newline, but for the last of a file.
    pub(crate) input: Vec<u8>,
    /// What is to be written: an entry a line.
    pub(crate) entries: Vec<u8>,
    /// The lines that failed or were skipped, as they were read.
    pub(crate) rejected: Vec<u8>,
    /// The first of each kind.
    pub(crate) problems: Vec<Problem>,
    pub(crate) tally: Tally,
}

/// Something that went wrong with one line.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) kind: ProblemKind,
    /// The line in this batch, or in this part of it, from 0.
    pub(crate) line: u64,
    /// Why.
    pub(crate) why: Cause,
}

/// What became of a line that something went wrong with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProblemKind {
    /// It has failed.
    Failed,
    /// Its parser failed, and the run goes on without it.
    Skipped,
    /// A filter failed, and it went on without.
    Unfiltered,
}

/// What the bytes of a batch are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Content {
    /// Lines for the parser.
    #[default]
    Lines,
    /// Entries already, as JSON objects.
    Entries,
    /// The beginning of a line that is longer than [`MAX_LINE_BYTES`].
    LongLine,
    /// More of it.
    LongLineContinued,
}

impl Batch {
    /// Takes out what became of the lines so far, as a part of this batch that is written before the rest.
    pub(crate) fn take_part(&mut self) -> Self {
        Self {
            number: self.number,
            source: self.source,
            origin: self.origin,
            content: self.content,
            input: Vec::new(),
            entries: std::mem::take(&mut self.entries),
            rejected: std::mem::take(&mut self.rejected),
            problems: std::mem::take(&mut self.problems),
            tally: std::mem::take(&mut self.tally),
        }
    }

    /// Whether there is so much to be written that it must not become more.
    pub(crate) fn is_full(&self) -> bool {
        self.entries.len() + self.rejected.len() > MAX_OUTPUT_BYTES
    }

    /// Empty again, with the memory that it has.
    pub(crate) fn clear(&mut self) {
        self.content = Content::Lines;
        self.tally = Tally::default();
        self.problems.clear();
        for buffer in [&mut self.input, &mut self.entries, &mut self.rejected] {
            buffer.clear();
            // One batch of giants must not keep its memory for good.
            buffer.shrink_to(4 * BATCH_BYTES);
        }
    }
}
