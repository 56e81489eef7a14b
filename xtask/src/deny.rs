//! `cargo xtask deny`: what the dependencies are allowed to be, by `deny.toml`.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Result;

use crate::run::{command, run, say};
use crate::tools;

/// The two workspaces. Both go by the `deny.toml` in the root, which is the next one above.
const MANIFESTS: [&str; 2] = ["Cargo.toml", "examples/Cargo.toml"];

/// Checks bans, licences and sources, which need no network; advisories where their database can be had.
pub(crate) fn check() -> Result<()> {
    let program = tools::DENY.get()?;
    for manifest in MANIFESTS {
        run(&mut deny(
            &program,
            manifest,
            &["check", "--hide-inclusion-graph", "bans", "licenses", "sources"],
        ))?;
    }
    let mut fetch = deny(&program, MANIFESTS[0], &["fetch", "db"]);
    let fetched = fetch.stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !fetched.is_ok_and(|status| status.success()) {
        say(
            "   the database of advisories is out of reach, so they are not checked here; the workflow checks them",
        );
        return Ok(());
    }
    MANIFESTS
        .into_iter()
        .try_for_each(|manifest| run(&mut deny(&program, manifest, &["check", "advisories"])))
}

/// `cargo deny` for one of the workspaces. Its warnings are for who looks for them.
fn deny(program: &Path, manifest: &str, arguments: &[&str]) -> Command {
    let mut deny = command(program);
    deny.args(["--log-level", "error", "--locked", "--manifest-path", manifest]).args(arguments);
    deny
}
