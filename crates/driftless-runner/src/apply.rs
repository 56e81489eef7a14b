//! Tasks, run one after the other.

use std::sync::Arc;

use driftless_host::api::result::TaskStatus;
use driftless_host::{ErrorKind, Policy};
use driftless_plugin_api::text::truncated;
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::file::{CollectorStep, TaskStep};
use crate::mistake::Mistakes;
use crate::outcome::{ItemOutcome, TaskFailure, TaskOutcome};
use crate::plan::Plan;
use crate::{condition, repeat};

/// The bytes of a task's name that are kept: a template can make any length of it.
const MAX_LABEL_BYTES: usize = 500;

/// What is told while a file runs.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// A task begins, before its templates are filled in.
    Begins(&'a TaskStep),
    /// An item of a task's loop is done.
    Item(Report<'a>, LoopItem<'a>),
    /// A task is done, or will not be run. That of a loop is done after its items were told.
    Task(Report<'a>),
    /// A task, or an item of its loop, ended with this error, which ends the run.
    Failed(&'a TaskStep, &'a str, Option<LoopItem<'a>>, &'a Error),
    /// The templates of a task's name could not be filled in, so that it is called as it is written.
    NameAsWritten(&'a TaskStep, &'a Error),
    /// A collector brought no facts, and its `on_failure` says to go on without.
    NoFacts(&'a CollectorStep, &'a driftless_host::Error),
}

/// What became of a task, or of an item of its loop.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The task, as it is written. What has `no_log` there is not to be shown.
    pub step: &'a TaskStep,
    /// What it is called: its `name` with its templates filled in. With `no_log`, and where that fails, as it is written.
    pub label: &'a str,
    /// What became of it.
    pub outcome: &'a TaskOutcome,
}

/// An item of a loop.
#[derive(Clone, Copy, Debug)]
pub struct LoopItem<'a> {
    /// Which, from 0.
    pub index: usize,
    /// The item.
    pub value: &'a Value,
}

type Reports<'r> = dyn FnMut(Progress<'_>) + 'r;

impl Plan<'_> {
    /// Runs the tasks in order, and stops at the first that fails, unless its `ignore_errors` or `on_failure` says otherwise. `report` hears of each as
    /// it is done, of those that are not run, and of each collector whose facts are left out.
    ///
    /// # Errors
    ///
    /// When a template fails, a configuration does not match its schema, or a plugin brings no result. What `report` heard of
    /// is done.
    pub fn run(&self, mut report: impl FnMut(Progress<'_>)) -> Result<(), Mistakes> {
        self.go(Mode::Run, &mut report)
    }

    /// Fills in templates and checks configurations as far as that goes without the results of tasks, and runs no task. Facts are collected.
    ///
    /// # Errors
    ///
    /// When a template fails, or a configuration does not match its schema.
    pub fn dry_run(&self, mut report: impl FnMut(Progress<'_>)) -> Result<(), Mistakes> {
        self.go(Mode::Check, &mut report)
    }

    fn go(&self, mode: Mode, report: &mut Reports<'_>) -> Result<(), Mistakes> {
        let selected = |(_, step): &(usize, &TaskStep)| self.options.selection.selects(&step.tags);
        let mut tasks = self.file.tasks().filter(selected);
        let ended = self.variables(report).and_then(|vars| {
            Run { plan: self, mode, vars, registered: Vec::new() }.tasks(&mut tasks, report)
        });
        for (_, step) in tasks {
            report(Progress::Task(Report { step, label: step.label(), outcome: &TaskOutcome::NotRun }));
        }
        ended
    }

    /// The variables that there are for the first task.
    fn variables(&self, report: &mut Reports<'_>) -> Result<Map<String, Value>, Mistakes> {
        let mut vars = self.vars()?;
        if !self.file.file().collectors.is_empty() {
            let facts = self.collect_with(&vars, |step, error| report(Progress::NoFacts(step, error)))?;
            vars.insert("facts".to_owned(), Value::Object(facts));
        }
        Ok(vars)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Run,
    /// Runs no task, and finds out what can be found out without.
    Check,
}

/// A run that is going on.
struct Run<'p> {
    plan: &'p Plan<'p>,
    mode: Mode,
    vars: Map<String, Value>,
    /// The variables that hold results of earlier tasks.
    registered: Vec<&'p str>,
}

impl<'p> Run<'p> {
    /// Runs tasks until one ends the run.
    fn tasks(
        &mut self,
        tasks: &mut dyn Iterator<Item = (usize, &'p TaskStep)>,
        report: &mut Reports<'_>,
    ) -> Result<(), Mistakes> {
        for (number, step) in tasks {
            report(Progress::Begins(step));
            let label = self.label(step, &self.vars, step.r#loop.is_none().then_some(&mut *report));
            let outcome = self.task(step, &label, report);
            let outcome = outcome.map_err(|error| self.plan.ended_in_task(number, step, &label, error))?;
            report(Progress::Task(Report { step, label: &label, outcome: &outcome }));
            if outcome.has_failed() {
                return Ok(());
            }
            if let Some(name) = &step.register {
                self.registered.push(name);
                self.vars.insert(name.clone(), outcome.registered(&step.loop_control.loop_var));
            }
        }
        Ok(())
    }

    /// What a task is called, or one item of its loop. Where it is as it is written, `report` hears why.
    fn label(&self, step: &TaskStep, vars: &Map<String, Value>, report: Option<&mut Reports<'_>>) -> String {
        let written = step.label();
        let is_template = step.name.is_some() && !step.no_log;
        let filled = is_template.then(|| self.plan.templates.fill(&written.into(), vars));
        match filled {
            Some(Ok(Value::String(name))) => truncated(&name, MAX_LABEL_BYTES).into_owned(),
            Some(Ok(other)) => truncated(&other.to_string(), MAX_LABEL_BYTES).into_owned(),
            Some(Err(error)) => {
                // In a dry run it may use the result of a task that was not run.
                if let (Some(report), Mode::Run) = (report, self.mode) {
                    report(Progress::NameAsWritten(step, &error.into()));
                }
                written.to_owned()
            }
            None => written.to_owned(),
        }
    }

    fn task(&self, step: &TaskStep, label: &str, report: &mut Reports<'_>) -> Result<TaskOutcome> {
        let done = match self.prepare(step) {
            Ok(Prepared::Done(outcome)) => Ok(outcome),
            Ok(Prepared::Once) => self.attempt(step, &self.vars),
            Ok(Prepared::Items(items)) => return self.each_item(step, items, report),
            Err(error) => Err(error),
        };
        done.map_err(|error| failed(step, label, None, error, report))
    }

    /// Finds out whether a task is run, and how often.
    fn prepare(&self, step: &TaskStep) -> Result<Prepared> {
        let templates = self.plan.templates;
        if self.mode == Mode::Check
            && let Some(earlier) = self.depends_on(step)
        {
            return Ok(Prepared::Done(TaskOutcome::Depends(earlier)));
        }
        let is_looped = step.r#loop.is_some();
        // A condition that is the same for all items is looked at before there are any: the list may not be there where it is false.
        let is_of_items = is_looped && repeat::are_of_the_loop(step, &condition::variables(templates, step));
        if !is_of_items && !condition::is_wanted(templates, step, &self.vars)? {
            return Ok(Prepared::Done(TaskOutcome::Skipped));
        }
        Ok(match repeat::items(templates, step, &self.vars)? {
            Some(items) => Prepared::Items(items),
            None => Prepared::Once,
        })
    }

    /// The earlier task whose result a task uses.
    fn depends_on(&self, step: &TaskStep) -> Option<String> {
        let templates = self.plan.templates;
        let mut used = templates.variables(&Value::Object(step.config.clone()));
        used.extend(condition::variables(templates, step));
        used.extend(repeat::variables(templates, step));
        let earlier = self.registered.iter().find(|name| used.iter().any(|used| used == *name));
        earlier.map(|earlier| (*earlier).to_owned())
    }

    /// Runs a task for each item. One whose result says that it failed does not keep the others from being run.
    fn each_item(&self, step: &TaskStep, items: Vec<Value>, report: &mut Reports<'_>) -> Result<TaskOutcome> {
        let mut vars = self.vars.clone();
        let mut outcomes = Vec::new();
        for (index, value) in items.into_iter().enumerate() {
            repeat::set_item(step, &mut vars, index, &value);
            let item = LoopItem { index, value: &value };
            let label = &self.label(step, &vars, (index == 0).then_some(&mut *report));
            let outcome = match condition::is_wanted(self.plan.templates, step, &vars) {
                Ok(true) => self.attempt(step, &vars),
                Ok(false) => Ok(TaskOutcome::Skipped),
                Err(error) => Err(error),
            };
            let outcome = outcome.map_err(|error| failed(step, label, Some(item), error, report))?;
            if self.mode == Mode::Run {
                report(Progress::Item(Report { step, label, outcome: &outcome }, item));
            }
            outcomes.push(ItemOutcome { item: value, outcome });
        }
        let looped = TaskOutcome::Looped(outcomes);
        Ok(match self.mode {
            Mode::Run => looped,
            Mode::Check if looped.is_skipped() => TaskOutcome::Skipped,
            Mode::Check => TaskOutcome::Checked,
        })
    }

    /// Runs a task once with these variables, or finds out whether it could be.
    fn attempt(&self, step: &TaskStep, vars: &Map<String, Value>) -> Result<TaskOutcome> {
        let config = self.plan.templates.fill_object(&step.config, vars)?;
        let mut task = self.plan.manager.task(&step.r#type, config)?;
        if self.mode == Mode::Check {
            return Ok(TaskOutcome::Checked);
        }
        if let Some(policy) = &step.on_failure {
            task = task.on_failure(policy)?;
        }
        match task.run() {
            Ok(result) if result.status == TaskStatus::Success => Ok(TaskOutcome::Ran(result)),
            Ok(result) if step.ignore_errors => Ok(TaskOutcome::Ignored(TaskFailure::Result(result))),
            // A task that could not do what it was asked to is no plugin that fails: what is said of all of these is not said of it.
            Ok(result) if goes_on_without(step) => Ok(TaskOutcome::LeftOut(TaskFailure::Result(result))),
            Ok(result) => Ok(TaskOutcome::Ran(result)),
            Err(error) if step.ignore_errors && is_of_the_run(&error) => {
                Ok(TaskOutcome::Ignored(TaskFailure::Error(Arc::new(error))))
            }
            Err(error) if task.tolerates(&error) => {
                Ok(TaskOutcome::LeftOut(TaskFailure::Error(Arc::new(error))))
            }
            Err(error) => Err(error.into()),
        }
    }
}

enum Prepared {
    /// There is nothing to run.
    Done(TaskOutcome),
    Once,
    Items(Vec<Value>),
}

/// Tells of an error that ends the run. Of a task with `no_log`, nothing is told but where it was.
fn failed(
    step: &TaskStep,
    label: &str,
    item: Option<LoopItem<'_>>,
    error: Error,
    report: &mut Reports<'_>,
) -> Error {
    let mut error = if step.no_log { Error::Hidden { kind: error.kind() } } else { error };
    if let Some(item) = item {
        error = error.at(format!("loop[{}]", item.index));
    }
    report(Progress::Failed(step, label, item, &error));
    error
}

/// Whether a task itself says that the run goes on without it.
fn goes_on_without(step: &TaskStep) -> bool {
    let policy = step.on_failure.as_ref().and_then(|policy| policy.policy);
    matches!(policy, Some(Policy::Skip | Policy::Quarantine))
}

/// Whether a run of a task ended with an error, and not what had to be done before it.
fn is_of_the_run(error: &driftless_host::Error) -> bool {
    use driftless_host::Error;
    match error {
        Error::Call { .. } => error.kind() != ErrorKind::Cancelled,
        Error::Failed { .. } | Error::Protocol { .. } | Error::CircuitOpen { .. } => true,
        Error::Context { source, .. } => is_of_the_run(source),
        _ => false,
    }
}
