//! A registry that is served: published to from one machine, installed from on another.

use std::path::Path;
use std::process::Stdio;

use rustix::process::Signal;

use crate::harness::{Home, Run, start_into, wait_until};

/// The text of a plugin that says its version.
fn greeter(version: &str, more: &str) -> Vec<u8> {
    let manifest = format!(r#"{{"name":"greeter","version":"{version}","description":"Says hello"{more}}}"#);
    let manifest = manifest.replace('"', "\\22");
    let text = format!(
        r#"(module (@custom "driftless.manifest.v1" "{manifest}")
            (memory (export "memory") 1)
            (data (i32.const 0) "\22{version}\22")
            (func (export "driftless_reserve") (param i32) (result i32) (i32.const 1024))
            (func (export "get_task_definitions") (result i64) (i64.const {length})))"#,
        length = version.len() + 2
    );
    wat::parse_str(text).unwrap()
}

/// A server that is running, and where.
struct Served {
    run: Run,
    url: String,
}

fn serve(home: &Home, folder: &str, tokens: &Path) -> Served {
    let log = home.path().join("served.log");
    let mut command = home.command(["registry", "serve", folder, "--listen", "127.0.0.1:0", "--tokens"]);
    let run = start_into(command.arg(tokens).stdin(Stdio::null()), &log);
    let address = || {
        let log = std::fs::read_to_string(&log).unwrap();
        let line = log.lines().find_map(|line| line.strip_prefix("listening on "))?;
        Some(line.to_owned())
    };
    wait_until("the server listens", || address().is_some());
    Served { run, url: address().unwrap() }
}

/// A machine that knows the registry, and shows it this token.
fn machine(url: &str, token: Option<&str>) -> Home {
    let home = Home::new();
    home.run(&["registry", "add", "team", url, "--min-age", "0s"]).exits_with(0);
    if let Some(token) = token {
        home.write("token", token);
        let mut login = home.command(["registry", "login", "team"]);
        login.stdin(std::fs::File::open(home.path().join("token")).unwrap());
        crate::harness::start(&mut login).finish().exits_with(0);
    }
    home
}

#[test]
fn what_one_machine_publishes_another_one_installs() {
    let server = Home::new();
    server.run(&["registry", "init", "shelf", "--id", "https://plugins.example.com/"]).exits_with(0);
    let token = |name: &str, scope: &str| {
        let made = server.run(&["registry", "token", "new", "tokens.toml", name, "--scope", scope]);
        made.exits_with(0);
        made.stdout.trim().to_owned()
    };
    let (admin, reader) = (token("admin", "admin"), token("reader", "read"));
    let served = serve(&server, "shelf", &server.path().join("tokens.toml"));

    let author = machine(&served.url, Some(&admin));
    author.write("one.wasm", greeter("1.0.0", ""));
    author.write("two.wasm", greeter("1.1.0", ""));
    author.run(&["plugin", "publish", "one.wasm"]).exits_with(0);
    author.run(&["plugin", "publish", "one.wasm"]).exits_with(3).says("is published already");
    let stranger = machine(&served.url, Some(&reader));
    stranger.write("one.wasm", greeter("2.0.0", ""));
    stranger.run(&["plugin", "publish", "one.wasm"]).exits_with(3).says("does not allow it");
    let anonymous = machine(&served.url, None);
    anonymous.write("one.wasm", greeter("2.0.0", ""));
    anonymous.run(&["plugin", "publish", "one.wasm"]).exits_with(3).says("driftless registry login");

    let user = machine(&served.url, None);
    assert!(user.run(&["plugin", "search", "hello"]).stdout.contains("team/main/greeter"));
    // Nothing is taken on the word of the server.
    let refused = user.run(&["plugin", "install", "greeter"]);
    refused.exits_with(3).says("no key is trusted yet");
    let key = refused.stderr.split("key trust team main ").nth(1).unwrap();
    let key = key.split('`').next().unwrap();
    user.run(&["key", "trust", "team", "main", key]).exits_with(0);
    user.run(&["plugin", "install", "greeter"]).exits_with(0);
    assert_eq!(user.run(&["plugin", "call", "greeter", "get_task_definitions"]).stdout, "\"1.0.0\"\n");

    author.run(&["plugin", "publish", "two.wasm"]).exits_with(0);
    assert!(user.run(&["plugin", "outdated"]).stdout.contains("1.1.0"));
    user.run(&["plugin", "update"]).exits_with(0);
    assert_eq!(user.run(&["plugin", "call", "greeter", "get_task_definitions"]).stdout, "\"1.1.0\"\n");
    author.run(&["plugin", "yank", "greeter@1.1.0"]).exits_with(0);
    assert!(user.run(&["plugin", "outdated"]).stdout.contains("yanked"));
    author.run(&["key", "rotate"]).exits_with(0).says("2 releases are signed with it as well");
    author.write("three.wasm", greeter("1.2.0", ""));
    author.run(&["plugin", "publish", "three.wasm"]).exits_with(0);
    // The old key has said so, and so nothing is asked.
    user.run(&["plugin", "update"]).exits_with(0).says("signs with");
    user.run(&["plugin", "verify"]).exits_with(0);
    // What the old key had signed is there still, for one who has heard of the new key only.
    user.run(&["plugin", "remove", "greeter"]).exits_with(0);
    user.run(&["plugin", "install", "greeter@1.0.0"]).exits_with(0);
    user.run(&["plugin", "install", "greeter@1.2.0"]).exits_with(0);

    // Without the server, what is here is verified and works, and what was read is known.
    served.run.signal(Signal::TERM);
    served.run.finish().exits_with(0);
    user.run(&["plugin", "verify"]).exits_with(0);
    user.run(&["plugin", "outdated", "--offline"]).exits_with(0);
    user.run(&["plugin", "outdated"]).exits_with(1).says("--offline");
    user.run(&["plugin", "remove", "greeter"]).exits_with(0);
}

#[test]
fn a_release_that_is_too_young_is_not_installed() {
    let server = Home::new();
    server.run(&["registry", "init", "shelf"]).exits_with(0);
    let made = server.run(&["registry", "token", "new", "tokens.toml", "admin", "--scope", "admin"]);
    let served = serve(&server, "shelf", &server.path().join("tokens.toml"));
    let author = machine(&served.url, Some(made.stdout.trim()));
    author.write("one.wasm", greeter("1.0.0", ""));
    author.run(&["plugin", "publish", "one.wasm"]).exits_with(0);
    author.run(&["registry", "remove", "team"]).exits_with(0);
    // A day, where nothing is said.
    author.run(&["registry", "add", "team", &served.url]).exits_with(0);
    author.run(&["plugin", "install", "greeter"]).exits_with(5).says("min_age");
    author.write("two.wasm", greeter("1.0.1", ""));
    author.run(&["plugin", "publish", "two.wasm", "--security-fix"]).exits_with(0);
    author.run(&["plugin", "install", "greeter"]).exits_with(0).says("security fix");
    served.run.interrupt();
    served.run.finish().exits_with(0);
}
