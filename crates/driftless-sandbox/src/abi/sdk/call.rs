//! Calls in the convention of `plugin-sdk`, see [`driftless_plugin_api::abi`].

use driftless_plugin_api::abi::{self, PackedReply};
use driftless_plugin_api::function::{Function, FunctionSet};
use driftless_plugin_api::limit::Limit;
use driftless_transport::{CallFailure, ReplyDefect};
use driftless_validator::abi::wasi::INITIALIZE;
use wasmtime::{InstancePre, Memory, Module, ModuleExport, Store, TypedFunc};

use super::host;
use crate::abi::core_module::{enter, instantiate, out_of_bounds, outside_reserved, too_long, typed};
use crate::abi::runtime::{Failure, Linkers, Returned, Runtime};
use crate::error::CompileError;
use crate::machine_code::MachineCode;
use crate::state::State;

/// What is known of a module before there is an instance.
pub(crate) struct Code {
    pre: InstancePre<State>,
    memory: ModuleExport,
    reserve: ModuleExport,
    initialize: Option<ModuleExport>,
    exports: [Option<ModuleExport>; Function::COUNT],
}

impl Code {
    fn new(pre: InstancePre<State>, code: &Module, functions: FunctionSet) -> Result<Self, CompileError> {
        let export = |name: &str| code.get_export_index(name);
        let missing = |name: &str| CompileError::Compiler(format!("its export `{name}` is gone"));
        let mut exports = [None; Function::COUNT];
        for function in functions.iter() {
            exports[function.slot()] = export(function.name());
        }
        Ok(Self {
            pre,
            memory: export(abi::MEMORY).ok_or_else(|| missing(abi::MEMORY))?,
            reserve: export(abi::RESERVE).ok_or_else(|| missing(abi::RESERVE))?,
            initialize: export(INITIALIZE),
            exports,
        })
    }
}

/// One instance.
pub(crate) struct Guest {
    instance: wasmtime::Instance,
    memory: Memory,
    reserve: TypedFunc<u32, u32>,
    /// Found when they are first called.
    functions: [Option<EntryPoint>; Function::COUNT],
    /// The place that the guest reserved for arguments.
    reserved: Reserved,
}

#[derive(Clone, Copy, Default)]
struct Reserved {
    pointer: u32,
    length: usize,
}

/// The least that is reserved, so that short calls of growing length do not each ask again.
const MIN_RESERVED_BYTES: usize = 4 << 10;

/// More than this is not kept for calls that do not need it, so that one large argument does not hold its memory for good.
const MAX_KEPT_BYTES: usize = 1 << 20;

impl Runtime for Guest {
    type Code = Code;

    fn offer(linkers: &mut Linkers) -> wasmtime::Result<()> {
        host::define(&mut linkers.modules)
    }

    fn link(linkers: &Linkers, code: &MachineCode, functions: FunctionSet) -> Result<Code, CompileError> {
        let code = code.as_module()?;
        let pre = linkers.modules.instantiate_pre(code).map_err(CompileError::of_engine)?;
        Code::new(pre, code, functions)
    }

    #[inline]
    fn exports(code: &Code, function: Function) -> bool {
        code.exports[function.slot()].is_some()
    }

    fn start(store: &mut Store<State>, code: &Code) -> wasmtime::Result<Self> {
        let (instance, memory) = instantiate(store, &code.pre, &code.memory)?;
        if let Some(initialize) = &code.initialize {
            let initialize = typed::<(), ()>(store, &instance, initialize)?;
            enter(&initialize, store, ())?;
        }
        let reserve = typed(store, &instance, &code.reserve)?;
        Ok(Self {
            instance,
            memory,
            reserve,
            functions: [const { None }; Function::COUNT],
            reserved: Reserved::default(),
        })
    }

    #[inline]
    fn call(
        &mut self,
        store: &mut Store<State>,
        code: &Code,
        function: Function,
        arguments: &[&str],
    ) -> Result<Returned, Failure> {
        if self.functions[function.slot()].is_none() {
            self.find(store, code, function)?;
        }
        self.make_room_for(store, arguments)?;
        let entry = self.functions[function.slot()].as_ref().expect("it was found above");
        Ok(Returned(entry.call(store, self.memory, self.reserved.pointer, arguments)?))
    }

    #[inline]
    fn is_failure(returned: Returned) -> bool {
        PackedReply::unpack(returned.0).failed
    }

    /// The text of a reply, if it may be read: by its length first, by its place then.
    #[inline]
    fn reply<'a>(
        &'a self,
        store: &'a Store<State>,
        returned: Returned,
        max_bytes: usize,
    ) -> Result<&'a str, CallFailure> {
        let memory = self.memory.data(store);
        let PackedReply { pointer, length, failed: _ } = PackedReply::unpack(returned.0);
        let (start, end) = (pointer as usize, pointer as usize + length as usize);
        if length as usize > max_bytes {
            return Err(CallFailure::Limit(Limit::Output.exceeded(max_bytes as u64)));
        }
        let Some(bytes) = memory.get(start..end) else {
            let defect = out_of_bounds(pointer, length, memory.len());
            return Err(CallFailure::Reply(defect));
        };
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text),
            Err(error) => Err(CallFailure::Reply(ReplyDefect::NotUtf8 { at: error.valid_up_to() })),
        }
    }
}

impl Guest {
    #[cold]
    fn find(&mut self, store: &mut Store<State>, code: &Code, function: Function) -> Result<(), Failure> {
        let export = code.exports[function.slot()].as_ref().ok_or(CallFailure::Missing)?;
        let entry = EntryPoint::new(store, &self.instance, export, function.arguments());
        self.functions[function.slot()] =
            Some(entry.map_err(|error| CallFailure::Transport(format!("{error:#}")))?);
        Ok(())
    }

    /// Sees to it that the place that the guest reserved is large enough, and not far too large.
    #[inline]
    fn make_room_for(&mut self, store: &mut Store<State>, arguments: &[&str]) -> Result<(), Failure> {
        let total: usize = arguments.iter().map(|argument| argument.len()).sum();
        let kept_too_much = self.reserved.length > MAX_KEPT_BYTES && total < MAX_KEPT_BYTES / 2;
        if total > self.reserved.length || kept_too_much {
            self.make_room(store, total)?;
        }
        Ok(())
    }

    #[cold]
    fn make_room(&mut self, store: &mut Store<State>, total: usize) -> Result<(), Failure> {
        let length = total.max(MIN_RESERVED_BYTES);
        let asked = u32::try_from(length).map_err(|_| too_long(total))?;
        self.reserved = Reserved::default();
        let pointer = enter(&self.reserve, store, asked)?;
        if pointer as usize + length > self.memory.data_size(&*store) {
            return Err(CallFailure::Reply(outside_reserved()).into());
        }
        self.reserved = Reserved { pointer, length };
        Ok(())
    }
}

/// The place that a guest reserved for arguments, which go there one behind the other.
struct ArgumentPlace<'a> {
    memory: &'a mut [u8],
    /// Where the next one goes.
    pointer: u32,
}

impl ArgumentPlace<'_> {
    /// Writes the next argument, and returns its pointer and length.
    #[inline]
    fn put(&mut self, argument: &str) -> (u32, u32) {
        let (pointer, length) = (self.pointer, argument.len() as u32);
        // The reserved place was found to lie in memory, which never shrinks.
        self.memory[pointer as usize..][..argument.len()].copy_from_slice(argument.as_bytes());
        self.pointer += length;
        (pointer, length)
    }
}

/// An exported function, by the number of strings it takes.
#[allow(clippy::type_complexity, reason = "a function that takes four strings takes eight numbers")]
enum EntryPoint {
    None(TypedFunc<(), i64>),
    One(TypedFunc<(u32, u32), i64>),
    Two(TypedFunc<(u32, u32, u32, u32), i64>),
    Three(TypedFunc<(u32, u32, u32, u32, u32, u32), i64>),
    Four(TypedFunc<(u32, u32, u32, u32, u32, u32, u32, u32), i64>),
}

impl EntryPoint {
    fn new(
        store: &mut Store<State>,
        instance: &wasmtime::Instance,
        export: &ModuleExport,
        arguments: usize,
    ) -> wasmtime::Result<Self> {
        Ok(match arguments {
            0 => Self::None(typed(store, instance, export)?),
            1 => Self::One(typed(store, instance, export)?),
            2 => Self::Two(typed(store, instance, export)?),
            3 => Self::Three(typed(store, instance, export)?),
            _ => Self::Four(typed(store, instance, export)?),
        })
    }

    /// Enters the function with as many arguments as it takes, which have room in the place that the guest reserved.
    #[inline]
    fn call(
        &self,
        store: &mut Store<State>,
        memory: Memory,
        reserved: u32,
        arguments: &[&str],
    ) -> wasmtime::Result<i64> {
        let mut place = ArgumentPlace { memory: memory.data_mut(&mut *store), pointer: reserved };
        match (self, arguments) {
            (Self::None(function), []) => enter(function, store, ()),
            (Self::One(function), [a]) => {
                let (a, al) = place.put(a);
                enter(function, store, (a, al))
            }
            (Self::Two(function), [a, b]) => {
                let ((a, al), (b, bl)) = (place.put(a), place.put(b));
                enter(function, store, (a, al, b, bl))
            }
            (Self::Three(function), [a, b, c]) => {
                let ((a, al), (b, bl), (c, cl)) = (place.put(a), place.put(b), place.put(c));
                enter(function, store, (a, al, b, bl, c, cl))
            }
            (Self::Four(function), [a, b, c, d]) => {
                let ((a, al), (b, bl)) = (place.put(a), place.put(b));
                let ((c, cl), (d, dl)) = (place.put(c), place.put(d));
                enter(function, store, (a, al, b, bl, c, cl, d, dl))
            }
            _ => unreachable!("the number of arguments was checked"),
        }
    }
}
