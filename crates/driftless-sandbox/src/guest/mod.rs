//! The ways to carry a call's strings into a guest and its reply out of it.
//!
//! [`sdk`] is the convention of `plugin-sdk`, see [`driftless_plugin_api::abi`]; [`bindgen`] is that of modules made by wasm-bindgen; [`component`] that of
//! the component model. What is around a call (fuel, time, failures) is the same for all, and is in [`crate::instance`].

pub(crate) mod bindgen;
pub(crate) mod component;
pub(crate) mod sdk;

use driftless_plugin_api::function::Function;
use wasmtime::{Extern, Memory, ModuleExport, Store, TypedFunc};

use crate::host_functions::State;
use crate::sandbox::{Code, PluginInner};
use crate::wasi;
use driftless_transport::Reply;
use driftless_transport::{CallFailure, ReplyDefect};

/// What is called of an instance.
#[allow(
    clippy::large_enum_variant,
    reason = "an instance lies in a box of its own, and this kind is the one whose calls are counted in ns"
)]
pub(crate) enum Guest {
    Sdk(sdk::Guest),
    Bindgen(bindgen::Guest),
    Component(component::Guest),
}

/// A reply that does not lie in the guest's memory.
#[cold]
fn out_of_bounds(pointer: u32, length: u32, memory: usize) -> ReplyDefect {
    ReplyDefect::Unreachable(format!(
        "its reply of {length} bytes at {pointer:#x} lies outside its memory of {memory} bytes"
    ))
}

/// A place for arguments that does not lie in the guest's memory.
#[cold]
fn outside_reserved() -> ReplyDefect {
    ReplyDefect::Unreachable("the place that it reserved for arguments lies outside its memory".to_owned())
}

/// What made a call fail: the guest, whose error is still to be explained, or what it handed over.
pub(crate) enum Failure {
    Guest(wasmtime::Error),
    Known(CallFailure),
}

impl From<wasmtime::Error> for Failure {
    fn from(error: wasmtime::Error) -> Self {
        Self::Guest(error)
    }
}

impl From<CallFailure> for Failure {
    fn from(failure: CallFailure) -> Self {
        Self::Known(failure)
    }
}

impl Guest {
    /// Makes an instance of a plugin in a store that has fuel and time.
    pub(crate) fn start(store: &mut Store<State>, plugin: &PluginInner) -> wasmtime::Result<Self> {
        Ok(match &plugin.code {
            Code::Sdk(code) => Self::Sdk(sdk::Guest::start(store, code)?),
            Code::Bindgen(code) => Self::Bindgen(bindgen::Guest::start(store, code)?),
            Code::Component(code) => Self::Component(component::Guest::start(store, code)?),
        })
    }

    /// Calls a function with as many arguments as it takes. The reply is read with [`reply`](Self::reply).
    #[inline]
    pub(crate) fn call(
        &mut self,
        store: &mut Store<State>,
        plugin: &PluginInner,
        function: Function,
        arguments: &[&str],
    ) -> Result<Returned, Failure> {
        match (self, &plugin.code) {
            (Self::Sdk(guest), Code::Sdk(code)) => guest.call(store, code, function, arguments),
            (Self::Bindgen(guest), Code::Bindgen(code)) => guest.call(store, code, function, arguments),
            (Self::Component(guest), Code::Component(code)) => guest.call(store, code, function, arguments),
            _ => unreachable!("an instance is of the kind of its plugin"),
        }
    }

    /// The reply of the last call, where it lies.
    #[inline]
    pub(crate) fn reply<'a>(
        &'a self,
        store: &'a Store<State>,
        returned: Returned,
        most: usize,
    ) -> Result<Reply<'a>, CallFailure> {
        match (self, returned) {
            (Self::Sdk(guest), Returned::InMemory(place)) => guest.reply(store, place, most),
            (Self::Bindgen(bindgen::Guest { reply, .. }), Returned::Copied { failed })
            | (Self::Component(component::Guest { reply, .. }), Returned::Copied { failed }) => {
                Ok(Reply { text: reply, failed })
            }
            _ => unreachable!("a guest returns in its own way"),
        }
    }
}

/// Where a reply is.
#[derive(Clone, Copy)]
pub(crate) enum Returned {
    /// In the guest's memory.
    InMemory(driftless_plugin_api::abi::PackedReply),
    /// With the guest, since its place in memory was given back already.
    Copied { failed: bool },
}

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
fn instantiate(
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
fn enter<P, R>(function: &TypedFunc<P, R>, store: &mut Store<State>, parameters: P) -> wasmtime::Result<R>
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
