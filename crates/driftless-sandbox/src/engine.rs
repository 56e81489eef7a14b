//! The engine: what it compiles for, and the address space that it reserves for instances.

use std::sync::Arc;

use driftless_transport::{AddressSpaceRefused, Limits};
use driftless_validator::{features, limits as module_limits};
use wasmtime::{
    CacheStore, Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, WasmFeatures,
};

use crate::address_space::AddressSpace;
use crate::error::SetupError;
use crate::functions::FunctionStore;
use crate::limits;
use crate::reservation::{Layout, memories, stack_bytes};

/// What the process has to keep for itself beside the instances: machine code, what calls bring along, and the threads that compile, for each
/// of which glibc reserves 64 MiB. Under a limit of address space, an allocation that fails ends the process.
const MIN_WORKING_BYTES: u64 = 512 << 20;

/// What is asked for. It is more than what has to be: a process has now more, now less of it when it gets here, by how far its threads have come,
/// and what was enough by the message of one run is to be enough for the next.
const WORKING_BYTES: u64 = MIN_WORKING_BYTES + (256 << 20);

/// Starts an engine that has room for as many instances as there may be.
///
/// All of it is reserved at once, so no call fails later for want of address space, and an instance is made without asking the system. Where
/// there is room for [`Layout::Wide`], the compiler leaves out the checks that an access lies in memory; where there is not, the checks are there
/// and the reservation is what the limits need.
///
/// # Errors
///
/// When there is no room even for that, with what was needed; when the engine refuses its configuration.
pub(crate) fn start(
    limits: &Limits,
    debug: bool,
    allow_wasi: bool,
    functions: Option<&Arc<FunctionStore>>,
) -> Result<Engine, SetupError> {
    let space = AddressSpace::of_this_process();
    for layout in [Layout::Wide, Layout::Compact] {
        let bytes = u64::from(limits.instances).saturating_mul(layout.instance_bytes(limits, allow_wasi));
        let bytes = bytes.saturating_add(layout.spare_bytes(limits));
        if !space.has_room_for(bytes.saturating_add(MIN_WORKING_BYTES)) {
            continue;
        }
        let mut configuration = configuration(limits, debug, allow_wasi, layout);
        if let Some(functions) = functions {
            let store = Arc::clone(functions) as Arc<dyn CacheStore>;
            let enabled = configuration.enable_incremental_compilation(store);
            enabled.map_err(|error| SetupError::Engine(format!("{error:#}")))?;
        }
        match Engine::new(&configuration) {
            // The system may have less than it allows.
            Err(error) if is_out_of_address_space(&error) => {}
            started => return started.map_err(|error| SetupError::Engine(format!("{error:#}"))),
        }
    }
    Err(SetupError::AddressSpace(AddressSpaceRefused {
        instances: limits.instances,
        instance_bytes: Layout::Compact.instance_bytes(limits, allow_wasi),
        other_bytes: [Layout::Compact.spare_bytes(limits), WORKING_BYTES]
            .into_iter()
            .fold(space.used_bytes, u64::saturating_add),
        allowed_bytes: space.allowed_bytes,
    }))
}

fn configuration(limits: &Limits, debug: bool, allow_wasi: bool, layout: Layout) -> Config {
    let mut config = Config::new();
    // The validator decides what a guest may use; the compiler knows nothing beyond it, but for what the engine needs itself: the code that
    // it writes between two components copies from one memory into another.
    config.wasm_features(WasmFeatures::all(), false).wasm_features(features(), true).wasm_multi_memory(true);
    config.consume_fuel(true).epoch_interruption(true).max_wasm_stack(limits.stack);
    config.wasm_backtrace_max_frames(if debug { std::num::NonZeroUsize::new(32) } else { None });
    config.generate_address_map(debug);
    config.memory_reservation(layout.memory_bytes(limits)).memory_guard_size(layout.guard_bytes());
    if layout == Layout::Compact {
        // What a memory may have is reserved: it never has to grow beyond that.
        config.memory_may_move(false).memory_reservation_for_growth(0);
    }

    let mut pool = PoolingAllocationConfig::new();
    let instances = limits.instances;
    let times = |number: u64| instances.saturating_mul(u32::try_from(number).unwrap_or(u32::MAX));
    // An instance of a component consists of several of everything.
    pool.total_component_instances(instances)
        .total_core_instances(times(limits::CORE_INSTANCES as u64))
        .max_core_instances_per_component(limits::CORE_INSTANCES as u32);
    pool.total_memories(memories(instances))
        .total_gc_heaps(instances)
        .max_memories_per_component(module_limits::ALL_MEMORIES.max as u32);
    pool.total_tables(times(module_limits::ALL_TABLES.max))
        .max_tables_per_module(module_limits::TABLES.max as u32)
        .max_tables_per_component(module_limits::ALL_TABLES.max as u32);
    // A plugin that uses WASI runs on a stack of its own.
    config.async_stack_size(stack_bytes(limits));
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

#[cfg(all(test, target_pointer_width = "64"))]
mod tests {
    use super::*;

    /// More instances than a process has addresses for, where 4 GiB are reserved for each memory.
    const TOO_MANY: u32 = 20_000;

    #[test]
    fn what_the_system_refuses_is_recognised() {
        let limits = Limits { instances: TOO_MANY, ..Limits::default() };
        let refused = Engine::new(&configuration(&limits, false, false, Layout::Wide)).err().unwrap();
        assert!(is_out_of_address_space(&refused), "{refused:?}");
    }

    #[test]
    fn where_not_all_addresses_fit_what_is_configured_does() {
        // A memory that is no whole number of pages is no obstacle.
        let limits = Limits { instances: TOO_MANY, memory: (1 << 20) + 1, ..Limits::default() };
        start(&limits, false, false, None).unwrap();
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let limits = Limits { instances: TOO_MANY, memory: 4 << 30, ..Limits::default() };
        match start(&limits, false, false, None).err().unwrap() {
            SetupError::AddressSpace(refused) => {
                assert_eq!(refused.instances, TOO_MANY);
                assert!(refused.needed_bytes() > 1 << 47, "{refused}");
            }
            other => panic!("{other}"),
        }
    }
}
