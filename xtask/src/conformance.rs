//! `cargo xtask conformance`: the reference plugin in every language and through every transport, through every case.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::run::{both, cargo, command, heading, root, run, say};
use crate::{examples, toolchains, tools};

/// A way to write a plugin, and what carries the strings of the protocol then.
struct Way {
    /// What the table calls it.
    name: &'static str,
    /// The folder under `packages/conformance`.
    project: &'static str,
    /// Further arguments of `driftless plugin build`.
    build: &'static [&'static str],
    needs: Needs,
    /// Whether it is written with an SDK of Driftless.
    sdk: bool,
}

/// What has to be there to build it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needs {
    Rust,
    WasmBindgen,
    Node,
    Python,
}

const WAYS: [Way; 7] = [
    way("Rust, core module (wasip1)", "rust", &["--target", "wasm32-wasip1"], Needs::Rust),
    way("Rust, core module (unknown)", "rust", &["--target", "wasm32-unknown-unknown"], Needs::Rust),
    way("Rust, component", "rust-component", &[], Needs::Rust),
    Way {
        name: "Rust, wasm-bindgen",
        project: "wasm-bindgen",
        build: &[],
        needs: Needs::WasmBindgen,
        sdk: false,
    },
    way("JavaScript, component", "javascript", &[], Needs::Node),
    way("TypeScript, component", "typescript", &[], Needs::Node),
    way("Python, component", "python", &[], Needs::Python),
];

const fn way(name: &'static str, project: &'static str, build: &'static [&'static str], needs: Needs) -> Way {
    Way { name, project, build, needs, sdk: true }
}

/// Where the cases are, and those that only plugins with an SDK can keep.
const CASES: [&str; 2] =
    ["crates/driftless-conformance/cases/protocol", "crates/driftless-conformance/cases/sdk"];

/// Where the table goes, for the book.
const TABLE: &str = "docs/src/conformance-table.md";

/// The row of what every plugin has to get right.
const CHECKS: &str = "every plugin";

/// The column of the plugin that is a part of a program.
const LINKED: &str = "Rust, built in";

/// How many cases of a group there are, how many hold, and how many mean nothing where they ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    held: usize,
    not_applicable: usize,
    all: usize,
}

impl Tally {
    fn failed(self) -> usize {
        self.all - self.held - self.not_applicable
    }

    fn and(self, other: Self) -> Self {
        Self {
            held: self.held + other.held,
            not_applicable: self.not_applicable + other.not_applicable,
            all: self.all + other.all,
        }
    }
}

/// By group.
type Column = BTreeMap<String, Tally>;

/// Builds the `driftless` command, and tests with it.
pub(crate) fn check() -> Result<()> {
    run(&mut examples::build_of_driftless())?;
    check_with_driftless()
}

/// Builds every reference plugin, runs every case, writes the table, and fails where a case does not hold. The command is there already.
pub(crate) fn check_with_driftless() -> Result<()> {
    examples::add_targets()?;
    // What builds plugins in other languages has one thread each, so that Rust is compiled beside it.
    let (rust, others): (Vec<_>, Vec<_>) =
        WAYS.iter().partition(|way| matches!(way.needs, Needs::Rust | Needs::WasmBindgen));
    let (rust, others) = both(|| run_all(&rust), || run_all(&others))?;
    let mut columns = [rust, others].concat();
    columns.sort_by_key(|(name, _)| WAYS.iter().position(|way| way.name == *name));
    columns.push((LINKED, Some(test_linked()?)));
    let table = table(&columns);
    say(&format!("\n{table}"));
    let failed = columns.iter().filter_map(|(_, column)| column.as_ref());
    let failed: usize = failed.flat_map(BTreeMap::values).map(|tally| tally.failed()).sum();
    // A table with holes is not kept.
    if columns.iter().all(|(_, column)| column.is_some()) {
        let path = root().join(TABLE);
        fs::create_dir_all(path.parent().expect("it is in a folder"))?;
        fs::write(&path, table)?;
    }
    if failed > 0 {
        bail!("{failed} cases do not hold, see above");
    }
    Ok(())
}

/// Builds these and runs their cases, one after the other. Where the language is missing, there is no column.
fn run_all(ways: &[&Way]) -> Result<Vec<(&'static str, Option<Column>)>> {
    let mut columns = Vec::new();
    for way in ways {
        heading(way.name);
        let column = match prepare(way)? {
            Some(tools) => Some(test(way, &build(way, &tools)?)?),
            None => None,
        };
        columns.push((way.name, column));
    }
    Ok(columns)
}

/// What has to stand on the PATH.
struct Tools(Vec<PathBuf>);

/// Installs the tools of a language where they are missing. `None` where its language itself is missing, which is said loudly; in CI nothing
/// may be missing.
fn prepare(way: &Way) -> Result<Option<Tools>> {
    match way.needs {
        Needs::Rust => Ok(Some(Tools(Vec::new()))),
        Needs::WasmBindgen => {
            let program = tools::WASM_BINDGEN.get()?;
            // Where it stands on the PATH already, there is no folder to add.
            let folder = program.parent().filter(|folder| !folder.as_os_str().is_empty());
            Ok(Some(Tools(folder.into_iter().map(Path::to_owned).collect())))
        }
        Needs::Node => {
            if !toolchains::node("the conformance of JavaScript and TypeScript")? {
                return Ok(None);
            }
            // An example has all of it, in the versions that its lock file says. Beside the copies of the projects is where node looks.
            let example = root().join("examples/typescript-template-extension");
            toolchains::install_packages(&example)?;
            fs::create_dir_all(projects())?;
            link(&example.join("node_modules"), &projects().join("node_modules"))?;
            Ok(Some(Tools(Vec::new())))
        }
        Needs::Python => {
            if !toolchains::python("the conformance of Python")? {
                return Ok(None);
            }
            Ok(Some(Tools(vec![toolchains::python_environment()?])))
        }
    }
}

/// Lets a folder be found under another name.
fn link(folder: &Path, name: &Path) -> Result<()> {
    let _ = fs::remove_file(name);
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder, name)?;
    #[cfg(windows)]
    std::os::windows::fs::symlink_dir(folder, name)?;
    Ok(())
}

/// Where the projects are built that cannot be built where they are: without installing anything there.
fn projects() -> PathBuf {
    root().join("target/conformance/projects")
}

/// Builds the reference plugin as its author would.
fn build(way: &Way, Tools(tools): &Tools) -> Result<PathBuf> {
    let source = root().join("packages/conformance").join(way.project);
    let project = if matches!(way.needs, Needs::Node | Needs::Python) {
        // As in `packages`: the TypeScript project looks for the SDK's types beside itself.
        let copy = projects().join("conformance").join(way.project);
        renew(&source, &copy)?;
        renew(&root().join("packages/javascript"), &projects().join("javascript"))?;
        copy
    } else {
        source
    };
    let slug: String =
        way.name.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '-' }).collect();
    let folder = root().join("target/conformance/plugins").join(slug.to_lowercase());
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(tools.iter().cloned().chain(std::env::split_paths(&path)))?;
    let mut build = command(examples::driftless());
    build
        .args(["plugin", "build"])
        .arg(&project)
        .args(way.build)
        .arg("--out-dir")
        .arg(&folder)
        .env("PATH", path);
    // Each has a folder of its own for what cargo makes: all of them are called the same.
    build.env("CARGO_TARGET_DIR", root().join("target/conformance/cargo").join(way.project));
    run(&mut build)?;
    Ok(folder.join("conformance.wasm"))
}

/// Copies a folder, and nothing is left of what was there.
fn renew(from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    copy_folder(from, to)
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let name = entry.file_name();
        let is_made =
            ["node_modules", ".driftless", "dist", "target", "__pycache__"].iter().any(|made| name == *made);
        match entry.file_type()?.is_dir() {
            true if is_made => {}
            true => copy_folder(&entry.path(), &to.join(&name))?,
            false => drop(fs::copy(entry.path(), to.join(&name))?),
        }
    }
    Ok(())
}

/// Runs the cases.
fn test(way: &Way, plugin: &Path) -> Result<Column> {
    let mut test = command(examples::driftless());
    // The task `crash` does so on purpose.
    test.args(["plugin", "test", "--except", "crash"]).arg(plugin);
    for cases in &CASES[..if way.sdk { 2 } else { 1 }] {
        test.args(["--cases", cases]);
    }
    let said = test.arg("--json").output().context("driftless cannot be started")?;
    let report: Value = serde_json::from_slice(&said.stdout)
        .with_context(|| format!("driftless plugin test: {}", String::from_utf8_lossy(&said.stderr)))?;
    column(&report)
}

/// Runs the cases with the plugin that is a part of a program: its test does, and writes the report of `driftless plugin test`.
fn test_linked() -> Result<Column> {
    heading(LINKED);
    let path = root().join("target/conformance/linked.json");
    fs::create_dir_all(projects())?;
    // That of a run before would do as well.
    let _ = fs::remove_file(&path);
    let mut test = cargo();
    // All of the workspace, as everywhere: a part of it would ask for other features, and wasmtime would be compiled anew.
    test.args(["test", "--locked", "--workspace", "--test", "linked", "--", "--quiet"]);
    let done = run(test.env("CONFORMANCE_REPORT", &path));
    match fs::read(&path) {
        Ok(report) => column(&serde_json::from_slice(&report).context("the report of the test")?),
        // It did not come that far, and said why.
        Err(error) => done.and_then(|()| Err(error).with_context(|| path.display().to_string())),
    }
}

/// Counts the cases of a report by their groups, and says what does not hold.
fn column(report: &Value) -> Result<Column> {
    let mut column = Column::new();
    for (list, of_checks) in [("cases", false), ("conformance", true)] {
        for entry in report[list].as_array().context("the report has lists")? {
            let name = entry["name"].as_str().unwrap_or_default();
            let group = if of_checks { CHECKS } else { name.split('/').next().unwrap_or_default() };
            let tally = column.entry(group.to_owned()).or_default();
            tally.all += 1;
            if let Some(why) = entry["not_applicable"].as_str() {
                tally.not_applicable += 1;
                say(&format!("not applicable: {name}: {why}"));
            } else if entry["ok"] == Value::Bool(true) {
                tally.held += 1;
            } else {
                let why = if of_checks { &entry["complaints"] } else { &entry["problems"] };
                say(&format!("FAILED {name}\n{why:#}"));
            }
        }
    }
    let all: usize = column.values().map(|tally| tally.all).sum();
    say(&format!("{all} cases"));
    Ok(column)
}

/// The table, in Markdown: groups of cases down, languages across.
fn table(columns: &[(&str, Option<Column>)]) -> String {
    let groups: BTreeSet<&String> =
        columns.iter().filter_map(|(_, column)| column.as_ref()).flat_map(BTreeMap::keys).collect();
    let mut text = String::from("| cases |");
    let line = |text: &mut String, cells: Vec<String>| {
        cells.iter().for_each(|cell| text.push_str(&format!(" {cell} |")));
        text.push('\n');
    };
    line(&mut text, columns.iter().map(|(name, _)| (*name).to_owned()).collect());
    text.push_str(&format!("|---|{}\n", "--:|".repeat(columns.len())));
    let cell = |tally: Option<&Tally>, column: &Option<Column>| match (tally, column) {
        (Some(tally), _) => {
            let held = match tally.failed() {
                0 => tally.held.to_string(),
                _ => format!("**{} of {}**", tally.held, tally.all - tally.not_applicable),
            };
            let left_out = tally.not_applicable;
            if left_out == 0 { held } else { format!("{held}, {left_out} not applicable") }
        }
        (None, Some(_)) => "–".to_owned(),
        (None, None) => "skipped".to_owned(),
    };
    for group in groups {
        text.push_str(&format!("| {group} |"));
        let cells = columns
            .iter()
            .map(|(_, column)| cell(column.as_ref().and_then(|column| column.get(group)), column));
        line(&mut text, cells.collect());
    }
    text.push_str("| all |");
    let sum = |column: &Column| column.values().copied().fold(Tally::default(), Tally::and);
    let sums = columns.iter().map(|(_, column)| cell(column.as_ref().map(sum).as_ref(), column));
    line(&mut text, sums.collect());
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_applicable_is_counted_and_shown() {
        let case = |name: &str, ok: bool| json!({"name": name, "ok": ok, "problems": []});
        let report = json!({
            "cases": [
                case("tasks/1", true),
                case("tasks/2", false),
                {"name": "tasks/3", "not_applicable": "units of fuel are not measured"},
                {"name": "facts/1", "not_applicable": "units of fuel are not measured"},
                case("facts/2", true),
            ],
            "conformance": [{"name": "x", "ok": true, "complaints": []}],
        });
        let column = column(&report).unwrap();
        assert_eq!(column["tasks"], Tally { held: 1, not_applicable: 1, all: 3 });
        let shown = table(&[("here", Some(column)), ("there", None)]);
        assert_eq!(
            shown,
            "| cases | here | there |\n|---|--:|--:|\n| every plugin | 1 | skipped |\n| facts | 1, 1 not applicable | skipped |\n\
             | tasks | **1 of 2**, 1 not applicable | skipped |\n| all | **3 of 4**, 2 not applicable | skipped |\n"
        );
    }
}
