//! What a plugin finds around it while a case runs: answers out of the recording or from this machine, a clock that stands still, numbers
//! that repeat.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use driftless_host::{ClockAndRandom, LogRecord, LogSink};
use driftless_plugin_api::host_call::{
    Allowance, Answer, Capability, HostCallError, HostCallErrorKind, HostCalls,
};

use crate::case::Case;
use crate::expectation::LogLine;
use crate::host_call::HostCall;
use crate::redact::hidden_alike;

/// Stands between a plugin and its host, and keeps what the plugin says and asks for. Clones share one recording.
#[derive(Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Recording>>);

/// What has happened in the case that is running.
#[derive(Default)]
struct Recording {
    mode: Mode,
    time: u64,
    random: u64,
    log: Vec<LogLine>,
    /// What the plugin asked for.
    asked: Vec<HostCall>,
}

/// Where the answers to host calls come from.
#[derive(Default)]
enum Mode {
    /// No case is running: every host call is refused.
    #[default]
    Idle,
    /// Out of the case, in order.
    Replay { left: VecDeque<HostCall>, mismatch: Option<Box<Mismatch>> },
    /// From the machine.
    Record,
    /// Out of a recording, in order, whatever exactly is asked.
    Rehearse { left: VecDeque<HostCall> },
}

/// A host call that is not the next one of the case.
#[derive(Clone, Debug)]
pub(crate) struct Mismatch {
    /// What the plugin asked for.
    pub(crate) asked: HostCall,
    /// What the case has in its place; `None` behind its last host call.
    pub(crate) recorded: Option<HostCall>,
}

/// What happened in a case.
#[derive(Default)]
pub(crate) struct Happened {
    pub(crate) log: Vec<LogLine>,
    /// The host calls, with their answers.
    pub(crate) asked: Vec<HostCall>,
    /// The first host call that was not the next one of the case.
    pub(crate) mismatch: Option<Box<Mismatch>>,
    /// The host calls of the case that the plugin did not make.
    pub(crate) left: Vec<HostCall>,
}

impl Recorder {
    /// Begins a case that is answered out of its own host calls.
    pub(crate) fn replay(&self, case: &Case) {
        let left = case.host.iter().cloned().collect();
        self.begin(case, Mode::Replay { left, mismatch: None });
    }

    /// Begins a case that is answered by this machine.
    pub(crate) fn record(&self, case: &Case) {
        self.begin(case, Mode::Record);
    }

    /// Begins a case that is answered by these, in order, whatever exactly it asks.
    pub(crate) fn rehearse(&self, case: &Case, answers: &[HostCall]) {
        self.begin(case, Mode::Rehearse { left: answers.iter().cloned().collect() });
    }

    /// Ends the case.
    pub(crate) fn end(&self) -> Happened {
        let Recording { mode, log, asked, .. } = std::mem::take(&mut *self.lock());
        let (left, mismatch) = match mode {
            Mode::Replay { left, mismatch } => (left.into(), mismatch),
            Mode::Rehearse { left } => (left.into(), None),
            Mode::Idle | Mode::Record => (Vec::new(), None),
        };
        Happened { log, asked, mismatch, left }
    }

    /// What answers the host calls. `machine` is asked while a case is recorded.
    pub(crate) fn host_calls(&self, machine: Option<Arc<dyn HostCalls>>) -> Arc<dyn HostCalls> {
        Arc::new(RecordedHostCalls { recorder: self.clone(), machine })
    }

    fn begin(&self, case: &Case, mode: Mode) {
        let Case { time, random, .. } = *case;
        *self.lock() = Recording { mode, time, random, ..Recording::default() };
    }

    fn lock(&self) -> MutexGuard<'_, Recording> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LogSink for Recorder {
    fn log(&self, record: &LogRecord<'_>) {
        self.lock().log.push(LogLine { level: record.level, message: record.message.to_owned() });
    }
}

impl ClockAndRandom for Recorder {
    fn timestamp(&self) -> u64 {
        self.lock().time
    }

    fn random(&self) -> io::Result<u64> {
        // SplitMix64: numbers that look random and begin where they are told to.
        let mut recording = self.lock();
        recording.random = recording.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = recording.random;
        number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        Ok(number ^ number >> 31)
    }
}

struct RecordedHostCalls {
    recorder: Recorder,
    machine: Option<Arc<dyn HostCalls>>,
}

impl HostCalls for RecordedHostCalls {
    fn answer(&self, capability: Capability, request: &str, body: &[u8], allowance: Allowance<'_>) -> Answer {
        let mut recording = self.recorder.lock();
        let recording = &mut *recording;
        let answer = match &mut recording.mode {
            Mode::Idle => refusal("nothing is granted outside of a case"),
            Mode::Record => match &self.machine {
                Some(machine) => machine.answer(capability, request, body, allowance),
                None => refusal("nothing is granted here"),
            },
            Mode::Rehearse { left } => match left.pop_front_if(|next| next.capability == capability) {
                Some(next) => next.reply.answer(),
                None => refusal("this request was not made when the case was recorded"),
            },
            Mode::Replay { left, mismatch } => {
                let asked = HostCall::of(capability, request, body, &Answer::default());
                match left.pop_front_if(|recorded| is_the_same(recorded, &asked)) {
                    Some(recorded) => recorded.reply.answer(),
                    None => {
                        let recorded = left.front().cloned();
                        mismatch.get_or_insert_with(|| Box::new(Mismatch { asked, recorded }));
                        refusal("this request is not in the recording of the case")
                    }
                }
            }
        };
        recording.asked.push(HostCall::of(capability, request, body, &answer));
        answer
    }
}

/// Whether a plugin asked for what was recorded.
fn is_the_same(recorded: &HostCall, asked: &HostCall) -> bool {
    recorded.capability == asked.capability
        && recorded.request == hidden_alike(&recorded.request, &asked.request)
        && recorded
            .sent
            .as_ref()
            .is_none_or(|sent| Some(sent) == asked.sent.as_ref() || sent.0.is_empty() && asked.sent.is_none())
}

fn refusal(why: &str) -> Answer {
    Answer::error(HostCallError::new(HostCallErrorKind::Denied, why))
}
