//! Grants that are given at the same time, and grants that somebody wrote by hand.

use crate::harness::{Home, Run, start};

/// A plugin that asks for a file.
fn asks(name: &str) -> String {
    let manifest = format!(
        r#"{{"name":"{name}","version":"1.0.0","permissions":[{{"FileSystem":{{"paths":["/etc/os-release"]}}}}]}}"#
    );
    let manifest = manifest.replace('"', "\\22");
    format!(
        r#"(module (@custom "driftless.manifest.v1" "{manifest}")
            (memory (export "memory") 2)
            (data (i32.const 0) "[]")
            (func (export "driftless_reserve") (param i32) (result i32) (i32.const 65536))
            (func (export "get_task_definitions") (result i64) (i64.const 2)))"#
    )
}

#[test]
fn grants_given_at_the_same_time_are_all_kept_and_so_is_a_comment() {
    let home = Home::new();
    let names: Vec<_> = (0..12).map(|number| format!("asks-{number}")).collect();
    for name in &names {
        home.assemble(name, &asks(name));
    }
    home.run(&["plugin", "grant", "asks-0", "--all"]).exits_with(0);
    let before = home.read(".driftless/grants.toml");
    home.write(".driftless/grants.toml", format!("# Ours.\n\n# Needed by the team.\n{before}"));

    let grant = |name: &String| start(&mut home.command(["plugin", "grant", name, "--all"]));
    let runs: Vec<_> = names[1..].iter().map(grant).collect();
    let revoke = start(&mut home.command(["plugin", "revoke", "asks-0"]));
    for outcome in runs.into_iter().map(Run::finish) {
        outcome.exits_with(0);
    }
    revoke.finish().exits_with(0);
    let after = home.read(".driftless/grants.toml");
    for name in &names[1..] {
        assert!(after.contains(&format!("[plugins.{name}]\n")), "{name} is lost:\n{after}");
    }
    assert!(!after.contains("[plugins.asks-0]"), "{after}");
    assert!(after.contains("# Ours.") && !after.contains("# Needed"), "{after}");
}

#[test]
fn a_grant_by_hand_that_covers_the_grants_does_not_hold() {
    let home = Home::new();
    home.install("custom-task-plugin");
    home.run(&["plugin", "grant", "custom-task-plugin", "--files", "/no/such/folder:rw"]).exits_with(0);
    let by_hand =
        home.read(".driftless/grants.toml").replace("/no/such/folder", home.path().to_str().unwrap());
    home.write(".driftless/grants.toml", &by_hand);
    let target = home.path().join(".driftless/grants.toml");
    home.write(
        "steal.yml",
        format!("tasks: [{{type: custom-task-plugin.file, path: {target:?}, content: mine}}]\n"),
    );
    home.run(&["apply", "steal.yml"]).exits_with(1).says("which is the host's own");
    assert_eq!(home.read(".driftless/grants.toml"), by_hand);
}
