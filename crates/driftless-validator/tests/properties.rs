//! Whatever the bytes are, looking at them ends in a value or an error, never in a panic.
//!
//! `PROPTEST_CASES=100000 cargo test -p driftless-validator --test properties` looks longer. What it finds becomes a file in
//! `driftless-sandbox/tests/hostile/`.

use std::path::Path;
use std::sync::LazyLock;

use driftless_validator::{PluginFile, Rules, ValidatedPlugin, ValidationError, inspect, validate};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Modules to begin with: those of the hostile corpus that are small and can be read as modules.
static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../driftless-sandbox/tests/hostile");
    let texts = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts = texts.filter(|path| path.extension().is_some_and(|extension| extension == "wat"));
    let modules = texts.filter_map(|path| wat::parse_file(path).ok());
    modules.filter(|bytes| bytes.len() < 2000).collect()
});

const WITH_WASI: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (import "env" "host_log" (func $log (param i32 i32 i32 i32)))
    (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
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

/// Everything that looks.
fn look_at(bytes: &[u8]) {
    let _ = inspect(bytes);
    let _ = validate(bytes);
    let _ = allowing_wasi(bytes);
}

fn allowing_wasi(bytes: &[u8]) -> Result<ValidatedPlugin, ValidationError> {
    PluginFile::inspect(bytes).validate(Rules { allow_wasi: true })
}

#[derive(Clone, Debug)]
enum Change {
    Set(Index, u8),
    Flip(Index, u8),
    Insert(Index, u8),
    Remove(Index),
    Repeat(Index, u8),
    Cut(Index),
    /// The largest number that a section can hold, in place of what was there.
    Largest(Index),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        match self {
            Self::Set(at, value) => *at.get_mut(bytes.as_mut_slice()) = *value,
            Self::Flip(at, bit) => *at.get_mut(bytes.as_mut_slice()) ^= 1 << (bit % 8),
            Self::Insert(at, value) => bytes.insert(at.index(bytes.len()), *value),
            Self::Remove(at) => drop(bytes.remove(at.index(bytes.len()))),
            Self::Repeat(at, length) => {
                let start = at.index(bytes.len());
                let end = bytes.len().min(start + usize::from(*length));
                let copy = bytes[start..end].to_vec();
                bytes.splice(start..start, copy);
            }
            Self::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Self::Largest(at) => {
                let start = at.index(bytes.len());
                bytes.splice(start..=start, [0xff, 0xff, 0xff, 0xff, 0x0f]);
            }
        }
    }
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    prop_oneof![
        4 => (at(), any::<u8>()).prop_map(|(at, value)| Change::Set(at, value)),
        4 => (at(), any::<u8>()).prop_map(|(at, bit)| Change::Flip(at, bit)),
        2 => (at(), any::<u8>()).prop_map(|(at, value)| Change::Insert(at, value)),
        2 => at().prop_map(Change::Remove),
        1 => (at(), any::<u8>()).prop_map(|(at, length)| Change::Repeat(at, length)),
        1 => at().prop_map(Change::Cut),
        1 => at().prop_map(Change::Largest),
    ]
}

/// A right module with a few bytes changed. Every other one imports WASI.
fn changed_module() -> impl Strategy<Value = Vec<u8>> {
    let with_wasi = Just(wat::parse_str(WITH_WASI).unwrap());
    let seed = prop_oneof![select(SEEDS.as_slice()), with_wasi];
    (seed, vec(change(), 1..4)).prop_map(|(mut bytes, changes)| {
        changes.iter().for_each(|change| change.apply(&mut bytes));
        bytes
    })
}

/// A file in which at least the lengths of the sections are right.
fn sections() -> impl Strategy<Value = Vec<u8>> {
    vec((0_u8..15, vec(any::<u8>(), 0..100)), 0..8).prop_map(|sections| {
        let mut bytes = b"\0asm\x01\0\0\0".to_vec();
        for (id, content) in sections {
            bytes.extend([id, content.len() as u8]);
            bytes.extend(content);
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_can_be_looked_at(bytes in vec(any::<u8>(), 0..512)) {
        look_at(&bytes);
    }

    #[test]
    fn any_sections_can_be_looked_at(bytes in sections()) {
        look_at(&bytes);
    }

    #[test]
    fn any_changed_module_can_be_looked_at(bytes in changed_module()) {
        look_at(&bytes);
    }

    /// Allowing WASI changes what is said about imports from WASI, and nothing else.
    #[test]
    fn allowing_wasi_is_about_wasi(bytes in changed_module()) {
        let of_wasi = |message: &str| {
            message.starts_with("it imports `wasi_snapshot_preview1.") || message.starts_with("it imports `wasi:")
        };
        let others = |result: Result<ValidatedPlugin, ValidationError>| {
            let violations = result.map_or_else(|error| error.violations, |_| Vec::new());
            violations.into_iter().filter(|violation| !of_wasi(&violation.message)).collect::<Vec<_>>()
        };
        prop_assert_eq!(others(validate(&bytes)), others(allowing_wasi(&bytes)));
        prop_assert!(validate(&bytes).is_err() || allowing_wasi(&bytes).is_ok());
    }
}
