//! A task with its configuration.

use driftless_plugin_api::result::TaskResult;

use crate::component::Configured;
use crate::error::Result;

/// A task that can be run, see [`PluginManager::task`](crate::PluginManager::task).
#[derive(Clone, Debug)]
pub struct Task(pub(crate) Configured);

impl Task {
    /// Runs it. A result whose status is `error` is a result; the error here is a plugin that brought none.
    ///
    /// # Errors
    ///
    /// When the plugin fails, or what it returned is no task result.
    pub fn run(&self) -> Result<TaskResult> {
        let result = self.0.call(&[], |text| serde_json::from_str(text))?;
        result.map_err(|error| self.0.broken(format!("its reply is not a task result: {error}")))
    }
}
