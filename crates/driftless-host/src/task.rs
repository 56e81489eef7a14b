//! A task with its configuration.

use driftless_plugin_api::result::{TaskResult, TaskStatus};
use serde::de::DeserializeOwned;

use crate::calls::{CallOptions, Measured};
use crate::component::Binding;
use crate::error::{Error, Result};
use crate::failure_policy::FailurePolicy;
use crate::reply;

/// A task that can be run, see [`PluginManager::task`](crate::PluginManager::task). Clones share its circuit breaker.
#[derive(Clone, Debug)]
pub struct Task(pub(crate) Binding);

impl Task {
    /// Lets `policy` say what is done when it brings no result. Whether the work goes on without one is for the caller to see
    /// to, with [`tolerates`](Self::tolerates).
    ///
    /// # Errors
    ///
    /// None for a task.
    pub fn on_failure(self, policy: &FailurePolicy) -> Result<Self> {
        self.0.on_failure(policy).map(Self)
    }

    /// Whether [`on_failure`](Self::on_failure) says that the work goes on without a run that ended with this error.
    pub fn tolerates(&self, error: &Error) -> bool {
        self.0.tolerates(error)
    }

    /// Runs it. A result whose status is `error` is a result; the error here is a plugin that brought none.
    ///
    /// # Errors
    ///
    /// When the plugin fails, or what it returned is no task result.
    pub fn run(&self) -> Result<TaskResult> {
        self.0.call(&[], read)
    }

    /// Runs it within bounds of the caller's own, and says what that used.
    ///
    /// # Errors
    ///
    /// As for [`run`](Self::run), and when it is cancelled.
    pub fn run_with(&self, options: &CallOptions) -> Result<Measured<TaskResult>> {
        self.0.call_with(options, &[], read)
    }

    /// Runs it and reads the result into a type of the program's own: any that can be read from an object with the keys `status`, `message`
    /// and whatever else the task returns.
    ///
    /// ```no_run
    /// # use driftless_host::{Error, PluginManager};
    /// #[derive(serde::Serialize)]
    /// struct Plan { from: String, to: String }
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Report { changes: Vec<String> }
    ///
    /// # fn example(manager: PluginManager) -> Result<(), Error> {
    /// let plan = Plan { from: "a.yml".into(), to: "b.yml".into() };
    /// let report: Report = manager.task("planner.plan", plan)?.run_as()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`run`](Self::run), when the result cannot be read as a `T`, and when its status is `error`: that is a failure here, with the
    /// task's message.
    pub fn run_as<T: DeserializeOwned>(&self) -> Result<T> {
        self.run_as_with(&CallOptions::default()).map(|measured| measured.value)
    }

    /// The same within bounds of the caller's own, with what it used.
    ///
    /// # Errors
    ///
    /// As for [`run_as`](Self::run_as), and when it is cancelled.
    pub fn run_as_with<T: DeserializeOwned>(&self, options: &CallOptions) -> Result<Measured<T>> {
        let Measured { value, usage } = self.run_with(options)?;
        if value.status == TaskStatus::Error {
            let message = value.message.unwrap_or_else(|| "its status is `error`".to_owned());
            return Err(self.0.failed(message, usage));
        }
        let value = serde_json::to_value(value).and_then(serde_json::from_value::<T>);
        match value {
            Ok(value) => Ok(Measured { value, usage }),
            Err(error) => Err(self.0.broken(format!("its result is not what the program expects: {error}"))),
        }
    }
}

fn read(text: &str) -> Result<TaskResult, String> {
    reply::read(text, "its reply is not a task result")
}
