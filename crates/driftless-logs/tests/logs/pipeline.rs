//! Log pipelines, from the lines of a file to the entries of another.

use std::fs;
use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use driftless_host::{ErrorKind, LogRecord, PluginManager, Settings};
use driftless_logs::{Control, PipelineFile};
use driftless_plugin_api::component::ComponentKind::{LogFilter, LogOutput, LogParser, LogSource};
use serde_json::{Value, json};

use crate::guest::{Action, Action::*, Guest, INPUT, LOOP, TRAP, WRAP, builder, builder_in, manager};
use crate::harness::{Ended, Folder, pipeline, run_on, run_under, wait_until};

/// Runs a pipeline that has no error, with the plugin [`stages`].
#[track_caller]
fn run(file: Value) -> Ended {
    let ended = run_on(&stages(), file);
    if let Some(error) = &ended.finished.error {
        panic!("{error}");
    }
    ended
}

/// Takes no line that begins with `b`, and says so in the line's own words.
const PICKY: Action<'_> = Runs(
    r#"(if (i32.eq (i32.load8_u (local.get $a2)) (i32.const 98))
        (then (return (i64.or (i64.const 0x8000_0000) (call $reply (local.get $a2) (local.get $l2))))))
    (call $wrap (local.get $a2) (local.get $l2))"#,
);

/// Traps at a line that begins with `b`.
const FRAGILE: Action<'_> = Runs(
    "(if (i32.eq (i32.load8_u (local.get $a2)) (i32.const 98)) (then unreachable))
    (call $wrap (local.get $a2) (local.get $l2))",
);

/// Hands each entry to the log.
const TELL: Action<'_> = Runs(
    "(call $log (local.get $a0) (local.get $l0) (local.get $a2) (local.get $l2))
    (call $reply (i32.const 0) (i32.const 0))",
);

/// Says `true` for an entry of `wrap` whose line begins with `k`, and `false` for any other: texts that stand in the name.
const KEEP: Action<'_> = Runs(
    "(if (result i64) (i32.eq (i32.load8_u offset=9 (local.get $a2)) (i32.const 107))
        (then (call $reply (local.get $a0) (i32.const 4)))
        (else (call $reply (i32.add (local.get $a0) (i32.const 5)) (i32.const 5))))",
);
const KEEP_NAME: &str = "true-false";

/// A plugin with a stage for everything.
pub(crate) fn stages() -> PluginManager {
    manager(&[("p", &stages_guest())])
}

pub(crate) fn stages_guest() -> Guest {
    Guest::new()
        .with(LogParser, "same", INPUT)
        .with(LogParser, "wrap", WRAP)
        .with(LogParser, "picky", PICKY)
        .with(LogParser, "fragile", FRAGILE)
        .with(LogParser, "trap", TRAP)
        .with(LogParser, "loop", LOOP)
        .with(LogParser, "newlines", Says("\n{\n\t\"a\":\r\n 1}\r\n"))
        .with(LogFilter, KEEP_NAME, KEEP)
        .with(LogFilter, "yes", Says(" true\n"))
        .with(LogFilter, "perhaps", Says("perhaps"))
        .with(LogFilter, "decline", Fails(r#"{"error":"not today"}"#))
        .with(LogFilter, "trap", TRAP)
        .with(LogOutput, "tell", TELL)
        .with(LogOutput, "decline", Fails(r#"{"error":"the disk is full"}"#))
        .with(LogOutput, "trap", TRAP)
        .with(LogSource, "all", Says(r#"["one", "two", {"three": 3}, "four"]"#))
        .with(
            LogSource,
            "more",
            Turns(&[
                r#"{"records": ["one", "two"], "more": true}"#,
                r#"{"records": [], "more": true}"#,
                r#"{"records": [{"a":
                    1}, "three\n"], "more": true}"#,
                r#"{"records": ["four"]}"#,
            ]),
        )
        .with(LogSource, "endless", Says(r#"{"records": ["again"], "more": true}"#))
        .with(LogSource, "number", Says("[1]"))
        .with(LogSource, "nothing", Says("[]"))
        .with(LogSource, "words", Says("hello"))
        .with(LogSource, "trap", TRAP)
}

pub(crate) fn numbered(count: usize) -> String {
    (0..count).map(|number| format!("{{\"n\":{number}}}\n")).collect()
}

#[test]
fn lines_keep_their_order_however_many_workers_there_are() {
    let folder = Folder::new();
    let lines = numbered(50_000);
    folder.write("in", &lines);
    for workers in [1, 2, 7] {
        let ended = run(folder.file(
            Some("same"),
            json!({"workers": workers, "outputs": [
                {"type": "file", "path": folder.text("out"), "mode": "replace"},
            ]}),
        ));
        assert_eq!(ended.counts(), [50_000, 0, 0]);
        assert_eq!(ended.reported, [""; 0]);
        assert!(!ended.finished.lost_lines);
        assert!(folder.read("out") == lines, "{workers} workers change the order");
    }
}

#[test]
fn several_files_come_one_after_the_other() {
    let folder = Folder::new();
    for (name, content) in
        [("a.log", "1\n2\n"), ("b.log", "3"), ("c.log", ""), ("d.log", "4\n"), ("e.txt", "5\n")]
    {
        folder.write(name, content);
    }
    let source = json!({"type": "file", "paths": [folder.text("e.txt"), folder.text("*.log")]});
    run(folder.file(None, json!({"sources": [source]})));
    let messages = ["5", "1", "2", "3", "4"].map(|line| format!("{{\"message\":\"{line}\"}}\n"));
    assert_eq!(folder.read("out"), messages.concat());
}

#[test]
fn several_sources_keep_their_own_order() {
    let folder = Folder::new();
    for name in ["a", "b"] {
        let lines: String = (0..20_000).map(|number| format!("{name} {number}\n")).collect();
        folder.write(name, lines);
    }
    let source = |name: &str| json!({"type": "file", "name": name, "paths": [folder.text(name)]});
    run(folder.file(None, json!({"sources": [source("a"), source("b")], "workers": 4})));
    let written = folder.read("out");
    for name in ["a", "b"] {
        let of_source = written.lines().filter(|line| line.contains(&format!("\"{name} ")));
        let expected = (0..20_000).map(|number| format!("{{\"message\":\"{name} {number}\"}}"));
        assert!(of_source.eq(expected), "{name}");
    }
}

#[test]
fn without_a_parser_a_line_is_a_message() {
    let folder = Folder::new();
    folder.write("in", "plain\n\"quoted\" \\ \t tab\nä 😀 \u{1b}[2J\n\n  spaces  \n");
    let ended = run(folder.file(None, json!({})));
    assert_eq!(ended.counts(), [5, 0, 0]);
    let written = folder.read("out");
    let messages: Vec<Value> = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let lines = ["plain", "\"quoted\" \\ \t tab", "ä 😀 \u{1b}[2J", "", "  spaces  "];
    assert_eq!(messages, lines.map(|line| json!({"message": line})));
}

#[test]
fn a_filter_drops_what_it_does_not_want() {
    let folder = Folder::new();
    folder.write("in", "k1\nx\nk2\nk3\ny\n");
    let filter = json!({"type": format!("p.{KEEP_NAME}")});
    let ended = run(folder.file(Some("wrap"), json!({"filters": [{"type": "p.yes"}, filter]})));
    assert_eq!(ended.counts(), [3, 2, 0]);
    assert_eq!(folder.read("out"), "{\"line\":\"k1\"}\n{\"line\":\"k2\"}\n{\"line\":\"k3\"}\n");
    assert!(!ended.finished.lost_lines);
}

#[test]
fn what_a_filter_cannot_decide_has_failed() {
    for (filter, expected) in [
        ("perhaps", "plugin `p`, log filter `perhaps`: its reply is neither true nor false"),
        ("decline", "plugin `p`, log filter `decline`: not today"),
    ] {
        let folder = Folder::new();
        folder.write("in", "one\n");
        let ended = run(folder.file(None, json!({"filters": [{"type": format!("p.{filter}")}]})));
        assert_eq!(ended.counts(), [0, 0, 1]);
        assert_eq!(ended.reported, [format!("{}, line 1: {expected}", folder.text("in"))]);
    }
}

#[test]
fn lines_that_fail_are_counted_and_told_with_their_place() {
    let folder = Folder::new();
    folder.write("a", "good\nbad one\ngood\n");
    folder.write("b", "bad two\r\ngood\nbad three");
    let sources = json!([{
        "type": "file", "paths": [folder.text("a"), folder.text("b")], "parser": {"type": "p.picky"},
    }]);
    let rejected = folder.text("rejected");
    let ended = run(folder.file(None, json!({"sources": sources, "rejected": rejected})));
    assert_eq!(ended.counts(), [3, 0, 3]);
    let told = |file: &str, line: u32, text: &str| {
        format!("{}, line {line}: plugin `p`, log parser `picky`: {text}", folder.text(file))
    };
    assert_eq!(ended.reported, [told("a", 2, "bad one"), told("b", 1, "bad two"), told("b", 3, "bad three")]);
    // They are kept as they were, so nothing is lost.
    assert_eq!(folder.read("rejected"), "bad one\nbad two\r\nbad three\n");
    assert!(!ended.finished.lost_lines);
    assert_eq!(folder.read("out"), "{\"line\":\"good\"}\n".repeat(3));
}

#[test]
fn without_a_place_for_them_failed_lines_are_lost() {
    let folder = Folder::new();
    folder.write("in", "good\nbad\n");
    let ended = run(folder.file(Some("picky"), json!({})));
    assert_eq!(ended.counts(), [1, 0, 1]);
    assert!(ended.finished.lost_lines);
}

#[test]
fn of_many_failures_the_first_are_told() {
    let folder = Folder::new();
    // The numbers are right across batches as well.
    let lines: String = (0..60_000)
        .map(|n| if n % 1000 == 999 { format!("bad {n}\n") } else { format!("good {n}\n") })
        .collect();
    folder.write("in", &lines);
    let rejected = json!({"rejected": folder.text("rejected"), "workers": 4});
    let ended = run(folder.file(Some("picky"), rejected));
    assert_eq!(ended.counts(), [59_940, 0, 60]);
    assert_eq!(ended.reported.len(), 11);
    for (told, number) in ended.reported[..10].iter().zip((1000..).step_by(1000)) {
        let expected = format!("in, line {number}: plugin `p`, log parser `picky`: bad {}", number - 1);
        assert!(told.ends_with(&expected), "{told}");
    }
    assert_eq!(ended.reported[10], "50 more lines failed");
    let bad: String = lines.split_inclusive('\n').filter(|line| line.starts_with('b')).collect();
    assert_eq!(folder.read("rejected"), bad);
}

#[test]
fn a_line_ends_where_it_ends() {
    let check = |input: &str, expected: &[&str]| {
        let folder = Folder::new();
        folder.write("in", input);
        let ended = run(folder.file(Some("wrap"), json!({})));
        assert_eq!(ended.counts(), [expected.len() as u64, 0, 0], "{input:?}");
        let expected: String = expected.iter().map(|line| format!("{{\"line\":\"{line}\"}}\n")).collect();
        assert_eq!(folder.read("out"), expected, "{input:?}");
    };
    check("", &[]);
    check("\n", &[""]);
    check("one", &["one"]);
    check("one\n", &["one"]);
    check("one\ntwo", &["one", "two"]);
    check("one\r\ntwo\r\n", &["one", "two"]);
    check("one\r\ntwo\r", &["one", "two"]);
    check("\r\n\r\n", &["", ""]);
    check("one\n\n\ntwo\n", &["one", "", "", "two"]);
}

#[test]
fn a_line_that_is_not_utf_8_fails_alone() {
    let folder = Folder::new();
    folder.write("in", b"good\nbe\xff\xfe\ngood\n\xc3\n");
    let ended = run(folder.file(Some("wrap"), json!({"rejected": folder.text("rejected")})));
    assert_eq!(ended.counts(), [2, 0, 2]);
    let place = folder.text("in");
    assert_eq!(
        ended.reported,
        [
            format!("{place}, line 2: the line: it is not UTF-8 (at byte 2)"),
            format!("{place}, line 4: the line: it is not UTF-8 (at byte 0)"),
        ]
    );
    assert_eq!(fs::read(folder.path("rejected")).unwrap(), b"be\xff\xfe\n\xc3\n");
}

/// The longest line that is looked at.
const MAX_LINE_BYTES: usize = 4 << 20;

#[test]
fn a_line_that_is_too_long_fails_alone() {
    for length in [MAX_LINE_BYTES + 1, MAX_LINE_BYTES + 100_000, MAX_LINE_BYTES + 200_000, 3 * MAX_LINE_BYTES]
    {
        let folder = Folder::new();
        let long = "x".repeat(length);
        folder.write("in", format!("one\n{long}\nthree\nbad\n"));
        let ended = run(folder.file(Some("picky"), json!({"rejected": folder.text("rejected")})));
        assert_eq!(ended.counts(), [2, 0, 2], "{length}");
        let place = folder.text("in");
        assert_eq!(
            ended.reported,
            [
                format!("{place}, line 2: the line is longer than {MAX_LINE_BYTES} bytes"),
                format!("{place}, line 4: plugin `p`, log parser `picky`: bad"),
            ]
        );
        assert!(
            folder.read("rejected") == format!("{long}\nbad\n"),
            "{length} bytes are not kept as they were"
        );
        assert_eq!(folder.read("out"), "{\"line\":\"one\"}\n{\"line\":\"three\"}\n");
    }
}

#[test]
fn a_line_that_is_as_long_as_may_be_is_a_line() {
    let folder = Folder::new();
    let long = "x".repeat(MAX_LINE_BYTES);
    folder.write("in", format!("{long}\r\nbehind\n{long}"));
    let ended = run(folder.file(Some("wrap"), json!({})));
    assert_eq!(ended.counts(), [3, 0, 0]);
    let line = format!("{{\"line\":\"{long}\"}}\n");
    assert!(folder.read("out") == format!("{line}{{\"line\":\"behind\"}}\n{line}"));
}

#[test]
fn lines_that_are_too_long_do_not_run_together() {
    // The last of a file without a newline, exactly at the end of what is read at once, and one more file behind it.
    for length in [2 * MAX_LINE_BYTES, 2 * MAX_LINE_BYTES + 1, 2 * MAX_LINE_BYTES + (128 << 10)] {
        let folder = Folder::new();
        let long = "x".repeat(length);
        folder.write("a", &long);
        folder.write("b", format!("bad\n{long}\nbad\n"));
        let sources = json!([{
            "type": "file", "paths": [folder.text("a"), folder.text("b")], "parser": {"type": "p.picky"},
        }]);
        let file = folder.file(None, json!({"sources": sources, "rejected": folder.text("rejected")}));
        assert_eq!(run(file).counts(), [0, 0, 4]);
        assert!(folder.read("rejected") == format!("{long}\nbad\n{long}\nbad\n"), "{length}");
    }
}

/// Makes a large entry of `{"n":1`, with 300,000 spaces before the brace that it lacks, and breaks where the line begins with a `b`.
const LARGE: Action<'_> = Runs(
    "(if (i32.eq (i32.load8_u (local.get $a2)) (i32.const 98)) (then unreachable))
    (memory.copy (i32.const 1048576) (local.get $a2) (local.get $l2))
    (memory.fill (i32.add (i32.const 1048576) (local.get $l2)) (i32.const 32) (i32.const 300000))
    (i32.store8 (i32.add (i32.const 1348576) (local.get $l2)) (i32.const 125))
    (call $reply (i32.const 1048576) (i32.add (local.get $l2) (i32.const 300001)))",
);

/// A batch of short lines can become far more than may wait for its turn, so it is written in parts.
#[test]
fn entries_far_longer_than_their_lines_keep_their_order_and_their_numbers() {
    let folder = Folder::new();
    let lines: Vec<String> = (1..=600)
        .map(|number| if number % 100 == 50 { "bad".to_owned() } else { format!("{{\"n\":{number}") })
        .collect();
    // Several batches of few lines: most of the bytes are white space at the ends of the lines.
    folder.write("in", lines.iter().map(|line| format!("{line}{}\n", " ".repeat(1000))).collect::<String>());
    let manager = manager(&[("p", &Guest::new().with(LogParser, "large", LARGE))]);
    for workers in [1, 2, 5] {
        let ended = run_on(
            &manager,
            folder.file(
                Some("large"),
                json!({"workers": workers, "rejected": folder.text(&format!("rejected-{workers}")), "outputs": [
                    {"type": "file", "path": folder.text("out"), "mode": "replace"},
                ]}),
            ),
        );
        assert_eq!(ended.counts(), [594, 0, 6]);
        let written = folder.read("out");
        let read: Vec<&str> = written.lines().collect();
        let expected: Vec<String> = lines
            .iter()
            .filter(|line| *line != "bad")
            .map(|line| format!("{line}{}}}", " ".repeat(301_000)))
            .collect();
        assert!(read == expected, "with {workers} workers the entries are others");
        for (report, line) in ended.reported.iter().zip([50, 150, 250, 350, 450, 550]) {
            assert!(report.contains(&format!(", line {line}: ")), "{report}");
        }
        assert_eq!(folder.read(&format!("rejected-{workers}")).lines().count(), 6);
    }
}

#[test]
fn what_goes_wrong_while_a_batch_is_written_in_parts_ends_the_pipeline() {
    let folder = Folder::new();
    folder.write("in", "{\"n\":1\n".repeat(3000));
    let manager = manager(&[("p", &Guest::new().with(LogParser, "large", LARGE))]);
    let full = json!({"workers": 3, "outputs": [{"type": "file", "path": "/dev/full"}]});
    assert!(run_on(&manager, folder.file(Some("large"), full)).error().to_string().contains("/dev/full"));
}

#[test]
fn an_entry_is_one_line() {
    let folder = Folder::new();
    folder.write("in", "x\nx\n");
    run(folder.file(Some("newlines"), json!({})));
    let written = folder.read("out");
    assert_eq!(written, "{ \t\"a\":   1}\n".repeat(2));
}

#[test]
fn what_is_no_entry_has_failed() {
    for (reply, expected) in [
        ("hello", "its reply is not a JSON object"),
        ("[1]", "its reply is not a JSON object"),
        ("1", "its reply is not a JSON object"),
        ("null", "its reply is not a JSON object"),
        ("", "its reply is not a JSON object"),
        (r#"{"a":"#, "its reply is not JSON: EOF while parsing a value at line 1 column 5"),
        ("{} {}", "its reply is not JSON: trailing characters at line 1 column 4"),
        ("{'a': 1}", "its reply is not JSON: key must be a string at line 1 column 2"),
    ] {
        let folder = Folder::new();
        folder.write("in", "x\n");
        let manager = manager(&[("p", &Guest::new().with(LogParser, "c", Says(reply)))]);
        let ended = run_on(&manager, folder.file(Some("c"), json!({})));
        assert_eq!(ended.counts(), [0, 0, 1], "{reply}");
        let expected = format!("{}, line 1: plugin `p`, log parser `c`: {expected}", folder.text("in"));
        assert_eq!(ended.reported, [expected]);
        assert_eq!(folder.read("out"), "");
    }
}

/// A filter is asked before the entry is read, and is not to blame for what is none.
#[test]
fn what_is_no_entry_is_held_against_the_parser_whatever_the_filters_say() {
    for (filter, on_failure, expected) in [
        ("yes", "fail", [0, 0, 1]),
        ("decline", "fail", [0, 0, 1]),
        ("trap", "skip", [0, 0, 1]),
        // What a filter has dropped is not read.
        ("no", "fail", [0, 1, 0]),
    ] {
        let folder = Folder::new();
        folder.write("in", "x\n");
        let guest = Guest::new()
            .with(LogParser, "c", Says("{'a': 1}"))
            .with(LogFilter, "yes", Says("true"))
            .with(LogFilter, "no", Says("false"))
            .with(LogFilter, "decline", Fails(r#"{"error":"that is no JSON"}"#))
            .with(LogFilter, "trap", TRAP);
        let filters = json!([{"type": format!("p.{filter}"), "on_failure": on_failure}]);
        let ended = run_on(&manager(&[("p", &guest)]), folder.file(Some("c"), json!({"filters": filters})));
        assert_eq!(ended.counts(), expected, "{filter}");
        let blamed = ["log parser `c`: its reply is not JSON", "key must be a string"];
        assert_eq!(ended.reported.len(), expected[2] as usize, "{:?}", ended.reported);
        for report in &ended.reported {
            assert!(blamed.iter().all(|words| report.contains(words)), "{report}");
        }
        assert_eq!(folder.read("out"), "");
    }
}

#[test]
fn an_entry_with_an_error_is_an_entry() {
    let folder = Folder::new();
    folder.write("in", "{\"error\":\"500\"}\n");
    assert_eq!(run(folder.file(Some("same"), json!({}))).counts(), [1, 0, 0]);
}

#[test]
fn a_parser_that_breaks_now_and_then_goes_on() {
    let folder = Folder::new();
    folder.write("in", "bad\ngood\n".repeat(100));
    let ended = run(folder.file(Some("fragile"), json!({"rejected": folder.text("rejected")})));
    assert_eq!(ended.counts(), [100, 0, 100]);
    assert_eq!(folder.read("rejected"), "bad\n".repeat(100));
    let expected =
        "line 1: plugin `p`, log parser `fragile`: trapped: wasm `unreachable` instruction executed";
    assert!(ended.reported[0].ends_with(expected), "{}", ended.reported[0]);
}

#[test]
fn a_parser_that_always_breaks_ends_the_pipeline() {
    let check = |parser: &str, filters: Value, kind: ErrorKind, text: &str| {
        let folder = Folder::new();
        let lines = "x\n".repeat(1000);
        folder.write("in", &lines);
        let settings = Settings::from_toml("[security]\nfuel_limit = 1000000").unwrap();
        let manager = builder_in(settings, &[("p", &stages_guest())]).build().unwrap();
        let more = json!({"rejected": folder.text("rejected"), "filters": filters, "workers": 1});
        let ended = run_on(&manager, folder.file(Some(parser), more));
        assert_eq!((ended.error().kind(), ended.error().to_string()), (kind, text.to_owned()));
        // Each line is accounted for, and none is gone.
        assert_eq!(ended.counts(), [0, 0, 1000]);
        assert_eq!(folder.read("rejected"), lines);
        assert_eq!(ended.reported[10], "990 more lines failed");
    };
    let circuit_open = |stage: &str, why: &str| {
        format!(
            "plugin `p`, {stage}: circuit open after 5 failures in a row within 60 s, the last: {why}; it is tried again in 30 s (`on_failure`)"
        )
    };
    let trapped = "trapped: wasm `unreachable` instruction executed";
    check("trap", json!([]), ErrorKind::Failed, &circuit_open("log parser `trap`", trapped));
    let limit = "used up its 1,000,000 units of fuel";
    check("loop", json!([]), ErrorKind::Limit, &circuit_open("log parser `loop`", limit));
    let filters = json!([{"type": "p.trap"}]);
    check("wrap", filters, ErrorKind::Failed, &circuit_open("log filter `trap`", trapped));
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_ends_the_pipeline_and_is_named() {
    let folder = Folder::new();
    folder.write("in", numbered(100_000));
    let full = json!({"outputs": [{"type": "file", "path": "/dev/full"}], "workers": 4});
    let ended = run_on(&stages(), folder.file(Some("same"), full));
    assert_eq!(ended.error().to_string(), "/dev/full: No space left on device (os error 28)");
    assert_eq!(ended.error().kind(), ErrorKind::Failed);
    assert_eq!(ended.counts(), [0, 0, 0], "what was not written does not count as kept");

    folder.write("in", "bad\n");
    let ended = run_on(&stages(), folder.file(Some("picky"), json!({"rejected": "/dev/full"})));
    assert_eq!(ended.error().to_string(), "/dev/full: No space left on device (os error 28)");
}

/// Set for the process that may write no more than a few kilobytes, to the folder with its files.
pub(crate) const LIMITED: &str = "DRIFTLESS_TEST_LIMITED_FOLDER";

#[test]
#[cfg(unix)]
fn a_disk_that_fills_up_tears_one_line_and_no_other() {
    if let Ok(path) = std::env::var(LIMITED) {
        return write_until_it_is_full(std::path::Path::new(&path));
    }
    let folder = Folder::new();
    let lines = numbered(100_000);
    folder.write("in", &lines);
    folder.write("out", "{\"what\":\"was there\"}\n");
    // The same test again, in a process that the system lets write files of so many blocks only.
    let test = "pipeline::a_disk_that_fills_up_tears_one_line_and_no_other";
    let status = limited(test, &folder).output().unwrap();
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stdout));
    let written = folder.read("out");
    let torn = written.strip_prefix("{\"what\":\"was there\"}\n").expect("what was there stays");
    assert!(lines.starts_with(torn), "{:?}", torn.lines().last());
    // All that fits is there.
    assert!(torn.len() > 100_000, "{} bytes", torn.len());
    assert!(!torn.ends_with('\n'), "the limit should lie in the middle of a line");

    // The next pipeline ends that line and says so.
    let ended = run(folder.file(Some("same"), json!({})));
    let told = "it ended in the middle of a line, which is ended now";
    assert_eq!(ended.reported, [format!("{}: {told}", folder.text("out"))]);
    assert!(folder.read("out") == format!("{written}\n{lines}"));
}

/// A test of this file again, in a process that may write no more than 300 blocks to a file.
#[cfg(unix)]
pub(crate) fn limited(test: &str, folder: &Folder) -> std::process::Command {
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", "trap '' XFSZ; ulimit -f 300; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .env(LIMITED, folder.path(""));
    command
}

fn write_until_it_is_full(folder: &std::path::Path) {
    let path = |name: &str| folder.join(name).display().to_string();
    let file = json!({
        "sources": [{"type": "file", "paths": [path("in")], "parser": {"type": "p.same"}}],
        "outputs": [{"type": "file", "path": path("out")}],
    });
    let ended = run_on(&stages(), file);
    assert!(ended.error().to_string().starts_with(&path("out")), "{}", ended.error());
}

#[test]
fn a_pipeline_that_is_stopped_writes_what_it_has_read() {
    let folder = Folder::new();
    let lines: String =
        (0..400_000).map(|n| if n % 10 == 0 { format!("bad {n}\n") } else { format!("k {n}\n") }).collect();
    folder.write("in", &lines);
    let more = json!({"rejected": folder.text("rejected"), "workers": 2});
    let pipeline = pipeline(&stages(), folder.file(Some("picky"), more), false).unwrap();
    let control = Control::new();
    let ended = std::thread::scope(|scope| {
        scope.spawn(|| {
            wait_until(|| control.lines() > 0);
            control.stop();
        });
        run_under(&control, &pipeline)
    });
    assert!(ended.finished.error.is_none());
    let [kept, dropped, failed] = ended.counts();
    assert!(
        kept + failed > 0 && kept + failed < 400_000,
        "it was stopped in the middle: {kept} and {failed}"
    );
    // What was counted was written, in whole lines, without a gap.
    let read: Vec<&str> = lines.lines().take((kept + failed) as usize).collect();
    let (good, bad): (Vec<&str>, Vec<&str>) = read.iter().partition(|line| line.starts_with('k'));
    let entries: Vec<_> = good.iter().map(|line| format!("{{\"line\":\"{line}\"}}")).collect();
    assert!(folder.read("out").lines().eq(entries.iter()), "what is written is not what was read");
    assert!(folder.read("rejected").lines().eq(bad.iter().copied()));
    assert_eq!([kept, dropped, failed], [good.len() as u64, 0, bad.len() as u64]);
}

#[test]
fn a_pipeline_may_be_stopped_before_it_begins() {
    let folder = Folder::new();
    folder.write("in", numbered(1000));
    for follow in [false, true] {
        let control = Control::new();
        control.stop();
        let pipeline = pipeline(&stages(), folder.file(Some("same"), json!({})), follow).unwrap();
        let ended = run_under(&control, &pipeline);
        assert!(ended.finished.error.is_none());
        assert_eq!(ended.counts(), [0, 0, 0]);
        assert_eq!(folder.read("out"), "");
    }
}

/// Runs a pipeline that follows files, and does something to them meanwhile.
pub(crate) fn follow(file: Value, meanwhile: impl FnOnce(&Control) + Send) -> Ended {
    let pipeline = pipeline(&stages(), file, true).unwrap();
    let control = Control::new();
    std::thread::scope(|scope| {
        let (control, meanwhile) = (&control, meanwhile);
        let changes = scope.spawn(move || {
            // Whatever goes wrong there, the pipeline has to end.
            struct Stop<'a>(&'a Control);
            impl Drop for Stop<'_> {
                fn drop(&mut self) {
                    self.0.stop();
                }
            }
            let _stop = Stop(control);
            meanwhile(control);
        });
        let ended = run_under(control, &pipeline);
        changes.join().unwrap();
        ended
    })
}

#[test]
fn a_file_is_followed_as_it_grows() {
    let folder = Folder::new();
    folder.write("in", "one\ntw");
    let ended = follow(folder.file(Some("wrap"), json!({})), |control| {
        let mut file = fs::File::options().append(true).open(folder.path("in")).unwrap();
        wait_until(|| control.lines() == 1);
        // A line is one when it is whole.
        file.write_all(b"o\nth").unwrap();
        wait_until(|| control.lines() == 2);
        file.write_all(b"ree\n").unwrap();
        wait_until(|| control.lines() == 3);
        file.write_all(b"no newline").unwrap();
        // Long enough for it to be read.
        std::thread::sleep(Duration::from_millis(700));
    });
    // Whether that one would have gone on is unknown; what is there is not lost.
    assert_eq!(ended.counts(), [4, 0, 0]);
    let lines = ["one", "two", "three", "no newline"].map(|line| format!("{{\"line\":\"{line}\"}}\n"));
    assert_eq!(folder.read("out"), lines.concat());
}

#[test]
fn a_file_is_followed_when_it_is_replaced() {
    let folder = Folder::new();
    folder.write("in", "one\n");
    let ended = follow(folder.file(Some("wrap"), json!({})), |control| {
        wait_until(|| control.lines() == 1);
        // As logrotate does it, with a last line in the old file that comes late and has no newline.
        fs::rename(folder.path("in"), folder.path("in.1")).unwrap();
        let mut old = fs::File::options().append(true).open(folder.path("in.1")).unwrap();
        old.write_all(b"two").unwrap();
        folder.write("in", "three\n");
        wait_until(|| control.lines() == 3);
        // Cut short, as `copytruncate` does it.
        folder.write("in", "4\n");
        wait_until(|| control.lines() == 4);
        // Gone for a while.
        fs::remove_file(folder.path("in")).unwrap();
        std::thread::sleep(Duration::from_millis(300));
        folder.write("in", "five\n");
        wait_until(|| control.lines() == 5);
    });
    assert_eq!(ended.counts(), [5, 0, 0]);
    let lines = ["one", "two", "three", "4", "five"].map(|line| format!("{{\"line\":\"{line}\"}}\n"));
    assert_eq!(folder.read("out"), lines.concat());
}

#[test]
fn a_file_that_comes_later_is_followed() {
    let folder = Folder::new();
    let ended = follow(folder.file(Some("wrap"), json!({})), |control| {
        std::thread::sleep(Duration::from_millis(100));
        folder.write("in", "one\n");
        wait_until(|| control.lines() == 1);
    });
    assert_eq!(ended.counts(), [1, 0, 0]);
}

#[test]
fn a_line_without_end_does_not_spoil_the_file_that_comes_after_it() {
    let folder = Folder::new();
    let long = "x".repeat(MAX_LINE_BYTES + (1 << 20));
    folder.write("in", &long);
    let file = folder.file(Some("wrap"), json!({"rejected": folder.text("rejected")}));
    let ended = follow(file, |control| {
        wait_until(|| control.lines() == 1);
        fs::rename(folder.path("in"), folder.path("in.1")).unwrap();
        folder.write("in", "one\ntwo\n");
        wait_until(|| control.lines() == 3);
    });
    assert_eq!(ended.counts(), [2, 0, 1]);
    assert!(folder.read("rejected") == format!("{long}\n"));
    assert_eq!(folder.read("out"), "{\"line\":\"one\"}\n{\"line\":\"two\"}\n");
}

/// A pipeline from a source of plugin `p` to `out`.
fn from_plugin(folder: &Folder, source: &str, more: Value) -> Value {
    let mut sources = json!([{"type": format!("p.{source}")}]);
    sources[0].as_object_mut().unwrap().extend(crate::guest::object(more));
    folder.file(None, json!({"sources": sources}))
}

#[test]
fn a_plugin_can_be_the_source() {
    let folder = Folder::new();
    let ended = run(from_plugin(&folder, "all", json!({"parser": {"type": "p.wrap"}})));
    assert_eq!(ended.counts(), [4, 0, 0]);
    // An object is an entry already and does not go through the parser.
    let expected = "{\"line\":\"one\"}\n{\"line\":\"two\"}\n{\"three\": 3}\n{\"line\":\"four\"}\n";
    assert_eq!(folder.read("out"), expected);

    let folder = Folder::new();
    assert_eq!(run(from_plugin(&folder, "nothing", json!({}))).counts(), [0, 0, 0]);
}

#[test]
fn a_source_that_has_more_is_asked_again() {
    let folder = Folder::new();
    let ended = run(from_plugin(&folder, "more", json!({"parser": {"type": "p.wrap"}})));
    assert_eq!(ended.counts(), [5, 0, 0]);
    let written = folder.read("out");
    let entries: Vec<Value> = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let line = |text: &str| json!({"line": text});
    assert_eq!(entries, [line("one"), line("two"), json!({"a": 1}), line("three"), line("four")]);
}

#[test]
fn a_source_without_end_can_be_stopped() {
    let folder = Folder::new();
    let pipeline = pipeline(&stages(), from_plugin(&folder, "endless", json!({})), false).unwrap();
    let control = Control::new();
    let ended = std::thread::scope(|scope| {
        scope.spawn(|| {
            wait_until(|| control.lines() > 1000);
            control.stop();
        });
        run_under(&control, &pipeline)
    });
    assert!(ended.finished.error.is_none());
    let kept = ended.counts()[0];
    assert_eq!(folder.read("out"), "{\"message\":\"again\"}\n".repeat(kept as usize));
}

#[test]
fn a_source_that_breaks_ends_the_pipeline() {
    for (source, expected) in [
        ("trap", "trapped: wasm `unreachable` instruction executed"),
        ("number", "one of its records is neither a string nor an object"),
        ("words", "its reply is not a list of records: expected value at line 1 column 1"),
    ] {
        let folder = Folder::new();
        let ended = run_on(&stages(), from_plugin(&folder, source, json!({})));
        let expected = format!("plugin `p`, log source `{source}`: {expected}");
        assert_eq!(ended.error().to_string(), expected);
        assert_eq!(ended.error().kind(), ErrorKind::Failed);
    }
}

#[test]
fn a_plugin_can_be_the_output() {
    let folder = Folder::new();
    folder.write("in", "one\ntwo\nthree\n");
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&told);
    let manager = builder(&[("p", &stages_guest())]).log(move |record: &LogRecord<'_>| {
        sink.lock().unwrap().push(record.message.to_owned());
    });
    let outputs = json!({"outputs": [{"type": "p.tell"}], "workers": 3});
    let ended = run_on(&manager.build().unwrap(), folder.file(Some("wrap"), outputs));
    assert_eq!(ended.counts(), [3, 0, 0]);
    let entries = ["one", "two", "three"].map(|line| format!("{{\"line\":\"{line}\"}}"));
    assert_eq!(*told.lock().unwrap(), entries);
}

#[test]
fn an_output_that_fails_ends_the_pipeline() {
    for (output, expected) in
        [("decline", "the disk is full"), ("trap", "trapped: wasm `unreachable` instruction executed")]
    {
        let folder = Folder::new();
        folder.write("in", numbered(100_000));
        let outputs = json!({"outputs": [{"type": format!("p.{output}")}], "workers": 4});
        let ended = run_on(&stages(), folder.file(Some("same"), outputs));
        let expected = format!("plugin `p`, log output `{output}`: {expected}");
        assert_eq!(ended.error().to_string(), expected);
        assert_eq!(ended.counts(), [0, 0, 0]);
    }
}

#[test]
fn every_output_gets_every_entry() {
    let folder = Folder::new();
    let lines = numbered(1000);
    folder.write("in", &lines);
    folder.write("appended", "before\n");
    folder.write("replaced", "before\n");
    let ended = run(folder.file(
        Some("same"),
        json!({"outputs": [
            {"type": "file", "path": folder.text("out")},
            {"type": "file", "path": folder.text("appended"), "mode": "append"},
            {"type": "file", "path": folder.text("replaced"), "mode": "replace"},
            {"type": "p.tell"},
        ]}),
    ));
    assert_eq!(ended.counts(), [1000, 0, 0]);
    assert_eq!(folder.read("out"), lines);
    assert_eq!(folder.read("appended"), format!("before\n{lines}"));
    assert_eq!(folder.read("replaced"), lines);
}

#[test]
fn every_text_of_a_description_may_be_a_template() {
    let folder = Folder::new();
    folder.write("in", "x\n");
    let file = json!({
        "vars": {"folder": folder.path("").display().to_string(), "name": "out"},
        "sources": [{"type": "file", "paths": ["{{ folder }}/in"], "parser": {"type": "p.picky"}}],
        "outputs": [{"type": "file", "path": "{{ folder }}/{{ name }}.json", "mode": "{{ 'replace' }}"}],
        "rejected": "{{ folder }}/{{ name }}.html",
    });
    run(file);
    assert_eq!(folder.read("out.json"), "{\"line\":\"x\"}\n");
    assert_eq!(folder.read("out.html"), "");
}

#[test]
fn a_template_that_fails_is_told_with_its_place() {
    let check = |file: Value, expected: &str| {
        let file: PipelineFile = serde_json::from_value(file).unwrap();
        let filled = file.fill(|place, value, _| match value.to_string().contains("bad") {
            true => Err(place.to_string()),
            false => Ok(value.clone()),
        });
        assert_eq!(filled.unwrap_err(), expected);
    };
    let (source, output) = (json!({"type": "stdin"}), json!({"type": "stdout"}));
    let file = |more: Value| {
        let mut file = json!({"sources": [source], "outputs": [output]});
        file.as_object_mut().unwrap().extend(crate::guest::object(more));
        file
    };
    check(file(json!({"vars": {"a": 1, "b": "bad"}})), "vars.b");
    check(file(json!({"sources": [source, {"type": "file", "paths": ["bad"]}]})), "sources[1].paths");
    let parser = json!({"type": "stdin", "parser": {"type": "p.x", "key": "bad"}});
    check(file(json!({"sources": [parser]})), "sources[0].parser.key");
    check(file(json!({"filters": [{"type": "p.x", "key": "bad"}]})), "filters[0].key");
    check(file(json!({"outputs": [output, {"type": "file", "path": "bad"}]})), "outputs[1].path");
    check(file(json!({"rejected": "bad"})), "rejected");
}

#[test]
fn an_output_that_cannot_be_opened_ends_it_before_it_begins() {
    let folder = Folder::new();
    folder.write("in", "x\n");
    let path = folder.text("no/such/folder/out");
    let ended = run_on(&stages(), folder.file(None, json!({"outputs": [{"type": "file", "path": path}]})));
    assert_eq!(ended.error().to_string(), format!("{path}: No such file or directory (os error 2)"));
    assert_eq!(ended.counts(), [0, 0, 0]);
}

#[test]
fn a_description_that_cannot_be_is_told_before_anything_is_opened() {
    let folder = Folder::new();
    folder.write("in", "x\n");
    let check = |more: Value, kind: ErrorKind, text: &str| {
        let error = pipeline(&stages(), folder.file(None, more), false).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(text), "{error}");
        assert!(!folder.path("out").exists());
    };
    use ErrorKind::{Configuration, NotFound};
    let source = |source: Value| json!({"sources": [source]});
    let missing = folder.text("missing");
    check(source(json!({"type": "file", "paths": [missing]})), NotFound, "sources[0]: ");
    check(source(json!({"type": "file", "paths": [missing]})), NotFound, &missing);
    check(source(json!({"type": "file", "paths": [folder.text("*.none")]})), NotFound, "*.none");
    check(
        source(json!({"type": "file", "paths": []})),
        Configuration,
        "sources[0]: paths: it names no file to read",
    );
    check(source(json!({"type": "file", "path": "x"})), Configuration, "unknown field `path`");
    check(source(json!({"type": "file"})), Configuration, "missing field `paths`");
    check(source(json!({"type": "stdin", "x": 1})), Configuration, "unknown field `x`");
    check(source(json!({"type": "p.alll"})), NotFound, "there is no log source `alll` in plugin `p`");
    check(source(json!({"type": "fille"})), Configuration, "`fille`");
    let parser = json!({"type": "file", "paths": [folder.text("in")], "parser": {"type": "p.wrapp"}});
    check(source(parser), NotFound, "sources[0].parser: there is no log parser `wrapp`");
    check(json!({"filters": [{"type": "p.no"}]}), NotFound, "filters[0]: there is no log filter `no`");
    check(json!({"outputs": [{"type": "p.no"}]}), NotFound, "outputs[0]: there is no log output `no`");
    check(
        json!({"outputs": [{"type": "file", "path": "x", "mode": "x"}]}),
        Configuration,
        "unknown variant `x`",
    );
    check(json!({"outputs": []}), Configuration, "it needs at least one source and one output");
    check(json!({"sources": []}), Configuration, "it needs at least one source and one output");
    check(json!({"workers": 0}), Configuration, "workers: ");
    let same = json!({"outputs": [{"type": "file", "path": folder.text("in")}]});
    check(same, Configuration, "the same pipeline cannot read it and write it");
    check(
        json!({"rejected": folder.text("in")}),
        Configuration,
        "the same pipeline cannot read it and write it",
    );
}

#[test]
fn a_parser_that_is_tried_again_runs_no_filter_twice() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&told);
    let guest = Guest::new().with(LogParser, "rubbish", Says("{] no entry")).with(
        LogFilter,
        "tell",
        Runs("(call $log (local.get $a0) (local.get $l0) (local.get $a2) (local.get $l2)) unreachable"),
    );
    let manager = builder(&[("p", &guest)]).log(move |record: &LogRecord<'_>| {
        sink.lock().unwrap().push(record.message.to_owned());
    });
    let folder = Folder::new();
    folder.write("in", "one\n");
    let retry = json!({"policy": "retry", "retries": 3, "pause_ms": 1});
    let source = json!({
        "type": "file", "paths": [folder.text("in")], "parser": {"type": "p.rubbish", "on_failure": retry},
    });
    let filters = json!([{"type": "p.tell", "on_failure": "skip"}]);
    let ended = run_on(
        &manager.build().unwrap(),
        folder.file(None, json!({"sources": [source], "filters": filters})),
    );
    // What is no entry is filtered not once, and certainly not at each try.
    assert_eq!(told.lock().unwrap().as_slice(), [""; 0]);
    assert_eq!((ended.counts(), ended.finished.summary.unfiltered), ([0, 0, 1], 0));
}

#[test]
fn as_many_workers_as_may_be_find_instances_for_all_their_stages() {
    // Each line takes a while and is a batch of its own, so that all of the workers have something to do at once.
    let slow = Runs(
        "(local.set $l1 (i32.const 10000000))
        (loop $again (br_if $again (local.tee $l1 (i32.sub (local.get $l1) (i32.const 1)))))
        (call $reply (local.get $a2) (local.get $l2))",
    );
    let manager =
        manager(&[("p", &Guest::new().with(LogParser, "slow", slow).with(LogFilter, "yes", Says("true")))]);
    let folder = Folder::new();
    let line = format!("{{\"x\":\"{}\"}}\n", "x".repeat(130_000));
    folder.write("in", line.repeat(300));
    let filters = vec![json!({"type": "p.yes"}); 4];
    let ended = run_on(&manager, folder.file(Some("slow"), json!({"workers": 64, "filters": filters})));
    assert!(ended.finished.error.is_none(), "{:?}", ended.reported);
    assert_eq!(ended.counts(), [300, 0, 0], "{:?}", ended.reported);
}
