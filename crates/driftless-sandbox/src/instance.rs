//! One instance, and one bounded call.

use std::sync::Arc;
use std::time::{Duration, Instant};

use driftless_plugin_api::function::Function;
use driftless_plugin_api::limit::Limit;
use driftless_plugin_api::log::Level;
use driftless_transport::{
    Call, CallError, CallFailure, CancelHandle, Conversation, Deadline, LogRecord, Reply, Timing, Usage,
    lifecycle,
};
use wasmtime::{Store, StoreContextMut, Trap, UpdateDeadline, WasmBacktrace};

use crate::abi::{Code, Failure, Guest, Returned};
use crate::image::Image;
use crate::plugin::Plugin;
use crate::slots::Slot;
use crate::state::State;
use crate::ticker::{self, Clock};
use crate::wasi::{self, WasiState};

/// A running plugin: its memory, and its place among the instances.
///
/// After a failed call it is of no use, since the state that the failure left it in is unknown: every further call fails as well.
/// An [`InstancePool`](crate::InstancePool) takes a fresh one.
///
/// Its plugin's `shutdown` is called when it is dropped, unless a call of it failed.
pub struct Instance {
    plugin: Arc<Plugin>,
    image: Arc<Image>,
    store: Store<State>,
    guest: Guest,
    // What a call may use, at hand.
    fuel: u64,
    time: Duration,
    ticks: u64,
    output: usize,
    log: usize,
    clock: Clock,
    debug: bool,
    /// Whether a call failed, or has not come back.
    failed: bool,
    /// What starting has used, until the first call is charged with it.
    starting: Option<Usage>,
    /// What the running call was given, or the last one: `None` where the guest was not entered.
    given: Option<Given>,
    /// What it used.
    used: Usage,
    // Behind the store: the memory is given back before the permit.
    _slot: Slot,
}

/// What a call was given, to tell what it used.
#[derive(Clone, Copy)]
struct Given {
    fuel: u64,
    tick: u64,
    began: Option<Instant>,
}

impl Given {
    /// Writes down what the call used, field by field: a `Usage` that is made and then moved costs more than the rest of this.
    #[inline]
    fn measure(self, clock: &Clock, store: &Store<State>, used: &mut Usage) {
        used.wall_time = match self.began {
            Some(began) => began.elapsed(),
            None => clock.since(self.tick),
        };
        used.fuel = Some(self.fuel.saturating_sub(store.get_fuel().unwrap_or(0)));
        let state = store.data();
        used.memory = Some(state.budget.used() as u64);
        used.host_calls = state.host_calls;
    }
}

impl Instance {
    /// An instance that is started and initialised within a deadline.
    pub(crate) fn new(
        image: &Arc<Image>,
        deadline: Deadline,
        cancel: Option<&CancelHandle>,
    ) -> Result<Self, CallError> {
        let plugin = &image.plugin;
        let deadline = deadline.at_most(plugin.shared.limits.time).fixed();
        let began = Instant::now();
        let failed = |cause| CallError {
            plugin: Arc::clone(&plugin.info.name),
            function: None,
            cause,
            usage: Usage { wall_time: began.elapsed(), ..Usage::default() },
        };
        let mut instance = Self::start(image, deadline, cancel).map_err(failed)?;
        if plugin.info.has(Function::Initialize) {
            let configuration = Arc::clone(&plugin.context.configuration);
            let used = lifecycle::initialize(&mut instance, &plugin.info, &configuration, deadline)
                .inspect_err(|_| instance.failed = true)?;
            instance.starting = Some(used);
        }
        Ok(instance)
    }

    fn start(
        image: &Arc<Image>,
        deadline: Deadline,
        cancel: Option<&CancelHandle>,
    ) -> Result<Self, CallFailure> {
        let Image { plugin, code, memories, engine } = &**image;
        let shared = &plugin.shared;
        let limits = &shared.limits;
        let began = Instant::now();
        let mut state = State::new(Arc::clone(plugin));
        state.cancel = cancel.map(|cancel| cancel.joined(&plugin.context.cancel));
        let slot = shared.slots.acquire(*memories, deadline, &|| state.is_cancelled());
        if state.is_cancelled() {
            return Err(CallFailure::Cancelled);
        }
        let slot =
            slot.ok_or_else(|| CallFailure::Limit(Limit::Instances.exceeded(limits.instances.into())))?;
        if plugin.imports_wasi {
            state.wasi = Some(WasiState::new(plugin)?);
        }
        let mut store = Store::try_new(engine, state).map_err(engine_failure)?;
        store.limiter(|state| &mut state.budget);
        store.epoch_deadline_callback(at_tick);
        let ticks = ticker::ticks_of(deadline.left());
        refill(&mut store, &shared.clock, limits.fuel, ticks, limits.log)?;
        let guest = match Guest::start(&mut store, code) {
            Ok(guest) => guest,
            Err(error) => return Err(explain(&mut store, code, &error, limits.fuel, deadline.time())),
        };
        if let Some(failure) = store.data().wasi.as_ref().and_then(WasiState::finish) {
            return Err(failure);
        }
        let used = Usage {
            wall_time: began.elapsed(),
            fuel: store.get_fuel().ok().map(|left| limits.fuel.saturating_sub(left)),
            memory: Some(store.data().budget.used() as u64),
            host_calls: store.data().host_calls,
        };
        Ok(Self {
            plugin: Arc::clone(plugin),
            image: Arc::clone(image),
            store,
            guest,
            fuel: limits.fuel,
            time: limits.time,
            ticks: ticker::ticks_of(limits.time),
            output: limits.output,
            log: limits.log,
            clock: shared.clock.clone(),
            debug: shared.debug,
            failed: false,
            starting: Some(used),
            given: None,
            used,
            _slot: slot,
        })
    }

    /// Calls a function of the protocol with as many arguments as it takes, under the limits of the sandbox alone.
    ///
    /// The reply lies in the guest's memory, and is copied only where it is kept.
    ///
    /// # Errors
    ///
    /// When the plugin runs into a limit, traps, panics, or returns something that is no reply.
    #[inline]
    pub fn call(&mut self, function: Function, arguments: &[&str]) -> Result<Reply<'_>, CallError> {
        let deadline = Deadline::After(self.time);
        self.call_within(&Call::new(function, arguments, deadline))
    }

    /// Makes a call within its own bounds, where those are narrower than the limits of the sandbox.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call), and when it is cancelled.
    #[inline]
    pub fn call_within(&mut self, call: &Call<'_>) -> Result<Reply<'_>, CallError> {
        let cause = match self.run(call) {
            Ok(returned) => match self.guest.reply(&self.store, returned, self.output) {
                Ok(text) => {
                    self.failed = false;
                    let failed = self.guest.is_failure(returned);
                    return Ok(Reply { text, failed, usage: &self.used });
                }
                Err(cause) => cause,
            },
            Err(cause) => cause,
        };
        Err(self.blame(call.function, cause))
    }

    /// Calls the plugin's `shutdown`, unless a call failed. It is the last call of the instance.
    pub(crate) fn shut_down(&mut self, deadline: Deadline) {
        if self.plugin.info.has(Function::Shutdown) && !self.failed {
            let plugin = Arc::clone(&self.plugin);
            lifecycle::shutdown(self, &plugin.info, deadline);
            self.failed = true;
        }
    }

    /// Whether a call failed, after which the instance is not to be used again.
    #[inline]
    pub fn has_failed(&self) -> bool {
        self.failed
    }

    /// What the last call with a reply used, with what starting the instance used where it was the first; before it, what starting used.
    /// What a failed call used is said by its [`CallError`].
    #[inline]
    pub fn usage(&self) -> Usage {
        self.used
    }

    /// What a call used that failed and was given this.
    fn used_by_failed(&self, given: Given, cause: &CallFailure) -> Usage {
        let starting = self.starting.unwrap_or_default();
        let mut used = Usage::default();
        given.measure(&self.clock, &self.store, &mut used);
        // What the engine says of fuel after a trap is not what was used.
        let out_of_fuel = matches!(cause, CallFailure::Limit(exceeded) if exceeded.limit == Limit::Fuel);
        used.fuel = out_of_fuel.then_some(given.fuel);
        Usage { fuel: used.fuel.map(|fuel| fuel + starting.fuel.unwrap_or(0)), ..starting.and(used) }
    }

    #[cold]
    fn charge_with_starting(&mut self) {
        if let Some(starting) = self.starting.take() {
            self.used = starting.and(self.used);
        }
    }

    #[inline]
    fn run(&mut self, call: &Call<'_>) -> Result<Returned, CallFailure> {
        let Call { function, arguments, .. } = *call;
        self.given = None;
        let began = match call.timing {
            Timing::Coarse => None,
            Timing::Exact => Some(Instant::now()),
        };
        if self.failed {
            return Err(CallFailure::Transport("this instance failed before".to_owned()));
        }
        if !self.image.code.exports(function) {
            return Err(CallFailure::Missing);
        }
        if arguments.len() != function.arguments() {
            let (takes, given) = (function.arguments(), arguments.len());
            return Err(CallFailure::Arguments(format!("it takes {takes} arguments, not {given}")));
        }
        let mut fuel = call.fuel.map_or(self.fuel, |fuel| fuel.min(self.fuel));
        if let Some(used) = &self.starting {
            // What started for this call shares its budget.
            fuel = fuel.saturating_sub(used.fuel.unwrap_or(0));
        }
        let ticks = match call.deadline {
            Deadline::After(time) if time >= self.time => self.ticks,
            deadline => ticker::ticks_of(deadline.left().min(self.time)),
        };
        let state = self.store.data_mut();
        state.cancel = call.cancel.map(|cancel| cancel.joined(&self.plugin.context.cancel));
        if state.is_cancelled() {
            return Err(CallFailure::Cancelled);
        }
        let given = Given { fuel, tick: self.clock.now(), began };
        self.given = Some(given);
        // Should the call not come back, since the host panics in the middle of it, the instance is not used again.
        self.failed = true;
        refill(&mut self.store, &self.clock, fuel, ticks, self.log)?;
        match self.guest.call(&mut self.store, &self.image.code, function, arguments) {
            Ok(returned) => {
                self.store.data_mut().end();
                given.measure(&self.clock, &self.store, &mut self.used);
                if self.starting.is_some() {
                    self.charge_with_starting();
                }
                if self.plugin.imports_wasi || self.debug {
                    self.finish(function)?;
                }
                Ok(returned)
            }
            Err(Failure::Guest(error)) => {
                let fuel = call.fuel.map_or(self.fuel, |fuel| fuel.min(self.fuel));
                Err(explain(
                    &mut self.store,
                    &self.image.code,
                    &error,
                    fuel,
                    call.deadline.time().min(self.time),
                ))
            }
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
        let fuel = self.used.fuel.unwrap_or(0);
        let message = format!("{function} used {fuel} units of fuel");
        self.plugin.context.log.log(&LogRecord {
            plugin: &self.plugin.info.name,
            level: Level::Debug,
            message: &message,
        });
    }

    #[cold]
    fn blame(&self, function: Function, cause: CallFailure) -> CallError {
        // Where the guest was not entered, nothing was used.
        let usage = self.given.map(|given| self.used_by_failed(given, &cause)).unwrap_or_default();
        CallError { plugin: Arc::clone(&self.plugin.info.name), function: Some(function), cause, usage }
    }
}

impl Conversation for Instance {
    #[inline]
    fn call(&mut self, call: &Call<'_>, read: &mut dyn FnMut(Reply<'_>)) -> Result<(), CallError> {
        // As `call_within`, without a `Reply` that has to be moved out of a `Result`.
        let cause = match self.run(call) {
            Ok(returned) => match self.guest.reply(&self.store, returned, self.output) {
                Ok(text) => {
                    self.failed = false;
                    let failed = self.guest.is_failure(returned);
                    read(Reply { text, failed, usage: &self.used });
                    return Ok(());
                }
                Err(cause) => cause,
            },
            Err(cause) => cause,
        };
        Err(self.blame(call.function, cause))
    }

    fn is_over(&self) -> bool {
        self.failed
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let deadline = self.plugin.closing.get().copied();
        self.shut_down(deadline.unwrap_or(Deadline::After(lifecycle::MAX_SHUTDOWN_TIME)));
    }
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance")
            .field("plugin", &self.plugin.info.name)
            .field("failed", &self.failed)
            .finish()
    }
}

/// Looks at a running call once a tick: whether it was cancelled, and whether its time is over.
fn at_tick(mut store: StoreContextMut<'_, State>) -> wasmtime::Result<UpdateDeadline> {
    let state = store.data_mut();
    if state.is_cancelled() {
        state.ended = Some(CallFailure::Cancelled);
        return Ok(UpdateDeadline::Interrupt);
    }
    if state.time_left().is_zero() {
        return Ok(UpdateDeadline::Interrupt);
    }
    Ok(UpdateDeadline::Continue(1))
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
    store.set_epoch_deadline(1);
    store.set_fuel(fuel).map_err(engine_failure)
}

#[cold]
fn engine_failure(error: wasmtime::Error) -> CallFailure {
    CallFailure::Transport(format!("{error:#}"))
}

/// Why a guest came back without a result.
#[cold]
fn explain(
    store: &mut Store<State>,
    code: &Code,
    error: &wasmtime::Error,
    fuel: u64,
    time: Duration,
) -> CallFailure {
    let state = store.data_mut();
    let shared = &state.plugin.shared;
    let limits = &shared.limits;
    let exceeded = |limit: Limit, allowed: u64| CallFailure::Limit(limit.exceeded(allowed));
    let out_of_memory = exceeded(Limit::Memory, limits.memory as u64);
    let (memory_refused, table_refused) = (state.budget.memory_refused, state.budget.table_refused);
    let printed_too_much = state.wasi.as_ref().and_then(WasiState::finish);
    if let Some(failure) = state.ended.take().or(printed_too_much) {
        let aborts = matches!(&failure, CallFailure::Panic(words) if words.starts_with(driftless_plugin_api::abi::ABORTED));
        // A guest whose allocation was refused aborts.
        return if aborts && memory_refused { out_of_memory } else { failure };
    }
    if error.is::<wasi::Cancelled>() {
        return CallFailure::Cancelled;
    }
    if let Some(code) = wasi::exit_code(error) {
        return CallFailure::Panic(format!("it ended itself with exit code {code}"));
    }
    let Some(trap) = error.downcast_ref::<Trap>() else {
        // An instance that does not even begin because its first memory or table is too large.
        return match (memory_refused, table_refused) {
            (true, _) => out_of_memory,
            (_, true) => exceeded(Limit::Table, limits.table_elements as u64),
            _ if code.limit_of(error) == Some(Limit::Output) => exceeded(Limit::Output, limits.output as u64),
            _ => CallFailure::Trap(error.root_cause().to_string()),
        };
    };
    match trap {
        // A guest that is refused memory collects what it has again and again, and gets nowhere.
        Trap::OutOfFuel | Trap::Interrupt if memory_refused => out_of_memory,
        Trap::OutOfFuel => exceeded(Limit::Fuel, fuel),
        Trap::Interrupt => exceeded(Limit::Time, u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
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
