//! Built-in plugins through the host: the same names, schemas, failures and grants as those in files.

use std::sync::{Arc, Mutex};

use driftless_builtin::{BuiltIns, Closures};
use driftless_host::api::manifest::Permission;
use driftless_host::permissions::Permissions;
use driftless_host::{
    CallOptions, CancelHandle, Digest, Embedded, ErrorKind, Grants, Limits, LogRecord, PluginManager,
};
use driftless_templates::Templates;
use serde_json::{Map, json};

#[plugin_sdk::plugin(environment("PATH"))]
mod greetings {
    use plugin_sdk::prelude::*;

    #[derive(Deserialize, JsonSchema)]
    struct Greet {
        /// Whom to greet.
        name: String,
    }

    /// Greets.
    #[task]
    fn greet(config: Greet) -> Result<TaskResult> {
        log::info!("greeting {}", config.name);
        Ok(TaskResult::success(format!("Hello {}", config.name)))
    }

    /// Panics.
    #[task]
    fn panic() -> Result<TaskResult> {
        panic!("as it was asked to");
    }

    /// Tells whether it may read a variable.
    #[facts]
    fn path() -> Result<serde_json::Value> {
        Ok(serde_json::json!({ "known": env::var("PATH").is_ok() }))
    }

    /// `{{ name | shout }}`
    #[template_filter]
    fn shout(value: String) -> String {
        value.to_uppercase()
    }
}

fn builder() -> driftless_host::PluginManagerBuilder {
    let plugins = BuiltIns::new().with(greetings::linked());
    PluginManager::builder().source(Embedded::forms(plugins.forms())).loader(plugins)
}

/// What a module of the SDK is called: like its package.
const NAME: &str = env!("CARGO_PKG_NAME");

#[test]
fn a_module_of_the_sdk_is_a_plugin_of_the_program() {
    let said = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&said);
    let manager = builder()
        .log(move |record: &LogRecord<'_>| sink.lock().unwrap().push(record.message.to_owned()))
        .build()
        .unwrap();
    let task = |config| manager.task(&format!("{NAME}.greet"), config);
    assert_eq!(task(json!({"name": "Ada"})).unwrap().run().unwrap().message.unwrap(), "Hello Ada");
    assert_eq!(*said.lock().unwrap(), ["greeting Ada"]);
    // A message is cut as that of any plugin, and ends without a newline.
    said.lock().unwrap().clear();
    task(json!({"name": "Bob\n"})).unwrap().run().unwrap();
    task(json!({"name": "x".repeat(1 << 20)})).unwrap().run().unwrap();
    let said = said.lock().unwrap();
    assert_eq!(said[0], "greeting Bob");
    assert!(said[1].len() <= Limits::default().log_message + '…'.len_utf8(), "{}", said[1].len());
    // Its schema is checked as that of any plugin.
    let error = task(json!({"name": 5})).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");

    let templates = Templates::new(&manager).unwrap();
    let vars = Map::from_iter([("who".to_owned(), json!("ada"))]);
    assert_eq!(templates.render("t", "{{ who | shout }}", &vars).unwrap(), "ADA");
}

#[test]
fn a_panic_fails_the_call_and_nothing_more() {
    let manager = builder().build().unwrap();
    let error = manager.task(&format!("{NAME}.panic"), ()).unwrap().run().unwrap_err();
    assert!(error.to_string().ends_with("panicked: as it was asked to"), "{error}");
    manager.task(&format!("{NAME}.greet"), json!({"name": "Ada"})).unwrap().run().unwrap();
}

#[test]
fn what_it_asks_of_its_host_needs_a_grant_as_well() {
    let known = |grants: Grants| {
        let manager = builder().grants(grants).build().unwrap();
        let used = manager.facts_collector(&format!("{NAME}.path"), ()).unwrap();
        let facts = used.collect_with::<serde_json::Value>(&CallOptions::default()).unwrap();
        assert_eq!(facts.usage.host_calls, 1);
        facts.value["known"].clone()
    };
    assert_eq!(known(Grants::default()), false);
    let plugin = builder().build().unwrap().plugin(NAME).unwrap();
    let permissions = Permissions::parse(&[Permission::Environment { vars: vec!["PATH".into()] }]).unwrap();
    let mut grants = Grants::default();
    grants.grant(NAME, plugin.digest(), permissions.clone());
    assert_eq!(known(grants), true);
    let mut grants = Grants::default();
    grants.grant(NAME, Digest::of(b"another"), permissions);
    assert_eq!(known(grants), false);
}

#[test]
fn closures_are_a_plugin_as_well() {
    let plugin = Closures::new("inventory", "1.0.0")
        .task("note", |config: Map<String, serde_json::Value>| match config.len() {
            0 => Err("there is nothing to note"),
            noted => Ok(json!({ "noted": noted })),
        })
        .facts("site", |(): ()| Ok::<_, String>(json!({"site": "here"})))
        .template_filter("twice", |text: String| Ok::<_, String>(text.repeat(2)));
    let plugins = BuiltIns::new().with(plugin);
    let manager =
        PluginManager::builder().source(Embedded::forms(plugins.forms())).loader(plugins).build().unwrap();
    assert_eq!(manager.list().unwrap()[0].name, "inventory");
    let note = |config| manager.task("inventory.note", config).unwrap();
    assert_eq!(note(json!({"a": 1})).run().unwrap().data["noted"], 1);
    assert_eq!(note(json!({})).run().unwrap().message.unwrap(), "there is nothing to note");
    let templates = Templates::new(&manager).unwrap();
    assert_eq!(templates.render("t", "{{ 'ab' | twice }}", &Map::new()).unwrap(), "abab");

    let cancel = CancelHandle::new();
    cancel.cancel();
    let error = note(json!({"a": 1})).run_with(&CallOptions::default().cancel(&cancel)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
}
