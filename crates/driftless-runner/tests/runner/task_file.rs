//! Files of tasks as they are written: every mistake at once, each with its line.

use driftless_host::{ErrorKind, PluginManager};
use driftless_runner::documents::{Document, Format, line_and_column};
use driftless_runner::{Options, Plan, TaskFile};
use driftless_templates::Templates;

/// What is wrong with a file, each with line and column.
#[track_caller]
fn mistakes(yaml: &str) -> Vec<String> {
    let file = TaskFile::read(Document::parse(Format::Yaml, yaml).unwrap());
    let manager = PluginManager::builder().build().unwrap();
    let templates = Templates::new(&manager);
    let mistakes = Plan::new(&manager, &templates, file, Options::default()).expect_err("it is wrong");
    let told = mistakes.iter().map(|mistake| match &mistake.place {
        Some(place) => {
            let (line, column) = line_and_column(yaml, place.start);
            format!("{line}:{column}: {mistake}")
        }
        None => mistake.to_string(),
    });
    told.collect()
}

/// There is one mistake in a file.
#[track_caller]
fn is_wrong(yaml: &str, text: &str) {
    assert_eq!(mistakes(yaml), [text]);
}

#[test]
fn what_is_no_tag_and_no_control_of_a_loop_is_told() {
    assert_eq!(
        mistakes("tasks:\n  - type: p.a\n    tags: 5\n    loop_control: {loopvar: x}\n"),
        [
            "2:11: tasks[0] (p.a): there is no plugin `p` installed",
            "3:11: tasks[0] (p.a): invalid type: integer `5`, expected a tag, or a list of tags",
            "4:20: tasks[0] (p.a): unknown field `loopvar`, expected `loop_var` or `index_var`",
        ]
    );
}

#[test]
fn every_mistake_is_told_with_its_line() {
    let yaml = "\
vars: [a]
hosts: all
tasks:
  - name: first
    type: p.a
    no_log: yes
    tags: 5
    loop_control: {loopvar: x}
    message: \"{{ 1 + }}\"
  - just words
  - message: x
    on_failure: never
    become: true
  - type: p
    name: 5
";
    assert_eq!(
        mistakes(yaml),
        [
            "1:7: a mapping of keys to values is expected here, not a list",
            "2:1: unknown key `hosts`: tasks are run where the program is run, and on no other machine",
            "5:11: tasks[0] (first): there is no plugin `p` installed",
            "6:5: tasks[0] (first): `no_log` is `true` or `false`, without quotes",
            "7:11: tasks[0] (first): what went wrong is not shown, for the task has `no_log: true`",
            "8:20: tasks[0] (first): what went wrong is not shown, for the task has `no_log: true`",
            "9:14: tasks[0] (first): what went wrong is not shown, for the task has `no_log: true`",
            "10:5: tasks[1]: a mapping of keys to values is expected here, not text; a task has `type: plugin.task`, and its configuration beside it",
            "11:5: tasks[2]: missing field `type`: a task has `type: plugin.task`, and its configuration beside it",
            "12:17: tasks[2]: unknown variant `never`, expected one of `fail`, `skip`, `retry`, `quarantine`",
            "13:5: tasks[2]: unknown key `become`: a plugin has the rights of the program that runs it: run that as another user",
            "14:11: tasks[3] (p): `p`: a task is named `plugin.component`",
            "15:11: tasks[3] (p): text is expected here, not the number `5`: write it in quotes",
        ]
    );
}

#[test]
fn a_file_of_another_shape_is_told_how_ours_is() {
    is_wrong(
        "apply:\n  - copy: {src: a}\n",
        "1:1: unknown key `apply`: write `tasks:`, a list; each task has `type: plugin.task` and its configuration beside it",
    );
    is_wrong(
        "plugins:\n  - name: a\n",
        "1:1: unknown key `plugins`: a file of tasks does not say which plugins there are; write `tasks:`, a list, in which `type: plugin.task` names them",
    );
    is_wrong(
        "- hosts: all\n  tasks: []\n",
        "1:1: a file of tasks is no list: write `tasks:` at the top, and the list behind it",
    );
    is_wrong(
        "tasks:\n  deploy: {cmd: x}\n",
        "2:3: a list is expected here, not a mapping; a task has `type: plugin.task`, and its configuration beside it",
    );
    is_wrong(
        "sources: []\n",
        "1:1: unknown key `sources`: this belongs to a file that describes a log pipeline, which is run by another command",
    );
    is_wrong(
        "vars: {a: 1}\n",
        "1:1: missing field `tasks`: a list, in which a task has `type: plugin.task`, and its configuration beside it",
    );
    is_wrong("taks: []\n", "1:1: unknown field `taks`, expected one of `vars`, `collectors`, `tasks`");
    is_wrong("", "nothing is written in it");
    is_wrong("vars:\ntasks: []\n", "1:1: nothing is written in it");
}

#[test]
fn keys_that_may_be_a_component_s_own_are_not_refused_where_it_is_not_known() {
    let yaml = "tasks:\n  - {type: p.a, environment: production, vars: {}, with_dict: {}}\n";
    let told = mistakes(yaml);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[1].contains("unknown key `with_dict`"), "{told:?}");
}

#[test]
fn a_key_with_nothing_behind_it_is_told_with_its_line() {
    let told = mistakes("tasks:\n  - type: p.a\n    tags:\n    when:\n    loop_control:\ncollectors:\n  -\n");
    assert_eq!(
        told,
        [
            "2:11: tasks[0] (p.a): there is no plugin `p` installed",
            "3:5: tasks[0] (p.a): nothing is written in it",
            "5:5: tasks[0] (p.a): nothing is written in it",
            "7:4: collectors[0]: nothing is written in it",
        ]
    );
}

#[test]
fn collectors_alone_are_no_file_of_tasks() {
    let told = mistakes("collectors:\n  - type: p.a\n");
    assert_eq!(told[1], "2:11: collectors[0] (a): there is no plugin `p` installed");
    assert_eq!(told[0], "1:1: missing field `tasks`: a file that has `collectors` only is one of facts");
}

#[test]
fn what_a_file_asks_for_is_the_same_whatever_it_is_written_in() {
    let written = [
        (
            Format::Yaml,
            "tasks:\n  - {type: p.a, name: n, tags: [a, b], loop: [1], no_log: true, ignore_errors: true}\n",
        ),
        (
            Format::Json,
            r#"{"tasks": [{"type": "p.a", "name": "n", "tags": "a,b", "loop": [1], "no_log": true, "ignore_errors": true}]}"#,
        ),
        (
            Format::Toml,
            "[[tasks]]\ntype = 'p.a'\nname = 'n'\ntags = ['a', 'b']\nloop = [1]\nno_log = true\nignore_errors = true\n",
        ),
    ];
    for (format, text) in written {
        let file = TaskFile::read(Document::parse(format, text).unwrap());
        let step = &file.file().tasks[0];
        assert_eq!((step.label(), step.no_log, step.ignore_errors), ("n", true, true), "{format:?}");
        assert_eq!(step.tags.iter().collect::<Vec<_>>(), ["a", "b"], "{format:?}");
        assert_eq!(step.r#loop, Some(serde_json::json!([1])), "{format:?}");
        assert!(step.config.is_empty(), "{format:?}");
        let manager = PluginManager::builder().build().unwrap();
        let templates = Templates::new(&manager);
        let mistakes = Plan::new(&manager, &templates, file, Options::default()).unwrap_err();
        assert_eq!(mistakes.kind(), ErrorKind::NotFound, "{format:?}");
    }
}
