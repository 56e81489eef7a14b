//! A test that is left out passes on a developer's machine and fails in CI.

use std::process::{Command, Output};

use driftless_test_support::skip;

/// No test: what is run in a process of its own, with `CI` as it is wanted there.
#[test]
#[ignore = "the tests below run it"]
fn left_out() {
    skip("there is no `script`");
}

fn run(ci: Option<&str>) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "left_out", "--ignored", "--nocapture"]).env_remove("CI");
    command.envs(ci.map(|value| ("CI", value))).output().unwrap()
}

#[test]
fn without_ci_it_is_said() {
    for ci in [None, Some("")] {
        let output = run(ci);
        assert!(output.status.success(), "{output:?}");
        assert!(
            String::from_utf8_lossy(&output.stderr).contains("SKIPPED: there is no `script`\n"),
            "{output:?}"
        );
    }
}

#[test]
fn in_ci_it_fails() {
    let output = run(Some("true"));
    assert!(!output.status.success(), "{output:?}");
    let message = "there is no `script`; with CI set no test is left out";
    assert!(String::from_utf8_lossy(&output.stderr).contains(message), "{output:?}");
}
