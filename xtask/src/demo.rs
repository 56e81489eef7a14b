//! `cargo xtask demo`: what the example plugins do, on this machine and on a real access log.
//!
//! It is the first command of a newcomer, on an empty clone: what can be seen early is shown early, and what waits for a network does so while
//! the compiler works.

use std::path::Path;
use std::process::Command;
use std::thread::{self, JoinHandle};
use std::time::Instant;

use anyhow::{Result, anyhow};

use crate::run::{command, heading, hold_back, root, run, run_cargo, say};
use crate::{examples, toolchains};

/// How many of its steps take long.
const LONG_STEPS: usize = 3;

/// Builds the examples and runs their files, those in Rust first.
pub(crate) fn show() -> Result<()> {
    let began = Instant::now();
    std::fs::create_dir_all(root().join("target"))?;
    std::fs::write(root().join("target/demo-grants.toml"), "")?;
    let tools = Tools::install();

    long_step(1, "compiling the driftless command, with wasmtime in it: some minutes at the first time");
    run_cargo(&mut examples::build_of_driftless(), "driftless-cli")?;
    long_step(2, "compiling the example plugins in Rust to WebAssembly");
    examples::build_rust_once()?;

    let driftless = examples::driftless();
    let driftless = |arguments: &[&str]| run(&mut driftless_with(&driftless, arguments));
    heading("The example plugins");
    driftless(&["plugin", "list"])?;
    heading("A plugin is granted what it asks for");
    driftless(&["plugin", "grant", "facts-collector-plugin", "--all"])?;
    heading("Facts about this machine, as JSON");
    let config = "examples/facts-collector-plugin/facts.yml";
    driftless(&["facts", "os_release", "meminfo", "loadavg", "--config", config])?;
    heading("A template, rendered");
    let (page, vars) =
        ("examples/template-filter-plugin/page.j2", "examples/template-filter-plugin/vars.yml");
    driftless(&["render", page, "--vars", vars])?;
    heading("Tasks");
    driftless(&["apply", "examples/custom-task-plugin/site.yml"])?;
    heading("A real web server's access log, through parser, filters and output");
    driftless(&["logs", "examples/log-pipeline-plugin/pipeline.yml"])?;
    say(&format!("\n   so far: {:.0} s", began.elapsed().as_secs_f64()));

    tools.wait()?;
    long_step(3, "building the example plugins in JavaScript, TypeScript and Python");
    examples::build_others()?;
    heading("The example plugins in all languages");
    driftless(&["plugin", "list"])?;
    say(&format!(
        "\nThat was all of it, in {:.0} s. The files that were run are in examples/, the plugins in target/plugins/.",
        began.elapsed().as_secs_f64()
    ));
    Ok(())
}

fn long_step(number: usize, what: &str) {
    heading(&format!("{number}/{LONG_STEPS} {what}"));
}

/// The tools of the other languages, while they are installed.
struct Tools(JoinHandle<(Result<()>, String)>);

impl Tools {
    fn install() -> Self {
        say("   npm and pip install the tools of JavaScript and Python meanwhile");
        Self(thread::spawn(|| hold_back(toolchains::install_all)))
    }

    /// Waits until they are there, and shows what was said.
    fn wait(self) -> Result<()> {
        if !self.0.is_finished() {
            heading("waiting for npm and pip");
        }
        let (result, said) = self.0.join().map_err(|_| anyhow!("installing the tools panicked"))?;
        heading("The tools of JavaScript and Python");
        say(said.trim_end());
        result
    }
}

fn driftless_with(driftless: &Path, arguments: &[&str]) -> Command {
    let mut command = command(driftless);
    // What is granted here is not to hold for the user's own runs.
    command.args(["--plugin-dir", "target/plugins", "--grants", "target/demo-grants.toml"]).args(arguments);
    command
}
