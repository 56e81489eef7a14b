//! `cargo xtask test`: everything that CI checks.

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::run::{cargo, command, root, run, say};
use crate::steps::{self, Step};
use crate::{
    book, changes, conformance, deny, examples, packages, servers, tidy, toolchains, tools, workflows,
};

/// What `cargo xtask test` takes.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only what is worth knowing between two edits: format, tidy, clippy, and the tests of the crates that differ from `main` and of those that
    /// depend on them, without the slowest (profile `quick` of .config/nextest.toml)
    #[arg(long, conflicts_with = "part")]
    quick: bool,
    /// Only these of the parts into which CI divides everything
    #[arg(long, value_enum)]
    part: Vec<Part>,
}

/// A part of the checks, for a machine of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// What reads the code
    Lint,
    /// The tests of the crates
    Tests,
    /// Plugins in every language, and the book
    Guests,
}

/// Something that is checked, or that checks need.
struct Check {
    title: &'static str,
    /// The parts that it belongs to. What others need is in each of theirs.
    parts: &'static [Part],
    /// Whether it runs from the beginning on, beside the others: what waits for a network or needs one core.
    beside: bool,
    /// The titles of those that it needs.
    needs: &'static [&'static str],
    work: fn(&[Part]) -> Result<()>,
}

use Part::{Guests, Lint, Tests};

/// All of them, in the order in which they run: the quick ones first, and those that need what others make behind them.
const CHECKS: [Check; 17] = [
    Check { title: "tools", parts: &[Lint, Tests, Guests], beside: true, needs: &[], work: install },
    Check {
        title: "workflows",
        parts: &[Lint],
        beside: true,
        needs: &["tools"],
        work: |_| workflows::check(),
    },
    Check { title: "deny", parts: &[Lint], beside: true, needs: &["tools"], work: |_| deny::check() },
    Check {
        title: "packages",
        parts: &[Guests],
        beside: true,
        needs: &["tools"],
        work: |_| packages::check(),
    },
    Check { title: "format", parts: &[Lint], beside: false, needs: &[], work: |_| format() },
    Check { title: "tidy", parts: &[Lint], beside: false, needs: &[], work: |_| tidy::check() },
    Check { title: "clippy", parts: &[Lint], beside: false, needs: &[], work: |_| clippy() },
    Check {
        title: "clippy of the examples",
        parts: &[Lint],
        beside: false,
        needs: &[],
        work: |_| {
            run(in_examples().args(["clippy", "--locked", "--all-targets", "--", "--deny", "warnings"]))
        },
    },
    Check { title: "documentation", parts: &[Lint], beside: false, needs: &[], work: |_| documentation() },
    Check { title: "build", parts: &[Tests, Guests], beside: false, needs: &[], work: build },
    Check {
        title: "examples",
        parts: &[Tests, Guests],
        beside: false,
        needs: &["tools", "build"],
        work: |_| examples::build_with_driftless(),
    },
    Check {
        title: "tests",
        parts: &[Tests],
        beside: false,
        needs: &["tools", "build", "examples"],
        work: |_| nextest(&["--profile", "default"]),
    },
    Check {
        title: "benchmarks, once",
        parts: &[Tests],
        beside: false,
        needs: &["build", "examples"],
        work: |_| run(cargo().args(["test", "--locked", "--workspace", "--bench", "*"])),
    },
    Check {
        title: "tests in the documentation",
        parts: &[Tests],
        beside: false,
        needs: &["build"],
        work: |_| run(cargo().args(["test", "--locked", "--workspace", "--doc"])),
    },
    Check {
        title: "tests of the examples",
        parts: &[Guests],
        beside: false,
        needs: &[],
        work: |_| run(in_examples().args(["test", "--locked", "--workspace"])),
    },
    Check {
        title: "conformance",
        parts: &[Guests],
        beside: false,
        needs: &["tools", "build"],
        work: |_| conformance::check_with_driftless(),
    },
    Check {
        title: "book",
        parts: &[Guests],
        beside: false,
        needs: &["tools", "build", "examples"],
        work: |_| book::build(),
    },
];

/// Runs all checks, or those that are wanted.
pub(crate) fn check(options: &Options) -> Result<()> {
    if options.quick {
        return quick();
    }
    let parts = if options.part.is_empty() { Part::value_variants() } else { &options.part };
    steps::run(plan(parts).map(|check| check.step(parts)).collect())
}

/// The checks of these parts, in order.
fn plan(parts: &[Part]) -> impl Iterator<Item = &'static Check> {
    CHECKS.iter().filter(|check| check.parts.iter().any(|part| parts.contains(part)))
}

impl Check {
    fn step(&'static self, parts: &[Part]) -> Step {
        let (work, parts) = (self.work, parts.to_vec());
        let work = Box::new(move || work(&parts));
        Step { title: self.title, beside: self.beside, after: self.needs, work }
    }
}

/// Between two edits: what compiles no more than it must, and runs no guest in another language.
fn quick() -> Result<()> {
    let step =
        |title, work: Box<dyn FnOnce() -> Result<()> + Send>| Step { title, beside: false, after: &[], work };
    steps::run(vec![
        step("format", Box::new(format)),
        step("tidy", Box::new(tidy::check)),
        step("clippy", Box::new(clippy)),
        step("tests", Box::new(quick_tests)),
    ])
}

fn quick_tests() -> Result<()> {
    let Some(crates) = changes::crates()? else {
        return nextest(&["--profile", "quick"]);
    };
    if crates.is_empty() {
        say("   no crate differs from main, so that no test is run");
        return Ok(());
    }
    // All of the workspace is compiled, as always: a part of it would ask for other features, and wasmtime would be compiled anew.
    let wanted: Vec<String> = crates.iter().map(|name| format!("rdeps(={name})")).collect();
    nextest(&["--profile", "quick", "--no-tests", "pass", "--filterset", &wanted.join(" | ")])
}

/// Installs the tools that these parts use, while the others compile.
fn install(parts: &[Part]) -> Result<()> {
    let wanted = |part: Part| parts.contains(&part);
    if wanted(Tests) {
        tools::NEXTEST.get()?;
        servers::install()?;
    }
    if wanted(Lint) {
        tools::DENY.get()?;
    }
    toolchains::install_all()?;
    if wanted(Guests) {
        tools::WASM_BINDGEN.get()?;
        tools::MDBOOK.get()?;
    }
    Ok(())
}

fn format() -> Result<()> {
    run(cargo().args(["fmt", "--all", "--check"]))?;
    run(in_examples().args(["fmt", "--all", "--check"]))
}

fn clippy() -> Result<()> {
    run(cargo().args(["clippy", "--locked", "--workspace", "--all-targets", "--", "--deny", "warnings"]))
}

fn documentation() -> Result<()> {
    let mut doc = cargo();
    doc.args(["doc", "--locked", "--workspace", "--no-deps"]);
    run(doc.env("RUSTDOCFLAGS", "--deny warnings"))
}

/// Compiles what is run later.
fn build(parts: &[Part]) -> Result<()> {
    if parts.contains(&Tests) {
        run(cargo().args(["test", "--locked", "--workspace", "--all-targets", "--no-run"]))
    } else {
        run(&mut examples::build_of_driftless())
    }
}

/// The tests of the crates. Benchmarks are no tests, and those in the documentation nextest does not know.
fn nextest(arguments: &[&str]) -> Result<()> {
    let program = tools::NEXTEST.get()?;
    let mut nextest = command(program);
    nextest.args(["nextest", "run", "--locked", "--workspace", "--lib", "--bins", "--tests", "--examples"]);
    run(nextest.args(arguments))
}

/// Cargo in the workspace of the examples.
fn in_examples() -> std::process::Command {
    let mut cargo = cargo();
    cargo.current_dir(root().join("examples"));
    cargo
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    fn titles(parts: &[Part]) -> BTreeSet<&'static str> {
        plan(parts).map(|check| check.title).collect()
    }

    #[test]
    fn the_parts_together_are_everything() {
        let all: BTreeSet<&str> = CHECKS.iter().map(|check| check.title).collect();
        assert_eq!(all.len(), CHECKS.len(), "two checks have the same title");
        let by_parts = Part::value_variants().iter().flat_map(|part| titles(&[*part]));
        assert_eq!(by_parts.collect::<BTreeSet<_>>(), all);
        assert_eq!(titles(Part::value_variants()), all);
    }

    #[test]
    fn the_workflow_runs_every_part() {
        let text = std::fs::read_to_string(root().join(".github/workflows/ci.yml")).unwrap();
        let workflow: Value = serde_saphyr::from_str(&text).unwrap();
        let job = &workflow["jobs"]["test"];
        let run: BTreeSet<&str> = job["strategy"]["matrix"]["part"]
            .as_array()
            .unwrap()
            .iter()
            .map(|part| part.as_str().unwrap())
            .collect();
        let names: Vec<String> = Part::value_variants()
            .iter()
            .map(|part| part.to_possible_value().unwrap().get_name().to_owned())
            .collect();
        assert_eq!(run, names.iter().map(String::as_str).collect());
        let steps = job["steps"].as_array().unwrap().iter().filter_map(|step| step["run"].as_str());
        assert_eq!(steps.filter(|step| *step == ".ci/run --part ${{ matrix.part }}").count(), 1);
    }

    #[test]
    fn every_check_has_what_it_needs_in_each_of_its_parts() {
        for check in &CHECKS {
            for part in check.parts {
                for need in check.needs {
                    let missing = !titles(&[*part]).contains(need);
                    assert!(!missing, "{} needs {need}, which is no part of {part:?}", check.title);
                }
            }
        }
    }

    #[test]
    fn a_check_comes_behind_those_that_it_needs() {
        for (place, check) in CHECKS.iter().enumerate() {
            for need in check.needs {
                let found = CHECKS.iter().position(|other| other.title == *need);
                assert!(found.is_some_and(|found| found < place), "{} needs {need}", check.title);
                // Those beside the others wait for none of them.
                assert!(!check.beside || CHECKS[found.unwrap()].beside, "{} needs {need}", check.title);
            }
        }
    }
}
