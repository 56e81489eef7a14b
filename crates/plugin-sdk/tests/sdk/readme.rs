//! The plugin in the README that reaches beyond its memory.

#[plugin_sdk::plugin(files("/etc/motd:rw"), network("https://api.example.com"))]
mod motd {
    use plugin_sdk::prelude::*;

    /// Writes the message of the day.
    #[task]
    fn motd() -> Result<TaskResult> {
        let message = http::get("https://api.example.com/motd").send()?.ok()?.text()?.to_owned();
        let changed = fs::read_to_string("/etc/motd").ok().as_deref() != Some(message.as_str());
        if changed {
            fs::write("/etc/motd", &message)?;
        }
        Ok(TaskResult::success("the message is there").with("changed", changed))
    }
}

#[test]
fn it_writes_the_message_once() {
    use plugin_sdk::testing::{self, FakeHost};

    let host = testing::host(FakeHost::new().response("GET https://api.example.com/motd", 200, "hello"));
    let run = || execute_task("motd", "{}");
    assert_eq!(run(), r#"{"status":"success","message":"the message is there","changed":true}"#);
    assert_eq!(run(), r#"{"status":"success","message":"the message is there","changed":false}"#);
    assert_eq!(host.written("/etc/motd").as_deref(), Some("hello"));
}
