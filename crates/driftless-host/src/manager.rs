//! Finds plugins, loads them when they are first needed, and hands out their components.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use driftless_permissions::{Grant, Permissions};
use driftless_plugin_api::component::ComponentKind;
use driftless_plugin_api::function::Function;
use driftless_plugin_api::host_call::{HostCallError, HostCalls};
use driftless_plugin_api::manifest::{PluginManifest, likeness};
use driftless_plugin_api::text::{listed, printable_line};
use driftless_transport::{
    Artifact, CancelHandle, ClockAndRandom, HostContext, LoadError, Loader, LogSink, Observer, PluginInfo,
    SharedLogSink, SharedObserver,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::clock::{Clock, SharedClock, SystemClock};
use crate::component::Component;
use crate::configuration::Configuration;
use crate::error::{Error, NotFound, Result};
use crate::event::GrantEvent;
use crate::facts::FactsCollector;
use crate::failure::FailureDefaults;
use crate::found::{Found, FoundPlugins};
use crate::grants::Grants;
use crate::handle::PluginHandle;
use crate::host_calls::{GrantedResources, ObservedHostCalls, this_machine};
use crate::host_functions::{HostFunctionCall, HostFunctions};
use crate::log_stages::{LogFilter, LogOutput, LogParser, LogSource};
use crate::protected::{ProtectedEntry, ProtectedPaths};
use crate::settings::Settings;
use crate::source::{Candidate, PluginSource};
use crate::task::Task;
use crate::template_extensions::{TemplateFilter, TemplateFunction};

/// The version of the host, which plugins may demand a range of.
pub const HOST_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The plugins of a program.
///
/// It is an owned value that is cheap to clone; two of them have nothing in common. A plugin that is not used is not loaded; of its file, no more is
/// looked at than what it is called.
#[derive(Clone)]
pub struct PluginManager(Arc<Inner>);

struct Inner {
    settings: Settings,
    loaders: Vec<Box<dyn Loader>>,
    sources: Vec<Box<dyn PluginSource>>,
    /// What the sources had when they were last asked.
    found: Mutex<Option<Arc<FoundPlugins>>>,
    loaded: Mutex<HashMap<String, PluginHandle>>,
    grants: Grants,
    protected: ProtectedPaths,
    configurations: BTreeMap<String, Arc<str>>,
    host_calls: MakeHostCalls,
    host_functions: HostFunctions,
    log: Option<SharedLogSink>,
    on_grant_event: Option<Box<OnGrantEvent>>,
    clock_and_random: Option<Arc<dyn ClockAndRandom>>,
    observer: Option<SharedObserver>,
    cancel: CancelHandle,
    failure: Arc<FailureDefaults>,
}

/// The plugins that a message lists.
const MAX_LISTED: usize = 10;

/// Makes what stands behind the host calls of one plugin, by its name and what it may do.
type MakeHostCalls = Box<dyn Fn(&str, Grant) -> Arc<dyn HostCalls> + Send + Sync>;

/// Is told of grants that do not hold.
type OnGrantEvent = dyn Fn(&GrantEvent) + Send + Sync;

/// A manager that is being set up, see [`PluginManager::builder`].
#[derive(Default)]
pub struct PluginManagerBuilder {
    settings: Settings,
    loaders: Vec<Box<dyn Loader>>,
    sources: Vec<Box<dyn PluginSource>>,
    grants: Grants,
    protected: ProtectedPaths,
    configurations: BTreeMap<String, Arc<str>>,
    host_calls: Option<MakeHostCalls>,
    host_functions: HostFunctions,
    log: Option<SharedLogSink>,
    on_grant_event: Option<Box<OnGrantEvent>>,
    clock: Option<SharedClock>,
    clock_and_random: Option<Arc<dyn ClockAndRandom>>,
    observer: Option<SharedObserver>,
    cancel: Option<CancelHandle>,
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
    /// The functions of the protocol that it has; `None` where it cannot be read as a plugin.
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

    /// Ends every call of every plugin of this manager, and the pauses between retries. What is called later ends at once.
    pub fn cancel_handle(&self) -> &CancelHandle {
        &self.0.cancel
    }

    /// Everything that is there. Only reads, each file once; a file that is no plugin is listed as well, without a manifest.
    ///
    /// # Errors
    ///
    /// When a source cannot be read.
    pub fn list(&self) -> Result<Vec<ListedPlugin>> {
        let found = self.found()?;
        let mut plugins: Vec<_> = found
            .iter()
            .map(|one| (one, self.look_into(&found, one)))
            .map(|(found, info)| match info {
                Ok(Ok(info)) => ListedPlugin {
                    name: info.name.as_ref().to_owned(),
                    origin: found.candidate.origin.clone(),
                    manifest: info.manifest.clone(),
                    functions: Some(info.functions.iter().collect()),
                },
                // What cannot be read is no plugin either.
                Ok(Err(_)) | Err(_) => ListedPlugin {
                    name: found.candidate.name.clone(),
                    origin: found.candidate.origin.clone(),
                    manifest: None,
                    functions: None,
                },
            })
            .collect();
        plugins.sort_by(|a, b| (&a.name, &a.origin).cmp(&(&b.name, &b.origin)));
        Ok(plugins)
    }

    /// Loads a plugin by its name.
    ///
    /// # Errors
    ///
    /// When there is none of this name, two of them, or it is refused.
    pub fn plugin(&self, name: &str) -> Result<PluginHandle> {
        if let Some(plugin) = self.loaded().get(name) {
            return Ok(plugin.clone());
        }
        let artifact = self.find(name)?;
        // No lock is held while this plugin is made ready. Where two calls want the same one, the first that is ready is kept.
        let plugin = self.load(&artifact)?;
        Ok(self.loaded().entry(name.to_owned()).or_insert(plugin).clone())
    }

    /// Loads a plugin anew, from what its source has now. Calls through handles, tasks and sessions that are there already go on with the
    /// plugin that they were made with; whatever is made from now on uses the new one.
    ///
    /// # Errors
    ///
    /// As for [`plugin`](Self::plugin). The plugin that was loaded before is kept then.
    pub fn reload(&self, name: &str) -> Result<PluginHandle> {
        *self.0.found.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let plugin = self.load(&self.find(name)?)?;
        self.loaded().insert(name.to_owned(), plugin.clone());
        Ok(plugin)
    }

    fn loaded(&self) -> std::sync::MutexGuard<'_, HashMap<String, PluginHandle>> {
        self.0.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Loads a plugin that no source has, without the manager remembering it.
    ///
    /// # Errors
    ///
    /// When it is refused, or no loader accepts its form.
    pub fn load(&self, artifact: &Artifact) -> Result<PluginHandle> {
        let failed = |source| Error::Load { plugin: artifact.name.as_ref().to_owned(), source };
        let loader = self.loader(artifact).map_err(failed)?;
        let transport = loader.load(artifact, &|info| self.admit(info)).map_err(failed)?;
        let time = self.0.settings.security.execution_timeout;
        Ok(PluginHandle::new(transport, time, self.0.observer.clone()))
    }

    fn loader(&self, artifact: &Artifact) -> Result<&dyn Loader, LoadError> {
        let loader = self.0.loaders.iter().find(|loader| loader.accepts(artifact));
        loader.map(|loader| &**loader).ok_or_else(|| {
            LoadError::Failed(format!("this program has no loader for what is at {}", artifact.origin))
        })
    }

    /// Decides about a plugin that is checked: refuses it, or says what it can reach.
    fn admit(&self, info: &PluginInfo) -> Result<HostContext, LoadError> {
        if let Some(manifest) = &info.manifest {
            suits_this_host(manifest)?;
        }
        let inner = &self.0;
        let mut context = HostContext { cancel: inner.cancel.clone(), ..HostContext::default() };
        if let Some(log) = &inner.log {
            context.log = Arc::clone(log);
        }
        if let Some(clock_and_random) = &inner.clock_and_random {
            context.clock_and_random = Arc::clone(clock_and_random);
        }
        if let Some(configuration) = inner.configurations.get(&*info.name) {
            context.configuration = Arc::clone(configuration);
        }
        let (grant, protected) = self.grant_and_protected(info)?;
        if grant.requested().is_empty() {
            return Ok(context);
        }
        self.tell_what_does_not_hold(info, protected);
        context.resources = Arc::new(GrantedResources::new(grant.clone()));
        let host_calls = (inner.host_calls)(&info.name, grant.clone());
        context.host_calls = inner.host_functions.before(Arc::clone(&info.name), grant, host_calls);
        if let Some(observer) = &inner.observer {
            context.host_calls = Arc::new(ObservedHostCalls::new(
                Arc::clone(&info.name),
                context.host_calls,
                Arc::clone(observer),
            ));
        }
        Ok(context)
    }

    /// What a plugin may do on this machine: what its manifest asks for and [`Grants`] allow, without
    /// [`protected_paths`](PluginManagerBuilder::protected_paths).
    ///
    /// # Errors
    ///
    /// When what it asks for means nothing.
    pub fn grant(&self, info: &PluginInfo) -> Result<Grant, LoadError> {
        self.grant_and_protected(info).map(|(grant, _)| grant)
    }

    fn grant_and_protected(&self, info: &PluginInfo) -> Result<(Grant, Vec<ProtectedEntry>), LoadError> {
        let requested = match &info.manifest {
            Some(manifest) => Permissions::requested(&manifest.permissions).map_err(|error| {
                LoadError::Refused(vec![format!("its manifest asks for permissions: {error}").into()])
            })?,
            None => Permissions::NONE,
        };
        let grant = self.0.grants.grant_to(&info.name, info.digest, requested.clone());
        let (granted, protected) = self.0.protected.remove_from(grant.granted());
        Ok((Grant::new(requested, granted), protected))
    }

    fn tell_what_does_not_hold(&self, info: &PluginInfo, protected: Vec<ProtectedEntry>) {
        let Some(on_event) = &self.0.on_grant_event else { return };
        let plugin = || Arc::clone(&info.name);
        let grants = &self.0.grants;
        if grants.granted(&info.name).is_some() && grants.granted_to(&info.name, info.digest).is_none() {
            on_event(&GrantEvent::OfAnotherFile { plugin: plugin() });
        }
        for entry in protected {
            on_event(&GrantEvent::Protected { plugin: plugin(), entry });
        }
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
    pub fn task(&self, name: &str, config: impl Serialize) -> Result<Task> {
        Ok(Task(self.component(ComponentKind::Task, name)?.configure(config)?))
    }

    /// A facts collector by its full name, with its configuration.
    ///
    /// # Errors
    ///
    /// As for [`component`](Self::component), and when the configuration does not match its schema.
    pub fn facts_collector(&self, name: &str, config: impl Serialize) -> Result<FactsCollector> {
        Ok(FactsCollector(self.component(ComponentKind::FactsCollector, name)?.configure(config)?))
    }

    /// A log source by its full name, with its configuration.
    ///
    /// # Errors
    ///
    /// As for [`component`](Self::component), and when the configuration does not match its schema.
    pub fn log_source(&self, name: &str, config: impl Serialize) -> Result<LogSource> {
        Ok(LogSource(self.component(ComponentKind::LogSource, name)?.configure(config)?))
    }

    /// A log parser by its full name, with its configuration.
    ///
    /// # Errors
    ///
    /// As for [`component`](Self::component), and when the configuration does not match its schema.
    pub fn log_parser(&self, name: &str, config: impl Serialize) -> Result<LogParser> {
        Ok(LogParser(self.component(ComponentKind::LogParser, name)?.configure(config)?))
    }

    /// A log filter by its full name, with its configuration.
    ///
    /// # Errors
    ///
    /// As for [`component`](Self::component), and when the configuration does not match its schema.
    pub fn log_filter(&self, name: &str, config: impl Serialize) -> Result<LogFilter> {
        Ok(LogFilter(self.component(ComponentKind::LogFilter, name)?.configure(config)?))
    }

    /// A log output by its full name, with its configuration.
    ///
    /// # Errors
    ///
    /// As for [`component`](Self::component), and when the configuration does not match its schema.
    pub fn log_output(&self, name: &str, config: impl Serialize) -> Result<LogOutput> {
        Ok(LogOutput(self.component(ComponentKind::LogOutput, name)?.configure(config)?))
    }

    /// A template filter by its full name, with its configuration.
    ///
    /// # Errors
    ///
    /// As for [`component`](Self::component), and when the configuration does not match its schema.
    pub fn template_filter(&self, name: &str, config: impl Serialize) -> Result<TemplateFilter> {
        Ok(TemplateFilter(self.component(ComponentKind::TemplateFilter, name)?.configure(config)?))
    }

    /// A template function by its full name, with its configuration.
    ///
    /// # Errors
    ///
    /// As for [`component`](Self::component), and when the configuration does not match its schema.
    pub fn template_function(&self, name: &str, config: impl Serialize) -> Result<TemplateFunction> {
        Ok(TemplateFunction(self.component(ComponentKind::TemplateFunction, name)?.configure(config)?))
    }

    /// What the sources have, asked once until [`reload`](Self::reload).
    fn found(&self) -> Result<Arc<FoundPlugins>> {
        if let Some(found) = &*self.0.found.lock().unwrap_or_else(PoisonError::into_inner) {
            return Ok(Arc::clone(found));
        }
        let mut all = FoundPlugins::default();
        for (number, source) in self.0.sources.iter().enumerate() {
            let listed = source.list();
            let listed =
                listed.map_err(|source| Error::Source { what: "the list of plugins".into(), source })?;
            all.add(number, listed);
        }
        let all = Arc::new(all);
        *self.0.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&all));
        Ok(all)
    }

    fn open(&self, found: &Found) -> Result<Artifact> {
        let Candidate { name, origin } = &found.candidate;
        let form = self.0.sources[found.source].open(&found.candidate);
        let form = form.map_err(|source| Error::Source { what: origin.clone(), source })?;
        Ok(Artifact::new(name.as_str(), origin.as_str(), form))
    }

    /// Opens a candidate, and remembers where that cannot be done.
    fn read(&self, found: &Found) -> Result<Artifact> {
        self.open(found).inspect_err(|_| {
            let _ = found.name.set(None);
        })
    }

    /// What is known of a candidate, or why it is no plugin. It is looked into once.
    fn look_into<'a>(&self, all: &FoundPlugins, found: &'a Found) -> Result<&'a Result<PluginInfo, String>> {
        if let Some(info) = found.info.get() {
            return Ok(info);
        }
        let artifact = self.read(found)?;
        let info = self.inspect(&artifact).map_err(|error| error.to_string());
        all.keep(found, artifact);
        Ok(found.info.get_or_init(|| info))
    }

    /// What is known of a plugin without executing it.
    ///
    /// # Errors
    ///
    /// When it cannot be read as a plugin.
    pub fn inspect(&self, artifact: &Artifact) -> Result<PluginInfo, LoadError> {
        self.loader(artifact)?.inspect(artifact)
    }

    /// The plugin with this name, as its source has it. Only reads.
    ///
    /// What a file is called does not decide: every file is asked for its name. Names that differ in case, `-` and `_` only are taken for each other
    /// by people and by templates, so none of several plugins is found by one of them.
    ///
    /// # Errors
    ///
    /// When there is none of this name, one that differs in case, `-` and `_` only beside it, or it cannot be read.
    pub fn find(&self, name: &str) -> Result<Artifact> {
        let found = self.found()?;
        let alike = likeness(name);
        let mut known = Vec::new();
        let mut matching: Vec<(&Found, Arc<str>, Option<Artifact>)> = Vec::new();
        for candidate in found.iter() {
            let is_wanted = candidate.candidate.name == name;
            if matches!(candidate.name.get(), Some(None)) && !is_wanted {
                continue;
            }
            let (called, artifact) = match self.name_of(candidate) {
                Ok(named) => named,
                Err(error) if is_wanted => return Err(error),
                // That another file cannot be read is said where that one is wanted.
                Err(_) => continue,
            };
            if likeness(&called) == alike {
                matching.push((candidate, Arc::clone(&called), artifact));
            }
            known.push(called);
        }
        if !matching.iter().any(|(_, called, _)| **called == *name) {
            known.sort();
            known.dedup();
            let known = known.iter().map(ToString::to_string).collect();
            return Err(NotFound {
                what: "plugin".into(),
                name: name.into(),
                among: "installed".into(),
                known,
            }
            .into());
        }
        match &mut matching[..] {
            [(only, _, artifact)] => {
                artifact.take().or_else(|| found.take(only)).map_or_else(|| self.open(only), Ok)
            }
            several => {
                let named = several.iter().map(|(found, called, _)| (&**called, &*found.candidate.origin));
                Err(Error::Ambiguous(ambiguous(named)))
            }
        }
    }

    /// What a candidate is called, and what was read for that. It is read once: what is found out about it and what is loaded are the same bytes.
    fn name_of(&self, found: &Found) -> Result<(Arc<str>, Option<Artifact>)> {
        match found.info.get() {
            Some(Ok(info)) => return Ok((Arc::clone(&info.name), None)),
            // What cannot be read as a plugin is refused, with reasons, when it is loaded.
            Some(Err(_)) => return Ok((found.candidate.name.as_str().into(), None)),
            None => {}
        }
        if let Some(Some(name)) = found.name.get() {
            return Ok((Arc::clone(name), None));
        }
        let artifact = self.read(found)?;
        let name = self.loader(&artifact).and_then(|loader| loader.name(&artifact));
        let name = name.unwrap_or_else(|_| found.candidate.name.as_str().into());
        let _ = found.name.set(Some(Arc::clone(&name)));
        Ok((name, Some(artifact)))
    }
}

/// Says that several plugins, each with its name and origin, are called the same or alike.
fn ambiguous<'a>(plugins: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> String {
    let names: BTreeSet<String> =
        plugins.clone().map(|(name, _)| format!("`{}`", printable_line(name))).collect();
    let differ = if names.len() > 1 { ", which differ in case, `-` and `_` only" } else { "" };
    let names: Vec<String> = names.into_iter().collect();
    let origins: Vec<_> = plugins.map(|(_, origin)| printable_line(origin)).collect();
    match origins.len() {
        2 => format!(
            "two plugins are called {}{differ}: {}; remove one",
            names.join(" and "),
            origins.join(" and ")
        ),
        number => format!(
            "{number} plugins are called {}{differ}: {}; keep one",
            listed(&names, MAX_LISTED),
            listed(&origins, MAX_LISTED)
        ),
    }
}

impl std::fmt::Debug for PluginManager {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PluginManager").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

impl PluginManagerBuilder {
    /// What the user says about plugins. Without it, the defaults of [`Settings`] hold.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Loads plugins of one more form. Loaders are asked in order, and one that accepts every file goes last; the sandbox of
    /// `driftless-sandbox` does.
    #[must_use]
    pub fn loader(mut self, loader: impl Loader + 'static) -> Self {
        self.loaders.push(Box::new(loader));
        self
    }

    /// One more place where plugins are.
    #[must_use]
    pub fn source(mut self, source: impl PluginSource + 'static) -> Self {
        self.sources.push(Box::new(source));
        self
    }

    /// What the user grants to which plugin. Without it, no plugin is granted anything.
    #[must_use]
    pub fn grants(mut self, grants: Grants) -> Self {
        self.grants = grants;
        self
    }

    /// The program's own files, like that of the grants: what is granted and reaches one of them does not hold, which [`on_grant_event`](Self::on_grant_event) is told.
    /// Without it, none are known.
    #[must_use]
    pub fn protected_paths(mut self, paths: ProtectedPaths) -> Self {
        self.protected = paths;
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

    /// Offers plugins a function of this program. A plugin can call it whose manifest asks for it (`HostFunction`, by this name) and that
    /// was granted it, like a file or a host.
    ///
    /// Arguments and result travel as JSON: the plugin's arguments are read as `A`, and what does not fit is answered with an error before
    /// `function` is called. An error goes to the plugin, with its message. The function runs on the thread of the plugin's call, within
    /// its time ([`HostFunctionCall::time_left`]); nothing ends it from outside. A panic in it is an error for the plugin, where panics
    /// unwind. It must not call the plugin that calls it, nor render templates that do.
    ///
    /// ```
    /// use driftless_host::api::host_call::{HostCallError, HostCallErrorKind};
    /// use driftless_host::PluginManager;
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Deserialize)]
    /// struct OwnerOf { host: String }
    ///
    /// #[derive(Serialize)]
    /// struct Owner { team: &'static str }
    ///
    /// let builder = PluginManager::builder().host_function("inventory.owner", |asked: OwnerOf, call| {
    ///     match asked.host.as_str() {
    ///         "web1" => Ok(Owner { team: "storage" }),
    ///         host => {
    ///             println!("{} asks for {host}", call.plugin());
    ///             Err(HostCallError::new(HostCallErrorKind::NotFound, format!("no machine is called {host}")))
    ///         }
    ///     }
    /// })?;
    /// # drop(builder);
    /// # Ok::<(), driftless_host::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When a function of this name is there already, or `name` is not made of words with dots between them, each of ASCII letters, digits, `_`
    /// and `-` and beginning with a letter, at most 64 bytes in all.
    pub fn host_function<A: DeserializeOwned, R: Serialize>(
        mut self,
        name: impl Into<String>,
        function: impl Fn(A, &HostFunctionCall<'_>) -> Result<R, HostCallError> + Send + Sync + 'static,
    ) -> Result<Self> {
        self.host_functions.add(name.into(), function)?;
        Ok(self)
    }

    /// Where the messages of plugins go. Without it, nowhere.
    #[must_use]
    pub fn log(mut self, sink: impl LogSink) -> Self {
        self.log = Some(Arc::new(sink));
        self
    }

    /// Hands what does not hold of a plugin's grant to `on_event`, when the plugin is loaded. By default, nowhere.
    #[must_use]
    pub fn on_grant_event(mut self, on_event: impl Fn(&GrantEvent) + Send + Sync + 'static) -> Self {
        self.on_grant_event = Some(Box::new(on_event));
        self
    }

    /// What a plugin is initialised with: `initialize` is called with it before any other function of an instance. Without it, with `{}`.
    ///
    /// # Errors
    ///
    /// When it is not an object as JSON has it.
    pub fn configuration(mut self, plugin: impl Into<String>, configuration: impl Serialize) -> Result<Self> {
        let plugin = plugin.into();
        let configuration = Configuration::new(configuration, || format!("plugin `{plugin}`"))?;
        self.configurations.insert(plugin, configuration.to_json().into());
        Ok(self)
    }

    /// Is told of every call of every plugin.
    #[must_use]
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Ends every call of the manager when it is cancelled.
    #[must_use]
    pub fn cancel(mut self, handle: &CancelHandle) -> Self {
        self.cancel = Some(handle.clone());
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

    /// The manager. Plugins are only looked for when one is asked for.
    ///
    /// # Errors
    ///
    /// When a plugin's configuration in the settings is none.
    pub fn build(mut self) -> Result<PluginManager> {
        for (plugin, configuration) in &self.settings.plugins {
            let json = serde_json::Value::Object(configuration.clone()).to_string();
            self.configurations.entry(plugin.clone()).or_insert_with(|| json.into());
        }
        let cancel = self.cancel.unwrap_or_default();
        let failure = FailureDefaults {
            policy: self.settings.failure.clone(),
            clock: self.clock.unwrap_or_else(|| Arc::new(SystemClock::start())),
            cancel: cancel.clone(),
        };
        Ok(PluginManager(Arc::new(Inner {
            failure: Arc::new(failure),
            settings: self.settings,
            loaders: self.loaders,
            sources: self.sources,
            found: Mutex::new(None),
            loaded: Mutex::new(HashMap::new()),
            grants: self.grants,
            protected: self.protected,
            configurations: self.configurations,
            host_calls: self.host_calls.unwrap_or_else(|| Box::new(this_machine)),
            host_functions: self.host_functions,
            log: self.log,
            on_grant_event: self.on_grant_event,
            clock_and_random: self.clock_and_random,
            observer: self.observer,
            cancel,
        })))
    }
}

/// Whether a plugin's manifest says that it works with this host.
///
/// # Errors
///
/// When it demands other versions of the host, with both in the message.
pub fn suits_this_host(manifest: &PluginManifest) -> Result<(), LoadError> {
    let refuse = |message: String| Err(LoadError::Refused(vec![message.into()]));
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
