//! The interfaces that a WebAssembly component can import, see [`driftless_plugin_api::wit`].
//!
//! They do what the host functions of the sdk ABI do for modules. Only what carries the strings differs.

use driftless_plugin_api::host_call::Capability;
use driftless_plugin_api::log::Level;
use driftless_plugin_api::wit;
use driftless_transport::CallFailure;
use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, Lift, Linker, WasmList, WasmStr};

use crate::state::{State, charge, charge_request, end, random, timestamp};

/// A level, as a component says it: made out of a number by the engine.
#[allow(dead_code, reason = "the derived `Lift` makes them")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lift)]
#[component(enum)]
#[repr(u8)]
enum WitLevel {
    #[component(name = "error")]
    Error,
    #[component(name = "warn")]
    Warn,
    #[component(name = "info")]
    Info,
    #[component(name = "debug")]
    Debug,
}

impl From<WitLevel> for Level {
    fn from(level: WitLevel) -> Self {
        match level {
            WitLevel::Error => Self::Error,
            WitLevel::Warn => Self::Warn,
            WitLevel::Info => Self::Info,
            WitLevel::Debug => Self::Debug,
        }
    }
}

/// Offers them.
pub(crate) fn define(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut host = linker.instance(wit::HOST)?;
    host.func_wrap("log", log)?;
    host.func_wrap("get-timestamp", |mut store: StoreContextMut<'_, State>, ()| {
        Ok((timestamp(store.data_mut()),))
    })?;
    host.func_wrap("get-random", |mut store: StoreContextMut<'_, State>, ()| {
        Ok((random(store.data_mut())?,))
    })?;
    host.func_wrap("panic", panic)?;
    for capability in Capability::ALL {
        let ask = move |store: StoreContextMut<'_, State>, (request, body): (WasmStr, WasmList<u8>)| {
            ask(store, capability, &request, &body)
        };
        linker.instance(wit::interface(capability))?.func_wrap(wit::REQUEST, ask)?;
    }
    Ok(())
}

fn log(mut store: StoreContextMut<'_, State>, (level, message): (WitLevel, WasmStr)) -> wasmtime::Result<()> {
    let text = message.to_str(&store)?;
    let (length, longest) = (text.len(), store.data().plugin.shared.limits.log_message);
    let text = text[..text.floor_char_boundary(longest)].to_owned();
    charge(&mut store, length as u64)?;
    let state = store.data_mut();
    state.log(level.into(), &text).map_err(|failure| end(state, failure))
}

fn panic(mut store: StoreContextMut<'_, State>, (message,): (WasmStr,)) -> wasmtime::Result<()> {
    let text = message.to_str(&store)?;
    let longest = store.data().plugin.shared.limits.log_message;
    let text = text[..text.floor_char_boundary(longest)].to_owned();
    Err(end(store.data_mut(), CallFailure::Panic(text)))
}

fn ask(
    mut store: StoreContextMut<'_, State>,
    capability: Capability,
    request: &WasmStr,
    body: &WasmList<u8>,
) -> wasmtime::Result<((String, Vec<u8>),)> {
    let length = request.to_str(&store)?.len();
    charge_request(&mut store, capability, length, body.len())?;
    let time = store.data_mut().before_request()?;
    let begun = std::time::Instant::now();
    let answer = {
        let (request, body) = (request.to_str(&store)?, body.as_le_slice(&store));
        store.data().answer(capability, &request, body, time)
    };
    let shown = request.to_str(&store)?.into_owned();
    let state = store.data_mut();
    state.trace_request(capability, &shown, body.len(), &answer, begun);
    state.after_request(&answer)?;
    charge(&mut store, (answer.head.len() + answer.body.len()) as u64)?;
    Ok(((answer.head, answer.body),))
}
