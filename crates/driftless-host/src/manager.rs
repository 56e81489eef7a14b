//! Finds plugins, loads them when they are first needed, and hands out their components.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use driftless_capabilities::{Capabilities, GrantedFolder};
use driftless_permissions::{Access, Grant};
use driftless_plugin_api::component::ComponentKind;
use driftless_plugin_api::function::Function;
use driftless_plugin_api::host_call::HostCalls;
use driftless_plugin_api::log::Level;
use driftless_plugin_api::manifest::PluginManifest;
use driftless_sandbox::{
    ClockAndRandom, InstancePool, LogRecord, MachineCodeCache, Sandbox, SharedLogSink, Surroundings,
    ValidatedPlugin, ValidationError, Violation, WasiFolder, WasiGrant,
};
use serde_json::{Map, Value};

use crate::clock::{Clock, SharedClock, SystemClock};
use crate::component::Component;
use crate::error::{Error, NotFound, Result};
use crate::facts::FactsCollector;
use crate::failure::FailureDefaults;
use crate::grants::Grants;
use crate::handle::PluginHandle;
use crate::settings::Settings;
use crate::source::{Candidate, PluginSource};
use crate::task::Task;

/// The version of the host, which plugins may demand a range of.
pub const HOST_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The plugins of a program.
///
/// It is an owned value that is cheap to clone; two of them have nothing in common. A plugin that is not used is not loaded.
#[derive(Clone)]
pub struct PluginManager(Arc<Inner>);

struct Inner {
    settings: Settings,
    sandbox: Sandbox,
    sources: Vec<Box<dyn PluginSource>>,
    listed: OnceLock<Vec<Found>>,
    loaded: Mutex<HashMap<String, PluginHandle>>,
    grants: Grants,
    host_calls: MakeHostCalls,
    log: Option<SharedLogSink>,
    failure: Arc<FailureDefaults>,
}

/// Makes what stands behind the host calls of one plugin, by its name and what it may do.
type MakeHostCalls = Box<dyn Fn(&str, Grant) -> Arc<dyn HostCalls> + Send + Sync>;

/// A candidate and the source that has it.
struct Found {
    candidate: Candidate,
    source: usize,
}

/// A manager that is being set up, see [`PluginManager::builder`].
#[derive(Default)]
pub struct PluginManagerBuilder {
    settings: Settings,
    sources: Vec<Box<dyn PluginSource>>,
    grants: Grants,
    host_calls: Option<MakeHostCalls>,
    log: Option<SharedLogSink>,
    cache: Option<MachineCodeCache>,
    clock: Option<SharedClock>,
    clock_and_random: Option<Arc<dyn ClockAndRandom>>,
}

/// A plugin as it is listed: nothing of it was executed.
#[derive(Clone, Debug)]
pub struct ListedPlugin {
    /// What it is called.
    pub name: String,
    /// Where it is.
    pub origin: String,
    /// What it says about itself.
    pub manifest: Option<PluginManifest>,
    /// The functions of the protocol that it exports; `None` where the file cannot be read as a plugin.
    pub functions: Option<Vec<Function>>,
}

impl PluginManager {
    /// Begins to set up a manager.
    pub fn builder() -> PluginManagerBuilder {
        PluginManagerBuilder::default()
    }

    /// What the user said about plugins.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Everything that is there. Only reads; a file that is no plugin is listed as well, without a manifest.
    ///
    /// # Errors
    ///
    /// When a source cannot be read.
    pub fn list(&self) -> Result<Vec<ListedPlugin>> {
        let mut plugins = Vec::new();
        for found in self.found()? {
            // What cannot be read is no plugin either.
            let info = self.read(found).ok().map(|bytes| driftless_sandbox::inspect(&bytes));
            let manifest = info.as_ref().and_then(|info| info.manifest()).cloned();
            let functions = info.as_ref().and_then(|info| info.functions());
            let name = manifest.as_ref().map_or(&found.candidate.name, |manifest| &manifest.name);
            plugins.push(ListedPlugin {
                name: name.clone(),
                origin: found.candidate.origin.clone(),
                manifest,
                functions: functions.map(|functions| functions.iter().collect()),
            });
        }
        plugins.sort_by(|a, b| (&a.name, &a.origin).cmp(&(&b.name, &b.origin)));
        Ok(plugins)
    }

    /// Loads a plugin by its name.
    ///
    /// # Errors
    ///
    /// When there is none of this name, two of them, or it is refused.
    pub fn plugin(&self, name: &str) -> Result<PluginHandle> {
        let loaded = || self.0.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plugin) = loaded().get(name) {
            return Ok(plugin.clone());
        }
        let (_, bytes) = self.find(name)?;
        // Nobody else waits for this plugin to be compiled. Where two want the same one, the first that is ready is kept.
        let plugin = self.load(name, &bytes)?;
        Ok(loaded().entry(name.to_owned()).or_insert(plugin).clone())
    }

    /// Loads a plugin from its bytes, without the manager remembering it. `name` is what it is called where it has no manifest.
    ///
    /// # Errors
    ///
    /// When it is refused.
    pub fn load(&self, name: &str, bytes: &[u8]) -> Result<PluginHandle> {
        let refused = |source| Error::Refused { plugin: name.to_owned(), source };
        let module = self.0.sandbox.validate(bytes).map_err(refused)?;
        if let Some(manifest) = module.manifest() {
            suits_this_host(manifest).map_err(refused)?;
        }
        let surroundings = self.surroundings(name, &module);
        let compiled = self.0.sandbox.compile_within(name, &module, surroundings);
        let compiled = compiled.map_err(|source| Error::Compile { plugin: name.to_owned(), source })?;
        Ok(PluginHandle::new(InstancePool::new(compiled)))
    }

    /// What a plugin may do on this machine: what its manifest asks for and [`Grants`] allow.
    pub fn grant(&self, name: &str, module: &ValidatedPlugin) -> Grant {
        let name = module.manifest().map_or(name, |manifest| manifest.name.as_str());
        self.0.grants.grant_to(name, module.digest(), module.permissions().clone())
    }

    fn surroundings(&self, name: &str, module: &ValidatedPlugin) -> Surroundings {
        if module.permissions().is_empty() && !module.imports_wasi() {
            return Surroundings::default();
        }
        let name = module.manifest().map_or(name, |manifest| manifest.name.as_str());
        let grant = self.grant(name, module);
        let before = self.0.grants.granted(name);
        if let (Some(log), Some(before)) = (&self.0.log, before)
            && before.digest != module.digest()
        {
            let message = format!(
                "its permissions were granted to another file of this name and do not hold for this one; `driftless plugin grant {name}` \
                 asks again"
            );
            log.log(&LogRecord { plugin: name, level: Level::Warn, message: &message });
        }
        let wasi = if module.imports_wasi() { wasi_grant(&grant) } else { WasiGrant::default() };
        Surroundings { host_calls: (self.0.host_calls)(name, grant), wasi }
    }

    /// A component by its full name, `plugin.component`.
    ///
    /// # Errors
    ///
    /// When there is no such plugin or component, or the plugin is refused.
    pub fn component(&self, kind: ComponentKind, name: &str) -> Result<Component> {
        let Some((plugin, component)) = name.split_once('.') else {
            return Err(Error::Configuration {
                what: format!("`{name}`"),
                violations: vec![format!("a {kind} is named `plugin.component`")],
            });
        };
        Component::find(self.plugin(plugin)?, kind, component, Arc::clone(&self.0.failure))
    }

    /// A task by its full name, with its configuration.
    ///
    /// # Errors
    ///
    /// As for [`component`](Self::component), and when the configuration does not match its schema.
    pub fn task(&self, name: &str, config: Map<String, Value>) -> Result<Task> {
        Ok(Task(self.component(ComponentKind::Task, name)?.configure(config)?))
    }

    /// A facts collector by its full name, with its configuration.
    ///
    /// # Errors
    ///
    /// As for [`component`](Self::component), and when the configuration does not match its schema.
    pub fn facts_collector(&self, name: &str, config: Map<String, Value>) -> Result<FactsCollector> {
        Ok(FactsCollector(self.component(ComponentKind::FactsCollector, name)?.configure(config)?))
    }

    /// What is there, asked once.
    fn found(&self) -> Result<&[Found]> {
        if let Some(found) = self.0.listed.get() {
            return Ok(found);
        }
        let mut all = Vec::new();
        for (number, source) in self.0.sources.iter().enumerate() {
            let listed = source.list();
            let listed =
                listed.map_err(|source| Error::Source { what: "the list of plugins".into(), source })?;
            all.extend(listed.into_iter().map(|candidate| Found { candidate, source: number }));
        }
        Ok(self.0.listed.get_or_init(|| all))
    }

    fn read(&self, found: &Found) -> Result<Vec<u8>> {
        let bytes = self.0.sources[found.source].read(&found.candidate);
        bytes.map_err(|source| Error::Source { what: found.candidate.origin.clone(), source })
    }

    /// Where the plugin with this name is, and its bytes. Only reads.
    ///
    /// # Errors
    ///
    /// When there is none of this name, two of them, or it cannot be read.
    pub fn find(&self, name: &str) -> Result<(String, Vec<u8>)> {
        let found = self.found()?;
        // A plugin is usually called like its file, so that one is looked at first, and mostly alone.
        let (likely, others): (Vec<_>, Vec<_>) = found.iter().partition(|found| found.candidate.name == name);
        let mut known = Vec::new();
        for candidates in [likely, others] {
            let mut matching = Vec::new();
            for found in candidates {
                let bytes = match self.read(found) {
                    Ok(bytes) => bytes,
                    Err(error) if found.candidate.name == name => return Err(error),
                    // Another file that cannot be read is for those to complain about who want it.
                    Err(_) => continue,
                };
                let info = driftless_sandbox::inspect(&bytes);
                let called = info.manifest().map_or(&found.candidate.name, |manifest| &manifest.name).clone();
                if called == name {
                    matching.push((found.candidate.origin.clone(), bytes));
                }
                known.push(called);
            }
            match matching.len() {
                0 => {}
                1 => return Ok(matching.remove(0)),
                _ => {
                    let origins: Vec<_> = matching.iter().map(|(origin, _)| origin.as_str()).collect();
                    let origins = origins.join(" and ");
                    return Err(Error::Ambiguous(format!(
                        "two plugins are called `{name}`: {origins}; remove one"
                    )));
                }
            }
        }
        known.sort();
        Err(NotFound { what: "plugin".into(), name: name.into(), among: "installed".into(), known }.into())
    }
}

impl std::fmt::Debug for PluginManager {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PluginManager").field("sandbox", &self.0.sandbox).finish_non_exhaustive()
    }
}

impl PluginManagerBuilder {
    /// What `plugins.toml` says. Without it, the guide's defaults hold.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// One more place where plugins are.
    #[must_use]
    pub fn source(mut self, source: impl PluginSource + 'static) -> Self {
        self.sources.push(Box::new(source));
        self
    }

    /// What the user grants to which plugin. Without it, nothing to nobody.
    #[must_use]
    pub fn grants(mut self, grants: Grants) -> Self {
        self.grants = grants;
        self
    }

    /// Puts something else behind the host calls of plugins than this machine: a recording, a fake, the machine at the other end of a
    /// wire. It is given each plugin's name and what the plugin may do, and has to keep to that.
    #[must_use]
    pub fn host_calls(
        mut self,
        make: impl Fn(&str, Grant) -> Arc<dyn HostCalls> + Send + Sync + 'static,
    ) -> Self {
        self.host_calls = Some(Box::new(make));
        self
    }

    /// Where the messages of plugins go. Without it, nowhere.
    #[must_use]
    pub fn log(mut self, sink: impl driftless_sandbox::LogSink) -> Self {
        self.log = Some(Arc::new(sink));
        self
    }

    /// Keeps machine code between runs. Without it, each run compiles anew.
    #[must_use]
    pub fn cache(mut self, cache: MachineCodeCache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// The clock of retries and circuit breakers. Without it, the computer's own.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// What plugins are given as time and randomness. Without it, the machine's own.
    #[must_use]
    pub fn clock_and_random(mut self, clock_and_random: Arc<dyn ClockAndRandom>) -> Self {
        self.clock_and_random = Some(clock_and_random);
        self
    }

    /// Starts the sandbox. Plugins are only looked for when one is asked for.
    ///
    /// # Errors
    ///
    /// When the settings cannot be kept, or the system refuses the address space or a thread.
    pub fn build(self) -> Result<PluginManager> {
        let security = &self.settings.security;
        let mut sandbox = Sandbox::builder(security.limits());
        sandbox = sandbox.allow_wasi(security.allow_wasi).debug(security.debug_enabled);
        if let Some(log) = &self.log {
            sandbox = sandbox.log(Arc::clone(log));
        }
        if let Some(cache) = self.cache {
            sandbox = sandbox.cache(cache);
        }
        if let Some(clock_and_random) = self.clock_and_random {
            sandbox = sandbox.clock_and_random(clock_and_random);
        }
        let failure = FailureDefaults {
            policy: self.settings.failure.clone(),
            clock: self.clock.unwrap_or_else(|| Arc::new(SystemClock::start())),
        };
        Ok(PluginManager(Arc::new(Inner {
            sandbox: sandbox.build()?,
            failure: Arc::new(failure),
            settings: self.settings,
            sources: self.sources,
            listed: OnceLock::new(),
            loaded: Mutex::new(HashMap::new()),
            grants: self.grants,
            host_calls: self.host_calls.unwrap_or_else(|| Box::new(this_machine)),
            log: self.log,
        })))
    }
}

/// What stands behind the host calls of a plugin where nobody puts anything else there: this machine, as far as it is granted.
pub fn this_machine(plugin: &str, grant: Grant) -> Arc<dyn HostCalls> {
    Arc::new(Capabilities::new(plugin, grant))
}

/// What a plugin finds in WASI: the granted folders, open, and the granted variables.
fn wasi_grant(grant: &Grant) -> WasiGrant {
    let folder = |folder: GrantedFolder| WasiFolder {
        name: folder.pattern.path.to_string(),
        handle: Arc::new(folder.handle),
        writable: folder.pattern.access == Access::Write,
    };
    let variable = |name: &str| std::env::var(name).ok().map(|value| (name.to_owned(), value));
    WasiGrant {
        folders: driftless_capabilities::wasi_folders(grant).into_iter().map(folder).collect(),
        variables: grant.variables().filter_map(variable).collect(),
    }
}

/// Whether a plugin's manifest says that it works with this host.
///
/// # Errors
///
/// When it demands other versions of the host, with both in the message.
pub fn suits_this_host(manifest: &PluginManifest) -> Result<(), ValidationError> {
    let refuse = |message| Err(ValidationError { violations: vec![Violation { offset: None, message }] });
    let demanded = &manifest.driftless_version;
    let Ok(range) = semver::VersionReq::parse(demanded) else {
        return refuse(format!("its manifest demands Driftless `{demanded}`, which is no range of versions"));
    };
    let host = semver::Version::parse(HOST_VERSION).expect("cargo checks the version of a package");
    if range.matches(&host) {
        return Ok(());
    }
    refuse(format!("it demands Driftless {demanded}, and this is {HOST_VERSION}"))
}
