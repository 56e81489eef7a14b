//! How much address space is reserved for instances.

use driftless_transport::Limits;
use driftless_validator::limits as module_limits;

/// How much address space is reserved for each memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// All that 32 bits can address, and a guard behind it: no access can reach beyond that, so the compiler leaves the checks out.
    Wide,
    /// What a memory may have. Each access is checked.
    Compact,
}

/// What is behind the memories of [`Layout::Wide`]: as much as an access can be away from its address without a check of its own.
const WIDE_GUARD_BYTES: u64 = 32 << 20;

/// Behind each memory of [`Layout::Compact`], so that most accesses need one check only.
const COMPACT_GUARD_BYTES: u64 = 64 << 10;

/// Memories have whole pages.
const PAGE_BYTES: u64 = 64 << 10;

/// The memories of an instance: those of a WebAssembly component's modules, and the heap for references that the engine keeps beside them.
pub(crate) const MEMORIES: u64 = module_limits::ALL_MEMORIES.max + 1;

/// Bytes of an element of a table.
const TABLE_ELEMENT_BYTES: u64 = 8;

/// What the host's own functions need of a stack that they share with a guest.
const HOST_STACK_BYTES: usize = 1536 << 10;

impl Layout {
    /// The bytes that are reserved for a memory.
    pub(crate) fn memory_bytes(self, limits: &Limits) -> u64 {
        match self {
            Self::Wide => 1 << 32,
            Self::Compact => (limits.memory as u64).next_multiple_of(PAGE_BYTES),
        }
    }

    /// The bytes behind each memory.
    pub(crate) fn guard_bytes(self) -> u64 {
        match self {
            Self::Wide => WIDE_GUARD_BYTES,
            Self::Compact => COMPACT_GUARD_BYTES,
        }
    }

    /// The bytes for one instance with everything that it consists of.
    pub(crate) fn instance_bytes(self, limits: &Limits, allow_wasi: bool) -> u64 {
        let memories = MEMORIES * (self.memory_bytes(limits) + self.guard_bytes());
        let tables = module_limits::ALL_TABLES.max * TABLE_ELEMENT_BYTES * limits.table_elements as u64;
        let stack = if allow_wasi { stack_bytes(limits) as u64 } else { 0 };
        memories + tables + stack
    }
}

/// The bytes of the stack of a plugin that uses WASI, which has room for the host's frames as well.
pub(crate) fn stack_bytes(limits: &Limits) -> usize {
    limits.stack.saturating_add(HOST_STACK_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_reserved_follows_the_limits() {
        const MIB: u64 = 1 << 20;
        let limits = Limits { memory: 64 << 20, table_elements: 1 << 17, ..Limits::default() };
        let (memories, tables) = (MEMORIES, module_limits::ALL_TABLES.max);
        let without_wasi = Layout::Compact.instance_bytes(&limits, false);
        assert_eq!(without_wasi, memories * (64 * MIB + COMPACT_GUARD_BYTES) + tables * MIB);
        let with_wasi = Layout::Compact.instance_bytes(&limits, true);
        assert_eq!(with_wasi - without_wasi, stack_bytes(&limits) as u64);
        assert_eq!(Layout::Wide.instance_bytes(&limits, false), memories * (4096 + 32) * MIB + tables * MIB);

        let odd = Limits { memory: PAGE_BYTES as usize + 1, ..limits };
        assert_eq!(Layout::Compact.memory_bytes(&odd), 2 * PAGE_BYTES);
    }
}
