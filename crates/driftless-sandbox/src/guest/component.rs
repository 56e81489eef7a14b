//! Calls of a component: strings in, a result of strings out, carried by the engine as the component model has it.

use driftless_plugin_api::function::{Function, FunctionSet};
use driftless_plugin_api::limit::Limit;
use driftless_plugin_api::wit;
use wasmtime::Store;
use wasmtime::component::{
    Component, ComponentExportIndex, ComponentNamedList, Func, Instance, InstancePre, Lower,
};

use super::{Failure, Returned};
use crate::host_functions::State;
use crate::wasi;
use driftless_transport::CallFailure;

/// What is known of a component before there is an instance.
pub(crate) struct Code {
    pre: InstancePre<State>,
    pub(crate) exports: [Option<ComponentExportIndex>; Function::COUNT],
}

impl Code {
    pub(crate) fn new(pre: InstancePre<State>, code: &Component, functions: FunctionSet) -> Self {
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
    pub(super) reply: String,
}

/// What every function returns.
type Output = (Result<String, String>,);

impl Guest {
    pub(crate) fn start(store: &mut Store<State>, code: &Code) -> wasmtime::Result<Self> {
        // It bounds what a guest hands over in one go, which is copied where it is a reply. A message or a request may be longer than that.
        let output = store.data().plugin.shared.limits.output;
        store.set_hostcall_fuel(output.max(MOST_HANDED_OVER));
        store.set_max_component_handles(MOST_HANDLES);
        let instance = match store.data().wasi {
            None => code.pre.instantiate(&mut *store)?,
            Some(_) => {
                let (plugin, bounds) = (store.data().plugin.clone(), wasi::Bounds::of(store.data()));
                wasi::drive(&plugin.shared, bounds, code.pre.instantiate_async(&mut *store))?
            }
        };
        Ok(Self { instance, functions: [None; Function::COUNT], reply: String::new() })
    }

    pub(crate) fn call(
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
        Ok(Returned::Copied { failed })
    }

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
const MOST_HANDLES: usize = 10_000;

/// Bytes of texts and lists that a guest hands over in one go, where the limit of a reply is not larger.
const MOST_HANDED_OVER: usize = 16 << 20;

/// Whether a guest was stopped because it handed over more bytes than it may. The engine has no name for it but its words.
pub(crate) fn handed_over_too_much(error: &wasmtime::Error) -> bool {
    error.root_cause().to_string().contains("fuel allocated for hostcalls has been exhausted")
}

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
