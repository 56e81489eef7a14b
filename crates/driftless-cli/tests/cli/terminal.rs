//! Colour and progress are for terminals.

use std::process::{Command, Stdio};

use driftless_test_support::skip;

use crate::harness::{Home, Outcome, start};

const ESCAPE: char = '\u{1b}';

fn home() -> Home {
    let home = Home::new();
    home.install("custom-task-plugin");
    home.write("site.yml", "tasks: [{type: custom-task-plugin.my_custom_task, message: hello}]\n");
    home.write("slow.yml", "sources: [{type: stdin}]\noutputs: [{type: file, path: out.jsonl}]\n");
    home
}

/// Runs a command line on a terminal that `script` makes. What it prints there, both ways, is the standard output.
fn on_a_terminal(home: &Home, line: &str, environment: &[(&str, &str)]) -> Option<Outcome> {
    if !Command::new("script")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
    {
        skip("without `script` there is no terminal to try it on");
        return None;
    }
    let mut command = Command::new("script");
    home.prepare(&mut command);
    let line = line.replace("driftless", env!("CARGO_BIN_EXE_driftless"));
    command.args(["-qec", &line, "/dev/null"]).env("TERM", "xterm").envs(environment.iter().copied());
    Some(start(&mut command).finish())
}

#[test]
fn no_colour_where_there_is_no_terminal() {
    let home = home();
    let outcome = home.run(&["apply", "site.yml"]);
    outcome.exits_with(0);
    assert!(!outcome.stdout.contains(ESCAPE) && !outcome.stderr.contains(ESCAPE), "{outcome:?}");
}

#[test]
fn colour_on_a_terminal_unless_the_user_says_no() {
    let home = home();
    let Some(outcome) = on_a_terminal(&home, "driftless apply site.yml", &[]) else { return };
    outcome.exits_with(0);
    assert!(outcome.stdout.contains("\u{1b}[32mok"), "{}", outcome.stdout);
    for (line, environment) in [
        ("driftless --color never apply site.yml", None),
        ("driftless apply site.yml", Some(("NO_COLOR", "1"))),
    ] {
        let outcome = on_a_terminal(&home, line, environment.as_slice()).unwrap();
        outcome.exits_with(0);
        assert!(!outcome.stdout.contains(ESCAPE), "{line}: {}", outcome.stdout);
    }
    let outcome =
        on_a_terminal(&home, "driftless --color always apply site.yml", &[("NO_COLOR", "1")]).unwrap();
    assert!(outcome.stdout.contains(ESCAPE), "who says always means it: {}", outcome.stdout);
}

#[test]
fn colour_into_a_file_where_the_user_says_always() {
    let outcome = home().run(&["--color", "always", "apply", "site.yml"]);
    assert!(
        outcome.stdout.contains("\u{1b}[32mok") && outcome.stderr.contains("\u{1b}[32minfo"),
        "{outcome:?}"
    );
}

#[test]
fn progress_is_shown_on_a_terminal_only() {
    let home = home();
    let line = "(echo one; sleep 1; echo two) | driftless logs slow.yml";
    let Some(outcome) = on_a_terminal(&home, line, &[]) else { return };
    outcome.exits_with(0);
    assert!(
        outcome.stdout.contains(" lines, ") && outcome.stdout.contains("2 lines: 2 kept"),
        "{}",
        outcome.stdout
    );
    let quiet = on_a_terminal(&home, &line.replace("slow.yml", "slow.yml -q"), &[]).unwrap();
    assert_eq!(quiet.exits_with(0).stdout, "");

    let elsewhere = home.run(&["logs", "slow.yml"]);
    elsewhere.exits_with(0);
    assert_eq!(elsewhere.stderr.lines().count(), 1, "nothing but the summary: {}", elsewhere.stderr);
}

#[test]
fn a_result_cannot_act_on_a_terminal() {
    let home = home();
    home.assemble(
        "evil",
        r#"(module
            (memory (export "memory") 2)
            (data (i32.const 0) "\1b]0;owned\07")
            (func (export "driftless_reserve") (param i32) (result i32) (i32.const 65536))
            (func (export "get_hooks") (result i64) (i64.const 10)))"#,
    );
    let Some(outcome) = on_a_terminal(&home, "driftless plugin call evil get_hooks", &[]) else { return };
    assert_eq!(outcome.stdout.trim_end(), "\\u{1b}]0;owned\\u{7}");
    // Into a file it is written as it came.
    assert_eq!(home.run(&["plugin", "call", "evil", "get_hooks"]).stdout, "\u{1b}]0;owned\u{7}\n");
}

#[test]
fn entries_of_a_log_cannot_act_on_a_terminal() {
    let home = home();
    // The text of a log, as a stranger may have sent it: CSI in one byte, the direction of writing, what is not seen, delete.
    home.write("in.log", "a\u{9b}2Jb \u{202e}c \u{200b}d \u{7f}e \u{e0041}f \u{1b}[1mg\n");
    home.write("logs.yml", "sources: [{type: file, paths: [in.log]}]\noutputs: [{type: stdout}]\n");
    let raw = home.run(&["-q", "logs", "logs.yml"]);
    raw.exits_with(0);
    assert!(raw.stdout.contains('\u{9b}') && raw.stdout.contains('\u{202e}'), "{:?}", raw.stdout);
    let Some(outcome) = on_a_terminal(&home, "driftless -q --color never logs logs.yml", &[]) else { return };
    outcome.exits_with(0);
    let hidden = ['\u{9b}', '\u{202e}', '\u{200b}', '\u{7f}', '\u{e0041}', '\u{1b}'];
    assert!(!outcome.stdout.contains(hidden), "{:?}", outcome.stdout);
    assert!(outcome.stdout.contains("\\u{9b}2Jb \\u{202e}c"), "{:?}", outcome.stdout);
}
