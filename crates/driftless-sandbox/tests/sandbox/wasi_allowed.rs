//! WASI where it is allowed: what was granted is there, nothing else is, and it waits no longer than the call has time.
//! This is preview 1; preview 2 is in `wasi_components.rs`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use driftless_plugin_api::function::Function;
use driftless_plugin_api::limit::Limit;
use driftless_sandbox::{
    CallError, CallFailure, HostContext, HostResources, Limits, LogRecord, OpenFolder, PluginFile, Rules,
    Sandbox, validate,
};

/// A plugin whose task runs `body`, which leaves an errno, and replies with what lies behind 1024 in memory: `length` bytes of it.
/// An errno other than 0 is the reply instead.
fn plugin(imports: &str, body: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            {imports}
            (memory (export "memory") 2)
            (global $length (mut i32) (i32.const 0))
            (data (i32.const 8) "errno __")
            {BODY_DATA}
            (func (export "driftless_reserve") (param i32) (result i32) (i32.const 65536))
            (func $body (result i32) {body})
            (func (export "execute_task") (param i32 i32 i32 i32) (result i64) (local $errno i32)
                (local.set $errno (call $body))
                (if (i32.eqz (local.get $errno)) (then
                    (return (i64.or (i64.shl (i64.const 1024) (i64.const 32)) (i64.extend_i32_u (global.get $length))))))
                (i32.store8 (i32.const 14) (i32.add (i32.const 48) (i32.div_u (local.get $errno) (i32.const 10))))
                (i32.store8 (i32.const 15) (i32.add (i32.const 48) (i32.rem_u (local.get $errno) (i32.const 10))))
                (i64.or (i64.shl (i64.const 8) (i64.const 32)) (i64.const 8))))"#
    );
    wat::parse_str(text).unwrap()
}

/// Names of files, for the guests.
const BODY_DATA: &str = r#"
    (data (i32.const 100) "hello.txt")
    (data (i32.const 120) "../secret.txt")
    (data (i32.const 140) "link")"#;

const READ: &str = r#"
    (import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))"#;

/// Opens a file of the first folder, which is number 3, and reads it.
fn read_file(name: usize, length: usize) -> String {
    format!(
        r#"(local $errno i32)
        (local.set $errno (call $path_open (i32.const 3) (i32.const 1) (i32.const {name}) (i32.const {length})
            (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 40)))
        (if (local.get $errno) (then (return (local.get $errno))))
        (i32.store (i32.const 44) (i32.const 1024))
        (i32.store (i32.const 48) (i32.const 4096))
        (local.set $errno (call $fd_read (i32.load (i32.const 40)) (i32.const 44) (i32.const 1) (i32.const 52)))
        (global.set $length (i32.load (i32.const 52)))
        (local.get $errno)"#
    )
}

/// What is granted to a plugin.
#[derive(Default)]
struct WasiGrant {
    folders: Vec<(PathBuf, bool)>,
    variables: Vec<(String, String)>,
}

impl HostResources for WasiGrant {
    fn folders(&self) -> Vec<OpenFolder> {
        let open = |(path, writable): &(PathBuf, bool)| OpenFolder {
            name: path.to_str().unwrap().to_owned(),
            handle: std::fs::File::open(path).unwrap(),
            writable: *writable,
        };
        self.folders.iter().map(open).collect()
    }

    fn variables(&self) -> Vec<(String, String)> {
        self.variables.clone()
    }
}

struct Run {
    reply: Result<String, CallError>,
    log: Vec<String>,
}

fn run(limits: Limits, wasi: WasiGrant, bytes: &[u8]) -> Run {
    let log = Arc::new(Mutex::new(Vec::new()));
    let sandbox = Sandbox::builder(limits).allow_wasi(true).build().unwrap();
    let sink = Arc::clone(&log);
    let context = HostContext {
        resources: Arc::new(wasi),
        log: Arc::new(move |record: &LogRecord<'_>| {
            sink.lock().unwrap().push(format!("{} {}", record.level, record.message));
        }),
        ..HostContext::default()
    };
    let module = sandbox.validate(bytes).unwrap();
    let plugin = sandbox.compile_within("guest", &module, context).unwrap();
    let reply = plugin
        .instantiate()
        .and_then(|mut instance| Ok(instance.call(Function::ExecuteTask, &["t", "{}"])?.text.to_owned()));
    let log = log.lock().unwrap().clone();
    Run { reply, log }
}

fn folder(path: &Path, writable: bool) -> WasiGrant {
    WasiGrant { folders: vec![(path.to_owned(), writable)], ..WasiGrant::default() }
}

/// `granted/hello.txt`, and beside the folder a secret that a link inside points at.
fn files() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    let granted = place.path().join("granted");
    std::fs::create_dir(&granted).unwrap();
    std::fs::write(granted.join("hello.txt"), "hello").unwrap();
    std::fs::write(place.path().join("secret.txt"), "secret").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("../secret.txt", granted.join("link")).unwrap();
    place
}

#[test]
fn a_granted_folder_is_open_and_ends_at_its_edge() {
    let place = files();
    let grant = || folder(&place.path().join("granted"), false);
    let read = |name, length| {
        run(Limits::default(), grant(), &plugin(READ, &read_file(name, length))).reply.unwrap()
    };
    assert_eq!(read(100, 9), "hello");
    // 63 is "not permitted", 8 a number that is no open file.
    assert_eq!(read(120, 13), "errno 63", "the way up");
    assert_eq!(read(140, 4), "errno 63", "a link that leads out");
    let without = run(Limits::default(), WasiGrant::default(), &plugin(READ, &read_file(100, 9)));
    assert_eq!(without.reply.unwrap(), "errno 08", "nothing is open without a grant");
}

#[test]
fn what_is_granted_to_be_read_cannot_be_written() {
    let place = files();
    let imports = r#"(import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))"#;
    // Makes the file or empties it.
    let create = r#"(call $path_open (i32.const 3) (i32.const 1) (i32.const 100) (i32.const 9)
        (i32.const 9) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 40))"#;
    let try_to = |writable| {
        run(Limits::default(), folder(&place.path().join("granted"), writable), &plugin(imports, create))
            .reply
            .unwrap()
    };
    assert_eq!(try_to(false), "errno 63");
    assert_eq!(std::fs::read_to_string(place.path().join("granted/hello.txt")).unwrap(), "hello");
    assert_eq!(try_to(true), "");
    assert_eq!(std::fs::read_to_string(place.path().join("granted/hello.txt")).unwrap(), "");
}

/// A guest that opens without end is stopped before the process has no files left.
#[test]
fn files_open_at_once_are_counted() {
    let place = files();
    let imports = r#"(import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))"#;
    let open = |files: u32| {
        let body = format!(
            "(local $count i32) (local $errno i32)
            (loop $more
                (local.set $errno (call $path_open (i32.const 3) (i32.const 1) (i32.const 100) (i32.const 9)
                    (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 40)))
                (if (local.get $errno) (then (return (local.get $errno))))
                (br_if $more (i32.lt_u (local.tee $count (i32.add (local.get $count) (i32.const 1))) (i32.const {files}))))
            (i32.const 0)"
        );
        run(Limits::default(), folder(&place.path().join("granted"), false), &plugin(imports, &body)).reply
    };
    assert_eq!(open(60).unwrap(), "");
    let cause = open(65).unwrap_err().cause;
    assert_eq!(cause, CallFailure::Trap("resource table has no free keys".to_owned()));
}

/// A guest that waits for a pipe is left alone when its call is over, and so is the thread that waits there: dropping the sandbox does not wait
/// for it.
#[test]
#[cfg(target_os = "linux")]
fn dropping_the_sandbox_does_not_wait_for_a_pipe() {
    let place = files();
    let pipe = place.path().join("granted/pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let names = r#"(data (i32.const 160) "pipe")"#;
    let limits = Limits { time: Duration::from_millis(200), ..Limits::default() };
    let begun = Instant::now();
    let grant = folder(&place.path().join("granted"), false);
    let run = run(limits, grant, &plugin(&format!("{READ} {names}"), &read_file(160, 4)));
    assert_eq!(run.reply.unwrap_err().cause, CallFailure::Limit(Limit::Time.exceeded(200)));
    // With the sandbox, its runtime was given up.
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    // Let the thread go, which would otherwise wait as long as the tests run.
    drop(std::fs::OpenOptions::new().read(true).write(true).open(&pipe).unwrap());
}

#[test]
fn only_granted_variables_are_there() {
    let imports = r#"
        (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "environ_get" (func $get (param i32 i32) (result i32)))"#;
    let body = r#"(drop (call $sizes (i32.const 40) (i32.const 44)))
        (global.set $length (i32.load (i32.const 44)))
        (call $get (i32.const 512) (i32.const 1024))"#;
    let wasi = WasiGrant { variables: vec![("TOKEN".into(), "x".into())], ..WasiGrant::default() };
    assert_eq!(run(Limits::default(), wasi, &plugin(imports, body)).reply.unwrap(), "TOKEN=x\0");
    assert_eq!(run(Limits::default(), WasiGrant::default(), &plugin(imports, body)).reply.unwrap(), "");
}

const WRITE: &str =
    r#"(import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))"#;

#[test]
fn what_is_printed_goes_to_the_log_by_line() {
    // "one\ntwo\nthr" to standard output, "one" to standard error.
    let body = r#"
        (i64.store (i32.const 512) (i64.const 0x0a6f77740a656e6f))
        (i32.store (i32.const 520) (i32.const 0x00726874))
        (i32.store (i32.const 44) (i32.const 512)) (i32.store (i32.const 48) (i32.const 11))
        (drop (call $fd_write (i32.const 1) (i32.const 44) (i32.const 1) (i32.const 52)))
        (i32.store (i32.const 48) (i32.const 3))
        (call $fd_write (i32.const 2) (i32.const 44) (i32.const 1) (i32.const 52))"#;
    let run = run(Limits::default(), WasiGrant::default(), &plugin(WRITE, body));
    run.reply.unwrap();
    assert_eq!(run.log, ["info one", "info two", "info thr", "warn one"]);
}

#[test]
fn printing_without_end_reaches_a_limit() {
    let body = r#"
        (i32.store (i32.const 44) (i32.const 512)) (i32.store (i32.const 48) (i32.const 1000))
        (loop $again
            (drop (call $fd_write (i32.const 1) (i32.const 44) (i32.const 1) (i32.const 52)))
            (br $again))
        (i32.const 0)"#;
    let run = run(Limits { log: 50_000, ..Limits::default() }, WasiGrant::default(), &plugin(WRITE, body));
    assert_eq!(run.reply.unwrap_err().cause, CallFailure::Limit(Limit::Log.exceeded(50_000)));
}

#[test]
fn waiting_ends_with_the_call() {
    let imports = r#"(import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))"#;
    // A clock (kind 0, monotonic), in an hour.
    let body = r#"
        (i32.store (i32.const 216) (i32.const 1))
        (i64.store (i32.const 224) (i64.const 3600000000000))
        (call $poll (i32.const 200) (i32.const 300) (i32.const 1) (i32.const 400))"#;
    let begun = Instant::now();
    let limits = Limits { time: Duration::from_millis(200), ..Limits::default() };
    let run = run(limits, WasiGrant::default(), &plugin(imports, body));
    assert_eq!(run.reply.unwrap_err().cause, CallFailure::Limit(Limit::Time.exceeded(200)));
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[test]
fn ending_the_process_ends_the_call() {
    let imports = r#"(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))"#;
    let run = run(
        Limits::default(),
        WasiGrant::default(),
        &plugin(imports, "(call $exit (i32.const 3)) (i32.const 0)"),
    );
    assert_eq!(run.reply.unwrap_err().cause, CallFailure::Panic("it ended itself with exit code 3".into()));
}

/// The list of what is offered says the same as what is behind it: everything on it can be imported.
#[test]
fn everything_that_is_offered_is_there() {
    let functions = [
        "args_get ii",
        "args_sizes_get ii",
        "clock_res_get ii",
        "clock_time_get iIi",
        "environ_get ii",
        "environ_sizes_get ii",
        "fd_advise iIIi",
        "fd_allocate iII",
        "fd_close i",
        "fd_datasync i",
        "fd_fdstat_get ii",
        "fd_fdstat_set_flags ii",
        "fd_fdstat_set_rights iII",
        "fd_filestat_get ii",
        "fd_filestat_set_size iI",
        "fd_filestat_set_times iIIi",
        "fd_pread iiiIi",
        "fd_prestat_dir_name iii",
        "fd_prestat_get ii",
        "fd_pwrite iiiIi",
        "fd_read iiii",
        "fd_readdir iiiIi",
        "fd_renumber ii",
        "fd_seek iIii",
        "fd_sync i",
        "fd_tell ii",
        "fd_write iiii",
        "path_create_directory iii",
        "path_filestat_get iiiii",
        "path_filestat_set_times iiiiIIi",
        "path_link iiiiiii",
        "path_open iiiiiIIii",
        "path_readlink iiiiii",
        "path_remove_directory iii",
        "path_rename iiiiii",
        "path_symlink iiiii",
        "path_unlink_file iii",
        "poll_oneoff iiii",
        "proc_exit i",
        "random_get ii",
        "sched_yield ",
    ];
    let mut imports = String::new();
    for function in functions {
        let (name, parameters) = function.split_once(' ').unwrap();
        let parameters: Vec<_> =
            parameters.chars().map(|letter| if letter == 'i' { "i32" } else { "i64" }).collect();
        let result = if name == "proc_exit" { "" } else { "(result i32)" };
        let parameters = parameters.join(" ");
        writeln!(
            imports,
            r#"(import "wasi_snapshot_preview1" "{name}" (func (param {parameters}) {result}))"#
        )
        .unwrap();
    }
    assert_eq!(
        run(Limits::default(), WasiGrant::default(), &plugin(&imports, "(i32.const 0)")).reply.unwrap(),
        ""
    );
    let bytes = plugin(&imports, "(i32.const 0)");
    assert_eq!(
        validate(&bytes).unwrap_err().violations.len(),
        functions.len(),
        "and all of it only where it is allowed"
    );
    let socket = plugin(
        r#"(import "wasi_snapshot_preview1" "sock_shutdown" (func (param i32 i32) (result i32)))"#,
        "(i32.const 0)",
    );
    assert!(PluginFile::inspect(socket).validate(Rules { allow_wasi: true }).is_err());
}

#[test]
fn a_sandbox_with_wasi_loads_what_one_without_refuses() {
    let import = r#"(import "wasi_snapshot_preview1" "sched_yield" (func $sched_yield (result i32)))"#;
    let bytes = plugin(import, "(call $sched_yield)");
    let refusing = Sandbox::new(Limits::default()).unwrap();
    let error = refusing.validate(&bytes).unwrap_err().to_string();
    assert!(error.contains("it imports `wasi_snapshot_preview1.sched_yield`: WASI is off"), "{error}");
    let allowing = Sandbox::builder(Limits::default()).allow_wasi(true).build().unwrap();
    let loaded = allowing.validate(&bytes).unwrap();
    let mut instance = allowing.compile("wasi", &loaded).unwrap().instantiate().unwrap();
    assert_eq!(instance.call(Function::ExecuteTask, &["", ""]).unwrap().text, "");
}
