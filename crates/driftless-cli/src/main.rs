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
mod paths;
mod table;
mod terminal;
mod text;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args = args::Args::read();
    let terminal = terminal::Terminal::new(args.global.color, args.global.quiet);
    let done = commands::run(args, &terminal).and_then(|code| {
        terminal.finish()?;
        Ok(code)
    });
    match done {
        Ok(code) => code,
        Err(error) => {
            let exit = failure::exit_code(&error);
            terminal.error(&error);
            exit
        }
    }
}
