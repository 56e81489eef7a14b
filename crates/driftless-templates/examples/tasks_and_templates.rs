//! A program that runs plugins: a task and a template, within limits and grants of its own.
//!
//! `cargo run -p driftless-templates --example tasks_and_templates`, after `cargo xtask examples`.

// ANCHOR: program
use driftless_host::{Error, ErrorKind, Files, Grants, Limits, LogRecord, PluginManager, Settings};
use driftless_sandbox::Sandbox;
use driftless_templates::Templates;
use serde_json::{Map, json};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let manager = PluginManager::builder()
        .loader(Sandbox::new(Limits::default())?)
        // Where plugins come from. `Folder` has all of a folder, `Embedded` those in the program itself; `PluginSource` is a trait.
        .source(Files::new([
            "target/plugins/custom-task-plugin.wasm",
            "target/plugins/template-filter-plugin.wasm",
        ]))
        // What they may use: the contents of plugins.toml.
        .settings(Settings::from_toml("security.execution_timeout_secs = 5")?)
        // What they may touch: the contents of grants.toml. Nothing, here.
        .grants(Grants::default())
        // Where what they say goes.
        .log(|record: &LogRecord<'_>| eprintln!("{}: {}", record.plugin, record.message))
        .build()?;

    // Loads the plugin, and checks the configuration against the task's schema.
    let config = Map::from_iter([("message".to_owned(), json!("hello"))]);
    let task = manager.task("custom-task-plugin.my_custom_task", config)?;
    // As often as you like, from as many threads as you like.
    let result = task.run()?;
    eprintln!("{}", result.message.unwrap_or_default());

    // Templates with a name are compiled once, and may include, import and extend each other.
    let mut templates = Templates::new(&manager);
    templates.add("path", "/{{ title | slugify }}")?;
    templates.add("link", "{{ title }}: {% include 'path' %}")?;
    eprintln!("{}", templates.render_named("link", json!({"title": "Crème brûlée"}))?);

    // Every error says where, why, and what would change it; its kind says what sort of answer it asks for.
    let error: Error = manager.task("custom-task-plugin.ecko", Map::new()).expect_err("there is none");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    Ok(())
}
// ANCHOR_END: program
