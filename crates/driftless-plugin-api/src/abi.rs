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
//! - `host_get_random() -> i64`, 64 bits that nobody can predict; they tell nothing about the machine, and without them a
//!   plugin could not even make a hash map that withstands chosen keys
//! - `host_panic(message, message_len)`, two `i32`: the plugin gives up, and this is why; it does not return

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
