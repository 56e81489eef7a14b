//! Whatever a valid module does, running it ends in a value or an error, never in a panic.
//!
//! `PROPTEST_CASES=100000 cargo test -p driftless-sandbox --test sandbox properties` looks longer. What it finds becomes a file in
//! `hostile/`.

use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use driftless_sandbox::{InstancePool, Limits, Sandbox};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Modules to begin with: those of the hostile corpus that are small and can be read as modules.
static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile");
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

/// A module that is right, and does something wrong with most numbers: each part leaves the stack as it was.
fn misbehaving_module() -> impl Strategy<Value = Vec<u8>> {
    const PARTS: &[&str] = &[
        "(drop (memory.grow (i32.const A)))",
        "(memory.fill (i32.const A) (i32.const B) (i32.const C))",
        "(memory.copy (i32.const A) (i32.const B) (i32.const C))",
        "(i32.store (i32.const A) (i32.const B))",
        "(drop (i64.load offset=8 (i32.const A)))",
        "(drop (table.grow $table (ref.null func) (i32.const A)))",
        "(table.fill $table (i32.const A) (ref.func $deeper) (i32.const B))",
        "(call_indirect (type $nothing) (i32.const A))",
        "(drop (i32.rem_s (i32.const A) (i32.const B)))",
        "(drop (i32.trunc_f32_u (f32.reinterpret_i32 (i32.const A))))",
        "(call $log (i32.const A) (i32.const B) (i32.const C) (i32.const A))",
        "(call $panic (i32.const A) (i32.const B))",
        "(loop $again (br_if $again (i32.const A)))",
        "(if (i32.const A) (then call $deeper))",
        "(if (i32.const A) (then (return (i64.const B))))",
    ];
    // Numbers near the borders that matter: small ones, the end of the first page, the sign, and any.
    let number = || prop_oneof![0..9_i32, 65_530..65_540_i32, any::<i32>()];
    let part = (select(PARTS), number(), number(), number()).prop_map(|(part, a, b, c)| {
        let part = part.replace('A', &a.to_string()).replace('B', &b.to_string());
        part.replace('C', &c.to_string())
    });
    (vec(part, 0..8), any::<i64>(), number()).prop_map(|(parts, reply, reserved)| {
        let text = format!(
            r#"(module
                (import "env" "host_log" (func $log (param i32 i32 i32 i32)))
                (import "env" "host_panic" (func $panic (param i32 i32)))
                (type $nothing (func))
                (table $table 4 funcref)
                (elem (i32.const 0) $deeper)
                (memory (export "memory") 1)
                (func $deeper call $deeper nop)
                (func (export "driftless_reserve") (param i32) (result i32) i32.const {reserved})
                (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
                    {} i64.const {reply}))"#,
            parts.join("\n")
        );
        wat::parse_str(text).unwrap()
    })
}

/// Calls everything that a plugin has. Both are right: a reply, and any error.
fn call_all(bytes: &[u8]) {
    let limits = Limits {
        fuel: 100_000,
        memory: 1 << 20,
        time: Duration::from_secs(5),
        instances: 1,
        ..Limits::default()
    };
    let sandbox = Sandbox::builder(limits).allow_wasi(true).build().unwrap();
    let Ok(module) = sandbox.validate(bytes) else {
        return;
    };
    let plugin = match sandbox.compile("misbehaving", &module) {
        Ok(plugin) => plugin,
        Err(error) => return assert!(!error.to_string().contains("panicked"), "{error}"),
    };
    let pool = InstancePool::new(plugin);
    for function in module.functions().iter() {
        if let Ok(mut instance) = pool.get() {
            let arguments = ["a", "{}", "[]", ""];
            let _ = instance.call(function, &arguments[..function.arguments()]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_still_valid_can_be_called(bytes in changed_module()) {
        call_all(&bytes);
    }

    #[test]
    fn a_plugin_may_do_what_it_likes(bytes in misbehaving_module()) {
        call_all(&bytes);
    }
}
