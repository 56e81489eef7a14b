//! The functions that every plugin can import, see [`driftless_plugin_api::abi`].

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use driftless_plugin_api::abi;
use driftless_plugin_api::log::Level;
use wasmtime::{Caller, Extern, Linker, Memory};

use crate::logging::{LogRecord, SharedLogSink};
use crate::memory_budget::MemoryBudget;

/// What belongs to one instance besides its memory.
pub(crate) struct State {
    pub(crate) plugin: Arc<str>,
    pub(crate) log: SharedLogSink,
    /// How many bytes of a message are kept.
    pub(crate) log_message: usize,
    pub(crate) budget: MemoryBudget,
    /// The exported memory, once there is an instance.
    pub(crate) memory: Option<Memory>,
    /// What the plugin said when it gave up.
    pub(crate) panic: Option<String>,
}

/// Offers them.
pub(crate) fn define(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker.func_wrap(abi::IMPORT_MODULE, abi::HOST_LOG, host_log)?;
    linker.func_wrap(abi::IMPORT_MODULE, abi::HOST_GET_TIMESTAMP, host_get_timestamp)?;
    linker.func_wrap(abi::IMPORT_MODULE, abi::HOST_GET_RANDOM, host_get_random)?;
    linker.func_wrap(abi::IMPORT_MODULE, abi::HOST_PANIC, host_panic)?;
    Ok(())
}

fn host_log(
    mut caller: Caller<'_, State>,
    level: u32,
    level_length: u32,
    message: u32,
    message_length: u32,
) -> wasmtime::Result<()> {
    charge(&mut caller, message_length)?;
    let memory = memory(&mut caller)?;
    let (data, state) = memory.data_and_store_mut(&mut caller);
    let word = guest_text(data, level, level_length, 8)?;
    // A level that nobody knows is no reason to lose the message.
    let level = word.parse().unwrap_or(Level::Info);
    let message = guest_text(data, message, message_length, state.log_message)?;
    let message = message.trim_end_matches(['\n', '\r']);
    if !message.is_empty() && state.log.enabled(level) {
        state.log.log(&LogRecord { plugin: &state.plugin, level, message });
    }
    Ok(())
}

fn host_get_timestamp() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn host_get_random() -> wasmtime::Result<u64> {
    getrandom::u64().map_err(|error| wasmtime::Error::msg(format!("no randomness: {error}")))
}

fn host_panic(mut caller: Caller<'_, State>, message: u32, length: u32) -> wasmtime::Result<()> {
    let memory = memory(&mut caller)?;
    let (data, state) = memory.data_and_store_mut(&mut caller);
    let text = guest_text(data, message, length, state.log_message)?.into_owned();
    state.panic = Some(text);
    Err(wasmtime::Error::msg("the plugin gave up"))
}

/// Moving bytes is work, and work costs fuel: 1 a byte, like the copying instructions of WebAssembly.
fn charge(caller: &mut Caller<'_, State>, bytes: u32) -> wasmtime::Result<()> {
    match caller.get_fuel()?.checked_sub(bytes.into()) {
        Some(left) => caller.set_fuel(left),
        None => {
            caller.set_fuel(0)?;
            Err(wasmtime::Trap::OutOfFuel.into())
        }
    }
}

fn memory(caller: &mut Caller<'_, State>) -> wasmtime::Result<Memory> {
    if let Some(memory) = caller.data().memory {
        return Ok(memory);
    }
    // Only a start function can call before the instance is there.
    match caller.get_export(abi::MEMORY) {
        Some(Extern::Memory(memory)) => Ok(memory),
        _ => Err(wasmtime::Error::msg("a host function was called before there is a memory")),
    }
}

/// The text that a guest points at, cut to `most` bytes. What is not UTF-8 in it is replaced, which may make it longer.
fn guest_text(data: &[u8], pointer: u32, length: u32, most: usize) -> wasmtime::Result<Cow<'_, str>> {
    let (start, length) = (pointer as usize, length as usize);
    let bytes = start.checked_add(length).and_then(|end| data.get(start..end)).ok_or_else(|| {
        wasmtime::Error::msg(format!("it handed over {length} bytes at {start:#x}, outside its memory"))
    })?;
    // A letter that straddles the cut is read whole, so that it is left out whole.
    let mut text = String::from_utf8_lossy(&bytes[..length.min(most.saturating_add(3))]);
    let end = text.floor_char_boundary(most);
    match &mut text {
        Cow::Borrowed(text) => *text = &text[..end],
        Cow::Owned(text) => text.truncate(end),
    }
    Ok(text)
}
