//! The engine, and plugins compiled by it.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use driftless_plugin_api::function::Function;
use driftless_plugin_api::limit::Limit;
use driftless_plugin_api::manifest::PluginManifest;
use driftless_transport::{CallError, CancelHandle, Deadline, Digest, HostContext, Limits, PluginInfo};
use driftless_validator::limits as module_limits;
use driftless_validator::{Abi, PluginFile, Rules, ValidatedPlugin, ValidationError, features};
use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, Linker, PoolingAllocationConfig, WasmFeatures, component,
};

use crate::bindgen;
use crate::cache::MachineCodeCache;
use crate::compiler::{Compiler, MachineCode};
use crate::component as of_components;
use crate::error::{CompileError, SetupError};
use crate::guest;
use crate::host_functions::{self, State};
use crate::instance::Instance;
use crate::limits;
use crate::slots::Slots;
use crate::ticker::{self, Clock};
use crate::wasi::{self, WasiGrant, WasiRuntime};

/// Compiles plugins and runs them, all under the same [`Limits`].
///
/// It is an owned value that is cheap to clone; two of them have nothing in common.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    engine: Engine,
    /// For modules made with plugin-sdk.
    linker: Linker<State>,
    component_linker: component::Linker<State>,
    shared: Arc<Shared>,
    compiler: Compiler,
    rules: Rules,
}

/// What an instance needs of its sandbox.
pub(crate) struct Shared {
    pub(crate) limits: Limits,
    pub(crate) slots: Arc<Slots>,
    /// What plugins are given that are compiled without a context of their own.
    context: HostContext,
    pub(crate) debug: bool,
    pub(crate) clock: Clock,
    /// Where WASI waits; only a sandbox that allows WASI has it.
    pub(crate) runtime: Option<WasiRuntime>,
}

/// A sandbox that is being set up, see [`Sandbox::builder`].
pub struct SandboxBuilder {
    limits: Limits,
    context: HostContext,
    cache: Option<MachineCodeCache>,
    allow_wasi: bool,
    debug: bool,
}

impl Sandbox {
    /// A sandbox that throws log messages away and keeps no machine code.
    ///
    /// # Errors
    ///
    /// When the limits cannot be kept or the system refuses the address space.
    pub fn new(limits: Limits) -> Result<Self, SetupError> {
        Self::builder(limits).build()
    }

    /// Begins to set up a sandbox.
    pub fn builder(limits: Limits) -> SandboxBuilder {
        SandboxBuilder {
            limits,
            context: HostContext::default(),
            cache: None,
            allow_wasi: false,
            debug: false,
        }
    }

    /// The limits that every call runs under.
    pub fn limits(&self) -> &Limits {
        &self.0.shared.limits
    }

    /// Checks a file, under this sandbox's rules about WASI. What the cache knows to have passed is not read through again.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn validate(&self, bytes: &[u8]) -> Result<ValidatedPlugin, ValidationError> {
        self.validate_file(&PluginFile::inspect(bytes))
    }

    /// The same, for a file that was inspected before.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn validate_file(&self, file: &PluginFile) -> Result<ValidatedPlugin, ValidationError> {
        if let Some(known) = self.0.compiler.known(file, self.0.rules) {
            return Ok(known);
        }
        let validated = file.validate(self.0.rules)?;
        self.0.compiler.remember(&validated, self.0.rules);
        Ok(validated)
    }

    /// Makes machine code of a module, or takes it from the cache. The plugin can reach nothing beyond its own memory.
    ///
    /// `name` is what the plugin is called in messages where it has no manifest.
    ///
    /// # Errors
    ///
    /// When the compiler gives up or takes longer than it may, or the module needs more than the limits allow before it even
    /// runs.
    pub fn compile(&self, name: &str, module: &ValidatedPlugin) -> Result<CompiledPlugin, CompileError> {
        self.compile_within(name, module, self.0.shared.context.clone())
    }

    /// The same, for a plugin that can reach something.
    ///
    /// # Errors
    ///
    /// As for [`compile`](Self::compile).
    pub fn compile_within(
        &self,
        name: &str,
        module: &ValidatedPlugin,
        context: HostContext,
    ) -> Result<CompiledPlugin, CompileError> {
        check_beginning(module, self.limits())?;
        let code = self.code(module)?;
        let wasi = match module.imports_wasi() {
            true => WasiGrant::open(&*context.resources),
            false => WasiGrant::default(),
        };
        Ok(CompiledPlugin(Arc::new(PluginInner {
            info: PluginInfo::new(name, module.manifest().cloned(), module.digest(), module.functions()),
            imports_wasi: module.imports_wasi(),
            context,
            wasi,
            closing: OnceLock::new(),
            code,
            engine: self.0.engine.clone(),
            shared: Arc::clone(&self.0.shared),
        })))
    }

    fn code(&self, module: &ValidatedPlugin) -> Result<Code, CompileError> {
        let failed = |error: wasmtime::Error| CompileError::Compiler(format!("{error:#}"));
        let functions = module.functions();
        Ok(match (self.0.compiler.machine_code(module)?, module.abi()) {
            (MachineCode::Component(code), _) => {
                let pre = self.0.component_linker.instantiate_pre(&code).map_err(failed)?;
                Code::Component(guest::component::Code::new(pre, &code, functions))
            }
            (MachineCode::Module(code), Abi::Bindgen) => {
                let mut linker = Linker::new(&self.0.engine);
                host_functions::define(&mut linker).map_err(failed)?;
                bindgen::host::define(&mut linker, &code).map_err(failed)?;
                let pre = linker.instantiate_pre(&code).map_err(failed)?;
                Code::Bindgen(guest::bindgen::Code::new(pre, &code, functions)?)
            }
            (MachineCode::Module(code), _) => {
                let pre = self.0.linker.instantiate_pre(&code).map_err(failed)?;
                Code::Sdk(guest::sdk::Code::new(pre, &code, functions)?)
            }
        })
    }
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox").field("limits", self.limits()).finish_non_exhaustive()
    }
}

impl SandboxBuilder {
    /// What plugins can reach that are compiled without a context of their own. Without it, nothing.
    #[must_use]
    pub fn context(mut self, context: HostContext) -> Self {
        self.context = context;
        self
    }

    /// Keeps machine code between runs.
    #[must_use]
    pub fn cache(mut self, cache: MachineCodeCache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Lets modules in that import WASI preview 1. Behind it is what [`HostContext`] grants and nothing else; what is printed goes to the
    /// log.
    #[must_use]
    pub fn allow_wasi(mut self, allow: bool) -> Self {
        self.allow_wasi = allow;
        self
    }

    /// Puts a backtrace with function names behind the message of a trap, and logs the fuel of every call.
    #[must_use]
    pub fn debug(mut self, debug: bool) -> Self {
        self.debug = debug;
        self
    }

    /// Starts the engine.
    ///
    /// # Errors
    ///
    /// When the limits cannot be kept or the system refuses the address space or a thread.
    pub fn build(self) -> Result<Sandbox, SetupError> {
        check(&self.limits)?;
        let failed = |error: wasmtime::Error| SetupError::Engine(format!("{error:#}"));
        let engine = Engine::new(&configuration(&self.limits, self.debug)).map_err(failed)?;
        let mut linker = Linker::new(&engine);
        host_functions::define(&mut linker).map_err(failed)?;
        let mut component_linker = component::Linker::new(&engine);
        of_components::host::define(&mut component_linker).map_err(failed)?;
        let mut runtime = None;
        if self.allow_wasi {
            wasi::define(&mut linker, &mut component_linker).map_err(failed)?;
            runtime = Some(WasiRuntime::new()?);
        }
        let clock = ticker::start(&engine)?;
        let shared = Shared {
            slots: Slots::new(self.limits.instances),
            limits: self.limits,
            context: self.context,
            debug: self.debug,
            clock,
            runtime,
        };
        let compiler = Compiler::new(engine.clone(), self.cache, shared.limits.compile_time);
        let shared = Arc::new(shared);
        let inner = Inner {
            engine,
            linker,
            component_linker,
            shared,
            compiler,
            rules: Rules { allow_wasi: self.allow_wasi },
        };
        Ok(Sandbox(Arc::new(inner)))
    }
}

/// A plugin as machine code, from which instances are made. Cheap to clone.
#[derive(Clone)]
pub struct CompiledPlugin(Arc<PluginInner>);

pub(crate) struct PluginInner {
    pub(crate) info: PluginInfo,
    pub(crate) imports_wasi: bool,
    pub(crate) context: HostContext,
    pub(crate) wasi: WasiGrant,
    /// When the instances have to be shut down, once none is needed any more.
    pub(crate) closing: OnceLock<Deadline>,
    pub(crate) code: Code,
    pub(crate) engine: Engine,
    pub(crate) shared: Arc<Shared>,
}

/// A plugin's machine code with everything that it imports in place, by how it carries strings.
#[allow(clippy::large_enum_variant, reason = "there is one for each plugin")]
pub(crate) enum Code {
    Sdk(guest::sdk::Code),
    Bindgen(guest::bindgen::Code),
    Component(guest::component::Code),
}

impl Code {
    /// Whether there is a function.
    #[inline]
    pub(crate) fn exports(&self, function: Function) -> bool {
        match self {
            Self::Sdk(code) => code.exports[function.slot()].is_some(),
            Self::Bindgen(code) => code.exports[function.slot()].is_some(),
            Self::Component(code) => code.exports[function.slot()].is_some(),
        }
    }
}

impl CompiledPlugin {
    /// What is known of it: its name by its manifest, else as it was given to [`Sandbox::compile`].
    pub fn info(&self) -> &PluginInfo {
        &self.0.info
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.0.info.name
    }

    /// The SHA-256 of its file.
    pub fn digest(&self) -> Digest {
        self.0.info.digest
    }

    /// What it says about itself.
    pub fn manifest(&self) -> Option<&PluginManifest> {
        self.0.info.manifest.as_ref()
    }

    /// Whether it exports a function.
    pub fn exports(&self, function: Function) -> bool {
        self.0.code.exports(function)
    }

    /// A fresh instance, with nothing in its memory but what the file put there.
    ///
    /// # Errors
    ///
    /// When no instance is free within the time of a call, or the plugin fails while it starts.
    pub fn instantiate(&self) -> Result<Instance, CallError> {
        self.instantiate_within(Deadline::After(self.0.shared.limits.time), None)
    }

    /// A fresh instance, initialised, within a deadline and while nobody cancels it.
    ///
    /// # Errors
    ///
    /// As for [`instantiate`](Self::instantiate), and when it is cancelled.
    pub fn instantiate_within(
        &self,
        deadline: Deadline,
        cancel: Option<&CancelHandle>,
    ) -> Result<Instance, CallError> {
        Instance::new(&self.0, deadline, cancel)
    }

    /// No call will need an instance any more: all of them are shut down by a deadline.
    pub(crate) fn closes(&self, deadline: Deadline) {
        let _ = self.0.closing.set(deadline);
    }

    pub(crate) fn slots(&self) -> &Arc<Slots> {
        &self.0.shared.slots
    }
}

impl std::fmt::Debug for CompiledPlugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CompiledPlugin")
            .field("name", &self.0.info.name)
            .field("digest", &self.0.info.digest)
            .finish()
    }
}

fn check(limits: &Limits) -> Result<(), SetupError> {
    const PAGE: usize = 64 << 10;
    const SHORTEST: Duration = Duration::from_millis(1);
    let possible = [
        (
            (PAGE..=limits::MAX_MEMORY).contains(&limits.memory),
            "a plugin's memory (`security.max_memory`) is between 65,536 bytes and 4 GiB",
        ),
        (limits.fuel > 0, "a plugin's fuel (`security.fuel_limit`) is at least 1"),
        (
            limits.time >= SHORTEST,
            "a plugin's time (`security.execution_timeout_secs`) is at least 0.001 seconds",
        ),
        (
            limits.compile_time >= SHORTEST,
            "a plugin's time to compile (`security.compile_timeout_secs`) is at least 0.001 seconds",
        ),
        (
            (limits::MIN_STACK..=limits::MAX_STACK).contains(&limits.stack),
            "a plugin's stack (`security.max_stack`) is between 16,384 bytes and 1 MiB",
        ),
        (limits.output > 0, "a plugin's reply (`security.max_output`) has at least one byte"),
        (limits.log_message > 0, "a log message (`security.max_log_message`) has at least one byte"),
        (limits.log > 0, "the log messages of a call (`security.max_log`) have at least one byte"),
        (
            limits.table_elements <= limits::MAX_TABLE_ELEMENTS,
            "a plugin's table (`security.max_table_elements`) has 10,000,000 elements at most",
        ),
        (
            (1..=limits::MAX_INSTANCES).contains(&limits.instances),
            "there are between 1 and 4,000 instances (`security.max_instances`)",
        ),
    ];
    match possible.iter().find(|(possible, _)| !possible) {
        Some((_, wrong)) => Err(SetupError::Limits((*wrong).to_owned())),
        None => Ok(()),
    }
}

/// What a module begins with has to fit: the engine would refuse it as well, and not say which setting is in the way.
fn check_beginning(module: &ValidatedPlugin, limits: &Limits) -> Result<(), CompileError> {
    let (memory, elements) = (limits.memory as u64, limits.table_elements as u64);
    if module.info().initial_memory_bytes() > memory {
        return Err(CompileError::Limit(Limit::Memory.exceeded(memory)));
    }
    if module.info().initial_table_elements() > elements {
        return Err(CompileError::Limit(Limit::Table.exceeded(elements)));
    }
    Ok(())
}

/// What the host's own functions need of a stack that they share with a guest.
const HOST_STACK: usize = 1536 << 10;

fn configuration(limits: &Limits, debug: bool) -> Config {
    let mut config = Config::new();
    // The validator decides what a guest may use; the compiler knows nothing beyond it, but for what the engine needs itself: the code that
    // it writes between two components copies from one memory into another.
    config.wasm_features(WasmFeatures::all(), false).wasm_features(features(), true).wasm_multi_memory(true);
    config.consume_fuel(true).epoch_interruption(true).max_wasm_stack(limits.stack);
    config.wasm_backtrace_max_frames(if debug { std::num::NonZeroUsize::new(32) } else { None });
    config.generate_address_map(debug);

    let mut pool = PoolingAllocationConfig::new();
    let instances = limits.instances;
    let times = |number: u64| instances.saturating_mul(u32::try_from(number).unwrap_or(u32::MAX));
    // An instance of a component consists of several of everything.
    pool.total_component_instances(instances)
        .total_core_instances(times(limits::CORE_INSTANCES as u64))
        .max_core_instances_per_component(limits::CORE_INSTANCES as u32);
    // The heap for references that the engine keeps beside an instance's memory is a memory of the pool as well.
    pool.total_memories(times(module_limits::ALL_MEMORIES.max + 1))
        .total_gc_heaps(instances)
        .max_memories_per_component(module_limits::ALL_MEMORIES.max as u32);
    pool.total_tables(times(module_limits::ALL_TABLES.max))
        .max_tables_per_module(module_limits::TABLES.max as u32)
        .max_tables_per_component(module_limits::ALL_TABLES.max as u32);
    // A plugin that uses WASI runs on a stack of its own, which has room for the host's frames as well.
    config.async_stack_size(limits.stack.saturating_add(HOST_STACK));
    pool.total_stacks(instances);
    pool.max_memory_size(limits.memory).table_elements(limits.table_elements);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}
