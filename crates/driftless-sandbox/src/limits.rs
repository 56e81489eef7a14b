//! How far the limits of a sandbox can be set. How large a file may be that it compiles is in [`driftless_validator::limits`].

/// The largest memory that can be allowed: all that 32 bits can address.
pub const MAX_MEMORY: usize = 4 << 30;

/// The smallest stack that is of use: enough for the entry and for some tens of the guest's frames.
pub const MIN_STACK: usize = 16 << 10;

/// The largest stack that can be allowed: half of the 2 MiB that a Rust thread has, the other half is for the host functions
/// that a guest may call when its own half is full.
pub const MAX_STACK: usize = 1 << 20;

/// The most elements that a table can be allowed. They are memory of the host (8 bytes each) that the limit of memory does not count.
pub const MAX_TABLE_ELEMENTS: usize = 10_000_000;

/// The most instances that can be allowed. Where there is room, each reserves about 20 GiB of addresses, of which a process has 128 TiB.
pub const MAX_INSTANCES: u32 = 4_000;

/// The instances of core modules that one instance of a component may consist of. Known: 38, in CPython with its libraries.
pub(crate) const CORE_INSTANCES: usize = 64;
