//! The functions that a module can import, see [`driftless_plugin_api::abi`].
//!
//! The engine does not interrupt them, so each is short or is given the time that is left of the call, and each byte that
//! they move costs fuel.

use std::time::Instant;

use driftless_plugin_api::abi::{self, AnswerLength};
use driftless_plugin_api::host_call::{Answer, Capability};
use driftless_plugin_api::log::Level;
use driftless_transport::CallFailure;
use wasmtime::{Caller, Linker};

use crate::abi::guest_memory::{guest_bytes, guest_text, memory};
use crate::state::{State, charge, charge_request, end, random, timestamp};

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
    // An unknown level is no reason to lose the message.
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
