//! The compiler as the fuzzers want it: what they look for gets the counters that guide them, and nothing else does.
//!
//! Cargo calls this program in place of the compiler (`RUSTC_WRAPPER`). The compiler of WebAssembly and what else is large is built as it is in a
//! release: counters in it would cost most of the time, of building and of fuzzing, and tell nothing about us. There is no address sanitizer
//! either, which slows all down by half: two places of ours have unsafe code, and no fuzzer comes to either. So any stable compiler will do.

use std::env;
use std::ffi::OsString;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

/// Says that this program is called in place of the compiler.
const VARIABLE: &str = "DRIFTLESS_INSTRUMENT";

/// Who gets counters beside our own crates: what reads what a stranger wrote.
const READERS: [&str; 15] = [
    "granit-parser",
    "ipnet",
    "jsonschema",
    "jsonschema-regex",
    "minijinja",
    "semver",
    "serde",
    "serde-saphyr",
    "serde_core",
    "serde_json",
    "toml",
    "toml_edit",
    "toml_parser",
    "url",
    "wasmparser",
];

/// The pass that libFuzzer asks for, with counters of branches and with the operands of comparisons.
const COUNTERS: [&str; 5] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// Lets cargo compile with this program. It has to be given a `--target`: what is built for the machine that builds gets none.
pub(crate) fn instrument(cargo: &mut Command) -> Result<()> {
    let this = env::current_exe().context("this program has no path")?;
    cargo.env("RUSTC_WRAPPER", this).env(VARIABLE, "1");
    Ok(())
}

/// Compiles, if that is what this program was called for.
pub(crate) fn as_compiler() -> Option<ExitCode> {
    env::var_os(VARIABLE)?;
    let mut arguments = env::args_os().skip(1);
    let mut compiler = Command::new(arguments.next()?);
    let arguments: Vec<OsString> = arguments.collect();
    let package = env::var("CARGO_PKG_NAME").unwrap_or_default();
    if gets_counters(&package, &arguments) {
        compiler.args(COUNTERS);
    }
    let code = match compiler.args(arguments).status() {
        Ok(status) => status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1),
        Err(error) => {
            eprintln!("error: the compiler cannot be started: {error}");
            1
        }
    };
    Some(code.into())
}

/// Build scripts and macros run on the machine that builds, without the fuzzer that the counters belong to.
fn gets_counters(package: &str, arguments: &[OsString]) -> bool {
    let is_for_fuzzers = arguments.iter().any(|argument| argument == "--target");
    is_for_fuzzers && (package.starts_with("driftless-") || READERS.contains(&package))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_for_what_is_looked_for() {
        let arguments = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        let (for_fuzzers, for_here) = (arguments(&["--target", "any"]), arguments(&["--edition=2024"]));
        assert!(gets_counters("driftless-host", &for_fuzzers));
        assert!(gets_counters("serde_json", &for_fuzzers));
        assert!(!gets_counters("cranelift-codegen", &for_fuzzers));
        assert!(!gets_counters("serde_json", &for_here));
    }
}
