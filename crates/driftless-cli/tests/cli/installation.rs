//! What is found in a home, and what is left there.

use crate::harness::{Home, start};

#[test]
fn the_first_run_needs_nothing_and_leaves_a_cache_behind() {
    let home = Home::new();
    home.install("custom-task-plugin");
    std::fs::remove_file(home.path().join(".driftless/machine-code.key")).unwrap();
    let run = || {
        let mut command = home.command(["plugin", "call", "custom-task-plugin", "get_hooks"]);
        start(command.env_remove("XDG_CACHE_HOME")).finish()
    };
    for _ in 0..2 {
        let outcome = run();
        outcome.exits_with(0);
        assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("[]\n", ""));
    }
    let cached = std::fs::read_dir(home.path().join(".cache/driftless/machine-code")).unwrap();
    // Machine code, and what validating found out.
    assert_eq!(cached.count(), 2);
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_not_used() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    home.install("custom-task-plugin");
    let key = home.path().join(".driftless/machine-code.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let outcome = home.run(&["plugin", "call", "custom-task-plugin", "get_hooks"]);
    outcome.exits_with(0).says("machine code is not kept between runs").says("the key can be read by others");
}

#[test]
fn a_file_that_is_too_large_to_be_a_plugin_is_no_concern_of_the_others() {
    let home = Home::new();
    home.install("custom-task-plugin");
    home.write("site.yml", "tasks: [{type: custom-task-plugin.echo, message: hello}]\n");
    let huge = std::fs::File::create(home.path().join(".driftless/plugins/huge.wasm")).unwrap();
    huge.set_len(65 << 20).unwrap();
    home.run(&["apply", "site.yml"]).exits_with(0);
    home.run(&["plugin", "inspect", "custom-task-plugin"]).exits_with(0);
    assert!(home.run(&["plugin", "list"]).exits_with(0).stdout.contains("huge"));
    for command in ["inspect", "validate"] {
        home.run(&["plugin", command, "huge"])
            .exits_with(3)
            .says("huge.wasm: the file has more than 67108864 bytes");
    }
}

#[cfg(unix)]
#[test]
fn settings_that_cannot_be_read_are_not_taken_for_missing() {
    let home = Home::new();
    std::os::unix::fs::symlink("plugins.toml", home.path().join(".driftless/plugins.toml")).unwrap();
    home.run(&["plugin", "list"]).exits_with(1).says(".driftless/plugins.toml: ");
}

#[cfg(unix)]
#[test]
fn a_file_without_end_is_not_read_to_it() {
    let home = Home::new();
    home.install("custom-task-plugin");
    std::os::unix::fs::symlink("/dev/zero", home.path().join("site.yml")).unwrap();
    for args in [
        ["apply", "site.yml"].as_slice(),
        &["render", "site.yml"],
        &["plugin", "validate", "/dev/zero"],
        &["plugin", "call", "custom-task-plugin", "execute_task", "echo", "@site.yml"],
    ] {
        let outcome = home.run(args);
        // A template and an argument may come out of a pipe.
        let is_stream = args.contains(&"render") || args.contains(&"call");
        outcome.says(if is_stream { "more than 67108864 bytes" } else { "it is no regular file" });
        outcome.exits_with(2);
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_a_document_is_not_waited_for() {
    let home = Home::new();
    home.install("custom-task-plugin");
    home.write("page.j2", "page");
    std::fs::create_dir(home.path().join("tests")).unwrap();
    for name in ["pipe.yml", "pipe.json", "pipe.toml", "tests/pipe.yml"] {
        assert!(std::process::Command::new("mkfifo").arg(home.path().join(name)).status().unwrap().success());
    }
    let plugin = home.path().join(".driftless/plugins/custom-task-plugin.wasm").display().to_string();
    for args in [
        ["apply", "pipe.yml"].as_slice(),
        &["apply", "pipe.json"],
        &["facts", "--config", "pipe.toml"],
        &["logs", "pipe.yml"],
        &["render", "page.j2", "--vars", "pipe.yml"],
        &["plugin", "list", "--settings", "pipe.toml"],
        &["plugin", "inspect", "custom-task-plugin", "--grants", "pipe.toml"],
        &["plugin", "test", &plugin, "--cases", "tests"],
    ] {
        let outcome = home.run(args);
        outcome.exits_with(2).says("it is no regular file");
    }
    home.run(&["render", "pipe.yml"]).exits_with(2).says("pipe.yml: this pipe has no writer");
    // A template out of a pipe is rendered.
    let template = home.path().join("pipe.yml");
    let writer = std::thread::spawn(move || std::fs::write(template, "Hello {{ who }}").unwrap());
    let outcome = home.run(&["render", "pipe.yml", "--set", "who=pipe"]);
    outcome.exits_with(0);
    assert_eq!(outcome.stdout, "Hello pipe");
    writer.join().unwrap();
    let mut shell = std::process::Command::new("bash");
    let script = r#""$0" render <(sleep 0.1; echo one) && "$0" render <(true) && echo two | "$0" render /dev/stdin && echo three | "$0" render -"#;
    shell.args(["-c", script, env!("CARGO_BIN_EXE_driftless")]);
    home.prepare(&mut shell);
    let outcome = start(&mut shell).finish();
    outcome.exits_with(0);
    assert_eq!(outcome.stdout, "one\ntwo\nthree\n");
}

#[test]
fn what_is_no_document_is_a_mistake_of_the_user() {
    let home = Home::new();
    std::fs::create_dir(home.path().join("folder.yml")).unwrap();
    std::fs::File::create(home.path().join("huge.yml")).unwrap().set_len(1 << 40).unwrap();
    home.write("binary.yml", [0xff, 0xfe]);
    for (file, why) in [
        ("folder.yml", "it is a folder, not a file"),
        ("huge.yml", "the file has more than 67108864 bytes"),
        ("binary.yml", "it is not UTF-8 text"),
    ] {
        for command in [
            &["apply"][..],
            &["logs"],
            &["render"],
            &["facts", "--config"],
            &["plugin", "list", "--settings"],
        ] {
            home.run(&[command, &[file]].concat()).exits_with(2).says(&format!("{file}: {why}"));
        }
    }
}

#[cfg(unix)]
#[test]
fn a_plugin_whose_file_has_an_evil_name() {
    let home = Home::new();
    home.assemble(
        "\u{1b}[2Jevil\nname",
        r#"(module
            (import "env" "host_log" (func $log (param i32 i32 i32 i32)))
            (memory (export "memory") 2)
            (data (i32.const 0) "[]")
            (func (export "driftless_reserve") (param i32) (result i32) (i32.const 65536))
            (func (export "get_template_extensions") (result i64)
                (call $log (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 2))
                (i64.const 2)))"#,
    );
    home.write("page.j2", "{{ 'shout' is filter }}");
    let file = ".driftless/plugins/\u{1b}[2Jevil\nname.wasm";
    for args in [
        ["--color", "always", "plugin", "list"].as_slice(),
        &["--color", "always", "plugin", "inspect", file],
        &["--color", "always", "plugin", "validate", file],
        &["--color", "always", "render", "page.j2"],
        &["--color", "always", "plugin", "call", file, "get_hooks"],
    ] {
        let outcome = home.run(args);
        let printed = outcome.stdout + &outcome.stderr;
        assert!(!printed.contains("\u{1b}[2J"), "{args:?}: {printed:?}");
        assert!(printed.contains("\\u{1b}[2Jevil") || args.contains(&"list"), "{args:?}: {printed:?}");
    }
}
