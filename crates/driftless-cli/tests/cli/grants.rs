//! Grants that are given at the same time, and grants that the user wrote by hand.

use crate::harness::{Home, Run, asks_its_host, start};

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
    let by_hand = grant_home_by_hand(&home, "custom-task-plugin");
    let target = home.path().join(".driftless/grants.toml");
    home.write(
        "steal.yml",
        format!("tasks: [{{type: custom-task-plugin.file, path: {target:?}, content: mine}}]\n"),
    );
    home.run(&["apply", "steal.yml"]).exits_with(3).says("which is the host's own");
    assert_eq!(home.read(".driftless/grants.toml"), by_hand);
}

/// A task that asks for whatever its configuration says of files, and may ask for any.
fn uses_files() -> String {
    asks_its_host("files", "host_file", r#"{"FileSystem":{"paths":["/:rw"]}}"#)
}

/// Grants a plugin everything in the home folder, by hand, and returns the text of the grants.
fn grant_home_by_hand(home: &Home, plugin: &str) -> String {
    home.run(&["plugin", "grant", plugin, "--files", "/no/such/folder:rw"]).exits_with(0);
    let grants = home.read(".driftless/grants.toml");
    let by_hand = grants.replace("/no/such/folder", home.path().to_str().unwrap());
    home.write(".driftless/grants.toml", &by_hand);
    by_hand
}

#[test]
fn the_usual_places_are_the_hosts_own_whatever_else_is_named() {
    let home = Home::new();
    home.assemble("files", &uses_files());
    home.write("other/files.wasm", std::fs::read(home.path().join(".driftless/plugins/files.wasm")).unwrap());
    let registry = format!("file://{}/registry", home.path().display());
    home.write(
        "other.toml",
        format!("[[registries]]\nname = \"here\"\nurl = \"{registry}\"\nenabled = false\n"),
    );
    let usual = ["grants.toml", "grants.toml.lock", "plugins.toml", "plugins/x.wasm", "machine-code.key"];
    let usual = usual.map(|name| format!(".driftless/{name}"));
    let named = ["other.grants", "other.toml", "other/x.wasm", "registry/x.wasm"].map(str::to_owned);
    let grant = |name: &str| {
        let path = format!("{}:rw", home.path().join(name).display());
        let mut args = vec!["plugin", "grant", "files", "--files", &path];
        args.extend(["--grants", "other.grants", "--plugin-dir", "other", "--config", "other.toml"]);
        home.run(&args)
    };
    for name in usual.iter().chain(&named) {
        grant(name).exits_with(3).says("which is the host's own");
        assert!(!home.path().join("other.grants").exists(), "{name}");
    }
    grant("notes").exits_with(0);
}

#[test]
fn what_is_recorded_reaches_no_place_of_the_host() {
    let home = Home::new();
    home.assemble("files", &uses_files());
    let by_hand = grant_home_by_hand(&home, "files");
    let path = home.path().join(".driftless/grants.toml");
    let request = serde_json::json!({"read": {"path": path}});
    home.write("cases/steal.yml", format!("call: execute_task\nwith: [ask, {request}]\n"));
    home.run(&["plugin", "test", ".driftless/plugins/files.wasm", "--cases", "cases", "--record"])
        .exits_with(0);
    let recorded = home.read("cases/steal.recorded.json");
    assert!(recorded.contains("\"denied\"") && !recorded.contains("[plugins"), "{recorded}");
    assert_eq!(home.read(".driftless/grants.toml"), by_hand);
}

#[cfg(unix)]
#[test]
fn a_lock_that_is_a_pipe_is_refused_at_once() {
    let home = Home::new();
    home.assemble("files", &uses_files());
    home.run(&["plugin", "grant", "files", "--all"]).exits_with(3);
    home.run(&["plugin", "grant", "files", "--files", "/srv"]).exits_with(0);
    let lock = home.path().join(".driftless/grants.toml.lock");
    std::fs::remove_file(&lock).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&lock).status().unwrap().success());
    for reader in [false, true] {
        // With a reader at its other end it can be opened, and is no better.
        let _reader = reader.then(|| std::fs::File::options().read(true).write(true).open(&lock).unwrap());
        let outcome = home.run(&["plugin", "revoke", "files"]);
        outcome.exits_with(2).says("grants.toml.lock: it is no regular file; remove it");
    }
}

#[test]
fn a_build_is_granted_beside_the_installed_plugin() {
    let home = Home::new();
    home.assemble("asks", &asks("asks"));
    home.run(&["plugin", "grant", "asks", "--all"]).exits_with(0);
    let installed = home.read(".driftless/grants.toml");
    // A build of the same plugin: another file of its name.
    let mut build = std::fs::read(home.path().join(".driftless/plugins/asks.wasm")).unwrap();
    build.extend_from_slice(b"\x00\x02\x01x");
    home.write("asks.wasm", build);
    let granted = |plugin: &str| {
        let told = home.run(&["plugin", "inspect", plugin]).exits_with(0).stdout.clone();
        assert!(!told.contains("another file of this name"), "{told}");
        told.contains("/etc/os-release  granted")
    };
    home.run(&["plugin", "grant", "./asks.wasm", "--all"]).exits_with(0);
    assert!(granted("asks") && granted("./asks.wasm"));
    assert!(home.read(".driftless/grants.toml").starts_with(&installed));
    home.run(&["plugin", "revoke", "asks"]).exits_with(0);
    assert!(!granted("asks") && !granted("./asks.wasm"));

    // Where no file of that digest is installed, the grant goes over as a whole, as before.
    home.run(&["plugin", "grant", "./asks.wasm", "--all"]).exits_with(0);
    home.run(&["plugin", "grant", "asks", "--all"]).exits_with(0).says("is taken back");
}
