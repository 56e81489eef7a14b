//! The commands that the README of a new project in Python prints, one after the other, from an empty home.
//!
//! Making a component takes longer than all the rest, so one plugin has what the projects of every kind have: it is built in the project that asks for files,
//! with the modules of the others beside its own.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use driftless_test_support::skip;

use crate::harness::{Home, Outcome, examples, start};
use crate::plugin_languages::{PYTHON, needed};

/// What the example of each kind prints. The first is the one that is built.
const KINDS: [(&str, &str); 5] = [
    ("facts", r#""names": {"#),
    ("task", r#""message":"Hello Ada""#),
    ("template", "THIS IS IMPORTANT!"),
    ("logs", "stopped"),
    ("hooks", "continue"),
];

const PLUGIN: &str = "dist/my-plugin.wasm";

/// The commands of a README: its lines that are indented.
fn commands(readme: &str) -> Vec<&str> {
    readme.lines().filter_map(|line| line.strip_prefix("    ")).collect()
}

/// Runs a command in a project, as a shell would.
fn run(home: &Home, kind: &str, line: &str) -> Outcome {
    let words = shlex::split(line).unwrap();
    let (program, args) = words.split_first().unwrap();
    let mut command = match program.as_str() {
        "driftless" => home.command(args),
        _ => {
            let mut command = Command::new(program);
            command.args(args);
            home.prepare(&mut command);
            command
        }
    };
    start(command.current_dir(project(home, kind))).finish()
}

fn project(home: &Home, kind: &str) -> PathBuf {
    home.path().join(kind).join("my-plugin")
}

#[test]
fn the_readme_leads_to_a_result_in_python() {
    let Some(tools) = needed(PYTHON) else { return };
    let home = Home::new();
    for (kind, _) in KINDS {
        std::fs::create_dir(home.path().join(kind)).unwrap();
        let new = ["plugin", "new", "my-plugin", "--lang", "python", "--kind", kind];
        start(home.command(new).current_dir(home.path().join(kind))).finish().exits_with(0);
    }
    let (first, others) = KINDS.split_first().unwrap();
    // What the README's first command makes.
    #[cfg(unix)]
    std::os::unix::fs::symlink(&tools, project(&home, first.0).join(".venv")).unwrap();
    #[cfg(windows)]
    std::os::windows::fs::symlink_dir(&tools, project(&home, first.0).join(".venv")).unwrap();
    let mut own = home.read(&format!("{}/my-plugin/src/plugin.py", first.0));
    for (kind, _) in others {
        let source = home.read(&format!("{kind}/my-plugin/src/plugin.py"));
        home.write(&format!("{}/my-plugin/src/of_{kind}.py", first.0), source);
        write!(own, "\nimport of_{kind}  # noqa: E402, F401\n").unwrap();
    }
    home.write(&format!("{}/my-plugin/src/plugin.py", first.0), own);

    for (kind, prints) in KINDS {
        let readme = home.read(&format!("{kind}/my-plugin/README.md"));
        let lines = commands(&readme);
        assert!(lines[0].starts_with("python3 -m venv .venv && .venv/bin/pip install"), "{lines:?}");
        assert_eq!(lines[1..4], ["driftless plugin build", "python3 -m unittest", "driftless plugin test"]);
        let mut printed = String::new();
        for line in &lines[1..] {
            let is_first = kind == first.0;
            let outcome = match *line {
                "driftless plugin build" if !is_first => {
                    let built = std::fs::read(project(&home, first.0).join(PLUGIN)).unwrap();
                    home.write(&format!("{kind}/my-plugin/{PLUGIN}"), built);
                    continue;
                }
                // What every plugin has to get right, it has shown before.
                "driftless plugin test" if !is_first => {
                    run(&home, kind, "driftless plugin test --no-conformance")
                }
                line => run(&home, kind, line),
            };
            outcome.exits_with(0);
            printed = outcome.stdout;
        }
        assert!(printed.contains(prints), "{kind}: {printed}");
    }
}

/// Files of other machines: bytes that are no UTF-8, lines that are cut, numbers that are none.
const BAD_DATA: &str = r#"
case: accounts
facts: accounts
host:
  - file: {read: {path: /etc/passwd}}
    ok: read
    # `caf\xe9` in Latin-1, a line that is cut, an id of 32 bits, ids that are no numbers, a line of a directory service
    hex: "6164613a783a313030303a313030303a636166e92c2c2c3a2f686f6d652f6164613a2f62696e2f7a73680a68616c663a783a313030310a6269673a783a333030303030303030303a313030303a3a2f686f6d652f6269673a2f62696e2f73680a6e6f206e756d6265723a783a613a623a3a3a0a0a2b3a3a3a3a3a3a0a"
  - file: {read: {path: /etc/group}}
    ok: read
    text: "ada:x:1000\nwheel:x:10:ada,big\nno number:x:y:\n"
expect:
  result:
    users:
      ada: {uid: 1000, gid: 1000, name: "caf\uFFFD", home: /home/ada, shell: /bin/zsh, can_log_in: true, groups: [ada, wheel]}
      big: {uid: 3000000000, gid: 1000, name: "", home: /home/big, shell: /bin/sh, can_log_in: true, groups: [ada, wheel]}
    groups: {ada: 1000, wheel: 10}
    can_log_in: [ada, big]
  log:
    - warn: "/etc/passwd: some bytes are no UTF-8, and stand in the facts as U+FFFD"
    - warn: "/etc/passwd: line 2 is not [..]"
    - warn: "/etc/passwd: line 4 is not [..]"
    - warn: "/etc/group: line 3 is not [..]"
---
case: interfaces
facts: interfaces
host:
  - file: {read: {path: /proc/self/net/dev}}
    ok: read
    text: "Inter-| Receive | Transmit\n face |bytes packets |bytes\n eth0: 1 2 3\n eth1: x\nnothing\n eth2: 4\n"
expect:
  result:
    interfaces:
      eth0: {receive_bytes: 1, receive_errors: null, transmit_bytes: 3, transmit_errors: null}
      eth2: {receive_bytes: 4, receive_errors: null, transmit_bytes: null, transmit_errors: null}
  log:
    - warn: "/proc/self/net/dev: line 4 is none of an interface and is ignored"
    - warn: "/proc/self/net/dev: line 5 is none of an interface and is ignored"
---
case: uptime
facts: uptime
host:
  - file: {read: {path: /proc/uptime}}
    ok: read
    text: "5.5"
expect:
  result: {seconds: 5.5, days: 0, idle_seconds: null}
  log:
    - warn: /proc/uptime does not say how long the processors were idle
---
case: no uptime
facts: uptime
host:
  - file: {read: {path: /proc/uptime}}
    ok: read
    hex: "fffe"
expect:
  failure: "/proc/uptime has something else than two numbers[..]"
  log:
    - warn: "/proc/uptime: some bytes are no UTF-8[..]"
"#;

#[test]
fn collectors_in_python_read_what_machines_have() {
    let plugin = examples().join("python-facts-collector.wasm");
    if !plugin.is_file() {
        return skip(&format!("{} is missing: run `cargo xtask examples` first", plugin.display()));
    }
    let home = Home::new();
    home.write("cases/bad-data.yml", BAD_DATA);
    let plugin = plugin.to_str().unwrap();
    let outcome = home.run(&["plugin", "test", plugin, "--cases", "cases", "--no-conformance"]);
    outcome.exits_with(0);
    assert!(outcome.stdout.ends_with("4 ok, 0 failed\n"), "{}", outcome.stdout);
}
