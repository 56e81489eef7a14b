//! How a core WebAssembly module carries the strings of the protocol.
//!
//! A plugin built with the SDK exports its [`MEMORY`], the function [`RESERVE`], and the functions of the protocol:
//!
//! - `driftless_reserve(length: i32) -> i32` returns where the host may write `length` bytes. The place stays the
//!   host's until the next `driftless_reserve`, so a host that remembers it calls again only for more room.
//! - `execute_task(name, config) -> i64` and all others take a pointer and a length (`i32`, `i32`) for each argument, UTF-8, inside
//!   the reserved place, and return a [`PackedReply`]. The reply stays where it is until the next call, so nothing has
//!   to be freed: a call of the protocol is one call into the guest.
//!
//! The imports, all in the module [`IMPORT_MODULE`]:
//!
//! - `host_log(level, level_len, message, message_len)`, four `i32`
//! - `host_get_timestamp() -> i64`, seconds since 1970
//! - `host_get_random() -> i64`, 64 unpredictable bits; they tell nothing about the machine, and without them a plugin
//!   could not even make a hash map that withstands chosen keys
//! - `host_panic(message, message_len)`, two `i32`: the plugin gives up, and this is why; it does not return
//! - one for each [`Capability`](crate::host_call::Capability) that the manifest asks for, `host_file(request, request_len, body, body_len) -> i64`:
//!   a request in JSON and its body. What comes back is an [`AnswerLength`]; the guest makes room for both parts and fetches them,
//!   one behind the other, with `host_take(pointer)`. An answer that is not fetched before the next request is gone.

/// The exported memory.
pub const MEMORY: &str = "memory";

/// The export by which a guest makes room for arguments.
pub const RESERVE: &str = "driftless_reserve";

/// The module that the host functions are imported from.
pub const IMPORT_MODULE: &str = "env";

/// `host_log(level: &str, message: &str)`
pub const HOST_LOG: &str = "host_log";

/// `host_get_timestamp() -> u64`
pub const HOST_GET_TIMESTAMP: &str = "host_get_timestamp";

/// `host_get_random() -> u64`
pub const HOST_GET_RANDOM: &str = "host_get_random";

/// `host_panic(message: &str) -> !`
pub const HOST_PANIC: &str = "host_panic";

/// `host_take(pointer)`: writes the answer to the last request, its JSON and right behind it its body.
pub const HOST_TAKE: &str = "host_take";

/// What a module may export for the time of its build: `driftless_print(descriptor, text, text_len)` takes what the standard library prints.
pub const PRINT: &str = "driftless_print";

/// What a module may export for the time of its build: `driftless_refuse(what, detail)` ends the call because of one of the [`Refused`].
pub const REFUSE: &str = "driftless_refuse";

/// How a guest begins to say that it aborts. It does so as well where memory was refused that it cannot do without.
pub const ABORTED: &str = "it called `std::process::abort`";

/// What no plugin can do, and the standard library cannot return from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Refused {
    /// Ending the process; the detail is the exit code.
    Exit = 0,
    /// Waiting.
    Wait = 1,
}

/// How long the answer to a request is, in one `i64`: its JSON in the upper half, its body in the lower.
///
/// ```
/// use driftless_plugin_api::abi::AnswerLength;
///
/// let length = AnswerLength { head: 13, body: 1 << 20 };
/// assert_eq!(AnswerLength::unpack(length.pack()), length);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerLength {
    /// Bytes of JSON.
    pub head: u32,
    /// Bytes of the body.
    pub body: u32,
}

impl AnswerLength {
    /// Into the number that the host returns.
    pub const fn pack(self) -> i64 {
        ((self.head as u64) << 32 | self.body as u64) as i64
    }

    /// Out of the number that the host returned.
    pub const fn unpack(packed: i64) -> Self {
        Self { head: (packed as u64 >> 32) as u32, body: packed as u32 }
    }
}

/// Where a guest's reply lies and whether it is a failure, in one `i64`: the pointer in the upper half, the length in
/// the lower, and in the length's highest bit the mark of a failure.
///
/// ```
/// use driftless_plugin_api::abi::PackedReply;
///
/// let reply = PackedReply { pointer: 0x1000, length: 12, failed: true };
/// assert_eq!(reply.pack(), 0x0000_1000_8000_000c);
/// assert_eq!(PackedReply::unpack(reply.pack()), reply);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackedReply {
    /// The address of the first byte.
    pub pointer: u32,
    /// How many bytes, below 2³¹.
    pub length: u32,
    /// Whether the text is a [`Failure`](crate::result::Failure).
    pub failed: bool,
}

const FAILED: u32 = 1 << 31;

impl PackedReply {
    /// Into the number that the guest returns.
    pub const fn pack(self) -> i64 {
        let low = self.length & !FAILED | if self.failed { FAILED } else { 0 };
        ((self.pointer as u64) << 32 | low as u64) as i64
    }

    /// Out of the number that the guest returned. Every number is some reply; whether it lies in memory is another
    /// question.
    pub const fn unpack(packed: i64) -> Self {
        let low = packed as u32;
        Self { pointer: (packed as u64 >> 32) as u32, length: low & !FAILED, failed: low & FAILED != 0 }
    }
}
