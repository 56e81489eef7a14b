//! What belongs to one instance besides its memory, and what its calls have left.

use std::sync::Arc;
use std::time::{Duration, Instant};

use driftless_plugin_api::abi;
use driftless_plugin_api::host_call::{Allowance, Answer, Capability, RequestSummary};
use driftless_plugin_api::limit::Limit;
use driftless_plugin_api::log::Level;
use driftless_plugin_api::text::printable_line;
use driftless_transport::{CallFailure, CancelHandle, LogRecord};
use wasmtime::{AsContextMut, Memory};

use crate::memory_budget::MemoryBudget;
use crate::plugin::Plugin;
use crate::ticker::Deadline;
use crate::wasi::WasiState;

/// What belongs to one instance besides its memory.
pub(crate) struct State {
    pub(crate) plugin: Arc<Plugin>,
    pub(crate) budget: MemoryBudget,
    /// The exported memory, once there is an instance.
    pub(crate) memory: Option<Memory>,
    /// When the running call's time is over.
    pub(crate) deadline: Deadline,
    /// Ends the running call, where it is not the plugin's handle that does.
    pub(crate) cancel: Option<CancelHandle>,
    /// The requests that the running call made.
    pub(crate) host_calls: u32,
    /// The bytes of messages that the running call may still write.
    pub(crate) log_left: usize,
    /// The same for what the host itself tells of its host calls.
    trace_left: usize,
    /// Why a host function ended the call.
    pub(crate) ended: Option<CallFailure>,
    /// The answer to the last request, until the guest has fetched it or its call ends.
    pub(crate) waiting: Option<Answer>,
    /// What stands behind WASI, where the plugin imports it.
    pub(crate) wasi: Option<WasiState>,
}

/// What one message costs besides its bytes, so that endless empty ones come to an end as well.
const MESSAGE_OVERHEAD: usize = 32;

impl State {
    pub(crate) fn new(plugin: Arc<Plugin>) -> Self {
        let limits = &plugin.shared.limits;
        Self {
            budget: MemoryBudget::new(limits.memory, limits.table_elements),
            memory: None,
            deadline: Deadline::default(),
            cancel: None,
            host_calls: 0,
            log_left: limits.log,
            trace_left: limits.log,
            ended: None,
            waiting: None,
            wasi: None,
            plugin,
        }
    }

    /// A new call begins.
    #[inline]
    pub(crate) fn begin(&mut self, deadline: Deadline, log: usize) {
        self.deadline = deadline;
        self.host_calls = 0;
        self.log_left = log;
        self.trace_left = log;
        self.budget.forget_refusals();
        if let Some(wasi) = &self.wasi {
            wasi.begin();
        }
    }

    /// A call has ended. What it did not fetch is the host's memory, and must not wait in an instance that does.
    #[inline]
    pub(crate) fn end(&mut self) {
        self.waiting = None;
    }

    /// Hands a message over, if the call may still write so much.
    pub(crate) fn log(&mut self, level: Level, message: &str) -> Result<(), CallFailure> {
        let shared = &self.plugin.shared;
        let Some(left) = self.log_left.checked_sub(message.len() + MESSAGE_OVERHEAD) else {
            return Err(CallFailure::Limit(Limit::Log.exceeded(shared.limits.log as u64)));
        };
        self.log_left = left;
        let message = message.trim_end_matches(['\n', '\r']);
        if !message.is_empty() && self.plugin.context.log.enabled(level) {
            self.plugin.context.log.log(&LogRecord { plugin: &self.plugin.info.name, level, message });
        }
        Ok(())
    }

    /// The time that is left of the running call.
    pub(crate) fn time_left(&self) -> Duration {
        self.plugin.shared.clock.left(self.deadline)
    }

    /// What ends the running call.
    pub(crate) fn cancel(&self) -> &CancelHandle {
        self.cancel.as_ref().unwrap_or(&self.plugin.context.cancel)
    }

    /// Whether the running call was cancelled.
    #[inline]
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancel().is_cancelled()
    }

    /// A request is about to be answered: returns the time that it may take.
    pub(crate) fn before_request(&mut self) -> wasmtime::Result<Duration> {
        // The answer to the last request gives way before there is another.
        self.waiting = None;
        self.host_calls = self.host_calls.saturating_add(1);
        self.go_on()?;
        Ok(self.time_left())
    }

    /// Ends the call where its time is over or it was cancelled. The guest is not even asked whether it has noticed.
    fn go_on(&mut self) -> wasmtime::Result<()> {
        if self.is_cancelled() {
            return Err(end(self, CallFailure::Cancelled));
        }
        if self.time_left().is_zero() { Err(wasmtime::Trap::Interrupt.into()) } else { Ok(()) }
    }

    /// Answers a request.
    pub(crate) fn answer(
        &self,
        capability: Capability,
        request: &str,
        body: &[u8],
        time: Duration,
    ) -> Answer {
        let bytes = self.plugin.shared.limits.answer;
        let allowance = Allowance { time, bytes, cancel: Some(self.cancel()) };
        self.plugin.context.host_calls.answer(capability, request, body, allowance)
    }

    /// A request was answered: the answer has no more bytes than it may, and there is time left for it.
    pub(crate) fn after_request(&mut self, answer: &Answer) -> wasmtime::Result<()> {
        let most = self.plugin.shared.limits.answer.min(u32::MAX as usize);
        if answer.head.len() > most || answer.body.len() > most {
            return Err(wasmtime::Error::msg("the answer is too large"));
        }
        self.go_on()
    }

    /// Tells of a request what can be told without giving a secret away: neither arguments, headers and query of the request, nor anything
    /// of what the answer says.
    pub(crate) fn trace_request(
        &mut self,
        capability: Capability,
        request: &str,
        body: usize,
        answer: &Answer,
        begun: Instant,
    ) {
        self.trace(|| {
            let outcome = match answer.error {
                None => "ok".to_owned(),
                Some(kind) => format!("the error {kind:?}"),
            };
            format!(
                "{} (with {body} bytes) gave {outcome} (with {} bytes) after {:?}",
                printable_line(&RequestSummary::of(capability, request).to_string()),
                answer.body.len(),
                begun.elapsed()
            )
        });
    }

    /// Tells of a host call, where the user wants to see each, and as many as there is room for: not telling is no reason to fail.
    fn trace(&mut self, what: impl FnOnce() -> String) {
        let shared = &self.plugin.shared;
        if !shared.debug || self.trace_left == 0 {
            return;
        }
        let mut message = what();
        match self.trace_left.checked_sub(message.len() + MESSAGE_OVERHEAD) {
            Some(left) => self.trace_left = left,
            None => {
                self.trace_left = 0;
                message = "further host calls of this call are not shown".to_owned();
            }
        }
        self.plugin.context.log.log(&LogRecord {
            plugin: &self.plugin.info.name,
            level: Level::Debug,
            message: &message,
        });
    }
}

/// Seconds since 1970.
pub(crate) fn timestamp(state: &mut State) -> u64 {
    let now = state.plugin.context.clock_and_random.timestamp();
    state.trace(|| format!("{} gave {now}", abi::HOST_GET_TIMESTAMP));
    now
}

/// 64 bits from the host context's source of randomness.
pub(crate) fn random(state: &mut State) -> wasmtime::Result<u64> {
    state.trace(|| abi::HOST_GET_RANDOM.to_owned());
    let random = state.plugin.context.clock_and_random.random();
    random.map_err(|error| wasmtime::Error::msg(format!("no randomness: {error}")))
}

/// Ends the call, and remembers why.
pub(crate) fn end(state: &mut State, failure: CallFailure) -> wasmtime::Error {
    let text = failure.to_string();
    state.ended = Some(failure);
    wasmtime::Error::msg(text)
}

/// Moving bytes is work, and work costs fuel: 1 a byte, like the copying instructions of WebAssembly.
pub(crate) fn charge(store: &mut impl AsContextMut<Data = State>, fuel: u64) -> wasmtime::Result<()> {
    let mut store = store.as_context_mut();
    match store.get_fuel()?.checked_sub(fuel) {
        Some(left) => store.set_fuel(left),
        None => {
            store.set_fuel(0)?;
            Err(wasmtime::Trap::OutOfFuel.into())
        }
    }
}

/// Charges a request, and refuses one that is longer than any that makes sense.
pub(crate) fn charge_request(
    store: &mut impl AsContextMut<Data = State>,
    capability: Capability,
    request: usize,
    body: usize,
) -> wasmtime::Result<()> {
    charge(store, REQUEST_FUEL + (request as u64) + (body as u64))?;
    if request > MAX_REQUEST_BYTES {
        return Err(wasmtime::Error::msg(format!(
            "its request to {} has {request} bytes; {MAX_REQUEST_BYTES} is the most, besides its body",
            capability.import()
        )));
    }
    Ok(())
}

/// Bytes of JSON in one request: several times what the longest that makes sense has. Read, JSON is many times as large, and it is the host's
/// memory. What is to be written or sent is no part of it.
const MAX_REQUEST_BYTES: usize = 256 << 10;

/// What one request costs in fuel besides its bytes. It is more than its work: what an answer costs the machine is bounded by time.
const REQUEST_FUEL: u64 = 10_000;
