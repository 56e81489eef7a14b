//! The guest's side of a call: what it keeps between calls, and how it carries strings.
//!
//! A plugin is a core module in the convention of [`driftless_plugin_api::abi`], or, with the feature `component`, what `driftless plugin build` makes a component of,
//! as [`driftless_plugin_api::wit`] has it. Both have the same parts: exports, arguments, replies, and the functions of the host.
#![allow(unsafe_code, reason = "a guest shares its memory with the host by address, and this is the place")]

#[cfg(feature = "component")]
mod component;
#[cfg(not(feature = "component"))]
mod module;
#[cfg(target_os = "wasi")]
mod wasi;

#[cfg(feature = "component")]
pub(crate) use component::host;
#[cfg(feature = "component")]
pub use component::{argument, reply};
#[cfg(not(feature = "component"))]
pub(crate) use module::host;
#[cfg(not(feature = "component"))]
pub use module::{argument, reply};

use std::cell::{Cell, RefCell};

use crate::{advice, dispatch};

/// Buffers above this are given back after the call that needed them, so that one large value does not stay for good.
const KEPT_CAPACITY: usize = 1 << 20;

thread_local! {
    static REPLY: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static PANICS_ARE_REPORTED: Cell<bool> = const { Cell::new(false) };
}

/// Runs one call: `run` writes the reply and says whether it is a failure. The reply stays where it is until the next call, so
/// nothing has to be freed.
fn run_call<R>(run: impl FnOnce(&mut Vec<u8>) -> bool, hand_over: impl FnOnce(&mut Vec<u8>, bool) -> R) -> R {
    report_panics();
    REPLY.with_borrow_mut(|reply| {
        if reply.capacity() > KEPT_CAPACITY {
            *reply = Vec::new();
        }
        reply.clear();
        let failed = run(reply);
        flush_printed();
        hand_over(reply, failed)
    })
}

fn report_panics() {
    if PANICS_ARE_REPORTED.replace(true) {
        return;
    }
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("a panic without a message");
        let component = dispatch::running();
        let Some(place) = panic.location() else {
            return end(&advice::explained(message.to_owned(), component));
        };
        let (place, is_own) = advice::place_of_panic(place.file(), place.line(), place.column());
        let words = format!("{message}, at {place}");
        let explained = advice::explained(words.clone(), component);
        // A place in a library says nothing about where the plugin called it.
        end(&if explained == words && !is_own { advice::placed(&words, component) } else { explained });
    }));
}

/// Ends the call with why, where, and what to do instead.
#[cfg(target_os = "wasi")]
fn give_up(why: &str, advice: &str) {
    end(&format!("{}; {advice}", advice::placed(why, dispatch::running())));
}

/// Ends the call. The host does not return from it.
fn end(words: &str) {
    flush_printed();
    host::panic(words);
}

/// What was printed goes to the log before the call is over.
fn flush_printed() {
    #[cfg(target_os = "wasi")]
    wasi::flush();
}
