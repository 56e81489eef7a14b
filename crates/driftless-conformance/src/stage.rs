//! What stands around a plugin while a case is played: answers out of the recording, a clock that stands still, numbers that repeat.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use driftless_host::{ClockAndRandom, LogRecord, LogSink};
use driftless_plugin_api::host_call::{
    Allowance, Answer, Capability, HostCallError, HostCallErrorKind, HostCalls,
};

use crate::case::{Case, HostCall, LogLine};

/// Where cases are played, one after the other. It is shared with the host.
#[derive(Clone, Default)]
pub(crate) struct Stage(Arc<Mutex<Scene>>);

/// One case being played.
#[derive(Default)]
struct Scene {
    act: Act,
    time: u64,
    random: u64,
    log: Vec<LogLine>,
    /// What the plugin asked for.
    asked: Vec<HostCall>,
}

#[derive(Default)]
enum Act {
    /// Nothing is played: what the plugin asks for is refused.
    #[default]
    Pause,
    /// Answers come out of the recording, in order.
    Replay { left: VecDeque<HostCall>, strange: Option<Box<Strange>> },
    /// Answers come from the machine.
    Record,
}

/// A request that is not what was recorded.
#[derive(Clone, Debug)]
pub(crate) struct Strange {
    /// What the plugin asked for.
    pub(crate) asked: HostCall,
    /// What the recording has in its place.
    pub(crate) recorded: Option<HostCall>,
}

/// What happened on the stage.
pub(crate) struct Scenes {
    pub(crate) log: Vec<LogLine>,
    /// What was asked for, with the answers.
    pub(crate) asked: Vec<HostCall>,
    /// The first request that was not as recorded.
    pub(crate) strange: Option<Box<Strange>>,
    /// What was recorded and not asked for.
    pub(crate) left: Vec<HostCall>,
}

impl Stage {
    /// Begins to play a case out of its recording.
    pub(crate) fn replay(&self, case: &Case) {
        let left = case.host.iter().cloned().collect();
        self.begin(case, Act::Replay { left, strange: None });
    }

    /// Begins to play a case on the real machine.
    pub(crate) fn record(&self, case: &Case) {
        self.begin(case, Act::Record);
    }

    /// Ends the case that is played.
    pub(crate) fn end(&self) -> Scenes {
        let Scene { act, log, asked, .. } = std::mem::take(&mut *self.lock());
        let (left, strange) = match act {
            Act::Replay { left, strange } => (left.into(), strange),
            Act::Pause | Act::Record => (Vec::new(), None),
        };
        Scenes { log, asked, strange, left }
    }

    /// What stands behind the host calls. `machine` is asked where a case is recorded.
    pub(crate) fn host_calls(&self, machine: Option<Arc<dyn HostCalls>>) -> Arc<dyn HostCalls> {
        Arc::new(OnStage { stage: self.clone(), machine })
    }

    fn begin(&self, case: &Case, act: Act) {
        let Case { time, random, .. } = *case;
        *self.lock() = Scene { act, time, random, log: Vec::new(), asked: Vec::new() };
    }

    fn lock(&self) -> MutexGuard<'_, Scene> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LogSink for Stage {
    fn log(&self, record: &LogRecord<'_>) {
        self.lock().log.push(LogLine { level: record.level, message: record.message.to_owned() });
    }
}

impl ClockAndRandom for Stage {
    fn timestamp(&self) -> u64 {
        self.lock().time
    }

    fn random(&self) -> io::Result<u64> {
        // SplitMix64: numbers that look random and begin where they are told to.
        let mut scene = self.lock();
        scene.random = scene.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = scene.random;
        number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        Ok(number ^ number >> 31)
    }
}

struct OnStage {
    stage: Stage,
    machine: Option<Arc<dyn HostCalls>>,
}

impl HostCalls for OnStage {
    fn answer(&self, capability: Capability, request: &str, body: &[u8], allowance: Allowance<'_>) -> Answer {
        let mut scene = self.stage.lock();
        let scene = &mut *scene;
        let answer = match &mut scene.act {
            Act::Pause => refusal("nothing is granted outside of a case"),
            Act::Record => match &self.machine {
                Some(machine) => machine.answer(capability, request, body, allowance),
                None => refusal("nothing is granted here"),
            },
            Act::Replay { left, strange } => {
                let asked = HostCall::of(capability, request, body, &Answer::default());
                match left.front() {
                    Some(recorded) if is_the_same(recorded, &asked) => {
                        let recorded = left.pop_front().expect("it was looked at above");
                        recorded.reply.answer()
                    }
                    recorded => {
                        strange
                            .get_or_insert_with(|| Box::new(Strange { asked, recorded: recorded.cloned() }));
                        refusal("this request is not in the recording of the case")
                    }
                }
            }
        };
        scene.asked.push(HostCall::of(capability, request, body, &answer));
        answer
    }
}

/// Whether a plugin asked for what was recorded.
fn is_the_same(recorded: &HostCall, asked: &HostCall) -> bool {
    recorded.capability == asked.capability
        && recorded.request == asked.request
        && recorded
            .sent
            .as_ref()
            .is_none_or(|sent| Some(sent) == asked.sent.as_ref() || sent.0.is_empty() && asked.sent.is_none())
}

fn refusal(why: &str) -> Answer {
    Answer::error(HostCallError::new(HostCallErrorKind::Denied, why))
}
