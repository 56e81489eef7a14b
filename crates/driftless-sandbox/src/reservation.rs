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

/// The memories that are reserved for each instance that there may be: its own, and the heap for references that the engine keeps beside it. That is
/// what a module needs. An instance of a WebAssembly component may have more, and then there is room for fewer instances.
const SHARE_OF_MEMORIES: u32 = 2;

/// The most memories that one instance may have: those of a WebAssembly component's modules, and the heap for references.
const MAX_MEMORIES: u32 = module_limits::ALL_MEMORIES.max as u32 + 1;

/// The memories that are reserved beyond each instance's share, so that where there is room for the last instance, it may be the largest.
const SPARE_MEMORIES: u32 = MAX_MEMORIES - SHARE_OF_MEMORIES;

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

    /// The bytes that are reserved beyond those of each instance.
    pub(crate) fn spare_bytes(self, limits: &Limits) -> u64 {
        u64::from(SPARE_MEMORIES) * (self.memory_bytes(limits) + self.guard_bytes())
    }

    /// The bytes for each instance that there may be, with everything that it consists of.
    pub(crate) fn instance_bytes(self, limits: &Limits, allow_wasi: bool) -> u64 {
        let memories = u64::from(SHARE_OF_MEMORIES) * (self.memory_bytes(limits) + self.guard_bytes());
        let tables = module_limits::ALL_TABLES.max * TABLE_ELEMENT_BYTES * limits.table_elements as u64;
        let stack = if allow_wasi { stack_bytes(limits) as u64 } else { 0 };
        memories + tables + stack
    }
}

/// How many memories are reserved for so many instances.
pub(crate) fn memories(instances: u32) -> u32 {
    instances.saturating_mul(SHARE_OF_MEMORIES).saturating_add(SPARE_MEMORIES)
}

/// How many of them an instance takes whose modules have so many memories of their own. The heap for references counts whether it is needed
/// or not, which the engine does not tell.
pub(crate) fn memories_taken(own: u32) -> u32 {
    own.saturating_add(1).min(MAX_MEMORIES)
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
        let (memories, tables) = (u64::from(SHARE_OF_MEMORIES), module_limits::ALL_TABLES.max);
        let without_wasi = Layout::Compact.instance_bytes(&limits, false);
        assert_eq!(without_wasi, memories * (64 * MIB + COMPACT_GUARD_BYTES) + tables * MIB);
        let with_wasi = Layout::Compact.instance_bytes(&limits, true);
        assert_eq!(with_wasi - without_wasi, stack_bytes(&limits) as u64);
        assert_eq!(Layout::Wide.instance_bytes(&limits, false), memories * (4096 + 32) * MIB + tables * MIB);

        // What all share is what they have together.
        let (instances, memory) = (5, Layout::Compact.memory_bytes(&limits) + COMPACT_GUARD_BYTES);
        let shared = instances * (without_wasi - tables * MIB) + Layout::Compact.spare_bytes(&limits);
        assert_eq!(shared, u64::from(super::memories(5)) * memory);
        assert_eq!(super::memories(1), MAX_MEMORIES, "the only one may be the largest");
        assert_eq!([1, 4, u32::MAX].map(memories_taken), [2, 5, MAX_MEMORIES]);

        let odd = Limits { memory: PAGE_BYTES as usize + 1, ..limits };
        assert_eq!(Layout::Compact.memory_bytes(&odd), 2 * PAGE_BYTES);
    }
}
