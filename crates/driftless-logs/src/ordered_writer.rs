//! The end of a pipeline: puts batches back into order, writes them, and counts them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crossbeam_channel::Sender;
use driftless_host::Binding;

use crate::batch::{Batch, Problem, ProblemKind};
use crate::control::Control;
use crate::error::Result;
use crate::event::Event;
use crate::line_file::LineFile;
use crate::queue::Turn;
use crate::reader::Input;
use crate::writer::Sink;

/// How many lines that failed are reported in words; as many that were skipped, and so on.
const MAX_REPORTED: u64 = 10;

/// Writes batches in the order in which they were read, and hands them back empty.
pub(crate) struct OrderedWriter<'a> {
    inputs: &'a [Input],
    /// The plugins whose events are told.
    bindings: Vec<&'a Binding>,
    sinks: Vec<Sink>,
    rejected: Option<LineFile>,
    control: &'a Control,
    report: &'a mut dyn FnMut(&Event),
    next: u64,
    /// Tells the workers of `next`.
    turn: Arc<Turn>,
    waiting: BTreeMap<u64, Batch>,
    /// How many lines each origin has had, by source and origin.
    lines: BTreeMap<(usize, usize), u64>,
    failed: ReportBudget,
    skipped: ReportBudget,
    unfiltered: ReportBudget,
    missed: ReportBudget,
    /// After an output is lost, nothing more is written, and nothing more counts as done.
    lost: bool,
}

/// How much of one kind went wrong, and how much of it was reported in words.
#[derive(Clone, Copy, Default)]
struct ReportBudget {
    all: u64,
    reported: u64,
}

impl ReportBudget {
    /// Whether one more is reported in words.
    fn take(&mut self) -> bool {
        let is_left = self.reported < MAX_REPORTED;
        self.reported += u64::from(is_left);
        is_left
    }

    /// How many were not reported, where there are any.
    fn left(self) -> Option<u64> {
        Some(self.all - self.reported).filter(|left| *left > 0)
    }
}

impl<'a> OrderedWriter<'a> {
    pub(crate) fn new(
        inputs: &'a [Input],
        bindings: Vec<&'a Binding>,
        sinks: Vec<Sink>,
        rejected: Option<LineFile>,
        control: &'a Control,
        report: &'a mut dyn FnMut(&Event),
    ) -> Self {
        Self {
            inputs,
            bindings,
            sinks,
            rejected,
            control,
            report,
            next: 0,
            turn: Arc::default(),
            waiting: BTreeMap::new(),
            lines: BTreeMap::new(),
            failed: ReportBudget::default(),
            skipped: ReportBudget::default(),
            unfiltered: ReportBudget::default(),
            missed: ReportBudget::default(),
            lost: false,
        }
    }

    /// Takes a batch, and writes all whose turn it is. They go back to `empty`, where there still are readers that could want them.
    ///
    /// # Errors
    ///
    /// When an output is lost. Whatever comes later goes back unwritten.
    pub(crate) fn take(&mut self, batch: Batch, empty: Option<&Sender<Batch>>) -> Result<()> {
        self.waiting.insert(batch.number, batch);
        while !self.lost
            && let Some(batch) = self.waiting.remove(&self.next)
        {
            let written = self.write(&batch);
            self.next += 1;
            self.turn.advance(self.next);
            hand_back(batch, empty);
            if written.is_err() {
                self.lose();
                self.hand_back_all(empty);
                return written;
            }
        }
        if self.lost {
            self.hand_back_all(empty);
        }
        Ok(())
    }

    /// Takes a part of the batch whose turn it is, and writes it.
    ///
    /// # Errors
    ///
    /// As for [`take`](Self::take).
    pub(crate) fn take_part(&mut self, part: &Batch) -> Result<()> {
        // After an output is lost it may be the turn of any.
        if self.lost || part.number != self.next {
            return Ok(());
        }
        self.write(part).inspect_err(|_| self.lose())
    }

    /// Whose turn it is, for those who wait for theirs.
    pub(crate) fn turn(&self) -> Arc<Turn> {
        Arc::clone(&self.turn)
    }

    fn lose(&mut self) {
        self.lost = true;
        self.turn.end();
    }

    /// Hands an event to the caller.
    pub(crate) fn emit(&mut self, event: &Event) {
        (self.report)(event);
    }

    fn hand_back_all(&mut self, empty: Option<&Sender<Batch>>) {
        std::mem::take(&mut self.waiting).into_values().for_each(|batch| hand_back(batch, empty));
    }

    fn write(&mut self, batch: &Batch) -> Result<()> {
        let mut tally = batch.tally;
        if !batch.entries.is_empty() {
            for sink in &mut self.sinks {
                let missed = |error: driftless_host::Error| {
                    tally.missed += 1;
                    // That an output's circuit is open is reported once.
                    if !matches!(error, driftless_host::Error::CircuitOpen { .. }) && self.missed.take() {
                        (self.report)(&Event::EntryMissed { why: (&error).into() });
                    }
                };
                if let Some(event) = sink.write(&batch.entries, missed)? {
                    (self.report)(&event);
                }
            }
        }
        if let (Some(file), false) = (&mut self.rejected, batch.rejected.is_empty())
            && let Some(event) = file.write(&batch.rejected)?
        {
            (self.report)(&event);
        }
        let before = *self.lines.entry((batch.source, batch.origin)).or_insert(0);
        for problem in &batch.problems {
            self.report_problem(batch, problem, before + problem.line + 1);
        }
        self.lines.insert((batch.source, batch.origin), before + tally.lines());
        self.failed.all += tally.failed;
        self.skipped.all += tally.skipped;
        self.unfiltered.all += tally.unfiltered;
        self.missed.all += tally.missed;
        self.control.count(tally);
        self.report_bindings();
        Ok(())
    }

    fn report_problem(&mut self, batch: &Batch, problem: &Problem, line: u64) {
        let budget = match problem.kind {
            ProblemKind::Failed => &mut self.failed,
            ProblemKind::Skipped => &mut self.skipped,
            ProblemKind::Unfiltered => &mut self.unfiltered,
        };
        if !budget.take() {
            return;
        }
        let origin = self.inputs[batch.source].origin(batch.origin);
        let why = problem.why.clone();
        (self.report)(&match problem.kind {
            ProblemKind::Failed => Event::LineFailed { origin, line, why },
            ProblemKind::Skipped => Event::LineSkipped { origin, line, why },
            ProblemKind::Unfiltered => Event::FilterPassed { origin, line, why },
        });
    }

    /// Reports of which plugins the circuit has opened, and which work again.
    fn report_bindings(&mut self) {
        for event in self.bindings.iter().flat_map(|binding| binding.guard().take_events()) {
            (self.report)(&Event::Binding(event));
        }
    }

    /// Tells what was counted and not reported in words.
    pub(crate) fn finish(&mut self) {
        self.report_bindings();
        let more = [
            self.failed.left().map(Event::MoreLinesFailed),
            self.skipped.left().map(Event::MoreLinesSkipped),
            self.unfiltered.left().map(Event::MoreFiltersPassed),
            self.missed.left().map(Event::MoreEntriesMissed),
        ];
        more.into_iter().flatten().for_each(|event| (self.report)(&event));
    }
}

/// Returns an empty batch to the sources. When all of them have ended, it is dropped.
fn hand_back(mut batch: Batch, empty: Option<&Sender<Batch>>) {
    batch.clear();
    if let Some(empty) = empty {
        let _ = empty.try_send(batch);
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::path::Path;

    use crossbeam_channel::bounded;

    use super::*;
    use crate::config::Mode;

    #[test]
    fn after_a_lost_output_no_batch_stays_behind() {
        let (control, mut report) = (Control::new(), |event: &Event| panic!("{event:?}"));
        let full = Sink::File(LineFile::open(Path::new("/dev/full")).unwrap(), Mode::Append);
        let mut writer =
            OrderedWriter::new(&[Input::Stdin], Vec::new(), vec![full], None, &control, &mut report);
        let (empty_in, empty_out) = bounded(10);
        let batch = |number| Batch { number, entries: b"{}\n".to_vec(), ..Batch::default() };
        // Those that are done before their turn wait.
        for number in [3, 1, 2] {
            writer.take(batch(number), Some(&empty_in)).unwrap();
        }
        assert_eq!(empty_out.len(), 0);
        writer.take(batch(0), Some(&empty_in)).unwrap_err();
        assert_eq!(empty_out.len(), 4);
        // Whatever comes later goes back at once, in whichever order.
        writer.take(batch(9), Some(&empty_in)).unwrap();
        assert_eq!(empty_out.len(), 5);
        assert!(empty_out.try_iter().all(|batch| batch.entries.is_empty()));
    }
}
