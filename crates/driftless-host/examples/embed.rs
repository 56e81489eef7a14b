//! The program of the crate's documentation: `cargo run -p driftless-host --example embed`, after `cargo xtask examples`.
#![allow(clippy::print_stdout, reason = "a program that prints")]

use driftless_host::{Files, LogRecord, PluginManager};
use serde_json::{Map, json};

fn main() -> driftless_host::Result<()> {
    // Where plugins come from, and where what they say goes.
    let manager = PluginManager::builder()
        .source(Files::new(["target/plugins/custom-task-plugin.wasm"]))
        .log(|record: &LogRecord<'_>| eprintln!("{}: {}", record.plugin, record.message))
        .build()?;

    // Loads the plugin, and checks the configuration against the task's schema.
    let config = Map::from_iter([("message".to_owned(), json!("hello"))]);
    let task = manager.task("custom-task-plugin.my_custom_task", config)?;

    // Runs it: within its limits, and as often as you like, from as many threads as you like.
    let result = task.run()?;
    println!("{}", result.message.unwrap_or_default());
    Ok(())
}
