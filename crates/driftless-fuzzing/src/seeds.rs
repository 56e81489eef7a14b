//! Inputs to begin with, and inputs that once broke something.

use std::fs;
use std::path::{Path, PathBuf};

use driftless_plugin_api::component::ComponentKind;
use driftless_plugin_api::function::Function;

use crate::reply::{Encoding, Input};

/// An input and what it is called.
pub type Named = (String, Vec<u8>);

/// The folder of the fuzzers.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

/// Inputs that a target begins with: those in `fuzz/seeds`, and those that can be made.
pub fn of(target: &str) -> Vec<Named> {
    let mut seeds = files(&folder().join("seeds").join(target));
    seeds.extend(match target {
        "validator" => modules(),
        "reply" => replies(),
        "smith" => choices(),
        _ => Vec::new(),
    });
    seeds
}

/// Inputs that once broke something.
pub fn regressions(target: &str) -> Vec<Named> {
    files(&folder().join("regressions").join(target))
}

/// Every file of a folder, of which there is none where the folder is missing.
fn files(folder: &Path) -> Vec<Named> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("the folder can be read").path()).collect();
    paths.sort();
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    paths.iter().map(|path| (name(path), fs::read(path).expect("the file can be read"))).collect()
}

/// The modules and components of the hostile corpus that are small, and one module that imports WASI.
fn modules() -> Vec<Named> {
    const MAX_BYTES: usize = 4_000;
    const WITH_WASI: &str = r#"(module
        (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
        (import "env" "host_log" (func $log (param i32 i32 i32 i32)))
        (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "clock_time_get" (func (param i32 i64 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (type $number (func (result i32)))
        (table $table 8 funcref)
        (memory (export "memory") 1)
        (global $reference funcref (ref.func $one))
        (start $begin)
        (elem (i32.const 0) $one $fd_write)
        (elem $passive funcref (ref.func $one))
        (data (i32.const 16) "{}")
        (@custom "driftless.manifest.v1" "{\"name\":\"seed\",\"version\":\"1.2.3\"}")
        (func $begin)
        (func $one (result i32) i32.const 1)
        (func (export "_initialize"))
        (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
        (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
            (table.init $table $passive (i32.const 4) (i32.const 0) (i32.const 1))
            (drop (call_indirect (type $number) (i32.const 4)))
            (drop (call $random_get (i32.const 64) (i32.const 9)))
            (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 64)))
            i64.const 0x10_0000_0002))"#;
    let hostile = Path::new(env!("CARGO_MANIFEST_DIR")).join("../driftless-sandbox/tests/hostile");
    let texts = files(&hostile).into_iter().filter(|(name, _)| name.ends_with(".wat"));
    let modules = texts.filter_map(|(name, text)| Some((name, wat::parse_bytes(&text).ok()?.into_owned())));
    let with_wasi = wat::parse_str(WITH_WASI).expect("the module with WASI is written well");
    let small = modules.filter(|(_, module)| module.len() <= MAX_BYTES);
    small.chain([("with_wasi".to_owned(), with_wasi)]).collect()
}

/// Replies of every kind that are as they should be, and some that are not.
fn replies() -> Vec<Named> {
    const PLAIN: Input<'_> = Input {
        kind: None,
        function: Function::ExecuteTask,
        failed: false,
        component: None,
        packed: None,
        reserve: None,
        reply: b"",
        definitions: b"",
        config: b"",
    };
    const SCHEMA: &[u8] = br##"[{"name":"a","description":"d","config_schema":{"type":"object","properties":{"n":{"type":"integer","default":1},"s":{"$ref":"#/$defs/s"}},"required":["s"],"$defs":{"s":{"type":"string","pattern":"^a+$"}}}},{"name":"b"}]"##;
    let of = |kind: ComponentKind, reply: &'static [u8]| Input { kind: Some(kind), reply, ..PLAIN };
    let result = br#"{"status":"success","message":"done","changed":[1,-2.5e3,null]}"#;
    [
        ("text", Input { reply: "gr\u{fc}n".as_bytes(), ..PLAIN }),
        ("not_text", Input { reply: b"\x80", ..PLAIN }),
        ("outside_memory", Input { packed: Some(0x1_ffff_0000_0002), ..PLAIN }),
        ("too_long", Input { packed: Some(0x7fff_ffff), ..PLAIN }),
        ("end_of_memory", Input { packed: Some(0x0001_ffff_0000_0001), ..PLAIN }),
        ("reserves_at_the_end", Input { reserve: Some(0x1_f000), ..PLAIN }),
        ("reserves_outside", Input { reserve: Some(u32::MAX), ..PLAIN }),
        ("reserves_its_reply", Input { reserve: Some(0x100), reply: b"overwritten", ..PLAIN }),
        ("of_a_component", Input { component: Some(Encoding::Utf8), reply: "gr\u{fc}n".as_bytes(), ..PLAIN }),
        (
            "of_a_component_in_utf16",
            Input { component: Some(Encoding::Utf16), reply: b"{\0}\0=\xd8\0\xde", ..PLAIN },
        ),
        (
            "of_a_component_in_half_a_letter",
            Input { component: Some(Encoding::Utf16), reply: b"=\xd8", ..PLAIN },
        ),
        (
            "of_a_component_in_latin1",
            Input { component: Some(Encoding::Latin1OrUtf16), reply: b"gr\xfcn", ..PLAIN },
        ),
        (
            "of_a_component_outside_memory",
            Input { component: Some(Encoding::Utf8), packed: Some(0x1_ffff_0000_0002), ..PLAIN },
        ),
        ("no_arguments", Input { function: Function::GetHooks, reply: b"[]", ..PLAIN }),
        ("task", of(ComponentKind::Task, result)),
        ("task_failed", Input { failed: true, ..of(ComponentKind::Task, br#"{"error":"no"}"#) }),
        (
            "task_with_a_schema",
            Input { definitions: SCHEMA, config: br#"{"s":"aa"}"#, ..of(ComponentKind::Task, result) },
        ),
        ("facts", of(ComponentKind::FactsCollector, br#"{"os":{"name":"x"},"load":[0.1]}"#)),
        ("filter", of(ComponentKind::TemplateFilter, br#""VALUE""#)),
        ("function", of(ComponentKind::TemplateFunction, br#"{"a":[true]}"#)),
        ("source", of(ComponentKind::LogSource, br#"["line",{"message":"entry"}]"#)),
        ("source_with_more", of(ComponentKind::LogSource, br#"{"records":["line"],"more":true}"#)),
        ("parser", of(ComponentKind::LogParser, b"{\"message\":\n\"entry\"}")),
        ("keeps", of(ComponentKind::LogFilter, b"true")),
        ("drops", of(ComponentKind::LogFilter, b" false ")),
        ("output", of(ComponentKind::LogOutput, b"null")),
    ]
    .map(|(name, input)| (name.to_owned(), input.write()))
    .into()
}

/// Bytes that mean nothing: the generator makes something of any.
fn choices() -> Vec<Named> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    let lengths = (0..32).map(|number| 256 << (number % 4));
    lengths
        .enumerate()
        .map(|(number, length)| (number.to_string(), (0..length).map(|_| next()).collect()))
        .collect()
}
