//! Modules made by wasm-bindgen: one plugin, and what versions of the tool have made of it over the years. What a single hostile one runs into
//! is in `hostile/`.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use driftless_plugin_api::function::Function;
use driftless_plugin_api::limit::Limit;
use driftless_sandbox::{
    Abi, CallFailure, ClockAndRandom, CompiledPlugin, HostContext, Instance, InstancePool, Limits, LogRecord,
    Sandbox, inspect,
};

const TASK: Function = Function::ExecuteTask;

/// One plugin as two versions of the tool make it, see `fixtures/README.md`.
const FIXTURES: [&[u8]; 2] = [
    include_bytes!("../fixtures/guide_wasm_bindgen_0_2_129.wasm"),
    include_bytes!("../fixtures/guide_wasm_bindgen_0_2_92.wasm"),
];

type Log = Arc<Mutex<Vec<String>>>;

/// Time and chance that are known.
struct Known;

impl ClockAndRandom for Known {
    fn timestamp(&self) -> u64 {
        1_700_000_000
    }

    fn random(&self) -> std::io::Result<u64> {
        Ok(u64::MAX / 2 + 1)
    }
}

fn compile(limits: Limits, bytes: &[u8]) -> (CompiledPlugin, Log) {
    let log = Log::default();
    let sink = Arc::clone(&log);
    let sandbox = Sandbox::builder(limits)
        .context(HostContext {
            clock_and_random: Arc::new(Known),
            log: Arc::new(move |record: &LogRecord<'_>| {
                sink.lock().unwrap().push(format!("{} {}", record.level, record.message));
            }),
            ..HostContext::default()
        })
        .build()
        .unwrap();
    let module = sandbox.validate(bytes).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(module.abi(), Abi::Bindgen);
    (sandbox.compile("plugin", &module).unwrap(), log)
}

fn start(text: &str) -> (Instance, Log) {
    let (plugin, log) = compile(Limits::default(), &wat::parse_str(text).unwrap());
    (plugin.instantiate().unwrap(), log)
}

#[test]
fn the_first_editions_plugin_runs_unchanged() {
    for fixture in FIXTURES {
        let listed = inspect(fixture);
        assert_eq!(listed.abi(), Some(Abi::Bindgen));
        assert!(listed.functions().unwrap().iter().eq([Function::GetTaskDefinitions, TASK]));
        let (plugin, log) = compile(Limits::default(), fixture);
        let mut instance = plugin.instantiate().unwrap();
        let definitions = instance.call(Function::GetTaskDefinitions, &[]).unwrap().text.to_owned();
        let definitions: serde_json::Value = serde_json::from_str(&definitions).unwrap();
        assert_eq!(definitions[0]["name"], "my_custom_task");
        assert_eq!(definitions[0]["config_schema"]["required"][0], "message");
        for message in ["hello", "Größe 😀", "", &"long ".repeat(1000)] {
            let config = serde_json::json!({ "message": message }).to_string();
            let reply = instance.call(TASK, &["my_custom_task", &config]).unwrap();
            assert!(!reply.failed);
            let reply: serde_json::Value = serde_json::from_str(reply.text).unwrap();
            let expected =
                serde_json::json!({"status": "success", "message": format!("Task executed with: {message}")});
            assert_eq!(reply, expected);
            let logged = log.lock().unwrap().pop().unwrap();
            assert_eq!(logged, format!("info Executing custom task with message: {message}"));
        }
        let unknown = instance.call(TASK, &["other", "{}"]).unwrap();
        assert_eq!(unknown.text, r#"{"message":"Unknown task: other","status":"error"}"#);
        assert!(!unknown.failed, "a task says it in its status");
        assert_eq!(instance.call(Function::GetHooks, &[]).unwrap_err().cause, CallFailure::Missing);
    }
}

#[test]
fn the_first_editions_plugin_panics_without_words_and_goes_on() {
    for fixture in FIXTURES {
        let (plugin, _) = compile(Limits { instances: 1, ..Limits::default() }, fixture);
        let pool = InstancePool::new(plugin);
        for _ in 0..3 {
            // It takes the message out of a configuration that has none.
            let error = pool.get().unwrap().call(TASK, &["my_custom_task", "{}"]).map(|_| ()).unwrap_err();
            assert!(matches!(error.cause, CallFailure::Trap(_)), "{error}");
            pool.get().unwrap().call(TASK, &["my_custom_task", r#"{"message": "m"}"#]).unwrap();
        }
    }
}

/// A thousand calls take no more memory than ten: what is handed over is given back.
#[test]
fn the_first_editions_plugin_keeps_its_memory() {
    for fixture in FIXTURES {
        let (plugin, _) = compile(Limits::default(), fixture);
        let mut instance = plugin.instantiate().unwrap();
        let config = serde_json::json!({ "message": "x".repeat(10_000) }).to_string();
        let mut used = Vec::new();
        for _ in 0..1000 {
            instance.call(TASK, &["my_custom_task", &config]).unwrap();
            used.push(instance.usage().memory.unwrap());
        }
        assert_eq!(used[10], used[999]);
    }
}

/// What one version of the tool makes.
#[derive(Clone, Copy, Debug)]
struct Version {
    /// Where its imports come from.
    imports: &'static str,
    /// Whether memory is made room for and given back with an alignment.
    aligned: bool,
    /// Whether a result is two values.
    values: bool,
}

/// A module whose task returns its configuration in the very place where it was handed over, and whose `free` insists on getting that back.
fn echo(version: Version) -> String {
    let Version { imports, aligned, values } = version;
    let (alignment, one) = if aligned {
        ("i32", "(if (i32.ne (local.get 2) (i32.const 1)) (then unreachable))")
    } else {
        ("", "")
    };
    let malloc_one =
        if aligned { "(if (i32.ne (local.get 1) (i32.const 1)) (then unreachable))" } else { "" };
    let (place, results, body) = if values {
        ("", "(result i32 i32)", "(global.set $text (local.get 2)) (local.get 2) (local.get 3)")
    } else {
        (
            "(param $place i32)",
            "",
            "(global.set $text (local.get 3)) (i32.store (local.get 0) (local.get 3)) (i32.store offset=4 (local.get 0) (local.get 4))",
        )
    };
    format!(
        r#"(module
        (import "{imports}" "__wbg_log_2d682d99c976bdb5" (func $log (param i32 i32)))
        (memory (export "memory") 4)
        (global $next (mut i32) (i32.const 4096))
        (global $stack (mut i32) (i32.const 2048))
        (global $text (mut i32) (i32.const 0))
        (func (export "__wbindgen_malloc") (param i32 {alignment}) (result i32) {malloc_one}
            (global.get $next) (global.set $next (i32.add (global.get $next) (local.get 0))))
        (func (export "__wbindgen_realloc") (param i32 i32 i32 {alignment}) (result i32) unreachable)
        (func (export "__wbindgen_free") (param i32 i32 {alignment}) {one}
            (if (i32.ne (local.get 0) (global.get $text)) (then unreachable))
            (if (i32.ne (global.get $stack) (i32.const 2048)) (then unreachable))
            (memory.fill (local.get 0) (i32.const 255) (local.get 1))
            (global.set $next (i32.const 4096)))
        (func (export "__wbindgen_add_to_stack_pointer") (param i32) (result i32)
            (global.set $stack (i32.add (global.get $stack) (local.get 0))) (global.get $stack))
        (func (export "execute_task") {place} (param i32 i32 i32 i32) {results} {body}))"#
    )
}

#[test]
fn every_convention_carries_every_text() {
    for imports in ["wbg", "./my_plugin_bg.js"] {
        for aligned in [false, true] {
            for values in [false, true] {
                let version = Version { imports, aligned, values };
                let (mut instance, _) = start(&echo(version));
                for text in ["{}", "", "x", "ä€😀\0", "{}"] {
                    let reply = instance
                        .call(TASK, &["näme", text])
                        .unwrap_or_else(|error| panic!("{version:?}: {error}"));
                    assert_eq!(reply.text, text, "{version:?}");
                }
            }
        }
    }
}

/// A module with these imports, whose task does this and then replies `ok`.
fn module(imports: &str, body: &str) -> String {
    format!(
        r#"(module
        {imports}
        (memory (export "memory") 1)
        (data (i32.const 16) "ok")
        (func (export "__wbindgen_malloc") (param i32 i32) (result i32) i32.const 1024)
        (func (export "__wbindgen_free") (param i32 i32 i32))
        (func (export "execute_task") (param i32 i32 i32 i32) (result i32 i32) {body} (i32.const 16) (i32.const 2)))"#
    )
}

#[test]
fn the_console_arrives_at_its_level() {
    let levels = [
        ("log", "info"),
        ("info", "info"),
        ("trace", "info"),
        ("warn", "warn"),
        ("error", "error"),
        ("debug", "debug"),
    ];
    for (name, level) in levels {
        let import = format!(r#"(import "wbg" "__wbg_{name}_0123456789abcdef" (func $say (param i32 i32)))"#);
        let (mut instance, log) = start(&module(&import, "(call $say (local.get 2) (local.get 3))"));
        instance.call(TASK, &["", "said\n"]).unwrap();
        assert_eq!(*log.lock().unwrap(), [format!("{level} said")], "console.{name}");
    }
}

/// wasm-pack's template installs a hook that makes an error for its stack, prints it, and lets the module abort.
#[test]
fn the_panic_hook_of_the_template_finds_what_it_needs() {
    let as_references = r#"
        (import "./x_bg.js" "__wbg_new_8a6f238a6ece86ea" (func $new (result externref)))
        (import "./x_bg.js" "__wbg_stack_0ed75d68575b0f3c" (func $stack (param i32 externref)))
        (import "./x_bg.js" "__wbg_error_7534b8e9a36f1ab4" (func $error (param i32 i32)))
        (import "./x_bg.js" "__wbindgen_init_externref_table" (func $init))"#;
    let as_numbers = r#"
        (import "wbg" "__wbg_new_8a6f238a6ece86ea" (func $new (result i32)))
        (import "wbg" "__wbg_stack_0ed75d68575b0f3c" (func $stack (param i32 i32)))
        (import "wbg" "__wbg_error_7534b8e9a36f1ab4" (func $error (param i32 i32)))
        (import "wbg" "__wbindgen_object_drop_ref" (func $drop (param i32)))"#;
    let hook = "(i64.store (i32.const 512) (i64.const -1))
        (call $stack (i32.const 512) (call $new))
        ;; The stack has no text, and a place that is not null.
        (if (i32.eqz (i32.load (i32.const 512))) (then unreachable))
        (if (i32.load (i32.const 516)) (then unreachable))
        (call $error (local.get 2) (local.get 3))";
    for (imports, more) in [(as_references, "(call $init)"), (as_numbers, "(call $drop (i32.const 0))")] {
        let (mut instance, log) = start(&module(imports, &format!("{hook} {more}")));
        instance.call(TASK, &["", "panicked at src/lib.rs:3:5"]).unwrap();
        assert_eq!(*log.lock().unwrap(), ["error panicked at src/lib.rs:3:5"]);
    }
}

#[test]
fn what_is_thrown_is_why_it_failed() {
    for import in [
        r#"(import "wbg" "__wbindgen_throw" (func $throw (param i32 i32)))"#,
        r#"(import "./x_bg.js" "__wbg___wbindgen_throw_41e9ee4f547fc59a" (func $throw (param i32 i32)))"#,
    ] {
        let (mut instance, _) = start(&module(import, "(call $throw (local.get 2) (local.get 3))"));
        let error = instance.call(TASK, &["", "no more"]).unwrap_err().cause;
        assert_eq!(error, CallFailure::Panic("no more".to_owned()));
    }
}

#[test]
fn clock_and_random_are_the_hosts() {
    let imports = r#"
        (import "wbg" "__wbg_now_0123456789abcdef" (func $now (result f64)))
        (import "wbg" "__wbg_random_0123456789abcdef" (func $random (result f64)))"#;
    let body = "(if (f64.ne (call $now) (f64.const 1700000000000)) (then unreachable))
        (if (f64.ne (call $random) (f64.const 0.5)) (then unreachable))";
    start(&module(imports, body)).0.call(TASK, &["", ""]).unwrap();
}

#[test]
fn the_hosts_own_functions_are_there_as_well() {
    let import = r#"(import "env" "host_log" (func $log (param i32 i32 i32 i32)))"#;
    let (mut instance, log) =
        start(&module(import, "(call $log (local.get 0) (local.get 1) (local.get 2) (local.get 3))"));
    instance.call(TASK, &["", "said"]).unwrap();
    assert_eq!(*log.lock().unwrap(), ["info said"]);
}

/// A module of wasm-bindgen has no other way to say that something failed than an object with `error` in it.
#[test]
fn an_object_with_an_error_is_a_failure_but_not_of_a_task() {
    let text = |reply: &str| {
        let escaped: String = reply.bytes().map(|byte| format!("\\{byte:02x}")).collect();
        let length = reply.len();
        format!(
            r#"(module
            (memory (export "memory") 1)
            (data (i32.const 16) "{escaped}")
            (func (export "__wbindgen_malloc") (param i32 i32) (result i32) i32.const 1024)
            (func (export "__wbindgen_free") (param i32 i32 i32))
            (func $reply (param i32 i32 i32 i32) (result i32 i32) (i32.const 16) (i32.const {length}))
            (export "execute_task" (func $reply))
            (export "execute_facts_collector" (func $reply))
            (export "execute_log_source" (func $reply))
            (func (export "get_hooks") (result i32 i32) (i32.const 16) (i32.const {length})))"#
        )
    };
    let cases = [
        (r#"{"error":"no"}"#, true),
        (" \n{\"error\": \"no\"}", true),
        (r#"{"error":"no","code":3}"#, false),
        (r#"{"error":{"message":"no"}}"#, false),
        (r#"{"error":null}"#, false),
        (r#"{"errors":"no"}"#, false),
        (r#"["error"]"#, false),
        (r#""error""#, false),
        ("{\"error\":\"no\"", false),
        ("", false),
    ];
    for (reply, failed) in cases {
        let (mut instance, _) = start(&text(reply));
        for function in [Function::ExecuteFactsCollector, Function::ExecuteLogSource] {
            let got = instance.call(function, &["n", "{}"]).unwrap();
            assert_eq!((got.text, got.failed), (reply, failed), "{function}: {reply}");
        }
        assert_eq!(instance.call(Function::GetHooks, &[]).unwrap().failed, failed, "{reply}");
        let of_task = instance.call(TASK, &["n", "{}"]).unwrap();
        assert_eq!((of_task.text, of_task.failed), (reply, false));
    }
}

#[test]
fn a_reply_is_counted_to_the_byte() {
    let text = echo(Version { imports: "wbg", aligned: true, values: true });
    let limits = Limits { output: 1000, ..Limits::default() };
    let (plugin, _) = compile(limits, &wat::parse_str(text).unwrap());
    let mut instance = plugin.instantiate().unwrap();
    assert_eq!(instance.call(TASK, &["", &"x".repeat(1000)]).unwrap().text.len(), 1000);
    let error = instance.call(TASK, &["", &"x".repeat(1001)]).unwrap_err().cause;
    assert_eq!(error, CallFailure::Limit(Limit::Output.exceeded(1000)));
}

#[test]
fn a_call_has_its_time_with_all_that_belongs_to_it() {
    // Making room, the call itself, and giving back: each takes its part, none has a budget of its own.
    let busy = "(local $i i32) (loop $again (br_if $again (i32.lt_u
        (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100000))))";
    let text = format!(
        r#"(module
        (memory (export "memory") 1)
        (func (export "__wbindgen_malloc") (param i32 i32) (result i32) {busy} i32.const 1024)
        (func (export "__wbindgen_free") (param i32 i32 i32) {busy})
        (func (export "execute_task") (param i32 i32 i32 i32) (result i32 i32) {busy} (i32.const 16) (i32.const 2)))"#
    );
    let bytes = wat::parse_str(text).unwrap();
    let fuel = {
        let mut instance = compile(Limits::default(), &bytes).0.instantiate().unwrap();
        instance.call(TASK, &["", ""]).unwrap();
        instance.usage().fuel.unwrap()
    };
    assert!(fuel > 4 * 400_000, "two times room, the call, and giving back: {fuel}");
    for (allowed, fits) in [(fuel + 1, true), (fuel - 100_000, false)] {
        let limits = Limits { fuel: allowed, time: Duration::from_secs(20), ..Limits::default() };
        let outcome = compile(limits, &bytes).0.instantiate().unwrap().call(TASK, &["", ""]).map(|_| ());
        assert_eq!(outcome.is_ok(), fits, "{outcome:?}");
    }
}
