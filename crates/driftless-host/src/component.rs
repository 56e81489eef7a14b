//! One component of a plugin, and one with its configuration.

use std::fmt;
use std::sync::Arc;

use driftless_plugin_api::component::{ComponentKind, Definition};
use driftless_plugin_api::function::Function;
use serde_json::{Map, Value};

use crate::error::{Error, Place, Result, Spot};
use crate::handle::{Announced, PluginHandle, Session};

/// A component of a loaded plugin: `custom-task-plugin.my_custom_task`.
#[derive(Clone)]
pub struct Component {
    plugin: PluginHandle,
    kind: ComponentKind,
    announced: Arc<Announced>,
}

impl Component {
    pub(crate) fn find(plugin: PluginHandle, kind: ComponentKind, name: &str) -> Result<Self> {
        let announced = Arc::clone(plugin.find(kind, name)?);
        Ok(Self { plugin, kind, announced })
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
    pub fn configure(self, config: Map<String, Value>) -> Result<Configured> {
        let config = match &self.announced.schema {
            Some(schema) => schema.complete(config).map_err(|violations| Error::Configuration {
                what: format!("the configuration of {}", self.place()),
                violations,
            })?,
            None => Value::Object(config),
        };
        Ok(Configured { config: config.to_string(), component: self })
    }

    pub(crate) fn place(&self) -> Place {
        self.plugin.place(self.spot())
    }

    fn spot(&self) -> Spot {
        Spot::Component(self.kind, Arc::clone(&self.announced.name))
    }
}

impl fmt::Debug for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Component({})", self.place())
    }
}

/// A component with a configuration that its schema has let through.
#[derive(Clone, Debug)]
pub struct Configured {
    component: Component,
    /// JSON, written once for all calls.
    config: String,
}

impl Configured {
    /// The component.
    pub fn component(&self) -> &Component {
        &self.component
    }

    /// The configuration with its defaults, as JSON.
    pub fn config(&self) -> &str {
        &self.config
    }

    /// Runs it once. `more` are the arguments behind the name and the configuration.
    pub(crate) fn call<R>(&self, more: &[&str], read: impl FnOnce(&str) -> R) -> Result<R> {
        let Component { plugin, kind, .. } = &self.component;
        let (arguments, count) = self.arguments(more);
        plugin.call_at(|| self.component.spot(), kind.execute(), &arguments[..count], read)
    }

    /// Runs it once, in a session.
    pub(crate) fn call_in<R>(
        &self,
        session: &mut Session,
        more: &[&str],
        read: impl FnOnce(&str) -> R,
    ) -> Result<R> {
        let (arguments, count) = self.arguments(more);
        session.call_at(|| self.component.spot(), self.component.kind.execute(), &arguments[..count], read)
    }

    /// Opens a session for it.
    pub(crate) fn session(&self) -> Session {
        self.component.plugin.session()
    }

    /// An error about what it returned.
    #[cold]
    pub(crate) fn broken(&self, defect: impl Into<String>) -> Error {
        Error::Protocol { place: self.component.place(), defect: defect.into() }
    }

    fn arguments<'a>(&'a self, more: &[&'a str]) -> ([&'a str; Function::MAX_ARGUMENTS], usize) {
        let mut arguments = [""; Function::MAX_ARGUMENTS];
        arguments[0] = &self.component.announced.name;
        arguments[1] = &self.config;
        arguments[2..2 + more.len()].copy_from_slice(more);
        (arguments, 2 + more.len())
    }
}
