//! A facts collector with its configuration.

use serde_json::{Map, Value};

use crate::component::Configured;
use crate::error::Result;

/// A facts collector that can be run, see [`PluginManager::facts_collector`](crate::PluginManager::facts_collector).
#[derive(Clone, Debug)]
pub struct FactsCollector(pub(crate) Configured);

impl FactsCollector {
    /// Collects.
    ///
    /// # Errors
    ///
    /// When the plugin fails, or what it returned is no object.
    pub fn collect(&self) -> Result<Map<String, Value>> {
        let facts = self.0.call(&[], |text| serde_json::from_str(text))?;
        facts.map_err(|error| self.0.broken(format!("its reply is not an object of facts: {error}")))
    }
}
