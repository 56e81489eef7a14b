//! The chores of this repository, as `cargo xtask CHORE`.
//!
//! It knows how guests are built and what has to hold, and nothing of the product: it drives the `driftless` command like anybody
//! else.

mod bench;
mod book;
mod conformance;
mod demo;
mod deny;
mod examples;
mod fuzz;
mod packages;
mod run;
mod test;
mod tidy;
mod toolchains;
mod workflows;

use std::process::ExitCode;

use anyhow::{Result, bail};

const HELP: &str = "\
cargo xtask CHORE

  test        everything that CI checks: format, clippy, examples, tests, docs, tidy, deny
  conformance the reference plugin in every language through every case of the protocol; writes the table of the book
  demo        builds the examples and shows what they do, on this machine and on a real access log
  examples    compiles every example into target/plugins/, and those in Rust for the second target into
              target/plugins-unknown-unknown/; installs the tools of JavaScript and Python that it needs
  book        [PAGE…]: runs what the guide in docs/ tells its readers to do, and makes target/book/html of it; with names of pages, checks
              those
  tidy        the crates depend on each other as ARCHITECTURE.md says, every module has a doc comment, every link leads
              somewhere
  deny        dependencies: licences, bans, sources, and advisories where the database can be had
  packages    the tests of the SDKs in JavaScript and Python, and of the examples in these languages
  workflows   the workflows of GitHub, those of new projects included, through actionlint
  bench       the benchmarks; further arguments go to criterion
  fuzz        [TARGET…] [--minutes N]: runs the fuzzers, all of them for one minute each unless it is said otherwise";

fn main() -> ExitCode {
    match chore() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn chore() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let chore = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    match (chore.as_str(), rest.as_slice()) {
        ("test", []) => test::all(),
        ("demo", []) => demo::show(),
        ("examples", []) => examples::build(),
        ("conformance", []) => conformance::check(),
        ("book", []) => book::build(),
        ("book", pages) => book::check(pages),
        ("tidy", []) => tidy::check(),
        ("packages", []) => packages::check(),
        ("workflows", []) => workflows::check(),
        ("deny", []) => deny::check(),
        ("bench", rest) => bench::all(rest),
        ("fuzz", rest) => fuzz::run(rest),
        ("help" | "--help" | "-h", _) => {
            run::say(HELP);
            Ok(())
        }
        ("", _) => bail!("which chore?\n\n{HELP}"),
        (chore, _) => bail!("there is no chore `{chore}` with these arguments\n\n{HELP}"),
    }
}
