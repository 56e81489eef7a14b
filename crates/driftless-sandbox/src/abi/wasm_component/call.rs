//! Calls of a WebAssembly component: strings in, a result of strings out, carried by the engine as the component model has it.

use driftless_plugin_api::function::{Function, FunctionSet};
use driftless_plugin_api::limit::Limit;
use driftless_plugin_api::wit;
use driftless_transport::CallFailure;
use wasmtime::Store;
use wasmtime::component::{
    Component, ComponentExportIndex, ComponentNamedList, Func, Instance, InstancePre, Lower,
};

use super::host;
use crate::abi::runtime::{Failure, Linkers, Returned, Runtime};
use crate::error::CompileError;
use crate::machine_code::MachineCode;
use crate::state::State;
use crate::wasi;

/// What is known of a WebAssembly component before there is an instance.
pub(crate) struct Code {
    pre: InstancePre<State>,
    exports: [Option<ComponentExportIndex>; Function::COUNT],
}

impl Code {
    fn new(pre: InstancePre<State>, code: &Component, functions: FunctionSet) -> Self {
        let mut exports = [None; Function::COUNT];
        for function in functions.iter() {
            exports[function.slot()] =
                code.get_export_index(None, wit::export(function).to_string().as_str());
        }
        Self { pre, exports }
    }
}

/// One instance.
pub(crate) struct Guest {
    instance: Instance,
    functions: [Option<Func>; Function::COUNT],
    /// The last reply. Its place in the guest's memory was given back.
    reply: String,
}

/// What every function returns.
type Output = (Result<String, String>,);

impl Runtime for Guest {
    type Code = Code;

    fn offer(linkers: &mut Linkers) -> wasmtime::Result<()> {
        host::define(&mut linkers.components)
    }

    fn link(linkers: &Linkers, code: &MachineCode, functions: FunctionSet) -> Result<Code, CompileError> {
        let code = code.as_component()?;
        let pre = linkers.components.instantiate_pre(code).map_err(CompileError::of_engine)?;
        Ok(Code::new(pre, code, functions))
    }

    fn exports(code: &Code, function: Function) -> bool {
        code.exports[function.slot()].is_some()
    }

    fn start(store: &mut Store<State>, code: &Code) -> wasmtime::Result<Self> {
        // It bounds what a guest hands over in one go, which is copied where it is a reply. A message or a request may be longer than that.
        let output = store.data().plugin.shared.limits.output;
        store.set_hostcall_fuel(output.max(MIN_HANDED_OVER_BYTES));
        store.set_max_component_handles(MAX_HANDLES);
        let instance = match store.data().wasi {
            None => code.pre.instantiate(&mut *store)?,
            Some(_) => {
                let (plugin, bounds) = (store.data().plugin.clone(), wasi::Bounds::of(store.data()));
                wasi::drive(&plugin.shared, bounds, code.pre.instantiate_async(&mut *store))?
            }
        };
        Ok(Self { instance, functions: [None; Function::COUNT], reply: String::new() })
    }

    fn call(
        &mut self,
        store: &mut Store<State>,
        code: &Code,
        function: Function,
        arguments: &[&str],
    ) -> Result<Returned, Failure> {
        self.reply = String::new();
        let entry = self.find(store, code, function)?;
        let (reply,) = match *arguments {
            [] => enter(entry, store, ()),
            [a] => enter(entry, store, (a,)),
            [a, b] => enter(entry, store, (a, b)),
            [a, b, c] => enter(entry, store, (a, b, c)),
            [a, b, c, d, ..] => enter(entry, store, (a, b, c, d)),
        }?;
        let failed = reply.is_err();
        self.reply = reply.unwrap_or_else(|why| why);
        let most = store.data().plugin.shared.limits.output;
        if self.reply.len() > most {
            return Err(CallFailure::Limit(Limit::Output.exceeded(most as u64)).into());
        }
        Ok(Returned(failed.into()))
    }

    fn is_failure(returned: Returned) -> bool {
        returned.0 != 0
    }

    fn reply<'a>(&'a self, _: &'a Store<State>, _: Returned, _: usize) -> Result<&'a str, CallFailure> {
        Ok(&self.reply)
    }

    /// A guest that hands over more bytes than it may is stopped by the engine, which has no name for it but its words.
    fn limit_of(error: &wasmtime::Error) -> Option<Limit> {
        let words = error.root_cause().to_string();
        words.contains("fuel allocated for hostcalls has been exhausted").then_some(Limit::Output)
    }
}

impl Guest {
    fn find(&mut self, store: &mut Store<State>, code: &Code, function: Function) -> Result<Func, Failure> {
        if let Some(known) = self.functions[function.slot()] {
            return Ok(known);
        }
        let export = code.exports[function.slot()].as_ref().ok_or(CallFailure::Missing)?;
        let found = self.instance.get_func(&mut *store, export);
        let found = found.ok_or_else(|| CallFailure::Transport("its export is no function".to_owned()))?;
        self.functions[function.slot()] = Some(found);
        Ok(found)
    }
}

/// Handles of resources that an instance may have at once. Only WASI hands any out, and bounds its own further.
const MAX_HANDLES: usize = 10_000;

/// Bytes of texts and lists that a guest hands over in one go, where the limit of a reply is not larger.
const MIN_HANDED_OVER_BYTES: usize = 16 << 20;

fn enter<P>(function: Func, store: &mut Store<State>, parameters: P) -> wasmtime::Result<Output>
where
    P: ComponentNamedList + Lower + Send + Sync,
{
    // Its type was checked by the validator; to look again costs little, where a call copies its reply in any case.
    let function = function.typed::<P, Output>(&*store)?;
    if store.data().wasi.is_none() {
        return function.call(store, parameters);
    }
    let (plugin, bounds) = (store.data().plugin.clone(), wasi::Bounds::of(store.data()));
    wasi::drive(&plugin.shared, bounds, function.call_async(store, parameters))
}
