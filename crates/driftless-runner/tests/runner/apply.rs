//! Files of tasks and collectors.

use driftless_host::{ErrorKind, PluginManager};
use driftless_plugin_api::component::ComponentKind::{FactsCollector, Task, TemplateFilter};
use driftless_plugin_api::result::{TaskResult, TaskStatus};
use driftless_runner::{ApplyFile, FactsFile, Progress, Result, TaskOutcome, apply, collect};
use driftless_templates::Templates;
use serde_json::{Value, json};

use crate::guest::{Action::*, CONFIG, Guest, INPUT, TRAP, manager};

/// A plugin with tasks that do what their names say, a collector and a filter.
fn site() -> PluginManager {
    let message = json!({
        "properties": {"status": {"default": "success"}, "message": {"type": "string"}},
        "required": ["message"],
    });
    let guest = Guest::new()
        .with_schema(Task, "say", message, CONFIG)
        .with(Task, "decline", Says(r#"{"status":"error","message":"not today"}"#))
        .with(Task, "trap", TRAP)
        .with(FactsCollector, "given", CONFIG)
        .with(FactsCollector, "trap", TRAP)
        .with(TemplateFilter, "same", INPUT);
    manager(&[("site", &guest)])
}

/// What became of each task, by its label, and how it all ended.
fn run_with(dry_run: bool, file: Value) -> (Vec<(String, TaskOutcome)>, Result<()>) {
    let manager = site();
    let templates = Templates::new(&manager);
    let file: ApplyFile = serde_json::from_value(file).unwrap();
    let mut heard = Vec::new();
    let ended = apply(&manager, &templates, &file, dry_run, |progress| match progress {
        Progress::Task(step, outcome) => heard.push((step.label().to_owned(), outcome.clone())),
        Progress::NoFacts(step, error) => panic!("no facts of {}: {error}", step.key()),
    });
    (heard, ended)
}

/// The outcomes of a file that runs to its end.
#[track_caller]
fn run(file: Value) -> Vec<(String, TaskOutcome)> {
    let (heard, ended) = run_with(false, file);
    ended.unwrap();
    heard
}

/// What a dry run finds, when it finds nothing wrong.
#[track_caller]
fn dry_run(file: Value) -> Vec<TaskOutcome> {
    let (heard, ended) = run_with(true, file);
    ended.unwrap();
    heard.into_iter().map(|(_, outcome)| outcome).collect()
}

/// A file ends with this error.
#[track_caller]
fn fails(dry_run: bool, file: Value, kind: ErrorKind, text: &str) {
    let error = run_with(dry_run, file).1.expect_err("it should fail");
    assert_eq!((error.kind(), error.to_string()), (kind, text.to_owned()));
}

fn said(label: &str, message: &str) -> (String, TaskOutcome) {
    (label.to_owned(), TaskOutcome::Ran(TaskResult::success(message)))
}

fn say(message: &str) -> Value {
    json!({"type": "site.say", "message": message})
}

#[test]
fn tasks_run_in_order() {
    let outcomes =
        run(json!({"tasks": [say("one"), {"name": "second", "type": "site.say", "message": "two"}]}));
    assert_eq!(outcomes, [said("site.say", "one"), said("second", "two")]);
    assert_eq!(run(json!({"tasks": []})), []);
}

#[test]
fn a_result_can_be_used_by_the_tasks_below() {
    let outcomes = run(json!({
        "vars": {"who": "world", "greeting": "Hello {{ who | same }}"},
        "tasks": [
            {"type": "site.say", "message": "{{ greeting }}", "lines": 3, "register": "first"},
            {"type": "site.say", "message": "{{ first.message }}!", "copied": "{{ first.lines }}"},
        ],
    }));
    assert_eq!(outcomes.len(), 2);
    let second = TaskResult::success("Hello world!").with("copied", 3);
    assert_eq!(outcomes[1].1, TaskOutcome::Ran(second));
}

#[test]
fn a_task_runs_when_it_should() {
    let when = |condition: Value| {
        let task = json!({"type": "site.say", "message": "yes", "when": condition});
        let (mut heard, ended) = run_with(false, json!({"vars": {"n": 5, "on": true}, "tasks": [task]}));
        ended.map(|()| heard.remove(0).1)
    };
    let ran = TaskOutcome::Ran(TaskResult::success("yes"));
    assert_eq!(when(json!("n > 3 and on")).unwrap(), ran);
    assert_eq!(when(json!("on")).unwrap(), ran);
    assert_eq!(when(json!(true)).unwrap(), ran);
    assert_eq!(when(json!("n > 7")).unwrap(), TaskOutcome::Skipped);
    assert_eq!(when(json!(false)).unwrap(), TaskOutcome::Skipped);
    // What is neither true nor false is not taken for either.
    for condition in [json!("n"), json!(1), json!("'false'"), json!("none"), json!([])] {
        let error = when(condition.clone()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{condition}");
        assert!(error.to_string().contains("neither true nor false"), "{error}");
    }
    let error = when(json!("missing")).unwrap_err().to_string();
    assert_eq!(error, "tasks[0] (site.say): when: undefined value: `missing` is undefined");
    assert!(when(json!("n >")).unwrap_err().to_string().contains("syntax error"));
}

#[test]
fn a_list_of_conditions_is_true_where_all_are() {
    let when = |conditions: Value| {
        let task = json!({"type": "site.say", "message": "yes", "when": conditions});
        let (mut heard, ended) = run_with(false, json!({"vars": {"n": 5}, "tasks": [task]}));
        ended.map(|()| heard.remove(0).1).map_err(|error| error.to_string())
    };
    let ran = TaskOutcome::Ran(TaskResult::success("yes"));
    assert_eq!(when(json!(["n > 3", true, "n < 7"])).unwrap(), ran);
    assert_eq!(when(json!(["n > 3", "n > 7"])).unwrap(), TaskOutcome::Skipped);
    // What stands behind one that is false need not make sense.
    assert_eq!(when(json!([false, "missing"])).unwrap(), TaskOutcome::Skipped);
    assert_eq!(
        when(json!([true, "missing"])).unwrap_err(),
        "tasks[0] (site.say): when[1]: undefined value: `missing` is undefined"
    );
    assert_eq!(
        when(json!([["n > 3"]])).unwrap_err(),
        "tasks[0] (site.say): `when[0]`: it is [\"n > 3\"], which is neither true nor false"
    );
}

#[test]
fn a_list_of_conditions_may_depend_on_earlier_tasks() {
    let file = json!({"tasks": [
        {"type": "site.say", "message": "one", "register": "first"},
        {"type": "site.say", "message": "two", "when": [true, "first.status == 'success'"]},
    ]});
    assert_eq!(dry_run(file), [TaskOutcome::Checked, TaskOutcome::Depends("first".to_owned())]);
}

#[test]
fn a_condition_that_is_written_otherwise_is_told_how() {
    for (when, told) in [
        ("{{ n > 3 }}", "it is an expression already; write `n > 3`, without the braces"),
        ("{{ n }} > 3", "it is an expression already; write its variables without braces around them"),
        ("{{ n }} > {{ n }}", "it is an expression already; write its variables without braces around them"),
        ("no", "`no` is text in YAML 1.2; write `false`"),
        ("Yes", "`Yes` is text in YAML 1.2; write `true`"),
    ] {
        let task = json!({"type": "site.say", "message": "yes", "when": when});
        let text = format!("tasks[0] (site.say): `when`: {told}");
        fails(false, json!({"vars": {"n": 5}, "tasks": [task]}), ErrorKind::Configuration, &text);
    }
}

#[test]
fn white_space_around_an_expression_makes_it_text() {
    let outcomes = run(json!({"vars": {"n": 8080}, "tasks": [
        {"type": "site.say", "message": "{{ n }}\n", "number": "{{ n }}", "text": " {{ n }}", "indented": "    {{ 'a' }}"},
    ]}));
    let result = TaskResult::success("8080\n");
    let result = result.with("number", 8080).with("text", " 8080").with("indented", "    a");
    assert_eq!(outcomes[0].1, TaskOutcome::Ran(result));
}

#[test]
fn a_task_that_is_left_out_is_left_out_whatever_its_configuration() {
    let task = json!({"type": "site.say", "message": "{{ missing }}", "when": false});
    assert_eq!(run(json!({"tasks": [task]}))[0].1, TaskOutcome::Skipped);
}

#[test]
fn a_task_that_was_left_out_says_so_below() {
    let outcomes = run(json!({"tasks": [
        {"type": "site.say", "message": "no", "when": false, "register": "first"},
        {"type": "site.say", "message": "{{ first.status }}"},
    ]}));
    assert_eq!(outcomes[1], said("site.say", "skipped"));
}

#[test]
fn a_task_that_fails_is_the_last() {
    let file = json!({"tasks": [say("one"), {"type": "site.decline"}, say("three")]});
    let outcomes = run(file);
    assert_eq!(outcomes.len(), 2);
    assert!(!outcomes[0].1.has_failed());
    assert!(outcomes[1].1.has_failed());
    let TaskOutcome::Ran(result) = &outcomes[1].1 else { panic!("it ran") };
    assert_eq!((result.status, result.message.as_deref()), (TaskStatus::Error, Some("not today")));
}

#[test]
fn a_task_without_a_result_is_an_error_and_the_last() {
    let file = json!({"tasks": [say("one"), {"name": "boom", "type": "site.trap"}, say("three")]});
    let (heard, ended) = run_with(false, file);
    assert_eq!(heard, [said("site.say", "one")]);
    assert_eq!(
        ended.unwrap_err().to_string(),
        "tasks[1] (boom): plugin `site`, task `trap`: trapped: wasm `unreachable` instruction executed"
    );
}

#[test]
fn a_task_that_cannot_run_is_told_with_its_place() {
    let violation = "tasks[0] (site.say): the configuration of plugin `site`, task `say`: \
                     \"message\" is a required property";
    let undefined = "tasks[0] (site.say): message: undefined value: `missing` is undefined";
    let no_task = "tasks[0] (site.sya): there is no task `sya` in plugin `site`; did you mean `say`?";
    let no_plugin = "tasks[0] (stie.say): there is no plugin `stie` installed; did you mean `site`?";
    // A dry run finds all of them as well.
    for dry_run in [false, true] {
        let fails = |task: Value, kind, text: &str| fails(dry_run, json!({"tasks": [task]}), kind, text);
        fails(json!({"type": "site.say"}), ErrorKind::Configuration, violation);
        fails(say("{{ missing }}"), ErrorKind::Failed, undefined);
        fails(json!({"type": "site.sya"}), ErrorKind::NotFound, no_task);
        fails(json!({"type": "stie.say"}), ErrorKind::NotFound, no_plugin);
    }
}

#[test]
fn a_dry_run_runs_no_task() {
    let found = dry_run(json!({"tasks": [
        {"type": "site.trap"},
        {"type": "site.decline"},
        {"type": "site.say", "message": "x", "when": false},
        say("one"),
    ]}));
    use TaskOutcome::{Checked, Skipped};
    assert_eq!(found, [Checked, Checked, Skipped, Checked]);
}

#[test]
fn a_dry_run_says_what_it_cannot_tell() {
    let found = dry_run(json!({"tasks": [
        {"type": "site.say", "message": "x", "register": "first"},
        say("{{ first.message }}"),
        {"type": "site.say", "message": "x", "when": "first.status == 'success'"},
        {"type": "site.say", "message": "x", "deep": [{"a": "{% if first %}{% endif %}"}]},
        say("first"),
    ]}));
    let depends = TaskOutcome::Depends("first".to_owned());
    assert_eq!(found[1..], [depends.clone(), depends.clone(), depends, TaskOutcome::Checked]);

    let file = json!({"tasks": [
        {"type": "site.say", "message": "x", "register": "first"},
        {"type": "site.sya", "message": "{{ first.message }}"},
    ]});
    let text = "tasks[1] (site.sya): there is no task `sya` in plugin `site`; did you mean `say`?";
    fails(true, file, ErrorKind::NotFound, text);
}

#[test]
fn variables_use_those_above_them() {
    let outcomes = run(json!({
        "vars": {"a": 1, "b": ["{{ a + 1 }}"], "c": "{{ b[0] }} of {{ a }}"},
        "tasks": [say("{{ c }}")],
    }));
    assert_eq!(outcomes, [said("site.say", "2 of 1")]);
    let below = json!({"vars": {"a": "{{ b }}", "b": 1}, "tasks": []});
    fails(false, below, ErrorKind::Failed, "vars.a: undefined value: `b` is undefined");
}

#[test]
fn facts_are_there_for_the_tasks() {
    let outcomes = run(json!({
        "vars": {"os": "Debian"},
        "collectors": [
            {"type": "site.given", "name": "machine", "os": "{{ os }}"},
            {"type": "site.given", "cores": 2},
        ],
        "tasks": [say("{{ facts.machine.os }} on {{ facts.given.cores }}")],
    }));
    assert_eq!(outcomes, [said("site.say", "Debian on 2")]);
}

#[test]
fn collectors_bring_one_object() {
    let manager = site();
    let templates = Templates::new(&manager);
    let collect = |file: Value| {
        let file: FactsFile = serde_json::from_value(file).unwrap();
        collect(&manager, &templates, &file, |_, error| panic!("{error}")).map(Value::Object)
    };
    let facts = collect(json!({
        "vars": {"n": 1},
        "collectors": [{"type": "site.given", "a": "{{ n }}"}, {"type": "site.given", "name": "b"}],
    }));
    assert_eq!(facts.unwrap(), json!({"given": {"a": 1}, "b": {}}));

    let check = |file: Value, text: &str| assert_eq!(collect(file).unwrap_err().to_string(), text);
    check(
        json!({"collectors": [{"type": "site.given"}, {"type": "site.given"}]}),
        "collectors: there are two called `given`; give one a `name`",
    );
    check(
        json!({"collectors": [{"type": "site.trap"}]}),
        "collectors[0] (trap): plugin `site`, facts collector `trap`: \
         trapped: wasm `unreachable` instruction executed",
    );
    check(
        json!({"collectors": [{"type": "site.given", "a": {"deep": "{{ missing }}"}}]}),
        "collectors[0] (given): a: undefined value: `missing` is undefined",
    );
}

#[test]
fn a_file_with_an_unknown_key_is_refused() {
    let error = |file: Value| serde_json::from_value::<ApplyFile>(file).unwrap_err().to_string();
    assert!(error(json!({"tasks": [], "task": []})).contains("unknown field `task`"));
    assert!(error(json!({"vars": {}})).contains("missing field `tasks`"));
    assert!(error(json!({"tasks": [{"message": "x"}]})).contains("missing field `type`"));
}
