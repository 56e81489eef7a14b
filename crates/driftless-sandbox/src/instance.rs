//! One instance, and one bounded call.

use std::sync::Arc;

use driftless_plugin_api::function::Function;
use driftless_plugin_api::limit::Limit;
use driftless_plugin_api::log::Level;
use wasmtime::{Store, Trap, WasmBacktrace};

use crate::error::{CallError, CallFailure};
use crate::guest::{self, Failure, Guest, Returned};
use crate::host_functions::State;
use crate::sandbox::PluginInner;
use crate::slots::Slot;
use crate::ticker::{self, Clock};
use crate::wasi::{self, WasiState};
use driftless_transport::LogRecord;

/// A running plugin: its memory, and its place among the instances.
///
/// After a failed call it is of no use, since nobody knows what state the failure left it in: every further call fails as well. An
/// [`InstancePool`](crate::InstancePool) takes a fresh one.
pub struct Instance {
    plugin: Arc<PluginInner>,
    store: Store<State>,
    guest: Guest,
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
        let mut store = Store::try_new(&plugin.engine, state).map_err(engine_failure)?;
        store.limiter(|state| &mut state.budget);
        let ticks = ticker::ticks_of(limits.time);
        refill(&mut store, &shared.clock, limits.fuel, ticks, limits.log)?;
        let guest = match Guest::start(&mut store, plugin) {
            Ok(guest) => guest,
            Err(error) => return Err(explain(&mut store, &error)),
        };
        if let Some(failure) = store.data().wasi.as_ref().and_then(WasiState::finish) {
            return Err(failure);
        }
        Ok(Self {
            plugin: Arc::clone(plugin),
            store,
            guest,
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
            Ok(returned) => match self.guest.reply(&self.store, returned, most) {
                Ok(reply) => return Ok(reply),
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

    /// The bytes of memory that the instance has, all its memories together. Memory never shrinks, so this is also the most that it had.
    pub fn memory_used(&self) -> usize {
        self.store.data().budget.used()
    }

    #[inline]
    fn run(&mut self, function: Function, arguments: &[&str]) -> Result<Returned, CallFailure> {
        if self.failed {
            return Err(CallFailure::Engine("this instance failed before".to_owned()));
        }
        if !self.plugin.code.exports(function) {
            return Err(CallFailure::Missing);
        }
        if arguments.len() != function.arguments() {
            let (takes, given) = (function.arguments(), arguments.len());
            return Err(CallFailure::Arguments(format!("it takes {takes} arguments, not {given}")));
        }
        refill(&mut self.store, &self.clock, self.fuel, self.ticks, self.log)?;
        match self.guest.call(&mut self.store, &self.plugin, function, arguments) {
            Ok(returned) => {
                self.store.data_mut().end();
                if self.plugin.imports_wasi || self.debug {
                    self.finish(function)?;
                }
                Ok(returned)
            }
            Err(Failure::Guest(error)) => Err(explain(&mut self.store, &error)),
            Err(Failure::Known(failure)) => Err(failure),
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

#[cold]
fn blame(plugin: &Arc<str>, function: Function, cause: CallFailure) -> CallError {
    CallError { plugin: Arc::clone(plugin), function: Some(function), cause }
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
            _ if guest::component::handed_over_too_much(error) => {
                exceeded(Limit::Output, limits.output as u64)
            }
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
