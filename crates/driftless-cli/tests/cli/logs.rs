//! Pipelines that take more than a file of expectations to describe.

use crate::harness::Home;

const TO_FILE: &str = "outputs: [{type: file, path: out.jsonl}]\n";

#[test]
fn lines_keep_their_order_however_many_workers_there_are() {
    let home = Home::new();
    let numbers: String = (0..50_000).map(|number| format!("{number}\n")).collect();
    home.write("in.log", &numbers);
    home.write("pipeline.yml", format!("sources: [{{type: file, paths: [in.log]}}]\n{TO_FILE}"));
    home.run(&["logs", "pipeline.yml", "--workers", "7"]).exits_with(0).says("50000 lines: 50000 kept, ");
    let written = home.read("out.jsonl");
    let expected = (0..50_000).map(|number| format!("{{\"message\":\"{number}\"}}"));
    assert!(written.lines().eq(expected));
}

#[test]
fn a_line_of_any_length_is_no_danger() {
    let home = Home::new();
    let long = "x".repeat(6 << 20);
    home.write("in.log", format!("before\n{long}\nbehind\n{long}"));
    home.write(
        "pipeline.yml",
        format!("sources: [{{type: file, paths: [in.log]}}]\n{TO_FILE}rejected: rejected.log\n"),
    );
    let outcome = home.run(&["logs", "pipeline.yml"]);
    outcome
        .exits_with(0)
        .says("4 lines: 2 kept, 0 dropped, 2 failed")
        .says("in.log, line 2: the line is longer than");
    assert_eq!(home.read("out.jsonl"), "{\"message\":\"before\"}\n{\"message\":\"behind\"}\n");
    assert!(home.read("rejected.log").trim_end() == format!("{long}\n{long}"));
}

#[test]
fn many_failures_are_counted_and_a_few_told() {
    let home = Home::new();
    home.install("log-pipeline-plugin");
    home.write("in.log", "rubbish\n".repeat(500));
    home.write(
        "pipeline.yml",
        format!("sources: [{{type: file, paths: [in.log], parser: {{type: log-pipeline-plugin.combined}}}}]\n{TO_FILE}"),
    );
    let outcome = home.run(&["logs", "pipeline.yml"]);
    outcome
        .exits_with(1)
        .says("500 lines failed and are lost")
        .says("490 more lines failed")
        .says("in.log, line 10: ");
    assert!(outcome.stderr.lines().count() < 20, "{}", outcome.stderr);
}

#[test]
fn a_plugin_that_breaks_on_every_line_is_given_up() {
    let home = Home::new();
    home.assemble(
        "broken",
        r#"(module
            (memory (export "memory") 2)
            (data (i32.const 0) "[{\22name\22:\22parser\22}]")
            (func (export "driftless_reserve") (param i32) (result i32) (i32.const 65536))
            (func (export "get_log_parsers") (result i64) (i64.const 19))
            (func (export "execute_log_parser") (param i32 i32 i32 i32 i32 i32) (result i64) (unreachable)))"#,
    );
    home.write("in.log", "line\n".repeat(5000));
    home.write(
        "pipeline.yml",
        format!("sources: [{{type: file, paths: [in.log], parser: {{type: broken.parser}}}}]\n{TO_FILE}"),
    );
    let outcome = home.run(&["logs", "pipeline.yml"]);
    outcome
        .exits_with(1)
        .says("error: plugin `broken`, log parser `parser`: circuit open after 5 failures in a row");
    assert_eq!(home.read("out.jsonl"), "");
}

#[test]
fn entries_that_are_no_json_are_not_written() {
    let home = Home::new();
    for (reply, length) in [("not json", 8), ("[1,2]", 5), ("{\\22a\\22:1}{}", 9)] {
        home.assemble(
            "odd",
            &format!(
                r#"(module
                    (memory (export "memory") 2)
                    (data (i32.const 0) "[{{\22name\22:\22parser\22}}]")
                    (data (i32.const 100) "{reply}")
                    (func (export "driftless_reserve") (param i32) (result i32) (i32.const 65536))
                    (func (export "get_log_parsers") (result i64) (i64.const 19))
                    (func (export "execute_log_parser") (param i32 i32 i32 i32 i32 i32) (result i64)
                        (i64.or (i64.shl (i64.const 100) (i64.const 32)) (i64.const {length}))))"#
            ),
        );
        home.write("in.log", "line\n");
        home.write("pipeline.yml", "sources: [{type: file, paths: [in.log], parser: {type: odd.parser}}]\noutputs: [{type: stdout}]\n");
        let outcome = home.run(&["logs", "pipeline.yml"]);
        outcome.exits_with(1).says("in.log, line 1: plugin `odd`, log parser `parser`: its reply is not");
        assert_eq!(outcome.stdout, "");
    }
}
