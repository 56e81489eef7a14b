//! What is printed under `--json` is what the book's schemas say.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::harness::{Home, Outcome, repository};

/// The commands whose result is data, and the file of its schema.
const SCHEMAS: [(&str, &str); 37] = [
    ("apply", "apply"),
    ("apply --list-tasks", "apply-list-tasks"),
    ("facts", "facts"),
    ("logs", "logs"),
    ("plugin list", "plugin-list"),
    ("plugin inspect", "plugin-inspect"),
    ("plugin validate", "plugin-validate"),
    ("plugin grant", "plugin-grant"),
    ("plugin revoke", "plugin-grant"),
    ("plugin install", "plugin-install"),
    ("plugin remove", "plugin-remove"),
    ("plugin new", "plugin-new"),
    ("plugin build", "plugin-build"),
    ("plugin test", "plugin-test"),
    ("plugin search", "plugin-search"),
    ("plugin outdated", "plugin-outdated"),
    ("plugin update", "plugin-update"),
    ("plugin verify", "plugin-verify"),
    ("plugin fetch", "plugin-fetch"),
    ("plugin save", "plugin-save"),
    ("plugin load", "plugin-load"),
    ("plugin publish", "plugin-publish"),
    ("plugin yank", "plugin-yank"),
    ("registry list", "registry-list"),
    ("registry add", "registry-add"),
    ("registry remove", "registry-remove"),
    ("registry init", "registry-init"),
    ("registry mirror", "registry-mirror"),
    ("registry login", "registry-login"),
    ("key generate", "key-generate"),
    ("key list", "key-list"),
    ("key trust", "key-trust"),
    ("key revoke", "key-revoke"),
    ("key rotate", "key-rotate"),
    ("registry logout", "registry-login"),
    ("registry token", "registry-token"),
    ("registry serve", "registry-serve"),
];

/// The commands that print the same with `--json` as without, where they do not fail.
const RAW: [&str; 3] = ["render", "plugin call", "completions"];

/// Holds what a run with these arguments printed against the schema of its command, where they ask for JSON. Returns what does not fit.
pub(crate) fn complaint(args: &[String], outcome: &Outcome) -> Option<String> {
    let options = args.iter().take_while(|arg| *arg != "--");
    if !options.clone().any(|arg| arg == "--json") || options.clone().any(|arg| arg == "--help") {
        return None;
    }
    let command = command(args);
    let is_raw = RAW.contains(&command.as_str());
    if is_raw && outcome.code == Some(0) {
        return None;
    }
    // Where entries go to standard output, the summary goes to standard error.
    let is_on_stderr = command == "logs"
        && !outcome.stdout.contains("\"seconds\":")
        && outcome.stderr.contains("{\"lines\":");
    let printed = match is_on_stderr {
        true => outcome.stderr.lines().find(|line| line.starts_with('{')).unwrap_or_default(),
        false => &outcome.stdout,
    };
    let printed: Value = match serde_json::from_str(printed) {
        Ok(printed) => printed,
        // A task that failed is a reply, as it is.
        Err(_) if is_raw => return None,
        Err(error) => return Some(format!("`{command}` printed no JSON value: {error}")),
    };
    let is_error = outcome.code != Some(0)
        && printed.as_object().is_some_and(|object| object.len() == 1 && object.contains_key("error"));
    if is_error && printed["error"]["code"] != json!(outcome.code) {
        return Some(format!("the exit code is {:?}, and not that of {printed}", outcome.code));
    }
    let schema = match SCHEMAS.iter().find(|(known, _)| *known == command) {
        _ if is_error => "error",
        Some((_, schema)) => schema,
        None if is_raw => return None,
        None => return Some(format!("`{command}` has no schema")),
    };
    violations(schema, &printed)
}

/// The command, without its options and arguments.
fn command(args: &[String]) -> String {
    let known: Vec<&str> = SCHEMAS.iter().map(|(command, _)| *command).chain(RAW).collect();
    let mut words = args.iter().map(String::as_str);
    let first = words.find(|word| known.iter().any(|known| known.split(' ').next() == Some(word)));
    let second = words.find(|word| !word.starts_with('-'));
    match (first, second) {
        (Some(group @ ("plugin" | "registry" | "key")), Some(second)) => format!("{group} {second}"),
        (Some("apply"), _) if args.iter().any(|arg| arg == "--list-tasks") => "apply --list-tasks".to_owned(),
        (Some(first), _) => first.to_owned(),
        (None, _) => String::new(),
    }
}

/// In what way a value does not fit a schema.
fn violations(schema: &str, value: &Value) -> Option<String> {
    let validator = jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .build(&closed(read(schema)))
        .unwrap_or_else(|error| panic!("{schema}: {error}"));
    let violations: Vec<_> =
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    (!violations.is_empty()).then(|| format!("{schema}.schema.json: {}", violations.join("\n  ")))
}

fn folder() -> PathBuf {
    repository().join("docs/src/json")
}

fn read(schema: &str) -> Value {
    let path = folder().join(format!("{schema}.schema.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The schema, with no other keys than those that it names. For those who read the output it is open, so that keys may be added; but
/// these are to be written down.
fn closed(schema: Value) -> Value {
    match schema {
        Value::Object(keywords) => {
            let is_open =
                keywords.contains_key("properties") && !keywords.contains_key("additionalProperties");
            let mut keywords: serde_json::Map<_, _> =
                keywords.into_iter().map(|(keyword, value)| (keyword, closed(value))).collect();
            if is_open {
                keywords.insert("additionalProperties".to_owned(), false.into());
            }
            Value::Object(keywords)
        }
        Value::Array(schemas) => schemas.into_iter().map(closed).collect(),
        other => other,
    }
}

/// Runs the command and holds what it prints against its schema.
#[track_caller]
fn check(home: &Home, args: &[&str]) -> Value {
    holds(args, &home.run(args))
}

/// Holds what a run printed against the schema of its command.
#[track_caller]
pub(crate) fn holds(args: &[&str], outcome: &Outcome) -> Value {
    let owned: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
    if let Some(complaint) = complaint(&owned, outcome) {
        panic!("{args:?}: {complaint}\n{outcome:?}");
    }
    serde_json::from_str(&outcome.stdout).unwrap()
}

#[test]
fn every_command_keeps_to_its_schema() {
    let home = Home::new();
    home.install("custom-task-plugin");
    home.install("facts-collector-plugin");
    home.write(
        "site.yml",
        "tasks:\n\
         - {type: custom-task-plugin.echo, message: x, tags: [a], register: r}\n\
         - {type: custom-task-plugin.echo, message: \"{{ item }}\", loop: [x, y]}\n\
         - {type: custom-task-plugin.assert, that: [false], ignore_errors: true, no_log: true}\n\
         - {type: custom-task-plugin.assert, that: [false], on_failure: skip, loop: [1]}\n\
         - {type: custom-task-plugin.echo, message: \"{{ r.message }}\", when: false}\n\
         - {type: custom-task-plugin.assert, that: [false]}\n\
         - {type: custom-task-plugin.echo, message: never}\n",
    );
    let ran = check(&home, &["--json", "apply", "site.yml"]);
    let summary = json!({"ok": 2, "skipped": 2, "unchecked": 0, "failed": 1, "ignored": 1, "not_run": 1});
    assert_eq!(ran["summary"], summary);
    let dry = check(&home, &["--json", "apply", "--dry-run", "site.yml"]);
    assert_eq!(dry["summary"]["unchecked"], 1);
    let listed = check(&home, &["--json", "apply", "--list-tasks", "site.yml"]);
    assert_eq!(listed["tasks"][0]["tags"], json!(["a"]));
    home.write("late.yml", "tasks:\n- {type: custom-task-plugin.echo, message: x}\n- {type: custom-task-plugin.echo, message: \"{{ y }}\"}\n");
    let late = check(&home, &["--json", "apply", "late.yml"]);
    assert_eq!((&late["summary"]["failed"], &late["error"]["code"]), (&json!(1), &json!(1)));
    home.write("wrong.yml", "tasks:\n- {type: custom-task-plugin.eco}\n- {type: a.b, become: true}\n");
    let wrong = check(&home, &["--json", "apply", "wrong.yml"]);
    assert_eq!(wrong["error"]["mistakes"].as_array().map(Vec::len), Some(3), "{wrong}");

    home.write("facts.yml", "collectors:\n- {type: facts-collector-plugin.loadavg, text: \"0.2 0.1 0.1 1/8 12\"}\n- {type: facts-collector-plugin.loadavg, text: x, name: bad, on_failure: skip}\n");
    let facts = check(&home, &["facts", "--config", "facts.yml", "--json"]);
    assert!(facts["loadavg"].is_object() && facts["without_facts"]["bad"].is_string(), "{facts}");
    home.write("in.log", "a line\n");
    home.write(
        "logs.yml",
        "sources: [{type: file, paths: [in.log]}]\noutputs: [{type: file, path: out.jsonl}]\n",
    );
    check(&home, &["logs", "logs.yml", "--json"]);

    check(&home, &["plugin", "list", "--json"]);
    check(&home, &["plugin", "inspect", "custom-task-plugin", "--json"]);
    check(&home, &["plugin", "validate", "custom-task-plugin", "--json"]);
    check(&home, &["plugin", "validate", "facts.yml", "--json"]);
    check(&home, &["plugin", "grant", "custom-task-plugin", "--all", "--json"]);
    check(&home, &["plugin", "inspect", "custom-task-plugin", "--json"]);
    check(&home, &["plugin", "revoke", "custom-task-plugin", "--json"]);
    let installed = home.path().join(".driftless/plugins/custom-task-plugin.wasm");
    check(&home, &["plugin", "install", installed.to_str().unwrap(), "--json"]);
    check(&home, &["plugin", "remove", "facts-collector-plugin", "--json"]);
    check(&home, &["plugin", "new", "hello", "--lang", "python", "--json"]);
    home.write(
        "cases/echo.yml",
        "task: echo\nconfig: {message: a}\nexpect:\n  result: {status: success, message: b}\n",
    );
    let test = ["plugin", "test", ".driftless/plugins/custom-task-plugin.wasm", "--cases", "cases", "--json"];
    assert_eq!(check(&home, &test)["ok"], false);
}

#[test]
fn every_command_says_in_json_that_it_failed() {
    let home = Home::new();
    home.write("wrong.yml", "a: [");
    for (args, code) in [
        (&["apply", "wrong.yml"][..], 2),
        (&["apply"], 2),
        (&["apply", "wrong.yml", "--wrong"], 2),
        (&["frobnicate"], 2),
        (&["apply", "missing.yml"], 5),
        (&["apply", "wrong.yml", "--set", "a"], 2),
        (&["facts", "--config", "wrong.yml"], 2),
        (&["facts", "a.b"], 5),
        (&["render", "missing.j2"], 5),
        (&["logs", "wrong.yml"], 2),
        (&["plugin", "list", "--plugin-dir", "missing"], 5),
        (&["plugin", "inspect", "missing"], 5),
        (&["plugin", "inspect", "./wrong.yml"], 3),
        (&["plugin", "validate", "missing"], 5),
        (&["plugin", "call", "missing", "get_task_definitions"], 5),
        (&["plugin", "grant", "missing"], 5),
        (&["plugin", "revoke", "missing"], 5),
        (&["plugin", "install", "missing.wasm"], 5),
        (&["plugin", "remove", "missing"], 5),
        (&["plugin", "new", "a b"], 2),
        (&["plugin", "build", "missing"], 5),
        (&["plugin", "test", "missing.wasm"], 5),
        (&["completions", "none"], 2),
    ] {
        let mut args = args.to_vec();
        args.push("--json");
        let outcome = home.run(&args);
        assert_eq!(outcome.code, Some(code), "{args:?}: {outcome:?}");
        let told: Value = serde_json::from_str(&outcome.stdout)
            .unwrap_or_else(|error| panic!("{args:?}: {error}: {outcome:?}"));
        assert_eq!(violations("error", &told), None, "{args:?}");
        assert_eq!(told["error"]["code"], code, "{args:?}");
        // People are told as ever.
        assert!(outcome.stderr.starts_with("error: "), "{args:?}: {outcome:?}");
    }
}

#[test]
fn every_schema_is_that_of_a_command() {
    let mut known: Vec<String> = SCHEMAS
        .iter()
        .map(|(_, schema)| format!("{schema}.schema.json"))
        .chain(["error.schema.json".to_owned()])
        .collect();
    known.sort();
    known.dedup();
    let mut files: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, known);
    let page = std::fs::read_to_string(repository().join("docs/src/json-output.md")).unwrap();
    for file in &files {
        assert!(page.contains(&format!("(json/{file})")), "{file} is not on the page of the book");
        // What several have in common is the same in all of them.
        let schema = read(file.strip_suffix(".schema.json").unwrap());
        if schema["$defs"].get("error").is_some() {
            assert_eq!(schema["$defs"]["error"], read("error")["$defs"]["error"], "{file}");
        }
    }
}

#[test]
fn a_schema_that_is_not_kept_is_noticed() {
    let outcome = |stdout: &str| Outcome { code: Some(0), stdout: stdout.to_owned(), stderr: String::new() };
    let told = |stdout: &str| complaint(&["plugin".into(), "list".into(), "--json".into()], &outcome(stdout));
    assert_eq!(told("[]"), None);
    assert!(told("[{}]").unwrap().contains("\"name\" is a required property"));
    assert!(told("[]\n[]").unwrap().contains("printed no JSON value"));
    let more = r#"[{"name":"a","file":"b","manifest":null,"readable":true,"more":1}]"#;
    assert!(told(more).unwrap().contains("'more' was unexpected"));
}
