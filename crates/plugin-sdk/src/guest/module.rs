//! A guest that is a core module, see [`driftless_plugin_api::abi`].

use std::cell::RefCell;

use driftless_plugin_api::abi::PackedReply;

use super::{KEPT_CAPACITY, run_call};

thread_local! {
    static ARGUMENTS: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Makes room for the arguments of the coming call, see [`driftless_plugin_api::abi`].
#[unsafe(no_mangle)]
#[allow(unreachable_pub, reason = "the host reaches it, by its name")]
pub extern "C" fn driftless_reserve(length: usize) -> *mut u8 {
    ARGUMENTS.with_borrow_mut(|arguments| {
        if arguments.len() < length || arguments.capacity() > KEPT_CAPACITY {
            // What was in it is of no use: a new allocation is cheaper than one that copies.
            *arguments = Vec::new();
            arguments.resize(length, 0);
        }
        arguments.as_mut_ptr()
    })
}

/// Runs one call: `run` writes the reply and says whether it is a failure.
pub fn reply(run: impl FnOnce(&mut Vec<u8>) -> bool) -> i64 {
    run_call(run, |reply, failed| {
        PackedReply { pointer: reply.as_ptr() as u32, length: reply.len() as u32, failed }.pack()
    })
}

/// An argument of the running call.
///
/// # Safety
///
/// The host wrote `length` bytes of UTF-8 at `pointer`, inside what [`driftless_reserve`] returned, and writes nothing there
/// until the call has returned. Both are part of the protocol.
pub unsafe fn argument<'call>(pointer: *const u8, length: usize) -> &'call str {
    if length == 0 {
        return "";
    }
    // SAFETY: as above.
    unsafe { std::str::from_utf8_unchecked(std::slice::from_raw_parts(pointer, length)) }
}

/// The host's functions.
pub(crate) mod host {
    use driftless_plugin_api::abi::AnswerLength;
    use driftless_plugin_api::log::Level;

    #[link(wasm_import_module = "env")]
    unsafe extern "C" {
        fn host_log(level: *const u8, level_len: usize, message: *const u8, message_len: usize);
        safe fn host_get_timestamp() -> u64;
        safe fn host_get_random() -> u64;
        fn host_panic(message: *const u8, message_len: usize);
        fn host_take(answer: *mut u8);
    }

    pub(crate) fn timestamp() -> u64 {
        host_get_timestamp()
    }

    pub(crate) fn random() -> u64 {
        host_get_random()
    }

    pub(crate) fn log(level: Level, message: &str) {
        let level = level.as_str();
        // SAFETY: two strings, by address and length; the host only reads them.
        unsafe { host_log(level.as_ptr(), level.len(), message.as_ptr(), message.len()) }
    }

    pub(crate) fn panic(message: &str) {
        // SAFETY: as above. The host does not return from it; if it did, the panic would go on to abort.
        unsafe { host_panic(message.as_ptr(), message.len()) }
    }

    /// A function for each import that takes a request. Each refers to its own import alone: one that is not used is left out when the
    /// plugin is linked, and a plugin is refused if it imports what its manifest does not ask for.
    macro_rules! requests {
        ($($name:ident $import:ident)*) => { $(
            pub(crate) fn $name(request: &str, body: &[u8]) -> (String, Vec<u8>) {
                #[link(wasm_import_module = "env")]
                unsafe extern "C" {
                    fn $import(request: *const u8, request_len: usize, body: *const u8, body_len: usize) -> i64;
                }
                // SAFETY: text and bytes, by address and length; the host only reads them.
                let length = unsafe { $import(request.as_ptr(), request.len(), body.as_ptr(), body.len()) };
                take(AnswerLength::unpack(length))
            }
        )* };
    }

    requests! {
        file host_file
        http host_http
        environment host_environment
        process host_process
        function host_function
    }

    /// Fetches the answer to the request that was just made.
    fn take(length: AnswerLength) -> (String, Vec<u8>) {
        let head = length.head as usize;
        let mut answer = vec![0; head.saturating_add(length.body as usize)];
        // SAFETY: the host writes as many bytes as it said, and there is room for them.
        unsafe { host_take(answer.as_mut_ptr()) };
        // The body keeps the allocation, since it can be large.
        let text = String::from_utf8_lossy(&answer[..head]).into_owned();
        answer.drain(..head);
        (text, answer)
    }
}
