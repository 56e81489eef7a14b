//! Files of tasks and collectors as they are written in YAML, JSON or TOML.

use driftless_documents::configuration;
use driftless_host::FailurePolicy;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::tags::Tags;

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
    /// What to call it in messages, a template. Default: the type.
    pub name: Option<String>,
    /// The variable that holds its result for the tasks below.
    pub register: Option<String>,
    /// A list, or an expression that makes one: it is run once for each item.
    pub r#loop: Option<Value>,
    /// What the item of a loop is called.
    #[serde(default)]
    pub loop_control: LoopControl,
    /// Words by which a part of the tasks is run.
    #[serde(default)]
    pub tags: Tags,
    /// Keeps its configuration and its result out of everything that is printed. It stops no plugin from writing them somewhere.
    #[serde(default)]
    pub no_log: bool,
    /// Lets the next task run where this one fails.
    #[serde(default)]
    pub ignore_errors: bool,
    /// An expression, or a list of them, of which all have to be true; otherwise the task is left out.
    pub when: Option<Value>,
    /// What is done when it brings no result; no template.
    pub on_failure: Option<FailurePolicy>,
    /// Every other key, and those below `with`: its configuration.
    #[serde(flatten, deserialize_with = "configuration")]
    pub config: Map<String, Value>,
}

/// What the variables of a loop are called.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoopControl {
    /// The variable that holds the item, and the key of the item in the results.
    #[serde(default = "item")]
    pub loop_var: String,
    /// The variable that holds the item's number, from 0.
    pub index_var: Option<String>,
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
    /// Every other key, and those below `with`: its configuration.
    #[serde(flatten, deserialize_with = "configuration")]
    pub config: Map<String, Value>,
}

/// The keys of a task that are no part of its configuration, unless they stand below `with`.
pub const TASK_KEYS: [&str; 11] = [
    "type",
    "name",
    "register",
    "loop",
    "loop_control",
    "tags",
    "no_log",
    "ignore_errors",
    "when",
    "on_failure",
    "with",
];

/// The keys of a collector that are no part of its configuration, unless they stand below `with`.
pub const COLLECTOR_KEYS: [&str; 4] = ["type", "name", "on_failure", "with"];

impl TaskStep {
    /// A task of this type, with nothing else said.
    pub(crate) fn new(r#type: String) -> Self {
        Self {
            r#type,
            name: None,
            register: None,
            r#loop: None,
            loop_control: LoopControl::default(),
            tags: Tags::default(),
            no_log: false,
            ignore_errors: false,
            when: None,
            on_failure: None,
            config: Map::new(),
        }
    }

    /// What it is called in messages, as it is written.
    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.r#type)
    }
}

impl Default for LoopControl {
    fn default() -> Self {
        Self { loop_var: item(), index_var: None }
    }
}

fn item() -> String {
    "item".to_owned()
}

impl CollectorStep {
    /// A collector of this type, without a configuration.
    pub fn new(r#type: impl Into<String>) -> Self {
        Self { r#type: r#type.into(), name: None, on_failure: None, config: Map::new() }
    }

    /// The key of its facts.
    pub fn key(&self) -> &str {
        let own = || self.r#type.split_once('.').map_or(self.r#type.as_str(), |(_, collector)| collector);
        self.name.as_deref().unwrap_or_else(own)
    }
}
