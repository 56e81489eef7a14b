//! `cargo xtask demo`: what the example plugins do, on this machine and on a real access log.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::examples;
use crate::run::{command, heading, root, run, say};

/// Builds the examples and runs their files.
pub(crate) fn show() -> Result<()> {
    examples::build()?;
    let driftless = examples::driftless();
    std::fs::write(root().join("target/demo-grants.toml"), "")?;

    heading("The example plugins");
    run(&mut driftless_with(&driftless, &["plugin", "list"]))?;
    heading("A plugin is granted what it asks for");
    run(&mut driftless_with(&driftless, &["plugin", "grant", "facts-collector-plugin", "--all"]))?;
    heading("Facts about this machine, as JSON");
    run(&mut driftless_with(
        &driftless,
        &[
            "facts",
            "os_release",
            "meminfo",
            "loadavg",
            "--config",
            "examples/facts-collector-plugin/facts.yml",
        ],
    ))?;
    heading("A template, rendered");
    let page = "examples/template-filter-plugin/page.j2";
    run(&mut driftless_with(
        &driftless,
        &["render", page, "--vars", "examples/template-filter-plugin/vars.yml"],
    ))?;
    heading("Tasks");
    run(&mut driftless_with(&driftless, &["apply", "examples/custom-task-plugin/site.yml"]))?;
    heading("A real web server's access log, through parser, filters and output");
    run(&mut driftless_with(&driftless, &["logs", "examples/log-pipeline-plugin/pipeline.yml"]))?;
    say("\nThat was all of it. The files that were run are in examples/, the plugins in target/plugins/.");
    Ok(())
}

fn driftless_with(driftless: &Path, arguments: &[&str]) -> Command {
    let mut command = command(driftless);
    // What is granted here is not to hold for the user's own runs.
    command.args(["--plugin-dir", "target/plugins", "--grants", "target/demo-grants.toml"]).args(arguments);
    command
}
