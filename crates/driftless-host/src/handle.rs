//! A loaded plugin, and the one place that every call of it goes through.

use std::sync::{Arc, OnceLock};

use driftless_plugin_api::component::{ComponentKind, Definition};
use driftless_plugin_api::function::Function;
use driftless_plugin_api::manifest::{PluginManifest, is_valid_name};
use driftless_plugin_api::result::Failure;
use driftless_sandbox::{CallError, Digest, InstancePool, Reply};

use crate::error::{Error, NotFound, Place, Result, Spot, in_few_words};
use crate::schema::ConfigSchema;
use crate::transport::{Conversation, Transport};

/// A plugin that is loaded and ready to be called, from any thread. Cheap to clone.
#[derive(Clone)]
pub struct PluginHandle(Arc<Loaded>);

struct Loaded {
    name: Arc<str>,
    version: Option<Arc<str>>,
    manifest: Option<PluginManifest>,
    digest: Digest,
    transport: Transport,
    /// What it announced, by kind, once it was asked.
    announced: [OnceLock<Vec<Arc<Announced>>>; ComponentKind::ALL.len()],
}

/// A component's definition, with its schema ready to check with.
pub(crate) struct Announced {
    pub(crate) name: Arc<str>,
    pub(crate) definition: Definition,
    pub(crate) schema: Option<ConfigSchema>,
}

impl PluginHandle {
    pub(crate) fn new(pool: InstancePool) -> Self {
        let plugin = pool.plugin();
        let manifest = plugin.manifest().cloned();
        Self(Arc::new(Loaded {
            name: plugin.name().into(),
            version: manifest.as_ref().map(|manifest| manifest.version.as_str().into()),
            digest: plugin.digest(),
            manifest,
            transport: Transport::Wasm(pool),
            announced: Default::default(),
        }))
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// What it says about itself; a file without a manifest says nothing.
    pub fn manifest(&self) -> Option<&PluginManifest> {
        self.0.manifest.as_ref()
    }

    /// The SHA-256 of its file.
    pub fn digest(&self) -> Digest {
        self.0.digest
    }

    /// Whether it has a function of the protocol.
    pub fn has(&self, function: Function) -> bool {
        self.0.transport.has(function)
    }

    /// Calls a function of the protocol and returns what it returned, unread.
    ///
    /// ```no_run
    /// # use driftless_host::{PluginManager, Error};
    /// # use driftless_plugin_api::function::Function;
    /// # fn example(manager: PluginManager) -> Result<(), Error> {
    /// let plugin = manager.plugin("custom-task-plugin")?;
    /// let result = plugin.call(Function::ExecuteTask, &["echo", r#"{"message": "hi"}"#])?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the plugin fails or says that it did, and when the function takes another number of arguments.
    pub fn call(&self, function: Function, arguments: &[&str]) -> Result<String> {
        self.call_at(|| Spot::Function(function), function, arguments, str::to_owned)
    }

    /// Calls a function on whatever instance is free. `read` sees the reply where it lies.
    ///
    /// Every call that does not belong to a [`Session`] goes through here.
    pub(crate) fn call_at<R>(
        &self,
        spot: impl Fn() -> Spot,
        function: Function,
        arguments: &[&str],
        read: impl FnOnce(&str) -> R,
    ) -> Result<R> {
        let called = self.0.transport.call(function, arguments, |reply| match reply.failed {
            false => Ok(read(reply.text)),
            true => Err(failure_text(reply.text)),
        });
        match called {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(message)) => Err(self.failed(spot(), message)),
            Err(error) => Err(self.call_failed(spot(), error)),
        }
    }

    /// Opens a session: calls that share one instance, which is a fresh one.
    pub fn session(&self) -> Session {
        Session { plugin: self.clone(), conversation: None }
    }

    /// Its components of one kind.
    ///
    /// # Errors
    ///
    /// When the plugin fails, or announces something that the protocol does not know or a schema that is none.
    pub fn definitions(&self, kind: ComponentKind) -> Result<Vec<&Definition>> {
        Ok(self.announced(kind)?.iter().map(|announced| &announced.definition).collect())
    }

    pub(crate) fn announced(&self, kind: ComponentKind) -> Result<&[Arc<Announced>]> {
        let cell = &self.0.announced[kind as usize];
        if let Some(known) = cell.get() {
            return Ok(known);
        }
        // Two threads may both ask; the answers are the same.
        let asked = self.ask(kind)?;
        Ok(cell.get_or_init(|| asked))
    }

    /// The component of a kind with a name.
    pub(crate) fn find(&self, kind: ComponentKind, name: &str) -> Result<&Arc<Announced>> {
        let announced = self.announced(kind)?;
        announced.iter().find(|announced| *announced.name == *name).ok_or_else(|| {
            let known = announced.iter().map(|announced| announced.name.to_string()).collect();
            let among = format!("in plugin `{}`", self.0.name);
            NotFound { what: kind.to_string(), name: name.to_owned(), among, known }.into()
        })
    }

    fn ask(&self, kind: ComponentKind) -> Result<Vec<Arc<Announced>>> {
        let function = kind.definitions();
        if !self.has(function) {
            return Ok(Vec::new());
        }
        let text = self.call(function, &[])?;
        let broken = |defect: String| Error::Protocol {
            place: self.place(Spot::Function(function)),
            defect: in_few_words(defect),
        };
        let definitions: Vec<Definition> = serde_json::from_str(&text)
            .map_err(|error| broken(format!("its reply is not a list of definitions: {error}")))?;
        let mut announced: Vec<Arc<Announced>> = Vec::new();
        for definition in definitions.into_iter().filter(|definition| kind.announces(definition)) {
            let name = definition.name.as_str();
            if !is_valid_name(name) {
                return Err(broken(format!("it announces a {kind} called {name:?}, which is no name")));
            }
            if announced.iter().any(|other| *other.name == *name) {
                return Err(broken(format!("it announces two {kind}s called `{name}`")));
            }
            let schema = definition.config_schema.as_ref().map(ConfigSchema::new).transpose();
            let schema = schema
                .map_err(|error| broken(format!("the schema of its {kind} `{name}` is invalid: {error}")))?;
            announced.push(Arc::new(Announced { name: name.into(), definition, schema }));
        }
        Ok(announced)
    }

    pub(crate) fn place(&self, spot: Spot) -> Place {
        Place { plugin: Arc::clone(&self.0.name), version: self.0.version.clone(), spot }
    }

    #[cold]
    fn failed(&self, spot: Spot, message: String) -> Error {
        Error::Failed { place: self.place(spot), message: in_few_words(message) }
    }

    #[cold]
    fn call_failed(&self, spot: Spot, source: CallError) -> Error {
        // The function that was to be called had no part in it.
        let spot = match (spot, source.function) {
            (Spot::Function(_), None) => Spot::Start,
            (spot, _) => spot,
        };
        Error::Call { place: self.place(spot), source }
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("plugin", &self.plugin).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for PluginHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PluginHandle").field("name", &self.0.name).field("version", &self.0.version).finish()
    }
}

/// Calls that share one instance, and with it whatever the plugin keeps in its memory. After a failure the next call begins
/// with a fresh one.
pub struct Session {
    plugin: PluginHandle,
    conversation: Option<Conversation>,
}

/// What a call used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// Units of fuel, of the last call alone.
    pub fuel: u64,
    /// Bytes of memory that the instance has by now. It never has fewer again.
    pub memory: u64,
}

impl Session {
    /// Calls a function of the protocol and returns what it returned, unread.
    ///
    /// # Errors
    ///
    /// As for [`PluginHandle::call`].
    pub fn call(&mut self, function: Function, arguments: &[&str]) -> Result<String> {
        self.call_at(|| Spot::Function(function), function, arguments, str::to_owned)
    }

    /// What the last call used; `None` before the first, and after one that broke its instance.
    pub fn measured(&self) -> Option<Measured> {
        self.conversation.as_ref().filter(|conversation| !conversation.is_over()).map(Conversation::measured)
    }

    /// Lets the next call begin with a fresh instance.
    pub(crate) fn renew(&mut self) {
        self.conversation = None;
    }

    /// Makes one call. Every call that belongs to a session goes through here.
    pub(crate) fn call_at<R>(
        &mut self,
        spot: impl Fn() -> Spot,
        function: Function,
        arguments: &[&str],
        read: impl FnOnce(&str) -> R,
    ) -> Result<R> {
        if self.conversation.as_ref().is_none_or(|conversation| conversation.is_over()) {
            // The old instance goes first: there may be no room for two.
            self.conversation = None;
            let opened = self.plugin.0.transport.open();
            self.conversation = Some(opened.map_err(|error| self.plugin.call_failed(spot(), error))?);
        }
        let conversation = self.conversation.as_mut().expect("it was opened above");
        match conversation.call(function, arguments) {
            Ok(Reply { text, failed: false }) => Ok(read(text)),
            Ok(Reply { text, failed: true }) => Err(self.plugin.failed(spot(), failure_text(text))),
            Err(error) => Err(self.plugin.call_failed(spot(), error)),
        }
    }
}

/// The plugin's own word for why it failed.
#[cold]
fn failure_text(reply: &str) -> String {
    serde_json::from_str::<Failure>(reply).map_or_else(|_| reply.to_owned(), |failure| failure.error)
}
