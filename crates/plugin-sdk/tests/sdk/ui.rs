//! What the compiler says about a plugin with a mistake in it: for each `tests/ui/*.rs` the `.stderr` beside it.
//!
//! `TRYBUILD=overwrite cargo test -p plugin-sdk --test sdk ui` writes the files anew. Read what it wrote: a message has
//! to be at the author's own line and say what to do.

use std::process::Command;

use driftless_test_support::skip;

/// The compiler whose own words stand in `tests/ui/compiler`.
const COMPILER: &str = "rustc 1.95.";

#[test]
fn mistakes_are_reported_where_they_are() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
    // Here the compiler finds the mistake and the macros only choose the place. Every version words it in its own way.
    if version().starts_with(COMPILER) {
        cases.compile_fail("tests/ui/compiler/*.rs");
    } else {
        skip(&format!("{} says it in other words than {COMPILER}", version().trim()));
    }
}

fn version() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().expect("there is a rustc");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
