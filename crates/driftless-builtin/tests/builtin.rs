//! Built-in plugins through the host: the same names, schemas, failures and grants as those in files.

use std::sync::{Arc, Mutex};

use driftless_builtin::{BuiltIns, Closures};
use driftless_host::api::arguments::Arguments;
use driftless_host::api::host_call::{HostCallError, HostCallErrorKind};
use driftless_host::api::manifest::Permission;
use driftless_host::permissions::Permissions;
use driftless_host::{
    CallOptions, CancelHandle, Digest, Embedded, ErrorKind, Grants, HostFunctionCall, Limits, LogRecord,
    PluginManager,
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

    let templates = Templates::new(&manager);
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
    let templates = Templates::new(&manager);
    assert_eq!(templates.render("t", "{{ 'ab' | twice }}", Map::new()).unwrap(), "abab");

    let cancel = CancelHandle::new();
    cancel.cancel();
    let error = note(json!({"a": 1})).run_with(&CallOptions::default().cancel(&cancel)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
}

#[plugin_sdk::plugin(name = "asks", functions("inventory.owner", "inventory.size", "inventory.broken"))]
mod asks {
    use plugin_sdk::prelude::*;

    #[derive(Deserialize, JsonSchema)]
    struct Ask {
        function: String,
        arguments: Value,
    }

    /// What a function of the host returns, or the kind of its error and its words.
    #[task]
    fn ask(config: Ask) -> TaskResult {
        match functions::call::<_, Value>(&config.function, &config.arguments) {
            Ok(value) => TaskResult::success("answered").with("value", value),
            Err(error) => TaskResult::error(error.to_string()).with("kind", format!("{:?}", error.kind())),
        }
    }
}

/// What a plugin hears that was granted `granted` and calls a function of its host.
fn asked(granted: &[&str], function: &str, arguments: serde_json::Value) -> serde_json::Value {
    #[derive(serde::Deserialize)]
    struct OwnerOf {
        host: String,
    }

    let builder = || {
        let plugins = BuiltIns::new().with(asks::linked());
        let owner = |asked: OwnerOf, call: &HostFunctionCall<'_>| match asked.host.as_str() {
            "web1" => {
                assert!(!call.time_left().is_zero() && !call.is_cancelled());
                Ok(json!({"team": "storage", "asked by": call.plugin()}))
            }
            "long" => Err(HostCallError::new(HostCallErrorKind::Failed, "\u{1b}[2J".repeat(1 << 20))),
            host => {
                Err(HostCallError::new(HostCallErrorKind::NotFound, format!("no machine is called {host}")))
            }
        };
        let size = |bytes: usize, _: &HostFunctionCall<'_>| Ok("x".repeat(bytes));
        let broken = |(): (), _: &HostFunctionCall<'_>| -> Result<(), _> { panic!("as it was asked to") };
        PluginManager::builder()
            .source(Embedded::forms(plugins.forms()))
            .loader(plugins)
            .host_function("inventory.owner", owner)
            .and_then(|builder| builder.host_function("inventory.size", size))
            .and_then(|builder| builder.host_function("inventory.broken", broken))
            .unwrap()
    };
    let plugin = builder().build().unwrap().plugin("asks").unwrap();
    let functions = granted.iter().map(|&name| name.to_owned()).collect();
    let permissions = Permissions::parse(&[Permission::HostFunction { functions }]).unwrap();
    let mut grants = Grants::default();
    grants.grant("asks", plugin.digest(), permissions);
    let manager = builder().grants(grants).build().unwrap();
    let config = json!({"function": function, "arguments": arguments});
    let result = manager.task("asks.ask", config).unwrap().run().unwrap();
    let mut heard = serde_json::Value::Object(result.data);
    if let Some(message) = result.message.filter(|_| heard.get("kind").is_some()) {
        heard["message"] = message.into();
    }
    heard
}

#[test]
fn a_function_of_the_program_is_called_where_it_is_granted() {
    let web1 = json!({"host": "web1"});
    let heard = asked(&["inventory.owner"], "inventory.owner", web1.clone());
    assert_eq!(heard, json!({"value": {"team": "storage", "asked by": "asks"}}));
    let heard = asked(&["inventory.size"], "inventory.owner", web1.clone());
    let message = "it may not call `inventory.owner`: it is not granted";
    assert_eq!(heard, json!({"kind": "Denied", "message": message}));
}

#[test]
fn a_function_that_cannot_be_called_says_why() {
    let all = ["inventory.owner", "inventory.size", "inventory.broken", "inventory.other"];
    for (function, arguments, kind, message) in [
        (
            "inventory.owner",
            json!({"host": "db1"}),
            "NotFound",
            "the host's function `inventory.owner`: no machine is called db1",
        ),
        (
            "inventory.owner",
            json!({"hostname": "web1"}),
            "Invalid",
            "the host's function `inventory.owner`: its arguments do not fit: missing field `host` at line 1 column 19",
        ),
        (
            "inventory.size",
            json!(-1),
            "Invalid",
            "the host's function `inventory.size`: its arguments do not fit: invalid value: integer `-1`, expected usize at line 1 column 2",
        ),
        (
            "inventory.size",
            json!(100 << 20),
            "Limit",
            "the host's function `inventory.size` returned 104857609 bytes; an answer may have 8388608",
        ),
        (
            "inventory.broken",
            json!(null),
            "Failed",
            "the host's function `inventory.broken`: it panicked, which is a mistake of the host's program",
        ),
        (
            "inventory.team",
            json!(null),
            "Denied",
            "it may not call `inventory.team`: the plugin's manifest does not ask for it; its author adds it to the permissions there",
        ),
    ] {
        let heard = asked(&all, function, arguments);
        assert_eq!(heard, json!({"kind": kind, "message": message}));
    }
}

#[test]
fn an_error_of_a_function_is_short_and_safe_to_print() {
    let heard = asked(&["inventory.owner"], "inventory.owner", json!({"host": "long"}));
    let message = heard["message"].as_str().unwrap();
    assert!(message.starts_with("the host's function `inventory.owner`: "), "{message}");
    assert!(!message.contains('\u{1b}'));
    assert!(message.len() < 64 << 10, "{} bytes", message.len());
}

#[test]
fn a_program_names_its_functions_once_and_well() {
    let nothing = |(): (), _: &HostFunctionCall<'_>| Ok(());
    let named =
        |name: &str| PluginManager::builder().host_function("taken", nothing)?.host_function(name, nothing);
    for name in ["", "a b", "inventory.", "taken"] {
        let error = named(name).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
        assert!(error.to_string().contains(&format!("host function `{name}`")), "{error}");
    }
    named("inventory.owner_of").unwrap();
}

#[plugin_sdk::plugin(name = "stages")]
mod stages {
    use plugin_sdk::prelude::*;

    #[derive(Deserialize, Serialize, JsonSchema)]
    struct Entry {
        status: u16,
    }

    /// Two lines.
    #[log_source]
    fn two() -> impl Iterator<Item = String> {
        ["200", "500"].map(String::from).into_iter()
    }

    /// A line that is a number.
    #[log_parser]
    fn number(line: &str) -> Result<Entry> {
        Ok(Entry { status: line.parse()? })
    }

    /// Keeps what went wrong.
    #[log_filter]
    fn wrong(entry: Entry) -> bool {
        entry.status >= 400
    }

    /// Says what it is given.
    #[log_output]
    fn say(entry: Entry) {
        log::info!("{}", entry.status);
    }

    /// `{{ text | repeated(2) }}`
    #[template_filter]
    fn repeated(value: String, times: usize) -> String {
        value.repeat(times)
    }

    /// `{{ sum(1, 2) }}`
    #[template_function]
    fn sum(a: i64, b: i64) -> i64 {
        a + b
    }
}

#[test]
fn every_kind_of_component_takes_and_returns_values_of_the_program() {
    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Entry {
        status: u16,
    }

    let said = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&said);
    let plugins = BuiltIns::new().with(stages::linked());
    let manager = PluginManager::builder()
        .source(Embedded::forms(plugins.forms()))
        .loader(plugins)
        .log(move |record: &LogRecord<'_>| sink.lock().unwrap().push(record.message.to_owned()))
        .build()
        .unwrap();

    let mut reader = manager.log_source("stages.two", ()).unwrap().reader();
    let mut lines = Vec::new();
    loop {
        let portion = reader.read::<String>().unwrap();
        lines.extend(portion.records);
        if !portion.more {
            break;
        }
    }
    assert_eq!(lines, ["200", "500"]);

    let parser = manager.log_parser("stages.number", ()).unwrap();
    let (filter, output) =
        (manager.log_filter("stages.wrong", ()).unwrap(), manager.log_output("stages.say", ()).unwrap());
    let options = CallOptions::default();
    for line in &lines {
        let entry: Entry = parser.parse(line).unwrap();
        assert_eq!(parser.parse_with::<Entry>(&options, line).unwrap().value, entry);
        let keeps = filter.keeps(&entry).unwrap();
        assert_eq!(filter.keeps_with(&options, &entry).unwrap().value, keeps);
        if keeps {
            output.write(&entry).unwrap();
            output.write_with(&options, &entry).unwrap();
        }
    }
    assert_eq!(*said.lock().unwrap(), ["500", "500"]);
    let error = parser.parse::<Entry>("none").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Failed, "{error}");
    let error = parser.parse::<String>("200").unwrap_err();
    assert!(error.to_string().contains("its entry is not what the program expects"), "{error}");

    let arguments = |positional: &[i64]| {
        Arguments::new(positional.iter().map(|&number| json!(number)).collect(), Map::new())
    };
    let filter = manager.template_filter("stages.repeated", ()).unwrap();
    assert_eq!(filter.apply::<String>("ab", &arguments(&[2])).unwrap(), "abab");
    assert_eq!(filter.apply_with::<String>(&options, "ab", &arguments(&[1])).unwrap().value, "ab");
    let function = manager.template_function("stages.sum", ()).unwrap();
    assert_eq!(function.call::<i64>(&arguments(&[1, 2])).unwrap(), 3);
    assert_eq!(function.call_with::<i64>(&options, &arguments(&[4, 2])).unwrap().value, 6);
}
