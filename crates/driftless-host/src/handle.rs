//! A loaded plugin, and the one location that every call of it goes through.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use driftless_plugin_api::component::{ComponentKind, Definition};
use driftless_plugin_api::function::Function;
use driftless_plugin_api::manifest::PluginManifest;
use driftless_plugin_api::result::failure_text;
use driftless_transport::{
    Call, CallEnded, CallError, CallFailure, CallStarted, Conversation, Digest, Outcome, PluginInfo, Reply,
    SharedObserver, Timing, Transport, Usage,
};

use crate::calls::{Bounds, CallOptions, Measured};
use crate::definitions::{self, Announced};
use crate::error::{Error, Location, NotFound, PluginPart, Result, short_message};

/// A plugin that is loaded and ready to be called, from any thread. Cheap to clone.
#[derive(Clone)]
pub struct PluginHandle(Arc<Loaded>);

struct Loaded {
    transport: Arc<dyn Transport>,
    /// The time that a call has whose caller says nothing else.
    time: Duration,
    observer: Option<SharedObserver>,
    /// How exactly calls are timed for the observer.
    timing: Timing,
    /// What it announced, by kind, once it was asked.
    announced: [OnceLock<Vec<Arc<Announced>>>; ComponentKind::ALL.len()],
}

/// What of a plugin is called.
#[derive(Clone, Copy)]
pub(crate) enum Target<'a> {
    /// A function of the protocol, by whatever name its arguments have.
    Function(Function),
    /// A component.
    Component(ComponentKind, &'a Arc<str>),
}

impl Target<'_> {
    fn part(self) -> PluginPart {
        match self {
            Self::Function(function) => PluginPart::Function(function),
            Self::Component(kind, name) => PluginPart::Component(kind, Arc::clone(name)),
        }
    }
}

impl PluginHandle {
    pub(crate) fn new(
        transport: Arc<dyn Transport>,
        time: Duration,
        observer: Option<SharedObserver>,
    ) -> Self {
        let timing = observer.as_ref().map_or(Timing::Coarse, |observer| observer.timing());
        Self(Arc::new(Loaded { transport, time, observer, timing, announced: Default::default() }))
    }

    /// What is known of it: name, version, manifest, digest, functions.
    pub fn info(&self) -> &PluginInfo {
        self.0.transport.info()
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.info().name
    }

    /// What it says about itself; a file without a manifest says nothing.
    pub fn manifest(&self) -> Option<&PluginManifest> {
        self.info().manifest.as_ref()
    }

    /// The SHA-256 of its file.
    pub fn digest(&self) -> Digest {
        self.info().digest
    }

    /// Whether it has a function of the protocol.
    pub fn has(&self, function: Function) -> bool {
        self.info().has(function)
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
    /// When the plugin fails or says that it did, when the function takes another number of arguments, and when the reply is longer than one of
    /// this function may be.
    pub fn call(&self, function: Function, arguments: &[&str]) -> Result<String> {
        let read = |text: &str| definitions::unread(function, text);
        let read = self.call_at(Target::Function(function), self.bounds(), function, arguments, read)?;
        read.map_err(|defect| self.breaks_the_protocol(function, defect))
    }

    /// The same within bounds of the caller's own, with what the call used.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call), and when the call is cancelled.
    pub fn call_with(
        &self,
        options: &CallOptions,
        function: Function,
        arguments: &[&str],
    ) -> Result<Measured<String>> {
        let read = |text: &str| definitions::unread(function, text);
        self.measured(options, |bounds| {
            let read = self.call_at(Target::Function(function), bounds, function, arguments, read)?;
            read.map_err(|defect| self.breaks_the_protocol(function, defect))
        })
    }

    /// Calls a function on whatever instance is free. `read` sees the reply where it lies.
    #[inline]
    pub(crate) fn call_at<R>(
        &self,
        target: Target<'_>,
        bounds: Bounds<'_>,
        function: Function,
        arguments: &[&str],
        read: impl FnOnce(&str) -> R,
    ) -> Result<R> {
        let transport = &self.0.transport;
        self.carry(target, bounds, &bounds.call(function, arguments), read, |call, read| {
            transport.call(call, read)
        })
    }

    /// Makes one call, through `send`. Every call of every plugin goes through here: it is observed here, and its reply or failure becomes
    /// what the host says of it.
    #[inline]
    fn carry<R>(
        &self,
        target: Target<'_>,
        bounds: Bounds<'_>,
        call: &Call<'_>,
        read: impl FnOnce(&str) -> R,
        send: impl FnOnce(&Call<'_>, &mut dyn FnMut(Reply<'_>)) -> Result<(), CallError>,
    ) -> Result<R> {
        let observer = self.0.observer.as_ref().map(|observer| (observer, self.started(target, call)));
        if let Some((observer, call)) = &observer {
            observer.call_started(call);
        }
        let ended = |outcome: Outcome<'_>, usage: &Usage| {
            bounds.count(usage);
            if let Some((observer, call)) = &observer {
                observer.call_ended(&CallEnded { call: *call, outcome, usage });
            }
        };
        let mut read = Some(read);
        let (mut value, mut failure) = (None, None);
        let sent = send(call, &mut |reply| {
            let bytes = reply.text.len();
            let read = read.take().expect("a transport hands over one reply");
            if reply.failed {
                ended(Outcome::Failed(bytes), reply.usage);
                failure = Some(self.failed(target.part(), failure_text(reply.text), *reply.usage));
            } else {
                ended(Outcome::Replied(bytes), reply.usage);
                value = Some(read(reply.text));
            }
        });
        if let Err(error) = sent {
            return Err(self.call_failed(target.part(), error, ended));
        }
        if let Some(value) = value {
            return Ok(value);
        }
        Err(failure
            .unwrap_or_else(|| self.call_failed(target.part(), no_reply(self.info(), call.function), ended)))
    }

    fn started<'a>(&'a self, target: Target<'a>, call: &Call<'_>) -> CallStarted<'a> {
        let component = match target {
            Target::Function(_) => None,
            Target::Component(kind, name) => Some((kind, &**name)),
        };
        CallStarted { plugin: self.info(), function: call.function, component }
    }

    /// The bounds of a call whose caller says nothing about them.
    #[inline]
    pub(crate) fn bounds(&self) -> Bounds<'static> {
        Bounds::limits(self.0.time, self.0.timing)
    }

    /// Makes calls within the bounds that a caller asks for, as far as the limits allow, and says what they used.
    pub(crate) fn measured<R>(
        &self,
        options: &CallOptions,
        call: impl FnOnce(Bounds<'_>) -> Result<R>,
    ) -> Result<Measured<R>> {
        Measured::by(options, self.0.time, call)
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
            let among = format!("in plugin `{}`", self.name());
            NotFound { what: kind.to_string(), name: name.to_owned(), among, known }.into()
        })
    }

    fn ask(&self, kind: ComponentKind) -> Result<Vec<Arc<Announced>>> {
        let function = kind.definitions();
        if !self.has(function) {
            return Ok(Vec::new());
        }
        let target = Target::Function(function);
        let read =
            self.call_at(target, self.bounds(), function, &[], |text| definitions::read(kind, text))?;
        read.map_err(|defect| self.breaks_the_protocol(function, defect))
    }

    #[cold]
    fn breaks_the_protocol(&self, function: Function, defect: String) -> Error {
        Error::Protocol {
            location: self.location(PluginPart::Function(function)),
            defect: short_message(defect),
        }
    }

    pub(crate) fn location(&self, part: PluginPart) -> Location {
        let info = self.info();
        Location { plugin: Arc::clone(&info.name), version: info.version.clone(), part }
    }

    #[cold]
    fn failed(&self, part: PluginPart, message: String, usage: Usage) -> Error {
        Error::Failed {
            location: self.location(part),
            message: short_message(message),
            usage: Box::new(usage),
        }
    }

    #[cold]
    fn call_failed(
        &self,
        part: PluginPart,
        source: CallError,
        ended: impl FnOnce(Outcome<'_>, &Usage),
    ) -> Error {
        ended(Outcome::Error(&source), &source.usage);
        // The function that was to be called had no part in it.
        let part = match (part, source.function) {
            (PluginPart::Function(_), None) => PluginPart::Start,
            // Nor where the instance could not be initialised.
            (_, Some(Function::Initialize)) => PluginPart::Function(Function::Initialize),
            (part, _) => part,
        };
        Error::Call { location: self.location(part), source: Box::new(source) }
    }
}

/// The failure of a transport that brought neither a reply nor a failure.
#[cold]
fn no_reply(plugin: &PluginInfo, function: Function) -> CallError {
    CallError {
        plugin: Arc::clone(&plugin.name),
        function: Some(function),
        cause: CallFailure::Transport("it brought neither a reply nor a failure".to_owned()),
        usage: Usage::default(),
    }
}

impl std::fmt::Debug for PluginHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PluginHandle")
            .field("name", &self.info().name)
            .field("version", &self.info().version)
            .finish()
    }
}

/// Calls that share one instance, and with it whatever the plugin keeps in its memory. After a failure the next call begins
/// with a fresh one.
pub struct Session {
    plugin: PluginHandle,
    conversation: Option<Box<dyn Conversation>>,
}

impl Session {
    /// Calls a function of the protocol and returns what it returned, unread.
    ///
    /// # Errors
    ///
    /// As for [`PluginHandle::call`].
    pub fn call(&mut self, function: Function, arguments: &[&str]) -> Result<String> {
        let bounds = self.plugin.bounds();
        let read = |text: &str| definitions::unread(function, text);
        let read = self.call_at(Target::Function(function), bounds, function, arguments, read)?;
        read.map_err(|defect| self.plugin.breaks_the_protocol(function, defect))
    }

    /// The same within bounds of the caller's own, with what the call used. The first call of an instance is charged with what starting it
    /// used.
    ///
    /// # Errors
    ///
    /// As for [`PluginHandle::call_with`].
    pub fn call_with(
        &mut self,
        options: &CallOptions,
        function: Function,
        arguments: &[&str],
    ) -> Result<Measured<String>> {
        let (plugin, target) = (self.plugin.clone(), Target::Function(function));
        let read = |text: &str| definitions::unread(function, text);
        Measured::by(options, plugin.0.time, |bounds| {
            let read = self.call_at(target, bounds, function, arguments, read)?;
            read.map_err(|defect| plugin.breaks_the_protocol(function, defect))
        })
    }

    /// Lets the next call begin with a fresh instance.
    pub(crate) fn renew(&mut self) {
        self.conversation = None;
    }

    /// Makes one call. Every call that belongs to a session goes through here.
    #[inline]
    pub(crate) fn call_at<R>(
        &mut self,
        target: Target<'_>,
        mut bounds: Bounds<'_>,
        function: Function,
        arguments: &[&str],
        read: impl FnOnce(&str) -> R,
    ) -> Result<R> {
        let Self { plugin, conversation } = self;
        if conversation.as_ref().is_none_or(|conversation| conversation.is_over()) {
            // The old instance goes first: there may be no room for two.
            *conversation = None;
            bounds = bounds.fixed();
        }
        plugin.carry(target, bounds, &bounds.call(function, arguments), read, |call, read| {
            let conversation = match conversation {
                Some(conversation) => conversation,
                none => none.insert(plugin.0.transport.open(call.deadline, call.cancel)?),
            };
            conversation.call(call, read)
        })
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("plugin", &self.plugin).finish_non_exhaustive()
    }
}
