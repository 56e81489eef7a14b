//! What becomes of a task.

use std::sync::Arc;

use driftless_plugin_api::result::{TaskResult, TaskStatus};
use serde_json::{Value, json};

/// What became of one task, or of one item of its loop.
#[derive(Clone, Debug)]
pub enum TaskOutcome {
    /// It ran. Where the status of its result is `error`, it is the last that does.
    Ran(TaskResult),
    /// Its `when` was false.
    Skipped,
    /// It failed, and its `on_failure` says to go on without.
    LeftOut(TaskFailure),
    /// It failed, and its `ignore_errors` says to go on.
    Ignored(TaskFailure),
    /// It has a loop: what became of each item.
    Looped(Vec<ItemOutcome>),
    /// A dry run found nothing wrong with it.
    Checked,
    /// A dry run cannot tell: it uses the result of this earlier task.
    Depends(String),
    /// The run ended before it.
    NotRun,
}

/// What became of one item of a loop.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemOutcome {
    /// The item.
    pub item: Value,
    /// What became of it.
    pub outcome: TaskOutcome,
}

/// How a task failed.
#[derive(Clone, Debug)]
pub enum TaskFailure {
    /// It says so itself: the status of its result is `error`.
    Result(TaskResult),
    /// It brought no result, and this is why.
    Error(Arc<driftless_host::Error>),
}

impl TaskOutcome {
    /// Whether it ran and did not do what it was asked to do, which ends the run.
    pub fn has_failed(&self) -> bool {
        match self {
            Self::Ran(result) => result.status == TaskStatus::Error,
            Self::Looped(items) => items.iter().any(|item| item.outcome.has_failed()),
            _ => false,
        }
    }

    /// Whether nothing was done, so that it counts as skipped. A loop is, all of whose items are, and one without any.
    pub fn is_skipped(&self) -> bool {
        match self {
            Self::Skipped | Self::LeftOut(_) => true,
            Self::Looped(items) => items.iter().all(|item| item.outcome.is_skipped()),
            _ => false,
        }
    }

    /// Whether it failed, or an item of it, and the run goes on all the same.
    pub fn is_ignored(&self) -> bool {
        match self {
            Self::Ignored(_) => true,
            Self::Looped(items) => !self.has_failed() && items.iter().any(|item| item.outcome.is_ignored()),
            _ => false,
        }
    }

    /// What later tasks find under the name that it is registered with: its result, or an object with a status at least. That of a loop has `results`,
    /// each with its item under the name of the loop's variable.
    pub(crate) fn registered(&self, loop_var: &str) -> Value {
        match self {
            Self::Ran(result)
            | Self::LeftOut(TaskFailure::Result(result))
            | Self::Ignored(TaskFailure::Result(result)) => {
                serde_json::to_value(result).expect("a task result has string keys only")
            }
            Self::Ignored(TaskFailure::Error(error)) => {
                json!({"status": TaskStatus::Error, "message": error.to_string()})
            }
            Self::Looped(items) => {
                let results: Vec<_> = items.iter().map(|item| item.registered(loop_var)).collect();
                // What an item is called may be `status`, so it is not looked for in what was registered.
                let failed = |item: &ItemOutcome| item.outcome.registered(loop_var)["status"] == "error";
                let has_failed = items.iter().any(failed);
                let status = match (has_failed, self.is_skipped()) {
                    (true, _) => "error",
                    (false, true) => "skipped",
                    (false, false) => "success",
                };
                json!({"status": status, "results": results})
            }
            Self::Skipped
            | Self::LeftOut(TaskFailure::Error(_))
            | Self::Checked
            | Self::Depends(_)
            | Self::NotRun => json!({"status": "skipped"}),
        }
    }
}

impl ItemOutcome {
    fn registered(&self, loop_var: &str) -> Value {
        let mut result = self.outcome.registered(loop_var);
        result[loop_var] = self.item.clone();
        result
    }
}

/// Two outcomes are the same where what they hold is.
impl PartialEq for TaskOutcome {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Ran(one), Self::Ran(other)) => one == other,
            (Self::LeftOut(one), Self::LeftOut(other)) | (Self::Ignored(one), Self::Ignored(other)) => {
                one == other
            }
            (Self::Looped(one), Self::Looped(other)) => one == other,
            (Self::Depends(one), Self::Depends(other)) => one == other,
            (Self::Skipped, Self::Skipped)
            | (Self::Checked, Self::Checked)
            | (Self::NotRun, Self::NotRun) => true,
            _ => false,
        }
    }
}

/// Two errors are the same where they say the same.
impl PartialEq for TaskFailure {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Result(one), Self::Result(other)) => one == other,
            (Self::Error(one), Self::Error(other)) => one.to_string() == other.to_string(),
            _ => false,
        }
    }
}
