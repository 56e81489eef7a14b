//! `driftless plugin new` and `driftless plugin build` in JavaScript, TypeScript and Python, from nothing to a result. What is particular to Python is in
//! `python_readme.rs` and `python_mistakes.rs`.
//!
//! Their tools are not a part of Rust: `cargo xtask examples` installs them, in `node_modules` of an example and in `target/python-venv`. Where that did
//! not happen these tests say so and end, but not in CI.

mod mistakes;

use std::path::{Path, PathBuf};
use std::process::Command;

use driftless_test_support::skip;

use crate::harness::{Home, Outcome, repository, start};

/// Where componentize-js and esbuild are.
const NODE_MODULES: &str = "examples/typescript-template-extension/node_modules";

/// Where componentize-py is.
pub(crate) const PYTHON: &str = "target/python-venv";

/// What a test needs, or `None` where it is to be skipped.
pub(crate) fn needed(what: &str) -> Option<PathBuf> {
    let path = repository().join(what);
    if path.is_dir() {
        return Some(path);
    }
    skip(&format!("{} is missing: run `cargo xtask examples` first", path.display()));
    None
}

/// Makes a project and lets it have the tools of its language.
pub(crate) fn new(home: &Home, lang: &str, kind: &str, tools: &Path) {
    home.run(&["plugin", "new", "my-plugin", "--lang", lang, "--kind", kind]).exits_with(0);
    let into = if lang == "python" { "my-plugin/.venv" } else { "my-plugin/node_modules" };
    #[cfg(unix)]
    std::os::unix::fs::symlink(tools, home.path().join(into)).unwrap();
    #[cfg(windows)]
    std::os::windows::fs::symlink_dir(tools, home.path().join(into)).unwrap();
}

pub(crate) fn build(home: &Home) -> Outcome {
    home.run(&["plugin", "build", "my-plugin", "--out-dir", ".driftless/plugins"])
}

/// Runs a project's own tests.
fn own_tests(home: &Home, program: &str, args: &[&str]) {
    let mut command = Command::new(program);
    home.prepare(&mut command);
    command.args(args).current_dir(home.path().join("my-plugin"));
    start(&mut command).finish().exits_with(0);
}

/// Text that was cut in the middle of a character arrives as U+FFFD, whichever way it takes.
pub(crate) fn half_a_character_arrives(home: &Home) {
    let call = |function: &str, name: &str, rest: &[&str]| {
        let args = [&["plugin", "call", "my-plugin", function, name][..], rest].concat();
        home.run(&args)
    };
    let outcome = call("execute_task", "replies", &["{}"]);
    outcome.exits_with(0);
    assert!(outcome.stdout.contains("\"message\":\"cut \u{fffd}\""), "{}", outcome.stdout);
    assert!(outcome.stderr.contains("info  my-plugin: cut \u{fffd}"), "{}", outcome.stderr);
    // The host has read the request, and says which path it is about.
    let outcome = call("execute_task", "asks", &["{}"]);
    let said = [outcome.stdout.as_str(), outcome.stderr.as_str()].concat();
    assert!(said.contains("/srv/cut \u{fffd}") && !said.contains("escape"), "{said}");
    call("execute_task", "throws", &["{}"]).exits_with(1).says("cut \u{fffd}");
}

/// Every kind in one plugin, since making one takes most of the time: each project's own tests, the cases of all against the built plugin, and the examples
/// of all.
fn every_kind_to_a_result(lang: &str, tools: &Path) {
    let home = Home::new();
    // The one that asks for something.
    new(&home, lang, "facts", tools);
    own_tests(&home, "npm", &["test"]);
    let main = format!("my-plugin/src/index.{lang}");
    let mut imports = String::new();
    for (kind, files) in [
        ("task", &["site.yml", "tests/cases/greet.yml"][..]),
        ("template", &["page.j2", "tests/cases/shout.yml"]),
        ("logs", &["pipeline.yml", "app.log", "tests/cases/stages.yml"]),
        ("hooks", &["tests/cases/hooks.yml"]),
    ] {
        let other = Home::new();
        new(&other, lang, kind, tools);
        own_tests(&other, "npm", &["test"]);
        home.write(&format!("my-plugin/src/{kind}.{lang}"), other.read(&main));
        for file in files {
            home.write(&format!("my-plugin/{file}"), other.read(&format!("my-plugin/{file}")));
        }
        let ending = if lang == "js" { ".js" } else { "" };
        imports.push_str(&format!("import \"./{kind}{ending}\";\n"));
    }
    home.write(&main, imports + &home.read(&main));
    let outcome = build(&home);
    outcome.exits_with(0);
    assert!(outcome.stdout.starts_with("built my-plugin 0.1.0\n"), "{}", outcome.stdout);
    assert!(outcome.stdout.contains(" bytes, 6 components\n"), "{}", outcome.stdout);
    assert!(outcome.stdout.contains(" as a component\n"), "{}", outcome.stdout);
    let plugin = ".driftless/plugins/my-plugin.wasm";
    home.run(&["plugin", "test", plugin, "--cases", "my-plugin/tests/cases"]).exits_with(0);
    home.run(&["plugin", "grant", "my-plugin", "--all"]).exits_with(0);
    // The paths in a pipeline are those of the current folder.
    home.write("app.log", home.read("my-plugin/app.log"));
    for (example, prints) in [
        (&["apply", "my-plugin/site.yml"][..], r#""message":"Hello Ada""#),
        (&["facts", "--config", "my-plugin/facts.yml"], r#""names": {"#),
        (&["render", "my-plugin/page.j2"], "THIS IS IMPORTANT!"),
        (&["logs", "my-plugin/pipeline.yml"], r#""error":"#),
        (
            &["plugin", "call", "my-plugin", "before_task", r#"{"task_name": "build"}"#],
            r#""verdict":"continue""#,
        ),
    ] {
        let outcome = home.run(example);
        outcome.exits_with(0);
        assert!(outcome.stdout.contains(prints), "{lang}, {example:?}: {}", outcome.stdout);
    }
}

/// Names of the author's own, and a question whether there is something, are no use of what a plugin does not have.
const NO_MISTAKES: &str = r#"
const process = { env: "own" };
const fetch = () => process.env;
const buffer = typeof Buffer === "undefined" ? "none" : Buffer.from("x");
const own = ({ window }) => window;
task({ name: "no-mistakes", run: () => `${fetch()} ${buffer} ${own({ window: "own" })} ${"new RegExp(\"\\p{L}\", u)"}` });
"#;

/// A build of the same source in another folder has the same digest.
fn the_same_elsewhere(home: &Home, tools: &Path, built: &Outcome) {
    let other = Home::new();
    new(&other, "js", "facts", tools);
    let source = home.path().join("my-plugin/src");
    for entry in std::fs::read_dir(source).unwrap() {
        let file = format!("my-plugin/src/{}", entry.unwrap().file_name().to_str().unwrap());
        other.write(&file, home.read(&file));
    }
    std::fs::create_dir(other.path().join("in-a-folder")).unwrap();
    std::fs::rename(other.path().join("my-plugin"), other.path().join("in-a-folder/my-plugin")).unwrap();
    let again = other.run(&["plugin", "build", "in-a-folder/my-plugin", "--out-dir", ".driftless/plugins"]);
    again.exits_with(0);
    assert_eq!(again.stdout, built.stdout);
}

/// What is noticed when a plugin is called, in one plugin: kept mistakes, and text that is cut in the middle of a character.
fn at_run_time(lang: &str, tools: &Path) {
    let home = Home::new();
    // One that may ask for files.
    new(&home, lang, "facts", tools);
    let half = r#"
import { files, log, task } from "@driftless/plugin-sdk";

const CUT = "cut 🎉".slice(0, 5);
task({ name: "replies", run: () => (log.info(CUT), { message: CUT }) });
task({ name: "asks", run: () => files.readText(`/srv/${CUT}`) });
task({
  name: "throws",
  run() {
    throw new TypeError(CUT);
  },
});
"#;
    let imports = mistakes::put_into(&home, lang);
    home.write(
        &format!("my-plugin/src/index.{lang}"),
        imports + half + if lang == "js" { NO_MISTAKES } else { "" },
    );
    let built = build(&home);
    built.exits_with(0);
    if lang == "js" {
        the_same_elsewhere(&home, tools, &built);
        let outcome = home.run(&["plugin", "call", "my-plugin", "execute_task", "no-mistakes", "{}"]);
        outcome.exits_with(0);
        assert!(outcome.stdout.contains("own none own new RegExp"), "{}", outcome.stdout);
    }
    mistakes::of_calls(&home, lang);
    half_a_character_arrives(&home);
    // A case that does not hold shows what is different.
    home.write("cases/replies.yml", "task: replies\nexpect: {result: {status: success, message: whole}}\n");
    let plugin = ".driftless/plugins/my-plugin.wasm";
    home.run(&["plugin", "test", plugin, "--cases", "cases", "--no-conformance"]).exits_with(1);
}

#[test]
fn javascript_at_run_time() {
    let Some(tools) = needed(NODE_MODULES) else { return };
    at_run_time("js", &tools);
}

#[test]
fn typescript_at_run_time() {
    let Some(tools) = needed(NODE_MODULES) else { return };
    at_run_time("ts", &tools);
}

#[test]
fn javascript_from_nothing_to_a_result() {
    let Some(tools) = needed(NODE_MODULES) else { return };
    every_kind_to_a_result("js", &tools);
}

#[test]
fn typescript_from_nothing_to_a_result() {
    let Some(tools) = needed(NODE_MODULES) else { return };
    every_kind_to_a_result("ts", &tools);
}

/// Puts something else into a file of the project, and says what the build makes of it.
fn with_mistake(home: &Home, file: &str, from: &str, to: &str) -> Outcome {
    let file = format!("my-plugin/{file}");
    let text = home.read(&file);
    assert!(text.contains(from), "{text}");
    home.write(&file, text.replace(from, to));
    let outcome = build(home);
    home.write(&file, text);
    outcome
}

#[test]
fn mistakes_in_javascript_have_a_place() {
    let Some(tools) = needed(NODE_MODULES) else { return };
    let home = Home::new();
    new(&home, "js", "task", &tools);
    with_mistake(&home, "src/index.js", "run({", "run({{")
        .exits_with(1)
        .says("error: my-plugin/package.json: it does not compile:\n")
        .says("src/index.js:16:7:");
    with_mistake(&home, "src/index.js", "name: \"greet\"", "name: \"a b\"")
        .exits_with(1)
        .says("my-plugin/package.json: it fails while it is loaded:\nTypeError: a task is called by ASCII letters")
        .says("(src/index.js:5:1)");
    with_mistake(&home, "src/index.js", "@driftless/plugin-sdk", "no-such-package")
        .exits_with(1)
        .says("Could not resolve \"no-such-package\"");
    let used = "import { files } from \"@driftless/plugin-sdk\";\nfiles.readText(\"/x\");\n\ntask(";
    with_mistake(&home, "src/index.js", "task(", used)
        .exits_with(3)
        .says("it uses `files` without asking for it: add `\"driftless\": {\"permissions\": {\"files\": […]}}` to package.json");
    mistakes::of_the_build(&home, "js");
}

#[test]
fn types_that_do_not_fit_are_told() {
    let Some(tools) = needed(NODE_MODULES) else { return };
    let home = Home::new();
    new(&home, "ts", "task", &tools);
    with_mistake(&home, "src/index.ts", "who === \"\"", "who === 5")
        .exits_with(1)
        .says("its types do not fit:\nsrc/index.ts(17,9): error TS2367");
    mistakes::of_the_build(&home, "ts");
}

#[test]
fn tools_that_are_missing_are_told() {
    let home = Home::new();
    let run = |args: &[&str]| {
        let mut command = home.command(args);
        // An empty folder rather than nothing: without a `PATH` the system has one of its own.
        command.env("PATH", home.path().join("nothing"));
        start(&mut command).finish()
    };
    for (lang, message) in [
        ("js", "node is not on the PATH; install Node.js 20 or newer"),
        ("ts", "node is not on the PATH; install Node.js 20 or newer"),
        ("python", "python3 is neither in `.venv` of "),
    ] {
        run(&["plugin", "new", lang, "--lang", lang]).exits_with(0);
        run(&["plugin", "build", lang]).exits_with(5).says(message);
    }
}
