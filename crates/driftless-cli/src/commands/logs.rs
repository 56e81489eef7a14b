//! `driftless logs`

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use driftless_logs::{Control, Pipeline, PipelineFile};
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::{Global, Logs};
use crate::document::DocumentFile;
use crate::failure::Failure;
use crate::file_mistakes::FileMistakes;
use crate::terminal::{STRONG, Terminal};
use crate::{context, error_text, exit, interrupt, words};

/// Runs a pipeline to its end, or until it is interrupted.
pub(crate) fn run(global: &Global, terminal: &Terminal, args: &Logs) -> anyhow::Result<ExitCode> {
    let written = DocumentFile::read(&args.file)?;
    let document = written.document()?;
    let mut file: PipelineFile = document.clone().read().map_err(|error| written.failure(&error))?;
    file.workers = args.workers.or(file.workers);
    let manager = context::manager(global, terminal)?;
    let templates = context::templates(&manager, terminal);
    let file = file
        .fill(|path, value, vars| templates.fill(value, vars).map_err(|error| error.in_value(path)))
        .map_err(|error| FileMistakes::of_template(&written.file(), &document, &error))?;
    let pipeline = Pipeline::new(&manager, &file, args.follow)
        .map_err(|mistakes| FileMistakes::of_pipeline(&written.file(), &document, &mistakes))?;

    let control = Arc::new(Control::new());
    // The pipeline finishes what it has read.
    let stopped = Arc::clone(&control);
    interrupt::set_first_handler(args.follow, move || stopped.stop());
    let progress = terminal.shows_progress().then(|| show_progress(&control));
    let finished = pipeline.run(&control, &mut |event| {
        let warn = || terminal.warn(&words::pipeline_event(event));
        progress.as_ref().map_or_else(warn, |(bar, _)| bar.suspend(warn));
    });
    if let Some((bar, thread)) = progress {
        bar.finish_and_clear();
        let _ = thread.join();
    }

    let error = finished.error.map(anyhow::Error::from);
    let error = error.or_else(|| finished.lost_lines.then(|| lost_lines(finished.summary.failed).into()));
    if global.json {
        let mut summary = serde_json::to_value(finished.summary)?;
        if let Some(error) = &error {
            summary["error"] = error_text::as_json(error, exit::code(error, terminal));
        }
        // Where entries go to standard output, it is theirs.
        if pipeline.writes_to_stdout() {
            writeln!(terminal.err(), "{summary}")?;
        } else {
            writeln!(terminal.out(), "{summary}")?;
        }
    } else if !global.quiet {
        terminal.note(format_args!("{STRONG}{}{STRONG:#}", finished.summary));
    }
    if let Some(error) = error {
        if global.json {
            // Standard output has it already.
            terminal.error(&error);
            return Ok(ExitCode::from(exit::code(&error, terminal)));
        }
        return Err(error);
    }
    // Following ends in no other way.
    let interrupted = control.is_stopped() && !args.follow;
    Ok(if interrupted { ExitCode::from(interrupt::INTERRUPTED) } else { ExitCode::SUCCESS })
}

fn lost_lines(failed: u64) -> Failure {
    let lines = if failed == 1 {
        "1 line failed and is lost"
    } else {
        &format!("{failed} lines failed and are lost")
    };
    Failure::Failed(format!("{lines}; `rejected: FILE` in the pipeline would keep such lines"))
}

fn show_progress(control: &Arc<Control>) -> (ProgressBar, std::thread::JoinHandle<()>) {
    let style =
        ProgressStyle::with_template("{spinner} {pos} lines, {per_sec}").expect("the template is a constant");
    let bar = ProgressBar::new_spinner().with_style(style);
    let (shown, control) = (bar.clone(), Arc::clone(control));
    let thread = std::thread::spawn(move || {
        while !shown.is_finished() {
            shown.set_position(control.lines());
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    (bar, thread)
}
