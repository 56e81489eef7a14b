//! The reference plugin as a part of the program, through the same cases and checks as in every other way. `cargo xtask conformance` makes a
//! column of its table of what this writes.

use std::path::{Path, PathBuf};

use driftless_builtin::BuiltIns;
use driftless_conformance::{Case, CaseFile, Meter, Problem, Setup, Tester, Verdict, find_case_files};
use driftless_host::Artifact;
use serde_json::{Value, json};

/// Where the report goes, if that is said: as JSON, in the form of `driftless plugin test --json`.
const REPORT: &str = "CONFORMANCE_REPORT";

/// Code that runs in the process is neither fuelled nor has a memory of its own.
const UNMETERED: [Meter; 2] = [Meter::Fuel, Meter::Memory];

fn tester() -> Tester {
    let plugins = BuiltIns::new().with(conformance::conformance::linked());
    let (name, form) = plugins.forms().next().unwrap();
    let artifact = Artifact::new(name, "linked", form);
    let setup = Setup { unmetered: UNMETERED.to_vec(), ..Setup::default() };
    Tester::new(setup, plugins, &artifact).unwrap()
}

/// How a case went. One that means nothing here says why.
fn tested(tester: &Tester, case: &Case) -> Value {
    if let Some(meter) = tester.not_applicable(case) {
        let why = format!("{meter} are not measured in the program's own process");
        return json!({"name": case.name, "not_applicable": why});
    }
    let problems: Vec<String> =
        tester.replay(case).problems.iter().map(|problem| format!("{problem:?}")).collect();
    json!({"name": case.name, "ok": problems.is_empty(), "problems": problems})
}

#[test]
fn the_reference_plugin_holds_every_case_as_a_part_of_the_program() {
    let tester = tester();
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../crates/driftless-conformance/cases");
    let folders = [cases.join("protocol"), cases.join("sdk")];
    let files: Vec<PathBuf> = folders.iter().flat_map(|folder| find_case_files(folder).unwrap()).collect();
    let cases = files.iter().flat_map(|file| CaseFile::read(file).unwrap().cases().to_vec());
    let cases: Vec<Value> = cases.map(|case| tested(&tester, &case)).collect();
    // The task `crash` does so on purpose.
    let checks = tester.checks(&["crash".to_owned()]).into_iter().map(|check| {
        let complaints = match check.verdict {
            Verdict::Wrong(complaints) => complaints,
            Verdict::Right | Verdict::Nothing => Vec::new(),
        };
        json!({"name": check.name, "ok": complaints.is_empty(), "complaints": complaints})
    });
    let checks: Vec<Value> = checks.collect();
    assert!(cases.len() > 100, "there are only {} cases", cases.len());
    let failed: Vec<&Value> = cases.iter().chain(&checks).filter(|entry| entry["ok"] == false).collect();
    if let Some(path) = std::env::var_os(REPORT) {
        let report = json!({"ok": failed.is_empty(), "cases": cases, "conformance": checks});
        std::fs::write(path, report.to_string()).unwrap();
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn a_case_about_what_is_not_measured_here_is_not_passed_over_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cheap.yml");
    let budgets = ["{fuel: 1000000}", "{memory: 65536}"];
    let texts = budgets.map(|budget| {
        format!("task: greet\nconfig: {{name: Ann}}\nexpect: {{result: \"[..]\"}}\nbudget: {budget}\n")
    });
    std::fs::write(&path, texts.join("---\n")).unwrap();
    let tester = tester();
    let file = CaseFile::read(&path).unwrap();
    for (case, meter) in file.cases().iter().zip(UNMETERED) {
        assert_eq!(tester.not_applicable(case), Some(meter));
        assert_eq!(
            tested(&tester, case)["not_applicable"],
            format!("{meter} are not measured in the program's own process")
        );
        assert_eq!(tester.replay(case).problems, [Problem::Unmetered(meter)], "it cannot hold either");
    }
}
