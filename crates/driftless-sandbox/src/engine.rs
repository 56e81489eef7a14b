//! The engine: what it compiles for, and the address space that it reserves for instances.

use driftless_transport::Limits;
use driftless_validator::{features, limits as module_limits};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, WasmFeatures};

use crate::error::SetupError;
use crate::limits;
use crate::reservation::{COMPACT_GUARD_BYTES, HOST_STACK_BYTES, MEMORIES, Reservation};

/// Starts an engine that has room for as many instances as there may be.
///
/// All of it is reserved at once, so no call fails later for want of address space, and an instance is made without asking the system. With
/// [`Layout::Wide`], the compiler leaves out the checks that an access lies in memory; where the system does not give so much, the checks are
/// there and the reservation is what the limits need.
///
/// # Errors
///
/// When the system refuses even that, with what was needed for what.
pub(crate) fn start(limits: &Limits, debug: bool, allow_wasi: bool) -> Result<Engine, SetupError> {
    let engine = |layout| Engine::new(&configuration(limits, debug, allow_wasi, layout));
    match engine(Layout::Wide) {
        Err(error) if is_out_of_address_space(&error) => {}
        started => return started.map_err(|error| SetupError::Engine(format!("{error:#}"))),
    }
    engine(Layout::Compact).map_err(|error| {
        if is_out_of_address_space(&error) {
            SetupError::AddressSpace(Reservation::of(limits, allow_wasi))
        } else {
            SetupError::Engine(format!("{error:#}"))
        }
    })
}

/// How much address space is reserved for a memory.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// All that 32 bits can address, and more than an access can be away from that.
    Wide,
    /// What a memory may have.
    Compact,
}

fn configuration(limits: &Limits, debug: bool, allow_wasi: bool, layout: Layout) -> Config {
    let mut config = Config::new();
    // The validator decides what a guest may use; the compiler knows nothing beyond it, but for what the engine needs itself: the code that
    // it writes between two components copies from one memory into another.
    config.wasm_features(WasmFeatures::all(), false).wasm_features(features(), true).wasm_multi_memory(true);
    config.consume_fuel(true).epoch_interruption(true).max_wasm_stack(limits.stack);
    config.wasm_backtrace_max_frames(if debug { std::num::NonZeroUsize::new(32) } else { None });
    config.generate_address_map(debug);
    if layout == Layout::Compact {
        config.memory_reservation(limits.memory as u64).memory_guard_size(COMPACT_GUARD_BYTES);
        config.memory_may_move(false).memory_reservation_for_growth(0);
    }

    let mut pool = PoolingAllocationConfig::new();
    let instances = limits.instances;
    let times = |number: u64| instances.saturating_mul(u32::try_from(number).unwrap_or(u32::MAX));
    // An instance of a component consists of several of everything.
    pool.total_component_instances(instances)
        .total_core_instances(times(limits::CORE_INSTANCES as u64))
        .max_core_instances_per_component(limits::CORE_INSTANCES as u32);
    pool.total_memories(times(MEMORIES))
        .total_gc_heaps(instances)
        .max_memories_per_component(module_limits::ALL_MEMORIES.max as u32);
    pool.total_tables(times(module_limits::ALL_TABLES.max))
        .max_tables_per_module(module_limits::TABLES.max as u32)
        .max_tables_per_component(module_limits::ALL_TABLES.max as u32);
    // A plugin that uses WASI runs on a stack of its own, which has room for the host's frames as well.
    config.async_stack_size(limits.stack.saturating_add(HOST_STACK_BYTES));
    pool.total_stacks(if allow_wasi { instances } else { 0 });
    pool.max_memory_size(limits.memory).table_elements(limits.table_elements);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

fn is_out_of_address_space(error: &wasmtime::Error) -> bool {
    error.chain().any(|cause| {
        let by_io = cause.downcast_ref::<std::io::Error>();
        by_io.is_some_and(|error| error.kind() == std::io::ErrorKind::OutOfMemory) || is_enomem(cause)
    })
}

#[cfg(unix)]
fn is_enomem(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause.downcast_ref::<rustix::io::Errno>() == Some(&rustix::io::Errno::NOMEM)
}

#[cfg(not(unix))]
fn is_enomem(_: &(dyn std::error::Error + 'static)) -> bool {
    false
}
