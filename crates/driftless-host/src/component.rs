//! One component of a plugin, and one with its configuration.

use std::fmt;
use std::sync::Arc;

use driftless_plugin_api::component::{ComponentKind, Definition};
use driftless_plugin_api::function::Function;
use driftless_transport::{CancelHandle, Usage};
use serde::Serialize;
use serde_json::Value;

use crate::calls::{Bounds, CallOptions, Measured};
use crate::configuration::Configuration;
use crate::definitions::Announced;
use crate::error::{Error, Location, PluginPart, Result, short_message};
use crate::failure::{FailureDefaults, Guard, Try};
use crate::failure_policy::FailurePolicy;
use crate::handle::{PluginHandle, Session, Target};

/// A component of a loaded plugin: `custom-task-plugin.my_custom_task`.
#[derive(Clone)]
pub struct Component {
    plugin: PluginHandle,
    kind: ComponentKind,
    announced: Arc<Announced>,
    failure: Arc<FailureDefaults>,
}

impl Component {
    pub(crate) fn find(
        plugin: PluginHandle,
        kind: ComponentKind,
        name: &str,
        failure: Arc<FailureDefaults>,
    ) -> Result<Self> {
        let announced = Arc::clone(plugin.find(kind, name)?);
        Ok(Self { plugin, kind, announced, failure })
    }

    /// How the plugin announced it.
    pub fn definition(&self) -> &Definition {
        &self.announced.definition
    }

    /// Of which kind it is.
    pub fn kind(&self) -> ComponentKind {
        self.kind
    }

    /// Whose component it is.
    pub fn plugin(&self) -> &PluginHandle {
        &self.plugin
    }

    /// Fills the schema's defaults into a configuration and checks it.
    ///
    /// # Errors
    ///
    /// Every violation of the schema.
    pub fn configure(self, config: impl Serialize) -> Result<Binding> {
        let config = Configuration::new(config, || self.location().to_string())?.into_map();
        let config = match &self.announced.schema {
            Some(schema) => schema.complete(config).map_err(|violations| Error::Configuration {
                what: format!("the configuration of {}", self.location()),
                violations,
            })?,
            None => Value::Object(config),
        };
        let guard = self.guard(&FailurePolicy::default())?;
        Ok(Binding { config: config.to_string(), component: self, guard, stop: None })
    }

    fn guard(&self, policy: &FailurePolicy) -> Result<Arc<Guard>> {
        let guard = Guard::new(self.kind, policy, &self.failure);
        let guard = guard.map_err(|why| Error::Configuration {
            what: self.location().to_string(),
            violations: vec![why],
        })?;
        Ok(Arc::new(guard))
    }

    /// Where it is, for messages.
    pub fn location(&self) -> Location {
        self.plugin.location(PluginPart::Component(self.kind, Arc::clone(&self.announced.name)))
    }

    fn target(&self) -> Target<'_> {
        Target::Component(self.kind, &self.announced.name)
    }
}

impl fmt::Debug for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Component({})", self.location())
    }
}

/// A component with a configuration that its schema has let through: a binding. Clones share its circuit breaker.
#[derive(Clone, Debug)]
pub struct Binding {
    component: Component,
    /// JSON, written once for all calls.
    config: String,
    guard: Arc<Guard>,
    /// Ends the pauses between retries.
    stop: Option<CancelHandle>,
}

impl Binding {
    /// The component.
    pub fn component(&self) -> &Component {
        &self.component
    }

    /// The configuration with its defaults, as JSON.
    pub fn config(&self) -> &str {
        &self.config
    }

    /// Lets `policy` say what is done when it fails; what it leaves open stays as [`Settings::failure`](crate::Settings::failure) has it.
    ///
    /// # Errors
    ///
    /// When a template filter or function is to be skipped.
    pub fn on_failure(mut self, policy: &FailurePolicy) -> Result<Self> {
        self.guard = self.component.guard(policy)?;
        Ok(self)
    }

    /// Lets the pauses between retries end when a handle is cancelled: a failure is then the last. What the plugin is doing goes on, unlike
    /// with [`CallOptions::cancel`].
    #[must_use]
    pub fn stopped_by(mut self, handle: &CancelHandle) -> Self {
        self.stop = Some(handle.clone());
        self
    }

    /// Whether [`on_failure`](Self::on_failure) says that a call that failed is made again.
    pub fn retries(&self) -> bool {
        self.guard.retries()
    }

    /// Whether [`on_failure`](Self::on_failure) says that the work goes on without a call that ended with this error.
    pub fn tolerates(&self, error: &Error) -> bool {
        self.guard.tolerates(error)
    }

    /// Runs it, as its failure policy says. `more` are the arguments behind the name and the configuration. `read` makes of the
    /// reply what it stands for, or says in what way it breaks the protocol.
    ///
    /// ```no_run
    /// # use driftless_host::{Binding, Error};
    /// # fn example(filter: Binding) -> Result<(), Error> {
    /// // What a template filter is given beside its configuration: the value, and further arguments.
    /// let shouted = filter.call(&["\"hello\"", "[]"], |reply| Ok(reply.to_owned()))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the plugin fails, or the binding's circuit is open because it failed too often.
    ///
    /// # Panics
    ///
    /// When the function takes fewer arguments than `more` has.
    pub fn call<R>(&self, more: &[&str], read: impl FnMut(&str) -> Result<R, String>) -> Result<R> {
        self.call_within(self.component.plugin.bounds(), more, read)
    }

    /// The same within bounds of the caller's own, with what all tries used.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call), and when it is cancelled.
    ///
    /// # Panics
    ///
    /// As for [`call`](Self::call).
    pub fn call_with<R>(
        &self,
        options: &CallOptions,
        more: &[&str],
        read: impl FnMut(&str) -> Result<R, String>,
    ) -> Result<Measured<R>> {
        self.component.plugin.measured(options, |bounds| self.call_within(bounds, more, read))
    }

    fn call_within<R>(
        &self,
        bounds: Bounds<'_>,
        more: &[&str],
        mut read: impl FnMut(&str) -> Result<R, String>,
    ) -> Result<R> {
        let Component { plugin, kind, .. } = &self.component;
        let (arguments, count) = self.arguments(more);
        let (arguments, function) = (&arguments[..count], kind.execute());
        let target = self.component.target();
        self.guard.run(
            bounds.stopped_by(self.stop.as_ref()),
            || self.component.location(),
            |which, bounds| {
                let called = match which {
                    Try::First => plugin.call_at(target, bounds, function, arguments, &mut read),
                    // What is in the pool may be the instance that failed.
                    Try::Again => plugin.session().call_at(target, bounds, function, arguments, &mut read),
                };
                called?.map_err(|defect| self.broken(defect))
            },
        )
    }

    /// As [`call`](Self::call), in a session that [`session`](Self::session) opened.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn call_in<R>(
        &self,
        session: &mut Session,
        more: &[&str],
        mut read: impl FnMut(&str) -> Result<R, String>,
    ) -> Result<R> {
        let (arguments, count) = self.arguments(more);
        let (arguments, function) = (&arguments[..count], self.component.kind.execute());
        let target = self.component.target();
        self.guard.run(
            self.component.plugin.bounds().stopped_by(self.stop.as_ref()),
            || self.component.location(),
            |which, bounds| {
                if which == Try::Again {
                    session.renew();
                }
                let called = session.call_at(target, bounds, function, arguments, &mut read);
                called?.map_err(|defect| self.broken(defect))
            },
        )
    }

    /// The guard of its calls, which keeps what has happened to it: [`Guard::take_events`].
    pub fn guard(&self) -> &Guard {
        &self.guard
    }

    /// Opens a session for it: calls that share one instance.
    pub fn session(&self) -> Session {
        self.component.plugin.session()
    }

    /// An argument of a call, as JSON.
    ///
    /// # Errors
    ///
    /// When it cannot be written as JSON.
    pub(crate) fn argument(&self, what: &str, value: &(impl Serialize + ?Sized)) -> Result<String> {
        serde_json::to_string(value).map_err(|error| Error::Configuration {
            what: format!("{what} for {}", self.component.location()),
            violations: vec![format!("it cannot be written as JSON: {error}")],
        })
    }

    /// The component did its part and says that it could not do what it was asked to.
    #[cold]
    pub(crate) fn failed(&self, message: String, usage: Usage) -> Error {
        Error::Failed {
            location: self.component.location(),
            message: short_message(message),
            usage: Box::new(usage),
        }
    }

    /// An error about what it returned.
    #[cold]
    pub(crate) fn broken(&self, defect: String) -> Error {
        Error::Protocol { location: self.component.location(), defect: short_message(defect) }
    }

    #[inline]
    fn arguments<'a>(&'a self, more: &[&'a str]) -> ([&'a str; Function::MAX_ARGUMENTS], usize) {
        let mut arguments = [""; Function::MAX_ARGUMENTS];
        arguments[0] = &self.component.announced.name;
        arguments[1] = &self.config;
        arguments[2..2 + more.len()].copy_from_slice(more);
        (arguments, 2 + more.len())
    }
}
