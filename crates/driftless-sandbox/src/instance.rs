//! One instance, and one bounded call.

use std::sync::Arc;

use driftless_plugin_api::abi::PackedReply;
use driftless_plugin_api::function::Function;
use driftless_plugin_api::limit::Limit;
use driftless_plugin_api::log::Level;
use wasmtime::{Extern, Memory, ModuleExport, Store, Trap, TypedFunc, WasmBacktrace};

use crate::error::{CallError, CallFailure, ReplyDefect};
use crate::host_functions::State;
use crate::logging::LogRecord;
use crate::sandbox::PluginInner;
use crate::slots::Slot;
use crate::ticker::{self, Clock};
use crate::wasi::{self, WasiState};

/// A running plugin: its memory, and its place among the instances.
///
/// After a failed call it is of no use, since nobody knows what state the failure left it in: every further call fails as well. An
/// [`InstancePool`](crate::InstancePool) takes a fresh one.
pub struct Instance {
    plugin: Arc<PluginInner>,
    store: Store<State>,
    instance: wasmtime::Instance,
    memory: Memory,
    reserve: TypedFunc<u32, u32>,
    /// Found when they are first called.
    functions: [Option<EntryPoint>; Function::COUNT],
    /// The place that the guest reserved for arguments.
    reserved: Reserved,
    // What a call may use, at hand.
    fuel: u64,
    ticks: u64,
    output: usize,
    log: usize,
    clock: Clock,
    debug: bool,
    failed: bool,
    // Behind the store: the memory is given back before the permit.
    _slot: Slot,
}

/// What a function returned, where the guest left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply<'a> {
    /// Its text, which should be JSON; that is for the caller to see.
    pub text: &'a str,
    /// Whether the plugin marked it as a failure.
    pub failed: bool,
}

#[derive(Clone, Copy, Default)]
struct Reserved {
    pointer: u32,
    length: usize,
}

/// The least that is reserved, so that short calls of growing length do not each ask again.
const LEAST_RESERVED: usize = 4 << 10;

/// More than this is not kept for calls that do not need it, so that one large argument does not hold its memory for good.
const MOST_RESERVED: usize = 1 << 20;

impl Instance {
    pub(crate) fn new(plugin: &Arc<PluginInner>) -> Result<Self, CallError> {
        Self::start(plugin).map_err(|cause| CallError {
            plugin: Arc::clone(&plugin.name),
            function: None,
            cause,
        })
    }

    fn start(plugin: &Arc<PluginInner>) -> Result<Self, CallFailure> {
        let shared = &plugin.shared;
        let limits = &shared.limits;
        let slot = shared
            .slots
            .acquire(limits.time)
            .ok_or_else(|| CallFailure::Limit(Limit::Instances.exceeded(limits.instances.into())))?;
        let mut state = State::new(Arc::clone(plugin));
        if plugin.imports_wasi {
            state.wasi = Some(WasiState::new(plugin)?);
        }
        let mut store = Store::try_new(plugin.pre.module().engine(), state).map_err(engine_failure)?;
        store.limiter(|state| &mut state.budget);
        let ticks = ticker::ticks_of(limits.time);
        refill(&mut store, &shared.clock, limits.fuel, ticks, limits.log)?;
        let made = instantiate(&mut store, plugin).and_then(|instance| {
            let memory = instance.get_module_export(&mut store, &plugin.memory).and_then(Extern::into_memory);
            let memory = memory.ok_or_else(|| wasmtime::Error::msg("its memory is gone"))?;
            store.data_mut().memory = Some(memory);
            if let Some(initialize) = &plugin.initialize {
                let initialize = typed::<(), ()>(&mut store, &instance, initialize)?;
                enter(&initialize, &mut store, ())?;
            }
            let reserve = typed(&mut store, &instance, &plugin.reserve)?;
            Ok((instance, memory, reserve))
        });
        let (instance, memory, reserve) = match made {
            Ok(made) => made,
            Err(error) => return Err(explain(&mut store, &error)),
        };
        if let Some(failure) = store.data().wasi.as_ref().and_then(WasiState::finish) {
            return Err(failure);
        }
        Ok(Self {
            plugin: Arc::clone(plugin),
            store,
            instance,
            memory,
            reserve,
            functions: [const { None }; Function::COUNT],
            reserved: Reserved::default(),
            fuel: limits.fuel,
            ticks,
            output: limits.output,
            log: limits.log,
            clock: shared.clock.clone(),
            debug: shared.debug,
            failed: false,
            _slot: slot,
        })
    }

    /// Calls a function of the protocol with as many arguments as it takes.
    ///
    /// The reply lies in the guest's memory, and is copied only by who keeps it.
    ///
    /// # Errors
    ///
    /// When the plugin runs into a limit, traps, panics, or returns something that is no reply.
    #[inline]
    pub fn call(&mut self, function: Function, arguments: &[&str]) -> Result<Reply<'_>, CallError> {
        let most = self.output;
        let cause = match self.run(function, arguments) {
            Ok(reply) => match locate(self.memory.data(&self.store), reply, most) {
                Ok(text) => return Ok(Reply { text, failed: reply.failed }),
                Err(cause) => cause,
            },
            Err(cause) => cause,
        };
        self.failed |= !matches!(cause, CallFailure::Missing | CallFailure::Arguments(_));
        Err(blame(&self.plugin.name, function, cause))
    }

    /// Whether a call failed, after which it is not to be used again.
    #[inline]
    pub fn has_failed(&self) -> bool {
        self.failed
    }

    /// How much fuel the last call used. Meaningless after one that failed.
    pub fn fuel_used(&self) -> u64 {
        let left = self.store.get_fuel().unwrap_or(0);
        self.plugin.shared.limits.fuel.saturating_sub(left)
    }

    #[inline]
    fn run(&mut self, function: Function, arguments: &[&str]) -> Result<PackedReply, CallFailure> {
        if self.failed {
            return Err(CallFailure::Engine("this instance failed before".to_owned()));
        }
        if self.functions[function.slot()].is_none() {
            self.find(function)?;
        }
        if arguments.len() != function.arguments() {
            let (takes, given) = (function.arguments(), arguments.len());
            return Err(CallFailure::Arguments(format!("it takes {takes} arguments, not {given}")));
        }
        refill(&mut self.store, &self.clock, self.fuel, self.ticks, self.log)?;
        let spans = self.hand_over(arguments)?;
        let entry = self.functions[function.slot()].as_ref().expect("it was found above");
        match entry.call(&mut self.store, &spans) {
            Ok(packed) => {
                self.store.data_mut().end();
                if self.plugin.imports_wasi || self.debug {
                    self.finish(function)?;
                }
                Ok(PackedReply::unpack(packed))
            }
            Err(error) => Err(explain(&mut self.store, &error)),
        }
    }

    /// What is left to do after a call, for those few where there is anything.
    #[cold]
    fn finish(&self, function: Function) -> Result<(), CallFailure> {
        if let Some(failure) = self.store.data().wasi.as_ref().and_then(WasiState::finish) {
            return Err(failure);
        }
        if self.debug {
            self.report_fuel(function);
        }
        Ok(())
    }

    #[cold]
    fn find(&mut self, function: Function) -> Result<(), CallFailure> {
        let export = self.plugin.exports[function.slot()].as_ref().ok_or(CallFailure::Missing)?;
        let entry = EntryPoint::new(&mut self.store, &self.instance, export, function.arguments());
        self.functions[function.slot()] = Some(entry.map_err(engine_failure)?);
        Ok(())
    }

    /// Writes the arguments one behind the other into the place that the guest reserved for them.
    #[inline]
    fn hand_over(&mut self, arguments: &[&str]) -> Result<Spans, CallFailure> {
        let total: usize = arguments.iter().map(|argument| argument.len()).sum();
        let kept_too_much = self.reserved.length > MOST_RESERVED && total < MOST_RESERVED / 2;
        if total > self.reserved.length || kept_too_much {
            self.reserve(total)?;
        }
        let data = self.memory.data_mut(&mut self.store);
        let mut at = self.reserved.pointer as usize;
        let mut spans = Spans::default();
        for (argument, span) in arguments.iter().zip(&mut spans) {
            // The reserved place was found to lie in memory, which never shrinks.
            data[at..at + argument.len()].copy_from_slice(argument.as_bytes());
            *span = (at as u32, argument.len() as u32);
            at += argument.len();
        }
        Ok(spans)
    }

    #[cold]
    fn reserve(&mut self, total: usize) -> Result<(), CallFailure> {
        let length = total.max(LEAST_RESERVED);
        let Ok(asked) = u32::try_from(length) else {
            return Err(CallFailure::Arguments(format!(
                "its arguments have {total} bytes, more than fit into memory"
            )));
        };
        self.reserved = Reserved::default();
        let pointer = match enter(&self.reserve, &mut self.store, asked) {
            Ok(pointer) => pointer,
            Err(error) => return Err(explain(&mut self.store, &error)),
        };
        if pointer as usize + length > self.memory.data_size(&self.store) {
            return Err(CallFailure::Reply(ReplyDefect::Reserved));
        }
        self.reserved = Reserved { pointer, length };
        Ok(())
    }

    fn report_fuel(&self, function: Function) {
        let shared = &self.plugin.shared;
        let message = format!("{function} used {} units of fuel", self.fuel_used());
        shared.log.log(&LogRecord { plugin: &self.plugin.name, level: Level::Debug, message: &message });
    }
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance").field("plugin", &self.plugin.name).field("failed", &self.failed).finish()
    }
}

/// The text of a reply, if it may be read: by its length first, by its place then.
#[inline]
fn locate(memory: &[u8], reply: PackedReply, most: usize) -> Result<&str, CallFailure> {
    let PackedReply { pointer, length, .. } = reply;
    let (start, end) = (pointer as usize, pointer as usize + length as usize);
    if length as usize > most {
        return Err(CallFailure::Limit(Limit::Output.exceeded(most as u64)));
    }
    let Some(bytes) = memory.get(start..end) else {
        let defect = ReplyDefect::OutOfBounds { pointer, length, memory: memory.len() };
        return Err(CallFailure::Reply(defect));
    };
    std::str::from_utf8(bytes)
        .map_err(|error| CallFailure::Reply(ReplyDefect::NotUtf8 { at: error.valid_up_to() }))
}

#[cold]
fn blame(plugin: &Arc<str>, function: Function, cause: CallFailure) -> CallError {
    CallError { plugin: Arc::clone(plugin), function: Some(function), cause }
}

/// The pointer and length of each argument.
type Spans = [(u32, u32); Function::MAX_ARGUMENTS];

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

    #[inline]
    fn call(&self, store: &mut Store<State>, spans: &Spans) -> wasmtime::Result<i64> {
        let [(a, al), (b, bl), (c, cl), (d, dl)] = *spans;
        match self {
            Self::None(function) => enter(function, store, ()),
            Self::One(function) => enter(function, store, (a, al)),
            Self::Two(function) => enter(function, store, (a, al, b, bl)),
            Self::Three(function) => enter(function, store, (a, al, b, bl, c, cl)),
            Self::Four(function) => enter(function, store, (a, al, b, bl, c, cl, d, dl)),
        }
    }
}

fn typed<P: wasmtime::WasmParams, R: wasmtime::WasmResults>(
    store: &mut Store<State>,
    instance: &wasmtime::Instance,
    export: &ModuleExport,
) -> wasmtime::Result<TypedFunc<P, R>> {
    let function = instance.get_module_export(&mut *store, export).and_then(Extern::into_func);
    function.ok_or_else(|| wasmtime::Error::msg("its export is no function"))?.typed(&*store)
}

/// Gives a store what one call may use.
#[inline]
fn refill(
    store: &mut Store<State>,
    clock: &Clock,
    fuel: u64,
    ticks: u64,
    log: usize,
) -> Result<(), CallFailure> {
    store.data_mut().begin(clock.deadline(ticks), log);
    store.set_epoch_deadline(ticks);
    store.set_fuel(fuel).map_err(engine_failure)
}

/// Enters the guest. Where it may wait in WASI, the call is left alone when its time is over.
#[inline]
fn enter<P, R>(function: &TypedFunc<P, R>, store: &mut Store<State>, parameters: P) -> wasmtime::Result<R>
where
    P: wasmtime::WasmParams + Sync,
    R: wasmtime::WasmResults + Sync,
{
    if store.data().wasi.is_none() {
        return function.call(store, parameters);
    }
    let (plugin, deadline) = (Arc::clone(&store.data().plugin), store.data().deadline);
    wasi::drive(&plugin.shared, deadline, function.call_async(store, parameters))
}

fn instantiate(store: &mut Store<State>, plugin: &Arc<PluginInner>) -> wasmtime::Result<wasmtime::Instance> {
    if store.data().wasi.is_none() {
        return plugin.pre.instantiate(store);
    }
    let deadline = store.data().deadline;
    wasi::drive(&plugin.shared, deadline, plugin.pre.instantiate_async(store))
}

#[cold]
fn engine_failure(error: wasmtime::Error) -> CallFailure {
    CallFailure::Engine(format!("{error:#}"))
}

/// Why a guest came back without a result.
#[cold]
fn explain(store: &mut Store<State>, error: &wasmtime::Error) -> CallFailure {
    let state = store.data_mut();
    let shared = &state.plugin.shared;
    let limits = &shared.limits;
    let exceeded = |limit: Limit, allowed: u64| CallFailure::Limit(limit.exceeded(allowed));
    let out_of_memory = exceeded(Limit::Memory, limits.memory as u64);
    let (memory_refused, table_refused) = (state.budget.memory_refused, state.budget.table_refused);
    let printed_too_much = state.wasi.as_ref().and_then(WasiState::finish);
    if let Some(failure) = state.ended.take().or(printed_too_much) {
        return failure;
    }
    if let Some(code) = wasi::exit_code(error) {
        return CallFailure::Panic(format!("it ended itself with exit code {code}"));
    }
    let Some(trap) = error.downcast_ref::<Trap>() else {
        // An instance that does not even begin because its first memory or table is too large.
        return match (memory_refused, table_refused) {
            (true, _) => out_of_memory,
            (_, true) => exceeded(Limit::Table, limits.table_elements as u64),
            _ => CallFailure::Trap(error.root_cause().to_string()),
        };
    };
    match trap {
        Trap::OutOfFuel => exceeded(Limit::Fuel, limits.fuel),
        Trap::Interrupt => exceeded(Limit::Time, u64::try_from(limits.time.as_millis()).unwrap_or(u64::MAX)),
        Trap::StackOverflow => exceeded(Limit::Stack, limits.stack as u64),
        // A guest whose allocation was refused aborts.
        Trap::UnreachableCodeReached if memory_refused => out_of_memory,
        Trap::UnreachableCodeReached if table_refused => exceeded(Limit::Table, limits.table_elements as u64),
        Trap::MemoryOutOfBounds if !shared.debug => CallFailure::Trap(
            "out of bounds memory access (in Rust, most often a recursion that used up the plugin's own stack)".into(),
        ),
        trap => {
            let text = trap.to_string();
            let mut text = text.strip_prefix("wasm trap: ").unwrap_or(&text).to_owned();
            if shared.debug
                && let Some(backtrace) = error.downcast_ref::<WasmBacktrace>()
            {
                for frame in backtrace.frames() {
                    let name = frame.func_name().unwrap_or("?");
                    text.push_str(&format!("\n    in function {} `{name}`", frame.func_index()));
                }
            }
            CallFailure::Trap(text)
        }
    }
}
