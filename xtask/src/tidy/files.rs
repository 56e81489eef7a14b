//! What holds for each file by itself: a module has a doc comment, nothing is left unfinished, a link leads somewhere.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::run::root;

/// Checks every file of the repository. Returns what is wrong.
pub(super) fn check() -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for file in files()? {
        // Other files need not be text: what a fuzzer found is any bytes.
        let read = || fs::read_to_string(root().join(&file)).with_context(|| file.display().to_string());
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("rs") => {
                let text = read()?;
                rust(&file, &text, &mut complaints);
                skipped(&file, &text, &mut complaints);
            }
            Some("md") => markdown(&file, &read()?, &mut complaints),
            _ => {}
        }
    }
    Ok(complaints)
}

/// A module says what it is for, and nothing is left unfinished.
fn rust(file: &Path, text: &str, complaints: &mut Vec<String>) {
    // Cases of trybuild are what an author would write.
    let is_case = file.components().any(|part| part.as_os_str() == "ui");
    if !is_case && !text.starts_with("//!") {
        complaints
            .push(format!("{}: a file begins with a doc comment that says what it is for", file.display()));
    }
    for (number, line) in text.lines().enumerate() {
        let markers = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:"), concat!("todo", "!(")];
        if let Some(marker) = markers.iter().find(|marker| line.contains(**marker)) {
            complaints.push(format!("{}:{}: {marker} belongs into an issue", file.display(), number + 1));
        }
    }
}

/// A test that cannot be run says so by the function that fails in CI, and not by itself.
fn skipped(file: &Path, text: &str, complaints: &mut Vec<String>) {
    let is_test = file.starts_with("crates") && !file.starts_with("crates/driftless-test-support");
    if is_test && text.contains("\"SKIPPED") {
        complaints.push(format!("{}: a test is left out by `driftless_test_support::skip`", file.display()));
    }
}

/// A link to a file leads to one.
fn markdown(file: &Path, text: &str, complaints: &mut Vec<String>) {
    for (number, line) in text.lines().enumerate() {
        for link in line.split("](").skip(1) {
            let target = link.split([')', '#', ' ']).next().unwrap_or_default();
            if target.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let folder = file.parent().unwrap_or(Path::new(""));
            if !root().join(folder).join(target).exists() {
                complaints.push(format!(
                    "{}:{}: the link {target} leads nowhere",
                    file.display(),
                    number + 1
                ));
            }
        }
    }
}

/// Every file that is ours, with the ones that git does not know yet.
fn files() -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder))? {
            let entry = entry?;
            let name = entry.file_name();
            let hidden = name.to_string_lossy().starts_with('.');
            if hidden || name == "target" || name == "node_modules" {
                continue;
            }
            let path = folder.join(name);
            if entry.file_type()?.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_leaves_itself_out_is_told() {
        let told = |file: &str, text: &str| {
            let mut complaints = Vec::new();
            skipped(Path::new(file), text, &mut complaints);
            complaints.len()
        };
        let silent = "if !there { eprintln!(\"SKIPPED: why\"); return; }";
        assert_eq!(told("crates/driftless-cli/tests/cli/disk.rs", silent), 1);
        assert_eq!(told("crates/driftless-cli/tests/cli/disk.rs", "skip(\"why\")"), 0);
        assert_eq!(told("crates/driftless-test-support/src/lib.rs", silent), 0);
    }
}
