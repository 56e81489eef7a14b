//! `cargo xtask deny`: what the dependencies are allowed to be, by `deny.toml`.

use std::process::Stdio;

use anyhow::Result;

use crate::run::{cargo, command, heading, run, say};

/// The version that `deny.toml` is written for.
const VERSION: &str = "0.20.2";

/// Checks bans, licences and sources, which need no network; advisories where their database can be had.
pub(crate) fn check() -> Result<()> {
    install()?;
    run(command("cargo").args([
        "deny",
        "--log-level",
        "warn",
        "--locked",
        "check",
        "bans",
        "licenses",
        "sources",
    ]))?;
    let advisories = command("cargo")
        .args(["deny", "--log-level", "error", "--locked", "fetch", "db"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if advisories.is_ok_and(|status| status.success()) {
        run(command("cargo").args(["deny", "--log-level", "warn", "--locked", "check", "advisories"]))
    } else {
        say(
            "   the database of advisories is out of reach, so they are not checked here; the workflow checks them",
        );
        Ok(())
    }
}

fn install() -> Result<()> {
    let there = command("cargo")
        .args(["deny", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if there.is_ok_and(|status| status.success()) {
        return Ok(());
    }
    heading("cargo-deny is missing; installing it, which takes some minutes");
    run(cargo().args(["install", "cargo-deny", "--version", VERSION, "--locked"]))
}
