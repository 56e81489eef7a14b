//! Files of tasks and collectors as they are written in YAML, JSON or TOML.

use driftless_host::FailurePolicy;
use serde::Deserialize;
use serde_json::{Map, Value};

/// A file of tasks, as it is written in YAML, JSON or TOML.
///
/// ```
/// use driftless_runner::ApplyFile;
///
/// let file: ApplyFile = serde_json::from_value(serde_json::json!({
///     "vars": {"who": "world"},
///     "tasks": [{
///         "type": "custom-task-plugin.my_custom_task",
///         "message": "Hello {{ who }}",
///         "register": "greeting",
///     }],
/// }))?;
/// assert_eq!(file.tasks[0].config["message"], "Hello {{ who }}");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplyFile {
    /// Variables for the templates in this file. They may use those above them.
    #[serde(default)]
    pub vars: Map<String, Value>,
    /// Facts to collect first; templates find them under `facts`.
    #[serde(default)]
    pub collectors: Vec<CollectorStep>,
    /// What to do, in order.
    pub tasks: Vec<TaskStep>,
}

/// A file of facts collectors.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactsFile {
    /// Variables for the templates in this file. They may use those above them.
    #[serde(default)]
    pub vars: Map<String, Value>,
    /// What to collect.
    pub collectors: Vec<CollectorStep>,
}

/// One task of a file.
#[derive(Clone, Debug, Deserialize)]
pub struct TaskStep {
    /// Which, as `plugin.task`.
    pub r#type: String,
    /// What to call it in messages. Default: the type.
    pub name: Option<String>,
    /// The variable that holds its result for the tasks below.
    pub register: Option<String>,
    /// An expression, or a list of them, of which all have to be true; otherwise the task is left out.
    pub when: Option<Value>,
    /// What is done when it brings no result; no template.
    pub on_failure: Option<FailurePolicy>,
    /// Every other key: its configuration.
    #[serde(flatten)]
    pub config: Map<String, Value>,
}

/// One collector of a file.
#[derive(Clone, Debug, Deserialize)]
pub struct CollectorStep {
    /// Which, as `plugin.collector`.
    pub r#type: String,
    /// The key of its facts. Default: the collector's own name.
    pub name: Option<String>,
    /// What is done when it brings no facts; no template.
    pub on_failure: Option<FailurePolicy>,
    /// Every other key: its configuration.
    #[serde(flatten)]
    pub config: Map<String, Value>,
}

impl TaskStep {
    /// What it is called in messages.
    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.r#type)
    }
}

impl CollectorStep {
    /// The key of its facts.
    pub fn key(&self) -> &str {
        let own = || self.r#type.split_once('.').map_or(self.r#type.as_str(), |(_, collector)| collector);
        self.name.as_deref().unwrap_or_else(own)
    }
}
