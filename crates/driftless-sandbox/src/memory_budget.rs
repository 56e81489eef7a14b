//! The memory of one instance, counted over all its memories.

use driftless_validator::limits as module_limits;
use wasmtime::ResourceLimiter;

/// What an instance has of memory and tables, and whether the running call was refused more.
#[derive(Debug)]
pub(crate) struct MemoryBudget {
    allowed: usize,
    used: usize,
    table_elements: usize,
    /// What the last permitted growth added, in case it then fails.
    last_growth: usize,
    pub(crate) memory_refused: bool,
    pub(crate) table_refused: bool,
}

impl MemoryBudget {
    pub(crate) fn new(allowed: usize, table_elements: usize) -> Self {
        Self { allowed, used: 0, table_elements, last_growth: 0, memory_refused: false, table_refused: false }
    }

    /// The bytes that the memories have, all together.
    pub(crate) fn used(&self) -> usize {
        self.used
    }

    /// A new call begins: what was refused before is not why it fails.
    pub(crate) fn forget_refusals(&mut self) {
        self.memory_refused = false;
        self.table_refused = false;
    }
}

impl ResourceLimiter for MemoryBudget {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let growth = desired.saturating_sub(current);
        let fits = self.used.checked_add(growth).is_some_and(|used| used <= self.allowed);
        if !fits {
            self.memory_refused = true;
        } else if maximum.is_some_and(|maximum| desired > maximum) {
            // The guest's own maximum, which no setting of the user's raises.
            return Ok(false);
        } else {
            self.used += growth;
            self.last_growth = growth;
        }
        Ok(fits)
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.used -= std::mem::take(&mut self.last_growth);
        self.memory_refused = true;
        Ok(())
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let fits = desired <= self.table_elements;
        self.table_refused |= !fits;
        Ok(fits)
    }

    fn instances(&self) -> usize {
        crate::limits::CORE_INSTANCES
    }

    fn tables(&self) -> usize {
        module_limits::ALL_TABLES.max as usize
    }

    fn memories(&self) -> usize {
        module_limits::ALL_MEMORIES.max as usize
    }
}
