//! What is read of a file, what is proven of it, and what is remembered of the proof.

use driftless_plugin_api::digest::Digest;
use driftless_plugin_api::function::Function;
use driftless_validator::{
    Abi, PluginFile, Rules, ValidatedPlugin, ValidationError, ValidationRecord, inspect, validate,
};

const ALLOWING: Rules = Rules { allow_wasi: true };

/// A plugin with these imports, these functions, and a manifest.
fn plugin(imports: &str, more: &str, manifest: &str) -> Vec<u8> {
    let manifest = manifest.replace('"', "\\\"");
    let text = format!(
        r#"(module
            {imports}
            (memory (export "memory") 3)
            (table 7 funcref)
            (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
            (func (export "execute_task") (param i32 i32 i32 i32) (result i64) i64.const 0)
            (func (export "get_hooks") (result i64) i64.const 0)
            {more}
            (@custom "driftless.manifest.v1" "{manifest}"))"#
    );
    wat::parse_str(text).unwrap()
}

const MANIFEST: &str =
    r#"{"name": "p", "version": "1.0.0", "permissions": [{"Environment": {"vars": ["HOME"]}}]}"#;

const YIELD: &str = r#"(import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))"#;

fn allowing_wasi(bytes: &[u8]) -> Result<ValidatedPlugin, ValidationError> {
    PluginFile::inspect(bytes).validate(ALLOWING)
}

#[test]
fn what_is_said_of_a_file_is_what_is_proven_of_it() {
    let bytes = plugin(r#"(import "env" "host_get_timestamp" (func (result i64)))"#, "", MANIFEST);
    let info = inspect(&bytes);
    assert_eq!((info.digest(), info.size_bytes()), (Digest::of(&bytes), bytes.len() as u64));
    assert_eq!((info.defect(), info.abi()), (None, Some(Abi::Sdk)));
    assert!(info.functions().unwrap().iter().eq([Function::GetHooks, Function::ExecuteTask]));
    assert_eq!((info.imports(), info.imports_wasi()), (&["env.host_get_timestamp".to_owned()][..], false));
    assert_eq!(info.manifest().unwrap().name, "p");
    assert!(!info.permissions().unwrap().is_empty());
    assert_eq!((info.initial_memory_bytes(), info.initial_table_elements()), (3 << 16, 7));

    let proven = validate(&bytes).unwrap();
    assert_eq!(proven.bytes()[..], bytes);
    assert_eq!(
        (proven.digest(), Some(proven.abi()), Some(proven.functions()), proven.manifest()),
        (info.digest(), info.abi(), info.functions(), info.manifest())
    );
    assert_eq!(Ok(proven.permissions()), info.permissions());
}

#[test]
fn what_is_inspected_once_is_shared_with_the_proof() {
    let file = PluginFile::inspect(plugin("", "", MANIFEST));
    let proven = file.validate(Rules::default()).unwrap();
    assert!(std::sync::Arc::ptr_eq(file.info(), proven.info()), "it was inspected again");
    assert!(std::sync::Arc::ptr_eq(file.bytes(), proven.bytes()), "it was copied");
}

#[test]
fn a_manifest_that_cannot_be_used_is_told_and_does_not_hide_the_rest() {
    for (manifest, why) in [
        ("{", "its manifest cannot be read"),
        (r#"{"name": "a.b", "version": "1"}"#, "its manifest has the name `a.b`"),
        (r#"{"name": "p", "version": "1", "protocol": 99}"#, "it speaks version 99 of the protocol"),
        (
            r#"{"name": "p", "version": "1", "permissions": [{"FileSystem": {"paths": ["etc"]}}]}"#,
            "its manifest asks for a permission that means nothing",
        ),
    ] {
        let bytes = plugin("", "", manifest);
        let info = inspect(&bytes);
        assert_eq!(info.manifest(), None);
        let violation = info.permissions().unwrap_err();
        assert!(violation.message.starts_with(why), "{violation}");
        assert_eq!(info.abi(), Some(Abi::Sdk), "the file itself can be read");
        assert_eq!(validate(&bytes).unwrap_err().violations, std::slice::from_ref(violation));
    }
}

#[test]
fn everything_that_is_wrong_is_told_in_the_order_of_the_file() {
    let imports = r#"(import "env" "system" (func)) (import "env" "host_log" (global i32))"#;
    let bytes = plugin(imports, r#"(func (export "get_commands") (result i32) i32.const 0)"#, "{");
    let error = validate(&bytes).unwrap_err().to_string();
    let lines: Vec<_> = error.lines().collect();
    assert_eq!(lines.len(), 4, "{error}");
    assert!(lines[0].starts_with("its export `get_commands` is () -> (i32); the protocol has () -> (i64)"));
    assert!(lines[1].starts_with("it imports `env.system`: plugins make no system calls (at byte 0x"));
    assert!(lines[2].starts_with("it imports `env.host_log`: it is a function (at byte 0x"));
    assert!(lines[3].starts_with("its manifest cannot be read"));
}

#[test]
fn allowing_wasi_allows_nothing_else() {
    for (import, expected) in [
        (r#"(import "env" "system" (func))"#, "it imports `env.system`: plugins make no system calls"),
        (
            r#"(import "wasi_snapshot_preview1" "environ" (global i32))"#,
            "it imports `wasi_snapshot_preview1.environ`: WASI consists of functions only",
        ),
        (r#"(import "wasi_unstable" "fd_write" (func))"#, "it imports `wasi_unstable.fd_write`"),
    ] {
        let bytes = plugin(&format!("{YIELD}{import}"), "", MANIFEST);
        let error = allowing_wasi(&bytes).unwrap_err().to_string();
        assert!(error.contains(expected) && !error.contains("sched_yield"), "{error}");
    }
}

#[test]
fn a_record_stands_for_the_proof() {
    let file = PluginFile::inspect(plugin("", "", MANIFEST));
    let proven = file.validate(Rules::default()).unwrap();
    let record = ValidationRecord::from_bytes(&proven.record().to_bytes()).unwrap();
    assert_eq!(record, proven.record());
    let restored = file.restore(&record, Rules::default()).unwrap();
    assert_eq!(restored.record(), record);
    assert_eq!(restored.digest(), proven.digest());
}

#[test]
fn a_record_of_another_file_or_of_other_rules_is_worth_nothing() {
    let file = PluginFile::inspect(plugin("", "", MANIFEST));
    let record = file.validate(Rules::default()).unwrap().record();
    let other = PluginFile::inspect(plugin("", "(func)", MANIFEST));
    assert!(other.restore(&record, Rules::default()).is_none());
    assert!(file.restore(&record, ALLOWING).is_none());
    // Each byte counts.
    for at in 0..ValidationRecord::BYTES {
        let mut bytes = record.to_bytes();
        bytes[at] ^= 1;
        let changed = ValidationRecord::from_bytes(&bytes).unwrap();
        assert!(file.restore(&changed, Rules::default()).is_none(), "byte {at}");
    }
    assert_eq!(ValidationRecord::from_bytes(&record.to_bytes()[1..]), None);
    assert_eq!(ValidationRecord::from_bytes(&[0; ValidationRecord::BYTES + 1]), None);
}

#[test]
fn a_record_of_what_allows_wasi_does_not_let_it_in_elsewhere() {
    let file = PluginFile::inspect(plugin(YIELD, "", MANIFEST));
    let record = file.validate(ALLOWING).unwrap().record();
    assert!(file.info().imports_wasi());
    assert!(file.restore(&record, ALLOWING).is_some());
    assert!(file.restore(&record, Rules::default()).is_none());
    assert!(file.validate(Rules::default()).is_err());
}

#[test]
fn a_file_that_cannot_be_read_has_no_abi() {
    let whole = plugin("", "", MANIFEST);
    let info = inspect(&whole[..whole.len() / 2]);
    assert_eq!((info.abi(), info.functions()), (None, None));
    assert!(info.defect().is_some());
    assert_eq!(info.digest(), Digest::of(&whole[..whole.len() / 2]));
}
