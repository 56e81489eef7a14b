//! Python: componentize-py makes a component of the interpreter and the modules that the plugin has imported.
//!
//! The plugin is loaded by the machine's own Python first, by `scripts/describe.py`: that is quick, tells mistakes well, and says what components there
//! are.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use driftless_plugin_api::function::Function;
use driftless_plugin_api::wit;
use serde_json::{Value, json};

use super::definitions::Definitions;
use super::kept::Kept;
use super::{Compiled, Options, Progress, read_made};
use crate::error::AuthorError;
use crate::project::Project;
use crate::tools::COMPONENTIZE_PY;
use crate::{sdk, sections, tools, world};

/// The oldest Python that the SDK runs in.
const PYTHON: (u32, u32) = (3, 10);

/// What the script ends with where the plugin uses something that it does not ask for.
const NOT_ASKED_FOR: i32 = 3;

/// The module that componentize-py is told to begin with.
const APP: &str = "driftless_app";

/// What `shutdown` is called while the component is made: the C library in it has a function of that name.
const SHUTDOWN: &str = "driftless-shutdown";

pub(super) fn compile(
    project: &Project,
    options: &Options,
    out_dir: &Path,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Compiled, AuthorError> {
    let metadata = project.metadata.as_ref().expect("a project that is not in Rust has metadata");
    let absolute = |path: &Path| fs::canonicalize(path).map_err(|error| AuthorError::file(path, error));
    let (folder, source) = (absolute(&project.folder)?, absolute(&metadata.source)?);
    let python = python(&folder)?;
    let componentize = componentize(&folder)?;
    let unpacked = sdk::unpack(&folder, project.language)?;
    let out = unpacked.work.join("build");
    let capabilities = world::capabilities(&metadata.permissions);
    let (wit_folder, app, made) = (out.join("wit"), out.join("app"), out.join("plugin.wasm"));
    let world = world::text_with(&capabilities, Function::Shutdown, SHUTDOWN);
    sdk::write(&wit_folder.join("world.wit"), &world)?;
    sdk::write(&wit_folder.join("deps/plugin/plugin.wit"), wit::PACKAGE)?;
    // The n-th folder is `/n/` in the component, which is where tracebacks find it.
    let mut folders = vec![(app.clone(), None), (unpacked.sdk.clone(), None)];
    let inside = source.strip_prefix(&folder).unwrap_or(&source);
    let inside = if inside.as_os_str().is_empty() { String::new() } else { format!("{}/", inside.display()) };
    folders.push((source.clone(), Some(inside)));
    folders.extend(packages(&folder).map(|packages| (packages, Some("site-packages/".to_owned()))));
    let roots: BTreeMap<String, String> = folders
        .iter()
        .enumerate()
        .filter_map(|(place, (_, shown))| Some((format!("/{place}/"), shown.clone()?)))
        .collect();
    let python_text = |value: &Value| Value::from(value.to_string()).to_string();
    let code = format!(
        "import json\n\nfrom driftless_plugin import _component\nfrom driftless_plugin._component import WitWorld\n\n\
         try:\n    import {}\nexcept BaseException as raised:\n    _component.explain_import(raised)\n    raise\n\n\
         _component.set_project(json.loads({}), json.loads({}))\n",
        metadata.entry,
        // The escapes of JSON are Python's as well.
        python_text(&json!(metadata.manifest)),
        python_text(&json!(roots)),
    );
    sdk::write(&app.join(format!("{APP}.py")), code)?;
    let plan = json!({
        "project": folder,
        "work": unpacked.work,
        "source": source,
        "entry": metadata.entry,
        "sdk": unpacked.sdk,
        "out": out,
        "manifest": metadata.manifest,
        "capabilities": capabilities.iter().map(|capability| capability.import().trim_start_matches("host_")).collect::<Vec<_>>(),
    });
    sdk::write(&out.join("plan.json"), plan.to_string())?;

    progress(Progress::Step("loading the plugin"));
    let mut command = Command::new(&python);
    command.arg(unpacked.work.join("describe.py")).arg(out.join("plan.json"));
    run(project, command.current_dir(&folder), |said| said)?;
    Definitions::check_file(project, &out)?;
    let paths: Vec<PathBuf> = folders.iter().map(|(path, _)| path.clone()).collect();
    let kept = options.kept.as_ref().and_then(|cache| {
        let without = fs::canonicalize(out_dir).unwrap_or_else(|_| out_dir.to_owned());
        Kept::place(cache, &[COMPONENTIZE_PY, wit::PACKAGE, &world], &paths, &without)
    });
    let bytes = match kept.as_ref().and_then(Kept::read) {
        Some(bytes) => bytes,
        None => {
            progress(Progress::Step("making a component of it"));
            let mut command = Command::new(&componentize);
            command.args(["--quiet", "--world", world::NAME, "--wit-path"]).arg(&wit_folder);
            command.args(["componentize", "--stub-wasi", "--output"]).arg(&made);
            for path in &paths {
                command.arg("--python-path").arg(path);
            }
            // It would take whatever the machine's Python has installed otherwise.
            let nothing = out.join("venv");
            sdk::make_folder(&nothing.join("lib/python3/site-packages"))?;
            command.env("VIRTUAL_ENV", nothing);
            run(project, command.arg(APP).current_dir(&folder), |said| {
                format!("it fails in the Python that a plugin is made of:\n{}", traceback(&said, &roots))
            })?;
            let bytes = read_made(&made)?;
            if let Some(kept) = &kept {
                kept.write(&bytes);
            }
            bytes
        }
    };

    let refused = |why: String| AuthorError::Refused { file: project.file(), why };
    let bytes = sections::rename_export(&bytes, SHUTDOWN, &wit::export(Function::Shutdown).to_string())
        .map_err(|error| refused(error.to_string()))?;
    let described = serde_json::from_slice(&read_made(&out.join("manifest.json"))?).map_err(|error| {
        AuthorError::Code { file: project.file(), why: format!("what it says about itself: {error}") }
    })?;
    Ok(Compiled {
        from: project.file(),
        stem: metadata.manifest.name.clone(),
        bytes,
        manifest: Some(described),
    })
}

/// Runs a step of the build.
fn run(
    project: &Project,
    command: &mut Command,
    told: impl FnOnce(String) -> String,
) -> Result<(), AuthorError> {
    let output = tools::output(command)?;
    match output.status.code() {
        Some(0) => Ok(()),
        Some(NOT_ASKED_FOR) => {
            Err(AuthorError::NotAskedFor { file: project.file(), why: tools::said(&output) })
        }
        _ => Err(AuthorError::Code { file: project.file(), why: told(tools::said(&output)) }),
    }
}

/// What went wrong in Python, out of all that componentize-py says about it, with the author's files as the project has them and nothing of what the build
/// wrote.
fn traceback(said: &str, roots: &BTreeMap<String, String>) -> String {
    let python =
        said.split_once("AssertionError: ").and_then(|(_, behind)| behind.split_once("\n\n\nCaused by:"));
    let Some((python, _)) = python else { return said.to_owned() };
    let mut lines = Vec::new();
    let mut is_shown = true;
    for line in python.lines() {
        if line.starts_with("  File \"") {
            is_shown = roots.keys().any(|mounted| line.starts_with(&format!("  File \"{mounted}")));
        } else if !line.starts_with(' ') {
            is_shown = true;
        }
        if is_shown && line != "Traceback (most recent call last):" {
            lines.push(line);
        }
    }
    roots.iter().fold(lines.join("\n"), |text, (mounted, shown)| {
        text.replace(&format!("\"{mounted}"), &format!("\"{shown}"))
    })
}

/// The folder of the packages in the project's virtual environment.
fn packages(project: &Path) -> Option<PathBuf> {
    let environment = project.join(".venv");
    let versions = fs::read_dir(environment.join("lib")).into_iter().flatten().flatten();
    let mut candidates = vec![environment.join("Lib").join("site-packages")];
    candidates.extend(versions.map(|version| version.path().join("site-packages")));
    candidates.into_iter().find(|folder| folder.is_dir())
}

/// A program of the project's virtual environment.
fn of_environment(project: &Path, program: &str) -> Option<PathBuf> {
    let folder = project.join(".venv").join(if cfg!(windows) { "Scripts" } else { "bin" });
    Some(folder.join(format!("{program}{}", std::env::consts::EXE_SUFFIX))).filter(|file| file.is_file())
}

fn python(project: &Path) -> Result<PathBuf, AuthorError> {
    let (major, minor) = PYTHON;
    let found = of_environment(project, "python")
        .or_else(|| tools::on_path("python3"))
        .or_else(|| tools::on_path("python"));
    let Some(python) = found else {
        let why = format!(
            "python3 is neither in `.venv` of {} nor on the PATH; install Python {major}.{minor} or newer from python.org",
            project.display()
        );
        return Err(AuthorError::Tool(why));
    };
    let version = tools::version(&python)?;
    if tools::major_minor(&version).is_none_or(|version| version < PYTHON) {
        return Err(AuthorError::Tool(format!(
            "{} is version {version}; a plugin needs Python {major}.{minor} or newer",
            python.display()
        )));
    }
    Ok(python)
}

fn componentize(project: &Path) -> Result<PathBuf, AuthorError> {
    let install = if project.join(".venv").is_dir() {
        format!("`.venv/bin/pip install componentize-py=={COMPONENTIZE_PY}`")
    } else {
        format!("`python3 -m venv .venv && .venv/bin/pip install componentize-py=={COMPONENTIZE_PY}`")
    };
    let found = of_environment(project, "componentize-py").or_else(|| tools::on_path("componentize-py"));
    let Some(program) = found else {
        return Err(AuthorError::Tool(format!(
            "componentize-py is neither in `.venv` of {} nor on the PATH; install it there with {install}",
            project.display()
        )));
    };
    let version = tools::version(&program)?;
    if version != COMPONENTIZE_PY {
        return Err(AuthorError::Tool(format!(
            "componentize-py is version {version}, and this driftless makes components with {COMPONENTIZE_PY}; install it with {install}"
        )));
    }
    Ok(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_lines_of_the_author_are_shown() {
        let said = "Traceback (most recent call last):\n  File \"/venv/bin/componentize-py\", line 8, in <module>\n    sys.exit(script())\n\
            AssertionError: Traceback (most recent call last):\n\
            \x20 File \"/0/driftless_app.py\", line 7, in <module>\n    import plugin\n\
            \x20 File \"/2/plugin.py\", line 5, in <module>\n    NAME = Path(\"/x\").read_text()\n\
            \x20 File \"/python/pathlib/__init__.py\", line 9, in read_text\n    with self.open() as f:\n\
            \x20        ~~~~~~~~~^^\n\
            FileNotFoundError: [Errno 44] No such file or directory: '/x'\nwhat to do\n\n\n\
            Caused by:\n    FileNotFoundError";
        let roots = BTreeMap::from([("/2/".to_owned(), "src/".to_owned())]);
        assert_eq!(
            traceback(said, &roots),
            "  File \"src/plugin.py\", line 5, in <module>\n    NAME = Path(\"/x\").read_text()\n\
             FileNotFoundError: [Errno 44] No such file or directory: '/x'\nwhat to do"
        );
        assert_eq!(traceback("something else", &roots), "something else");
    }
}
