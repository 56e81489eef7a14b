//! Limits under several threads, over many calls, and exactly where they begin. What a single hostile plugin runs into is in
//! `hostile/`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::time::{Duration, Instant};

use driftless_plugin_api::function::Function;
use driftless_plugin_api::limit::Limit;
use driftless_sandbox::{
    CallFailure, CompiledPlugin, HostContext, Instance, InstancePool, Limits, LogRecord, Sandbox, SetupError,
};

const TASK: Function = Function::ExecuteTask;

fn module(head: &str, body: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            {head}
            (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
            (func (export "execute_task") (param i32 i32 i32 i32) (result i64) {body}))"#
    );
    wat::parse_str(text).unwrap()
}

fn compile(sandbox: &Sandbox, name: &str, body: &str) -> CompiledPlugin {
    let bytes = module(r#"(memory (export "memory") 1)"#, body);
    sandbox.compile(name, &sandbox.validate(&bytes).unwrap()).unwrap()
}

fn sandbox(limits: Limits) -> Sandbox {
    Sandbox::new(limits).unwrap()
}

fn few_instances(instances: u32) -> Limits {
    Limits { instances, ..Limits::default() }
}

/// The limit that a call ran into, as a number of its unit.
fn limit(instance: &mut Instance) -> Option<(Limit, u64)> {
    match instance.call(TASK, &["", ""]).unwrap_err().cause {
        CallFailure::Limit(exceeded) => Some((exceeded.limit, exceeded.allowed)),
        _ => None,
    }
}

const ENDLESS: &str = "(loop $forever br $forever) unreachable";
const FINE: &str = "i64.const 0";

#[test]
fn a_timeout_interrupts_no_other_call() {
    let limits = Limits { time: Duration::from_millis(50), fuel: u64::MAX, ..few_instances(4) };
    let sandbox = sandbox(limits);
    let endless = InstancePool::new(compile(&sandbox, "endless", ENDLESS));
    // Each call takes about half of its time, so that several timeouts of the other one fall into it.
    let busy = "(local $i i32)
        (loop $again (br_if $again (i32.lt_u
            (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 10000000))))
        i64.const 0";
    let fine = InstancePool::new(compile(&sandbox, "fine", busy));
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let once = |_| {
                let began = Instant::now();
                (limit(&mut endless.get().unwrap()), began.elapsed())
            };
            let outcomes: Vec<_> = (0..20).map(once).collect();
            // Before anything can fail: the other thread waits for it.
            over.store(true, Ordering::Relaxed);
            for (reached, took) in outcomes {
                assert_eq!(reached, Some((Limit::Time, 50)));
                assert!(took >= Duration::from_millis(50), "it had less than its time: {took:?}");
            }
        });
        scope.spawn(|| {
            let mut calls = 0;
            while !over.load(Ordering::Relaxed) || calls < 20 {
                // On a machine with more to do than it can, a call may take its whole time by itself.
                let began = Instant::now();
                let outcome = fine.get().unwrap().call(TASK, &["", ""]).map(|_| ());
                if began.elapsed() < Duration::from_millis(40) {
                    outcome.unwrap();
                }
                calls += 1;
            }
        });
    });
}

#[test]
fn a_timeout_comes_soon_after_its_time() {
    let limits = Limits { time: Duration::from_millis(100), fuel: u64::MAX, ..few_instances(1) };
    let mut instance = compile(&sandbox(limits), "endless", ENDLESS).instantiate().unwrap();
    let began = Instant::now();
    assert_eq!(limit(&mut instance), Some((Limit::Time, 100)));
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(100), "{took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}, on any machine");
}

#[test]
fn one_instance_serves_two_pools() {
    let sandbox = sandbox(few_instances(1));
    let pools = [
        InstancePool::new(compile(&sandbox, "one", FINE)),
        InstancePool::new(compile(&sandbox, "other", FINE)),
    ];
    for _ in 0..10 {
        for pool in &pools {
            pool.get().unwrap().call(TASK, &["", ""]).unwrap();
        }
    }
}

#[test]
fn who_finds_no_instance_in_time_is_told() {
    let limits = Limits { time: Duration::from_millis(50), ..few_instances(1) };
    let plugin = compile(&sandbox(limits), "only", FINE);
    let held = plugin.instantiate().unwrap();
    let error = plugin.instantiate().unwrap_err();
    assert_eq!(error.to_string(), "plugin `only`, while it was started: found no free instance among the 1");
    drop(held);
    plugin.instantiate().unwrap();
}

#[test]
fn a_time_without_end_can_be_waited_for() {
    let limits = Limits { time: Duration::MAX, fuel: 1000, ..few_instances(1) };
    let sandbox = sandbox(limits);
    let plugin = compile(&sandbox, "patient", ENDLESS);
    let mut held = plugin.instantiate().unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| plugin.instantiate().map(drop));
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!(limit(&mut held), Some((Limit::Fuel, 1000)));
        drop(held);
        waiting.join().unwrap().unwrap();
    });
}

#[test]
fn more_callers_than_instances_wait_and_finish() {
    let sandbox = sandbox(few_instances(3));
    let pools: Vec<_> = ["a", "b", "c", "d", "e"]
        .iter()
        .map(|name| InstancePool::new(compile(&sandbox, name, FINE)))
        .collect();
    let begin = Barrier::new(16);
    std::thread::scope(|scope| {
        for thread in 0..16 {
            let (pools, begin) = (&pools, &begin);
            scope.spawn(move || {
                begin.wait();
                for round in 0..200 {
                    let pool = &pools[(thread + round) % pools.len()];
                    pool.get().unwrap().call(TASK, &["", ""]).unwrap();
                }
            });
        }
    });
}

#[test]
fn pools_come_and_go_while_others_wait() {
    let sandbox = sandbox(few_instances(2));
    let plugin = compile(&sandbox, "short-lived", FINE);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..200 {
                    let pool = InstancePool::new(plugin.clone());
                    pool.get().unwrap().call(TASK, &["", ""]).unwrap();
                }
            });
        }
    });
}

#[test]
fn the_next_call_after_a_failure_has_a_fresh_instance() {
    let sandbox = sandbox(few_instances(1));
    let counting = r#"(i32.store8 (i32.const 16) (i32.add (i32.load8_u (i32.const 16)) (i32.const 1)))
        (if (i32.eq (local.get 1) (i32.const 3)) (then unreachable))
        i64.const 0x10_0000_0001"#;
    let pool = InstancePool::new(compile(&sandbox, "counting", counting));
    let call = |name: &str| {
        let mut instance = pool.get().unwrap();
        instance.call(TASK, &[name, ""]).map(|reply| reply.text.as_bytes()[0])
    };
    // The same instance counts on, as long as nothing fails.
    assert_eq!([call("").unwrap(), call("").unwrap()], [1, 2]);
    call("bad").unwrap_err();
    assert_eq!(call("").unwrap(), 1);
}

#[test]
fn an_instance_that_failed_stays_failed() {
    let sandbox = sandbox(few_instances(1));
    let mut instance = compile(&sandbox, "trap", "unreachable").instantiate().unwrap();
    instance.call(TASK, &["", ""]).unwrap_err();
    assert!(instance.has_failed());
    let again = instance.call(TASK, &["", ""]).unwrap_err().cause;
    assert_eq!(again, CallFailure::Transport("this instance failed before".to_owned()));
}

#[test]
fn a_wrong_call_is_the_callers_fault_alone() {
    let sandbox = sandbox(few_instances(1));
    let mut instance = compile(&sandbox, "fine", FINE).instantiate().unwrap();
    let missing = instance.call(Function::Shutdown, &[]).unwrap_err().cause;
    assert_eq!(missing, CallFailure::Missing);
    let arguments = instance.call(TASK, &["one"]).unwrap_err().cause;
    assert_eq!(arguments, CallFailure::Arguments("it takes 2 arguments, not 1".to_owned()));
    assert!(!instance.has_failed());
    instance.call(TASK, &["", ""]).unwrap();
}

#[test]
#[cfg(target_os = "linux")]
fn twenty_thousand_traps_leave_memory_where_it_was() {
    let sandbox = sandbox(few_instances(4));
    let trap = InstancePool::new(compile(&sandbox, "trap", "unreachable"));
    // It dirties its memory first: what is not given back would be seen.
    let hog = "(memory.fill (i32.const 0) (i32.const 255) (i32.const 65536)) unreachable";
    let hog = InstancePool::new(compile(&sandbox, "hog", hog));
    let round = |times: usize| {
        for _ in 0..times {
            for pool in [&trap, &hog] {
                pool.get().unwrap().call(TASK, &["", ""]).unwrap_err();
            }
        }
    };
    round(500);
    let before = resident_bytes();
    round(10_000);
    let grown = resident_bytes().saturating_sub(before);
    // The other tests of this file run at the same time, so this is generous: a page for each trap would be 80 MB.
    assert!(grown < 40 << 20, "{grown} bytes more");
}

#[cfg(target_os = "linux")]
fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split_whitespace().nth(1).unwrap().parse().unwrap();
    pages * 4096
}

/// What `memory.grow` by so many pages returned, with one page to begin with.
fn grow(memory: usize, pages: u32) -> i32 {
    let body = format!(
        "(i32.store (i32.const 16) (memory.grow (i32.const {pages})))
        (if (i32.eq (i32.load (i32.const 16)) (i32.const -1)) (then (return (i64.const 0x10_0000_0000))))
        i64.const 0x10_0000_0001"
    );
    let plugin = compile(&sandbox(Limits { memory, ..few_instances(1) }), "grows", &body);
    let mut instance = plugin.instantiate().unwrap();
    let reply = instance.call(TASK, &["", ""]).unwrap().text;
    reply.bytes().next().map_or(-1, i32::from)
}

#[test]
fn memory_is_counted_to_the_byte() {
    const PAGE: usize = 64 << 10;
    assert_eq!(grow(PAGE, 0), 1);
    assert_eq!(grow(PAGE, 1), -1);
    assert_eq!(grow(4 * PAGE, 3), 1);
    assert_eq!(grow(4 * PAGE, 4), -1);
    // A page that is one byte short is no page.
    assert_eq!(grow(4 * PAGE - 1, 3), -1);
    assert_eq!(grow(4 * PAGE - 1, 2), 1);
    assert_eq!(grow(4 * PAGE + 1, 3), 1);
}

#[test]
fn memory_to_begin_with_is_counted_to_the_page() {
    let compiles = |pages: usize| {
        let sandbox = sandbox(Limits { memory: 4 * 65536, ..few_instances(1) });
        let memory = format!(r#"(memory (export "memory") {pages})"#);
        let module = sandbox.validate(&module(&memory, FINE)).unwrap();
        sandbox.compile("begins", &module).map(|plugin| {
            plugin.instantiate().expect("what compiles begins");
        })
    };
    compiles(4).unwrap();
    let error = compiles(5).unwrap_err();
    assert_eq!(error.to_string(), "it needed more than its 256 KiB of memory");
}

#[test]
fn what_gets_nowhere_for_want_of_memory_is_out_of_memory() {
    let limits = Limits { memory: 16 << 20, fuel: 1_000_000, ..few_instances(1) };
    let fails = |body: &str| {
        let plugin = compile(&sandbox(limits.clone()), "tries", body);
        plugin.instantiate().unwrap().call(TASK, &["", ""]).unwrap_err().cause
    };
    let tries = "(loop $again (drop (memory.grow (i32.const 200))) (br $again)) i64.const 0";
    assert_eq!(fails(tries), CallFailure::Limit(Limit::Memory.exceeded(16 << 20)));
    let works = "(drop (memory.grow (i32.const 1))) (loop $again (br $again)) i64.const 0";
    assert_eq!(fails(works), CallFailure::Limit(Limit::Fuel.exceeded(1_000_000)));
}

#[test]
fn memory_is_given_back() {
    let limits = Limits { memory: 16 << 20, ..few_instances(1) };
    let plugin = compile(
        &sandbox(limits),
        "grows",
        "(if (i32.eq (memory.grow (i32.const 200)) (i32.const -1)) (then unreachable)) i64.const 0",
    );
    for _ in 0..100 {
        plugin.instantiate().unwrap().call(TASK, &["", ""]).unwrap();
    }
}

#[test]
fn a_fresh_instance_sees_nothing_of_the_one_before() {
    let sandbox = sandbox(few_instances(1));
    let secret = r#"(if (local.get 1) (then (memory.fill (i32.const 0) (i32.const 83) (i32.const 65536))))
        i64.const 0x1000_0000_0010"#;
    let plugin = compile(&sandbox, "secret", secret);
    let read = |name: &str| {
        let mut instance = plugin.instantiate().unwrap();
        instance.call(TASK, &[name, ""]).unwrap().text.to_owned()
    };
    assert_eq!(read("write"), "S".repeat(16));
    assert_eq!(read(""), "\0".repeat(16));
}

#[test]
fn the_same_call_uses_the_same_fuel() {
    let sandbox = sandbox(few_instances(2));
    let body = "(local $i i32)
        (loop $again (br_if $again (i32.lt_u
            (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.add (i32.const 1000) (local.get 1)))))
        (memory.fill (i32.const 2048) (i32.const 1) (i32.const 100))
        i64.const 0";
    let plugin = compile(&sandbox, "counts", body);
    let (mut one, mut other) = (plugin.instantiate().unwrap(), plugin.instantiate().unwrap());
    let fuel = |instance: &mut Instance, name: &str| {
        instance.call(TASK, &[name, ""]).unwrap();
        instance.usage().fuel.unwrap()
    };
    // The first call of an instance makes room for its arguments as well.
    assert_eq!(fuel(&mut one, "a"), fuel(&mut other, "a"));
    let warm = fuel(&mut one, "a");
    assert!(warm > 4000, "{warm}");
    assert_eq!(fuel(&mut one, "a"), warm);
    assert_eq!(fuel(&mut other, "b"), warm);
    assert!(fuel(&mut one, "longer") > warm);
}

#[test]
fn fuel_is_enough_or_not_to_the_unit() {
    let used = {
        let mut instance =
            compile(&sandbox(few_instances(1)), "counts", "i64.const 0").instantiate().unwrap();
        instance.call(TASK, &["", ""]).unwrap();
        instance.call(TASK, &["", ""]).unwrap();
        instance.usage().fuel.unwrap()
    };
    let outcome = |fuel: u64| {
        let limits = Limits { fuel, ..few_instances(1) };
        let mut instance = compile(&sandbox(limits), "counts", "i64.const 0").instantiate().unwrap();
        instance.call(TASK, &["", ""]).map(|_| ()).map_err(|error| error.cause)
    };
    // Both what makes room for the arguments and what is called are this cheap.
    outcome(2 * used + 1).unwrap();
    assert_eq!(outcome(1), Err(CallFailure::Limit(Limit::Fuel.exceeded(1))));
}

#[test]
fn a_long_argument_needs_room_and_gives_it_back() {
    let sandbox = sandbox(few_instances(1));
    // It makes room as a plugin does that keeps what it has: by growing its memory to what is asked for.
    let text = r#"(module
        (memory (export "memory") 1)
        (func (export "driftless_reserve") (param $length i32) (result i32)
            (local $pages i32)
            (local.set $pages
                (i32.shr_u (i32.add (local.get $length) (i32.const 131071)) (i32.const 16)))
            (if (i32.gt_u (local.get $pages) (memory.size)) (then
                (if (i32.eq (memory.grow (i32.sub (local.get $pages) (memory.size))) (i32.const -1))
                    (then unreachable))))
            i32.const 65536)
        (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
            (i64.or (i64.shl (i64.extend_i32_u (local.get 2)) (i64.const 32)) (i64.extend_i32_u (local.get 3)))))"#;
    let module = sandbox.validate(&wat::parse_str(text).unwrap()).unwrap();
    let plugin = sandbox.compile("echo", &module).unwrap();
    let mut instance = plugin.instantiate().unwrap();
    for length in [0, 1, 4096, 4097, 100_000, 10 << 20, 3, 16 << 20, 1 << 20] {
        let argument = "y".repeat(length);
        let reply = instance.call(TASK, &["name", &argument]).unwrap();
        assert!(reply.text == argument, "{length} bytes come back otherwise");
    }
    let too_long = "y".repeat(64 << 20);
    let failure = instance.call(TASK, &["name", &too_long]).unwrap_err().cause;
    assert_eq!(failure, CallFailure::Limit(Limit::Memory.exceeded(64 << 20)));
}

#[test]
fn a_log_message_is_cut_to_its_length() {
    let cut = |most: usize, message: &str| {
        let log = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&log);
        let limits = Limits { log_message: most, ..few_instances(1) };
        let sandbox = Sandbox::builder(limits).context(HostContext {
            log: Arc::new(move |record: &LogRecord<'_>| {
                sink.lock().unwrap().push(record.message.to_owned());
            }),
            ..HostContext::default()
        });
        let head = r#"(import "env" "host_log" (func $log (param i32 i32 i32 i32)))
            (memory (export "memory") 2)"#;
        let body = "(call $log (local.get 0) (i32.const 0) (local.get 2) (local.get 3)) i64.const 0";
        let sandbox = sandbox.build().unwrap();
        let module = sandbox.validate(&module(head, body)).unwrap();
        let mut instance = sandbox.compile("says", &module).unwrap().instantiate().unwrap();
        instance.call(TASK, &["", message]).unwrap();
        log.lock().unwrap().pop().unwrap_or_default()
    };
    assert_eq!(cut(10, "short"), "short");
    assert_eq!(cut(10, "exactly 10"), "exactly 10");
    assert_eq!(cut(10, "one too many"), "one too ma");
    // Between letters: of two, three and four bytes.
    assert_eq!(cut(10, "123456789äöü"), "123456789");
    assert_eq!(cut(10, "12345678€"), "12345678");
    for kept in [7, 8, 9] {
        assert_eq!(cut(10, &format!("{}😀", "x".repeat(kept))), "x".repeat(kept));
    }
    assert_eq!(cut(10, "123456😀😀"), "123456😀");
    let default = Limits::default().log_message;
    assert_eq!(cut(default, &"x".repeat(100_000)).len(), default);
}

#[test]
fn limits_that_cannot_be_kept_are_no_sandbox() {
    let says = |limits: Limits| match Sandbox::new(limits) {
        Err(SetupError::Limits(why)) => why,
        other => panic!("{other:?}"),
    };
    let default = Limits::default;
    assert!(says(Limits { memory: 65535, ..default() }).contains("`security.max_memory`"));
    assert!(says(Limits { memory: (4 << 30) + 1, ..default() }).contains("`security.max_memory`"));
    assert!(says(Limits { fuel: 0, ..default() }).contains("`security.fuel_limit`"));
    assert!(says(Limits { time: Duration::ZERO, ..default() }).contains("`security.execution_timeout_secs`"));
    let names_its_setting = |limits: Limits, setting: &str| {
        let says = says(limits);
        assert!(says.contains(&format!("`security.{setting}`")), "{says}");
    };
    names_its_setting(few_instances(0), "max_instances");
    names_its_setting(few_instances(4001), "max_instances");
    names_its_setting(Limits { compile_time: Duration::ZERO, ..default() }, "compile_timeout_secs");
    names_its_setting(Limits { stack: (16 << 10) - 1, ..default() }, "max_stack");
    names_its_setting(Limits { stack: (1 << 20) + 1, ..default() }, "max_stack");
    names_its_setting(Limits { output: 0, ..default() }, "max_output");
    names_its_setting(Limits { log_message: 0, ..default() }, "max_log_message");
    names_its_setting(Limits { log: 0, ..default() }, "max_log");
    names_its_setting(Limits { table_elements: 10_000_001, ..default() }, "max_table_elements");
}

#[test]
fn the_largest_limits_can_be_kept() {
    let limits = Limits {
        memory: 4 << 30,
        fuel: u64::MAX,
        time: Duration::from_secs(u64::MAX),
        compile_time: Duration::MAX,
        stack: 1 << 20,
        output: usize::MAX,
        log_message: usize::MAX,
        log: usize::MAX,
        table_elements: 10_000_000,
        ..few_instances(2)
    };
    let mut instance = compile(&sandbox(limits), "fine", FINE).instantiate().unwrap();
    instance.call(TASK, &["", ""]).unwrap();
}

#[test]
fn the_most_instances_can_be_had() {
    let mut instance = compile(&sandbox(few_instances(4000)), "fine", FINE).instantiate().unwrap();
    instance.call(TASK, &["", ""]).unwrap();
}

#[test]
fn a_table_of_references_can_be_used() {
    // What wasm-bindgen makes has one, and the engine needs a heap of its own for it.
    let sandbox = sandbox(Limits { memory: 65536, ..few_instances(1) });
    let head = r#"(memory (export "memory") 1) (table $references 10 externref) (table 10 funcref)"#;
    let body = "(table.set $references (i32.const 3) (table.get $references (i32.const 4)))
        (drop (table.grow $references (ref.null extern) (i32.const 90)))
        i64.const 0";
    let module = sandbox.validate(&module(head, body)).unwrap();
    let plugin = sandbox.compile("references", &module).unwrap();
    for _ in 0..10 {
        plugin.instantiate().unwrap().call(TASK, &["", ""]).unwrap();
    }
}

#[test]
fn debugging_shows_where_and_how_much() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&log);
    let sandbox = Sandbox::builder(few_instances(1)).debug(true).context(HostContext {
        log: Arc::new(move |record: &LogRecord<'_>| {
            sink.lock().unwrap().push(record.message.to_owned());
        }),
        ..HostContext::default()
    });
    let sandbox = sandbox.build().unwrap();
    let body = r#"(if (local.get 1) (then (call $inner))) i64.const 0) (func $inner unreachable"#;
    let mut instance = compile(&sandbox, "debugged", body).instantiate().unwrap();
    instance.call(TASK, &["", ""]).unwrap();
    let logged = log.lock().unwrap().join("\n");
    assert!(logged.starts_with("execute_task used "), "{logged}");
    let CallFailure::Trap(text) = instance.call(TASK, &["x", ""]).unwrap_err().cause else {
        panic!("it is no trap");
    };
    assert!(text.contains("in function 2 `inner`"), "{text}");
}

/// A module whose only function keeps the compiler busy for seconds, and is let in: a hundred variables differ where many
/// branches meet.
fn slow_to_compile() -> Vec<u8> {
    let all = |text: &str| (0..100).map(|n| text.replace("{n}", &n.to_string())).collect::<String>();
    let locals = all("(local $x{n} i32)");
    let set = "local.get 0 br_if 0 local.get 0 i32.load offset={n} local.set $x{n}\n";
    let branches = all(set) + &set.replace("{n}", "0").repeat(600);
    let begin = all("local.get 0 i32.load offset={n} local.set $x{n}\n");
    let end = all("local.get 0 local.get $x{n} i32.store\n");
    module(
        r#"(memory (export "memory") 1)"#,
        &format!("{locals} {begin} block {branches} end {end} i64.const 0"),
    )
}

#[test]
fn a_slow_compilation_does_not_hold_up_other_plugins() {
    let limits = Limits { compile_time: Duration::from_millis(200), ..few_instances(2) };
    let sandbox = sandbox(limits);
    let slow = sandbox.validate(&slow_to_compile()).unwrap();
    let began = Instant::now();
    let error = sandbox.compile("slow", &slow).unwrap_err().to_string();
    assert_eq!(error, "it took longer than its 200 ms to compile");
    assert!(began.elapsed() >= Duration::from_millis(200));
    // The compiler still works on it. A caller that tries again waits for the same work, and a turn is left for others.
    sandbox.compile("slow", &slow).unwrap_err();
    let compile_fine = || {
        let bytes = module(r#"(memory (export "memory") 1)"#, FINE);
        sandbox.compile("fine", &sandbox.validate(&bytes).unwrap())
    };
    // On a machine with more to do than it can, one attempt may be late by itself.
    let fine = (0..10).find_map(|_| compile_fine().ok()).expect("it has a turn");
    fine.instantiate().unwrap().call(TASK, &["", ""]).unwrap();
}

#[test]
fn a_small_stack_is_a_smaller_one() {
    let deepest = |stack: usize| {
        let limits = Limits { stack, ..few_instances(1) };
        // Counts how deep it comes, in the guest's memory.
        let body = "(call $down) i64.const 0)
            (func $down
                (i32.store (i32.const 16) (i32.add (i32.load (i32.const 16)) (i32.const 1)))
                (if (i32.lt_u (i32.load (i32.const 16)) (i32.load (i32.const 20))) (then (call $down)))";
        let head = |most: usize| {
            let bytes = (most as u32).to_le_bytes().map(|byte| format!("\\{byte:02x}")).concat();
            format!(r#"(memory (export "memory") 1) (data (i32.const 20) "{bytes}")"#)
        };
        let sandbox = sandbox(limits);
        let comes = |most: usize| {
            let module = sandbox.validate(&module(&head(most), body)).unwrap();
            let mut instance = sandbox.compile("deep", &module).unwrap().instantiate().unwrap();
            instance.call(TASK, &["", ""]).map(|_| ()).map_err(|error| error.cause)
        };
        let frames = (0..).map(|power| 1 << power).find(|&frames| comes(frames).is_err()).unwrap();
        assert_eq!(comes(frames), Err(CallFailure::Limit(Limit::Stack.exceeded(stack as u64))));
        frames
    };
    let (small, default, large) = (deepest(16 << 10), deepest(512 << 10), deepest(1 << 20));
    assert!(small >= 128, "{small} frames");
    assert!(8 * small <= default && default < large, "{small}, {default}, {large}");
}
