//! How much a plugin may use.

use std::time::Duration;

/// What one plugin may use while it is compiled, what one call may use, and how many instances there may be. A transport that cannot measure one of
/// them says so.
///
/// ```
/// use driftless_transport::Limits;
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
    /// Wall time for one call: at least so much, and two ticks of 10 ms more; longer where the machine lets the clock's thread wait. Default: 30 s.
    pub time: Duration,
    /// Wall time for making machine code of one plugin, waiting for a turn included; what is in the cache takes none. A
    /// compilation that is late is not waited for any longer, and goes on alone.
    /// Default: 120 s, ten times of what the largest interpreters take on two cores.
    pub compile_time: Duration,
    /// Bytes of stack for the guest's own frames. The thread that calls needs about as much again for the host's, so
    /// 2 MiB, which is what a Rust thread has, is enough up to 1 MiB. Default: 512 KiB.
    pub stack: usize,
    /// Bytes in one reply. Default: 16 MiB.
    pub output: usize,
    /// Bytes of one log message that are kept; the rest is cut off. Default: 16 KiB.
    pub log_message: usize,
    /// Bytes of log messages in one call, including those that no log sink takes. Default: 1 MiB.
    pub log: usize,
    /// Bytes that the host hands back for one request of the plugin: of a file, of a response, of what a program printed.
    /// They are the host's memory until the plugin fetches them. Default: 8 MiB.
    pub answer: usize,
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
            compile_time: Duration::from_secs(120),
            stack: 512 << 10,
            output: 16 << 20,
            log_message: 16 << 10,
            log: 1 << 20,
            answer: 8 << 20,
            table_elements: 100_000,
            instances: 128,
        }
    }
}
