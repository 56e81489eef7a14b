//! What `driftless plugin build` calls where the standard library would call WASI.
//!
//! A plugin has no WASI: the build puts functions in the place of its imports, and those that need memory of the guest's, or words for its user, are
//! here. They are exported so that the build finds them, and the finished plugin exports them no more.

use std::cell::{Cell, RefCell};
use std::io::Write;

use driftless_plugin_api::abi::{ABORTED, Refused};
use driftless_plugin_api::log::Level;

use super::{give_up, host};
use crate::advice;

/// The longest line that is kept until its end comes. More than that no host logs of one message.
const MAX_LINE_BYTES: usize = 64 << 10;

thread_local! {
    /// The beginnings of lines, of standard output and of standard error.
    static PRINTED: RefCell<[Vec<u8>; 2]> = const { RefCell::new([Vec::new(), Vec::new()]) };
}

thread_local! {
    static ABORTS: Cell<bool> = const { Cell::new(false) };
}

const LEVELS: [Level; 2] = [Level::Info, Level::Warn];

/// Takes what is printed, and logs it line by line: a formatted line is written in pieces.
///
/// # Safety
///
/// There are `length` bytes at `text`.
#[unsafe(no_mangle)]
#[allow(unreachable_pub, reason = "the build reaches it, by its name")]
pub unsafe extern "C" fn driftless_print(descriptor: u32, text: *const u8, length: usize) {
    // SAFETY: as above.
    let text = if length == 0 { &[] } else { unsafe { std::slice::from_raw_parts(text, length) } };
    let stream = usize::from(descriptor == 2);
    PRINTED.with(|printed| {
        let Ok(mut printed) = printed.try_borrow_mut() else { return log(stream, text) };
        let line = &mut printed[stream];
        for piece in text.split_inclusive(|byte| *byte == b'\n') {
            // Where there is no memory left, that is what is printed.
            if line.try_reserve(piece.len()).is_err() {
                log(stream, piece);
                continue;
            }
            line.extend_from_slice(piece);
            if piece.ends_with(b"\n") || line.len() >= MAX_LINE_BYTES {
                log(stream, line);
                line.clear();
            }
        }
    });
}

/// Logs what was printed without an end of line.
pub(super) fn flush() {
    // The standard library keeps what has no end of line yet.
    let _ = std::io::stdout().flush();
    PRINTED.with(|printed| {
        let Ok(mut printed) = printed.try_borrow_mut() else { return };
        for (stream, line) in printed.iter_mut().enumerate() {
            if !line.is_empty() {
                log(stream, line);
                line.clear();
            }
        }
    });
}

fn log(stream: usize, line: &[u8]) {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match std::str::from_utf8(line) {
        Ok(text) => host::log(LEVELS[stream], text),
        Err(_) => host::log(LEVELS[stream], &String::from_utf8_lossy(line)),
    }
}

/// Ends the call, because the standard library asked for something that no plugin can do.
#[unsafe(no_mangle)]
#[allow(unreachable_pub, reason = "the build reaches it, by its name")]
pub extern "C" fn driftless_refuse(what: u32, detail: u32) {
    if what == Refused::Exit as u32 {
        give_up(&format!("it called `std::process::exit({})`", detail.cast_signed()), advice::EXIT);
    } else {
        give_up("it called `std::thread::sleep`, or waits in another way", advice::SLEEP);
    }
}

/// Takes the place of libc's: the standard library gives up without a panic, because an allocation was refused or `std::process::abort` was called.
#[unsafe(no_mangle)]
#[allow(unreachable_pub, reason = "the standard library reaches it, by its name")]
pub extern "C" fn abort() -> ! {
    // To say so takes memory, which may be what is missing.
    if !ABORTS.replace(true) {
        give_up(ABORTED, advice::EXIT);
    }
    std::arch::wasm32::unreachable()
}
