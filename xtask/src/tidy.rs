//! `cargo xtask tidy`: what no compiler checks.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::run::{cargo, output, root};

/// Which crates of ours each crate may depend on, by the table in ARCHITECTURE.md.
const ARROWS: [(&str, &[&str]); 18] = [
    ("driftless-plugin-api", &[]),
    ("plugin-sdk-macros", &["driftless-plugin-api"]),
    ("plugin-sdk", &["driftless-plugin-api", "plugin-sdk-macros"]),
    ("driftless-permissions", &["driftless-plugin-api"]),
    ("driftless-capabilities", &["driftless-plugin-api", "driftless-permissions"]),
    ("driftless-transport", &["driftless-plugin-api"]),
    ("driftless-validator", &["driftless-plugin-api", "driftless-permissions"]),
    ("driftless-sandbox", &["driftless-plugin-api", "driftless-transport", "driftless-validator"]),
    ("driftless-registry", &["driftless-plugin-api"]),
    (
        "driftless-host",
        &["driftless-plugin-api", "driftless-permissions", "driftless-capabilities", "driftless-sandbox"],
    ),
    ("driftless-templates", &["driftless-plugin-api", "driftless-host"]),
    ("driftless-logs", &["driftless-plugin-api", "driftless-host"]),
    ("driftless-runner", &["driftless-plugin-api", "driftless-host", "driftless-templates"]),
    (
        "driftless-author",
        &["driftless-plugin-api", "driftless-permissions", "driftless-sandbox", "driftless-validator"],
    ),
    ("driftless-conformance", &["driftless-plugin-api", "driftless-sandbox", "driftless-host"]),
    (
        "driftless-cli",
        &[
            "driftless-author",
            "driftless-conformance",
            "driftless-plugin-api",
            "driftless-permissions",
            "driftless-sandbox",
            "driftless-registry",
            "driftless-host",
            "driftless-templates",
            "driftless-logs",
            "driftless-runner",
            "driftless-validator",
        ],
    ),
    (
        "driftless-fuzzing",
        &[
            "driftless-author",
            "driftless-host",
            "driftless-logs",
            "driftless-permissions",
            "driftless-plugin-api",
            "driftless-sandbox",
            "driftless-templates",
            "driftless-validator",
        ],
    ),
    ("xtask", &[]),
];

/// Libraries that only one crate may know, or each of those that have a line.
const KNOWN_TO_ONE: [(&str, &str); 16] = [
    ("wasmtime", "driftless-sandbox"),
    ("wasmparser", "driftless-validator"),
    // Rewriting a module goes through the types of both.
    ("wasmparser", "driftless-author"),
    ("wasm-encoder", "driftless-author"),
    ("wit-component", "driftless-author"),
    ("wit-parser", "driftless-author"),
    ("minijinja", "driftless-templates"),
    ("glob", "driftless-logs"),
    ("crossbeam-channel", "driftless-logs"),
    ("jsonschema", "driftless-host"),
    ("clap", "driftless-cli"),
    ("url", "driftless-permissions"),
    ("ipnet", "driftless-permissions"),
    ("cap-std", "driftless-capabilities"),
    ("cap-fs-ext", "driftless-capabilities"),
    ("ureq", "driftless-capabilities"),
];

/// Crates that are tests and nothing else: they may know what tests may know.
const ONLY_TESTS: [&str; 1] = ["driftless-fuzzing"];

/// Where `anyhow` may live: libraries return typed errors.
const MAY_USE_ANYHOW: [&str; 2] = ["driftless-cli", "xtask"];

/// Checks everything and tells all that is wrong.
pub(crate) fn check() -> Result<()> {
    let mut complaints = Vec::new();
    arrows(&mut complaints)?;
    for file in files()? {
        // Other files need not be text: what a fuzzer found is any bytes.
        let read = || fs::read_to_string(root().join(&file)).with_context(|| file.display().to_string());
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("rs") => rust(&file, &read()?, &mut complaints),
            Some("md") => markdown(&file, &read()?, &mut complaints),
            _ => {}
        }
    }
    if complaints.is_empty() {
        return Ok(());
    }
    bail!("not tidy:\n  {}", complaints.join("\n  "));
}

/// The crates depend on each other as they may.
fn arrows(complaints: &mut Vec<String>) -> Result<()> {
    let metadata = output(cargo().args(["metadata", "--locked", "--no-deps", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let allowed: BTreeMap<_, _> = ARROWS.into_iter().collect();
    let mut seen = BTreeSet::new();
    for package in metadata["packages"].as_array().context("cargo metadata has packages")? {
        let name = package["name"].as_str().context("a package has a name")?;
        seen.insert(name.to_owned());
        let Some(allowed) = allowed.get(name) else {
            complaints.push(format!(
                "the crate {name} is not in the table of arrows (xtask/src/tidy.rs, ARCHITECTURE.md)"
            ));
            continue;
        };
        for dependency in package["dependencies"].as_array().context("a package has dependencies")? {
            let on = dependency["name"].as_str().context("a dependency has a name")?;
            let for_tests = dependency["kind"] == "dev";
            let ours = ARROWS.iter().any(|(ours, _)| *ours == on);
            if ours && !for_tests && !allowed.contains(&on) {
                complaints.push(format!("{name} depends on {on}, which is an arrow drawn the wrong way"));
            }
            let knowers = KNOWN_TO_ONE.iter().filter(|(library, _)| *library == on);
            let knowers: Vec<_> = knowers.map(|(_, knower)| *knower).collect();
            if !knowers.is_empty() && !knowers.contains(&name) && !for_tests && !ONLY_TESTS.contains(&name) {
                complaints
                    .push(format!("{name} depends on {on}, which only {} knows", knowers.join(" and ")));
            }
            if on == "anyhow" && !for_tests && !MAY_USE_ANYHOW.contains(&name) {
                complaints.push(format!("{name} depends on anyhow; a library returns typed errors"));
            }
        }
    }
    complaints.extend(
        ARROWS
            .iter()
            .filter(|(name, _)| !seen.contains(*name))
            .map(|(name, _)| format!("the crate {name} is in the table of arrows and not in the workspace")),
    );
    Ok(())
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
