//! `cargo xtask test`: everything that CI checks.

use anyhow::Result;

use crate::run::{cargo, root, run, step};
use crate::{book, conformance, deny, examples, packages, tidy, workflows};

/// Runs all checks, the quick ones first.
pub(crate) fn all() -> Result<()> {
    step("format", || {
        run(cargo().args(["fmt", "--all", "--check"]))?;
        run(&mut in_examples(["fmt", "--all", "--check"]))
    })?;
    step("tidy", tidy::check)?;
    step("deny", deny::check)?;
    step("workflows", workflows::check)?;
    step("clippy", || {
        let arguments = ["clippy", "--locked", "--workspace", "--all-targets", "--", "--deny", "warnings"];
        run(cargo().args(arguments))?;
        run(&mut in_examples(["clippy", "--locked", "--all-targets", "--", "--deny", "warnings"]))
    })?;
    // The tests run the command and the plugins that it builds. Building it together with them compiles wasmtime once: alone it would
    // be asked for with other features.
    step("build", || run(cargo().args(["test", "--locked", "--workspace", "--all-targets", "--no-run"])))?;
    step("examples", examples::build_with_driftless)?;
    step("packages", packages::check)?;
    step("conformance", conformance::check_with_driftless)?;
    step("tests of the examples", || run(&mut in_examples(["test", "--locked", "--workspace"])))?;
    step("tests", || run(cargo().args(["test", "--locked", "--workspace", "--all-targets"])))?;
    step("tests in the documentation", || run(cargo().args(["test", "--locked", "--workspace", "--doc"])))?;
    step("documentation", || {
        run(cargo()
            .args(["doc", "--locked", "--workspace", "--no-deps"])
            .env("RUSTDOCFLAGS", "--deny warnings"))
    })?;
    step("book", book::build)
}

/// Cargo in the workspace of the examples.
fn in_examples<const N: usize>(arguments: [&str; N]) -> std::process::Command {
    let mut cargo = cargo();
    cargo.args(arguments).current_dir(root().join("examples"));
    cargo
}
