//! Calls in the convention of wasm-bindgen: the host makes room for each argument and the guest gives it back; the guest makes room for the
//! result and the host gives it back.
//!
//! A call goes several times in and out of the guest, which is what this convention costs.

use driftless_plugin_api::abi;
use driftless_plugin_api::function::{Function, FunctionSet};
use driftless_plugin_api::limit::Limit;
use driftless_plugin_api::result;
use driftless_transport::{CallFailure, ReplyDefect};
use driftless_validator::abi::bindgen::{FREE, Helper, MALLOC, STACK, START};
use wasmtime::{ExportType, Extern, Func, InstancePre, Memory, Module, ModuleExport, Store, Val};

use super::host;
use crate::abi::core_module::{instantiate, out_of_bounds, outside_reserved, too_long};
use crate::abi::runtime::{Failure, Linkers, Returned, Runtime};
use crate::error::CompileError;
use crate::machine_code::MachineCode;
use crate::state::State;
use crate::wasi;

/// What is known of a module before there is an instance.
pub(crate) struct Code {
    pre: InstancePre<State>,
    memory: ModuleExport,
    malloc: Option<ModuleExport>,
    free: Option<ModuleExport>,
    stack: Option<ModuleExport>,
    start: Option<ModuleExport>,
    exports: [Option<ModuleExport>; Function::COUNT],
}

impl Code {
    fn new(pre: InstancePre<State>, code: &Module, functions: FunctionSet) -> Result<Self, CompileError> {
        let export = |name: &str| code.get_export_index(name);
        let mut exports = [None; Function::COUNT];
        for function in functions.iter() {
            exports[function.slot()] = export(function.name());
        }
        let memory = export(abi::MEMORY);
        let exported: Vec<_> = code.exports().filter_map(numeric).collect();
        let helper = |helper: &Helper| helper.find(exported.iter().copied()).and_then(export);
        Ok(Self {
            pre,
            memory: memory.ok_or_else(|| CompileError::Compiler("its memory is gone".to_owned()))?,
            malloc: helper(&MALLOC),
            free: helper(&FREE),
            stack: helper(&STACK),
            start: export(START),
            exports,
        })
    }
}

/// A function of numbers: its name, and how many it takes and gives back.
fn numeric(export: ExportType<'_>) -> Option<(&str, usize, usize)> {
    let r#type = export.ty().func()?.clone();
    let numbers = r#type.params().chain(r#type.results()).all(|r#type| r#type.is_i32());
    numbers.then(|| (export.name(), r#type.params().len(), r#type.results().len()))
}

/// One instance.
pub(crate) struct Guest {
    instance: wasmtime::Instance,
    memory: Memory,
    malloc: Option<Func>,
    free: Option<Func>,
    stack: Option<Func>,
    functions: [Option<Func>; Function::COUNT],
    /// The last reply. The guest's own room for it was given back.
    reply: String,
}

/// What wasm-bindgen itself makes room for on the stack, for a pointer and a length.
const RETURN_AREA: i32 = 16;

impl Runtime for Guest {
    type Code = Code;

    fn link(linkers: &Linkers, code: &MachineCode, functions: FunctionSet) -> Result<Code, CompileError> {
        let code = code.as_module()?;
        // What it imports of JavaScript is called as it likes, so each plugin has a linker of its own.
        let mut linker = linkers.modules.clone();
        host::define(&mut linker, code).map_err(CompileError::of_engine)?;
        Code::new(linker.instantiate_pre(code).map_err(CompileError::of_engine)?, code, functions)
    }

    fn exports(code: &Code, function: Function) -> bool {
        code.exports[function.slot()].is_some()
    }

    fn start(store: &mut Store<State>, code: &Code) -> wasmtime::Result<Self> {
        let (instance, memory) = instantiate(store, &code.pre, &code.memory)?;
        let find = |store: &mut Store<State>, export: &Option<ModuleExport>| {
            instance.get_module_export(store, export.as_ref()?).and_then(Extern::into_func)
        };
        if let Some(start) = find(store, &code.start) {
            enter(start, store, &[], &mut [])?;
        }
        Ok(Self {
            instance,
            memory,
            malloc: find(store, &code.malloc),
            free: find(store, &code.free),
            stack: find(store, &code.stack),
            functions: [None; Function::COUNT],
            reply: String::new(),
        })
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
        let through_memory = entry.ty(&*store).results().len() == 0;
        let mut values = Vec::with_capacity(1 + 2 * arguments.len());
        let mut area = 0;
        if through_memory {
            area = self.move_stack(store, -RETURN_AREA)?;
            values.push(Val::I32(area));
        }
        for argument in arguments {
            values.extend(self.hand_over(store, argument)?);
        }
        let mut results = [Val::I32(0), Val::I32(0)];
        let (pointer, length) = if through_memory {
            enter(entry, store, &values, &mut [])?;
            let number = |store: &Store<State>, at: usize| {
                let bytes = self.memory.data(store).get(at..)?.first_chunk()?;
                Some(u32::from_le_bytes(*bytes))
            };
            let at = area as u32 as usize;
            let memory = self.memory.data_size(&*store);
            let outside = || CallFailure::Reply(out_of_bounds(area as u32, 8, memory));
            let place = (number(store, at).ok_or_else(outside)?, number(store, at + 4).ok_or_else(outside)?);
            self.move_stack(store, RETURN_AREA)?;
            place
        } else {
            enter(entry, store, &values, &mut results)?;
            (results[0].unwrap_i32() as u32, results[1].unwrap_i32() as u32)
        };
        self.take(store, pointer, length)?;
        Ok(Returned(says_error(function, &self.reply).into()))
    }

    fn is_failure(returned: Returned) -> bool {
        returned.0 != 0
    }

    fn reply<'a>(&'a self, _: &'a Store<State>, _: Returned, _: usize) -> Result<&'a str, CallFailure> {
        Ok(&self.reply)
    }
}

impl Guest {
    fn find(&mut self, store: &mut Store<State>, code: &Code, function: Function) -> Result<Func, Failure> {
        if let Some(known) = self.functions[function.slot()] {
            return Ok(known);
        }
        let export = code.exports[function.slot()].as_ref().ok_or(CallFailure::Missing)?;
        let found = self.instance.get_module_export(&mut *store, export).and_then(Extern::into_func);
        let found = found.ok_or_else(|| CallFailure::Transport("its export is no function".to_owned()))?;
        self.functions[function.slot()] = Some(found);
        Ok(found)
    }

    /// Copies an argument to where the guest makes room for it, which is the guest's from then on.
    fn hand_over(&self, store: &mut Store<State>, argument: &str) -> Result<[Val; 2], Failure> {
        let length = i32::try_from(argument.len()).map_err(|_| too_long(argument.len()))?;
        let malloc =
            self.malloc.ok_or_else(|| CallFailure::Transport("it makes no room for arguments".into()))?;
        let mut place = [Val::I32(0)];
        enter(malloc, store, with_alignment(malloc, store, &[length]).as_slice(), &mut place)?;
        let pointer = place[0].unwrap_i32();
        let (data, start) = (self.memory.data_mut(store), pointer as u32 as usize);
        let place = data.get_mut(start..).and_then(|place| place.get_mut(..argument.len()));
        place.ok_or(CallFailure::Reply(outside_reserved()))?.copy_from_slice(argument.as_bytes());
        Ok([Val::I32(pointer), Val::I32(length)])
    }

    /// Copies a result, and gives its room back.
    fn take(&mut self, store: &mut Store<State>, pointer: u32, length: u32) -> Result<(), Failure> {
        let most = store.data().plugin.shared.limits.output;
        if length as usize > most {
            return Err(CallFailure::Limit(Limit::Output.exceeded(most as u64)).into());
        }
        let memory = self.memory.data(&*store);
        let bytes = memory.get(pointer as usize..).and_then(|rest| rest.get(..length as usize));
        let Some(bytes) = bytes else {
            let defect = out_of_bounds(pointer, length, memory.len());
            return Err(CallFailure::Reply(defect).into());
        };
        let text = std::str::from_utf8(bytes)
            .map_err(|error| CallFailure::Reply(ReplyDefect::NotUtf8 { at: error.valid_up_to() }))?;
        self.reply = text.to_owned();
        // Nothing was allocated for a text without anything in it.
        if let Some(free) = self.free.filter(|_| length > 0) {
            let values = with_alignment(free, store, &[pointer as i32, length as i32]);
            enter(free, store, &values, &mut [])?;
        }
        Ok(())
    }

    fn move_stack(&self, store: &mut Store<State>, by: i32) -> Result<i32, Failure> {
        let stack = self.stack.ok_or_else(|| CallFailure::Transport("its stack cannot be moved".into()))?;
        let mut moved = [Val::I32(0)];
        enter(stack, store, &[Val::I32(by)], &mut moved)?;
        Ok(moved[0].unwrap_i32())
    }
}

/// Numbers, and behind them the alignment of bytes where a function asks for it.
fn with_alignment(function: Func, store: &Store<State>, numbers: &[i32]) -> Vec<Val> {
    let mut values: Vec<Val> = numbers.iter().copied().map(Val::I32).collect();
    if function.ty(store).params().len() > values.len() {
        values.push(Val::I32(1));
    }
    values
}

/// Whether a reply is an object with `error` in it, which is how a module of this kind says that something failed. It has no other way.
///
/// A task says so in its status, and a list of definitions is no object.
fn says_error(function: Function, reply: &str) -> bool {
    function != Function::ExecuteTask
        && reply.trim_ascii_start().starts_with('{')
        && serde_json::from_str::<result::Failure>(reply).is_ok()
}

fn enter(
    function: Func,
    store: &mut Store<State>,
    values: &[Val],
    results: &mut [Val],
) -> wasmtime::Result<()> {
    if store.data().wasi.is_none() {
        return function.call(store, values, results);
    }
    let (plugin, bounds) = (store.data().plugin.clone(), wasi::Bounds::of(store.data()));
    wasi::drive(&plugin.shared, bounds, function.call_async(store, values, results))
}
