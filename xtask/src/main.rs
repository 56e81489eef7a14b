//! The chores of this repository, as `cargo xtask CHORE`.
//!
//! It knows how guests are built and what has to hold, and nothing of the product: it drives the `driftless` command as a user does.

mod bench;
mod book;
mod changes;
mod conformance;
mod demo;
mod deny;
mod examples;
mod fuzz;
mod instrument;
mod packages;
mod run;
mod servers;
mod steps;
mod test;
mod tidy;
mod toolchains;
mod tools;
mod workflows;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// The chores of this repository
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Command {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Everything that CI checks; with --quick, what is worth knowing between two edits
    Test(test::Options),
    /// Builds the examples and shows what they do, on this machine and on a real access log
    Demo,
    /// Compiles every example into target/plugins/, and those in Rust for the second target into target/plugins-unknown-unknown/
    Examples,
    /// Runs every case of the protocol with the reference plugin in every language, and writes the table of the book
    Conformance,
    /// Runs what the book in docs/ tells its readers to do, and makes target/book/html of it
    Book {
        /// Checks these pages, and makes no book
        pages: Vec<String>,
    },
    /// Crates depend on each other as ARCHITECTURE.md says and files without circles, modules have doc comments, links lead somewhere
    Tidy,
    /// Dependencies: licences, bans, sources, and advisories where the database can be had
    Deny,
    /// The tests of the SDKs in JavaScript and Python, and of the examples in these languages
    Packages,
    /// The workflows of GitHub, those of new projects included, through actionlint
    Workflows,
    /// The benchmarks
    Bench {
        /// What criterion is told
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Runs the fuzzers
    Fuzz(fuzz::Options),
}

fn main() -> ExitCode {
    if let Some(code) = instrument::as_compiler() {
        return code;
    }
    match chore(Command::parse().chore) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn chore(chore: Chore) -> Result<()> {
    match chore {
        Chore::Test(options) => test::check(&options),
        Chore::Demo => demo::show(),
        Chore::Examples => examples::build(),
        Chore::Conformance => conformance::check(),
        Chore::Book { pages } if pages.is_empty() => book::build(),
        Chore::Book { pages } => book::check(&pages),
        Chore::Tidy => tidy::check(),
        Chore::Deny => deny::check(),
        Chore::Packages => packages::check(),
        Chore::Workflows => workflows::check(),
        Chore::Bench { arguments } => bench::all(&arguments),
        Chore::Fuzz(options) => fuzz::run(&options),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_without_contradictions() {
        Command::command().debug_assert();
    }
}
