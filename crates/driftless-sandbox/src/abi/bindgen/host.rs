//! What stands behind the imports of a wasm-bindgen module.

use driftless_transport::CallFailure;
use driftless_validator::abi::ValueType;
use driftless_validator::abi::bindgen::{self as contract, Import};
use wasmtime::{Caller, ExternRef, FuncType, Linker, Module, Rooted, ValType};

use crate::abi::guest_memory::{guest_text, memory};
use crate::state::{State, charge, end, random, timestamp};

/// Offers a module what it imports of JavaScript, under the names that it uses for it.
pub(crate) fn define(linker: &mut Linker<State>, module: &Module) -> wasmtime::Result<()> {
    for import in module.imports() {
        let (from, name) = (import.module(), import.name());
        let Some(r#type) = import.ty().func().cloned().filter(|_| contract::is_import_module(from)) else {
            continue;
        };
        let parameters: Vec<_> = r#type.params().map(|r#type| value_type(&r#type)).collect();
        let results: Vec<_> = r#type.results().map(|r#type| value_type(&r#type)).collect();
        // The validator let it through, by the same rule.
        if let Ok(found) = contract::find(from, name, &parameters, &results) {
            define_one(linker, from, name, found, &r#type)?;
        }
    }
    Ok(())
}

fn define_one(
    linker: &mut Linker<State>,
    from: &str,
    name: &str,
    import: Import,
    r#type: &FuncType,
) -> wasmtime::Result<()> {
    // JavaScript's values were numbers before they were references.
    let references = r#type.params().chain(r#type.results()).any(|r#type| r#type.is_externref());
    match (import, references) {
        (Import::Console(level), _) => {
            linker.func_wrap(from, name, move |mut caller: Caller<'_, State>, text: u32, length: u32| {
                charge(&mut caller, length.into())?;
                let memory = memory(&mut caller)?;
                let (data, state) = memory.data_and_store_mut(&mut caller);
                let message = guest_text(data, text, length, state.plugin.shared.limits.log_message)?;
                state.log(level, &message).map_err(|failure| end(state, failure))
            })
        }
        (Import::Throw, _) => linker.func_wrap(from, name, throw),
        (Import::InitTable, _) => linker.func_wrap(from, name, || {}),
        (Import::NewError, true) => linker.func_wrap(from, name, || None::<Rooted<ExternRef>>),
        (Import::NewError, false) => linker.func_wrap(from, name, || 0i32),
        (Import::Stack, true) => linker.func_wrap(
            from,
            name,
            |caller: Caller<'_, State>, place: u32, _: Option<Rooted<ExternRef>>| empty_text(caller, place),
        ),
        (Import::Stack, false) => {
            linker.func_wrap(from, name, |caller: Caller<'_, State>, place: u32, _: u32| {
                empty_text(caller, place)
            })
        }
        (Import::Drop, _) => linker.func_wrap(from, name, |_: u32| {}),
        (Import::Now, _) => linker.func_wrap(from, name, |mut caller: Caller<'_, State>| {
            timestamp(caller.data_mut()) as f64 * 1000.0
        }),
        (Import::Random, _) => linker.func_wrap(from, name, |mut caller: Caller<'_, State>| {
            // As many bits as a number of JavaScript holds exactly.
            let bits = random(caller.data_mut())? >> 11;
            wasmtime::Result::Ok(bits as f64 / (1u64 << 53) as f64)
        }),
    }?;
    Ok(())
}

fn throw(mut caller: Caller<'_, State>, message: u32, length: u32) -> wasmtime::Result<()> {
    let memory = memory(&mut caller)?;
    let (data, state) = memory.data_and_store_mut(&mut caller);
    let text = guest_text(data, message, length, state.plugin.shared.limits.log_message)?.into_owned();
    Err(end(state, CallFailure::Panic(text)))
}

/// Gives back a text without anything in it. Its place is the one that Rust gives to what has no bytes.
fn empty_text(mut caller: Caller<'_, State>, place: u32) -> wasmtime::Result<()> {
    let memory = memory(&mut caller)?;
    let (pointer, length) = (1u32, 0u32);
    memory.write(&mut caller, place as usize, &pointer.to_le_bytes())?;
    memory.write(&mut caller, place as usize + 4, &length.to_le_bytes())?;
    Ok(())
}

/// A type of the engine as one of the contract.
fn value_type(r#type: &ValType) -> ValueType {
    match r#type {
        ValType::I32 => ValueType::I32,
        ValType::I64 => ValueType::I64,
        ValType::F64 => ValueType::F64,
        ValType::Ref(r#ref) if r#ref.heap_type().is_extern() => ValueType::ExternRef,
        _ => ValueType::Other,
    }
}
