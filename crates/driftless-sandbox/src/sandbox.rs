//! Compiles plugins, and runs them under limits.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use driftless_plugin_api::limit::Limit;
use driftless_transport::{HostContext, Limits, PluginInfo};
use driftless_validator::{PluginFile, Rules, ValidatedPlugin, ValidationError};
use wasmtime::Engine;

use crate::abi::{self, Code, Linkers};
use crate::cache::MachineCodeCache;
use crate::compiled::CompiledPlugin;
use crate::compiler::{CompileEvent, Compiler, OnCompile};
use crate::engine;
use crate::error::{CompileError, SetupError};
use crate::functions::FunctionStore;
use crate::image::Image;
use crate::limits;
use crate::plugin::{Plugin, Shared};
use crate::reservation::{memories, memories_taken};
use crate::slots::Slots;
use crate::ticker;
use crate::wasi::{self, WasiGrant, WasiRuntime};

/// Compiles plugins and runs them, all under the same [`Limits`].
///
/// It is an owned value that is cheap to clone; two of them have nothing in common. It costs next to nothing until the first plugin is compiled:
/// only then is an engine started, and address space reserved for all instances that there may be.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    limits: Limits,
    /// What plugins are given that are compiled without a context of their own.
    context: HostContext,
    cache: Option<MachineCodeCache>,
    on_compile: Option<Arc<OnCompile>>,
    rules: Rules,
    debug: bool,
    started: OnceLock<Started>,
    /// Held by the one that starts the engine.
    starting: Mutex<()>,
}

/// What is there once the first plugin is compiled.
struct Started {
    engine: Engine,
    linkers: Linkers,
    shared: Arc<Shared>,
    compiler: Compiler,
}

/// A sandbox that is being set up, see [`Sandbox::builder`].
pub struct SandboxBuilder {
    limits: Limits,
    context: HostContext,
    cache: Option<MachineCodeCache>,
    on_compile: Option<Arc<OnCompile>>,
    allow_wasi: bool,
    debug: bool,
}

impl Sandbox {
    /// A sandbox that throws log messages away and keeps no machine code.
    ///
    /// # Errors
    ///
    /// When the limits cannot be kept.
    pub fn new(limits: Limits) -> Result<Self, SetupError> {
        Self::builder(limits).build()
    }

    /// Begins to set up a sandbox.
    pub fn builder(limits: Limits) -> SandboxBuilder {
        SandboxBuilder {
            limits,
            context: HostContext::default(),
            cache: None,
            on_compile: None,
            allow_wasi: false,
            debug: false,
        }
    }

    /// The limits that every call runs under.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
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
        let Inner { cache, rules, .. } = &*self.0;
        if let Some(known) = cache.as_ref().and_then(|cache| cache.known(file, *rules)) {
            return Ok(known);
        }
        let validated = file.validate(*rules)?;
        if let Some(cache) = cache {
            cache.remember(&validated, *rules);
        }
        Ok(validated)
    }

    /// Makes machine code of a module, or takes it from the cache. The plugin can reach nothing beyond its own memory.
    ///
    /// `name` is what the plugin is called in messages where it has no manifest.
    ///
    /// # Errors
    ///
    /// When the compiler gives up or takes longer than it may, the module needs more than the limits allow before it even
    /// runs, or the system refuses the engine its address space or a thread.
    pub fn compile(&self, name: &str, module: &ValidatedPlugin) -> Result<CompiledPlugin, CompileError> {
        self.compile_within(name, module, self.0.context.clone())
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
        let Started { engine, linkers, shared, compiler } = self.0.started()?;
        let called = module.manifest().map_or(name, |manifest| &manifest.name);
        let machine_code = compiler.machine_code(called, module)?;
        let memories = memories_taken(machine_code.memories());
        let code = Code::link(linkers, &machine_code, module)?;
        let wasi = match module.imports_wasi() {
            true => WasiGrant::open(&*context.resources),
            false => WasiGrant::default(),
        };
        let plugin = Plugin {
            info: PluginInfo::new(name, module.manifest().cloned(), module.digest(), module.functions()),
            imports_wasi: module.imports_wasi(),
            context,
            wasi,
            closing: OnceLock::new(),
            shared: Arc::clone(shared),
        };
        let engine = engine.clone();
        Ok(CompiledPlugin::new(Image { plugin: Arc::new(plugin), code, memories, engine }))
    }
}

impl Inner {
    /// The engine and what belongs to it, started when it is first asked for.
    fn started(&self) -> Result<&Started, SetupError> {
        if let Some(started) = self.started.get() {
            return Ok(started);
        }
        // One engine: a second one would reserve as much again. Where one cannot be had, the next plugin tries again.
        let _one = self.starting.lock().unwrap_or_else(PoisonError::into_inner);
        match self.started.get() {
            Some(started) => Ok(started),
            None => {
                let started = self.start()?;
                Ok(self.started.get_or_init(|| started))
            }
        }
    }

    fn start(&self) -> Result<Started, SetupError> {
        let failed = |error: wasmtime::Error| SetupError::Engine(format!("{error:#}"));
        let allow_wasi = self.rules.allow_wasi;
        let functions = self.cache.is_some().then(Arc::<FunctionStore>::default);
        let engine = engine::start(&self.limits, self.debug, allow_wasi, functions.as_ref())?;
        let mut linkers = abi::linkers(&engine).map_err(failed)?;
        let mut runtime = None;
        if allow_wasi {
            wasi::define(&mut linkers.modules, &mut linkers.components).map_err(failed)?;
            runtime = Some(WasiRuntime::new()?);
        }
        let shared = Shared {
            slots: Slots::new(self.limits.instances, memories(self.limits.instances)),
            limits: self.limits.clone(),
            debug: self.debug,
            clock: ticker::start(&engine)?,
            runtime,
        };
        let compiler = Compiler::new(
            engine.clone(),
            self.cache.clone().zip(functions),
            self.limits.compile_time,
            self.on_compile.clone(),
        );
        Ok(Started { engine, linkers, shared: Arc::new(shared), compiler })
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

    /// Hears of each compilation, on the thread of the caller who waits for it: a large plugin takes half a minute.
    #[must_use]
    pub fn on_compile(mut self, handler: impl Fn(CompileEvent<'_>) + Send + Sync + 'static) -> Self {
        self.on_compile = Some(Arc::new(handler));
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

    /// The sandbox. No engine is started yet.
    ///
    /// # Errors
    ///
    /// When the limits cannot be kept.
    pub fn build(self) -> Result<Sandbox, SetupError> {
        let Self { limits, context, cache, on_compile, allow_wasi, debug } = self;
        check(&limits)?;
        Ok(Sandbox(Arc::new(Inner {
            limits,
            context,
            cache,
            on_compile,
            rules: Rules { allow_wasi },
            debug,
            started: OnceLock::new(),
            starting: Mutex::new(()),
        })))
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
