//! The call contract as the host keeps it: any transport, one deadline, cancel, usage, an observer, and the life of an instance.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use driftless_host::transport::{Admit, Call, Conversation, Deadline, Reply, Transport};
use driftless_host::{
    Artifact, CallEnded, CallError, CallFailure, CallOptions, CallStarted, CancelHandle, Candidate, Digest,
    Embedded, ErrorKind, FailurePolicy, Form, GrantEvent, Grants, HostCallEnded, LoadError, Loader,
    LogRecord, Observer, Outcome, PluginInfo, PluginManager, PluginSource, Policy, ProtectedEntry,
    ProtectedPaths, Settings, Timing, Usage,
};
use driftless_logs::{Control, Pipeline, PipelineFile};
use driftless_plugin_api::component::ComponentKind::Task;
use driftless_plugin_api::function::Function;
use driftless_plugin_api::host_call::HostCallErrorKind;
use driftless_templates::Templates;
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};

use crate::guest::{Action::*, Guest, LOOP, TRAP, artifact, builder, builder_in, manager, sandboxed};

/// A transport that is no WebAssembly: a function of the test's own.
#[derive(Clone)]
struct Closure(PluginInfo, fn(Function, &[&str]) -> String);

impl Loader for Closure {
    fn accepts(&self, artifact: &Artifact) -> bool {
        matches!(artifact.form, Form::BuiltIn(_))
    }

    fn inspect(&self, _: &Artifact) -> Result<PluginInfo, LoadError> {
        Ok(self.0.clone())
    }

    fn load(&self, _: &Artifact, admit: Admit<'_>) -> Result<Arc<dyn Transport>, LoadError> {
        admit(&self.0).map(|_| Arc::new(self.clone()) as _)
    }
}

impl Transport for Closure {
    fn info(&self) -> &PluginInfo {
        &self.0
    }

    fn call(&self, call: &Call<'_>, read: &mut dyn FnMut(Reply<'_>)) -> Result<(), CallError> {
        let text = &(self.1)(call.function, call.arguments);
        read(Reply { text, failed: false, usage: &Usage::default() });
        Ok(())
    }

    fn open(&self, _: Deadline, _: Option<&CancelHandle>) -> Result<Box<dyn Conversation>, CallError> {
        Ok(Box::new(self.clone()))
    }
}

impl Conversation for Closure {
    fn call(&mut self, call: &Call<'_>, read: &mut dyn FnMut(Reply<'_>)) -> Result<(), CallError> {
        Transport::call(self, call, read)
    }

    fn is_over(&self) -> bool {
        false
    }
}

impl PluginSource for Closure {
    fn list(&self) -> io::Result<Vec<Candidate>> {
        Ok(vec![Candidate { name: "p".to_owned(), origin: "this test".to_owned() }])
    }

    fn open(&self, _: &Candidate) -> io::Result<Form> {
        Ok(Form::BuiltIn(Arc::new(())))
    }
}

fn closure() -> PluginManager {
    let answer = |function: Function, arguments: &[&str]| match function {
        Function::GetTemplateExtensions => r#"[{"name": "c", "type": "filter"}]"#.to_owned(),
        _ if arguments.is_empty() => r#"[{"name": "c"}]"#.to_owned(),
        Function::ExecuteTask => format!(r#"{{"status": "success", "got": {}}}"#, arguments[1]),
        Function::ExecuteFactsCollector => r#"{"fact": 1}"#.to_owned(),
        Function::ExecuteLogParser => json!({ "line": arguments[2] }).to_string(),
        Function::ExecuteLogFilter => (!arguments[2].contains("drop")).to_string(),
        Function::ExecuteTemplateFilter => arguments[2].to_uppercase(),
        other => panic!("the test does not call {other}"),
    };
    let functions = Function::ALL.iter().copied().collect();
    let plugin = Closure(PluginInfo::new("p", None, Digest::of(b"p"), functions), answer);
    PluginManager::builder().loader(plugin.clone()).source(plugin).build().unwrap()
}

#[test]
fn a_transport_of_forty_lines_runs_tasks_facts_a_pipeline_and_templates() {
    let manager = closure();
    let task = manager.task("p.c", json!({"a": 1})).unwrap();
    assert_eq!(task.run().unwrap().data["got"], json!({"a": 1}));
    let facts = manager.facts_collector("p.c", ()).unwrap();
    assert_eq!(facts.collect().unwrap()["fact"], 1);

    let templates = Templates::new(&manager);
    let vars = Map::from_iter([("who".to_owned(), json!("world"))]);
    assert_eq!(templates.render("t", "{{ who | c }}", &vars).unwrap(), "WORLD");

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("in"), "keep\ndrop\n").unwrap();
    let file: PipelineFile = serde_json::from_value(json!({
        "sources": [{"type": "file", "paths": [path("in")], "parser": {"type": "p.c"}}],
        "filters": [{"type": "p.c"}],
        "outputs": [{"type": "file", "path": path("out")}],
    }))
    .unwrap();
    let finished = Pipeline::new(&manager, &file, false).unwrap().run(&Control::new(), &mut |_| {});
    assert!(finished.error.is_none());
    assert_eq!(std::fs::read_to_string(path("out")).unwrap(), "{\"line\":\"keep\"}\n");
}

#[test]
fn what_no_loader_accepts_is_refused_by_name() {
    let manager = PluginManager::builder().source(Embedded::new("p", *b"hello")).build().unwrap();
    let error = manager.plugin("p").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(error.to_string(), "plugin `p`: this program has no loader for what is at embedded p");
}

#[test]
fn a_struct_goes_in_and_a_struct_comes_out() {
    #[derive(Serialize)]
    struct Plan {
        who: &'static str,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Report {
        got: Got,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Got {
        who: String,
    }

    let manager = closure();
    let report: Report = manager.task("p.c", Plan { who: "ada" }).unwrap().run_as().unwrap();
    assert_eq!(report, Report { got: Got { who: "ada".to_owned() } });

    #[derive(Debug, Deserialize)]
    struct Other {
        #[allow(dead_code, reason = "it is not there")]
        missing: u8,
    }
    let error = manager.task("p.c", ()).unwrap().run_as::<Other>().unwrap_err();
    assert!(error.to_string().contains("missing field `missing`"), "{error}");
    let error = manager.task("p.c", [1, 2]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("it is a list; a configuration is an object"), "{error}");
}

#[test]
fn starting_an_instance_and_its_first_call_share_one_budget_of_fuel() {
    // Starting takes six tenths of what there is, and so does a call.
    let spend = "(local $i i32) (loop $on (br_if $on (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100000))))";
    let module = |start: &str| {
        wat::parse_str(format!(
            r#"(module
                (memory (export "memory") 1)
                (data (i32.const 16) "{{}}")
                (func $spend {spend})
                {start}
                (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
                (func (export "shutdown") (result i64) i64.const 0)
                (func (export "get_hooks") (result i64) (call $spend)
                    (i64.or (i64.shl (i64.const 16) (i64.const 32)) (i64.const 2))))"#
        ))
        .unwrap()
    };
    let settings = || Settings::from_toml("[security]\nfuel_limit = 1200000").unwrap();
    let load = |start| sandboxed(settings()).build().unwrap().load(&artifact("p", &module(start))).unwrap();
    let light = load("").call(Function::GetHooks, &[]);
    light.unwrap();

    let heavy = load("(start $spend)");
    let error = heavy.call(Function::GetHooks, &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    assert!(error.to_string().contains("used up its 1,200,000 units of fuel"), "{error}");
}

#[test]
fn waiting_for_an_instance_ends_with_the_deadline_of_the_call() {
    let settings =
        Settings::from_toml("[security]\nmax_instances = 1\nexecution_timeout_secs = 3600").unwrap();
    let manager =
        builder_in(settings, &[("p", &Guest::new().with(Task, "c", Says(r#"{"status": "success"}"#)))]);
    let plugin = manager.build().unwrap().plugin("p").unwrap();
    let mut session = plugin.session();
    session.call(Function::GetTaskDefinitions, &[]).unwrap();
    // The only instance is taken, for as long as the session lives. Without a deadline of its own this call waits an hour.
    let options = CallOptions::default().timeout(Duration::from_millis(50));
    let error = plugin.call_with(&options, Function::GetTaskDefinitions, &[]).unwrap_err();
    assert!(error.to_string().contains("found no free instance among the 1"), "{error}");
    drop(session);
    plugin.call_with(&options, Function::GetTaskDefinitions, &[]).unwrap();
}

#[test]
fn a_budget_of_the_callers_own_is_narrower_than_the_limits() {
    let guest = Guest::new().with(Task, "loop", LOOP).with(Task, "ok", Says(r#"{"status": "success"}"#));
    let manager = manager(&[("p", &guest)]);
    let endless = manager.task("p.loop", ()).unwrap();
    let error = endless.run_with(&CallOptions::default().timeout(Duration::from_millis(30))).unwrap_err();
    assert!(error.to_string().contains("took longer than its 30 ms"), "{error}");
    let error = endless.run_with(&CallOptions::default().fuel(50_000)).unwrap_err();
    assert!(error.to_string().contains("used up its 50,000 units of fuel"), "{error}");
    assert_eq!(error.usage().fuel, Some(50_000));

    let used = manager.task("p.ok", ()).unwrap().run_with(&CallOptions::default()).unwrap().usage;
    assert!(used.fuel.is_some_and(|fuel| fuel > 0 && fuel < 100_000), "{used:?}");
    assert!(used.memory.is_some_and(|memory| memory >= 192 << 16), "{used:?}");
    assert!(used.wall_time > Duration::ZERO, "{used:?}");
}

/// Writes down what it is told, and does something when a call begins.
#[derive(Clone, Default)]
struct Recorder {
    lines: Arc<Mutex<Vec<String>>>,
    cancels: Option<CancelHandle>,
}

impl Recorder {
    fn say(&self, line: String) {
        self.lines.lock().unwrap().push(line);
    }

    fn lines(&self) -> Vec<String> {
        std::mem::take(&mut self.lines.lock().unwrap())
    }
}

impl Observer for Recorder {
    fn timing(&self) -> Timing {
        Timing::Exact
    }

    fn call_started(&self, call: &CallStarted<'_>) {
        let component = call.component.map_or("-".to_owned(), |(kind, name)| format!("{kind} {name}"));
        self.say(format!("start {} {} {component}", call.plugin.name, call.function));
        if let Some(cancel) = self.cancels.clone() {
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(30));
                cancel.cancel();
            });
        }
    }

    fn call_ended(&self, ended: &CallEnded<'_>) {
        let outcome = match ended.outcome {
            Outcome::Replied(bytes) => format!("replied {bytes}"),
            Outcome::Failed(bytes) => format!("failed {bytes}"),
            Outcome::Error(error) => format!("error {}", error.cause),
        };
        let began = !matches!(ended.outcome, Outcome::Error(error) if error.cause == CallFailure::Cancelled);
        assert!(!began || ended.usage.wall_time > Duration::ZERO, "{:?}", ended.usage);
        self.say(format!("end {} {outcome}, {} host calls", ended.call.function, ended.usage.host_calls));
    }

    fn host_call_ended(&self, ended: &HostCallEnded<'_>) {
        let missing = ended.missing_grant.map(|missing| format!(", for want of {}", missing.entry));
        let missing = missing.unwrap_or_default();
        self.say(format!("{} {} {:?}{missing}", ended.plugin, ended.request, ended.error));
    }
}

#[test]
fn an_observer_sees_every_call_and_how_it_ended() {
    let recorder = Recorder::default();
    let guest = Guest::new()
        .with(Task, "ok", Says(r#"{"status": "success"}"#))
        .with(Task, "declines", Fails(r#"{"error": "no"}"#))
        .with(Task, "traps", TRAP);
    let manager = builder(&[("p", &guest)]).observer(recorder.clone()).build().unwrap();
    for task in ["ok", "declines", "traps"] {
        let _ = manager.task(&format!("p.{task}"), ()).unwrap().run();
    }
    let _ = manager.plugin("p").unwrap().session().call(Function::GetTaskDefinitions, &[]);
    let lines = recorder.lines();
    let calls: Vec<&str> =
        lines.iter().map(String::as_str).filter(|line| !line.starts_with("end get_")).collect();
    assert_eq!(
        calls,
        [
            "start p get_task_definitions -",
            "start p execute_task task ok",
            "end execute_task replied 21, 0 host calls",
            "start p execute_task task declines",
            "end execute_task failed 15, 0 host calls",
            "start p execute_task task traps",
            "end execute_task error trapped: wasm `unreachable` instruction executed, 0 host calls",
            "start p get_task_definitions -",
        ]
    );
}

#[test]
fn an_observer_sees_each_host_call_with_the_permission_used_or_refused() {
    let manifest = json!({
        "name": "asks", "version": "1.0.0", "driftless_version": "*", "protocol": 1, "plugin_type": "wasm", "entry_point": "asks.wasm",
        "permissions": [{"Environment": {"vars": ["DRIFTLESS_TEST_TOKEN"]}}],
    });
    let manifest: String = manifest.to_string().bytes().map(|byte| format!("\\{byte:02x}")).collect();
    let request = r#"{\"name\":\"DRIFTLESS_TEST_TOKEN\"}"#;
    let module = wat::parse_str(format!(
        r#"(module
            (@custom "driftless.manifest.v1" "{manifest}")
            (import "env" "host_environment" (func $ask (param i32 i32 i32 i32) (result i64)))
            (memory (export "memory") 1)
            (data (i32.const 16) "[]")
            (data (i32.const 64) "{request}")
            (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
            (func (export "get_hooks") (result i64)
                (drop (call $ask (i32.const 64) (i32.const 31) (i32.const 0) (i32.const 0)))
                (i64.or (i64.shl (i64.const 16) (i64.const 32)) (i64.const 2))))"#
    ));
    let recorder = Recorder::default();
    let manager = sandboxed(Settings::default()).observer(recorder.clone()).build().unwrap();
    let plugin = manager.load(&artifact("asks", &module.unwrap())).unwrap();
    plugin.call(Function::GetHooks, &[]).unwrap();
    let lines = recorder.lines();
    assert_eq!(
        lines[1],
        format!(
            "asks host_environment get DRIFTLESS_TEST_TOKEN {:?}, for want of DRIFTLESS_TEST_TOKEN",
            Some(HostCallErrorKind::Denied)
        ),
        "{lines:?}"
    );
    assert_eq!(lines[2], "end get_hooks replied 2, 1 host calls");
}

#[test]
fn what_does_not_hold_of_a_grant_is_told_as_data() {
    let manifest = json!({
        "name": "asks", "version": "1.0.0",
        "permissions": [{"FileSystem": {"paths": ["/srv/own", "/srv/other"]}}],
    });
    let module = Guest::new().manifest(manifest).with(Task, "t", Says("{}")).build();
    let told = |digest: &str, files: &str| {
        let grants = format!("[plugins.asks]\ndigest = \"{digest}\"\nfiles = {files}");
        let events = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&events);
        let manager = sandboxed(Settings::default())
            .grants(Grants::from_toml(&grants).unwrap())
            .protected_paths(ProtectedPaths::new(["/srv/own"]))
            .on_grant_event(move |event| heard.lock().unwrap().push(event.clone()))
            .build()
            .unwrap();
        manager.load(&artifact("asks", &module)).unwrap();
        std::mem::take(&mut *events.lock().unwrap())
    };
    let (digest, other) = (Digest::of(&module).to_string(), format!("sha256:{}", "0".repeat(64)));
    assert_eq!(told(&digest, r#"["/srv/other"]"#), []);
    let entry = ProtectedEntry { entry: "/srv/own".to_owned(), place: "/srv/own".into() };
    assert_eq!(
        told(&digest, r#"["/srv/own", "/srv/other"]"#),
        [GrantEvent::Protected { plugin: "asks".into(), entry }]
    );
    assert_eq!(told(&other, r#"["/srv/other"]"#), [GrantEvent::OfAnotherFile { plugin: "asks".into() }]);
}

#[test]
fn a_cancel_handle_ends_a_running_call_and_the_next_one_works() {
    let cancel = CancelHandle::new();
    let recorder = Recorder { cancels: Some(cancel.clone()), ..Recorder::default() };
    let guest = Guest::new().with(Task, "loop", LOOP).with(Task, "ok", Says(r#"{"status": "success"}"#));
    let settings = "[security]\nfuel_limit = 1000000000000\nexecution_timeout_secs = 3600";
    let manager = builder_in(Settings::from_toml(settings).unwrap(), &[("p", &guest)]).observer(recorder);
    let manager = manager.build().unwrap();
    let endless = manager.task("p.loop", ()).unwrap();
    let error = endless.run_with(&CallOptions::default().cancel(&cancel)).unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string()),
        (ErrorKind::Cancelled, "plugin `p`, task `loop`: was cancelled".into())
    );
    // A handle that is cancelled stays so, and other calls have nothing to do with it.
    let fine = manager.task("p.ok", ()).unwrap();
    assert_eq!(
        fine.run_with(&CallOptions::default().cancel(&cancel)).unwrap_err().kind(),
        ErrorKind::Cancelled
    );
    fine.run().unwrap();
    // The manager's own handle ends everything.
    manager.cancel_handle().cancel();
    assert_eq!(fine.run().unwrap_err().kind(), ErrorKind::Cancelled);
}

#[test]
fn a_pause_between_retries_ends_with_a_cancel() {
    let cancel = CancelHandle::new();
    let manager = builder(&[("p", &Guest::new().with(Task, "c", TRAP))]).cancel(&cancel).build().unwrap();
    let policy = FailurePolicy { retries: Some(3), pause_ms: Some(20_000), ..Policy::Retry.into() };
    let task = manager.task("p.c", ()).unwrap().on_failure(&policy).unwrap();
    let canceller = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        cancel.cancel();
    });
    // Without the cancellation, the pause alone takes twenty seconds.
    let error = task.run().unwrap_err();
    canceller.join().unwrap();
    assert_eq!(error.to_string(), "plugin `p`, task `c`: trapped: wasm `unreachable` instruction executed");
}

/// A plugin that says on the log when it begins and when it ends, and fails to begin where its configuration begins with `{"f`.
fn with_a_life() -> Vec<u8> {
    wat::parse_str(
        r#"(module
            (import "env" "host_log" (func $log (param i32 i32 i32 i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "info")
            (data (i32.const 16) "null")
            (data (i32.const 32) "shutdown")
            (data (i32.const 48) "{\"error\":\"not like this\"}")
            (func $null (result i64) (i64.or (i64.shl (i64.const 16) (i64.const 32)) (i64.const 4)))
            (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
            (func (export "initialize") (param $at i32) (param $length i32) (result i64)
                (call $log (i32.const 0) (i32.const 4) (local.get $at) (local.get $length))
                (if (i32.eq (i32.load8_u offset=2 (local.get $at)) (i32.const 102)) (then
                    (return (i64.or (i64.or (i64.shl (i64.const 48) (i64.const 32)) (i64.const 25)) (i64.const 0x8000_0000)))))
                (call $null))
            (func (export "get_hooks") (result i64) (call $null))
            (func (export "shutdown") (result i64)
                (call $log (i32.const 0) (i32.const 4) (i32.const 32) (i32.const 8))
                (call $null)))"#,
    )
    .unwrap()
}

fn living(configuration: &str) -> (PluginManager, Arc<Mutex<Vec<String>>>) {
    let said = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&said);
    let settings = Settings::from_toml(&format!("[plugins.p]\n{configuration}")).unwrap();
    let manager = sandboxed(settings)
        .source(Embedded::new("p", with_a_life()))
        .log(move |record: &LogRecord<'_>| sink.lock().unwrap().push(record.message.to_owned()));
    (manager.build().unwrap(), said)
}

#[test]
fn an_instance_is_initialised_before_any_other_function_and_shut_down_when_it_is_dropped() {
    let (manager, said) = living("color = \"blue\"");
    let plugin = manager.plugin("p").unwrap();
    assert!(said.lock().unwrap().is_empty(), "nothing runs before it is called");
    plugin.call(Function::GetHooks, &[]).unwrap();
    plugin.call(Function::GetHooks, &[]).unwrap();
    let mut session = plugin.session();
    session.call(Function::GetHooks, &[]).unwrap();
    assert_eq!(*said.lock().unwrap(), [r#"{"color":"blue"}"#, r#"{"color":"blue"}"#], "once an instance");
    drop(session);
    assert_eq!(said.lock().unwrap().last().unwrap(), "shutdown");
    drop((plugin, manager));
    assert_eq!(said.lock().unwrap().len(), 4);
}

#[test]
fn a_plugin_that_cannot_be_initialised_says_why() {
    let (manager, said) = living("fail = true");
    let error = manager.plugin("p").unwrap().call(Function::GetHooks, &[]).unwrap_err();
    assert_eq!(error.to_string(), "plugin `p`, function `initialize`: not like this");
    drop(manager);
    assert_eq!(said.lock().unwrap().len(), 1, "what did not begin is not shut down");
}

/// A source whose only plugin is another one each time it is opened.
#[derive(Clone, Default)]
struct Changing(Arc<AtomicU32>);

impl PluginSource for Changing {
    fn list(&self) -> io::Result<Vec<Candidate>> {
        Ok(vec![Candidate { name: "p".to_owned(), origin: "/p.wasm".to_owned() }])
    }

    fn open(&self, _: &Candidate) -> io::Result<Form> {
        match self.0.fetch_add(1, Ordering::SeqCst) {
            2 => Ok(Form::Bytes(b"half a file".as_slice().into())),
            turn => {
                let reply = json!({"status": "success", "message": format!("turn {turn}")}).to_string();
                Ok(Form::Bytes(Guest::new().with(Task, "c", Says(&reply)).build().into()))
            }
        }
    }
}

#[test]
fn a_plugin_that_changed_is_loaded_anew_on_request_and_never_lost() {
    let source = Changing::default();
    let manager = sandboxed(Settings::default()).source(source.clone()).build().unwrap();
    let run = || manager.task("p.c", ()).unwrap().run().unwrap().message.unwrap();
    let before = manager.task("p.c", ()).unwrap();
    assert_eq!((run(), run()), ("turn 0".to_owned(), "turn 0".to_owned()));
    assert_eq!(source.0.load(Ordering::SeqCst), 1, "a file is opened once, whatever is asked of the plugin");

    manager.reload("p").unwrap();
    assert_eq!(run(), "turn 1");
    assert_eq!(before.run().unwrap().message.unwrap(), "turn 0", "what is there goes on with what it has");
    // A file that is no plugin takes the place of none.
    assert_eq!(manager.reload("p").unwrap_err().kind(), ErrorKind::Refused);
    assert_eq!(run(), "turn 1");
}
