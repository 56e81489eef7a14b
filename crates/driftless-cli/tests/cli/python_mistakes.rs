//! Mistakes that authors make in Python. Each ends in a message with the author's file and line, and with what to do; none is a trap.
//!
//! A mistake is a file in `tests/mistakes/python`. Those in `build` are the plugin itself, and the build refuses them. Those in `run` are modules of one
//! plugin, which is built once, and each has a component that is called like its file. Comments at the end of a file say what has to come of it:
//!
//! ```text
//! # calls: execute_facts_collector    the function that is called; `execute_task` where there is none
//! # exit: 3                           the exit code; 1 where there is none
//! # says: it does not compile         a part of standard error, or one of several with `||` between them
//! # prints: {"records":               a part of standard output
//! # never: escape                      what stands in neither
//! ```
//!
//! For Python 3.10 the line of a decorator is that of its function.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::harness::{Home, Outcome};
use crate::plugin_languages::{PYTHON, build, needed, new};

/// A file with a mistake.
struct Mistake {
    name: String,
    source: String,
}

impl Mistake {
    /// All in a folder, in the order of their names.
    fn all(folder: &str) -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes/python").join(folder);
        let mut all: Vec<Self> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "py"))
            .map(|path| Self {
                name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
                source: fs::read_to_string(path).unwrap(),
            })
            .collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// What the comments of a kind say.
    fn comments(&self, kind: &str) -> Vec<&str> {
        let start = format!("# {kind}: ");
        self.source.lines().filter_map(|line| line.strip_prefix(&start)).collect()
    }

    /// What is wrong with an outcome, if anything is.
    fn differs(&self, outcome: &Outcome) -> Option<String> {
        let code: i32 = self.comments("exit").first().map_or(1, |code| code.parse().unwrap());
        let mut wrong = Vec::new();
        if outcome.code != Some(code) {
            wrong.push(format!("exit code {:?}, not {code}", outcome.code));
        }
        let (says, prints) = (self.comments("says"), self.comments("prints"));
        assert!(!says.is_empty() || !prints.is_empty(), "{}: it expects nothing", self.name);
        wrong.extend(
            says.iter()
                .filter(|text| !text.split(" || ").any(|text| outcome.stderr.contains(text)))
                .map(|text| format!("it does not say: {text}")),
        );
        wrong.extend(
            prints
                .iter()
                .filter(|text| !outcome.stdout.contains(**text))
                .map(|text| format!("it does not print: {text}")),
        );
        for never in self.comments("never").into_iter().chain(["trapped"]) {
            if outcome.stderr.contains(never) || outcome.stdout.contains(never) {
                wrong.push(format!("there is: {never}"));
            }
        }
        let heading = format!("--- {}: {}", self.name, wrong.join("\n    "));
        (!wrong.is_empty()).then(|| format!("{heading}\n{}{}", outcome.stdout, outcome.stderr))
    }
}

/// Fails with all that differs, rather than with the first.
fn nothing_differs(differing: &[String]) {
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn mistakes_in_python_are_found_by_the_build() {
    let Some(tools) = needed(PYTHON) else { return };
    let home = Home::new();
    new(&home, "python", "task", &tools);
    let mut differing = Vec::new();
    for mistake in Mistake::all("build") {
        home.write("my-plugin/src/plugin.py", &mistake.source);
        differing.extend(mistake.differs(&build(&home)));
    }
    nothing_differs(&differing);
}

#[test]
fn mistakes_in_python_are_told_when_they_happen() {
    let Some(tools) = needed(PYTHON) else { return };
    let home = Home::new();
    // One that may ask for files.
    new(&home, "python", "facts", &tools);
    let mistakes = Mistake::all("run");
    let mut plugin = String::new();
    for mistake in &mistakes {
        home.write(&format!("my-plugin/src/{}.py", mistake.name), &mistake.source);
        writeln!(plugin, "import {}  # noqa: F401", mistake.name).unwrap();
    }
    home.write("my-plugin/src/plugin.py", plugin);
    let built = build(&home);
    built.exits_with(0);
    // Of the same source comes the same digest.
    let again = build(&home);
    again.exits_with(0);
    assert_eq!(again.stdout, built.stdout);
    let mut differing = Vec::new();
    for mistake in &mistakes {
        let function = mistake.comments("calls").first().copied().unwrap_or("execute_task");
        let outcome = home.run(&["plugin", "call", "my-plugin", function, &mistake.name, "{}"]);
        differing.extend(mistake.differs(&outcome));
    }
    nothing_differs(&differing);
    // A case that no longer holds shows what is different.
    let plugin = ".driftless/plugins/my-plugin.wasm";
    home.run(&["plugin", "test", plugin, "--cases", "my-plugin/tests/cases", "--no-conformance"])
        .exits_with(1);
}
