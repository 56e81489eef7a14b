//! `cargo xtask deny`: what the dependencies are allowed to be, by `deny.toml`.

use std::process::{Command, Stdio};

use anyhow::Result;

use crate::run::{cargo, command, heading, run, say};

/// The version that `deny.toml` is written for.
const VERSION: &str = "0.20.2";

/// The two workspaces. Both go by the `deny.toml` in the root, which is the next one above.
const MANIFESTS: [&str; 2] = ["Cargo.toml", "examples/Cargo.toml"];

/// Checks bans, licences and sources, which need no network; advisories where their database can be had.
pub(crate) fn check() -> Result<()> {
    install()?;
    for manifest in MANIFESTS {
        run(&mut deny(manifest, &["check", "--hide-inclusion-graph", "bans", "licenses", "sources"]))?;
    }
    let fetched = deny(MANIFESTS[0], &["fetch", "db"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !fetched.is_ok_and(|status| status.success()) {
        say(
            "   the database of advisories is out of reach, so they are not checked here; the workflow checks them",
        );
        return Ok(());
    }
    MANIFESTS.into_iter().try_for_each(|manifest| run(&mut deny(manifest, &["check", "advisories"])))
}

/// `cargo deny` for one of the workspaces. Its warnings are for who looks for them.
fn deny(manifest: &str, arguments: &[&str]) -> Command {
    let mut deny = command("cargo");
    deny.args(["deny", "--log-level", "error", "--locked", "--manifest-path", manifest]).args(arguments);
    deny
}

fn install() -> Result<()> {
    let there =
        command("cargo").args(["deny", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if there.is_ok_and(|status| status.success()) {
        return Ok(());
    }
    heading("cargo-deny is missing; installing it, which takes some minutes");
    run(cargo().args(["install", "cargo-deny", "--version", VERSION, "--locked"]))
}
