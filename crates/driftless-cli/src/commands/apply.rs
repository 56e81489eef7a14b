//! `driftless apply`

use std::io::Write;
use std::process::ExitCode;

use driftless_host::api::result::TaskStatus;
use driftless_plugin_api::text::printable_line;
use driftless_runner::{ApplyFile, Progress, TaskOutcome, TaskStep};
use serde_json::{Map, json};

use super::facts::warn_of_no_facts;
use super::{is_variable, not_a_variable};
use crate::args::{Apply, Global};
use crate::failure::Failure;
use crate::terminal::{BAD, FAINT, GOOD, ODD, STRONG, Terminal};
use crate::{context, document, words};

/// Runs the tasks of a file.
pub(crate) fn run(global: &Global, terminal: &Terminal, args: &Apply) -> anyhow::Result<ExitCode> {
    let file: ApplyFile = document::read(&args.file)?;
    for (number, step) in file.tasks.iter().enumerate() {
        if let Some(name) = step.register.as_ref().filter(|name| !is_variable(name)) {
            let what = format!("{}: tasks[{number}] ({})", args.file.display(), step.label());
            return Err(Failure::Usage(format!("{what}: register: {}", not_a_variable(name))).into());
        }
    }
    let manager = context::manager(global, terminal)?;
    let templates = context::templates(&manager, terminal);
    let mut tally = Tally::default();
    let mut failed = false;
    let mut results = Vec::new();
    let mut without_facts = Map::new();
    let mut written = Ok(());
    let applied = driftless_runner::apply(&manager, &templates, &file, args.dry_run, |progress| {
        let (step, outcome) = match progress {
            Progress::Task(step, outcome) => (step, outcome),
            Progress::NoFacts(step, error) => {
                warn_of_no_facts(terminal, step, error);
                without_facts.insert(step.key().to_owned(), words::host_error(error).into());
                return;
            }
        };
        tally.count(outcome);
        failed |= outcome.has_failed();
        if global.json {
            results.push(as_json(step, outcome));
        } else {
            // Where the disk is full, the tasks go on, and it is told at the end.
            let shown = show(terminal, step, outcome);
            written = std::mem::replace(&mut written, Ok(())).and(shown);
        }
    });
    if global.json {
        let summary = json!({
            "ok": tally.ok, "skipped": tally.skipped, "unchecked": tally.unchecked, "failed": tally.failed,
        });
        let mut all = json!({"tasks": results, "summary": summary});
        if !without_facts.is_empty() {
            all["without_facts"] = without_facts.into();
        }
        // What was done is told even where the next task could not be.
        written = terminal.result(&format!("{all}\n"));
    }
    applied?;
    written?;
    if !global.json && !global.quiet {
        terminal.note(tally);
    }
    Ok(if failed { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn show(terminal: &Terminal, step: &TaskStep, outcome: &TaskOutcome) -> std::io::Result<()> {
    let label = printable_line(step.label());
    let (style, word) = match outcome {
        TaskOutcome::Ran(result) if result.status == TaskStatus::Error => (BAD, "failed"),
        TaskOutcome::Ran(_) => (GOOD, "ok"),
        TaskOutcome::Skipped => (FAINT, "skipped"),
        TaskOutcome::LeftOut(_) => (ODD, "skipped"),
        TaskOutcome::Checked => (GOOD, "checked"),
        TaskOutcome::Depends(_) => (ODD, "unchecked"),
    };
    let mut out = terminal.out();
    writeln!(out, "{style}{word:<9}{style:#} {STRONG}{label}{STRONG:#}")?;
    match outcome {
        TaskOutcome::Ran(result) => {
            // JSON has no raw control characters, but it may have those that turn the direction of writing.
            let text = serde_json::to_string(result).unwrap_or_default();
            writeln!(out, "          {}", printable_line(&text))
        }
        TaskOutcome::Depends(earlier) => {
            writeln!(out, "          it uses the result `{earlier}`, which a dry run does not have")
        }
        // A plugin's own words may have several lines.
        TaskOutcome::LeftOut(why) => writeln!(out, "          {}", printable_line(&words::host_error(why))),
        TaskOutcome::Skipped | TaskOutcome::Checked => Ok(()),
    }
}

fn as_json(step: &TaskStep, outcome: &TaskOutcome) -> serde_json::Value {
    let (word, result) = match outcome {
        TaskOutcome::Ran(result) => ("ran", Some(result)),
        TaskOutcome::Skipped | TaskOutcome::LeftOut(_) => ("skipped", None),
        TaskOutcome::Checked => ("checked", None),
        TaskOutcome::Depends(_) => ("unchecked", None),
    };
    let mut told = json!({"name": step.label(), "type": step.r#type, "outcome": word, "result": result});
    if let TaskOutcome::LeftOut(why) = outcome {
        told["why"] = words::host_error(why).into();
    }
    told
}

#[derive(Default)]
struct Tally {
    ok: u32,
    skipped: u32,
    unchecked: u32,
    failed: u32,
}

impl Tally {
    fn count(&mut self, outcome: &TaskOutcome) {
        let place = match outcome {
            _ if outcome.has_failed() => &mut self.failed,
            TaskOutcome::Ran(_) | TaskOutcome::Checked => &mut self.ok,
            TaskOutcome::Skipped | TaskOutcome::LeftOut(_) => &mut self.skipped,
            TaskOutcome::Depends(_) => &mut self.unchecked,
        };
        *place += 1;
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { ok, skipped, unchecked, failed } = self;
        let all = ok + skipped + unchecked + failed;
        write!(f, "{all} {}: {ok} ok, {skipped} skipped", if all == 1 { "task" } else { "tasks" })?;
        if *unchecked > 0 {
            write!(f, ", {unchecked} unchecked")?;
        }
        write!(f, ", {failed} failed")
    }
}
