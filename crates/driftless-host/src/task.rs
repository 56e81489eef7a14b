//! A task with its configuration.

use driftless_plugin_api::result::TaskResult;

use crate::component::Configured;
use crate::error::{Error, Result};
use crate::failure_policy::FailurePolicy;

/// A task that can be run, see [`PluginManager::task`](crate::PluginManager::task).
#[derive(Clone, Debug)]
pub struct Task(pub(crate) Configured);

impl Task {
    /// Lets `policy` say what is done when it brings no result. Whether the work goes on without one is for the caller to see
    /// to, with [`forgives`](Self::forgives).
    ///
    /// # Errors
    ///
    /// None for a task.
    pub fn on_failure(self, policy: &FailurePolicy) -> Result<Self> {
        self.0.on_failure(policy).map(Self)
    }

    /// Whether [`on_failure`](Self::on_failure) says that the work goes on without a run that ended with this error.
    pub fn forgives(&self, error: &Error) -> bool {
        self.0.forgives(error)
    }

    /// Runs it. A result whose status is `error` is a result; the error here is a plugin that brought none.
    ///
    /// # Errors
    ///
    /// When the plugin fails, or what it returned is no task result.
    pub fn run(&self) -> Result<TaskResult> {
        self.0.call(&[], |text| {
            serde_json::from_str(text).map_err(|error| format!("its reply is not a task result: {error}"))
        })
    }
}
