//! Plugins, their components, their configurations, and what an error says and asks for.

use std::io;
use std::sync::{Arc, Mutex};

use driftless_host::{
    Candidate, Component, Embedded, Error, ErrorKind, Files, Folder, Form, LogRecord, PluginManager,
    PluginSource, Result, Settings,
};
use driftless_plugin_api::component::ComponentKind::{self, *};
use driftless_plugin_api::function::Function;
use driftless_plugin_api::log::Level;
use driftless_plugin_api::result::TaskStatus;
use serde_json::{Map, Value, json};

use crate::guest::{
    Action, Action::*, CONFIG, Guest, INPUT, LOOP, TRAP, artifact, builder, builder_in, manager, object,
    sandboxed,
};

const SUCCESS: Action<'_> = Says(r#"{"status":"success"}"#);

/// A manager with one plugin `p` that has one component `c`.
fn one(kind: ComponentKind, action: Action<'_>) -> PluginManager {
    manager(&[("p", &Guest::new().with(kind, "c", action))])
}

fn run(action: Action<'_>) -> Result<driftless_plugin_api::result::TaskResult> {
    one(Task, action).task("p.c", Map::new())?.run()
}

fn collect(action: Action<'_>) -> Result<Map<String, Value>> {
    one(FactsCollector, action).facts_collector("p.c", Map::new())?.collect()
}

/// The error has this kind and this text.
#[track_caller]
fn check<T: std::fmt::Debug>(outcome: Result<T>, kind: ErrorKind, text: &str) {
    let error = outcome.expect_err("it should fail");
    assert_eq!((error.kind(), error.to_string()), (kind, text.to_owned()));
}

/// The error has this kind, and a text that contains this.
#[track_caller]
fn check_contains<T: std::fmt::Debug>(outcome: Result<T>, kind: ErrorKind, text: &str) {
    let error = outcome.expect_err("it should fail");
    assert!(error.kind() == kind && error.to_string().contains(text), "{:?}: {error}", error.kind());
}

#[test]
fn components_are_found_as_they_were_announced() {
    let guest = Guest::new()
        .with_schema(Task, "deploy", json!({"type": "object"}), SUCCESS)
        .with(Task, "check", SUCCESS)
        .with(TemplateFilter, "shout", INPUT)
        .with(TemplateFunction, "shout", Says("1"));
    let manager = manager(&[("p", &guest)]);
    let plugin = manager.plugin("p").unwrap();
    let names = |kind| {
        let definitions = plugin.definitions(kind).unwrap();
        definitions.iter().map(|definition| definition.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(Task), ["deploy", "check"]);
    // Filters and functions share a list, and may share a name.
    assert_eq!(names(TemplateFilter), ["shout"]);
    assert_eq!(names(TemplateFunction), ["shout"]);
    let deploy = manager.component(Task, "p.deploy").unwrap();
    assert_eq!(deploy.definition().config_schema, Some(json!({"type": "object"})));
    assert_eq!((deploy.kind(), deploy.plugin().name()), (Task, "p"));
}

#[test]
fn a_list_that_is_not_there_is_empty() {
    let manager = manager(&[("p", &Guest::new().with(Task, "c", SUCCESS))]);
    let plugin = manager.plugin("p").unwrap();
    for kind in ComponentKind::ALL.into_iter().filter(|kind| *kind != Task) {
        assert!(!plugin.has(kind.definitions()));
        assert_eq!(plugin.definitions(kind).unwrap(), Vec::<&_>::new());
    }
}

#[test]
fn a_broken_list_is_told_when_it_is_first_asked_for() {
    let defect = |reply: &str| {
        let guest = Guest::new().replies(Function::GetTaskDefinitions, reply);
        let manager = manager(&[("p", &guest)]);
        // It loads: nothing was asked yet.
        manager.plugin("p").unwrap();
        match manager.component(Task, "p.any") {
            Err(error @ Error::Protocol { .. }) => {
                assert_eq!(error.kind(), ErrorKind::Failed);
                let text = error.to_string();
                let place = "plugin `p`, function `get_task_definitions`: ";
                text.strip_prefix(place).expect("it says where").to_owned()
            }
            other => panic!("{other:?}"),
        }
    };
    let twice = r#"[{"name": "one"}, {"name": "two"}, {"name": "one"}]"#;
    assert_eq!(defect(twice), "it announces two tasks called `one`");
    let path = r#"[{"name": "../one"}]"#;
    assert_eq!(defect(path), "it announces a task called \"../one\", which is no name");
    let escape = r#"[{"name": "\u001b[2J"}]"#;
    assert_eq!(defect(escape), "it announces a task called \"\\u{1b}[2J\", which is no name");
    for reply in ["", "hello", "{}", "[1]", r#"[{"type": "apply"}]"#, "[] []"] {
        let defect = defect(reply);
        assert!(defect.starts_with("its reply is not a list of definitions: "), "{defect}");
    }
}

#[test]
fn a_broken_schema_is_reported_before_its_task_is_run() {
    let guest = Guest::new()
        .with_schema(Task, "broken", json!({"type": "nonsense"}), SUCCESS)
        .with(Task, "fine", SUCCESS);
    // A caller that asks for another task gets the error as well.
    check_contains(
        manager(&[("p", &guest)]).component(Task, "p.fine"),
        ErrorKind::Failed,
        "plugin `p`, function `get_task_definitions`: the schema of its task `broken` is invalid: ",
    );
}

#[test]
fn a_schema_cannot_reach_outside() {
    for target in ["file:///etc/passwd", "http://127.0.0.1:1/schema.json"] {
        let guest = Guest::new().with_schema(Task, "c", json!({"$ref": target}), SUCCESS);
        let outcome = manager(&[("p", &guest)]).component(Task, "p.c");
        check_contains(outcome, ErrorKind::Failed, "the schema of its task `c` is invalid: ");
    }
}

/// A component whose schema has a default, a type, a required key, and lets nothing else in.
fn configurable() -> Component {
    let schema = json!({
        "type": "object",
        "properties": {
            "message": {"type": "string"},
            "times": {"type": "integer", "default": 1, "maximum": 5},
        },
        "required": ["message"],
        "additionalProperties": false,
    });
    let guest = Guest::new().with_schema(Task, "c", schema, CONFIG);
    manager(&[("p", &guest)]).component(Task, "p.c").unwrap()
}

#[test]
fn the_schemas_defaults_reach_the_plugin() {
    let config = |given: Value| configurable().configure(object(given)).unwrap().config().to_owned();
    assert_eq!(config(json!({"message": "hi"})), r#"{"message":"hi","times":1}"#);
    assert_eq!(config(json!({"times": 3, "message": "hi"})), r#"{"times":3,"message":"hi"}"#);

    let schema = json!({"properties": {"status": {"default": "success"}}});
    let guest = Guest::new().with_schema(Task, "c", schema, CONFIG);
    let result = manager(&[("p", &guest)]).task("p.c", Map::new()).unwrap().run().unwrap();
    assert_eq!(result.status, TaskStatus::Success);
}

#[test]
fn every_violation_of_the_schema_is_named() {
    let violations = |given: Value| match configurable().configure(object(given)) {
        Err(Error::Configuration { what, violations }) => {
            assert_eq!(what, "the configuration of plugin `p`, task `c`");
            violations
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(violations(json!({})), ["\"message\" is a required property"]);
    let several = violations(json!({"times": "many", "extra": 1}));
    assert_eq!(several.len(), 3, "{several:?}");
    for expected in [
        "/times: \"many\" is not of type \"integer\"",
        "\"message\" is a required",
        "there is no key `extra`",
    ] {
        assert!(several.iter().any(|violation| violation.contains(expected)), "{expected}: {several:?}");
    }
    let error = configurable().configure(object(json!({"times": 9}))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert_eq!(error.to_string().lines().count(), 3, "one line for each: {error}");
}

#[test]
fn without_a_schema_any_configuration_will_do() {
    let component = one(Task, CONFIG).component(Task, "p.c").unwrap();
    let configured = component.configure(object(json!({"any": [1, {"thing": null}]}))).unwrap();
    assert_eq!(configured.config(), r#"{"any":[1,{"thing":null}]}"#);
}

#[test]
fn what_is_not_there_is_told_with_what_is() {
    let guest = Guest::new().with(Task, "deploy", SUCCESS).with(Task, "check", SUCCESS);
    let manager = manager(&[("site-plugin", &guest), ("other", &Guest::new().with(Task, "c", SUCCESS))]);
    let find = |name: &str| manager.component(Task, name);
    let there_is_no = |name: &str, text: &str| check(find(name), ErrorKind::NotFound, text);
    there_is_no(
        "site_plugin.deploy",
        "there is no plugin `site_plugin` installed; did you mean `site-plugin`?",
    );
    there_is_no("nginx.deploy", "there is no plugin `nginx` installed; there is: other, site-plugin");
    there_is_no(
        "site-plugin.deplyo",
        "there is no task `deplyo` in plugin `site-plugin`; did you mean `deploy`?",
    );
    there_is_no(
        "site-plugin.restart",
        "there is no task `restart` in plugin `site-plugin`; there is: deploy, check",
    );
    check(
        manager.component(LogParser, "site-plugin.deploy"),
        ErrorKind::NotFound,
        "there is no log parser `deploy` in plugin `site-plugin`",
    );
    check(find("deploy"), ErrorKind::Configuration, "`deploy`: a task is named `plugin.component`");
    check(
        PluginManager::builder().build().unwrap().plugin("any"),
        ErrorKind::NotFound,
        "there is no plugin `any` installed",
    );
}

fn named(name: &str) -> Guest {
    Guest::new().manifest(json!({"name": name, "version": "1.2.0"})).with(Task, "c", SUCCESS)
}

#[test]
fn a_plugin_is_called_what_its_manifest_says() {
    let manager = manager(&[("file-name", &named("own-name"))]);
    assert_eq!(manager.plugin("own-name").unwrap().name(), "own-name");
    let text = "there is no plugin `file-name` installed; did you mean `own-name`?";
    check(manager.plugin("file-name"), ErrorKind::NotFound, text);
}

#[test]
fn a_name_that_means_two_plugins_is_an_error() {
    let (one, other) = (named("twin"), named("twin"));
    let ambiguous = |manager: PluginManager, text: &str| {
        check(manager.plugin("twin"), ErrorKind::Configuration, text);
    };
    ambiguous(
        manager(&[("one", &one), ("other", &other)]),
        "two plugins are called `twin`: embedded one and embedded other; remove one",
    );
    let plain = Guest::new().with(Task, "c", SUCCESS);
    ambiguous(
        builder(&[("twin", &plain)]).source(Embedded::new("twin", plain.build())).build().unwrap(),
        "two plugins are called `twin`: embedded twin and embedded twin; remove one",
    );
}

#[test]
fn a_list_executes_nothing_and_hides_nothing() {
    // Instantiating the first one would never return.
    let endless = wat::parse_str(
        r#"(module (func $start (loop $forever br $forever)) (start $start)
            (memory (export "memory") 1)
            (func (export "driftless_reserve") (param i32) (result i32) i32.const 0)
            (func (export "shutdown") (result i64) i64.const 0))"#,
    );
    let manager = builder(&[("zebra", &named("aardvark"))])
        .source(Embedded::new("endless", endless.unwrap()).and("no-plugin", *b"hello"))
        .build()
        .unwrap();
    let listed = manager.list().unwrap();
    let found: Vec<_> = listed
        .iter()
        .map(|plugin| (plugin.name.as_str(), plugin.origin.as_str(), plugin.functions.as_deref()))
        .collect();
    let functions = [Function::GetTaskDefinitions, Function::ExecuteTask];
    assert_eq!(
        found,
        [
            ("aardvark", "embedded zebra", Some(&functions[..])),
            ("endless", "embedded endless", Some(&[Function::Shutdown][..])),
            ("no-plugin", "embedded no-plugin", None),
        ]
    );
    assert_eq!(listed[0].manifest.as_ref().unwrap().version, "1.2.0");
    // Broken plugins do not keep the others from running.
    manager.task("aardvark.c", Map::new()).unwrap().run().unwrap();
}

#[test]
fn a_plugin_for_another_host_is_refused() {
    let demanding = |range: &str| {
        let manifest = json!({"name": "p", "version": "1.0.0", "driftless_version": range});
        manager(&[("p", &Guest::new().manifest(manifest).with(Task, "c", SUCCESS))]).plugin("p")
    };
    demanding("*").unwrap();
    demanding(&format!("^{}", driftless_host::HOST_VERSION)).unwrap();
    check(
        demanding("^99.1"),
        ErrorKind::Refused,
        &format!(
            "plugin `p` is refused:\n  - it demands Driftless ^99.1, and this is {}",
            driftless_host::HOST_VERSION
        ),
    );
    check(
        demanding("newest"),
        ErrorKind::Refused,
        "plugin `p` is refused:\n  - its manifest demands Driftless `newest`, which is no range of versions",
    );
}

#[test]
fn a_failure_is_one_only_where_it_is_marked() {
    let call = |action| {
        one(TemplateFunction, action)
            .plugin("p")
            .unwrap()
            .call(Function::ExecuteTemplateFunction, &["c", "{}", "[]"])
    };
    let error = r#"{"error":"no such host"}"#;
    assert_eq!(call(Says(error)).unwrap(), error, "data may have a key `error`");
    let place = "plugin `p`, function `execute_template_function`: ";
    check(call(Fails(error)), ErrorKind::Failed, &format!("{place}no such host"));
    // Whatever is marked is a failure; what it says is not always in the form that it should have.
    check(call(Fails("just words")), ErrorKind::Failed, &format!("{place}just words"));
    check(call(Fails("")), ErrorKind::Failed, place);
    let more = r#"{"error":"a","more":1}"#;
    check(call(Fails(more)), ErrorKind::Failed, &format!("{place}{more}"));
    assert!(matches!(call(Fails(error)), Err(Error::Failed { .. })));
    // The message of a plugin is cut.
    let long = call(Fails(&"x".repeat(100_000))).unwrap_err().to_string();
    assert!(long.len() < 17 << 10 && long.ends_with("x…"), "{} bytes", long.len());

    assert_eq!(collect(Says(error)).unwrap(), object(json!({"error": "no such host"})));
    check(collect(Fails(error)), ErrorKind::Failed, "plugin `p`, facts collector `c`: no such host");
    check(run(Fails(error)), ErrorKind::Failed, "plugin `p`, task `c`: no such host");
}

#[test]
fn a_task_returns_a_status() {
    let result = run(Says(r#"{"status":"success","message":"done","lines":3}"#)).unwrap();
    assert_eq!((result.status, result.message.as_deref()), (TaskStatus::Success, Some("done")));
    assert_eq!(result.data, object(json!({"lines": 3})));
    // A task that did not do what it should has run all the same.
    let result = run(Says(r#"{"status":"error","message":"no"}"#)).unwrap();
    assert_eq!((result.status, result.message.as_deref()), (TaskStatus::Error, Some("no")));

    for reply in [
        r#"{"message":"done"}"#,
        r#"{"status":"perhaps"}"#,
        r#"{"status":true}"#,
        r#"{"error":"no"}"#,
        "[]",
        "null",
        "",
        "done",
        r#"{"status":"success"} and more"#,
    ] {
        let outcome = run(Says(reply));
        assert!(matches!(outcome, Err(Error::Protocol { .. })), "{reply}: {outcome:?}");
        check_contains(outcome, ErrorKind::Failed, "plugin `p`, task `c`: its reply is not a task result: ");
    }
}

#[test]
fn facts_are_an_object() {
    assert_eq!(collect(Says(r#"{"a":{"b":[1]}}"#)).unwrap(), object(json!({"a": {"b": [1]}})));
    assert_eq!(collect(Says("{}")).unwrap(), Map::new());
    for reply in ["[]", "1", "\"text\"", "null", "", "{", "{} {}"] {
        let outcome = collect(Says(reply));
        assert!(matches!(outcome, Err(Error::Protocol { .. })), "{reply}: {outcome:?}");
        let expected = "plugin `p`, facts collector `c`: its reply is not an object of facts: ";
        check_contains(outcome, ErrorKind::Failed, expected);
    }
}

/// Settings as a user writes them.
fn settings(toml: &str) -> Settings {
    Settings::from_toml(toml).unwrap()
}

#[test]
fn each_setting_acts_and_its_error_names_it() {
    let guest = Guest::new()
        .manifest(json!({"name": "greedy", "version": "1.2.0"}))
        .with(Task, "mine", LOOP)
        .with(Task, "grow", Runs("(drop (memory.grow (i32.const 1000))) unreachable"))
        .with(Task, "break", TRAP);
    let run = |toml: &str, task: &str| {
        let manager = builder_in(settings(toml), &[("greedy", &guest)]).build().unwrap();
        manager.task(&format!("greedy.{task}"), Map::new())?.run()
    };
    check(
        run("[security]\nfuel_limit = 1000000", "mine"),
        ErrorKind::Limit,
        "plugin `greedy` 1.2.0, task `mine`: used up its 1,000,000 units of fuel",
    );
    check(
        run("[security]\nexecution_timeout_secs = 1\nfuel_limit = 9000000000000000000", "mine"),
        ErrorKind::Limit,
        "plugin `greedy` 1.2.0, task `mine`: took longer than its 1 second",
    );
    check(
        run("[security]\nmax_memory = 33554432", "grow"),
        ErrorKind::Limit,
        "plugin `greedy` 1.2.0, task `grow`: needed more than its 32 MiB of memory",
    );
    // What it begins with already is too much: the same limit, and the same advice.
    check(
        run("[security]\nmax_memory = 1048576", "grow"),
        ErrorKind::Limit,
        "plugin `greedy`: it needed more than its 1 MiB of memory",
    );
    let trapped = "plugin `greedy` 1.2.0, task `break`: trapped: wasm `unreachable` instruction executed";
    check(run("", "break"), ErrorKind::Failed, trapped);
    let debugging = run("[security]\ndebug_enabled = true", "break").unwrap_err().to_string();
    assert!(debugging.starts_with(trapped) && debugging.contains("\n    in function "), "{debugging}");
}

#[test]
fn wasi_is_let_in_only_where_it_is_allowed() {
    let bytes = wat::parse_str(
        r#"(module
            (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
            (memory (export "memory") 1)
            (func (export "driftless_reserve") (param i32) (result i32) i32.const 0)
            (func (export "shutdown") (result i64) i64.const 0))"#,
    );
    let bytes = bytes.unwrap();
    let load =
        |toml: &str| sandboxed(settings(toml)).build().unwrap().load(&artifact("p", &bytes)).map(|_| ());
    check_contains(load(""), ErrorKind::Refused, "WASI is off");
    load("[security]\nallow_wasi = true").unwrap();
}

#[test]
fn unknown_settings_are_reported_with_their_line() {
    let says = |toml: &str| Settings::from_toml(toml);
    check_contains(says("[security]\nfuel = 1"), ErrorKind::Configuration, "the settings: ");
    check_contains(says("[security]\nfuel = 1"), ErrorKind::Configuration, "line 2");
    check_contains(says("[security]\nfuel = 1"), ErrorKind::Configuration, "unknown field `fuel`");
    check_contains(says("[secutiry]"), ErrorKind::Configuration, "unknown field `secutiry`");
    check_contains(says("[security]\nmax_memory = \"64MB\""), ErrorKind::Configuration, "invalid type");
}

#[test]
fn every_error_asks_for_the_right_answer() {
    let settings = settings("[security]\nfuel_limit = 1000000");
    let limit = builder_in(settings, &[("p", &Guest::new().with(Task, "c", LOOP))]);
    let refused = sandboxed(Settings::default()).source(Embedded::new("p", *b"hello"));
    let panics = Runs("(call $panic (local.get $a0) (local.get $l0)) unreachable");
    let kind = |manager: PluginManager| {
        let outcome = manager.task("p.c", Map::new()).and_then(|task| task.run());
        outcome.expect_err("it should fail").kind()
    };
    assert_eq!(kind(limit.build().unwrap()), ErrorKind::Limit);
    assert_eq!(kind(refused.build().unwrap()), ErrorKind::Refused);
    assert_eq!(kind(one(Task, TRAP)), ErrorKind::Failed);
    assert_eq!(kind(one(Task, panics)), ErrorKind::Failed);
    assert_eq!(kind(one(Task, Says("\u{0}"))), ErrorKind::Failed);
    assert_eq!(kind(one(Task, Runs("i64.const 0x7fffffff"))), ErrorKind::Limit);
    assert_eq!(kind(one(Task, Runs("i64.const 0xfffffff0_00000020"))), ErrorKind::Failed);
    assert_eq!(kind(one(FactsCollector, Says("{}"))), ErrorKind::NotFound);
    check(run(panics), ErrorKind::Failed, "plugin `p`, task `c`: panicked: c");
}

#[test]
fn a_refusal_names_everything() {
    let bytes = wat::parse_str(
        r#"(module (import "env" "system" (func)) (import "env" "planet" (func)) (memory (export "memory") 1))"#,
    );
    let error =
        sandboxed(Settings::default()).build().unwrap().load(&artifact("evil", &bytes.unwrap())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    let text = error.to_string();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "plugin `evil` is refused:");
    assert_eq!(lines[1], "  - it is no plugin: it exports none of the protocol's functions");
    assert!(lines[2].starts_with("  - it imports `env.system`: plugins make no system calls (at byte "));
    assert!(lines[3].starts_with("  - it imports `env.planet`: the host offers no such function (at byte "));
    assert_eq!(lines.len(), 4);
}

/// A place where everything goes wrong.
struct Unreachable(io::ErrorKind);

impl PluginSource for Unreachable {
    fn list(&self) -> io::Result<Vec<Candidate>> {
        match self.0 {
            io::ErrorKind::NotFound => {
                Ok(vec![Candidate { name: "p".to_owned(), origin: "/gone/p.wasm".to_owned() }])
            }
            kind => Err(kind.into()),
        }
    }

    fn open(&self, _: &Candidate) -> io::Result<Form> {
        Err(self.0.into())
    }
}

#[test]
fn every_plugin_of_a_folder_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let guest = Guest::new().with(Task, "t", Says(r#"{"status":"success","message":"here"}"#));
    std::fs::write(folder.path().join("a-plugin.wasm"), guest.build()).unwrap();
    std::fs::write(folder.path().join("broken.wasm"), "no plugin").unwrap();
    std::fs::write(folder.path().join("notes.txt"), "no plugin either").unwrap();
    let manager = sandboxed(Settings::default()).source(Folder::new(folder.path())).build().unwrap();
    let names: Vec<_> = manager.list().unwrap().into_iter().map(|plugin| plugin.name).collect();
    assert_eq!(names, ["a-plugin", "broken"]);
    let done = manager.task("a-plugin.t", ()).unwrap().run().unwrap();
    assert_eq!(done.message.as_deref(), Some("here"));

    // What is no folder is named.
    let no_folder = Folder::new(folder.path().join("notes.txt"));
    let manager = sandboxed(Settings::default()).source(no_folder).build().unwrap();
    let error = manager.list().unwrap_err().to_string();
    assert!(error.contains("notes.txt: "), "{error}");
}

#[test]
#[cfg(unix)]
fn a_pipe_or_a_file_without_end_in_the_place_of_a_plugin_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let [pipe, huge] = ["pipe.wasm", "huge.wasm"].map(|name| folder.path().join(name));
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    std::fs::File::create(&huge).unwrap().set_len(1 << 40).unwrap();
    let (done, end) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let files = Files::new([&pipe, &huge]);
        let in_folder = Folder::new(folder.path());
        let candidate = |name: &str| Candidate {
            name: name.to_owned(),
            origin: folder.path().join(format!("{name}.wasm")).display().to_string(),
        };
        let open = |source: &dyn PluginSource, name| {
            source.open(&candidate(name)).expect_err("it should be refused").to_string()
        };
        for source in [&files as &dyn PluginSource, &in_folder] {
            done.send((open(source, "pipe"), open(source, "huge"))).unwrap();
        }
        // It is not even listed.
        let listed = in_folder.list().unwrap();
        assert_eq!(listed, [candidate("huge")]);
        let manager = sandboxed(Settings::default()).source(files).build().unwrap();
        let loaded = ["pipe", "huge"].map(|name| manager.plugin(name).unwrap_err().to_string());
        done.send(loaded.into()).unwrap();
    });
    for _ in 0..3 {
        let next = end.recv_timeout(std::time::Duration::from_secs(30));
        let (pipe, huge) = next.expect("it waits for a pipe, or it panicked");
        assert!(pipe.ends_with("it is no regular file"), "{pipe}");
        assert!(huge.contains("the file has more than "), "{huge}");
    }
}

#[test]
fn a_place_that_cannot_be_read_is_named() {
    let find = |kind| PluginManager::builder().source(Unreachable(kind)).build().unwrap().plugin("p");
    check(find(io::ErrorKind::PermissionDenied), ErrorKind::Failed, "the list of plugins: permission denied");
    check(find(io::ErrorKind::NotFound), ErrorKind::NotFound, "/gone/p.wasm: entity not found");
}

#[test]
fn what_a_plugin_says_arrives_with_its_name() {
    let says = "(call $log (local.get $a0) (local.get $l0) (local.get $a1) (local.get $l1))
        (call $reply (i32.const 0) (i32.const 0))";
    let log = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&log);
    let guest = named("talkative").with(LogSource, "warn", Runs(says));
    let manager = builder(&[("p", &guest)]).log(move |record: &LogRecord<'_>| {
        let LogRecord { plugin, level, message } = record;
        sink.lock().unwrap().push(((*plugin).to_owned(), *level, (*message).to_owned()));
    });
    let plugin = manager.build().unwrap().plugin("talkative").unwrap();
    plugin.call(Function::ExecuteLogSource, &["warn", "{}"]).unwrap();
    let expected = ("talkative".to_owned(), Level::Warn, "{}".to_owned());
    assert_eq!(*log.lock().unwrap(), [expected]);
}

#[test]
fn a_call_that_cannot_be_made_is_told_before_it_is_made() {
    let plugin = one(Task, SUCCESS).plugin("p").unwrap();
    let place = "plugin `p`, function ";
    let outcome = plugin.call(Function::ExecuteTask, &["c"]);
    check(outcome, ErrorKind::Failed, &format!("{place}`execute_task`: it takes 2 arguments, not 1"));
    let outcome = plugin.call(Function::Shutdown, &[]);
    check(outcome, ErrorKind::Failed, &format!("{place}`shutdown`: the plugin does not export it"));
}

#[test]
fn a_plugin_is_called_from_many_threads_at_once() {
    let manager = one(Task, CONFIG);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let manager = &manager;
            scope.spawn(move || {
                for call in 0..100 {
                    let config = object(json!({"status": "success", "thread": thread, "call": call}));
                    let result = manager.task("p.c", config).unwrap().run().unwrap();
                    assert_eq!(result.data, object(json!({"thread": thread, "call": call})));
                }
            });
        }
    });
}

#[test]
fn a_plugin_that_failed_works_again() {
    // It breaks at every other call of an instance; the instance after that begins anew.
    let every_other = r#"(global.set $count (i32.add (global.get $count) (i32.const 1)))
        (if (i32.eq (global.get $count) (i32.const 2)) (then unreachable))
        (call $reply (local.get $a1) (local.get $l1))"#;
    let manager = one(Task, Runs(every_other));
    let task = manager.task("p.c", object(json!({"status": "success"}))).unwrap();
    let outcomes: Vec<_> = (0..6).map(|_| task.run().is_ok()).collect();
    assert_eq!(outcomes, [true, false, true, false, true, false]);
}
