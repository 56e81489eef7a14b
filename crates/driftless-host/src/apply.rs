//! `driftless apply` and `driftless facts`: files of tasks and collectors.

use std::collections::BTreeSet;

use driftless_plugin_api::result::{TaskResult, TaskStatus};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::failure_policy::FailurePolicy;
use crate::manager::PluginManager;
use crate::templates::Templates;

/// A file of tasks, as it is written in YAML, JSON or TOML.
///
/// ```
/// use driftless_host::ApplyFile;
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
    /// An expression; where it is false, the task is left out.
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

/// What became of one task.
#[derive(Clone, Debug, PartialEq)]
pub enum TaskOutcome {
    /// It ran.
    Ran(TaskResult),
    /// Its `when` was false.
    Skipped,
    /// It brought no result, and its `on_failure` says to go on without: why.
    LeftOut(String),
    /// A dry run found nothing wrong with it.
    Checked,
    /// A dry run cannot tell: it uses the result of this earlier task.
    Depends(String),
}

/// What is told while a file runs.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// A task is done.
    Task(&'a TaskStep, &'a TaskOutcome),
    /// A collector brought no facts, and its `on_failure` says to go on without.
    NoFacts(&'a CollectorStep, &'a Error),
}

impl TaskOutcome {
    /// Whether it ran and did not do what it was asked to do.
    pub fn has_failed(&self) -> bool {
        matches!(self, Self::Ran(result) if result.status == TaskStatus::Error)
    }
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

/// Runs a file of tasks in order and stops at the first that fails. `report` hears of each as it is done, and of each
/// collector whose facts are left out.
///
/// With `dry_run`, templates are filled in and configurations checked, and no task is run.
///
/// # Errors
///
/// When a template fails, a configuration does not match its schema, or a plugin brings no result. What `report` heard of
/// is done.
pub fn apply(
    manager: &PluginManager,
    templates: &Templates,
    file: &ApplyFile,
    dry_run: bool,
    mut report: impl FnMut(Progress<'_>),
) -> Result<()> {
    let mut vars = variables(templates, &file.vars)?;
    if !file.collectors.is_empty() {
        let facts = collect_steps(manager, templates, &file.collectors, &vars, |step, error| {
            report(Progress::NoFacts(step, error));
        })?;
        vars.insert("facts".to_owned(), Value::Object(facts));
    }
    let mut registered: Vec<&str> = Vec::new();
    for (number, step) in file.tasks.iter().enumerate() {
        let outcome = if dry_run {
            check(manager, templates, step, &vars, &registered)
        } else {
            run(manager, templates, step, &vars)
        };
        let outcome =
            outcome.map_err(|error| at_step(&format!("tasks[{number}] ({})", step.label()), error))?;
        report(Progress::Task(step, &outcome));
        if outcome.has_failed() {
            break;
        }
        if let Some(name) = &step.register {
            registered.push(name);
            if let TaskOutcome::Ran(result) = &outcome {
                let result = serde_json::to_value(result).expect("a task result has string keys only");
                vars.insert(name.clone(), result);
            } else {
                vars.insert(name.clone(), serde_json::json!({"status": "skipped"}));
            }
        }
    }
    Ok(())
}

/// Runs a file of collectors; the facts of each stand under its key. `report` hears of those that brought none and whose
/// `on_failure` says to go on without.
///
/// # Errors
///
/// When a template fails, a configuration does not match its schema, two collectors have the same key, or a plugin brings no
/// facts.
pub fn collect(
    manager: &PluginManager,
    templates: &Templates,
    file: &FactsFile,
    report: impl FnMut(&CollectorStep, &Error),
) -> Result<Map<String, Value>> {
    let vars = variables(templates, &file.vars)?;
    collect_steps(manager, templates, &file.collectors, &vars, report)
}

fn collect_steps(
    manager: &PluginManager,
    templates: &Templates,
    steps: &[CollectorStep],
    vars: &Map<String, Value>,
    mut report: impl FnMut(&CollectorStep, &Error),
) -> Result<Map<String, Value>> {
    let mut facts = Map::new();
    let mut keys = BTreeSet::new();
    for (number, step) in steps.iter().enumerate() {
        let key = step.key();
        let here = |error| at_step(&format!("collectors[{number}] ({key})"), error);
        if !keys.insert(key) {
            return Err(Error::Configuration {
                what: "collectors".to_owned(),
                violations: vec![format!("there are two called `{key}`; give one a `name`")],
            });
        }
        let config = fill_config(templates, &step.config, vars).map_err(here)?;
        let mut collector = manager.facts_collector(&step.r#type, config).map_err(here)?;
        if let Some(policy) = &step.on_failure {
            collector = collector.on_failure(policy).map_err(here)?;
        }
        match collector.collect() {
            Ok(collected) => drop(facts.insert(key.to_owned(), Value::Object(collected))),
            Err(error) if collector.0.forgives(&error) => report(step, &error),
            Err(error) => return Err(here(error)),
        }
    }
    Ok(facts)
}

fn run(
    manager: &PluginManager,
    templates: &Templates,
    step: &TaskStep,
    vars: &Map<String, Value>,
) -> Result<TaskOutcome> {
    if !is_wanted(templates, step, vars)? {
        return Ok(TaskOutcome::Skipped);
    }
    let config = fill_config(templates, &step.config, vars)?;
    let mut task = manager.task(&step.r#type, config)?;
    if let Some(policy) = &step.on_failure {
        task = task.on_failure(policy)?;
    }
    match task.run() {
        Ok(result) => Ok(TaskOutcome::Ran(result)),
        Err(error) if task.0.forgives(&error) => Ok(TaskOutcome::LeftOut(error.to_string())),
        Err(error) => Err(error),
    }
}

/// As far as a task can be checked without those before it having run.
fn check(
    manager: &PluginManager,
    templates: &Templates,
    step: &TaskStep,
    vars: &Map<String, Value>,
    registered: &[&str],
) -> Result<TaskOutcome> {
    let mut used = templates.variables(&Value::Object(step.config.clone()));
    if let Some(Value::String(when)) = &step.when {
        used.extend(templates.variables(&Value::String(format!("{{{{ {when} }}}}"))));
    }
    if let Some(earlier) = registered.iter().find(|name| used.iter().any(|used| used == *name)) {
        // The plugin and the component have to be there all the same.
        manager.component(driftless_plugin_api::component::ComponentKind::Task, &step.r#type)?;
        return Ok(TaskOutcome::Depends((*earlier).to_owned()));
    }
    if !is_wanted(templates, step, vars)? {
        return Ok(TaskOutcome::Skipped);
    }
    let config = fill_config(templates, &step.config, vars)?;
    manager.task(&step.r#type, config)?;
    Ok(TaskOutcome::Checked)
}

fn is_wanted(templates: &Templates, step: &TaskStep, vars: &Map<String, Value>) -> Result<bool> {
    let value = match &step.when {
        None => return Ok(true),
        Some(Value::String(expression)) => {
            templates.evaluate(expression, vars).map_err(|error| at_step("when", error))?
        }
        Some(other) => other.clone(),
    };
    match value {
        Value::Bool(wanted) => Ok(wanted),
        other => Err(Error::Configuration {
            what: "`when`".to_owned(),
            violations: vec![format!("it is {other}, which is neither true nor false")],
        }),
    }
}

/// Variables in the order in which they are written, each with those above it.
pub(crate) fn variables(templates: &Templates, raw: &Map<String, Value>) -> Result<Map<String, Value>> {
    let mut vars = Map::new();
    for (name, value) in raw {
        let filled = templates.fill(value, &vars).map_err(|error| at_step(&format!("vars.{name}"), error))?;
        vars.insert(name.clone(), filled);
    }
    Ok(vars)
}

pub(crate) fn fill_config(
    templates: &Templates,
    config: &Map<String, Value>,
    vars: &Map<String, Value>,
) -> Result<Map<String, Value>> {
    let filled = config.iter().map(|(key, value)| {
        let filled = templates.fill(value, vars);
        Ok((key.clone(), filled.map_err(|error| at_step(key, error))?))
    });
    filled.collect()
}

fn at_step(label: &str, error: Error) -> Error {
    Error::At { what: label.to_owned(), source: Box::new(error) }
}
