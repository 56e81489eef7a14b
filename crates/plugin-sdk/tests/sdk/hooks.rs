//! What a plugin is told around tasks, and what it may say to it.

#[plugin_sdk::plugin]
mod watcher {
    use plugin_sdk::prelude::*;

    #[derive(Deserialize)]
    struct Config {
        forbidden: String,
    }

    #[initialize]
    fn start(config: Config) -> Result<()> {
        if config.forbidden.is_empty() {
            bail!("nothing is forbidden");
        }
        Ok(())
    }

    #[before_task]
    fn check(task: TaskContext) -> Result<Verdict> {
        match task.task_name.as_str() {
            "deploy" => Ok(Verdict::Modify {
                command: Some(format!("{} --careful", task.command)),
                env_vars: [("STAGE".to_owned(), "test".to_owned())].into(),
            }),
            "clean" => Ok(Verdict::abort("not today")),
            "broken" => bail!("the watcher is confused"),
            _ => Ok(Verdict::Continue),
        }
    }

    #[on_task_failure]
    fn failed(task: TaskContext, error: TaskError) -> Result<()> {
        match error.exit_code {
            Some(_) => Ok(()),
            None => bail!("{} died of {}", task.task_name, error.message),
        }
    }
}

#[test]
fn the_hooks_around_tasks_are_announced() {
    assert_eq!(get_hooks(), r#"["before_task","on_task_failure"]"#);
}

#[test]
fn a_verdict_is_what_the_protocol_has() {
    let verdict = |name: &str| before_task(&format!(r#"{{"task_name": "{name}", "command": "make"}}"#));
    assert_eq!(verdict("test"), r#"{"verdict":"continue"}"#);
    assert_eq!(
        verdict("deploy"),
        r#"{"verdict":"modify","command":"make --careful","env_vars":{"STAGE":"test"}}"#
    );
    assert_eq!(verdict("clean"), r#"{"verdict":"abort","message":"not today"}"#);
    assert_eq!(verdict("broken"), r#"{"error":"the watcher is confused"}"#);
}

#[test]
fn what_a_hook_is_told_has_to_fit() {
    assert_eq!(initialize(r#"{"forbidden": "rm"}"#), "null");
    assert_eq!(initialize(r#"{"forbidden": ""}"#), r#"{"error":"nothing is forbidden"}"#);
    assert!(initialize("{}").contains("missing field `forbidden`"), "{}", initialize("{}"));
    assert!(before_task("[").starts_with(r#"{"error":"#));
    assert_eq!(
        on_task_failure(r#"{"task_name": "test"}"#, r#"{"message": "a signal"}"#),
        r#"{"error":"test died of a signal"}"#
    );
    assert_eq!(on_task_failure("{}", r#"{"message": "x", "exit_code": 2}"#), "null");
}

#[test]
fn a_hook_that_is_not_there_does_nothing() {
    assert_eq!(after_task("{}", r#"{"status": "success"}"#), "null");
    assert_eq!(shutdown(), "null");
}
