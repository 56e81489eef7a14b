//! WASI preview 2, as components import it, where it is allowed: what was granted is there, nothing else is, there is no network, and it waits no longer
//! than the call has time. Preview 1 is in `wasi_allowed.rs`.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use driftless_plugin_api::function::Function;
use driftless_plugin_api::limit::Limit;
use driftless_sandbox::{
    CallError, CallFailure, HostContext, HostResources, Limits, LogRecord, OpenFolder, PluginFile, Rules,
    Sandbox, validate,
};

/// A component with these imports, brought into its module as these functions, whose task runs `body`. That leaves -1, and the reply are `length` bytes at
/// `text`, or the number of an error, and the reply is `error` and the number.
fn component(imports: &str, lowered: &[(&str, &str, &str)], body: &str) -> Vec<u8> {
    let (mut core, mut module, mut with) = (String::new(), String::new(), String::new());
    for (name, function, r#type) in lowered {
        core += &format!(
            "(core func ${name} (canon lower (func {function}) (memory (core memory $libc \"memory\")) (realloc (core func $libc \"realloc\"))))\n"
        );
        module += &format!("(import \"wasi\" \"{name}\" (func ${name} {}))\n", r#type);
        with += &format!("(export \"{name}\" (func ${name}))");
    }
    let text = format!(
        r#"(component
        {imports}
        (core module $libc
            (memory (export "memory") 4)
            (global $next (mut i32) (i32.const 65536))
            (func (export "realloc") (param i32 i32 i32 i32) (result i32)
                (global.get $next)
                (global.set $next (i32.and (i32.const -8) (i32.add (i32.const 7) (i32.add (global.get $next) (local.get 3)))))))
        (core instance $libc (instantiate $libc))
        {core}
        (core module $m
            (import "libc" "memory" (memory 1))
            {module}
            (global $text (mut i32) (i32.const 0))
            (global $length (mut i32) (i32.const 0))
            (data (i32.const 100) "hello.txt")
            (data (i32.const 120) "../secret.txt")
            (data (i32.const 140) "link")
            (data (i32.const 160) "localhost")
            (data (i32.const 200) "one\ntwo\nthr")
            (data (i32.const 20) "error __")
            (func $body (result i32) {body})
            (func (export "execute-task") (param i32 i32 i32 i32) (result i32) (local $error i32)
                (local.set $error (call $body))
                (if (i32.ne (local.get $error) (i32.const -1)) (then
                    (i32.store8 (i32.const 26) (i32.add (i32.const 48) (i32.div_u (local.get $error) (i32.const 10))))
                    (i32.store8 (i32.const 27) (i32.add (i32.const 48) (i32.rem_u (local.get $error) (i32.const 10))))
                    (global.set $text (i32.const 20))
                    (global.set $length (i32.const 8))))
                (i32.store (i32.const 4) (global.get $text))
                (i32.store (i32.const 8) (global.get $length))
                (i32.const 0)))
        (core instance $i (instantiate $m (with "libc" (instance $libc)) (with "wasi" (instance {with}))))
        (func (export "execute-task") (param "name" string) (param "config" string) (result (result string (error string)))
            (canon lift (core func $i "execute-task") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))"#
    );
    wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}"))
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
    let module = sandbox.validate(bytes).unwrap_or_else(|error| panic!("{error}"));
    assert!(module.imports_wasi());
    assert!(validate(bytes).unwrap_err().to_string().contains("WASI is off"), "only where it is allowed");
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

/// The numbers of the errors of `wasi:filesystem/types`.
const FILE_ERRORS: &str = r#"(enum "access" "would-block" "already" "bad-descriptor" "busy" "deadlock" "quota" "exist" "file-too-large"
    "illegal-byte-sequence" "in-progress" "interrupted" "invalid" "io" "is-directory" "loop" "too-many-links" "message-size" "name-too-long"
    "no-device" "no-entry" "no-lock" "insufficient-memory" "insufficient-space" "not-directory" "not-empty" "not-recoverable" "unsupported"
    "no-tty" "no-such-device" "overflow" "not-permitted" "pipe" "read-only" "invalid-seek" "text-file-busy" "cross-device")"#;

/// `not-permitted`
const NOT_PERMITTED: &str = "error 31";

fn file_imports() -> String {
    format!(
        r#"(import "wasi:filesystem/types@0.2.0" (instance $types
            (export "descriptor" (type $descriptor (sub resource)))
            (type $errors {FILE_ERRORS}) (export "error-code" (type $error (eq $errors)))
            (type $paths (flags "symlink-follow")) (export "path-flags" (type $path-flags (eq $paths)))
            (type $opens (flags "create" "directory" "exclusive" "truncate")) (export "open-flags" (type $open-flags (eq $opens)))
            (type $modes (flags "read" "write" "file-integrity-sync" "data-integrity-sync" "requested-write-sync" "mutate-directory"))
            (export "descriptor-flags" (type $descriptor-flags (eq $modes)))
            (export "[method]descriptor.open-at" (func (param "self" (borrow $descriptor)) (param "path-flags" $path-flags)
                (param "path" string) (param "open-flags" $open-flags) (param "flags" $descriptor-flags)
                (result (result (own $descriptor) (error $error)))))
            (export "[method]descriptor.read" (func (param "self" (borrow $descriptor)) (param "length" u64) (param "offset" u64)
                (result (result (tuple (list u8) bool) (error $error)))))))
        (alias export $types "descriptor" (type $descriptor))
        (import "wasi:filesystem/preopens@0.2.0" (instance $preopens
            (export "descriptor" (type $d (eq $descriptor)))
            (export "get-directories" (func (result (list (tuple (own $d) string)))))))"#
    )
}

const FILES: [(&str, &str, &str); 3] = [
    ("folders", r#"$preopens "get-directories""#, "(param i32)"),
    ("open", r#"$types "[method]descriptor.open-at""#, "(param i32 i32 i32 i32 i32 i32 i32)"),
    ("read", r#"$types "[method]descriptor.read""#, "(param i32 i64 i64 i32)"),
];

/// Opens a file of the first folder, and reads it. Without a folder, that is error 99.
fn read_file(name: usize, length: usize, open: u8, flags: u8) -> Vec<u8> {
    let body = format!(
        "(call $folders (i32.const 40))
        (if (i32.eqz (i32.load (i32.const 44))) (then (return (i32.const 99))))
        (call $open (i32.load (i32.load (i32.const 40))) (i32.const 1) (i32.const {name}) (i32.const {length})
            (i32.const {open}) (i32.const {flags}) (i32.const 48))
        (if (i32.load8_u (i32.const 48)) (then (return (i32.load8_u (i32.const 52)))))
        (call $read (i32.load (i32.const 52)) (i64.const 100) (i64.const 0) (i32.const 64))
        (if (i32.load8_u (i32.const 64)) (then (return (i32.load8_u (i32.const 68)))))
        (global.set $text (i32.load (i32.const 68)))
        (global.set $length (i32.load (i32.const 72)))
        (i32.const -1)"
    );
    component(&file_imports(), &FILES, &body)
}

#[test]
fn a_granted_folder_is_open_and_ends_at_its_edge() {
    let place = files();
    let grant = || folder(&place.path().join("granted"), false);
    let read = |name, length| run(Limits::default(), grant(), &read_file(name, length, 0, 1)).reply.unwrap();
    assert_eq!(read(100, 9), "hello");
    assert_eq!(read(120, 13), NOT_PERMITTED, "the way up");
    assert_eq!(read(140, 4), NOT_PERMITTED, "a link that leads out");
    let without = run(Limits::default(), WasiGrant::default(), &read_file(100, 9, 0, 1));
    assert_eq!(without.reply.unwrap(), "error 99", "nothing is open without a grant");
}

#[test]
fn what_is_granted_to_be_read_cannot_be_written() {
    let place = files();
    // Makes the file or empties it.
    let try_to = |writable| {
        let grant = folder(&place.path().join("granted"), writable);
        run(Limits::default(), grant, &read_file(100, 9, 9, 3)).reply.unwrap()
    };
    assert_eq!(try_to(false), NOT_PERMITTED);
    assert_eq!(std::fs::read_to_string(place.path().join("granted/hello.txt")).unwrap(), "hello");
    assert_eq!(try_to(true), "");
    assert_eq!(std::fs::read_to_string(place.path().join("granted/hello.txt")).unwrap(), "");
}

/// A guest that opens without end is stopped before the process has no files left.
#[test]
fn files_open_at_once_are_counted() {
    let place = files();
    let open = |files: u32| {
        let body = format!(
            "(local $count i32)
            (call $folders (i32.const 40))
            (loop $more
                (call $open (i32.load (i32.load (i32.const 40))) (i32.const 1) (i32.const 100) (i32.const 9)
                    (i32.const 0) (i32.const 1) (i32.const 48))
                (if (i32.load8_u (i32.const 48)) (then (return (i32.load8_u (i32.const 52)))))
                (br_if $more (i32.lt_u (local.tee $count (i32.add (local.get $count) (i32.const 1))) (i32.const {files}))))
            (i32.const -1)"
        );
        let grant = folder(&place.path().join("granted"), false);
        run(Limits::default(), grant, &component(&file_imports(), &FILES, &body)).reply
    };
    assert_eq!(open(60).unwrap(), "");
    let cause = open(65).unwrap_err().cause;
    assert_eq!(cause, CallFailure::Trap("resource table has no free keys".to_owned()));
}

#[test]
fn only_granted_variables_are_there() {
    let imports = r#"(import "wasi:cli/environment@0.2.0" (instance $environment
        (export "get-environment" (func (result (list (tuple string string)))))
        (export "get-arguments" (func (result (list string))))))"#;
    let lowered = [
        ("variables", r#"$environment "get-environment""#, "(param i32)"),
        ("arguments", r#"$environment "get-arguments""#, "(param i32)"),
    ];
    // The value of the only variable, and no arguments.
    let body = "(call $arguments (i32.const 40))
        (if (i32.load (i32.const 44)) (then (return (i32.const 98))))
        (call $variables (i32.const 40))
        (if (i32.ne (i32.load (i32.const 44)) (i32.const 1)) (then (return (i32.load (i32.const 44)))))
        (global.set $text (i32.load offset=8 (i32.load (i32.const 40))))
        (global.set $length (i32.load offset=12 (i32.load (i32.const 40))))
        (i32.const -1)";
    let bytes = component(imports, &lowered, body);
    let wasi = WasiGrant { variables: vec![("TOKEN".into(), "xyz".into())], ..WasiGrant::default() };
    assert_eq!(run(Limits::default(), wasi, &bytes).reply.unwrap(), "xyz");
    assert_eq!(run(Limits::default(), WasiGrant::default(), &bytes).reply.unwrap(), "error 00", "none");
}

const PRINT: &str = r#"
    (import "wasi:io/error@0.2.0" (instance $io-error (export "error" (type (sub resource)))))
    (alias export $io-error "error" (type $error))
    (import "wasi:io/streams@0.2.0" (instance $streams
        (export "output-stream" (type $stream (sub resource)))
        (export "error" (type $e (eq $error)))
        (type $errors (variant (case "last-operation-failed" (own $e)) (case "closed")))
        (export "stream-error" (type $stream-error (eq $errors)))
        (export "[method]output-stream.blocking-write-and-flush" (func (param "self" (borrow $stream)) (param "contents" (list u8))
            (result (result (error $stream-error)))))))
    (alias export $streams "output-stream" (type $stream))
    (import "wasi:cli/stdout@0.2.0" (instance $stdout
        (export "output-stream" (type $s (eq $stream))) (export "get-stdout" (func (result (own $s))))))
    (import "wasi:cli/stderr@0.2.0" (instance $stderr
        (export "output-stream" (type $s (eq $stream))) (export "get-stderr" (func (result (own $s))))))"#;

const PRINTING: [(&str, &str, &str); 3] = [
    ("out", r#"$stdout "get-stdout""#, "(result i32)"),
    ("err", r#"$stderr "get-stderr""#, "(result i32)"),
    ("write", r#"$streams "[method]output-stream.blocking-write-and-flush""#, "(param i32 i32 i32 i32)"),
];

#[test]
fn what_is_printed_goes_to_the_log_by_line() {
    let body = "(call $write (call $out) (i32.const 200) (i32.const 11) (i32.const 40))
        (if (i32.load8_u (i32.const 40)) (then (return (i32.const 97))))
        (call $write (call $err) (i32.const 200) (i32.const 3) (i32.const 40))
        (i32.const -1)";
    let run = run(Limits::default(), WasiGrant::default(), &component(PRINT, &PRINTING, body));
    assert_eq!(run.reply.unwrap(), "");
    assert_eq!(run.log, ["info one", "info two", "info thr", "warn one"]);
}

#[test]
fn printing_without_end_reaches_a_limit() {
    let body = "(local $stream i32) (local.set $stream (call $out))
        (loop $again (call $write (local.get $stream) (i32.const 200) (i32.const 1000) (i32.const 40)) (br $again))
        unreachable";
    let limits = Limits { log: 50_000, ..Limits::default() };
    let run = run(limits, WasiGrant::default(), &component(PRINT, &PRINTING, body));
    assert_eq!(run.reply.unwrap_err().cause, CallFailure::Limit(Limit::Log.exceeded(50_000)));
}

/// What a guest asks for of the host is the host's memory until the guest lets go of it.
#[test]
fn streams_without_end_are_counted() {
    let body = "(loop $again (drop (call $out)) (br $again)) unreachable";
    let run = run(Limits::default(), WasiGrant::default(), &component(PRINT, &PRINTING, body));
    let cause = run.reply.unwrap_err().cause;
    assert!(matches!(&cause, CallFailure::Trap(text) if text.contains("resource table")), "{cause:?}");
}

#[test]
fn waiting_ends_with_the_call() {
    let imports = r#"
        (import "wasi:io/poll@0.2.0" (instance $poll
            (export "pollable" (type $pollable (sub resource)))
            (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
        (alias export $poll "pollable" (type $pollable))
        (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
            (export "pollable" (type $p (eq $pollable)))
            (export "subscribe-duration" (func (param "when" u64) (result (own $p))))))"#;
    let lowered = [
        ("after", r#"$clock "subscribe-duration""#, "(param i64) (result i32)"),
        ("wait", r#"$poll "[method]pollable.block""#, "(param i32)"),
    ];
    let waits = |nanoseconds: u64| {
        let body = format!("(call $wait (call $after (i64.const {nanoseconds}))) (i32.const -1)");
        let limits = Limits { time: Duration::from_millis(200), ..Limits::default() };
        run(limits, WasiGrant::default(), &component(imports, &lowered, &body)).reply
    };
    let begun = Instant::now();
    let cause = waits(3_600_000_000_000).unwrap_err().cause;
    assert_eq!(cause, CallFailure::Limit(Limit::Time.exceeded(200)));
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert_eq!(waits(1_000_000).unwrap(), "", "a millisecond can be waited for");
}

#[test]
fn ending_the_process_ends_the_call() {
    let imports =
        r#"(import "wasi:cli/exit@0.2.0" (instance $exit (export "exit" (func (param "status" (result))))))"#;
    let lowered = [("exit", r#"$exit "exit""#, "(param i32)")];
    let bytes = component(imports, &lowered, "(call $exit (i32.const 1)) (i32.const -1)");
    let run = run(Limits::default(), WasiGrant::default(), &bytes);
    assert_eq!(run.reply.unwrap_err().cause, CallFailure::Panic("it ended itself with exit code 1".into()));
}

/// The numbers of the errors of `wasi:sockets/network`: 1 is `access-denied`.
const NETWORK: &str = r#"
    (import "wasi:sockets/network@0.2.0" (instance $network
        (export "network" (type $network (sub resource)))
        (type $errors (enum "unknown" "access-denied" "not-supported" "invalid-argument" "out-of-memory" "timeout" "concurrency-conflict"
            "not-in-progress" "would-block" "invalid-state" "new-socket-limit" "address-not-bindable" "address-in-use"
            "remote-unreachable" "connection-refused" "connection-reset" "connection-aborted" "datagram-too-large" "name-unresolvable"
            "temporary-resolver-failure" "permanent-resolver-failure"))
        (export "error-code" (type $error (eq $errors)))
        (type $families (enum "ipv4" "ipv6")) (export "ip-address-family" (type $family (eq $families)))
        (type $v4 (tuple u8 u8 u8 u8)) (export "ipv4-address" (type $ipv4 (eq $v4)))
        (type $v6 (tuple u16 u16 u16 u16 u16 u16 u16 u16)) (export "ipv6-address" (type $ipv6 (eq $v6)))
        (type $s4 (record (field "port" u16) (field "address" $ipv4))) (export "ipv4-socket-address" (type $socket4 (eq $s4)))
        (type $s6 (record (field "port" u16) (field "flow-info" u32) (field "address" $ipv6) (field "scope-id" u32)))
        (export "ipv6-socket-address" (type $socket6 (eq $s6)))
        (type $addresses (variant (case "ipv4" $socket4) (case "ipv6" $socket6)))
        (export "ip-socket-address" (type $address (eq $addresses)))))
    (alias export $network "network" (type $network))
    (alias export $network "error-code" (type $error))
    (alias export $network "ip-address-family" (type $family))
    (alias export $network "ip-socket-address" (type $address))
    (import "wasi:sockets/instance-network@0.2.0" (instance $instance-network
        (export "network" (type $n (eq $network))) (export "instance-network" (func (result (own $n))))))
    (import "wasi:sockets/tcp@0.2.0" (instance $tcp
        (export "tcp-socket" (type $socket (sub resource)))
        (export "network" (type $n (eq $network))) (export "error-code" (type $e (eq $error)))
        (export "ip-socket-address" (type $a (eq $address)))
        (export "[method]tcp-socket.start-connect" (func (param "self" (borrow $socket)) (param "network" (borrow $n))
            (param "remote-address" $a) (result (result (error $e)))))
        (export "[method]tcp-socket.start-bind" (func (param "self" (borrow $socket)) (param "network" (borrow $n))
            (param "local-address" $a) (result (result (error $e)))))))
    (alias export $tcp "tcp-socket" (type $socket))
    (import "wasi:sockets/tcp-create-socket@0.2.0" (instance $create
        (export "tcp-socket" (type $s (eq $socket))) (export "error-code" (type $e (eq $error)))
        (export "ip-address-family" (type $f (eq $family)))
        (export "create-tcp-socket" (func (param "address-family" $f) (result (result (own $s) (error $e)))))))
    (import "wasi:sockets/ip-name-lookup@0.2.0" (instance $lookup
        (export "resolve-address-stream" (type $stream (sub resource)))
        (export "network" (type $n (eq $network))) (export "error-code" (type $e (eq $error)))
        (export "resolve-addresses" (func (param "network" (borrow $n)) (param "name" string)
            (result (result (own $stream) (error $e)))))))"#;

const SOCKETS: [(&str, &str, &str); 5] = [
    ("network", r#"$instance-network "instance-network""#, "(result i32)"),
    ("create", r#"$create "create-tcp-socket""#, "(param i32 i32)"),
    (
        "connect",
        r#"$tcp "[method]tcp-socket.start-connect""#,
        "(param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)",
    ),
    (
        "bind",
        r#"$tcp "[method]tcp-socket.start-bind""#,
        "(param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)",
    ),
    ("resolve", r#"$lookup "resolve-addresses""#, "(param i32 i32 i32 i32)"),
];

#[test]
fn there_is_no_network() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let socket = |what: &str, port: u16| {
        let body = format!(
            "(call $create (i32.const 0) (i32.const 40))
            (if (i32.load8_u (i32.const 40)) (then (return (i32.load8_u (i32.const 44)))))
            (call ${what} (i32.load (i32.const 44)) (call $network) (i32.const 0) (i32.const {port})
                (i32.const 127) (i32.const 0) (i32.const 0) (i32.const 1) {} (i32.const 48))
            (if (i32.load8_u (i32.const 48)) (then (return (i32.load8_u (i32.const 49)))))
            (i32.const -1)",
            "(i32.const 0) ".repeat(6)
        );
        run(Limits::default(), WasiGrant::default(), &component(NETWORK, &SOCKETS, &body)).reply.unwrap()
    };
    assert_eq!(socket("connect", port), "error 01");
    assert_eq!(socket("bind", 0), "error 01");
    let body = "(call $resolve (call $network) (i32.const 160) (i32.const 9) (i32.const 40))
        (if (i32.load8_u (i32.const 40)) (then (return (i32.load8_u (i32.const 44)))))
        (i32.const -1)";
    let resolved =
        run(Limits::default(), WasiGrant::default(), &component(NETWORK, &SOCKETS, body)).reply.unwrap();
    // `permanent-resolver-failure`
    assert_eq!(resolved, "error 20");
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "the guest connected");
}

#[test]
fn what_is_not_on_the_list_is_refused_even_so() {
    for (import, why) in [
        ("wasi:http/outgoing-handler@0.2.0", "WASI is allowed, and has no such interface here"),
        ("wasi:keyvalue/store@0.2.0", "WASI is allowed, and has no such interface here"),
        ("wasi:cli/environment@0.3.0", "WASI is allowed, and has no such interface here"),
        ("wasi:cli/environment", "WASI is allowed, and has no such interface here"),
        ("wasi2:cli/environment@0.2.0", "the host offers no such interface"),
    ] {
        let text = format!(r#"(component (import "{import}" (instance)))"#);
        let file = PluginFile::inspect(wat::parse_str(text).unwrap());
        let error = file.validate(Rules { allow_wasi: true }).unwrap_err().to_string();
        assert!(error.contains(&format!("it imports `{import}`: {why}")), "{error}");
    }
}
