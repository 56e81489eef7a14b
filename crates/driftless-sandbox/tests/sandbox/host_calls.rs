//! What a plugin asks of its host, seen from the sandbox: how requests and answers travel, and that the call's limits hold for them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use driftless_plugin_api::function::Function;
use driftless_plugin_api::host_call::{Allowance, Answer, Capability, HostCallErrorKind, HostCalls};
use driftless_plugin_api::limit::Limit;
use driftless_sandbox::{CallError, CallFailure, HostContext, Limits, LogRecord, Sandbox};

/// A task that hands its configuration over as a request, its name as the body, and returns what comes back. Asked for `spin`, it also
/// burns fuel first.
const FORWARDS: &str = r#"(module
    (import "env" "host_file" (func $ask (param i32 i32 i32 i32) (result i64)))
    (import "env" "host_take" (func $take (param i32)))
    (memory (export "memory") 4)
    (func (export "driftless_reserve") (param i32) (result i32) (i32.const 131072))
    (func (export "execute_task") (param $name i32) (param $name_len i32) (param $config i32) (param $config_len i32) (result i64)
        (local $lengths i64)
        (local.set $lengths (call $ask
            (local.get $config) (local.get $config_len) (local.get $name) (local.get $name_len)))
        (call $take (i32.const 1024))
        (i64.or
            (i64.shl (i64.const 1024) (i64.const 32))
            (i64.add (i64.shr_u (local.get $lengths) (i64.const 32)) (i64.and (local.get $lengths) (i64.const 0xffffffff))))))"#;

/// What a manifest says that asks for files.
const ASKS: &str =
    r#"{"name": "asks", "version": "1.0.0", "permissions": [{"FileSystem": {"paths": ["/srv"]}}]}"#;

/// A module with a manifest.
fn with_manifest(text: &str, manifest: &str) -> Vec<u8> {
    let mut bytes = wat::parse_str(text).unwrap();
    let mut section = vec!["driftless.manifest.v1".len() as u8];
    section.extend_from_slice(b"driftless.manifest.v1");
    section.extend_from_slice(manifest.as_bytes());
    bytes.push(0);
    // Two bytes of LEB128 are enough for a length up to 16,383.
    bytes.extend_from_slice(&[section.len() as u8 & 0x7f | 0x80, (section.len() >> 7) as u8]);
    bytes.extend_from_slice(&section);
    bytes
}

/// A request as it arrived: what for, its JSON, its body, and what it may cost.
type Asked = (Capability, String, Vec<u8>, Allowance<'static>);

/// Writes down what it was asked, waits, and answers.
struct Recorder {
    asked: Mutex<Vec<Asked>>,
    wait: Duration,
    answer: Answer,
}

impl HostCalls for Recorder {
    fn answer(&self, capability: Capability, request: &str, body: &[u8], allowance: Allowance<'_>) -> Answer {
        self.asked.lock().unwrap().push((
            capability,
            request.to_owned(),
            body.to_vec(),
            Allowance::new(allowance.time, allowance.bytes),
        ));
        std::thread::sleep(self.wait);
        self.answer.clone()
    }
}

struct Run {
    reply: Result<String, CallError>,
    log: Vec<String>,
    asked: Vec<Asked>,
}

fn run(limits: Limits, debug: bool, wait: Duration, answer: Answer, arguments: [&str; 2]) -> Run {
    let recorder = Arc::new(Recorder { asked: Mutex::default(), wait, answer });
    let log = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&log);
    let sandbox = Sandbox::builder(limits).debug(debug).build().unwrap();
    let module = sandbox.validate(&with_manifest(FORWARDS, ASKS)).unwrap();
    let context = HostContext {
        host_calls: Arc::clone(&recorder) as _,
        log: Arc::new(move |record: &LogRecord<'_>| sink.lock().unwrap().push(record.message.to_owned())),
        ..HostContext::default()
    };
    let plugin = sandbox.compile_within("forwards", &module, context).unwrap();
    let mut instance = plugin.instantiate().unwrap();
    let reply = instance.call(Function::ExecuteTask, &arguments).map(|reply| reply.text.to_owned());
    let (log, asked) = (log.lock().unwrap().clone(), recorder.asked.lock().unwrap().clone());
    Run { reply, log, asked }
}

fn answer(head: &str, body: &str) -> Answer {
    Answer { head: head.to_owned(), body: body.as_bytes().to_vec(), ..Answer::default() }
}

#[test]
fn a_request_and_its_answer_travel_whole() {
    let run =
        run(Limits::default(), false, Duration::ZERO, answer("{head}", "body"), ["body out", "{request}"]);
    assert_eq!(run.reply.unwrap(), "{head}body");
    let [(capability, request, body, allowance)] = run.asked.as_slice() else { panic!("{:?}", run.asked) };
    assert_eq!(
        (*capability, request.as_str(), body.as_slice()),
        (Capability::File, "{request}", &b"body out"[..])
    );
    assert_eq!(allowance.bytes, Limits::default().answer);
    assert!(allowance.time <= Duration::from_millis(30_010), "{:?}", allowance.time);
    assert!(allowance.time > Duration::from_secs(20), "{:?}", allowance.time);
    assert!(run.log.is_empty());
}

#[test]
fn the_time_of_the_host_is_the_calls_time() {
    let limits = || Limits { time: Duration::from_millis(100), ..Limits::default() };
    let run = run(limits(), false, Duration::from_millis(300), answer("{}", ""), ["", ""]);
    assert_eq!(run.reply.unwrap_err().cause, CallFailure::Limit(Limit::Time.exceeded(100)));
    assert!(run.asked[0].3.time <= Duration::from_millis(110), "{:?}", run.asked[0].3);
}

#[test]
fn debugging_shows_every_host_call_and_changes_nothing() {
    let arguments = ["b", r#"{"read":{"path":"/etc/app.conf"}}"#];
    let quiet = run(Limits::default(), false, Duration::ZERO, answer("{}", "xyz"), arguments);
    let loud = run(Limits::default(), true, Duration::ZERO, answer("{}", "xyz"), arguments);
    assert_eq!(quiet.reply.unwrap(), loud.reply.unwrap());
    assert!(quiet.log.is_empty());
    assert!(
        loud.log[0].starts_with("host_file read /etc/app.conf (with 1 bytes) gave ok (with 3 bytes) after "),
        "{:?}",
        loud.log
    );
    assert!(loud.log[1].starts_with("execute_task used "), "{:?}", loud.log);
}

#[test]
fn debugging_shows_no_secret_of_a_request_or_an_answer() {
    let request = r#"{"read":{"path":"/etc/app.conf","token":"secret-of-the-request"}}"#;
    let said = Answer {
        error: Some(HostCallErrorKind::Denied),
        ..answer(r#"{"error":"secret-of-the-answer"}"#, "secret-of-the-body")
    };
    let shown = run(Limits::default(), true, Duration::ZERO, said, ["secret-of-the-upload", request]).log;
    assert!(shown[0].contains(" gave the error Denied (with 18 bytes) after "), "{shown:?}");
    assert!(shown.iter().all(|message| !message.contains("secret")), "{shown:?}");
}

/// What is told of host calls has a limit of its own, and running into it is no reason to fail.
#[test]
fn so_many_host_calls_are_shown_and_no_more() {
    let text = r#"(module
        (import "env" "host_get_timestamp" (func $timestamp (result i64)))
        (import "env" "host_log" (func $log (param i32 i32 i32 i32)))
        (memory (export "memory") 1)
        (data (i32.const 16) "mine")
        (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
        (func (export "execute_task") (param i32 i32 i32 i32) (result i64) (local $i i32)
            (loop $again
                (drop (call $timestamp))
                (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000))))
            (call $log (i32.const 16) (i32.const 4) (i32.const 16) (i32.const 4))
            i64.const 0))"#;
    let log = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&log);
    let sandbox = Sandbox::builder(Limits { log: 1000, ..Limits::default() })
        .debug(true)
        .context(HostContext {
            log: Arc::new(move |record: &LogRecord<'_>| sink.lock().unwrap().push(record.message.to_owned())),
            ..HostContext::default()
        })
        .build()
        .unwrap();
    let module = sandbox.validate(&wat::parse_str(text).unwrap()).unwrap();
    let mut instance = sandbox.compile("asks", &module).unwrap().instantiate().unwrap();
    for round in ["the first", "and the next, which has as much"] {
        instance.call(Function::ExecuteTask, &["", ""]).unwrap();
        let log = std::mem::take(&mut *log.lock().unwrap());
        let (shown, rest) = log.split_at(log.len() - 3);
        assert!(
            shown.iter().all(|message| message.starts_with("host_get_timestamp gave ")),
            "{round}: {log:?}"
        );
        assert!((10..30).contains(&shown.len()), "{round}: {}", shown.len());
        assert_eq!(rest[0], "further host calls of this call are not shown");
        // The plugin's own messages have not lost anything by that.
        assert_eq!(rest[1], "mine");
        assert!(rest[2].starts_with("execute_task used "), "{round}: {log:?}");
    }
}

#[test]
fn bytes_cost_fuel() {
    let fuel = Limits { fuel: 20_000, ..Limits::default() };
    let out = "x".repeat(30_000);
    let run_with = |fuel: &Limits, body: &str, back: &str| {
        run(fuel.clone(), false, Duration::ZERO, answer("{}", back), [body, "{}"]).reply
    };
    assert!(run_with(&fuel, "", "").is_ok());
    let out_of_fuel = CallFailure::Limit(Limit::Fuel.exceeded(20_000));
    assert_eq!(run_with(&fuel, &out, "").unwrap_err().cause, out_of_fuel, "on the way out");
    assert_eq!(run_with(&fuel, "", &out).unwrap_err().cause, out_of_fuel, "and on the way back");
}

/// An implementation of the host calls has to keep to the allowance; one that does not is stopped here.
#[test]
fn an_answer_that_is_too_large_is_not_handed_over() {
    let limits = Limits { answer: 10, ..Limits::default() };
    let failure =
        run(limits, false, Duration::ZERO, answer("{}", "01234567890"), ["", "{}"]).reply.unwrap_err();
    assert_eq!(failure.cause, CallFailure::Trap("the answer is too large".to_owned()));
}

#[test]
fn without_anything_around_it_everything_is_denied() {
    let sandbox = Sandbox::new(Limits::default()).unwrap();
    let module = sandbox.validate(&with_manifest(FORWARDS, ASKS)).unwrap();
    let mut instance = sandbox.compile("alone", &module).unwrap().instantiate().unwrap();
    let reply = instance.call(Function::ExecuteTask, &["", r#"{"read":{"path":"/etc/passwd"}}"#]).unwrap();
    assert_eq!(
        reply.text,
        r#"{"error":{"kind":"denied","message":"this host grants nothing, and `host_file` needs a permission"}}"#
    );
}

#[test]
fn an_import_needs_its_permission_in_the_manifest() {
    let sandbox = Sandbox::new(Limits::default()).unwrap();
    let asks_for_nothing = r#"{"name": "asks", "version": "1.0.0"}"#;
    for bytes in [wat::parse_str(FORWARDS).unwrap(), with_manifest(FORWARDS, asks_for_nothing)] {
        let error = sandbox.validate(&bytes).unwrap_err().to_string();
        assert!(
            error.starts_with("it imports `env.host_file`: it needs the permission `FileSystem`, which the manifest does not ask for"),
            "{error}"
        );
    }
    let nonsense = ASKS.replace("/srv", "srv");
    let error = sandbox.validate(&with_manifest(FORWARDS, &nonsense)).unwrap_err().to_string();
    assert!(
        error.contains("asks for a permission that means nothing: `srv`: a path begins with `/`"),
        "{error}"
    );
}
