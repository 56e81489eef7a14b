//! A facts collector with its configuration.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::calls::{CallOptions, Measured};
use crate::component::Binding;
use crate::error::{Error, Result};
use crate::failure_policy::FailurePolicy;
use crate::reply;

/// A facts collector that can be run, see [`PluginManager::facts_collector`](crate::PluginManager::facts_collector). Clones share its
/// circuit breaker.
#[derive(Clone, Debug)]
pub struct FactsCollector(pub(crate) Binding);

impl FactsCollector {
    /// Lets `policy` say what is done when it brings no facts. Whether the work goes on without them is for the caller to see
    /// to, with [`tolerates`](Self::tolerates).
    ///
    /// # Errors
    ///
    /// None for a facts collector.
    pub fn on_failure(self, policy: &FailurePolicy) -> Result<Self> {
        self.0.on_failure(policy).map(Self)
    }

    /// Whether [`on_failure`](Self::on_failure) says that the work goes on without facts, after this error.
    pub fn tolerates(&self, error: &Error) -> bool {
        self.0.tolerates(error)
    }

    /// Collects.
    ///
    /// # Errors
    ///
    /// When the plugin fails, or what it returned is no object.
    pub fn collect(&self) -> Result<Map<String, Value>> {
        self.0.call(&[], read)
    }

    /// Collects into a type of the program's own.
    ///
    /// # Errors
    ///
    /// As for [`collect`](Self::collect), and when the facts cannot be read as a `T`.
    pub fn collect_as<T: DeserializeOwned>(&self) -> Result<T> {
        self.0.call(&[], read)
    }

    /// Collects within bounds of the caller's own, and says what that used.
    ///
    /// # Errors
    ///
    /// As for [`collect_as`](Self::collect_as), and when it is cancelled.
    pub fn collect_with<T: DeserializeOwned>(&self, options: &CallOptions) -> Result<Measured<T>> {
        self.0.call_with(options, &[], read)
    }
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    reply::read(text, "its reply is not an object of facts")
}
