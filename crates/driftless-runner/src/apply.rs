//! Tasks, run one after the other.

use std::sync::Arc;

use driftless_host::PluginManager;
use driftless_plugin_api::hint::{Expected, hint};
use driftless_plugin_api::result::{TaskResult, TaskStatus};
use driftless_templates::Templates;
use serde_json::{Map, Value};

use crate::collect::collect_steps;
use crate::error::{Error, Result};
use crate::file::{ApplyFile, CollectorStep, TaskStep};

/// What became of one task.
#[derive(Clone, Debug)]
pub enum TaskOutcome {
    /// It ran.
    Ran(TaskResult),
    /// Its `when` was false.
    Skipped,
    /// It brought no result, and its `on_failure` says to go on without: why.
    LeftOut(Arc<driftless_host::Error>),
    /// A dry run found nothing wrong with it.
    Checked,
    /// A dry run cannot tell: it uses the result of this earlier task.
    Depends(String),
}

/// Two tasks that were left out came to the same where their errors say the same.
impl PartialEq for TaskOutcome {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Ran(one), Self::Ran(other)) => one == other,
            (Self::LeftOut(one), Self::LeftOut(other)) => one.to_string() == other.to_string(),
            (Self::Depends(one), Self::Depends(other)) => one == other,
            (Self::Skipped, Self::Skipped) | (Self::Checked, Self::Checked) => true,
            _ => false,
        }
    }
}

/// What is told while a file runs.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// A task is done.
    Task(&'a TaskStep, &'a TaskOutcome),
    /// A collector brought no facts, and its `on_failure` says to go on without.
    NoFacts(&'a CollectorStep, &'a driftless_host::Error),
}

impl TaskOutcome {
    /// Whether it ran and did not do what it was asked to do.
    pub fn has_failed(&self) -> bool {
        matches!(self, Self::Ran(result) if result.status == TaskStatus::Error)
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
    let mut vars = templates.fill_vars(&file.vars)?;
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
        let outcome = outcome.map_err(|error| error.at(format!("tasks[{number}] ({})", step.label())))?;
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

fn run(
    manager: &PluginManager,
    templates: &Templates,
    step: &TaskStep,
    vars: &Map<String, Value>,
) -> Result<TaskOutcome> {
    if !is_wanted(templates, step, vars)? {
        return Ok(TaskOutcome::Skipped);
    }
    let config = templates.fill_object(&step.config, vars)?;
    let mut task = manager.task(&step.r#type, config)?;
    if let Some(policy) = &step.on_failure {
        task = task.on_failure(policy)?;
    }
    match task.run() {
        Ok(result) => Ok(TaskOutcome::Ran(result)),
        Err(error) if task.tolerates(&error) => Ok(TaskOutcome::LeftOut(Arc::new(error))),
        Err(error) => Err(error.into()),
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
    for condition in conditions(step) {
        if let Value::String(when) = condition {
            used.extend(templates.variables(&Value::String(format!("{{{{ {when} }}}}"))));
        }
    }
    if let Some(earlier) = registered.iter().find(|name| used.iter().any(|used| used == *name)) {
        // The plugin and the component have to be there all the same.
        manager.component(driftless_plugin_api::component::ComponentKind::Task, &step.r#type)?;
        return Ok(TaskOutcome::Depends((*earlier).to_owned()));
    }
    if !is_wanted(templates, step, vars)? {
        return Ok(TaskOutcome::Skipped);
    }
    let config = templates.fill_object(&step.config, vars)?;
    manager.task(&step.r#type, config)?;
    Ok(TaskOutcome::Checked)
}

/// What has to be true: one condition, or each of a list.
fn conditions(step: &TaskStep) -> &[Value] {
    match &step.when {
        None => &[],
        Some(Value::Array(conditions)) if !conditions.is_empty() => conditions,
        Some(condition) => std::slice::from_ref(condition),
    }
}

/// Whether all conditions are true. Those behind one that is false are not looked at.
fn is_wanted(templates: &Templates, step: &TaskStep, vars: &Map<String, Value>) -> Result<bool> {
    let is_list = step.when.as_ref().is_some_and(Value::is_array);
    for (number, condition) in conditions(step).iter().enumerate() {
        let what = if is_list { format!("when[{number}]") } else { "when".to_owned() };
        if !is_true(templates, condition, vars, &what)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn is_true(templates: &Templates, condition: &Value, vars: &Map<String, Value>, what: &str) -> Result<bool> {
    let wrong = |why: String| Error::File { what: format!("`{what}`"), why };
    let value = match condition {
        Value::String(expression) => match templates.evaluate(expression, vars) {
            Ok(value) => value,
            Err(error) => {
                return Err(match what_is_meant(condition, expression) {
                    Some(why) => wrong(why),
                    None => error.at(what).into(),
                });
            }
        },
        other => other.clone(),
    };
    match value {
        Value::Bool(is_true) => Ok(is_true),
        other => Err(wrong(format!("it is {other}, which is neither true nor false"))),
    }
}

/// What to write instead of an expression that cannot be evaluated, where that can be told.
fn what_is_meant(condition: &Value, expression: &str) -> Option<String> {
    if let Some(hint) = hint(Expected::Boolean, condition) {
        return Some(hint);
    }
    if !expression.contains("{{") {
        return None;
    }
    let inside = expression.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
    Some(match inside.filter(|inside| !inside.contains("{{")) {
        Some(inside) => format!("it is an expression already; write `{}`, without the braces", inside.trim()),
        None => "it is an expression already; write its variables without braces around them".to_owned(),
    })
}
