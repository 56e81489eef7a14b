//! Files of tasks and collectors.

use driftless_host::{ErrorKind, PluginManager};
use driftless_plugin_api::component::ComponentKind::{FactsCollector, Task, TemplateFilter};
use driftless_plugin_api::result::{TaskResult, TaskStatus};
use driftless_runner::{
    ApplyFile, FactsFile, Mistakes, Options, Plan, Progress, Selection, TaskFailure, TaskFile, TaskOutcome,
};
use driftless_templates::Templates;
use serde_json::{Value, json};

use crate::guest::{Action::*, CONFIG, Guest, INPUT, TRAP, manager};

/// A plugin with tasks that do what their names say, a collector and a filter.
fn site() -> PluginManager {
    let message = json!({
        "properties": {"status": {"default": "success"}, "message": {"type": "string"}},
        "required": ["message"],
    });
    let closed = json!({
        "properties": {"status": {"default": "success"}, "message": {"type": "string"}, "notify": {}},
        "additionalProperties": false,
    });
    let guest = Guest::new()
        .with_schema(Task, "say", message, CONFIG)
        .with_schema(Task, "closed", closed, CONFIG)
        .with(Task, "decline", Says(r#"{"status":"error","message":"not today"}"#))
        .with(Task, "trap", TRAP)
        .with(FactsCollector, "given", CONFIG)
        .with(FactsCollector, "trap", TRAP)
        .with(TemplateFilter, "same", INPUT);
    manager(&[("site", &guest)])
}

/// What became of each task that was begun, by its label, and how it all ended.
type Applied = (Vec<(String, TaskOutcome)>, Result<(), Mistakes>);

/// Runs a file without mistakes.
fn run_with(dry_run: bool, file: Value) -> Applied {
    try_run(dry_run, file, Options::default()).unwrap()
}

/// The same of a file that may have mistakes.
fn try_run(dry_run: bool, file: Value, options: Options) -> Result<Applied, Mistakes> {
    let manager = site();
    let templates = Templates::new(&manager);
    let file: ApplyFile = serde_json::from_value(file).unwrap();
    let plan = Plan::new(&manager, &templates, TaskFile::from(file), options)?;
    let mut heard = Vec::new();
    let mut hear = |progress: Progress<'_>| match progress {
        Progress::Task(report) if *report.outcome != TaskOutcome::NotRun => {
            heard.push((report.label.to_owned(), report.outcome.clone()));
        }
        Progress::NoFacts(step, error) => panic!("no facts of {}: {error}", step.key()),
        _ => {}
    };
    let ended = if dry_run { plan.dry_run(&mut hear) } else { plan.run(&mut hear) };
    Ok((heard, ended))
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

/// A file that begins to run ends with this error.
#[track_caller]
fn fails(dry_run: bool, file: Value, kind: ErrorKind, text: &str) {
    let error = run_with(dry_run, file).1.expect_err("it should fail");
    assert_eq!((error.kind(), error.to_string()), (kind, text.to_owned()));
}

/// A file is not begun, for these mistakes.
#[track_caller]
fn is_wrong(file: Value, kind: ErrorKind, texts: &[&str]) {
    let mistakes = try_run(false, file, Options::default()).expect_err("it should be wrong");
    let told: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    assert_eq!((mistakes.kind(), told), (kind, texts.iter().map(|&text| text.to_owned()).collect()));
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
    for condition in [json!("n"), json!("'false'"), json!("none")] {
        let error = when(condition.clone()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{condition}");
        assert!(error.to_string().contains("neither true nor false"), "{error}");
    }
    let error = when(json!("missing")).unwrap_err().to_string();
    assert_eq!(error, "tasks[0] (site.say): when: undefined value: `missing` is undefined");
    let wrong = |when: Value, text: &str| {
        let task = json!({"type": "site.say", "message": "yes", "when": when});
        is_wrong(json!({"tasks": [task]}), ErrorKind::Configuration, &[text]);
    };
    wrong(json!(1), "tasks[0] (site.say): `when`: it is 1, which is neither true nor false");
    wrong(json!([]), "tasks[0] (site.say): `when`: it is [], which is neither true nor false");
    wrong(
        json!("n >"),
        "tasks[0] (site.say): when: syntax error: unexpected end of input, expected expression",
    );
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
    let task = json!({"type": "site.say", "message": "yes", "when": [["n > 3"]]});
    let text = "tasks[0] (site.say): `when[0]`: it is [\"n > 3\"], which is neither true nor false";
    is_wrong(json!({"tasks": [task]}), ErrorKind::Configuration, &[text]);
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
    for (is_told_before, when, told) in [
        (true, "{{ n > 3 }}", "it is an expression already; write `n > 3`, without the braces"),
        (true, "{{ n }} > 3", "it is an expression already; write its variables without braces around them"),
        (
            true,
            "{{ n }} > {{ n }}",
            "it is an expression already; write its variables without braces around them",
        ),
        (true, "no", "`no` is text in YAML 1.2; write `false`"),
        (true, "Yes", "`Yes` is text in YAML 1.2; write `true`"),
    ] {
        let task = json!({"type": "site.say", "message": "yes", "when": when});
        let text = format!("tasks[0] (site.say): `when`: {told}");
        let file = json!({"vars": {"n": 5}, "tasks": [task]});
        match is_told_before {
            true => is_wrong(file, ErrorKind::Configuration, &[&text]),
            false => fails(false, file, ErrorKind::Configuration, &text),
        }
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
    let no_task = "tasks[0] (site.sya): there is no task `sya` in plugin `site`; did you mean `say`?";
    let no_plugin = "tasks[0] (stie.say): there is no plugin `stie` installed; did you mean `site`?";
    let wrong = |task: Value, kind, text: &str| is_wrong(json!({"tasks": [task]}), kind, &[text]);
    wrong(json!({"type": "site.say"}), ErrorKind::Configuration, violation);
    wrong(json!({"type": "site.sya"}), ErrorKind::NotFound, no_task);
    wrong(json!({"type": "stie.say"}), ErrorKind::NotFound, no_plugin);
    // What a template makes is only known then. A dry run finds it as well.
    let undefined = "tasks[0] (site.say): message: undefined value: `missing` is undefined";
    let text = "tasks[0] (site.say): the configuration of plugin `site`, task `say`: /message: 5 is not of type \
                \"string\"; write it in quotes, or in a template with `| string`";
    for dry_run in [false, true] {
        fails(dry_run, json!({"tasks": [say("{{ missing }}")]}), ErrorKind::Failed, undefined);
        fails(dry_run, json!({"tasks": [say("{{ 5 }}")]}), ErrorKind::Configuration, text);
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
    is_wrong(file, ErrorKind::NotFound, &[text]);
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
        let plan = Plan::new(&manager, &templates, file.into(), Options::default())?;
        plan.collect(|_, error| panic!("{error}")).map(Value::Object)
    };
    let facts = collect(json!({
        "vars": {"n": 1},
        "collectors": [{"type": "site.given", "a": "{{ n }}"}, {"type": "site.given", "name": "b"}],
    }));
    assert_eq!(facts.unwrap(), json!({"given": {"a": 1}, "b": {}}));

    let check = |file: Value, text: &str| assert_eq!(collect(file).unwrap_err().to_string(), text);
    check(
        json!({"collectors": [{"type": "site.given"}, {"type": "site.given"}]}),
        "collectors[1] (given): collectors: there are two called `given`; give one a `name`",
    );
    check(
        json!({"collectors": [{"type": "site.trap"}]}),
        "collectors[0] (trap): plugin `site`, facts collector `trap`: \
         trapped: wasm `unreachable` instruction executed",
    );
    check(
        json!({"collectors": [{"type": "site.given", "a": {"deep": "{{ missing }}"}}]}),
        "collectors[0] (given): a.deep: undefined value: `missing` is undefined",
    );
}

#[test]
fn a_file_with_an_unknown_key_is_refused() {
    let error = |file: Value| serde_json::from_value::<ApplyFile>(file).unwrap_err().to_string();
    assert!(error(json!({"tasks": [], "task": []})).contains("unknown field `task`"));
    assert!(error(json!({"vars": {}})).contains("missing field `tasks`"));
    assert!(error(json!({"tasks": [{"message": "x"}]})).contains("missing field `type`"));
}

/// What is told of each task and item, in short, and how it ended.
fn tell(file: Value, options: Options) -> (Vec<String>, Result<(), Mistakes>) {
    let manager = site();
    let templates = Templates::new(&manager);
    let file: ApplyFile = serde_json::from_value(file).unwrap();
    let plan = Plan::new(&manager, &templates, TaskFile::from(file), options).unwrap();
    let mut told = Vec::new();
    let ended = plan.run(|progress| {
        told.push(match progress {
            Progress::Begins(_) => return,
            Progress::NameAsWritten(_, error) => format!("name: {error}"),
            Progress::Item(report, item) => {
                format!("{}[{}]: {}", report.label, item.index, short(report.outcome))
            }
            Progress::Task(report) => format!("{}: {}", report.label, short(report.outcome)),
            Progress::Failed(_, label, item, error) => {
                format!(
                    "{label}{}: {error}",
                    item.map_or_else(String::new, |item| format!("[{}]", item.index))
                )
            }
            Progress::NoFacts(step, error) => format!("{}: {error}", step.key()),
        });
    });
    (told, ended)
}

fn short(outcome: &TaskOutcome) -> String {
    match outcome {
        TaskOutcome::Ran(result) => format!("ran {}", result.message.as_deref().unwrap_or_default()),
        TaskOutcome::LeftOut(TaskFailure::Result(result)) => format!("left out {:?}", result.status),
        TaskOutcome::LeftOut(TaskFailure::Error(error)) => format!("left out: {error}"),
        TaskOutcome::Ignored(TaskFailure::Result(result)) => format!("ignored {:?}", result.status),
        TaskOutcome::Ignored(TaskFailure::Error(error)) => format!("ignored: {error}"),
        TaskOutcome::Looped(items) => format!("{} items", items.len()),
        other => format!("{other:?}"),
    }
}

const TRAPPED: &str = "trapped: wasm `unreachable` instruction executed";

#[test]
fn a_task_that_fails_ends_the_run_unless_it_says_otherwise() {
    let file = |failing: Value| json!({"tasks": [say("one"), failing, say("three")]});
    let after = |failing: Value| {
        let (told, ended) = tell(file(failing), Options::default());
        (told[1].clone(), told[2].clone(), ended.map_err(|error| error.to_string()))
    };
    let ran = |first: &str| (first.to_owned(), "site.say: ran three".to_owned(), Ok(()));
    let ended = |first: &str, error| (first.to_owned(), "site.say: NotRun".to_owned(), error);
    assert_eq!(after(json!({"type": "site.decline"})), ended("site.decline: ran not today", Ok(())));
    let error = format!("tasks[1] (site.trap): plugin `site`, task `trap`: {TRAPPED}");
    assert_eq!(
        after(json!({"type": "site.trap"})),
        ended(&format!("site.trap: plugin `site`, task `trap`: {TRAPPED}"), Err(error))
    );
    let left_out = ran("site.decline: left out Error");
    assert_eq!(after(json!({"type": "site.decline", "on_failure": "skip"})), left_out);
    assert_eq!(after(json!({"type": "site.decline", "on_failure": "quarantine"})), left_out);
    assert_eq!(
        after(json!({"type": "site.decline", "ignore_errors": true})),
        ran("site.decline: ignored Error")
    );
    assert_eq!(
        after(json!({"type": "site.trap", "ignore_errors": true, "on_failure": "skip"})),
        ran(&format!("site.trap: ignored: plugin `site`, task `trap`: {TRAPPED}"))
    );
    // Another policy, and none, leave it at the end of the run.
    for policy in [json!("fail"), json!({"pause_ms": 5})] {
        let (failed, then, _) = after(json!({"type": "site.decline", "on_failure": policy}));
        assert_eq!((failed.as_str(), then.as_str()), ("site.decline: ran not today", "site.say: NotRun"));
    }
}

#[test]
fn what_is_wrong_before_a_task_runs_is_not_ignored() {
    let task = json!({"type": "site.say", "message": "{{ missing }}", "ignore_errors": true});
    let text = "tasks[0] (site.say): message: undefined value: `missing` is undefined";
    fails(false, json!({"tasks": [task]}), ErrorKind::Failed, text);
}

#[test]
fn a_failure_that_is_ignored_is_there_for_the_tasks_below() {
    let (told, ended) = tell(
        json!({"tasks": [
            {"type": "site.trap", "ignore_errors": true, "register": "first"},
            {"type": "site.decline", "on_failure": "skip", "register": "second"},
            say("{{ first.status }}, {{ 'unreachable' in first.message }}, {{ second.message }}"),
        ]}),
        Options::default(),
    );
    ended.unwrap();
    assert_eq!(told[2], "site.say: ran error, True, not today");
}

#[test]
fn a_name_is_filled_in() {
    let file = json!({"vars": {"who": "Ann"}, "tasks": [
        {"name": "greet {{ who }}", "type": "site.say", "message": "x"},
        {"name": "greet {{ nobody }}", "type": "site.say", "message": "x"},
        {"name": "greet {{ who }}", "type": "site.say", "message": "x", "no_log": true},
    ]});
    let (told, _) = tell(file, Options::default());
    let why = "name: undefined value: `nobody` is undefined";
    assert_eq!(told, ["greet Ann: ran x", why, "greet {{ nobody }}: ran x", "greet {{ who }}: ran x"]);
}

#[test]
fn variables_from_outside_go_before_those_of_the_file() {
    let file = json!({
        "vars": {"who": "{{ missing }}", "greeting": "Hello {{ who }}, {{ more }}"},
        "tasks": [say("{{ greeting }}")],
    });
    let Value::Object(vars) = json!({"who": "{{ Ann }}", "more": 5}) else { unreachable!() };
    let (told, ended) = tell(file, Options { vars, ..Options::default() });
    ended.unwrap();
    assert_eq!(told, ["site.say: ran Hello {{ Ann }}, 5"]);
}

#[test]
fn a_loop_runs_a_task_for_each_item() {
    let with = |more: Value| {
        let mut task = json!({"name": "each", "type": "site.say", "message": "{{ item }}"});
        task.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let vars = json!({"names": ["a", "b"], "n": 5});
        tell(json!({"vars": vars, "tasks": [task]}), Options::default())
    };
    let both = ["each[0]: ran a", "each[1]: ran b", "each: 2 items"];
    for list in [json!(["a", "b"]), json!("names"), json!("{{ names }}"), json!(["{{ names[0] }}", "b"])] {
        assert_eq!(with(json!({"loop": list})).0, both, "{list}");
    }
    let control = json!({"loop_var": "name", "index_var": "i"});
    let (told, _) = with(json!({"loop": "names", "loop_control": control, "message": "{{ i }}{{ name }}"}));
    assert_eq!(told, ["each[0]: ran 0a", "each[1]: ran 1b", "each: 2 items"]);
    assert_eq!(with(json!({"loop": []})).0, ["each: 0 items"]);
    // A condition may be about the item, or about all of them.
    let (told, _) = with(json!({"loop": "names", "when": "item != 'a'"}));
    assert_eq!(told, ["each[0]: Skipped", "each[1]: ran b", "each: 2 items"]);
    assert_eq!(with(json!({"loop": "missing", "when": "n > 5"})).0, ["each: Skipped"]);

    let why = |list: Value| with(json!({"loop": list})).1.unwrap_err().to_string();
    assert_eq!(
        why(json!("{{ {'a': 1} }}")),
        "tasks[0] (each): `loop`: it is a mapping, and a list is expected; `| items` makes a list of pairs of one"
    );
    assert_eq!(
        why(json!("n")),
        "tasks[0] (each): `loop`: it is the number 5, and a list is expected; `range(5)` makes one"
    );
    assert_eq!(why(json!("missing")), "tasks[0] (each): loop: undefined value: `missing` is undefined");
    assert_eq!(
        why(json!("range(20000)")),
        "tasks[0] (each): `loop`: it has 20000 items, and 10000 are the most"
    );
    assert_eq!(
        why(json!(["a", {"b": 1}])),
        "tasks[0] (each): loop[1]: the configuration of plugin `site`, task `say`: /message: {\"b\":1} is not of type \"string\""
    );
}

#[test]
fn a_loop_goes_on_behind_an_item_that_fails_and_has_failed_then() {
    let (told, ended) = tell(
        json!({"tasks": [
            {"type": "site.decline", "loop": [1, 2]},
            say("never"),
        ]}),
        Options::default(),
    );
    ended.unwrap();
    assert_eq!(
        told,
        [
            "site.decline[0]: ran not today",
            "site.decline[1]: ran not today",
            "site.decline: 2 items",
            "site.say: NotRun"
        ]
    );
    // Without a result, that item is the last.
    let (told, ended) = tell(json!({"tasks": [{"type": "site.trap", "loop": [1, 2]}]}), Options::default());
    assert_eq!(told.len(), 1);
    assert_eq!(
        ended.unwrap_err().to_string(),
        format!("tasks[0] (site.trap): loop[0]: plugin `site`, task `trap`: {TRAPPED}")
    );
}

#[test]
fn the_results_of_a_loop_are_registered() {
    let (told, ended) = tell(
        json!({"tasks": [
            {"type": "site.say", "message": "{{ item }}", "loop": ["a", "b"], "register": "said"},
            {"type": "site.say", "message": "x", "loop": [], "register": "nothing"},
            {"type": "site.decline", "loop": [1], "register": "declined", "ignore_errors": true,
             "loop_control": {"loop_var": "it"}},
            say("{{ said.status }}: {{ said.results | map(attribute='message') | join }}, {{ said.results[1].item }}"),
            say("{{ nothing.status }}, {{ declined.status }} {{ declined.results[0].it }}"),
        ]}),
        Options::default(),
    );
    ended.unwrap();
    assert_eq!(told[told.len() - 2..], ["site.say: ran success: ab, b", "site.say: ran skipped, error 1"]);
}

#[test]
fn what_an_item_is_called_changes_nothing_about_how_the_loop_went() {
    let (told, ended) = tell(
        json!({"tasks": [
            {"type": "site.decline", "loop": [1], "register": "declined", "ignore_errors": true,
             "loop_control": {"loop_var": "status"}},
            say("{{ declined.status }} {{ declined.results[0].status }}"),
        ]}),
        Options::default(),
    );
    ended.unwrap();
    assert_eq!(told.last().map(String::as_str), Some("site.say: ran error 1"));
}

#[test]
fn a_dry_run_checks_a_loop() {
    let looped = |list: Value| json!({"type": "site.say", "message": "{{ item }}", "loop": list});
    let found = dry_run(json!({"tasks": [
        {"type": "site.say", "message": "x", "register": "first"},
        looped(json!(["a", "b"])),
        looped(json!("{{ first.list }}")),
        looped(json!("first.list")),
        looped(json!([])),
    ]}));
    let depends = TaskOutcome::Depends("first".to_owned());
    use TaskOutcome::{Checked, Skipped};
    assert_eq!(found, [Checked, Checked, depends.clone(), depends, Skipped]);
    let text = "tasks[0] (site.say): loop[1]: the configuration of plugin `site`, task `say`: /message: 2 is not of type \
                \"string\"; write it in quotes, or in a template with `| string`";
    fails(true, json!({"tasks": [looped(json!(["a", 2]))]}), ErrorKind::Configuration, text);
}

#[test]
fn tasks_are_selected_by_their_tags() {
    let task =
        |name: &str, tags: Value| json!({"name": name, "type": "site.say", "message": "x", "tags": tags});
    let file = json!({"tasks": [
        task("a", json!("a")), task("ab", json!(["a", "b"])), task("none", json!([])),
        task("always", json!("always")), task("never", json!("never, b")),
    ]});
    let run = |only: &[&str], skip: &[&str]| {
        let owned = |tags: &[&str]| tags.iter().map(|&tag| tag.to_owned()).collect();
        let options =
            Options { selection: Selection { only: owned(only), skip: owned(skip) }, ..Options::default() };
        let heard = try_run(false, file.clone(), options);
        heard.map(|(heard, _)| heard.into_iter().map(|(label, _)| label).collect::<Vec<_>>().join(" "))
    };
    assert_eq!(run(&[], &[]).unwrap(), "a ab none always");
    assert_eq!(run(&["b"], &[]).unwrap(), "ab always never");
    assert_eq!(run(&["a"], &["b"]).unwrap(), "a always");
    assert_eq!(run(&[], &["c", "always"]).unwrap(), "a ab none");
    // A tag that no task has is a typing mistake.
    let error = run(&["a", "d"], &[]).unwrap_err();
    assert_eq!(error.to_string(), "the tag `d`: no task has it; there is: `a`, `always`, `b`, `never`");
}

#[test]
fn what_has_no_log_is_in_no_error() {
    let secret = |more: Value| {
        let mut task = json!({"type": "site.say", "no_log": true});
        task.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        task
    };
    let hidden = "what went wrong is not shown, for the task has `no_log: true`";
    for (task, text) in [
        (json!({"message": ["hunter2"]}), "the configuration of plugin `site`, task `say`: "),
        (json!({"message": "{{ hunter2"}), ""),
        (json!({"message": "x", "when": "hunter2 =="}), ""),
    ] {
        let text = format!("tasks[0] (site.say): {text}{hidden}");
        is_wrong(json!({"tasks": [secret(task)]}), ErrorKind::Configuration, &[&text]);
    }
    for (task, place, kind) in [
        (json!({"message": "{{ ['hunter2'] }}"}), "", ErrorKind::Configuration),
        (json!({"message": "{{ hunter2 }}"}), "", ErrorKind::Failed),
        (json!({"message": "{{ item }}", "loop": ["a", ["hunter2"]]}), "loop[1]: ", ErrorKind::Configuration),
        (json!({"message": "x", "loop": "'hunter2'"}), "", ErrorKind::Configuration),
    ] {
        let (told, ended) = tell(json!({"tasks": [secret(task)]}), Options::default());
        let error = ended.unwrap_err();
        assert_eq!(
            (error.kind(), error.to_string()),
            (kind, format!("tasks[0] (site.say): {place}{hidden}"))
        );
        assert!(!format!("{told:?} {error:?}").contains("hunter2"), "{told:?} {error:?}");
    }
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    is_wrong(
        json!({
            "vars": {"a": {"deep": ["{{ 1 + }}"]}},
            "collectors": [{"type": "site.given"}, {"type": "site.given"}, {"type": "site.taken"}],
            "tasks": [
                {"type": "site.say", "massage": "x"},
                {"type": "site.say", "message": "{% if %}", "register": "a-b", "when": "{{ a }}", "loop": 5},
                {"name": "{{", "type": "stie.say"},
                {"type": "site.say", "message": "fine"},
            ],
        }),
        ErrorKind::Configuration,
        &[
            "vars.a.deep[0]: syntax error: unexpected end of variable block",
            "collectors[1] (given): collectors: there are two called `given`; give one a `name`",
            "collectors[2] (taken): there is no facts collector `taken` in plugin `site`; there is: given, trap",
            "tasks[0] (site.say): the configuration of plugin `site`, task `say`: \"message\" is a required property",
            "tasks[1] (site.say): message: syntax error: unexpected end of block",
            "tasks[1] (site.say): `when`: it is an expression already; write `a`, without the braces",
            "tasks[1] (site.say): `loop`: it is the number 5, and a list is expected; `range(5)` makes one",
            "tasks[1] (site.say): register: `a-b` is no name that a template can use; it is ASCII letters, digits and `_`, and begins with no digit",
            "tasks[2] ({{): name: syntax error: `{{` begins here and has no `}}`",
            "tasks[2] ({{): there is no plugin `stie` installed; did you mean `site`?",
        ],
    );
}

#[test]
fn mistakes_of_one_kind_ask_for_one_answer() {
    let task = |name: &str| json!({"type": name, "message": "x"});
    let two = json!({"tasks": [task("stie.say"), task("site.sya")]});
    is_wrong(
        two,
        ErrorKind::NotFound,
        &[
            "tasks[0] (stie.say): there is no plugin `stie` installed; did you mean `site`?",
            "tasks[1] (site.sya): there is no task `sya` in plugin `site`; did you mean `say`?",
        ],
    );
}

#[test]
fn many_mistakes_are_cut() {
    let tasks: Vec<_> = (0..70).map(|_| json!({"type": "a.b"})).collect();
    let mistakes = try_run(false, json!({"tasks": tasks}), Options::default()).unwrap_err();
    assert_eq!((mistakes.iter().count(), mistakes.left_out()), (50, 20));
    assert!(mistakes.to_string().ends_with("\nand 20 more"));
}

#[test]
fn keys_of_other_tools_are_refused_with_what_to_write() {
    let wrong = |key: &str, value: Value, instead: &str| {
        let task = json!({"type": "site.closed", "message": "x", key: value});
        let text = format!("tasks[0] (site.closed): unknown key `{key}`: {instead}");
        is_wrong(json!({"tasks": [task]}), ErrorKind::Configuration, &[&text]);
    };
    wrong(
        "become",
        json!(true),
        "a plugin has the rights of the program that runs it: run that as another user",
    );
    wrong("with_items", json!([1]), "write `loop:` with a list");
    wrong("retries", json!(3), "write `on_failure: {policy: retry, retries: 3, pause_ms: 1000}`");
    // A key that the component knows is its own, and so is a common word where it takes any.
    let own = json!({"type": "site.closed", "message": "x", "notify": "me"});
    let any = json!({"type": "site.say", "message": "x", "retries": 3});
    assert_eq!(run(json!({"tasks": [own, any]})).len(), 2);
    // What is not known is told before its neighbours are filled in.
    let typo = json!({"type": "site.closed", "massage": "{{ 'x' }}"});
    let text = "tasks[0] (site.closed): unknown key `massage`: did you mean `message`?";
    is_wrong(json!({"tasks": [typo]}), ErrorKind::Configuration, &[text]);
}
