//! `driftless apply`

use std::io::{self, Write};
use std::process::ExitCode;

use driftless_host::api::result::{TaskResult, TaskStatus};
use driftless_plugin_api::text::{printable_line, truncated};
use driftless_runner::{
    LoopItem, Options, Plan, Progress, Report, Selection, TaskFailure, TaskFile, TaskOutcome, TaskStep,
};
use serde_json::{Map, Value, json};

use super::facts::warn_of_no_facts;
use super::{print_json, variables};
use crate::args::{Apply, Global};
use crate::document::DocumentFile;
use crate::file_mistakes::FileMistakes;
use crate::terminal::{BAD, FAINT, GOOD, HiddenMessages, ODD, STRONG, Terminal};
use crate::{context, error_text, exit, words};

/// How much of a loop's item stands beside the name of its task.
const MAX_ITEM_BYTES: usize = 60;

/// What stands for what is not shown.
const NOT_SHOWN: &str = "not shown (`no_log`)";

/// Runs the tasks of a file.
pub(crate) fn run(global: &Global, terminal: &Terminal, args: &Apply) -> anyhow::Result<ExitCode> {
    let vars = variables::read(&args.variables)?;
    let written = DocumentFile::read(&args.file)?;
    let file = TaskFile::read(written.document()?);
    let manager = context::manager(global, terminal)?;
    let templates = context::templates(&manager, terminal);
    let selection = Selection { only: args.tags.clone(), skip: args.skip_tags.clone() };
    let plan = Plan::new(&manager, &templates, file, Options { vars, selection })
        .map_err(|mistakes| FileMistakes::of_tasks(Some(written.file()), &mistakes))?;
    if args.list_tasks {
        list(global, terminal, &plan)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut printer = Printer::new(global, terminal);
    let ended = if args.dry_run {
        plan.dry_run(|progress| printer.hear(progress))
    } else {
        plan.run(|progress| printer.hear(progress))
    };
    printer.finish(ended.err().map(|mistakes| FileMistakes::of_tasks(Some(written.file()), &mistakes).into()))
}

/// Lists the tasks that would be run.
fn list(global: &Global, terminal: &Terminal, plan: &Plan<'_>) -> anyhow::Result<()> {
    if global.json {
        let as_json = |step: &TaskStep| json!({"name": step.label(), "type": step.r#type, "tags": step.tags.iter().collect::<Vec<_>>()});
        let tasks: Vec<_> = plan.tasks().map(as_json).collect();
        return print_json(global, terminal, &json!({ "tasks": tasks }));
    }
    let mut out = terminal.out();
    for step in plan.tasks() {
        let tags: Vec<_> = step.tags.iter().collect();
        let tags = if tags.is_empty() { String::new() } else { format!("  [{}]", tags.join(", ")) };
        writeln!(out, "{}{FAINT}{}{FAINT:#}", printable_line(step.label()), printable_line(&tags))?;
    }
    Ok(())
}

/// Prints what becomes of tasks: for people as it happens, for machines when all is done.
struct Printer<'a> {
    global: &'a Global,
    terminal: &'a Terminal,
    tally: Tally,
    has_failed: bool,
    results: Vec<Value>,
    /// Those of the loop that is going on.
    items: Vec<Value>,
    without_facts: Map<String, Value>,
    /// Where the disk is full, the tasks go on, and it is told at the end.
    written: io::Result<()>,
    hidden: Option<HiddenMessages>,
}

impl<'a> Printer<'a> {
    fn new(global: &'a Global, terminal: &'a Terminal) -> Self {
        Self {
            global,
            terminal,
            tally: Tally::default(),
            has_failed: false,
            results: Vec::new(),
            items: Vec::new(),
            without_facts: Map::new(),
            written: Ok(()),
            hidden: None,
        }
    }

    fn hear(&mut self, progress: Progress<'_>) {
        match progress {
            Progress::Begins(step) => self.hidden = step.no_log.then(|| self.terminal.hide_messages()),
            Progress::Item(report, item) => {
                if self.global.json {
                    self.items.push(item_as_json(report.step, item, report.outcome));
                } else {
                    self.show(report, Some(item));
                }
            }
            Progress::Task(report) => {
                self.hidden = None;
                self.tally.count(report.outcome);
                self.has_failed |= report.outcome.has_failed();
                if self.global.json {
                    let items = std::mem::take(&mut self.items);
                    self.results.push(as_json(report, items));
                } else if is_shown(report.outcome) {
                    self.show(report, None);
                }
            }
            Progress::Failed(step, label, item, error) => {
                self.hidden = None;
                self.tally.failed += 1;
                if self.global.json {
                    let why =
                        error.to_string() + &error.plugin_error().and_then(words::remedy).unwrap_or_default();
                    let failed = self.failed_as_json(step, label, item, &why);
                    self.results.push(failed);
                } else {
                    let named = named(step, label, item);
                    let shown =
                        writeln!(self.terminal.out(), "{BAD}failed   {BAD:#} {STRONG}{named}{STRONG:#}");
                    self.note_written(shown);
                }
            }
            Progress::NameAsWritten(step, error) => self.terminal.warn(&format!(
                "the name of the task `{}` is shown as it is written: {error}",
                printable_line(step.label())
            )),
            Progress::NoFacts(step, error) => {
                warn_of_no_facts(self.terminal, step, error);
                self.without_facts.insert(step.key().to_owned(), words::host_error(error).into());
            }
        }
    }

    fn failed_as_json(
        &mut self,
        step: &TaskStep,
        label: &str,
        item: Option<LoopItem<'_>>,
        why: &str,
    ) -> Value {
        let mut told = json!({"name": label, "type": step.r#type});
        let failed = json!({"outcome": "failed", "result": null, "why": why});
        extend(&mut told, failed.clone());
        if let Some(item) = item {
            let mut last = item_value(step, item);
            extend(&mut last, failed);
            self.items.push(last);
            told["items"] = std::mem::take(&mut self.items).into();
        }
        told
    }

    fn show(&mut self, report: Report<'_>, item: Option<LoopItem<'_>>) {
        let shown = show(self.terminal, report, item);
        self.note_written(shown);
    }

    fn note_written(&mut self, shown: io::Result<()>) {
        self.written = std::mem::replace(&mut self.written, Ok(())).and(shown);
    }

    /// Tells how it ended. What was done is told even where the next task could not be.
    fn finish(mut self, error: Option<anyhow::Error>) -> anyhow::Result<ExitCode> {
        if self.global.json {
            let mut all = json!({"tasks": self.results, "summary": self.tally.as_json()});
            if !self.without_facts.is_empty() {
                all["without_facts"] = self.without_facts.into();
            }
            if let Some(error) = &error {
                all["error"] = error_text::as_json(error, exit::code(error, self.terminal));
            }
            self.written = self.terminal.result(&format!("{all}\n"));
        }
        if let Some(error) = &error {
            self.terminal.error(error);
        }
        if !self.global.json && !self.global.quiet {
            self.terminal.note(&self.tally);
        }
        if let Some(error) = error {
            return Ok(ExitCode::from(exit::code(&error, self.terminal)));
        }
        self.written?;
        Ok(if self.has_failed { ExitCode::from(1) } else { ExitCode::SUCCESS })
    }
}

/// Whether people see a task by itself: not where they saw its items, nor where it is only counted.
fn is_shown(outcome: &TaskOutcome) -> bool {
    match outcome {
        TaskOutcome::Looped(items) => items.is_empty(),
        TaskOutcome::NotRun => false,
        _ => true,
    }
}

/// What a task is called, with the item that it was run for.
fn named(step: &TaskStep, label: &str, item: Option<LoopItem<'_>>) -> String {
    let item = match item {
        None => String::new(),
        Some(LoopItem { index, .. }) if step.no_log => format!(" (item {})", index + 1),
        Some(LoopItem { value: Value::String(text), .. }) => {
            format!(" (item={})", truncated(text, MAX_ITEM_BYTES))
        }
        Some(LoopItem { value, .. }) => format!(" (item={})", truncated(&value.to_string(), MAX_ITEM_BYTES)),
    };
    printable_line(&format!("{label}{item}")).into_owned()
}

fn show(terminal: &Terminal, report: Report<'_>, item: Option<LoopItem<'_>>) -> io::Result<()> {
    let Report { step, label, outcome } = report;
    let named = named(step, label, item);
    let (style, word) = match outcome {
        TaskOutcome::Ran(result) if result.status == TaskStatus::Error => (BAD, "failed"),
        TaskOutcome::Ran(_) => (GOOD, "ok"),
        TaskOutcome::Skipped | TaskOutcome::Looped(_) | TaskOutcome::NotRun => (FAINT, "skipped"),
        TaskOutcome::LeftOut(_) => (ODD, "skipped"),
        TaskOutcome::Ignored(_) => (ODD, "ignored"),
        TaskOutcome::Checked => (GOOD, "checked"),
        TaskOutcome::Depends(_) => (ODD, "unchecked"),
    };
    let mut out = terminal.out();
    writeln!(out, "{style}{word:<9}{style:#} {STRONG}{named}{STRONG:#}")?;
    let mut more = |text: &str| {
        let text = if step.no_log { NOT_SHOWN } else { text };
        writeln!(out, "          {}", printable_line(text))
    };
    match outcome {
        // JSON has no raw control characters, but it may have those that turn the direction of writing.
        TaskOutcome::Ran(result)
        | TaskOutcome::LeftOut(TaskFailure::Result(result))
        | TaskOutcome::Ignored(TaskFailure::Result(result)) => {
            more(&serde_json::to_string(result).unwrap_or_default())
        }
        // A plugin's own words may have several lines.
        TaskOutcome::LeftOut(TaskFailure::Error(why)) | TaskOutcome::Ignored(TaskFailure::Error(why)) => {
            more(&words::host_error(why))
        }
        TaskOutcome::Depends(earlier) => {
            writeln!(out, "          {}", printable_line(&depends_on(earlier)))
        }
        TaskOutcome::Looped(_) => writeln!(out, "          its list is empty"),
        TaskOutcome::Skipped | TaskOutcome::Checked | TaskOutcome::NotRun => Ok(()),
    }
}

fn depends_on(earlier: &str) -> String {
    format!("it uses the result `{earlier}`, which a dry run does not have")
}

fn as_json(report: Report<'_>, items: Vec<Value>) -> Value {
    let Report { step, label, outcome } = report;
    let mut told = json!({"name": label, "type": step.r#type});
    tell_outcome(&mut told, step, outcome);
    if matches!(outcome, TaskOutcome::Looped(_)) {
        told["items"] = items.into();
    }
    told
}

fn item_as_json(step: &TaskStep, item: LoopItem<'_>, outcome: &TaskOutcome) -> Value {
    let mut told = item_value(step, item);
    tell_outcome(&mut told, step, outcome);
    told
}

fn item_value(step: &TaskStep, item: LoopItem<'_>) -> Value {
    if step.no_log { json!({}) } else { json!({ "item": item.value }) }
}

fn extend(object: &mut Value, more: Value) {
    if let (Value::Object(object), Value::Object(more)) = (object, more) {
        object.extend(more);
    }
}

fn tell_outcome(told: &mut Value, step: &TaskStep, outcome: &TaskOutcome) {
    told["outcome"] = word(outcome).into();
    told["result"] = result(outcome).map_or(Value::Null, |result| match step.no_log {
        true => json!({"status": result.status}),
        false => json!(result),
    });
    let why = match outcome {
        TaskOutcome::LeftOut(TaskFailure::Error(why)) | TaskOutcome::Ignored(TaskFailure::Error(why)) => {
            Some(words::host_error(why))
        }
        TaskOutcome::Depends(earlier) => Some(depends_on(earlier)),
        _ => None,
    };
    if let Some(why) = why {
        told["why"] = if step.no_log { NOT_SHOWN.into() } else { why.into() };
    }
}

/// What became of a task, in a word.
fn word(outcome: &TaskOutcome) -> &'static str {
    match outcome {
        _ if outcome.has_failed() => "failed",
        _ if outcome.is_ignored() => "ignored",
        _ if outcome.is_skipped() => "skipped",
        TaskOutcome::Checked => "checked",
        TaskOutcome::Depends(_) => "unchecked",
        TaskOutcome::NotRun => "not_run",
        _ => "ran",
    }
}

fn result(outcome: &TaskOutcome) -> Option<&TaskResult> {
    match outcome {
        TaskOutcome::Ran(result)
        | TaskOutcome::LeftOut(TaskFailure::Result(result))
        | TaskOutcome::Ignored(TaskFailure::Result(result)) => Some(result),
        _ => None,
    }
}

#[derive(Default)]
struct Tally {
    ok: u32,
    skipped: u32,
    unchecked: u32,
    failed: u32,
    ignored: u32,
    not_run: u32,
}

impl Tally {
    fn count(&mut self, outcome: &TaskOutcome) {
        let place = match word(outcome) {
            "failed" => &mut self.failed,
            "ignored" => &mut self.ignored,
            "skipped" => &mut self.skipped,
            "unchecked" => &mut self.unchecked,
            "not_run" => &mut self.not_run,
            _ => &mut self.ok,
        };
        *place += 1;
    }

    fn as_json(&self) -> Value {
        let Self { ok, skipped, unchecked, failed, ignored, not_run } = self;
        json!({
            "ok": ok, "skipped": skipped, "unchecked": unchecked, "failed": failed, "ignored": ignored,
            "not_run": not_run,
        })
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { ok, skipped, unchecked, failed, ignored, not_run } = self;
        let all = ok + skipped + unchecked + failed + ignored + not_run;
        write!(f, "{all} {}: {ok} ok, {skipped} skipped", if all == 1 { "task" } else { "tasks" })?;
        if *unchecked > 0 {
            write!(f, ", {unchecked} unchecked")?;
        }
        if *ignored > 0 {
            write!(f, ", {ignored} ignored")?;
        }
        write!(f, ", {failed} failed")?;
        if *not_run > 0 {
            write!(f, ", {not_run} not run")?;
        }
        Ok(())
    }
}
