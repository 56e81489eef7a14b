//! The program of the crate's documentation: `cargo run -p driftless-host --example embed`, after `cargo xtask examples`.
#![allow(clippy::print_stdout, reason = "a program that prints")]

use driftless_host::{Files, Limits, PluginManager};
use driftless_sandbox::Sandbox;
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct Greeting {
    message: String,
}

#[derive(Deserialize)]
struct Done {
    message: String,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // What carries the calls, and where plugins come from.
    let manager = PluginManager::builder()
        .loader(Sandbox::new(Limits::default())?)
        .source(Files::new(["target/plugins/custom-task-plugin.wasm"]))
        .build()?;

    // Loads the plugin, and checks the configuration against the task's schema.
    let task = manager.task("custom-task-plugin.my_custom_task", Greeting { message: "hello".into() })?;

    // Runs it: within its limits, and as often as you like, from as many threads as you like.
    let done: Done = task.run_as()?;
    println!("{}", done.message);
    Ok(())
}
