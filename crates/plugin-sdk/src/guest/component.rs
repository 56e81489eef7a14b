//! A guest that becomes a component, see [`driftless_plugin_api::wit`].
//!
//! This is the canonical ABI of the component model, for the few shapes that the contract has: strings in, a `result<string, string>` out. `driftless plugin
//! build` puts the component around it.

use std::alloc::{Layout, alloc, handle_alloc_error, realloc};
use std::cell::UnsafeCell;
use std::ops::Deref;

use super::run_call;

/// Makes room for what the host hands over: arguments, and the parts of an answer. What is made here belongs to the guest.
///
/// # Safety
///
/// As the canonical ABI has it: `old` is null, or `old_size` bytes that this function made with the same alignment.
#[unsafe(no_mangle)]
#[allow(unreachable_pub, reason = "the engine reaches it, by its name")]
pub unsafe extern "C" fn cabi_realloc(
    old: *mut u8,
    old_size: usize,
    align: usize,
    new_size: usize,
) -> *mut u8 {
    if new_size == 0 {
        // The engine does not read what has no bytes; the pointer only must not be null.
        return std::ptr::without_provenance_mut(align);
    }
    let layout =
        Layout::from_size_align(new_size, align).expect("the engine asks for room that there can be");
    let made = if old_size == 0 {
        // SAFETY: the layout has a size.
        unsafe { alloc(layout) }
    } else {
        // SAFETY: the caller says that `old` was made here, with this size and alignment.
        unsafe { realloc(old, Layout::from_size_align_unchecked(old_size, align), new_size) }
    };
    if made.is_null() {
        handle_alloc_error(layout);
    }
    made
}

/// `result<string, string>`, as it lies in memory.
#[repr(C)]
struct Returned {
    failed: u8,
    pointer: *const u8,
    length: usize,
}

/// The return area of the last result. A guest has one thread.
struct ReturnArea(UnsafeCell<Returned>);

// SAFETY: a component is instantiated without threads, so there is no second thread.
unsafe impl Sync for ReturnArea {}

static RETURNED: ReturnArea =
    ReturnArea(UnsafeCell::new(Returned { failed: 0, pointer: std::ptr::null(), length: 0 }));

/// Runs one call: `run` writes the reply and says whether it is a failure. Returns where the result lies.
pub fn reply(run: impl FnOnce(&mut Vec<u8>) -> bool) -> *const u8 {
    run_call(run, |reply, failed| {
        let plain = if failed { plain_words(reply) } else { None };
        if let Some(words) = plain {
            *reply = words.into_bytes();
        }
        let returned = Returned { failed: failed.into(), pointer: reply.as_ptr(), length: reply.len() };
        // SAFETY: it is not read meanwhile: the engine does that when this call has returned.
        unsafe { *RETURNED.0.get() = returned };
        RETURNED.0.get().cast_const().cast()
    })
}

/// What a failure says, without the JSON around it.
fn plain_words(reply: &[u8]) -> Option<String> {
    serde_json::from_slice::<driftless_plugin_api::result::Failure>(reply).ok().map(|failure| failure.error)
}

/// An argument of the running call, which the guest gives back when it is done with it.
#[derive(Debug)]
pub struct Argument(String);

impl Deref for Argument {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// Takes an argument over.
///
/// # Safety
///
/// The engine wrote `length` bytes of UTF-8 at `pointer`, into room that [`cabi_realloc`] made for it, and no other pointer to it is kept. Both
/// are part of the canonical ABI.
pub unsafe fn argument(pointer: *mut u8, length: usize) -> Argument {
    // SAFETY: as above; what has no bytes has no allocation.
    Argument(unsafe { String::from_raw_parts(pointer, length, length) })
}

/// The host's functions.
pub(crate) mod host {
    use driftless_plugin_api::log::Level;

    mod import {
        #[link(wasm_import_module = "driftless:plugin/host@1.0.0")]
        unsafe extern "C" {
            pub(super) fn log(level: u32, message: *const u8, message_len: usize);
            #[link_name = "get-timestamp"]
            pub(super) safe fn get_timestamp() -> u64;
            #[link_name = "get-random"]
            pub(super) safe fn get_random() -> u64;
            pub(super) fn panic(message: *const u8, message_len: usize);
        }
    }

    pub(crate) fn timestamp() -> u64 {
        import::get_timestamp()
    }

    pub(crate) fn random() -> u64 {
        import::get_random()
    }

    pub(crate) fn log(level: Level, message: &str) {
        // In the order of the contract.
        let level = match level {
            Level::Error => 0,
            Level::Warn => 1,
            Level::Info => 2,
            Level::Debug => 3,
        };
        // SAFETY: a string, by address and length; the host only reads it.
        unsafe { import::log(level, message.as_ptr(), message.len()) }
    }

    pub(crate) fn panic(message: &str) {
        // SAFETY: as above. The host does not return from it; if it did, the panic would go on to abort.
        unsafe { import::panic(message.as_ptr(), message.len()) }
    }

    /// `tuple<string, list<u8>>`, as it lies in memory. The parts were made by `cabi_realloc`.
    #[repr(C)]
    struct Answer {
        head: *mut u8,
        head_len: usize,
        body: *mut u8,
        body_len: usize,
    }

    /// A function for each interface that takes a request. Each refers to its own import alone: one that is not used is left out when the
    /// plugin is linked, and a plugin is refused if it imports what its manifest does not ask for.
    macro_rules! requests {
        ($($name:ident $interface:literal)*) => { $(
            pub(crate) fn $name(request: &str, body: &[u8]) -> (String, Vec<u8>) {
                #[link(wasm_import_module = $interface)]
                unsafe extern "C" {
                    #[link_name = "request"]
                    fn ask(request: *const u8, request_len: usize, body: *const u8, body_len: usize, answer: *mut Answer);
                }
                let mut answer = std::mem::MaybeUninit::uninit();
                // SAFETY: text and bytes, by address and length, which the host only reads; and room for an answer, which it fills.
                let answer = unsafe {
                    ask(request.as_ptr(), request.len(), body.as_ptr(), body.len(), answer.as_mut_ptr());
                    answer.assume_init()
                };
                take(answer)
            }
        )* };
    }

    requests! {
        file "driftless:plugin/file@1.0.0"
        http "driftless:plugin/http@1.0.0"
        environment "driftless:plugin/environment@1.0.0"
        process "driftless:plugin/process@1.0.0"
        function "driftless:plugin/functions@1.0.0"
    }

    fn take(answer: Answer) -> (String, Vec<u8>) {
        let Answer { head, head_len, body, body_len } = answer;
        // SAFETY: each part lies in room that was made for exactly it, the first is UTF-8, and both belong to the guest now.
        unsafe {
            (String::from_raw_parts(head, head_len, head_len), Vec::from_raw_parts(body, body_len, body_len))
        }
    }
}
