//! Components from outside: every interface, every limit, every way to write a text. What a single hostile component runs into is in `hostile/`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use driftless_plugin_api::function::Function;
use driftless_plugin_api::host_call::{Allowance, Answer, Capability, HostCalls};
use driftless_plugin_api::limit::Limit;
use driftless_sandbox::{
    Abi, CallError, CallFailure, ClockAndRandom, CompiledPlugin, HostContext, Instance, InstancePool, Limits,
    LogRecord, Sandbox, inspect,
};

const TASK: Function = Function::ExecuteTask;

/// A component whose task does what the first letter of its name says, with its configuration as what to do it with. It imports everything that
/// there is. The second letter is a digit where something has a number.
const GUEST: &str = r#"(component
    (import "driftless:plugin/host@1.0.0" (instance $host
        (type $levels (enum "error" "warn" "info" "debug"))
        (export "level" (type $level (eq $levels)))
        (export "log" (func (param "level" $level) (param "message" string)))
        (export "get-timestamp" (func (result u64)))
        (export "get-random" (func (result u64)))
        (export "panic" (func (param "message" string)))))
    (type $request (func (param "request" string) (param "body" (list u8)) (result (tuple string (list u8)))))
    (import "driftless:plugin/file@1.0.0" (instance $file (export "request" (func (type $request)))))
    (import "driftless:plugin/http@1.0.0" (instance $http (export "request" (func (type $request)))))
    (import "driftless:plugin/environment@1.0.0" (instance $environment (export "request" (func (type $request)))))
    (import "driftless:plugin/process@1.0.0" (instance $process (export "request" (func (type $request)))))
    (import "driftless:plugin/functions@1.0.0" (instance $functions (export "request" (func (type $request)))))

    (core module $libc
        (memory (export "memory") 1)
        (global $next (mut i32) (i32.const 4096))
        ;; What was given out is never given back before the call is over.
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $place i32)
            (local.set $place (global.get $next))
            (global.set $next (i32.and (i32.const -8) (i32.add (i32.const 7) (i32.add (local.get $place) (local.get 3)))))
            (if (i32.gt_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))) (then
                (if (i32.eq (i32.const -1) (memory.grow
                        (i32.add (i32.const 1) (i32.div_u (local.get 3) (i32.const 65536)))))
                    (then unreachable))))
            (local.get $place))
        (func (export "done") (param i32) (global.set $next (i32.const 4096))))
    (core instance $libc (instantiate $libc))
    (core module $other
        (memory (export "memory") 1)
        (func (export "grow") (result i32) (memory.grow (i32.const 16))))
    (core instance $other (instantiate $other))

    (core func $log (canon lower (func $host "log") (memory (core memory $libc "memory"))))
    (core func $timestamp (canon lower (func $host "get-timestamp")))
    (core func $random (canon lower (func $host "get-random")))
    (core func $panic (canon lower (func $host "panic") (memory (core memory $libc "memory"))))
    (core func $file (canon lower (func $file "request")
        (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (core func $http (canon lower (func $http "request")
        (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (core func $environment (canon lower (func $environment "request")
        (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (core func $process (canon lower (func $process "request")
        (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (core func $functions (canon lower (func $functions "request")
        (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))

    (core module $m
        (import "libc" "memory" (memory 1))
        (import "other" "grow" (func $grow (result i32)))
        (import "host" "log" (func $log (param i32 i32 i32)))
        (import "host" "timestamp" (func $timestamp (result i64)))
        (import "host" "random" (func $random (result i64)))
        (import "host" "panic" (func $panic (param i32 i32)))
        (type $ask (func (param i32 i32 i32 i32 i32)))
        (import "host" "file" (func $file (type $ask)))
        (import "host" "http" (func $http (type $ask)))
        (import "host" "environment" (func $environment (type $ask)))
        (import "host" "process" (func $process (type $ask)))
        (import "host" "functions" (func $functions (type $ask)))
        (table $asks funcref (elem $file $http $environment $process $functions))
        (table $values 1 externref)
        (global $calls (mut i32) (i32.const 0))
        (func $reply (param $failed i32) (param $text i32) (param $length i32) (result i32)
            (i32.store (i32.const 16) (local.get $failed))
            (i32.store (i32.const 20) (local.get $text))
            (i32.store (i32.const 24) (local.get $length))
            (i32.const 16))
        (func $down (call $down))
        (func $is (param $name i32) (param $letter i32) (result i32)
            (i32.eq (i32.load8_u (local.get $name)) (local.get $letter)))
        (func (export "execute-task") (param $name i32) (param $name-length i32) (param $config i32) (param $length i32) (result i32)
            (local $number i32)
            (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
            (local.set $number (i32.sub (i32.load8_u offset=1 (local.get $name)) (i32.const 48)))
            ;; a: asks for a capability. b: the same, and replies with the body.
            (if (call $is (local.get $name) (i32.const 0x61)) (then
                (call_indirect $asks (type $ask) (local.get $config) (local.get $length)
                    (local.get $name) (local.get $name-length) (i32.const 64) (local.get $number))
                (return (call $reply (i32.const 0) (i32.load (i32.const 64)) (i32.load (i32.const 68))))))
            (if (call $is (local.get $name) (i32.const 0x62)) (then
                (call_indirect $asks (type $ask) (local.get $config) (local.get $length)
                    (local.get $name) (local.get $name-length) (i32.const 64) (local.get $number))
                (return (call $reply (i32.const 0) (i32.load (i32.const 72)) (i32.load (i32.const 76))))))
            ;; c: counts. d: time. e: chance.
            (if (call $is (local.get $name) (i32.const 0x63)) (then
                (i32.store (i32.const 80) (i32.add (i32.const 48) (global.get $calls)))
                (return (call $reply (i32.const 0) (i32.const 80) (i32.const 1)))))
            (if (call $is (local.get $name) (i32.const 0x64)) (then
                (i64.store (i32.const 80) (call $timestamp))
                (return (call $reply (i32.const 0) (i32.const 80) (i32.const 8)))))
            (if (call $is (local.get $name) (i32.const 0x65)) (then
                (i64.store (i32.const 80) (call $random))
                (return (call $reply (i32.const 0) (i32.const 80) (i32.const 8)))))
            ;; f: fails. l: logs. p: panics. t: traps.
            (if (call $is (local.get $name) (i32.const 0x66)) (then
                (return (call $reply (i32.const 1) (local.get $config) (local.get $length)))))
            (if (call $is (local.get $name) (i32.const 0x6c)) (then
                (call $log (local.get $number) (local.get $config) (local.get $length))))
            (if (call $is (local.get $name) (i32.const 0x70)) (then
                (call $panic (local.get $config) (local.get $length))))
            (if (call $is (local.get $name) (i32.const 0x74)) (then unreachable))
            ;; m: takes memory from two memories in turn. r: a recursion. s: for ever. v: a table that grows.
            (if (call $is (local.get $name) (i32.const 0x6d)) (then
                (loop $more
                    (if (i32.eq (call $grow) (i32.const -1)) (then unreachable))
                    (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable))
                    (br $more))))
            (if (call $is (local.get $name) (i32.const 0x67)) (then (drop (call $grow))))
            (if (call $is (local.get $name) (i32.const 0x72)) (then (call $down)))
            (if (call $is (local.get $name) (i32.const 0x73)) (then (loop $forever (br $forever))))
            (if (call $is (local.get $name) (i32.const 0x76)) (then
                (if (i32.eq (table.grow $values (ref.null extern) (i32.const 2000)) (i32.const -1)) (then unreachable))))
            (call $reply (i32.const 0) (local.get $config) (local.get $length))))
    (core instance $i (instantiate $m
        (with "libc" (instance $libc))
        (with "other" (instance $other))
        (with "host" (instance
            (export "log" (func $log)) (export "timestamp" (func $timestamp)) (export "random" (func $random))
            (export "panic" (func $panic)) (export "file" (func $file)) (export "http" (func $http))
            (export "environment" (func $environment)) (export "process" (func $process))
            (export "functions" (func $functions))))))
    (func (export "execute-task") (param "name" string) (param "config" string) (result (result string (error string)))
        (canon lift (core func $i "execute-task") (memory (core memory $libc "memory"))
            (realloc (core func $libc "realloc")) (post-return (core func $libc "done")))))"#;

/// What its manifest asks for: everything.
const ASKS: &str = r#"{"name": "asks", "version": "1.0.0", "permissions": [{"FileSystem": {"paths": ["/srv"]}},
    {"Network": {"hosts": ["https://example.com"]}}, {"Environment": {"vars": ["LANG"]}}, {"Process": {"commands": ["/bin/true"]}},
    {"HostFunction": {"functions": ["f"]}}]}"#;

fn guest() -> Vec<u8> {
    let mut bytes = wat::parse_str(GUEST).unwrap();
    let mut section = vec!["driftless.manifest.v1".len() as u8];
    section.extend_from_slice(b"driftless.manifest.v1");
    section.extend_from_slice(ASKS.as_bytes());
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

/// Time and chance that are letters.
struct Letters;

impl ClockAndRandom for Letters {
    fn timestamp(&self) -> u64 {
        u64::from_le_bytes(*b"timetime")
    }

    fn random(&self) -> std::io::Result<u64> {
        Ok(u64::from_le_bytes(*b"chances!"))
    }
}

/// A plugin with what it said and asked.
struct Stage {
    plugin: CompiledPlugin,
    log: Arc<Mutex<Vec<String>>>,
    recorder: Arc<Recorder>,
}

impl Stage {
    fn new(limits: Limits) -> Self {
        Self::with(limits, false, Duration::ZERO, answer("{head}", "body"))
    }

    fn with(limits: Limits, debug: bool, wait: Duration, answer: Answer) -> Self {
        let recorder = Arc::new(Recorder { asked: Mutex::default(), wait, answer });
        let log = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&log);
        let sandbox = Sandbox::builder(limits).debug(debug).build().unwrap();
        let module = sandbox.validate(&guest()).unwrap();
        let context = HostContext {
            host_calls: Arc::clone(&recorder) as _,
            clock_and_random: Arc::new(Letters),
            log: Arc::new(move |record: &LogRecord<'_>| {
                sink.lock().unwrap().push(format!("{} {}", record.level, record.message));
            }),
            ..HostContext::default()
        };
        let plugin = sandbox.compile_within("guest", &module, context).unwrap();
        Self { plugin, log, recorder }
    }

    fn instance(&self) -> Instance {
        self.plugin.instantiate().unwrap()
    }

    /// Calls a fresh instance.
    fn call(&self, name: &str, config: &str) -> Result<String, CallError> {
        self.instance().call(TASK, &[name, config]).map(|reply| reply.text.to_owned())
    }

    /// The limit that a call runs into, as a number of its unit.
    #[track_caller]
    fn limit(&self, name: &str, config: &str) -> (Limit, u64) {
        match self.call(name, config).unwrap_err().cause {
            CallFailure::Limit(exceeded) => (exceeded.limit, exceeded.allowed),
            other => panic!("{other:?}"),
        }
    }

    fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }
}

fn answer(head: &str, body: &str) -> Answer {
    Answer { head: head.to_owned(), body: body.as_bytes().to_vec(), ..Answer::default() }
}

#[test]
fn a_component_is_told_from_a_module() {
    let sandbox = Sandbox::new(Limits::default()).unwrap();
    let plugin = sandbox.validate(&guest()).unwrap();
    assert_eq!(plugin.abi(), Abi::WasmComponent);
    assert!(plugin.functions().iter().eq([TASK]));
    assert_eq!(plugin.manifest().unwrap().name, "asks");
    let listed = inspect(&guest());
    assert_eq!(listed.abi(), Some(Abi::WasmComponent));
    assert_eq!(listed.functions(), Some(plugin.functions()));
    assert_eq!(listed.imports()[0], "driftless:plugin/host@1.0.0");
    assert_eq!(listed.imports().len(), 6);
}

#[test]
fn every_interface_carries_its_request_and_answer() {
    let stage = Stage::new(Limits::default());
    for (number, capability) in Capability::ALL.into_iter().enumerate() {
        assert_eq!(stage.call(&format!("a{number}"), "{request}").unwrap(), "{head}");
        assert_eq!(stage.call(&format!("b{number}"), "").unwrap(), "body");
        let mut asked = std::mem::take(&mut *stage.recorder.asked.lock().unwrap());
        let (what, request, body, allowance) = asked.remove(0);
        assert_eq!(
            (what, request.as_str(), body.as_slice()),
            (capability, "{request}", format!("a{number}").as_bytes())
        );
        assert_eq!(allowance.bytes, Limits::default().answer);
        assert!(allowance.time > Duration::from_secs(20), "{:?}", allowance.time);
    }
}

#[test]
fn an_interface_needs_its_permission_in_the_manifest() {
    let sandbox = Sandbox::new(Limits::default()).unwrap();
    let error = sandbox.validate(&wat::parse_str(GUEST).unwrap()).unwrap_err();
    let says: Vec<_> = error.violations.iter().map(|violation| violation.message.as_str()).collect();
    let needs = |interface: &str, permission: &str| {
        format!(
            "it imports `driftless:plugin/{interface}@1.0.0`: it needs the permission `{permission}`, which the manifest does not ask for"
        )
    };
    let expected = [
        needs("file", "FileSystem"),
        needs("http", "Network"),
        needs("environment", "Environment"),
        needs("process", "Process"),
        needs("functions", "HostFunction"),
    ];
    assert_eq!(says, expected);
}

#[test]
fn without_anything_around_it_everything_is_denied() {
    let sandbox = Sandbox::new(Limits::default()).unwrap();
    let plugin = sandbox.compile("alone", &sandbox.validate(&guest()).unwrap()).unwrap();
    for number in 0..4 {
        let mut instance = plugin.instantiate().unwrap();
        let reply = instance.call(TASK, &[&format!("a{number}"), "{}"]).unwrap();
        assert!(reply.text.starts_with(r#"{"error":{"kind":"denied","message":"this host grants nothing"#));
    }
}

#[test]
fn what_the_host_has_always_arrives() {
    let stage = Stage::new(Limits::default());
    for (number, level) in ["error", "warn", "info", "debug"].into_iter().enumerate() {
        stage.call(&format!("l{number}"), "said").unwrap();
        assert_eq!(stage.log()[number], format!("{level} said"));
    }
    assert_eq!(stage.call("d", "").unwrap(), "timetime");
    assert_eq!(stage.call("e", "").unwrap(), "chances!");
    assert_eq!(stage.call("p", "no more").unwrap_err().cause, CallFailure::Panic("no more".to_owned()));
}

#[test]
fn a_failure_is_marked_and_the_instance_goes_on() {
    let stage = Stage::new(Limits::default());
    let mut instance = stage.instance();
    let reply = instance.call(TASK, &["f", "it is not there"]).unwrap();
    assert_eq!((reply.text, reply.failed), ("it is not there", true));
    // What looks like a failure is data.
    let reply = instance.call(TASK, &["o", r#"{"error":"no"}"#]).unwrap();
    assert_eq!((reply.text, reply.failed), (r#"{"error":"no"}"#, false));
    assert!(!instance.has_failed());
    assert_eq!(instance.call(TASK, &["c", ""]).unwrap().text, "3");
}

#[test]
fn a_wrong_call_is_the_callers_fault_alone() {
    let mut instance = Stage::new(Limits::default()).instance();
    assert_eq!(instance.call(Function::Shutdown, &[]).unwrap_err().cause, CallFailure::Missing);
    let arguments = instance.call(TASK, &["one"]).unwrap_err().cause;
    assert_eq!(arguments, CallFailure::Arguments("it takes 2 arguments, not 1".to_owned()));
    assert_eq!(instance.call(TASK, &["c", ""]).unwrap().text, "1");
}

#[test]
fn memory_is_summed_over_all_memories() {
    let stage = Stage::new(Limits { memory: 8 << 20, ..Limits::default() });
    assert_eq!(stage.limit("m", ""), (Limit::Memory, 8 << 20));
    let mut instance = stage.instance();
    assert_eq!(instance.usage().memory.unwrap(), 2 << 16, "a page each");
    instance.call(TASK, &["g", ""]).unwrap();
    assert_eq!(instance.usage().memory.unwrap(), 18 << 16, "and sixteen for the other");
    // Where one memory has so much that the other has no more.
    for _ in 0..6 {
        instance.call(TASK, &["g", ""]).unwrap();
    }
    assert_eq!(instance.usage().memory.unwrap(), 114 << 16);
    let most = "x".repeat(14 << 16);
    let error = instance.call(TASK, &["o", &most]).unwrap_err().cause;
    assert_eq!(error, CallFailure::Limit(Limit::Memory.exceeded(8 << 20)));
}

#[test]
fn every_limit_acts() {
    let limits = || Limits { fuel: 1_000_000, table_elements: 1000, log: 1000, ..Limits::default() };
    let stage = Stage::new(limits());
    assert_eq!(stage.limit("s", ""), (Limit::Fuel, 1_000_000));
    assert_eq!(stage.limit("r", ""), (Limit::Stack, 512 << 10));
    assert_eq!(stage.limit("v", ""), (Limit::Table, 1000));
    assert_eq!(stage.limit("l1", &"x".repeat(1000)), (Limit::Log, 1000));
    assert!(matches!(stage.call("t", "").unwrap_err().cause, CallFailure::Trap(_)));
    let stage = Stage::new(Limits { time: Duration::from_millis(50), fuel: u64::MAX, ..limits() });
    assert_eq!(stage.limit("s", ""), (Limit::Time, 50));
}

#[test]
fn a_reply_is_counted_to_the_byte() {
    let stage = Stage::new(Limits { output: 1000, ..Limits::default() });
    assert_eq!(stage.call("o", &"x".repeat(1000)).unwrap().len(), 1000);
    assert_eq!(stage.limit("o", &"x".repeat(1001)), (Limit::Output, 1000));
    // What is marked as a failure is no less of a reply.
    assert_eq!(stage.limit("f", &"x".repeat(1001)), (Limit::Output, 1000));
    // Nor are requests and messages replies.
    stage.call("a0", &"x".repeat(5000)).unwrap();
    stage.call("l1", &"x".repeat(5000)).unwrap_err();
    assert_eq!(stage.log()[0].len(), "warn ".len() + 5000);
}

/// A reply that the engine does not even begin to copy. It has no name for that but its words, and these are looked for: where they change, this
/// fails.
#[test]
fn a_reply_beyond_what_is_copied_is_too_long_as_well() {
    for output in [1000, 16 << 20] {
        let stage = Stage::new(Limits { output, memory: 128 << 20, ..Limits::default() });
        assert_eq!(stage.limit("o", &"x".repeat((16 << 20) + 1)), (Limit::Output, output as u64));
    }
    let stage = Stage::new(Limits { output: 24 << 20, memory: 128 << 20, ..Limits::default() });
    assert_eq!(stage.call("o", &"x".repeat(20 << 20)).unwrap().len(), 20 << 20, "a limit can be raised");
}

#[test]
fn the_time_of_the_host_is_the_calls_time() {
    let limits = Limits { time: Duration::from_millis(100), ..Limits::default() };
    let stage = Stage::with(limits, false, Duration::from_millis(300), answer("{}", ""));
    assert_eq!(stage.limit("a0", ""), (Limit::Time, 100));
    let time = stage.recorder.asked.lock().unwrap()[0].3.time;
    assert!(time <= Duration::from_millis(110), "{time:?}");
}

#[test]
fn bytes_cost_fuel() {
    let limits = || Limits { fuel: 20_000, ..Limits::default() };
    let long = "x".repeat(30_000);
    let stage = Stage::with(limits(), false, Duration::ZERO, answer("{}", ""));
    stage.call("a0", "").unwrap();
    assert_eq!(stage.limit("a0", &long), (Limit::Fuel, 20_000), "on the way out");
    assert_eq!(stage.limit("l1", &long), (Limit::Fuel, 20_000), "and for the log");
    let stage = Stage::with(limits(), false, Duration::ZERO, answer("{}", &long));
    assert_eq!(stage.limit("a0", ""), (Limit::Fuel, 20_000), "and on the way back");
}

#[test]
fn an_answer_that_is_too_large_is_not_handed_over() {
    let limits = Limits { answer: 10, ..Limits::default() };
    let stage = Stage::with(limits, false, Duration::ZERO, answer("{}", "01234567890"));
    let failure = stage.call("a0", "").unwrap_err().cause;
    assert_eq!(failure, CallFailure::Trap("the answer is too large".to_owned()));
}

#[test]
fn the_next_call_after_a_failure_has_a_fresh_instance() {
    let stage = Stage::new(Limits { instances: 1, fuel: 1_000_000, ..Limits::default() });
    let pool = InstancePool::new(stage.plugin.clone());
    let call = |name: &str| {
        let mut instance = pool.get().unwrap();
        instance.call(TASK, &[name, ""]).map(|reply| reply.text.to_owned())
    };
    for failing in ["t", "s", "r", "p", "m"] {
        assert_eq!((call("c").unwrap(), call("c").unwrap()), ("1".to_owned(), "2".to_owned()));
        call(failing).unwrap_err();
        assert_eq!(call("c").unwrap(), "1", "after {failing}");
        // The next round begins with a fresh one as well.
        call("t").unwrap_err();
    }
    let mut instance = stage.instance_after(&pool);
    instance.call(TASK, &["t", ""]).unwrap_err();
    let again = instance.call(TASK, &["c", ""]).unwrap_err().cause;
    assert_eq!(again, CallFailure::Transport("this instance failed before".to_owned()));
}

impl Stage {
    /// An instance where a pool holds the only place.
    fn instance_after(&self, pool: &InstancePool) -> Instance {
        pool.get().unwrap().call(TASK, &["t", ""]).unwrap_err();
        self.instance()
    }
}

#[test]
fn an_instance_with_more_memories_takes_the_place_of_others() {
    // Two memories and a heap for references: of what is reserved for four instances, three of these can be made.
    let stage = Stage::new(Limits { instances: 4, time: Duration::from_millis(300), ..Limits::default() });
    let mut instances: Vec<_> = (0..3).map(|_| stage.instance()).collect();
    let failure = stage.plugin.instantiate().unwrap_err().cause;
    assert_eq!(failure, CallFailure::Limit(Limit::Instances.exceeded(4)));
    instances.pop();
    stage.instance();
    // The only one there may be may be the largest.
    Stage::new(Limits { instances: 1, ..Limits::default() }).instance();
}

#[test]
fn a_timeout_interrupts_no_other_call() {
    let limits = Limits { time: Duration::from_millis(50), fuel: u64::MAX, ..Limits::default() };
    let stage = Stage::new(limits);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let outcomes: Vec<_> = (0..10).map(|_| stage.call("s", "").unwrap_err().cause).collect();
            over.store(true, Ordering::Relaxed);
            for cause in outcomes {
                assert_eq!(cause, CallFailure::Limit(Limit::Time.exceeded(50)));
            }
        });
        scope.spawn(|| {
            let mut instance = stage.instance();
            while !over.load(Ordering::Relaxed) {
                // On a machine with more to do than it can, a call may take its whole time by itself.
                let began = Instant::now();
                let outcome = instance.call(TASK, &["o", "x"]).map(|_| ());
                if began.elapsed() < Duration::from_millis(40) {
                    outcome.unwrap();
                } else if outcome.is_err() {
                    instance = stage.instance();
                }
            }
        });
    });
}

#[test]
fn debugging_shows_every_host_call_and_changes_nothing() {
    let quiet = Stage::with(Limits::default(), false, Duration::ZERO, answer("{}", "xyz"));
    let loud = Stage::with(Limits::default(), true, Duration::ZERO, answer("{}", "xyz"));
    let request = r#"{"read":{"path":"/etc/app.conf"}}"#;
    assert_eq!(quiet.call("a0", request).unwrap(), loud.call("a0", request).unwrap());
    assert!(quiet.log().is_empty());
    let log = loud.log();
    let expected = "debug host_file read /etc/app.conf (with 2 bytes) gave ok (with 3 bytes) after ";
    assert!(log[0].starts_with(expected), "{log:?}");
    assert!(log[1].starts_with("debug execute_task used "), "{log:?}");
    let CallFailure::Trap(text) = loud.call("t", "").unwrap_err().cause else { panic!("it is no trap") };
    assert!(text.contains("in function "), "{text}");
}

/// A component that returns its second argument as it came, in one of the three ways to write a text.
fn echo(encoding: &str) -> CompiledPlugin {
    let text = GUEST_THAT_ECHOES.replace("ENCODING", encoding);
    let sandbox = Sandbox::new(Limits::default()).unwrap();
    sandbox.compile("echo", &sandbox.validate(&wat::parse_str(text).unwrap()).unwrap()).unwrap()
}

const GUEST_THAT_ECHOES: &str = r#"(component
    (core module $m
        (memory (export "memory") 600)
        (global $next (mut i32) (i32.const 4096))
        (func (export "realloc") (param $old i32) (param $had i32) (param i32) (param $wants i32) (result i32) (local $place i32)
            (local.set $place (global.get $next))
            (global.set $next (i32.and (i32.const -8) (i32.add (i32.const 7) (i32.add (local.get $place) (local.get $wants)))))
            ;; What grows takes along what it had.
            (memory.copy (local.get $place) (local.get $old)
                (select (local.get $had) (local.get $wants) (i32.lt_u (local.get $had) (local.get $wants))))
            (local.get $place))
        (func (export "done") (param i32) (global.set $next (i32.const 4096)))
        (func (export "execute-task") (param i32 i32 i32 i32) (result i32)
            (i32.store (i32.const 20) (local.get 2)) (i32.store (i32.const 24) (local.get 3)) (i32.const 16)))
    (core instance $i (instantiate $m))
    (func (export "execute-task") (param "name" string) (param "config" string) (result (result string (error string)))
        (canon lift (core func $i "execute-task") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))
            (post-return (core func $i "done")) string-encoding=ENCODING)))"#;

#[test]
fn a_text_comes_back_as_it_went_however_it_is_written() {
    let long = "a text of some length, ".repeat(100_000);
    let texts = [
        String::new(),
        "\0".to_owned(),
        "plain".to_owned(),
        "Größe, naïve, ÿ".to_owned(),
        "Ā, €, 漢字, \u{ffff}".to_owned(),
        "😀 \u{10ffff} \u{e000}".to_owned(),
        "plain for long, and then: 😀".to_owned(),
        "e\u{301}\u{202e}\u{feff}\r\n".to_owned(),
        format!("{long}ä"),
        format!("{long}€"),
        long,
    ];
    for encoding in ["utf8", "utf16", "latin1+utf16"] {
        let mut instance = echo(encoding).instantiate().unwrap();
        for text in &texts {
            for name in ["", "näme", "名"] {
                let reply = instance.call(TASK, &[name, text]).unwrap();
                assert!(reply.text == text, "{encoding}: {} bytes come back otherwise", text.len());
            }
        }
    }
}
