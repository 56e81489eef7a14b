//! What is common to the ABIs of core modules: making an instance, finding its exports, entering it.

use driftless_transport::{CallFailure, ReplyDefect};
use wasmtime::{Extern, Memory, ModuleExport, Store, TypedFunc};

use crate::state::State;
use crate::wasi;

/// An export with a type that is known.
pub(crate) fn typed<P: wasmtime::WasmParams, R: wasmtime::WasmResults>(
    store: &mut Store<State>,
    instance: &wasmtime::Instance,
    export: &ModuleExport,
) -> wasmtime::Result<TypedFunc<P, R>> {
    let function = instance.get_module_export(&mut *store, export).and_then(Extern::into_func);
    function.ok_or_else(|| wasmtime::Error::msg("its export is no function"))?.typed(&*store)
}

/// Makes an instance of a module, and remembers its memory for the host's functions.
pub(crate) fn instantiate(
    store: &mut Store<State>,
    pre: &wasmtime::InstancePre<State>,
    memory: &ModuleExport,
) -> wasmtime::Result<(wasmtime::Instance, Memory)> {
    let instance = match store.data().wasi {
        None => pre.instantiate(&mut *store)?,
        Some(_) => {
            let (plugin, bounds) = (store.data().plugin.clone(), wasi::Bounds::of(store.data()));
            wasi::drive(&plugin.shared, bounds, pre.instantiate_async(&mut *store))?
        }
    };
    let memory = instance.get_module_export(&mut *store, memory).and_then(Extern::into_memory);
    let memory = memory.ok_or_else(|| wasmtime::Error::msg("its memory is gone"))?;
    store.data_mut().memory = Some(memory);
    Ok((instance, memory))
}

/// Enters a module. Where it may wait in WASI, the call is left alone when its time is over.
#[inline]
pub(crate) fn enter<P, R>(
    function: &TypedFunc<P, R>,
    store: &mut Store<State>,
    parameters: P,
) -> wasmtime::Result<R>
where
    P: wasmtime::WasmParams + Sync,
    R: wasmtime::WasmResults + Sync,
{
    if store.data().wasi.is_none() {
        return function.call(store, parameters);
    }
    let (plugin, bounds) = (store.data().plugin.clone(), wasi::Bounds::of(store.data()));
    wasi::drive(&plugin.shared, bounds, function.call_async(store, parameters))
}

/// A reply that does not lie in the guest's memory.
#[cold]
pub(crate) fn out_of_bounds(pointer: u32, length: u32, memory: usize) -> ReplyDefect {
    ReplyDefect::Unreachable(format!(
        "its reply of {length} bytes at {pointer:#x} lies outside its memory of {memory} bytes"
    ))
}

/// A place for arguments that does not lie in the guest's memory.
#[cold]
pub(crate) fn outside_reserved() -> ReplyDefect {
    ReplyDefect::Unreachable("the place that it reserved for arguments lies outside its memory".to_owned())
}

/// Arguments that no memory can hold.
#[cold]
pub(crate) fn too_long(total: usize) -> CallFailure {
    CallFailure::Arguments(format!("its arguments have {total} bytes, more than fit into memory"))
}
