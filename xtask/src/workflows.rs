//! `cargo xtask workflows`: the workflows of this repository, and those that `driftless plugin new` writes, through actionlint.

use std::path::PathBuf;

use anyhow::Result;

use crate::run::{command, root, run};
use crate::toolchains;

/// Checks them all.
pub(crate) fn check() -> Result<()> {
    if !toolchains::node("the check of the workflows")? {
        return Ok(());
    }
    let chores = root().join("xtask/node");
    toolchains::install_packages(&chores)?;
    let mut files: Vec<_> =
        ["ci", "fuzz"].map(|name| PathBuf::from(format!(".github/workflows/{name}.yml"))).into();
    for language in ["js", "python", "rust", "ts"] {
        let templates = format!("crates/driftless-author/templates/{language}/all/dot-github/workflows");
        for entry in std::fs::read_dir(root().join(&templates))? {
            files.push(PathBuf::from(&templates).join(entry?.file_name()));
        }
    }
    run(command("node").arg(chores.join("lint-workflows.mjs")).args(files))
}
