//! The `driftless` command.
//!
//! [`args`] says what can be typed, [`commands`] does it, [`failure`] gives a failure its exit code, [`words`] its sentence. Results go to standard
//! output and everything else to standard error.

mod args;
mod commands;
mod compile_progress;
mod context;
mod document;
mod error_text;
mod excerpt;
mod exit;
mod failure;
mod file_mistakes;
mod interrupt;
mod links;
mod missing_grants;
mod output;
mod paths;
mod registries;
mod table;
mod terminal;
mod text;
mod words;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args = args::Args::read();
    let json = args.global.json;
    let terminal = terminal::Terminal::new(&args.global);
    let done = interrupt::handle_signals(&terminal).and_then(|()| commands::run(args, &terminal));
    let done = done.and_then(|code| {
        terminal.finish()?;
        // What failed was told as a result.
        let has_failed = code == ExitCode::from(failure::FAILED);
        Ok(if has_failed { ExitCode::from(exit::of_failure(&terminal)) } else { code })
    });
    // Where a failure is skipped, the command has gone on to its end.
    let interrupted = interrupt::has_cancelled().then(|| ExitCode::from(interrupt::exit_code()));
    let code = done.unwrap_or_else(|error| {
        let code = exit::code(&error, &terminal);
        if json {
            // Where it cannot be written, standard error still says it.
            let told = serde_json::json!({"error": error_text::as_json(&error, code)});
            let _ = terminal.result(&format!("{told}\n"));
        }
        terminal.error(&error);
        ExitCode::from(code)
    });
    let code = interrupted.unwrap_or(code);
    terminal.missing_grants(code != ExitCode::SUCCESS);
    code
}
