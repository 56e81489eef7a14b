//! What the host calls, called in tests.

use plugin_sdk::HostErrorKind;
use plugin_sdk::serde_json::{self, Value, json};
use plugin_sdk::testing::{self, FakeHost};
use proptest::prelude::*;

use crate::*;

fn run(task: &str, config: Value) -> Value {
    serde_json::from_str(&execute_task(task, &config.to_string())).unwrap()
}

fn error(task: &str, config: Value) -> String {
    let result = run(task, config);
    assert_eq!(result["status"], "error", "{result}");
    result["message"].as_str().unwrap().to_owned()
}

#[test]
fn test_task_definitions() {
    let definitions: Vec<Value> = serde_json::from_str(&get_task_definitions()).unwrap();
    assert!(!definitions.is_empty());
    assert_eq!(definitions[0]["name"], "my_custom_task");
}

#[test]
fn test_task_execution() {
    let config = r#"{"message": "test"}"#;
    let result: Value = serde_json::from_str(&execute_task("my_custom_task", config)).unwrap();
    assert_eq!(result["status"], "success");
}

#[test]
fn my_custom_task_returns_its_message() {
    assert_eq!(
        execute_task("my_custom_task", r#"{"message": "test"}"#),
        r#"{"status":"success","message":"Task executed with: test"}"#
    );
    assert_eq!(execute_task("other", "{}"), r#"{"status":"error","message":"Unknown task: other"}"#);
}

#[test]
fn my_custom_task_is_announced_with_its_schema() {
    let definitions: Vec<Value> = serde_json::from_str(&get_task_definitions()).unwrap();
    let definition = &definitions[0];
    assert_eq!(definition["type"], "apply");
    assert_eq!(definition["config_schema"]["type"], "object");
    assert_eq!(definition["config_schema"]["properties"]["message"]["type"], "string");
    assert_eq!(definition["config_schema"]["required"], json!(["message"]));
}

#[test]
fn a_missing_message_is_an_error() {
    assert_eq!(
        execute_task("my_custom_task", "{}"),
        r#"{"status":"error","message":"its configuration does not fit: missing field `message`"}"#
    );
}

#[test]
fn every_task_has_a_description_and_a_schema() {
    let definitions: Vec<Value> = serde_json::from_str(&get_task_definitions()).unwrap();
    let names: Vec<_> = definitions.iter().map(|task| task["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["my_custom_task", "echo", "assert", "plan_changes", "file", "line_in_file"]);
    for task in &definitions {
        assert!(!task["description"].as_str().unwrap().is_empty());
        assert_eq!(task["config_schema"]["type"], "object");
    }
}

#[test]
fn echo_gives_back_what_it_got() {
    assert_eq!(
        run("echo", json!({"message": "hi", "data": {"list": [1, "two", null]}})),
        json!({"status": "success", "message": "hi", "data": {"list": [1, "two", null]}})
    );
    assert_eq!(run("echo", json!({"message": "hi"})), json!({"status": "success", "message": "hi"}));
}

#[test]
fn echo_refuses_a_key_that_it_does_not_know() {
    assert_eq!(
        error("echo", json!({"message": "hi", "dta": 1})),
        "its configuration does not fit: unknown field `dta`, expected `message` or `data`"
    );
}

#[test]
fn assert_accepts_what_holds() {
    let that = json!([true, "true", "True", {"name": "a name", "check": " true\n"}]);
    assert_eq!(
        run("assert", json!({"that": that})),
        json!({"status": "success", "message": "all conditions hold", "checked": 4})
    );
}

#[test]
fn assert_lists_what_does_not_hold() {
    let that = json!([true, false, {"name": "enough memory", "check": "False"}, "", {"name": "named", "check": "yes"}]);
    let result = run("assert", json!({"that": that}));
    assert_eq!(
        result["message"],
        "conditions that do not hold (4 of 5): condition 2, enough memory, condition 4 (it is \"\"), named (it is \"yes\")"
    );
    assert_eq!(result["status"], "error");
    assert_eq!(result["failed"], json!(["condition 2", "enough memory", "condition 4", "named"]));
    assert_eq!(result["checked"], 5);
}

#[test]
fn assert_refuses_what_is_no_condition() {
    for condition in [json!(1), json!({"check": true}), json!({"name": "a", "check": true, "chek": true})] {
        let message = error("assert", json!({"that": [condition]}));
        assert!(message.contains("did not match any variant"), "{message}");
    }
}

#[test]
fn assert_puts_the_message_in_front() {
    assert_eq!(
        error("assert", json!({"that": [false], "message": "not ready"})),
        "not ready: conditions that do not hold (1 of 1): condition 1"
    );
}

#[test]
fn assert_wants_a_condition() {
    assert_eq!(error("assert", json!({"that": []})), "there is no condition to check");
}

#[test]
fn plan_changes_tells_apart_added_changed_and_removed() {
    let result = run(
        "plan_changes",
        json!({
            "desired": {"port": 8080, "host": "a", "tls": true},
            "actual": {"port": 80, "host": "a", "debug": false},
        }),
    );
    assert_eq!(
        result,
        json!({
            "status": "success",
            "message": "1 to add, 1 to change, 1 to remove",
            "has_changes": true,
            "added": {"tls": true},
            "changed": {"port": {"from": 80, "to": 8080}},
            "removed": {"debug": false},
            "unchanged": 1,
        })
    );
}

#[test]
fn plan_changes_of_equal_maps_is_empty() {
    let map = json!({"a": 1, "b": {"c": [1, 2]}});
    let result = run("plan_changes", json!({"desired": map, "actual": map}));
    assert_eq!(result["has_changes"], false);
    assert_eq!(result["message"], "nothing to change");
    assert_eq!(result["unchanged"], 2);
}

#[test]
fn plan_changes_goes_into_maps_only_where_asked() {
    let desired = json!({"limits": {"nofile": 1024, "a/b": 1}, "name": "x"});
    let actual = json!({"limits": {"nofile": 256, "core": 0}, "name": "x"});
    let shallow = run("plan_changes", json!({"desired": desired, "actual": actual}));
    assert_eq!(shallow["changed"]["limits"]["to"]["nofile"], 1024);

    let deep = run("plan_changes", json!({"desired": desired, "actual": actual, "deep": true}));
    assert_eq!(deep["changed"], json!({"/limits/nofile": {"from": 256, "to": 1024}}));
    assert_eq!(deep["added"], json!({"/limits/a~1b": 1}));
    assert_eq!(deep["removed"], json!({"/limits/core": 0}));
    assert_eq!(deep["unchanged"], 1);
}

#[test]
fn plan_changes_ignores_what_it_is_told_to() {
    let config = json!({
        "desired": {"a": 1, "b": {"x": 1}},
        "actual": {"a": 2, "b": {"x": 2, "y": 0}, "c": 3},
        "deep": true,
        "ignore": ["/a", "/b/x", "/b/y", "/c"],
    });
    assert_eq!(run("plan_changes", config)["has_changes"], false);
}

#[test]
fn plan_changes_wants_two_maps() {
    let message = error("plan_changes", json!({"desired": {}, "actual": "{}"}));
    assert!(message.contains("expected a map"), "{message}");
}

#[test]
fn the_manifest_names_the_plugin() {
    let manifest: Value = serde_json::from_str(&get_plugin_metadata()).unwrap();
    assert_eq!(manifest["name"], "custom-task-plugin");
    assert_eq!(manifest["components"].as_array().unwrap().len(), 6);
    assert_eq!(manifest["permissions"], json!([{"FileSystem": {"paths": ["/:rw"]}}]));
}

#[test]
fn a_file_is_written_once() {
    let host = testing::host(FakeHost::new());
    let config = json!({"path": "/srv/app/motd", "content": "Welcome\n"});
    assert_eq!(
        run("file", config.clone()),
        json!({"status": "success", "message": "/srv/app/motd is created", "changed": true})
    );
    assert_eq!(host.written("/srv/app/motd").as_deref(), Some("Welcome\n"));
    assert_eq!(
        run("file", config),
        json!({"status": "success", "message": "/srv/app/motd is as it should be", "changed": false})
    );
    assert_eq!(host.calls(), ["read /srv/app/motd", "write /srv/app/motd", "read /srv/app/motd"]);
}

#[test]
fn a_file_with_other_contents_is_replaced() {
    let host = testing::host(FakeHost::new().file("/srv/x", [0xff]));
    let result = run("file", json!({"path": "/srv/x", "content": "new"}));
    assert_eq!(result["message"], "/srv/x is changed");
    assert_eq!(result["changed"], true);
    assert_eq!(host.written("/srv/x").as_deref(), Some("new"));
}

#[test]
fn what_is_not_granted_is_an_error() {
    let fake = FakeHost::new().file("/etc/motd", "").fails("write /etc/motd", HostErrorKind::Denied);
    let host = testing::host(fake);
    let config = json!({"path": "/etc/motd", "content": "x"});
    assert!(error("file", config).contains("no permission covers it"));
    assert_eq!(host.written("/etc/motd"), None);
    let denied = testing::host(FakeHost::new().fails("read /etc/motd", HostErrorKind::Denied));
    error("line_in_file", json!({"path": "/etc/motd", "line": "x", "create": true}));
    assert_eq!(denied.calls(), ["read /etc/motd"]);
}

#[test]
fn in_place_writes_where_the_file_is() {
    let host = testing::host(FakeHost::new().file("/srv/x", "a\n"));
    run("line_in_file", json!({"path": "/srv/x", "line": "b", "in_place": true}));
    run("file", json!({"path": "/srv/x", "content": "c", "in_place": true}));
    assert_eq!(
        host.calls(),
        ["read /srv/x", "write in place /srv/x", "read /srv/x", "write in place /srv/x"]
    );
}

#[test]
fn bytes_that_are_no_text_stay() {
    let host = testing::host(FakeHost::new().file("/srv/x", b"caf\xe9=1\r\nport=1\r\n\0\xff"));
    run("line_in_file", json!({"path": "/srv/x", "line": "port=2", "starts_with": "port="}));
    assert_eq!(host.contents("/srv/x").unwrap(), b"caf\xe9=1\r\nport=2\r\n\0\xff");
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_line() {
    let config = || json!({"line": "a=2", "starts_with": "a="});
    assert_eq!(edit("\u{feff}a=1\nb\n", config()).as_deref(), Some("\u{feff}a=2\nb\n"));
    assert_eq!(edit("\u{feff}a=2\n", config()), None);
    let gone = json!({"starts_with": "a=", "state": "absent"});
    assert_eq!(edit("\u{feff}a=1\nb\n", gone).as_deref(), Some("\u{feff}b\n"));
    let _host = testing::host(FakeHost::new().file("/x", b"\xff\xfea\0\n\0"));
    assert_eq!(
        error("line_in_file", json!({"path": "/x", "line": "a"})),
        "/x: it is text in UTF-16, and lines are edited in UTF-8"
    );
}

/// A text of any bytes, with lines that begin like those that are looked for, and all ends of lines.
fn any_text() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        "(port=|port|#port=|)[a-z0-9 =]{0,8}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>().prop_filter("no end of a line", |byte| *byte != b'\n'), 0..12),
    ];
    let end = prop::sample::select(vec!["\n", "\r\n", "\r\r\n"]);
    let mark = prop::sample::select(vec!["", "\u{feff}"]);
    (mark, prop::collection::vec((line, end), 0..8), any::<bool>()).prop_map(|(mark, lines, is_ended)| {
        let mut text = mark.as_bytes().to_vec();
        let last = lines.len().saturating_sub(1);
        for (place, (line, end)) in lines.iter().enumerate() {
            text.extend_from_slice(line);
            if is_ended || place < last {
                text.extend_from_slice(end.as_bytes());
            }
        }
        text
    })
}

/// What two texts have in common at their beginnings, and behind that at their ends; and what stands between in each.
fn difference<'a>(before: &'a [u8], after: &'a [u8]) -> (&'a [u8], &'a [u8]) {
    let start = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    let (before, after) = (&before[start..], &after[start..]);
    let end = before.iter().rev().zip(after.iter().rev()).take_while(|(a, b)| a == b).count();
    (&before[..before.len() - end], &after[..after.len() - end])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn the_difference_is_the_line_that_was_asked_for(
        text in any_text(),
        line in "(port=)?[a-z0-9 ]{0,8}",
        start in "port=?",
        replaces in any::<bool>(),
    ) {
        prop_assume!(lines::check(&text).is_ok());
        let host = testing::host(FakeHost::new().file("/srv/x", text.clone()));
        let mut config = json!({"path": "/srv/x", "line": line});
        if replaces {
            config["starts_with"] = json!(start);
        }
        let result = run("line_in_file", config);
        prop_assert_eq!(&result["status"], "success", "{}", result);
        let after = host.contents("/srv/x").unwrap();
        let (old, new) = difference(&text, &after);
        prop_assert_eq!(result["changed"].as_bool(), Some(text != after));
        // Of what was there a part of one line at most is gone. What came is a part of the line, with the end that the line before it lacked.
        prop_assert!(!old.contains(&b'\n'), "{old:?}");
        if !replaces {
            prop_assert!(old.is_empty(), "{old:?}");
            prop_assert!(text == after || after.starts_with(&text), "it goes behind all others");
        }
        let ended = [b"\r\n".as_slice(), line.as_bytes(), b"\r\n"].concat();
        let plain = [b"\n".as_slice(), line.as_bytes(), b"\n"].concat();
        let is_part = |whole: &[u8]| new.is_empty() || whole.windows(new.len()).any(|part| part == new);
        prop_assert!(is_part(&ended) || is_part(&plain), "{new:?}");
    }

    #[test]
    fn all_other_lines_are_as_they_were(text in any_text(), start in "port=?") {
        prop_assume!(lines::check(&text).is_ok());
        let host = testing::host(FakeHost::new().file("/srv/x", text.clone()));
        run("line_in_file", json!({"path": "/srv/x", "starts_with": start, "state": "absent"}));
        let mark = if text.starts_with("\u{feff}".as_bytes()) { 3 } else { 0 };
        let mut expected = text[..mark].to_vec();
        for line in text[mark..].split_inclusive(|byte| *byte == b'\n') {
            if !line.starts_with(start.as_bytes()) {
                expected.extend_from_slice(line);
            }
        }
        prop_assert_eq!(host.contents("/srv/x").unwrap(), expected);
    }
}

/// What `line_in_file` makes of a text; `None` where it writes nothing.
fn edit(text: &str, config: Value) -> Option<String> {
    let host = testing::host(FakeHost::new().file("/srv/conf", text));
    let mut config = config;
    config["path"] = json!("/srv/conf");
    let result = run("line_in_file", config.clone());
    assert_eq!(result["status"], "success", "{result}");
    let after = host.written("/srv/conf");
    assert_eq!(result["changed"], after.is_some(), "{result}");
    // A second time there is nothing to do.
    assert_eq!(run("line_in_file", config)["changed"], false);
    after
}

#[test]
fn a_line_is_put_behind_the_others() {
    let line = || json!({"line": "b=2"});
    assert_eq!(edit("a=1\n", line()).as_deref(), Some("a=1\nb=2\n"));
    assert_eq!(edit("", line()).as_deref(), Some("b=2\n"));
    assert_eq!(edit("a=1", line()).as_deref(), Some("a=1\nb=2\n"));
    assert_eq!(edit("a=1\r\n", line()).as_deref(), Some("a=1\r\nb=2\r\n"));
    assert_eq!(edit("b=2\na=1\n", line()), None);
    assert_eq!(edit("a=1\r\nb=2", line()), None);
}

#[test]
fn the_last_line_that_begins_so_is_replaced() {
    let line = || json!({"line": "port=80", "starts_with": "port="});
    assert_eq!(edit("port=1\nport=2\nx\n", line()).as_deref(), Some("port=1\nport=80\nx\n"));
    assert_eq!(edit("x\r\nport=2", line()).as_deref(), Some("x\r\nport=80"));
    assert_eq!(edit("#port=1\n", line()).as_deref(), Some("#port=1\nport=80\n"));
    assert_eq!(edit("x\nport=80\ny\n", line()), None);
}

#[test]
fn lines_that_are_to_go_are_gone() {
    let gone = |config: Value| {
        let mut config = config;
        config["state"] = json!("absent");
        config
    };
    let text = "a\nport=1\nport=12\nport=1\n";
    assert_eq!(edit(text, gone(json!({"line": "port=1"}))).as_deref(), Some("a\nport=12\n"));
    assert_eq!(edit(text, gone(json!({"starts_with": "port="}))).as_deref(), Some("a\n"));
    assert_eq!(edit(text, gone(json!({"line": "b"}))), None);
    let _host = testing::host(FakeHost::new());
    assert_eq!(run("line_in_file", gone(json!({"path": "/x", "line": "b"})))["changed"], false);
}

#[test]
fn line_in_file_makes_a_file_only_where_it_is_told_to() {
    let host = testing::host(FakeHost::new());
    assert_eq!(
        error("line_in_file", json!({"path": "/srv/x", "line": "a"})),
        "/srv/x is not there; with `create: true` it is made"
    );
    run("line_in_file", json!({"path": "/srv/x", "line": "a", "create": true}));
    assert_eq!(host.written("/srv/x").as_deref(), Some("a\n"));
}

#[test]
fn line_in_file_says_what_is_missing() {
    let _host = testing::host(FakeHost::new().file("/x", ""));
    for (config, message) in [
        (json!({"path": "/x"}), "`line` is missing: which line is to be there?"),
        (json!({"path": "/x", "line": "a\nb"}), "a line has no line break in it"),
        (
            json!({"path": "/x", "line": "a", "starts_with": ""}),
            "`starts_with` is empty, and every line begins with that",
        ),
        (json!({"path": "/x", "state": "absent"}), "say which lines are to go: `line`, or `starts_with`"),
    ] {
        assert_eq!(error("line_in_file", config), message);
    }
}
