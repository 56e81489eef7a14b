//! What a task returns, and what any function returns when it fails.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Whether a task did what it was asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskStatus {
    /// It did.
    Success,
    /// It did not; the message says why.
    Error,
}

/// What `execute_task` returns: a status, a message, and whatever else the task has to tell.
///
/// ```
/// use driftless_plugin_api::result::TaskResult;
///
/// let result = TaskResult::success("Task executed with: test").with("lines", 3);
/// assert_eq!(
///     serde_json::to_string(&result)?,
///     r#"{"status":"success","message":"Task executed with: test","lines":3}"#,
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskResult {
    /// Whether the task did what it was asked to do.
    pub status: TaskStatus,
    /// One sentence for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Every other key.
    #[serde(flatten)]
    pub data: Map<String, Value>,
}

impl TaskResult {
    /// The task did what it was asked to do.
    pub fn success(message: impl Into<String>) -> Self {
        Self { status: TaskStatus::Success, message: Some(message.into()), data: Map::new() }
    }

    /// The task did not, and this is why.
    pub fn error(message: impl Into<String>) -> Self {
        Self { status: TaskStatus::Error, message: Some(message.into()), data: Map::new() }
    }

    /// Adds something that later tasks can use: `{{ registered.key }}`.
    ///
    /// The keys `status` and `message` are taken; a value under one of them is left out.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        let key = key.into();
        if key != "status" && key != "message" {
            self.data.insert(key, value.into());
        }
        self
    }
}

impl From<String> for TaskResult {
    fn from(message: String) -> Self {
        Self::success(message)
    }
}

impl From<&str> for TaskResult {
    fn from(message: &str) -> Self {
        Self::success(message)
    }
}

impl From<()> for TaskResult {
    fn from((): ()) -> Self {
        Self { status: TaskStatus::Success, message: None, data: Map::new() }
    }
}

/// What a function returns when it could not do its work: `{"error": "why"}`.
///
/// The object alone does not prove a failure, since a plugin may well return data with a key `error`. What carries the reply
/// marks it ([`crate::abi::PackedReply`]), and only the mark counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// Why it failed.
    pub error: String,
}

/// Why a function failed, out of a reply that is marked as a failure: the text in `{"error": "why"}`, or the reply itself.
pub fn failure_text(reply: &str) -> String {
    serde_json::from_str::<Failure>(reply).map_or_else(|_| reply.to_owned(), |failure| failure.error)
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_result_with_data_is_read() {
        let result: TaskResult =
            serde_json::from_str(r#"{"status":"error","message":"Unknown task: x","code":7}"#).unwrap();
        assert_eq!(result.status, TaskStatus::Error);
        assert_eq!(result.message.as_deref(), Some("Unknown task: x"));
        assert_eq!(result.data["code"], 7);
    }

    #[test]
    fn data_that_has_an_error_among_other_keys_is_no_failure() {
        assert!(serde_json::from_str::<Failure>(r#"{"error":"x"}"#).is_ok());
        assert!(serde_json::from_str::<Failure>(r#"{"error":"x","host":"a"}"#).is_err());
        assert!(serde_json::from_str::<Failure>(r#"{"error":5}"#).is_err());
    }

    #[test]
    fn a_status_cannot_be_overwritten_by_data() {
        let result = TaskResult::success("done").with("status", "error");
        assert_eq!(serde_json::to_string(&result).unwrap(), r#"{"status":"success","message":"done"}"#);
    }
}
