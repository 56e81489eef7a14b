//! The functions that a plugin can import, see [`driftless_plugin_api::abi`].
//!
//! The engine does not interrupt them, so each is short or is given the time that is left of the call, and each byte that
//! they move costs fuel.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use driftless_plugin_api::abi::{self, AnswerLength};
use driftless_plugin_api::host_call::{Allowance, Answer, Capability, RequestSummary};
use driftless_plugin_api::limit::Limit;
use driftless_plugin_api::log::Level;
use driftless_plugin_api::text::printable_line;
use wasmtime::{AsContextMut, Caller, Extern, Linker, Memory};

use crate::memory_budget::MemoryBudget;
use crate::sandbox::PluginInner;
use crate::ticker::Deadline;
use crate::wasi::WasiState;
use driftless_transport::LogRecord;
use driftless_transport::{CallFailure, CancelHandle};

/// What belongs to one instance besides its memory.
pub(crate) struct State {
    pub(crate) plugin: Arc<PluginInner>,
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
    waiting: Option<Answer>,
    /// What stands behind WASI, where the plugin imports it.
    pub(crate) wasi: Option<WasiState>,
}

/// What one message costs besides its bytes, so that endless empty ones come to an end as well.
const MESSAGE_OVERHEAD: usize = 32;

/// Bytes of JSON in one request: several times what the longest that makes sense has. Read, JSON is many times as large, and it is the host's
/// memory. What is to be written or sent is no part of it.
const MOST_REQUEST: usize = 256 << 10;

/// What one request costs in fuel besides its bytes. It is more than its work: what an answer costs the machine is bounded by time.
const REQUEST_FUEL: u64 = 10_000;

impl State {
    pub(crate) fn new(plugin: Arc<PluginInner>) -> Self {
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

/// Offers them.
pub(crate) fn define(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker.func_wrap(abi::IMPORT_MODULE, abi::HOST_LOG, host_log)?;
    linker.func_wrap(abi::IMPORT_MODULE, abi::HOST_GET_TIMESTAMP, host_get_timestamp)?;
    linker.func_wrap(abi::IMPORT_MODULE, abi::HOST_GET_RANDOM, host_get_random)?;
    linker.func_wrap(abi::IMPORT_MODULE, abi::HOST_PANIC, host_panic)?;
    linker.func_wrap(abi::IMPORT_MODULE, abi::HOST_TAKE, host_take)?;
    for capability in Capability::ALL {
        let request = move |caller: Caller<'_, State>,
                            request: u32,
                            request_length: u32,
                            body: u32,
                            body_length: u32| {
            ask(caller, capability, (request, request_length), (body, body_length))
        };
        linker.func_wrap(abi::IMPORT_MODULE, capability.import(), request)?;
    }
    Ok(())
}

fn host_log(
    mut caller: Caller<'_, State>,
    level: u32,
    level_length: u32,
    message: u32,
    message_length: u32,
) -> wasmtime::Result<()> {
    charge(&mut caller, message_length.into())?;
    let memory = memory(&mut caller)?;
    let (data, state) = memory.data_and_store_mut(&mut caller);
    let word = guest_text(data, level, level_length, 8)?;
    // A level that nobody knows is no reason to lose the message.
    let level = word.parse().unwrap_or(Level::Info);
    let message = guest_text(data, message, message_length, state.plugin.shared.limits.log_message)?;
    state.log(level, &message).map_err(|failure| end(state, failure))
}

fn host_get_timestamp(mut caller: Caller<'_, State>) -> u64 {
    timestamp(caller.data_mut())
}

fn host_get_random(mut caller: Caller<'_, State>) -> wasmtime::Result<u64> {
    random(caller.data_mut())
}

/// Seconds since 1970.
pub(crate) fn timestamp(state: &mut State) -> u64 {
    let now = state.plugin.context.clock_and_random.timestamp();
    state.trace(|| format!("{} gave {now}", abi::HOST_GET_TIMESTAMP));
    now
}

/// 64 bits that nobody can predict.
pub(crate) fn random(state: &mut State) -> wasmtime::Result<u64> {
    state.trace(|| abi::HOST_GET_RANDOM.to_owned());
    let random = state.plugin.context.clock_and_random.random();
    random.map_err(|error| wasmtime::Error::msg(format!("no randomness: {error}")))
}

fn host_panic(mut caller: Caller<'_, State>, message: u32, length: u32) -> wasmtime::Result<()> {
    let memory = memory(&mut caller)?;
    let (data, state) = memory.data_and_store_mut(&mut caller);
    let text = guest_text(data, message, length, state.plugin.shared.limits.log_message)?.into_owned();
    Err(end(state, CallFailure::Panic(text)))
}

/// Answers a request. What comes of it, also that it is not allowed, is in the answer.
fn ask(
    mut caller: Caller<'_, State>,
    capability: Capability,
    (request, request_length): (u32, u32),
    (body, body_length): (u32, u32),
) -> wasmtime::Result<i64> {
    charge_request(&mut caller, capability, request_length as usize, body_length as usize)?;
    let memory = memory(&mut caller)?;
    let (data, state) = memory.data_and_store_mut(&mut caller);
    let time = state.before_request()?;
    let request = std::str::from_utf8(guest_bytes(data, request, request_length)?)
        .map_err(|_| wasmtime::Error::msg(format!("its request to {} is not UTF-8", capability.import())))?;
    let body = guest_bytes(data, body, body_length)?;
    let begun = Instant::now();
    let answer = state.answer(capability, request, body, time);
    state.trace_request(capability, request, body.len(), &answer, begun);
    state.after_request(&answer)?;
    // Both fit: no answer is larger than its limit.
    let lengths = AnswerLength { head: answer.head.len() as u32, body: answer.body.len() as u32 };
    state.waiting = Some(answer);
    Ok(lengths.pack())
}

/// Writes the answer to the last request to where the guest has made room for it.
fn host_take(mut caller: Caller<'_, State>, pointer: u32) -> wasmtime::Result<()> {
    let Some(Answer { head, body, .. }) = caller.data_mut().waiting.take() else {
        return Err(wasmtime::Error::msg("it fetched an answer, and there is none"));
    };
    charge(&mut caller, (head.len() + body.len()) as u64)?;
    let memory = memory(&mut caller)?;
    let data = memory.data_mut(&mut caller);
    let start = pointer as usize;
    let place = data.get_mut(start..).and_then(|place| place.get_mut(..head.len() + body.len()));
    let Some(place) = place else {
        return Err(wasmtime::Error::msg(format!(
            "it made room for an answer of {} bytes at {start:#x}, outside its memory",
            head.len() + body.len()
        )));
    };
    let (to_head, to_body) = place.split_at_mut(head.len());
    to_head.copy_from_slice(head.as_bytes());
    to_body.copy_from_slice(&body);
    Ok(())
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
    if request > MOST_REQUEST {
        return Err(wasmtime::Error::msg(format!(
            "its request to {} has {request} bytes; {MOST_REQUEST} is the most, besides its body",
            capability.import()
        )));
    }
    Ok(())
}

pub(crate) fn memory(caller: &mut Caller<'_, State>) -> wasmtime::Result<Memory> {
    if let Some(memory) = caller.data().memory {
        return Ok(memory);
    }
    // Only a start function can call before the instance is there.
    match caller.get_export(abi::MEMORY) {
        Some(Extern::Memory(memory)) => Ok(memory),
        _ => Err(wasmtime::Error::msg("a host function was called before there is a memory")),
    }
}

fn guest_bytes(data: &[u8], pointer: u32, length: u32) -> wasmtime::Result<&[u8]> {
    let (start, length) = (pointer as usize, length as usize);
    start.checked_add(length).and_then(|end| data.get(start..end)).ok_or_else(|| {
        wasmtime::Error::msg(format!("it handed over {length} bytes at {start:#x}, outside its memory"))
    })
}

/// The text that a guest points at, cut to `most` bytes. What is not UTF-8 in it is replaced, which may make it longer.
pub(crate) fn guest_text(
    data: &[u8],
    pointer: u32,
    length: u32,
    most: usize,
) -> wasmtime::Result<Cow<'_, str>> {
    let bytes = guest_bytes(data, pointer, length)?;
    // A letter that straddles the cut is read whole, so that it is left out whole.
    let mut text = String::from_utf8_lossy(&bytes[..bytes.len().min(most.saturating_add(3))]);
    let end = text.floor_char_boundary(most);
    match &mut text {
        Cow::Borrowed(text) => *text = &text[..end],
        Cow::Owned(text) => text.truncate(end),
    }
    Ok(text)
}
