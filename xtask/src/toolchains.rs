//! The tools of JavaScript, TypeScript and Python, which are no part of Rust: looked for, and installed in the versions that are known to work.
//!
//! On a machine without Node.js or Python their examples are left out, which is said. In CI nothing is left out.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::run::{command, heading, is_ci, root, run, say};

/// The version of componentize-py. `driftless plugin build` takes no other.
const COMPONENTIZE_PY: &str = "0.25.1";

/// The virtual environment of this repository, under `target/`.
const PYTHON_VENV: &str = "target/python-venv";

/// The oldest versions that will do.
const NODE: (u32, u32) = (20, 0);
const PYTHON: (u32, u32) = (3, 10);

/// Whether Node.js is there, for `what`. Where it is not, says so, or fails in CI.
pub(crate) fn node(what: &str) -> Result<bool> {
    is_there("node", NODE, "Node.js 20 or newer, from nodejs.org", what)
}

/// Whether Python is there, for `what`. Where it is not, says so, or fails in CI.
pub(crate) fn python(what: &str) -> Result<bool> {
    is_there("python3", PYTHON, "Python 3.10 or newer with its module venv, from python.org", what)
}

/// Installs what the lock file of a project says, unless that happened already.
pub(crate) fn install_packages(project: &Path) -> Result<()> {
    // npm writes this file when it is done.
    let (lock, done) = (project.join("package-lock.json"), project.join("node_modules/.package-lock.json"));
    let changed = |file: &Path| file.metadata().and_then(|metadata| metadata.modified()).ok();
    if changed(&done).is_some_and(|done| changed(&lock).is_some_and(|lock| lock <= done)) {
        return Ok(());
    }
    run(npm().args(["ci", "--no-audit", "--no-fund"]).current_dir(project))
}

/// Everything of these languages that the chores use: what npm installs for the examples and for the chores, and componentize-py.
pub(crate) fn install_all() -> Result<()> {
    if node("what is written in JavaScript and TypeScript")? {
        for project in
            ["xtask/node", "examples/typescript-template-extension", "examples/javascript-custom-task"]
        {
            install_packages(&root().join(project))?;
        }
    }
    if python("what is written in Python")? {
        python_environment()?;
    }
    Ok(())
}

/// npm.
pub(crate) fn npm() -> Command {
    command(if cfg!(windows) { "npm.cmd" } else { "npm" })
}

/// Makes the virtual environment with componentize-py, unless it is there, and returns the folder of its programs.
pub(crate) fn python_environment() -> Result<PathBuf> {
    let environment = root().join(PYTHON_VENV);
    let programs = environment.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let installed = Command::new(programs.join("componentize-py")).arg("--version").output();
    let wanted = format!("componentize-py {COMPONENTIZE_PY}");
    if installed.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim() == wanted) {
        return Ok(programs);
    }
    run(command("python3").args(["-m", "venv", PYTHON_VENV]))?;
    let package = format!("componentize-py=={COMPONENTIZE_PY}");
    run(command(programs.join("python")).args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        &package,
    ]))?;
    Ok(programs)
}

fn is_there(program: &str, oldest: (u32, u32), install: &str, what: &str) -> Result<bool> {
    let version =
        Command::new(program).arg("--version").output().ok().filter(|output| output.status.success());
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let why = match &version {
        Some(version) if numbers(version).is_some_and(|found| found >= oldest) => return Ok(true),
        Some(version) => format!("{program} is {version}, which is too old"),
        None => format!("{program} is not installed"),
    };
    if is_ci() {
        bail!("{why}, and in CI nothing is left out: install {install}");
    }
    heading(&format!("SKIPPED: {what}"));
    say(&format!("   {why}; install {install}"));
    Ok(false)
}

/// The first two numbers in `v20.1.0` or `Python 3.11.2`.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let digits = version.trim_start_matches(|character: char| !character.is_ascii_digit());
    let mut numbers = digits.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}
