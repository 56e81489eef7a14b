//! Ctrl-C. In the middle of a pipeline, what was read is written, and the summary is printed; any other command ends what plugins do.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;

use crate::harness::{Home, asks_its_host, repository, start, start_unread, wait_until};

/// The lines of a file, which has none while it is not there.
fn lines(home: &Home, name: &str) -> Vec<String> {
    let bytes = std::fs::read(home.path().join(name)).unwrap_or_default();
    String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect()
}

/// How many lines the summary counts, of which there is one.
#[track_caller]
fn counted(stderr: &str) -> usize {
    let summaries: Vec<_> = stderr.lines().filter(|line| line.contains(" kept, ")).collect();
    assert_eq!(summaries.len(), 1, "{stderr}");
    summaries[0].split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn standard_input() {
    let home = Home::new();
    home.write("pipeline.yml", "sources: [{type: stdin}]\noutputs: [{type: file, path: out.jsonl}]\n");
    let mut run = start(home.command(["logs", "pipeline.yml"]).stdin(Stdio::piped()));
    let mut stdin = run.stdin();
    for number in 0..1000 {
        writeln!(stdin, "line {number}").unwrap();
    }
    write!(stdin, "a last line without its end").unwrap();
    stdin.flush().unwrap();
    wait_until("all whole lines are written", || lines(&home, "out.jsonl").len() == 1000);
    // The last line came with the others, but it cannot be seen from outside that it was read.
    std::thread::sleep(Duration::from_millis(300));

    run.interrupt();
    let outcome = run.finish();
    outcome.exits_with(130);
    assert_eq!(counted(&outcome.stderr), 1001);
    let written = lines(&home, "out.jsonl");
    assert_eq!(written.len(), 1001);
    assert_eq!(written[999], r#"{"message":"line 999"}"#);
    assert_eq!(written[1000], r#"{"message":"a last line without its end"}"#);
    drop(stdin);
}

#[test]
fn a_large_file() {
    let home = Home::new();
    home.install("log-pipeline-plugin");
    let log = std::fs::read(repository().join("examples/data/access.log")).unwrap();
    home.write("access.log", log.repeat(300));
    let pipeline = "sources:\n  - {type: file, paths: [access.log], parser: {type: log-pipeline-plugin.combined}}\n\
                    outputs: [{type: file, path: out.jsonl}]\nworkers: 2\n";
    home.write("pipeline.yml", pipeline);
    let run = start(&mut home.command(["logs", "pipeline.yml"]));
    wait_until("the first lines are written", || {
        home.path().join("out.jsonl").metadata().is_ok_and(|out| out.len() > 0)
    });
    run.interrupt();
    let outcome = run.finish();
    outcome.exits_with(130);

    let written = home.read("out.jsonl");
    assert!(written.ends_with('\n'));
    let all = log.iter().filter(|byte| **byte == b'\n').count() * 300;
    let count = written.lines().count();
    assert_eq!(counted(&outcome.stderr), count, "every line that counts is there");
    assert!(count < all, "it was interrupted in the middle");

    // What is there is the beginning, in order, without a gap: the same as without an interrupt.
    home.write("access.log", &log);
    home.write("pipeline.yml", pipeline.replace("out.jsonl", "once.jsonl"));
    home.run(&["logs", "pipeline.yml"]).exits_with(0);
    let once = home.read("once.jsonl");
    assert!(written.lines().eq(once.lines().cycle().take(count)));
}

#[test]
fn a_plugin_without_end() {
    let home = Home::new();
    home.install("log-pipeline-plugin");
    home.write(
        "pipeline.yml",
        "sources: [{type: log-pipeline-plugin.generate, count: 9000000000, seed: 1}]\n\
         outputs: [{type: file, path: out.jsonl}]\n",
    );
    let run = start(&mut home.command(["logs", "pipeline.yml", "--json"]));
    wait_until("the first lines are written", || !lines(&home, "out.jsonl").is_empty());
    run.interrupt();
    let outcome = run.finish();
    outcome.exits_with(130);
    let count = lines(&home, "out.jsonl").len();
    assert!(outcome.stdout.contains(&format!("\"kept\":{count},")), "{}", outcome.stdout);
}

#[test]
fn following_ends_well() {
    let home = Home::new();
    home.write(
        "pipeline.yml",
        "sources: [{type: file, paths: [a.log, b.log]}]\noutputs: [{type: file, path: out.jsonl}]\n",
    );
    let log = home.write("a.log", "one\n");
    let run = start(&mut home.command(["logs", "pipeline.yml", "--follow"]));
    wait_until("what was there is written", || lines(&home, "out.jsonl").len() == 1);
    let mut grown = OpenOptions::new().append(true).open(&log).unwrap();
    writeln!(grown, "two").unwrap();
    wait_until("what came is written", || lines(&home, "out.jsonl").len() == 2);
    // A file that comes later, and one that is replaced, as a log is when it is rotated.
    home.write("b.log", "three\n");
    wait_until("the new file is written", || lines(&home, "out.jsonl").len() == 3);
    std::fs::rename(&log, home.path().join("a.log.1")).unwrap();
    home.write("a.log", "four\nfive, not at its e");
    wait_until("the replacement is written", || lines(&home, "out.jsonl").len() == 4);
    std::thread::sleep(Duration::from_millis(500));

    run.interrupt();
    let outcome = run.finish();
    outcome.exits_with(0);
    assert_eq!(counted(&outcome.stderr), 5);
    let expected = ["one", "two", "three", "four", "five, not at its e"]
        .map(|line| format!(r#"{{"message":"{line}"}}"#));
    assert_eq!(lines(&home, "out.jsonl"), expected);
}

#[test]
fn the_second_one_ends_it_at_once() {
    let home = Home::new();
    home.write(
        "pipeline.yml",
        format!(
            "sources: [{{type: file, paths: [{:?}]}}]\noutputs: [{{type: stdout}}]\n",
            repository().join("examples/data/access.log")
        ),
    );
    // The test does not read the output, so writing what was read never ends.
    let mut run = start_unread(&mut home.command(["logs", "pipeline.yml"]));
    std::thread::sleep(Duration::from_millis(500));
    assert!(run.is_running());
    run.interrupt();
    std::thread::sleep(Duration::from_millis(1500));
    assert!(run.is_running(), "the first interrupt waits for what was read");
    run.interrupt();
    run.finish().exits_with(130).says("another Ctrl-C ends it at once");
}

#[test]
fn while_a_plugin_hangs() {
    let home = Home::new();
    home.assemble(
        "slow",
        r#"(module
            (memory (export "memory") 2)
            (data (i32.const 0) "[{\22name\22:\22forever\22}]")
            (func (export "driftless_reserve") (param i32) (result i32) (i32.const 65536))
            (func (export "get_log_parsers") (result i64) (i64.const 20))
            (func (export "execute_log_parser") (param i32 i32 i32 i32 i32 i32) (result i64)
                (loop $again (br $again))
                (i64.const 0)))"#,
    );
    home.write(
        ".driftless/plugins.toml",
        "[security]\nfuel_limit = 1000000000000000\nexecution_timeout_secs = 2\n",
    );
    home.write("in.log", "one\n");
    home.write(
        "pipeline.yml",
        "sources: [{type: file, paths: [in.log], parser: {type: slow.forever}}]\noutputs: [{type: stdout}]\n",
    );
    let run = start(&mut home.command(["logs", "pipeline.yml"]));
    std::thread::sleep(Duration::from_millis(300));
    run.interrupt();
    let outcome = run.finish();
    // The call ends at its limit; the line is lost, which is worse than being interrupted.
    outcome.exits_with(1).says("took longer than its 2 seconds").says("1 line failed and is lost");
    assert_eq!(counted(&outcome.stderr), 1);
}

/// A task that runs whatever program its configuration asks for.
fn runs_programs() -> String {
    asks_its_host("runs", "host_process", r#"{"Process":{"commands":["/bin/sh"]}}"#)
}

#[test]
fn it_ends_the_programs_that_a_plugin_has_started() {
    let home = Home::new();
    home.assemble("runs", &runs_programs());
    home.run(&["plugin", "grant", "runs", "--all"]).exits_with(0);
    let pid = home.path().join("pid");
    let request = format!(
        r#"{{"command":"/bin/sh","arguments":["-c","echo $$ > {0}.new; mv {0}.new {0}; sleep 3600; true"]}}"#,
        pid.display()
    );
    let run = start(&mut home.command(["plugin", "call", "runs", "execute_task", "ask", &request]));
    wait_until("the program has started", || pid.exists());
    run.interrupt();
    run.finish().exits_with(130);
    let pid: i32 = home.read("pid").trim().parse().unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    wait_until("the program is gone", || rustix::process::test_kill_process(pid).is_err());
}

/// A request to run a shell.
fn shell(script: &str) -> String {
    serde_json::json!({"command": "/bin/sh", "arguments": ["-c", script]}).to_string()
}

#[test]
fn a_terminal_that_goes_away_ends_the_command_and_its_programs() {
    let home = Home::new();
    home.assemble("runs", &runs_programs());
    home.run(&["plugin", "grant", "runs", "--all"]).exits_with(0);
    let pid = home.path().join("pid");
    let request = shell(&format!("echo $$ > {0}.new; mv {0}.new {0}; sleep 3600; true", pid.display()));
    let run = start(&mut home.command(["plugin", "call", "runs", "execute_task", "ask", &request]));
    wait_until("the program has started", || pid.exists());
    run.signal(Signal::HUP);
    run.finish().exits_with(129);
    let pid = rustix::process::Pid::from_raw(home.read("pid").trim().parse().unwrap()).unwrap();
    wait_until("the program is gone", || rustix::process::test_kill_process(pid).is_err());
}

#[test]
fn a_terminal_that_goes_away_ends_a_pipeline_that_does_not_follow_at_once() {
    let home = Home::new();
    home.write("pipeline.yml", "sources: [{type: stdin}]\noutputs: [{type: file, path: out.jsonl}]\n");
    let mut run = start(home.command(["logs", "pipeline.yml"]).stdin(Stdio::piped()));
    let mut stdin = run.stdin();
    writeln!(stdin, "one").unwrap();
    wait_until("the line is written", || lines(&home, "out.jsonl").len() == 1);
    run.signal(Signal::HUP);
    run.finish().exits_with(129);
}

#[test]
fn a_pipeline_that_follows_ends_well_without_its_terminal_and_when_it_is_terminated() {
    // The shell and the kernel may both say that the terminal is gone.
    for signals in [&[Signal::HUP][..], &[Signal::HUP, Signal::HUP], &[Signal::TERM]] {
        let home = Home::new();
        home.write(
            "pipeline.yml",
            "sources: [{type: file, paths: [a.log]}]\noutputs: [{type: file, path: out.jsonl}]\n",
        );
        home.write("a.log", "one\n");
        let run = start(&mut home.command(["logs", "pipeline.yml", "--follow"]));
        wait_until("what was there is written", || lines(&home, "out.jsonl").len() == 1);
        for signal in signals {
            run.signal(*signal);
            // Two of one kind that wait are one.
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let outcome = run.finish();
        outcome.exits_with(0);
        assert_eq!(counted(&outcome.stderr), 1);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn nohup_lets_a_command_go_on_without_its_terminal() {
    let home = Home::new();
    home.write("pipeline.yml", "sources: [{type: stdin}]\noutputs: [{type: file, path: out.jsonl}]\n");
    let driftless = home.command(["logs", "pipeline.yml"]);
    let mut nohup = std::process::Command::new("nohup");
    nohup.arg(driftless.get_program()).args(driftless.get_args());
    home.prepare(&mut nohup);
    let mut run = start(nohup.stdin(Stdio::piped()));
    let mut stdin = run.stdin();
    writeln!(stdin, "one").unwrap();
    wait_until("the first line is written", || lines(&home, "out.jsonl").len() == 1);
    run.signal(Signal::HUP);
    writeln!(stdin, "two").unwrap();
    wait_until("the second line is written", || lines(&home, "out.jsonl").len() == 2);
    drop(stdin);
    run.finish().exits_with(0);
}

#[test]
fn a_granted_program_hears_signals_as_ever() {
    let home = Home::new();
    home.assemble("runs", &runs_programs());
    home.run(&["plugin", "grant", "runs", "--all"]).exits_with(0);
    let survived = home.path().join("survived");
    for signal in ["INT", "TERM", "HUP"] {
        let request = shell(&format!("kill -{signal} $$; echo > {}", survived.display()));
        home.run(&["plugin", "call", "runs", "execute_task", "ask", &request]).exits_with(0);
        assert!(!survived.exists(), "{signal} is blocked");
    }
}

#[test]
fn a_recording_that_is_interrupted_records_nothing() {
    let home = Home::new();
    home.assemble("runs", &runs_programs());
    home.run(&["plugin", "grant", "runs", "--all"]).exits_with(0);
    let pid = home.path().join("pid");
    let request = shell(&format!("echo $$ > {0}.new; mv {0}.new {0}; sleep 3600; true", pid.display()));
    home.write("tests/cases/run.yml", format!("call: execute_task\nwith: [ask, {request}]\n"));
    let plugin = home.path().join(".driftless/plugins/runs.wasm");
    let run = start(home.command(["plugin", "test", "--record"]).arg(plugin));
    wait_until("the program has started", || pid.exists());
    run.interrupt();
    run.finish().exits_with(130).says("it was interrupted; nothing of tests/cases/run.yml was recorded");
    assert!(!home.path().join("tests/cases/run.recorded.json").exists());
    let pid = rustix::process::Pid::from_raw(home.read("pid").trim().parse().unwrap()).unwrap();
    wait_until("the program is gone", || rustix::process::test_kill_process(pid).is_err());
}

/// A template that takes minutes in the engine, and prints nothing.
const ENDLESS: &str =
    "{% for a in range(100000) %}{% for b in range(100000) %}{% set c = a * b %}{% endfor %}{% endfor %}done";

#[test]
fn a_template_without_end_is_ended_by_the_first() {
    let home = Home::new();
    home.assemble("runs", &runs_programs());
    home.write("page.j2", ENDLESS);
    home.write("site.yml", format!("tasks: [{{type: runs.ask, run: \"{ENDLESS}\"}}]\n"));
    home.write(
        "pipeline.yml",
        format!("vars: {{x: \"{ENDLESS}\"}}\nsources: [{{type: stdin}}]\noutputs: [{{type: stdout}}]\n"),
    );
    let runs: [&[&str]; 3] = [&["render", "page.j2"], &["apply", "site.yml"], &["logs", "pipeline.yml"]];
    for (args, signal) in runs.into_iter().zip([Signal::INT, Signal::TERM, Signal::INT]) {
        let mut run = start(&mut home.command(args));
        // Nothing can be seen of it from outside but that it goes on.
        std::thread::sleep(Duration::from_millis(500));
        assert!(run.is_running(), "{args:?}");
        run.signal(signal);
        let outcome = run.finish();
        outcome.exits_with(130);
        assert_eq!(outcome.stdout, "", "{args:?}");
    }
}

#[test]
fn an_output_that_is_being_written_is_not_torn() {
    let home = Home::new();
    let longer_than_a_pipe = "x".repeat(1 << 20);
    home.write("page.j2", format!("{longer_than_a_pipe}\nend"));
    let mut child = home.command(["render", "page.j2"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    let mut read = vec![0; 1];
    out.read_exact(&mut read).unwrap();
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), Signal::INT).unwrap();
    // Longer than a command has that writes nothing.
    std::thread::sleep(Duration::from_millis(1500));
    out.read_to_end(&mut read).unwrap();
    assert!(child.wait().unwrap().code() == Some(130) && read.ends_with(b"\nend"), "{} bytes", read.len());
    assert_eq!(read.len(), longer_than_a_pipe.len() + 4);
}
