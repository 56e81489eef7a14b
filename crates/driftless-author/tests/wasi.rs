//! Plugins compiled for `wasm32-wasip1`: what stands in for WASI, and that nothing else in a module changes.

use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use driftless_author::replace_imports;
use driftless_plugin_api::function::Function;
use driftless_plugin_api::log::Level;
use driftless_sandbox::{CallFailure, HostContext, Instance, Limits, LogRecord, Sandbox};
use driftless_validator::{inspect, validate};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use wasmparser::{KnownCustom, Name, Parser, Payload};

/// A module that answers `execute_task` with 32 bytes of its memory from address 64 on, in hexadecimal, after `body` has run.
/// Before, every byte there is `ee`. What the plugin is called with is of no account, but for the length of the name,
/// `(local.get 1)`.
fn module(imports: &str, body: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            {imports}
            (memory (export "memory") 1)
            (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
            (func $hex (param $digit i32) (result i32)
                (i32.add (local.get $digit)
                    (select (i32.const 48) (i32.const 87) (i32.lt_u (local.get $digit) (i32.const 10)))))
            (func (export "execute_task") (param i32 i32 i32 i32) (result i64) (local $at i32)
                (memory.fill (i32.const 64) (i32.const 0xee) (i32.const 32))
                {body}
                (loop $more
                    (i32.store8 offset=4096 (i32.shl (local.get $at) (i32.const 1))
                        (call $hex (i32.shr_u (i32.load8_u offset=64 (local.get $at)) (i32.const 4))))
                    (i32.store8 offset=4097 (i32.shl (local.get $at) (i32.const 1))
                        (call $hex (i32.and (i32.load8_u offset=64 (local.get $at)) (i32.const 15))))
                    (br_if $more (i32.lt_u
                        (local.tee $at (i32.add (local.get $at) (i32.const 1))) (i32.const 32))))
                i64.const 0x1000_0000_0040))"#
    );
    wat::parse_str(text).unwrap()
}

/// An import of WASI: `wasi("fd_close", "(param i32) (result i32)")`, to be called as `$fd_close`.
fn wasi(name: &str, r#type: &str) -> String {
    format!(r#"(import "wasi_snapshot_preview1" "{name}" (func ${name} {type}))"#)
}

/// Something that runs, and what it has logged.
struct Running {
    instance: Instance,
    log: Arc<Mutex<Vec<(Level, String)>>>,
}

impl Running {
    fn new(bytes: &[u8]) -> Self {
        let log = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&log);
        let sandbox = Sandbox::builder(Limits::default()).context(HostContext {
            log: Arc::new(move |record: &LogRecord<'_>| {
                sink.lock().unwrap().push((record.level, record.message.to_owned()));
            }),
            ..HostContext::default()
        });
        let sandbox = sandbox.build().unwrap();
        let replaced = replace_imports(bytes).unwrap();
        let module = sandbox.validate(&replaced).unwrap();
        let instance = sandbox.compile("wasi", &module).unwrap().instantiate().unwrap();
        Self { instance, log }
    }

    /// Calls it with a name of this length.
    fn call(&mut self, length: usize) -> Result<String, CallFailure> {
        let reply = self.instance.call(Function::ExecuteTask, &[&"x".repeat(length), "{}"]);
        reply.map(|reply| reply.text.to_owned()).map_err(|error| error.cause)
    }

    fn logged(&self) -> Vec<(Level, String)> {
        self.log.lock().unwrap().clone()
    }
}

/// What the 32 bytes are after a module of these imports has run `body`.
fn run(imports: &str, body: &str) -> String {
    Running::new(&module(imports, body)).call(1).unwrap()
}

/// The first bytes are these, and the others were not touched.
fn check(found: &str, expected: &str) {
    assert_eq!(found, format!("{expected:e<64}"));
}

#[test]
fn a_module_without_wasi_comes_back_byte_for_byte() {
    let bytes = module(r#"(import "env" "host_log" (func (param i32 i32 i32 i32)))"#, "(drop (i32.const 0))");
    assert_eq!(replace_imports(&bytes).unwrap(), bytes);
}

#[test]
fn what_is_printed_arrives_on_the_log() {
    let fd_write = wasi("fd_write", "(param i32 i32 i32 i32) (result i32)");
    let print = |descriptor: u32, pieces: u32| {
        let body = format!(
            r#"(i64.store (i32.const 0) (i64.const 0x6_0000_0010)) ;; six bytes at 16
            (i64.store (i32.const 8) (i64.const 0x4_0000_0018)) ;; four bytes at 24
            (i64.store (i32.const 16) (i64.const 0x0a21_6f6c_6c65_68)) ;; hello!\n
            (i64.store (i32.const 24) (i64.const 0x0a65_7962)) ;; bye\n
            (i32.store (i32.const 68)
                (call $fd_write (i32.const {descriptor}) (i32.const 0) (i32.const {pieces}) (i32.const 64)))"#
        );
        let mut running = Running::new(&module(&fd_write, &body));
        (running.call(1).unwrap(), running.logged())
    };
    let says = |level: Level, texts: &[&str]| {
        let messages = texts.iter().map(|text| (level, (*text).to_owned()));
        messages.collect::<Vec<_>>()
    };

    // How many bytes were written stands first, and the error number behind it.
    let (bytes, logged) = print(1, 2);
    check(&bytes, "0a00000000000000");
    assert_eq!(logged, says(Level::Info, &["hello!", "bye"]));

    let (bytes, logged) = print(2, 1);
    check(&bytes, "0600000000000000");
    assert_eq!(logged, says(Level::Warn, &["hello!"]));

    let (bytes, logged) = print(1, 0);
    check(&bytes, "0000000000000000");
    assert_eq!(logged, []);

    // Nothing else is open: EBADF, and nothing is written.
    for descriptor in [0, 3, u32::MAX] {
        let (bytes, logged) = print(descriptor, 2);
        check(&bytes, "eeeeeeee08000000");
        assert_eq!(logged, []);
    }
}

/// What a module of the SDK has for its build: here `print` logs what it is given as an error, and `refuse` gives up with a letter for what it is and a
/// letter for the detail.
const FOR_THE_BUILD: &str = r#"
    (func (export "driftless_print") (param $descriptor i32) (param $text i32) (param $length i32)
        (i32.store (i32.const 200) (i32.const 0x6f727265)) ;; erro
        (i32.store8 (i32.const 204) (i32.const 0x72)) ;; r
        (call $host_log (i32.const 200) (i32.const 5) (local.get $text) (local.get $length)))
    (func (export "driftless_refuse") (param $what i32) (param $detail i32)
        (i32.store8 (i32.const 200) (i32.add (i32.const 65) (local.get $what)))
        (i32.store8 (i32.const 201) (i32.add (i32.const 97) (local.get $detail)))
        (call $host_panic (i32.const 200) (i32.const 2)))"#;

/// Imports of the SDK, and one of WASI.
fn sdk_and(import: &str) -> String {
    let log = r#"(import "env" "host_log" (func $host_log (param i32 i32 i32 i32)))"#;
    let panic = r#"(import "env" "host_panic" (func $host_panic (param i32 i32)))"#;
    format!("{import}{log}{panic}")
}

/// [`module`], with functions beside its own.
fn module_with(functions: &str, imports: &str, body: &str) -> Vec<u8> {
    let wat = wat::parse_str(format!("(module {imports} (memory (export \"memory\") 1) {functions} {body})"));
    wat.unwrap()
}

const RESERVE: &str = r#"(func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)"#;

fn task(body: &str) -> String {
    format!(
        r#"{RESERVE} (func (export "execute_task") (param i32 i32 i32 i32) (result i64) {body} i64.const 0x1000_0000_0000)"#
    )
}

#[test]
fn a_module_of_the_sdk_takes_what_is_printed() {
    let fd_write = wasi("fd_write", "(param i32 i32 i32 i32) (result i32)");
    let body = task(
        "(i64.store (i32.const 0) (i64.const 0x2_0000_0010)) (i64.store (i32.const 8) (i64.const 0x1_0000_0018))
        (i32.store16 (i32.const 16) (i32.const 0x6968)) (i32.store8 (i32.const 24) (i32.const 0x21))
        (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 2) (i32.const 64)))",
    );
    let bytes = module_with(FOR_THE_BUILD, &sdk_and(&fd_write), &body);
    let mut running = Running::new(&bytes);
    running.call(1).unwrap();
    assert_eq!(running.logged(), [(Level::Error, "hi".to_owned()), (Level::Error, "!".to_owned())]);

    // They are for the build alone.
    let exports = exports(&replace_imports(&bytes).unwrap());
    assert_eq!(exports, ["memory", "driftless_reserve", "execute_task"]);
    // Of another type they are no concern of the build.
    let others = FOR_THE_BUILD.replace("(param $what i32)", "(param $what i32) (param i32)");
    let bytes = module_with(&others, &sdk_and(&fd_write), &body);
    assert!(self::exports(&replace_imports(&bytes).unwrap()).contains(&"driftless_refuse".to_owned()));
}

fn exports(bytes: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        if let Payload::ExportSection(section) = payload.unwrap() {
            names.extend(section.into_iter().map(|export| export.unwrap().name.to_owned()));
        }
    }
    names
}

#[test]
fn a_module_of_the_sdk_says_why_it_cannot_go_on() {
    let refused = |import: &str, body: &str| {
        let bytes = module_with(FOR_THE_BUILD, &sdk_and(import), &task(body));
        Running::new(&bytes).call(1).unwrap_err()
    };
    let exit = wasi("proc_exit", "(param i32)");
    assert_eq!(refused(&exit, "(call $proc_exit (i32.const 3))"), CallFailure::Panic("Ad".to_owned()));
    let poll = wasi("poll_oneoff", "(param i32 i32 i32 i32) (result i32)");
    let body = "(drop (call $poll_oneoff (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 64)))";
    assert_eq!(refused(&poll, body), CallFailure::Panic("Ba".to_owned()));
}

#[test]
fn printing_from_outside_memory_is_a_trap() {
    let fd_write = wasi("fd_write", "(param i32 i32 i32 i32) (result i32)");
    let body = "(i64.store (i32.const 0) (i64.const 0x10_0000_fff8))
        (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64)))";
    let failure = Running::new(&module(&fd_write, body)).call(1).unwrap_err();
    let expected = "it handed over 16 bytes at 0xfff8, outside its memory";
    assert_eq!(failure, CallFailure::Trap(expected.to_owned()));
}

#[test]
fn randomness_fills_any_length_and_no_byte_more() {
    let random_get = wasi("random_get", "(param i32 i32) (result i32)");
    let body = "(if (call $random_get (i32.const 64) (local.get 1)) (then unreachable))";
    let mut running = Running::new(&module(&random_get, body));
    for length in [0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 32] {
        let (first, second) = (running.call(length).unwrap(), running.call(length).unwrap());
        let untouched = "ee".repeat(32 - length);
        assert!(first.ends_with(&untouched), "{length}: {first}");
        assert!(second.ends_with(&untouched), "{length}: {second}");
        if length > 4 {
            assert_ne!(first, second, "{length} bytes are the same twice");
            // Not the same eight bytes over and over, and nothing left as it was.
            assert_ne!(first[..4], first[4..8]);
            assert_ne!(first[2 * length - 4..2 * length], *"eeee");
        }
    }
}

#[test]
fn there_are_no_arguments_and_no_variables() {
    for name in ["environ_sizes_get", "args_sizes_get"] {
        let import = wasi(name, "(param i32 i32) (result i32)");
        let body = format!("(i32.store (i32.const 72) (call ${name} (i32.const 64) (i32.const 68)))");
        check(&run(&import, &body), "000000000000000000000000");
    }
    for name in ["environ_get", "args_get"] {
        let import = wasi(name, "(param i32 i32) (result i32)");
        let body = format!("(i32.store (i32.const 64) (call ${name} (i32.const 68) (i32.const 72)))");
        check(&run(&import, &body), "00000000");
    }
}

#[test]
fn the_clock_goes_right() {
    let import = wasi("clock_time_get", "(param i32 i64 i32) (result i32)");
    let body = "(if (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 64)) (then unreachable))";
    let hex = run(&import, body);
    let bytes: Vec<u8> = (0..8).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect();
    let told = u64::from_le_bytes(bytes.try_into().unwrap()) / 1_000_000_000;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert!((now - 60..=now).contains(&told), "{told} is not {now}");
}

#[test]
fn a_program_that_exits_traps() {
    let import = wasi("proc_exit", "(param i32)");
    let failure = Running::new(&module(&import, "(call $proc_exit (i32.const 0))")).call(1).unwrap_err();
    assert!(matches!(&failure, CallFailure::Trap(text) if text.contains("unreachable")), "{failure:?}");
}

#[test]
fn everything_else_says_that_it_is_not_there() {
    const EBADF: &str = "08000000";
    const ENOSYS: &str = "34000000";
    for (name, parameters, errno) in [
        ("fd_prestat_get", "i32 i32", EBADF),
        ("fd_prestat_dir_name", "i32 i32 i32", EBADF),
        ("fd_close", "i32", EBADF),
        ("fd_fdstat_get", "i32 i32", EBADF),
        ("fd_seek", "i32 i64 i32 i32", EBADF),
        ("fd_read", "i32 i32 i32 i32", EBADF),
        ("path_open", "i32 i32 i32 i32 i32 i64 i64 i32 i32", ENOSYS),
        ("poll_oneoff", "i32 i32 i32 i32", ENOSYS),
        ("clock_res_get", "i32 i32", ENOSYS),
        ("sock_accept", "i32 i32 i32", ENOSYS),
        ("a_function_of_the_future", "i32", ENOSYS),
        ("sched_yield", "", "00000000"),
    ] {
        let import = wasi(name, &format!("(param {parameters}) (result i32)"));
        let arguments: String =
            parameters.split_whitespace().map(|r#type| format!("({type}.const 3)")).collect();
        let found = run(&import, &format!("(i32.store (i32.const 64) (call ${name} {arguments}))"));
        assert_eq!(found, format!("{errno:e<64}"), "{name}");
    }
}

#[test]
fn a_function_of_another_type_than_it_should_be_is_replaced_all_the_same() {
    // No compiler emits such a thing, and it must do no harm.
    for (name, r#type, call) in [
        ("random_get", "(param i64) (result i32)", "(drop (call $random_get (i64.const 1)))"),
        ("fd_write", "(result i32)", "(drop (call $fd_write))"),
        ("sched_yield", "(param f32) (result i32)", "(drop (call $sched_yield (f32.const 1)))"),
    ] {
        check(&run(&wasi(name, r#type), call), "");
    }
    for (name, r#type, call) in [
        ("fd_write", "(result f64)", "(drop (call $fd_write))"),
        ("environ_get", "(result i32 i32)", "(call $environ_get) drop drop"),
        ("fd_close", "", "(call $fd_close)"),
    ] {
        let failure = Running::new(&module(&wasi(name, r#type), call)).call(1).unwrap_err();
        assert!(matches!(failure, CallFailure::Trap(_)), "{name}: {failure:?}");
    }
}

/// Every place in a module where a function's number stands, with WASI before, between and behind what is kept.
const EVERYWHERE: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
    (import "env" "host_get_timestamp" (func $timestamp (result i64)))
    (import "wasi_snapshot_preview1" "sched_yield" (func $sched_yield (result i32)))
    (import "env" "host_log" (func $log (param i32 i32 i32 i32)))
    (import "wasi_snapshot_preview1" "fd_datasync" (func $fd_datasync (param i32) (result i32)))
    (type $number (func (result i32)))
    (type $close (func (param i32) (result i32)))
    (table $table 8 funcref)
    (memory (export "memory") 1)
    (global $reference funcref (ref.func $three))
    (global $started (mut i32) (i32.const 0))
    (start $begin)
    (elem (i32.const 0) $one $two)
    (elem (table $table) (i32.const 2) funcref (ref.func $fd_close) (ref.func $sched_yield))
    (elem $passive funcref (ref.func $three))
    (elem declare func $two)
    (data (i32.const 16) "0000000000")
    (@custom "driftless.manifest.v1" "{\"name\":\"everywhere\",\"version\":\"1.2.3\"}")
    (@custom "unknown" "own")
    (func $begin (global.set $started (i32.const 6)))
    (func $one (result i32) i32.const 1)
    (func $two (result i32) i32.const 2)
    (func $three (result i32) i32.const 3)
    (func $digit (param $at i32) (param $value i32)
        (i32.store8 (i32.add (i32.const 16) (local.get $at)) (i32.add (i32.const 48) (local.get $value))))
    (func $later (result i32) (return_call $two))
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (export "sched_yield" (func $sched_yield))
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (table.init $table $passive (i32.const 4) (i32.const 0) (i32.const 1))
        (table.set $table (i32.const 5) (global.get $reference))
        (table.set $table (i32.const 6) (ref.func $two))
        (call $digit (i32.const 0) (call_indirect (type $number) (i32.const 0)))
        (call $digit (i32.const 1) (call_indirect (type $number) (i32.const 1)))
        (call $digit (i32.const 2) (call_indirect (type $close) (i32.const 9) (i32.const 2)))
        (call $digit (i32.const 3) (call_indirect (type $number) (i32.const 3)))
        (call $digit (i32.const 4) (call_indirect (type $number) (i32.const 4)))
        (call $digit (i32.const 5) (call_indirect (type $number) (i32.const 5)))
        (call $digit (i32.const 6) (call_indirect (type $number) (i32.const 6)))
        (call $digit (i32.const 7) (call $later))
        (call $digit (i32.const 8) (global.get $started))
        (call $digit (i32.const 9) (i64.gt_u (call $timestamp) (i64.const 1000000000)))
        (if (i32.ne (call $fd_datasync (i32.const 0)) (i32.const 8)) (then unreachable))
        i64.const 0x10_0000_000a))"#;

#[test]
fn every_number_of_a_function_leads_where_it_led() {
    let bytes = wat::parse_str(EVERYWHERE).unwrap();
    let mut running = Running::new(&bytes);
    let reply = running.instance.call(Function::ExecuteTask, &["", ""]).unwrap();
    // one, two, EBADF, success, three, three, two, two by tail call, six by the start function, and a clock.
    assert_eq!(reply.text, "1280332261");
}

#[test]
fn afterwards_only_the_host_is_imported_and_each_function_once() {
    let replaced = replace_imports(&wat::parse_str(EVERYWHERE).unwrap()).unwrap();
    let mut imports = inspect(&replaced).imports().to_vec();
    imports.sort();
    let expected = ["env.host_get_random", "env.host_get_timestamp", "env.host_log", "env.host_panic"];
    assert_eq!(imports, expected);
    // There is nothing more to replace.
    assert_eq!(replace_imports(&replaced).unwrap(), replaced);
}

#[test]
fn other_sections_stay() {
    let replaced = replace_imports(&wat::parse_str(EVERYWHERE).unwrap()).unwrap();
    let module = validate(&replaced).unwrap();
    assert_eq!(module.manifest().unwrap().name, "everywhere");
    assert!(module.functions().iter().eq([Function::ExecuteTask]));
    let own = Parser::new(0).parse_all(&replaced).any(|payload| {
        matches!(payload.unwrap(), Payload::CustomSection(section)
            if section.name() == "unknown" && section.data() == b"own")
    });
    assert!(own, "a custom section is gone");
}

#[test]
fn names_stay_with_their_functions_and_in_order() {
    let before = wat::parse_str(EVERYWHERE).unwrap();
    let after = replace_imports(&before).unwrap();
    let names = names(&after);
    assert!(names.is_sorted_by(|(a, _), (b, _)| a < b), "the numbers are not in order: {names:?}");
    let defined = |bytes: &[u8]| {
        let (mut imported, mut defined) = (0, 0);
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.unwrap() {
                Payload::ImportSection(section) => imported = section.into_imports().count() as u32,
                Payload::FunctionSection(section) => defined = section.count(),
                _ => {}
            }
        }
        (imported, defined)
    };
    let ((_, defined_before), (imported, defined_after)) = (defined(&before), defined(&after));
    assert_eq!(defined_after, defined_before + 3, "three functions were replaced");
    let number = |name: &str| names.iter().find(|(_, found)| found == name).unwrap().0;
    // Kept imports first, what was defined in its order, and the replacements at the very end.
    assert_eq!([number("timestamp"), number("log")], [0, 1]);
    assert_eq!(number("begin"), imported);
    assert_eq!(number("three"), imported + 3);
    assert_eq!(number("fd_close"), imported + defined_before);
    assert_eq!(number("fd_datasync"), imported + defined_after - 1);
}

#[test]
fn names_that_cannot_be_read_are_left_out() {
    let mut bytes = module(&wasi("proc_exit", "(param i32)"), "");
    // A custom section called `name`, and in it a list of names that ends before its first one.
    bytes.extend(b"\0\x09\x04name\x01\x02\x05\x00");
    check(&Running::new(&bytes).call(1).unwrap(), "");
}

/// The names of functions in a module's section of names.
fn names(bytes: &[u8]) -> Vec<(u32, String)> {
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        let Payload::CustomSection(section) = payload.unwrap() else {
            continue;
        };
        let KnownCustom::Name(subsections) = section.as_known() else {
            continue;
        };
        for subsection in subsections {
            if let Name::Function(map) = subsection.unwrap() {
                let naming = map.into_iter().map(Result::unwrap);
                names.extend(naming.map(|naming| (naming.index, naming.name.to_owned())));
            }
        }
    }
    names
}

#[test]
fn a_module_of_nothing_but_wasi_is_refused() {
    // It defines nothing, so there is no section that the replacements could join.
    let bytes = wat::parse_str(
        r#"(module
            (import "wasi_snapshot_preview1" "sched_yield" (func (result i64)))
            (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))
            (memory (export "memory") 1)
            (export "get_task_definitions" (func 0))
            (export "driftless_reserve" (func 1)))"#,
    );
    let replaced = replace_imports(&bytes.unwrap()).unwrap();
    let error = validate(&replaced).unwrap_err().to_string();
    assert!(error.contains("its export `get_task_definitions` is no function"), "{error}");
}

#[test]
fn what_cannot_be_read_is_not_rewritten() {
    let whole = module(&wasi("proc_exit", "(param i32)"), "");
    for bytes in [&b""[..], b"hello", b"\0asm", &whole[..whole.len() / 2]] {
        let error = replace_imports(bytes).unwrap_err().to_string();
        assert!(error.starts_with("it cannot be read: "), "{error}");
    }
}

/// The files that attack the sandbox, as far as they can be read as text of WebAssembly.
static CORPUS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../driftless-sandbox/tests/hostile");
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.filter_map(|path| wat::parse_file(path).ok()).collect()
});

#[test]
fn attacks_are_rewritten_or_refused() {
    assert!(CORPUS.len() > 100, "the corpus is gone");
    for bytes in CORPUS.iter() {
        if let Ok(replaced) = replace_imports(bytes) {
            assert_eq!(
                replace_imports(&replaced).unwrap(),
                replaced,
                "rewriting twice is not rewriting once"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// A module with WASI and a few bytes changed is rewritten or refused.
    #[test]
    fn any_changed_module_can_be_rewritten(changes in vec((any::<Index>(), any::<u8>()), 1..5)) {
        let mut bytes = wat::parse_str(EVERYWHERE).unwrap();
        for (at, value) in changes {
            *at.get_mut(bytes.as_mut_slice()) = value;
        }
        let _ = replace_imports(&bytes);
    }
}
