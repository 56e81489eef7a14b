//! What a plugin is told around a task, and what it may say to it.
//!
//! | function | arguments | reply |
//! |---|---|---|
//! | `initialize` | the plugin's configuration | nothing: `null` |
//! | `before_task` | [`TaskContext`] | [`Verdict`], or `null` for "go on" |
//! | `after_task` | [`TaskContext`], [`TaskOutcome`] | `null` |
//! | `on_task_failure` | [`TaskContext`], [`TaskError`] | `null` |
//! | `shutdown` | – | `null` |
//!
//! `get_hooks` names those of `before_task`, `after_task` and `on_task_failure` that the plugin wants to be called for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::result::TaskStatus;

/// The task that is about to run, or did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskContext {
    /// What it is called.
    pub task_name: String,
    /// What it runs.
    pub command: String,
    /// Where it runs.
    pub working_dir: String,
    /// The environment variables that it gets.
    pub env_vars: BTreeMap<String, String>,
    /// What the task says to this plugin.
    pub config: Value,
}

/// How a task ended.
///
/// ```
/// use driftless_plugin_api::hook::TaskOutcome;
/// use driftless_plugin_api::result::TaskStatus;
///
/// let outcome: TaskOutcome = serde_json::from_str(r#"{"status": "success", "exit_code": 0}"#)?;
/// assert_eq!(outcome.status, TaskStatus::Success);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskOutcome {
    /// Whether it did what it was asked to do.
    pub status: TaskStatus,
    /// The exit code of its command; `None` where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// How long it took, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
}

/// Why a task failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskError {
    /// For people.
    pub message: String,
    /// The exit code of its command; `None` where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
}

/// What a plugin says to a task that is about to run.
///
/// ```
/// use driftless_plugin_api::hook::Verdict;
///
/// let verdict = Verdict::abort("the tree is not clean");
/// assert_eq!(serde_json::to_string(&verdict)?, r#"{"verdict":"abort","message":"the tree is not clean"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "lowercase", deny_unknown_fields)]
pub enum Verdict {
    /// It may run as it is.
    #[default]
    Continue,
    /// It may run with these changes.
    Modify {
        /// What it runs instead.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        command: Option<String>,
        /// Environment variables that it gets besides.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        env_vars: BTreeMap<String, String>,
    },
    /// It must not run.
    Abort {
        /// Why.
        message: String,
    },
}

impl Verdict {
    /// The task must not run, and this is why.
    pub fn abort(message: impl Into<String>) -> Self {
        Self::Abort { message: message.into() }
    }
}

impl From<()> for Verdict {
    fn from((): ()) -> Self {
        Self::Continue
    }
}
