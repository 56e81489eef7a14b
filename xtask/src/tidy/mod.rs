//! `cargo xtask tidy`: what no compiler checks.

mod arrows;
mod circles;
mod files;
mod modules;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::run::{cargo, output, root};

/// Checks everything and tells all that is wrong.
pub(crate) fn check() -> Result<()> {
    let metadata = output(cargo().args(["metadata", "--locked", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let mut complaints = arrows::check(&arrows::RULES, &metadata)?;
    complaints.extend(circles::check(&circles::KNOWN, &root(), &metadata)?);
    complaints.extend(files::check()?);
    if complaints.is_empty() {
        return Ok(());
    }
    bail!("not tidy:\n  {}", complaints.join("\n  "));
}
