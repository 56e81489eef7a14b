//! Cutting a stream of bytes into batches of lines.

use std::io::{self, Read};

use crate::batch::{BATCH_BYTES, Batch, Content, MAX_LINE_BYTES};
use crate::control::Control;
use crate::queue::BatchQueue;

/// Cuts a stream of bytes into batches at the ends of lines.
pub(crate) struct Lines<'a, Q> {
    queue: &'a Q,
    control: &'a Control,
    origin: usize,
    /// What was read behind the last newline.
    rest: Vec<u8>,
    /// Whether the rest belongs to a line whose beginning is gone.
    inside_long_line: bool,
}

/// Why copying came to an end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// There is nothing more to read, for now or for good.
    End,
    /// It was told to stop.
    Stopped,
    /// No worker is left to take batches.
    Over,
}

impl<'a, Q: BatchQueue> Lines<'a, Q> {
    pub(crate) fn new(queue: &'a Q, control: &'a Control, origin: usize) -> Self {
        Self { queue, control, origin, rest: Vec::new(), inside_long_line: false }
    }

    /// Copies until the end of what there is.
    pub(crate) fn copy(&mut self, from: &mut impl Read) -> io::Result<Flow> {
        while !self.control.is_stopped() {
            let Some(mut batch) = self.queue.empty() else {
                return Ok(Flow::Over);
            };
            batch.input.append(&mut self.rest);
            let before = batch.input.len();
            batch.input.resize(before + BATCH_BYTES, 0);
            let count = loop {
                match from.read(&mut batch.input[before..]) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    other => break other?,
                }
            };
            batch.input.truncate(before + count);
            let end = memchr::memrchr(b'\n', &batch.input[before..]).map_or(0, |at| before + at + 1);
            self.rest.extend_from_slice(&batch.input[end..]);
            batch.input.truncate(end);
            if count == 0 {
                // The batch that was not needed goes round empty, and only its number is used up.
                return Ok(if self.queue.send(batch) { Flow::End } else { Flow::Over });
            }
            let sent = if self.inside_long_line && end > 0 {
                self.inside_long_line = false;
                self.send_end_of_long_line(batch)
            } else {
                self.send(batch, Content::Lines)
            };
            if !sent || !self.bound_rest() {
                return Ok(Flow::Over);
            }
        }
        Ok(Flow::Stopped)
    }

    /// Sends what is behind the last newline: at the end of a file that is a line as well.
    pub(crate) fn finish(&mut self) {
        if self.rest.is_empty() && !self.inside_long_line {
            return;
        }
        let Some(mut batch) = self.queue.empty() else { return };
        batch.input.append(&mut self.rest);
        let content = if std::mem::take(&mut self.inside_long_line) {
            // Its pieces are put together again as they come: what comes next is another line.
            batch.input.push(b'\n');
            Content::LongLineContinued
        } else {
            Content::Lines
        };
        self.send(batch, content);
    }

    /// Leaves what is behind the last newline to the next run: it is the beginning of a line that goes on in the file.
    pub(crate) fn leave_rest(&mut self) {
        self.rest.clear();
        self.finish();
    }

    /// A line that grows beyond all measure is passed on in pieces, so that it is not kept in memory.
    fn bound_rest(&mut self) -> bool {
        // A carriage return before the newline is no part of the line.
        if self.rest.len() <= MAX_LINE_BYTES + 1 {
            return true;
        }
        let Some(mut batch) = self.queue.empty() else {
            return false;
        };
        batch.input.append(&mut self.rest);
        let content = if self.inside_long_line { Content::LongLineContinued } else { Content::LongLine };
        self.inside_long_line = true;
        self.send(batch, content)
    }

    /// The first line of this batch is the end of one that was too long.
    fn send_end_of_long_line(&mut self, mut batch: Batch) -> bool {
        let end = memchr::memchr(b'\n', &batch.input).map_or(batch.input.len(), |at| at + 1);
        let others = batch.input.split_off(end);
        if !self.send(batch, Content::LongLineContinued) {
            return false;
        }
        let Some(mut batch) = self.queue.empty() else {
            return false;
        };
        batch.input.extend_from_slice(&others);
        self.send(batch, Content::Lines)
    }

    fn send(&self, mut batch: Batch, content: Content) -> bool {
        batch.content = content;
        batch.origin = self.origin;
        self.queue.send(batch)
    }
}
