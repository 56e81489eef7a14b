//! The `driftless` command.
//!
//! [`args`] says what can be typed, [`commands`] does it, [`failure`] gives a failure its exit code. Results go to standard
//! output and everything else to standard error.

mod args;
mod commands;
mod context;
mod document;
mod excerpt;
mod failure;
mod interrupt;
mod paths;
mod table;
mod terminal;
mod text;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args = args::Args::read();
    let terminal = terminal::Terminal::new(args.global.color, args.global.quiet);
    let done = interrupt::handle_signals(&terminal).and_then(|()| commands::run(args, &terminal));
    let done = done.and_then(|code| {
        terminal.finish()?;
        Ok(code)
    });
    // Where a failure is skipped, the command has gone on to its end.
    let interrupted = interrupt::has_cancelled().then(|| ExitCode::from(interrupt::exit_code()));
    let done = done.map(|code| interrupted.unwrap_or(code));
    match done {
        Ok(code) => code,
        Err(error) => {
            let exit = interrupted.unwrap_or_else(|| failure::exit_code(&error));
            terminal.error(&error);
            exit
        }
    }
}
