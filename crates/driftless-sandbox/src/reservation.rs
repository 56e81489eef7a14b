//! The address space that instances need.

use std::fmt;

use driftless_plugin_api::limit::Limit;
use driftless_transport::Limits;
use driftless_validator::limits as module_limits;

/// Behind each memory of a compact layout, so that most accesses need one check only.
pub(crate) const COMPACT_GUARD_BYTES: u64 = 64 << 10;

/// The memories of an instance: those of a WebAssembly component's modules, and the heap for references that the engine keeps beside them.
pub(crate) const MEMORIES: u64 = module_limits::ALL_MEMORIES.max + 1;

/// Bytes of an element of a table.
const TABLE_ELEMENT_BYTES: u64 = 8;

/// What the host's own functions need of a stack that they share with a guest.
pub(crate) const HOST_STACK_BYTES: usize = 1536 << 10;

/// The address space that the limits need at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// How many instances there may be.
    pub instances: u32,
    /// The bytes that each memory of an instance may have.
    pub memory_bytes: u64,
    /// The bytes for all memories of one instance.
    pub memories_bytes: u64,
    /// The bytes for all tables of one instance.
    pub tables_bytes: u64,
    /// The bytes for the stack of one instance, where WASI is allowed.
    pub stack_bytes: u64,
}

impl Reservation {
    pub(crate) fn of(limits: &Limits, allow_wasi: bool) -> Self {
        let memory_bytes = limits.memory as u64;
        let stack = limits.stack.saturating_add(HOST_STACK_BYTES) as u64;
        Self {
            instances: limits.instances,
            memory_bytes,
            memories_bytes: MEMORIES * (memory_bytes + COMPACT_GUARD_BYTES),
            tables_bytes: module_limits::ALL_TABLES.max * TABLE_ELEMENT_BYTES * limits.table_elements as u64,
            stack_bytes: if allow_wasi { stack } else { 0 },
        }
    }

    /// The bytes for one instance.
    pub fn instance_bytes(&self) -> u64 {
        self.memories_bytes + self.tables_bytes + self.stack_bytes
    }

    /// The bytes for all instances.
    pub fn total_bytes(&self) -> u64 {
        u64::from(self.instances).saturating_mul(self.instance_bytes())
    }
}

impl fmt::Display for Reservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (instances, memory) = (Limit::Instances.setting(), Limit::Memory.setting());
        let mebibytes = |bytes: u64| bytes.div_ceil(1 << 20);
        write!(
            f,
            "{} MiB of address space for {} instances (`{instances}`), {} MiB for each: {} MiB for {MEMORIES} memories of {} MiB (`{memory}`), \
             {} MiB for tables (`{}`)",
            mebibytes(self.total_bytes()),
            self.instances,
            mebibytes(self.instance_bytes()),
            mebibytes(self.memories_bytes),
            mebibytes(self.memory_bytes),
            mebibytes(self.tables_bytes),
            Limit::Table.setting(),
        )?;
        match self.stack_bytes {
            0 => Ok(()),
            stack => write!(f, ", {} MiB for a stack", mebibytes(stack)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_is_said_with_the_settings_that_decide() {
        let reservation = Reservation::of(&Limits::default(), false);
        assert_eq!(
            reservation.to_string(),
            "42616 MiB of address space for 128 instances (`security.max_instances`), 333 MiB for each: 321 MiB for 5 memories of 64 MiB \
             (`security.max_memory`), 13 MiB for tables (`security.max_table_elements`)"
        );
        assert!(Reservation::of(&Limits::default(), true).to_string().ends_with(", 2 MiB for a stack"));
    }
}
