//! How much a plugin may use: while it runs ([`Limits`]), and in size before it is compiled ([`ModuleLimit`]).

use std::time::Duration;

use driftless_plugin_api::limit::MAX_PLUGIN_BYTES;

/// What one call may use, and how many instances there may be. The defaults are the guide's.
///
/// ```
/// use driftless_sandbox::Limits;
/// use std::time::Duration;
///
/// let limits = Limits { time: Duration::from_secs(5), ..Limits::default() };
/// assert_eq!(limits.memory, 64 << 20);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of memory, all memories of an instance together. An instance that asks for more is refused it.
    /// Default: 64 MiB.
    pub memory: usize,
    /// Units of fuel for one call, about one for each instruction. Default: 1,000,000,000.
    pub fuel: u64,
    /// Wall time for one call, to within two ticks of 10 ms. Default: 30 s.
    pub time: Duration,
    /// Bytes of stack for the guest's own frames. The thread that calls needs about as much again for the host's, so
    /// 2 MiB, which is what a Rust thread has. Default: 512 KiB.
    pub stack: usize,
    /// Bytes in one reply. Default: 16 MiB.
    pub output: usize,
    /// Bytes of one log message that are kept; the rest is cut off. Default: 16 KiB.
    pub log_message: usize,
    /// Elements in each table. Default: 100,000, which JavaScript engines need.
    pub table_elements: usize,
    /// Instances alive at the same time, of all plugins together. A call that finds none free waits for one as long as
    /// it has time. Default: 128.
    pub instances: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 64 << 20,
            fuel: 1_000_000_000,
            time: Duration::from_secs(30),
            stack: 512 << 10,
            output: 16 << 20,
            log_message: 16 << 10,
            table_elements: 100_000,
            instances: 128,
        }
    }
}

/// The largest memory that can be allowed: all that 32 bits can address.
pub const MAX_MEMORY: usize = 4 << 30;

/// A limit on the shape of a module, checked before the compiler sees a byte of it.
///
/// The compiler's time and memory grow with these numbers, so they bound what a hostile file can cost. Each is well above
/// what a JavaScript or Python engine compiled to WebAssembly has, which are the largest plugins known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModuleLimit {
    /// What is counted.
    pub what: &'static str,
    /// How many there may be.
    pub max: u64,
}

macro_rules! module_limits {
    ($($(#[$doc:meta])* $name:ident = $max:expr, $what:literal;)*) => { $(
        $(#[$doc])*
        pub const $name: ModuleLimit = ModuleLimit { what: $what, max: $max };
    )* };
}

module_limits! {
    /// Bytes of the file.
    SIZE = MAX_PLUGIN_BYTES, "bytes";
    /// Function types.
    TYPES = 10_000, "types";
    /// Imports. The host offers fewer than ten.
    IMPORTS = 1_000, "imports";
    /// Functions. A JavaScript engine has about 30,000.
    FUNCTIONS = 100_000, "functions";
    /// Tables. Modules made by wasm-bindgen have two.
    TABLES = 4, "tables";
    /// Memories.
    MEMORIES = 1, "memories";
    /// Globals.
    GLOBALS = 10_000, "globals";
    /// Exports.
    EXPORTS = 10_000, "exports";
    /// Segments of elements.
    ELEMENT_SEGMENTS = 10_000, "element segments";
    /// Segments of data.
    DATA_SEGMENTS = 10_000, "data segments";
    /// Custom sections.
    CUSTOM_SECTIONS = 1_000, "custom sections";
    /// Bytes of one function. The register allocator is slower than linear in it.
    FUNCTION_BYTES = 1 << 20, "bytes in one function";
    /// Local variables of one function, parameters left out.
    LOCALS = 10_000, "locals in one function";
    /// Bytes of the manifest.
    MANIFEST_BYTES = 1 << 20, "bytes in the manifest";
}
