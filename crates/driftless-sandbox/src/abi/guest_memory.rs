//! What a module's guest points at in its memory.

use std::borrow::Cow;

use driftless_plugin_api::abi;
use wasmtime::{Caller, Extern, Memory};

use crate::state::State;

/// The exported memory of a module that calls a host function.
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

/// The bytes that a guest points at.
pub(crate) fn guest_bytes(data: &[u8], pointer: u32, length: u32) -> wasmtime::Result<&[u8]> {
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
