//! Inputs to begin with, and inputs that once broke something.

use std::fs;
use std::path::{Path, PathBuf};

#[cfg(feature = "readers")]
use driftless_plugin_api::component::ComponentKind;
#[cfg(feature = "engine")]
use driftless_plugin_api::function::Function;

#[cfg(feature = "engine")]
use crate::memory;
#[cfg(feature = "readers")]
use crate::reply;

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
        #[cfg(feature = "readers")]
        "documents" => yaml_test_suite(),
        #[cfg(feature = "readers")]
        "definitions" => hostile_definitions(),
        #[cfg(feature = "readers")]
        "reply" | "pipeline" => replies(),
        #[cfg(feature = "engine")]
        "memory" => memories(),
        #[cfg(feature = "engine")]
        "validator" => modules(),
        #[cfg(feature = "engine")]
        "smith" => choices(),
        _ => Vec::new(),
    });
    seeds
}

/// The environment variable that names the folder into which a fuzzer writes its seeds before it begins.
pub const FOLDER_VARIABLE: &str = "DRIFTLESS_SEEDS";

/// Writes the seeds of a target to where its fuzzer looks for them, if [the environment](FOLDER_VARIABLE) says where that is.
pub fn write(target: &str) {
    let Some(folder) = std::env::var_os(FOLDER_VARIABLE).map(PathBuf::from) else { return };
    fs::create_dir_all(&folder).expect("the folder of the seeds can be made");
    for (name, bytes) in of(target) {
        fs::write(folder.join(name), bytes).expect("a seed can be written");
    }
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

/// The texts of YAML's own test suite, those that are no YAML included.
#[cfg(feature = "readers")]
fn yaml_test_suite() -> Vec<Named> {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../driftless-documents/tests/yaml-test-suite/cases.json");
    let cases: Vec<serde_json::Value> =
        serde_json::from_slice(&fs::read(file).expect("the suite is there")).expect("it is JSON");
    let case = |case: &serde_json::Value| {
        Some((case.get("id")?.as_str()?.replace('/', "-"), case.get("yaml")?.as_str()?.as_bytes().to_vec()))
    };
    cases.iter().map(|value| case(value).expect("a case has an id and a text")).collect()
}

/// What hostile plugins announce in the tests of the command, with fewer repetitions: an input has to be short.
#[cfg(feature = "readers")]
fn hostile_definitions() -> Vec<Named> {
    const MAX_TIMES: usize = 12;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../driftless-cli/tests/replies");
    let part = |part: &toml::Value| match (part.as_str(), part.get("text"), part.get("times")) {
        (Some(once), ..) => once.to_owned(),
        (None, Some(toml::Value::String(text)), Some(toml::Value::Integer(times))) => {
            let times = usize::try_from(*times).unwrap_or(0).min(MAX_TIMES);
            let numbered = |number: usize| {
                text.replace("{n}", &number.to_string()).replace("{n+1}", &(number + 1).to_string())
            };
            (0..times).map(numbered).collect()
        }
        _ => panic!("{part} is no part of a reply"),
    };
    let seeds = files(&folder).into_iter().flat_map(|(name, text)| {
        let text = String::from_utf8(text).expect("a case is text");
        let case: toml::Table = text.parse().expect("a case is TOML");
        let replies = case.get("replies").and_then(toml::Value::as_table).cloned().unwrap_or_default();
        let kinds = ComponentKind::ALL.into_iter().enumerate().filter_map(move |(number, kind)| {
            let said = replies.get(kind.definitions().name())?;
            let said = match said.as_array() {
                Some(parts) => parts.iter().map(part).collect::<String>(),
                None => part(said),
            };
            Some((format!("{name}-{number}"), [&[number as u8], said.as_bytes()].concat()))
        });
        kinds.collect::<Vec<_>>()
    });
    seeds.collect()
}

/// The modules and components of the hostile corpus that are small, and one module that imports WASI.
#[cfg(feature = "engine")]
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

/// Replies of every kind that are as they should be.
#[cfg(feature = "readers")]
fn replies() -> Vec<Named> {
    use reply::Input;
    const SCHEMA: &str = r##"[{"name":"a","description":"d","config_schema":{"type":"object","properties":{"n":{"type":"integer","default":1},"s":{"$ref":"#/$defs/s"}},"required":["s"],"$defs":{"s":{"type":"string","pattern":"^a+$"}}}},{"name":"b"}]"##;
    let of = |kind: ComponentKind, reply: &'static str| Input {
        kind,
        failed: false,
        reply,
        definitions: "",
        config: "",
    };
    let result = r#"{"status":"success","message":"done","changed":[1,-2.5e3,null]}"#;
    [
        ("task", of(ComponentKind::Task, result)),
        ("task_failed", Input { failed: true, ..of(ComponentKind::Task, r#"{"error":"no"}"#) }),
        (
            "task_with_a_schema",
            Input { definitions: SCHEMA, config: r#"{"s":"aa"}"#, ..of(ComponentKind::Task, result) },
        ),
        ("facts", of(ComponentKind::FactsCollector, r#"{"os":{"name":"x"},"load":[0.1]}"#)),
        ("filter", of(ComponentKind::TemplateFilter, r#""VALUE""#)),
        ("function", of(ComponentKind::TemplateFunction, r#"{"a":[true]}"#)),
        ("source", of(ComponentKind::LogSource, r#"["line",{"message":"entry"}]"#)),
        ("source_with_more", of(ComponentKind::LogSource, r#"{"records":["line"],"more":true}"#)),
        ("parser", of(ComponentKind::LogParser, "{\"message\":\n\"entry\"}")),
        ("keeps", of(ComponentKind::LogFilter, "true")),
        ("drops", of(ComponentKind::LogFilter, " false ")),
        ("output", of(ComponentKind::LogOutput, "null")),
    ]
    .map(|(name, input)| (name.to_owned(), input.write()))
    .into()
}

/// Replies in memory that are as they should be, and some that are not.
#[cfg(feature = "engine")]
fn memories() -> Vec<Named> {
    use memory::{Encoding, Input};
    const PLAIN: Input<'_> = Input {
        function: Function::ExecuteTask,
        failed: false,
        component: None,
        packed: None,
        reserve: None,
        reply: b"",
    };
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
        ("failed", Input { failed: true, reply: br#"{"error":"no"}"#, ..PLAIN }),
    ]
    .map(|(name, input)| (name.to_owned(), input.write()))
    .into()
}

/// Bytes that mean nothing: the generator makes something of any.
#[cfg(feature = "engine")]
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
