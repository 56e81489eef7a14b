//! `cargo xtask examples`: the example plugins, those in Rust for both targets.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::run::{both, cargo, command, heading, root, run, say};
use crate::toolchains;

/// A target, and the folder under `target/` that its plugins go to.
const TARGETS: [(&str, &str); 2] =
    [("wasm32-wasip1", "plugins"), ("wasm32-unknown-unknown", "plugins-unknown-unknown")];

/// Where the examples go that are compiled once.
const PLUGINS: &str = "target/plugins";

/// Builds the `driftless` command, and the examples with it.
pub(crate) fn build() -> Result<()> {
    run(&mut build_of_driftless())?;
    build_with_driftless()
}

/// Builds the examples with the command that a plugin author uses, which is there already.
pub(crate) fn build_with_driftless() -> Result<()> {
    add_targets()?;
    both(|| TARGETS.into_iter().try_for_each(|(target, folder)| build_rust(target, folder)), build_others)?;
    Ok(())
}

/// Builds the examples in JavaScript, TypeScript and Python.
pub(crate) fn build_others() -> Result<()> {
    both(build_javascript, build_python)?;
    Ok(())
}

/// The examples in Rust, for the target that a plugin is built for by default.
pub(crate) fn build_rust_once() -> Result<()> {
    add_targets()?;
    let (target, folder) = TARGETS[0];
    build_rust(target, folder)
}

fn build_rust(target: &str, folder: &str) -> Result<()> {
    let out_dir = format!("target/{folder}");
    let mut build = command(driftless());
    run(build.args(["plugin", "build", "examples", "--target", target, "--out-dir", &out_dir]))
}

/// The examples in JavaScript and TypeScript: folders with a `package.json`.
fn build_javascript() -> Result<()> {
    let projects = projects("package.json")?;
    if projects.is_empty() || !toolchains::node("the examples in JavaScript and TypeScript")? {
        return Ok(());
    }
    for project in projects {
        toolchains::install_packages(&root().join(&project))?;
        run(command(driftless()).args(["plugin", "build"]).arg(&project).args(["--out-dir", PLUGINS]))?;
    }
    Ok(())
}

/// The examples in Python: folders with a `pyproject.toml`.
fn build_python() -> Result<()> {
    let projects = projects("pyproject.toml")?;
    if projects.is_empty() || !toolchains::python("the examples in Python")? {
        return Ok(());
    }
    let mut path = vec![toolchains::python_environment()?];
    path.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
    let path = std::env::join_paths(path)?;
    for project in projects {
        let mut build = command(driftless());
        run(build.args(["plugin", "build"]).arg(&project).args(["--out-dir", PLUGINS]).env("PATH", &path))?;
    }
    Ok(())
}

/// The folders of examples that have this file, from the root of the repository, in order.
fn projects(file: &str) -> Result<Vec<PathBuf>> {
    let mut projects = Vec::new();
    for entry in std::fs::read_dir(root().join("examples"))? {
        let folder = Path::new("examples").join(entry?.file_name());
        if root().join(&folder).join(file).is_file() {
            projects.push(folder);
        }
    }
    projects.sort();
    Ok(projects)
}

/// The build of the `driftless` command, in the profile for development.
///
/// It asks for all crates and for a test, the smallest that there is: by itself the command would be compiled with fewer features of some hundred crates
/// than the tests are, and wasmtime once for it and once for them.
pub(crate) fn build_of_driftless() -> Command {
    let mut build = cargo();
    build.args(["build", "--locked", "--workspace", "--bin", "driftless", "--test", "skip"]);
    build
}

/// Where cargo puts the `driftless` command.
pub(crate) fn driftless() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    target.join("debug").join(format!("driftless{}", std::env::consts::EXE_SUFFIX))
}

/// Adds the targets that are missing.
pub(crate) fn add_targets() -> Result<()> {
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
