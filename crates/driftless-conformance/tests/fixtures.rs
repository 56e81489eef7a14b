//! The reference plugin as it was built for each released version of the protocol. A host serves them for ever, so a file that is here is
//! never built anew.

use std::path::{Path, PathBuf};

use driftless_conformance::{CaseFile, Setup, Tester, Verdict, find_case_files};
use driftless_host::Artifact;
use driftless_sandbox::{Limits, Sandbox};

fn here(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}

/// Replays all cases that a fixture has to keep, and returns what does not hold.
fn replay(fixture: &Path) -> Vec<String> {
    let name = fixture.display().to_string();
    let artifact = Artifact::from_bytes("conformance", name.as_str(), std::fs::read(fixture).unwrap());
    let sandbox = Sandbox::new(Limits::default()).unwrap();
    let tester = Tester::new(Setup::default(), sandbox, &artifact).unwrap();
    let mut folders = vec![here("cases/protocol")];
    if tester.plugin().manifest().is_some_and(|manifest| !manifest.permissions.is_empty()) {
        folders.push(here("cases/sdk"));
    }
    let mut failed = Vec::new();
    let mut replayed = 0;
    for file in folders.iter().flat_map(|folder| find_case_files(folder).unwrap()) {
        for case in CaseFile::read(&file).unwrap().cases() {
            let problems = tester.replay(case).problems;
            if !problems.is_empty() {
                failed.push(format!("{name}: {}: {problems:?}", case.name));
            }
            replayed += 1;
        }
    }
    assert!(replayed > 100, "{name}: only {replayed} cases");
    for check in tester.checks(&["crash".to_owned()]) {
        if let Verdict::Wrong(complaints) = &check.verdict {
            failed.push(format!("{name}: {}: {complaints:?}", check.name));
        }
    }
    failed
}

fn fixtures(version: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(here("fixtures").join(version)).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "wasm"));
    files.sort();
    files
}

#[test]
fn protocol_1_is_served() {
    let files = fixtures("protocol-1");
    assert!(files.len() >= 3, "{files:?}");
    let failed: Vec<String> = files.iter().flat_map(|file| replay(file)).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
