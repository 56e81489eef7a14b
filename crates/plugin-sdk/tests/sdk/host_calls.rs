//! What a plugin asks its host for, answered by the host of a test.

use plugin_sdk::api::host_call::{Allowance, Answer, Capability, HostCallError, HostCalls};
use plugin_sdk::fs::FileKind;
use plugin_sdk::process::{Command, Output};
use plugin_sdk::serde_json::{Value, json};
use plugin_sdk::testing::{self, FakeHost};
use plugin_sdk::{Error, HostError, HostErrorKind, env, fs, http};

fn kind<T: std::fmt::Debug>(result: Result<T, HostError>) -> HostErrorKind {
    result.unwrap_err().kind()
}

#[test]
fn nothing_of_the_machine_is_touched() {
    let denied = [
        fs::read("/etc/passwd").map(drop),
        fs::write("/tmp/x", "x"),
        env::var("PATH").map(drop),
        http::get("https://example.com/").send().map(drop),
        Command::new("true").run().map(drop),
    ];
    for result in denied {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), HostErrorKind::Denied);
        assert!(error.to_string().contains("FakeHost"), "{error}");
    }
}

#[test]
fn files_are_read_and_written() {
    let host = testing::host(
        FakeHost::new().file("/srv/app/data", [0, 255]).file("/srv/app/sub/x", "x").folder("/mnt"),
    );
    assert_eq!(fs::read("/srv/app/data").unwrap(), [0, 255]);
    assert_eq!(kind(fs::read_to_string("/srv/app/data")), HostErrorKind::Failed);
    assert_eq!(fs::read_to_string("/srv/app/sub/x").unwrap(), "x");

    fs::write("/srv/app/new", "more than one").unwrap();
    fs::write_in_place("/srv/app/new", "one").unwrap();
    fs::append("/srv/app/new", " two").unwrap();
    assert_eq!(kind(fs::create_new("/srv/app/new", "")), HostErrorKind::Failed);
    fs::create_new("/srv/app/other", "").unwrap();
    assert_eq!(fs::read_to_string(String::from("/srv/app/new")).unwrap(), "one two");
    assert_eq!(host.written("/srv/app/new").as_deref(), Some("one two"));
    assert_eq!(host.written("/srv/app/data"), None);
    assert_eq!(host.contents("/srv/app/data").unwrap(), [0, 255]);
    fs::write("/srv/app/new", [255]).unwrap();
    assert_eq!(host.contents("/srv/app/new").unwrap(), [255]);
}

#[test]
fn folders_are_listed_and_told_from_files() {
    let _host = testing::host(FakeHost::new().file("/srv/b/c", "").file("/srv/a", "12").folder("/srv/d/"));
    let list = |path: &str| -> Vec<(String, FileKind)> {
        fs::list(path).unwrap().into_iter().map(|entry| (entry.name, entry.kind)).collect()
    };
    let entry = |name: &str, kind| (name.to_owned(), kind);
    assert_eq!(list("/"), [entry("srv", FileKind::Folder)]);
    assert_eq!(
        list("/srv"),
        [entry("a", FileKind::File), entry("b", FileKind::Folder), entry("d", FileKind::Folder)]
    );
    assert_eq!(list("/srv/d"), []);
    assert_eq!(fs::stat("/srv/a").unwrap().size, 2);
    assert_eq!(fs::stat("/srv/").unwrap().kind, FileKind::Folder);
    assert!(fs::exists("/srv/d").unwrap());
    assert!(!fs::exists("/srv/e").unwrap());
    assert_eq!(kind(fs::list("/srv/a")), HostErrorKind::Failed);
    assert_eq!(kind(fs::list("/srv/e")), HostErrorKind::NotFound);
    assert_eq!(kind(fs::read("/srv/b")), HostErrorKind::Failed);
    assert_eq!(kind(fs::write("/srv/b", "")), HostErrorKind::Failed);
    assert_eq!(kind(fs::write("/srv/a/x", "")), HostErrorKind::NotFound);
}

#[test]
fn a_path_that_the_sandbox_refuses_is_refused_here() {
    let _host = testing::host(FakeHost::new());
    for path in ["", "etc/hosts", "/a/../b", "/a//b", "/a/.", "/a\n"] {
        assert_eq!(kind(fs::read(path)), HostErrorKind::Invalid, "{path:?}");
    }
}

#[test]
fn variables_are_set_or_not() {
    let _host = testing::host(FakeHost::new().var("A", "b").var("B", None));
    assert_eq!(env::var("A").unwrap().as_deref(), Some("b"));
    assert_eq!(env::var("B").unwrap(), None);
    let error = env::var("C").unwrap_err();
    assert_eq!(error.kind(), HostErrorKind::Denied);
    assert_eq!(
        error.to_string(),
        r#"`var C` is not provided in this test; `FakeHost::var("C", …)` provides it"#
    );
}

#[test]
fn requests_have_responses() {
    let host = testing::host(
        FakeHost::new()
            .response("GET https://example.com/a", 202, r#"{"state": "wait"}"#)
            .response("GET https://example.com/a", 200, r#"{"state": "done"}"#)
            .response_with(
                "POST https://example.com/b",
                http::Response {
                    status: 201,
                    headers: vec![("location".into(), "/b/1".into())],
                    ..http::Response::default()
                },
            ),
    );
    let state =
        || http::get("https://example.com/a").send().unwrap().json::<Value>().unwrap()["state"].clone();
    assert_eq!([state(), state(), state()], ["wait", "done", "done"]);

    let response = http::post("https://example.com/b")
        .header("authorization", "Bearer x")
        .json(&json!({"a": 1}))
        .send()
        .unwrap()
        .ok()
        .unwrap();
    assert_eq!(response.header("Location"), Some("/b/1"));
    assert_eq!(response.url, "https://example.com/b");
    assert_eq!(response.text().unwrap(), "");
    assert_eq!(kind(response.json::<Value>()), HostErrorKind::Failed);

    let sent = host.calls().pop().unwrap();
    assert_eq!(sent, "POST https://example.com/b");
    assert_eq!(sent.body, br#"{"a":1}"#);
    assert_eq!(
        sent.headers,
        [("authorization", "Bearer x"), ("content-type", "application/json")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    assert_eq!(kind(http::delete("https://example.com/a").send()), HostErrorKind::Denied);
}

#[test]
fn commands_have_outputs() {
    let failed = Output { stderr: "no branch\n".into(), ..Output::new(1, "") };
    let host = testing::host(
        FakeHost::new()
            .command("git", ["log", "-1"], Output::new(0, "1f9e\n"))
            .command("git", ["push"], failed)
            .command("true", [""; 0], Output::new(0, "")),
    );
    let output = Command::new("git").arg("log").args(["-1"]).stdin("in").run().unwrap();
    assert!(output.success());
    assert_eq!(output.stdout_text().unwrap(), "1f9e\n");
    let error = Command::new("git").arg("push").run().unwrap().ok().unwrap_err();
    assert_eq!(error.to_string(), "the command ended with exit code 1: no branch");
    Command::new("true").run().unwrap();
    assert_eq!(kind(Command::new("git").args(["commit", "-m", "a b", ""]).run()), HostErrorKind::Denied);
    assert_eq!(host.calls(), ["run git log -1", "run git push", "run true", r#"run git commit -m "a b" """#]);
    assert_eq!(host.calls()[0].body, b"in");
}

#[test]
fn a_call_fails_where_the_test_wants_it() {
    let host = testing::host(
        FakeHost::new()
            .file("/etc/shadow", "x")
            .fails("read /etc/shadow", HostErrorKind::Denied)
            .fails("GET https://example.com/", HostErrorKind::Limit),
    );
    assert_eq!(kind(fs::read("/etc/shadow")), HostErrorKind::Denied);
    assert_eq!(kind(http::get("https://example.com/").send()), HostErrorKind::Limit);
    assert!(fs::exists("/etc/shadow").unwrap());
    assert_eq!(host.calls(), ["read /etc/shadow", "GET https://example.com/", "stat /etc/shadow"]);
}

#[test]
fn an_error_becomes_the_plugins_own() {
    fn read() -> Result<String, Error> {
        Ok(fs::read_to_string("/nowhere")?)
    }
    let _host = testing::host(FakeHost::new());
    let error = read().unwrap_err().to_string();
    assert!(error.starts_with("/nowhere: there is no such file"), "{error}");
}

#[test]
fn the_last_host_answers_for_as_long_as_it_is_held() {
    let outer = testing::host(FakeHost::new().var("A", "outer"));
    let inner = testing::host(FakeHost::new().var("A", "inner"));
    assert_eq!(env::var("A").unwrap().as_deref(), Some("inner"));
    // In whatever order they go.
    drop(outer);
    assert_eq!(env::var("A").unwrap().as_deref(), Some("inner"));
    drop(inner);
    assert_eq!(kind(env::var("A")), HostErrorKind::Denied);
    std::thread::scope(|scope| {
        let _host = testing::host(FakeHost::new().var("A", "here"));
        scope.spawn(|| assert_eq!(kind(env::var("A")), HostErrorKind::Denied)).join().unwrap();
    });
}

#[test]
fn any_host_can_answer() {
    struct Upside;

    impl HostCalls for Upside {
        fn answer(&self, capability: Capability, _: &str, _: &[u8], allowance: Allowance<'_>) -> Answer {
            assert!(allowance.bytes > 0);
            match capability {
                // No answer to what is asked.
                Capability::File => Answer { head: r#"{"ok":"written"}"#.into(), ..Answer::default() },
                Capability::Http => Answer { head: "nonsense".into(), ..Answer::default() },
                _ => Answer::error(HostCallError::new(HostErrorKind::Limit, "too slow")),
            }
        }
    }

    let _host = testing::host(Upside);
    assert_eq!(
        fs::read("/x").unwrap_err().to_string(),
        "the host answered something else: that it is written"
    );
    assert!(http::get("x").send().unwrap_err().to_string().starts_with("the host's answer cannot be read"));
    assert_eq!(kind(env::var("X")), HostErrorKind::Limit);
}
