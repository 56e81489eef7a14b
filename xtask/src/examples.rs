//! `cargo xtask examples`: the example plugins, for both targets.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use crate::run::{cargo, command, heading, root, run, say};

/// A target, and the folder under `target/` that its plugins go to.
const TARGETS: [(&str, &str); 2] =
    [("wasm32-wasip1", "plugins"), ("wasm32-unknown-unknown", "plugins-unknown-unknown")];

/// Builds the `driftless` command, and the examples with it.
pub(crate) fn build() -> Result<()> {
    run(cargo().args(["build", "--locked", "--package", "driftless-cli"]))?;
    build_with_driftless()
}

/// Builds the examples with the command that a plugin author uses, which is there already.
pub(crate) fn build_with_driftless() -> Result<()> {
    add_targets()?;
    let driftless = driftless();
    for (target, folder) in TARGETS {
        let out_dir = format!("target/{folder}");
        run(command(&driftless).args([
            "plugin",
            "build",
            "examples",
            "--target",
            target,
            "--out-dir",
            &out_dir,
        ]))?;
    }
    Ok(())
}

/// Where cargo puts the `driftless` command.
pub(crate) fn driftless() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    target.join("debug").join(format!("driftless{}", std::env::consts::EXE_SUFFIX))
}

/// Adds the targets that are missing.
fn add_targets() -> Result<()> {
    for (target, _) in TARGETS {
        if is_installed(target) {
            continue;
        }
        heading(&format!("the target {target} is missing; adding it with rustup"));
        let added = command("rustup").args(["target", "add", target]).status();
        if !added.is_ok_and(|status| status.success()) || !is_installed(target) {
            say(HELP);
            bail!("the target {target} is missing, and rustup could not add it");
        }
    }
    Ok(())
}

const HELP: &str = "
The examples are compiled to WebAssembly, for which Rust needs the standard library of that target:

  - with rustup:                rustup target add wasm32-wasip1 wasm32-unknown-unknown
  - with a distribution's Rust: its package of these targets, on Debian for example libstd-rust-dev-wasm32
  - without a network:          copy `lib/rustlib/wasm32-*` of the same version of Rust from another machine into the folder
                                that `rustc --print sysroot` prints
";

fn is_installed(target: &str) -> bool {
    let asked = Command::new("rustc").args(["--print", "target-libdir", "--target", target]).output();
    asked.is_ok_and(|asked| {
        asked.status.success() && PathBuf::from(String::from_utf8_lossy(&asked.stdout).trim()).is_dir()
    })
}
