//! A plugin that fails leaves nothing behind: after thousands of failures, and of instances made and dropped, the process has the
//! memory that it had, and the next call works.
//!
//! `DRIFTLESS_SOAK=1000000 cargo test -p driftless-sandbox --test recovery -- --nocapture` fails a million times.
#![cfg(target_os = "linux")]

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use driftless_plugin_api::function::Function;
use driftless_sandbox::{CallFailure, CompiledPlugin, InstancePool, Limits, Sandbox};

const TASK: Function = Function::ExecuteTask;

/// How much the resident memory may have grown at the end, in bytes. An instance has half a mebibyte, so even ten that stay would
/// be seen.
const MAX_GROWTH_BYTES: usize = 4 << 20;

/// One test at a time: they look at the memory of the whole process.
static ALONE: Mutex<()> = Mutex::new(());

/// Writes to all of its memory, so that it is resident, and breaks where it is told to. The configuration is what it is told.
fn plugin() -> CompiledPlugin {
    let text = r#"(module
        (memory (export "memory") 8)
        (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
        (func $forever (call $forever))
        (func (export "execute_task") (param i32 i32 i32 i32) (result i64) (local $what i32)
            (local.set $what (i32.load8_u (local.get 2)))
            (memory.fill (i32.const 65536) (i32.const 1) (i32.const 458752))
            (if (i32.eq (local.get $what) (i32.const 0x74)) (then unreachable))
            (if (i32.eq (local.get $what) (i32.const 0x66)) (then (loop $again br $again)))
            (if (i32.eq (local.get $what) (i32.const 0x73)) (then (call $forever)))
            (if (i32.eq (local.get $what) (i32.const 0x6d)) (then (drop (memory.grow (i32.const 65000))) unreachable))
            i64.const 0))"#;
    let sandbox = Sandbox::new(Limits { fuel: 1_000_000, ..Limits::default() }).unwrap();
    let bytes = wat::parse_str(text).unwrap();
    sandbox.compile("fragile", &sandbox.validate(&bytes).unwrap()).unwrap()
}

/// How often it is done: `DRIFTLESS_SOAK` times, or this often.
fn rounds(usually: usize) -> usize {
    std::env::var("DRIFTLESS_SOAK")
        .map_or(usually, |rounds| rounds.parse().expect("DRIFTLESS_SOAK is a number"))
}

/// The memory of the process that is in use, in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux tells it");
    let kibibytes: usize = resident.trim().trim_end_matches(" kB").parse().unwrap();
    kibibytes << 10
}

/// Does something so often, and looks whether the memory has grown by that.
#[track_caller]
fn leaves_nothing(what: &str, rounds: usize, mut once: impl FnMut(usize)) {
    // What is made once and kept: the engine's own tables, the allocator's, the pool's.
    (0..rounds.min(1000)).for_each(&mut once);
    let (before, began) = (resident(), Instant::now());
    (0..rounds).for_each(&mut once);
    let after = resident();
    eprintln!(
        "{rounds} {what} in {:.1?}: resident memory {} KiB, then {} KiB",
        began.elapsed(),
        before >> 10,
        after >> 10
    );
    assert!(after < before + MAX_GROWTH_BYTES, "{rounds} {what}: from {before} to {after} bytes");
}

#[test]
fn calls_that_fail_leave_nothing_behind() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let pool = InstancePool::new(plugin());
    // A trap, the end of the fuel, of the stack, of the memory.
    leaves_nothing("failures", rounds(20_000), |round| {
        let what = ["trap", "trap", "trap", "trap", "trap", "fuel", "stack", "memory"][round % 8];
        let error = pool.get().unwrap().call(TASK, &["", what]).map(|_| ()).unwrap_err();
        let as_expected = match what {
            "trap" => matches!(error.cause, CallFailure::Trap(_)),
            _ => matches!(error.cause, CallFailure::Limit(_)),
        };
        assert!(as_expected, "{what}: {error}");
    });
    pool.get().unwrap().call(TASK, &["", "ok"]).map(|_| ()).expect("it works again");
}

#[test]
fn instances_that_are_dropped_leave_nothing_behind() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let plugin = plugin();
    leaves_nothing("instances", rounds(5000), |_| {
        plugin.instantiate().unwrap().call(TASK, &["", "ok"]).unwrap();
    });
}

#[test]
fn failures_on_many_threads_leave_nothing_behind() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let pool = InstancePool::new(plugin());
    leaves_nothing("rounds of four threads", rounds(5000) / 100, |_| {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for what in ["trap", "ok", "trap", "trap", "ok"].iter().cycle().take(50) {
                        let called = pool.get().unwrap().call(TASK, &["", what]).map(|_| ());
                        assert_eq!(called.is_ok(), *what == "ok");
                    }
                });
            }
        });
    });
}
