//! `driftless plugin list`, `inspect`, `validate` and `call`

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use comfy_table::CellAlignment;
use driftless_host::api::function::{Function, FunctionSet};
use driftless_host::api::manifest::{PluginManifest, likeness};
use driftless_host::api::result::TaskStatus;
use driftless_host::permissions::{Grant, Permissions};
use driftless_host::{ListedPlugin, nearest};
use driftless_plugin_api::text::{listed, printable_line};
use driftless_validator::{Violation, inspect as inspect_file, validate as validate_file};
use indicatif::HumanBytes;
use serde::Deserialize;
use serde_json::json;

use super::{MAX_LISTED, grant, installed, print_json};
use crate::args::Global;
use crate::failure::Failure;
use crate::links::Links;
use crate::table::Column;
use crate::terminal::{BAD, GOOD, ODD, STRONG, Terminal, printable_path};
use crate::{context, table, text, words};

/// The functions that `--strict` demands: all that announce components, except `get_commands`.
const REQUIRED: [Function; 7] = [
    Function::GetTaskDefinitions,
    Function::GetFactsCollectors,
    Function::GetTemplateExtensions,
    Function::GetLogSources,
    Function::GetLogParsers,
    Function::GetLogFilters,
    Function::GetLogOutputs,
];

/// Lists what is installed.
pub(crate) fn list(global: &Global, terminal: &Terminal) -> anyhow::Result<ExitCode> {
    let plugins = context::manager(global, terminal)?.list()?;
    let mut alike: BTreeMap<String, Vec<&ListedPlugin>> = BTreeMap::new();
    for plugin in &plugins {
        alike.entry(likeness(&plugin.name)).or_default().push(plugin);
    }
    let is_ambiguous = |plugin: &ListedPlugin| alike[&likeness(&plugin.name)].len() > 1;
    let installed = installed::Details::of(global)?;
    let links = Links::read()?;
    if global.json {
        let plugins: Vec<_> = plugins
            .iter()
            .map(|plugin| {
                let details = installed.get(&plugin.origin);
                json!({
                    "name": plugin.name, "file": plugin.origin, "manifest": plugin.manifest,
                    "readable": plugin.functions.is_some(), "ambiguous": is_ambiguous(plugin),
                    "size": size(&plugin.origin, details), "registry": details.map(|details| &details.registry),
                    "namespace": details.map(|details| &details.namespace),
                    "key": details.and_then(|details| details.key.as_ref()),
                    "newer": details.and_then(|details| details.newer.as_ref()), "linked": links.lead_to(&plugin.origin),
                })
            })
            .collect();
        print_json(global, terminal, &plugins)?;
        return Ok(ExitCode::SUCCESS);
    }
    if plugins.is_empty() {
        terminal.note("no plugins are installed");
        return Ok(ExitCode::SUCCESS);
    }
    let columns = [
        Column("NAME", 4, CellAlignment::Left),
        Column("VERSION", 9, CellAlignment::Left),
        Column("SIZE", 8, CellAlignment::Right),
        Column("FROM", 4, CellAlignment::Left),
        Column("COMPONENTS", 10, CellAlignment::Right),
        Column("DESCRIPTION", 11, CellAlignment::Left),
    ];
    let rows = plugins.iter().map(|plugin| {
        let mut name = printable_line(&plugin.name).into_owned();
        if is_ambiguous(plugin) {
            let file = Path::new(&plugin.origin).file_name().unwrap_or_default();
            name = format!("{name} ({})", printable_line(&file.to_string_lossy()));
        }
        let details = installed.get(&plugin.origin);
        let size = size(&plugin.origin, details).map_or("-".to_owned(), |size| HumanBytes(size).to_string());
        let of_file = if links.lead_to(&plugin.origin) { "a link" } else { "a file" };
        let from = details.map_or(of_file.to_owned(), installed::InstalledPlugin::from);
        let Some(manifest) = &plugin.manifest else {
            let what = if plugin.functions.is_some() {
                "(no manifest)"
            } else if details.is_some_and(|details| !details.is_here) {
                "(not on this machine; `plugin fetch --locked` fetches it)"
            } else {
                "(not a plugin; see `plugin validate`)"
            };
            let version = details.map_or("-".to_owned(), |details| details.version.clone());
            return vec![name, version, size, from, "-".to_owned(), what.to_owned()];
        };
        let components =
            manifest.components.as_ref().map_or("?".to_owned(), |components| components.len().to_string());
        let (version, description) =
            (printable_line(&manifest.version), printable_line(&manifest.description));
        vec![name, version.into_owned(), size, from, components, description.into_owned()]
    });
    table::print(terminal, &columns, rows)?;
    for (plugin, newer) in
        plugins.iter().filter_map(|plugin| Some((plugin, installed.get(&plugin.origin)?.newer.as_ref()?)))
    {
        terminal.note(format!(
            "{} {newer} is there; `driftless plugin update` takes what is compatible with what was asked for",
            printable_line(&plugin.name)
        ));
    }
    for several in alike.values().filter(|alike| alike.len() > 1) {
        let origins = several.iter().map(|plugin| printable_line(&plugin.origin));
        terminal.warn(&format!(
            "{} plugins are called `{}`, so none of them can be used by this name: {}; remove all but one",
            several.len(),
            printable_line(&several[0].name),
            listed(origins, MAX_LISTED)
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// The bytes of a plugin's file.
fn size(origin: &str, details: Option<&installed::InstalledPlugin>) -> Option<u64> {
    let of_file = || Some(Path::new(origin).metadata().ok()?.len());
    details.map(|details| details.size_bytes).or_else(of_file)
}

/// Shows what a file says about itself.
pub(crate) fn inspect(global: &Global, terminal: &Terminal, plugin: &str) -> anyhow::Result<ExitCode> {
    let (path, bytes) = context::bytes(global, plugin)?;
    let info = inspect_file(&bytes);
    let (manifest, imports, digest) = (info.manifest(), info.imports(), info.digest());
    let unusable_manifest = info.permissions().err().map(|violation| &violation.message);
    let (Some(functions), Some(abi)) = (info.functions(), info.abi()) else {
        let error = validate_file(&bytes).err();
        let why = error.map_or_else(String::new, |error| error.to_string());
        return Err(Failure::Refused(format!("{}: {why}", path.display())).into());
    };
    let name = manifest.map_or_else(|| context::stem(&path), |manifest| manifest.name.clone());
    let asked = info.permissions().cloned().unwrap_or(Permissions::NONE);
    let grants = context::grants(global)?;
    let grant = grants.grant_to(&name, digest, asked.clone());
    let own_places = context::own_places(global, &context::settings(global)?);
    let (granted, _) = own_places.remove_from(grant.granted());
    let grant = Grant::new(asked, granted);
    let other = match grants.granted_to(&name, digest) {
        Some(_) => None,
        None => grants.granted(&name).map(|granted| granted.digest),
    };
    if global.json {
        print_json(
            global,
            terminal,
            &json!({
                "name": name, "file": path, "size": bytes.len(), "digest": digest.to_string(), "form": abi.to_string(),
                "manifest": manifest, "unusable_manifest": unusable_manifest,
                "permissions": grant::as_json(&grant), "granted_to_other_file": other.map(|other| other.to_string()),
                "functions": functions.iter().map(|function| function.name()).collect::<Vec<_>>(), "imports": imports,
            }),
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    let out = RefCell::new(terminal.out());
    let styled = |key: &str, value: &str| match value {
        "" => Ok(()),
        value => writeln!(out.borrow_mut(), "{STRONG}{key:<13}{STRONG:#} {value}"),
    };
    let row = |key: &str, value: &str| styled(key, &printable_line(value));
    row("name", &name)?;
    let none = PluginManifest { name: String::new(), version: String::new(), ..unnamed() };
    let described = manifest.unwrap_or(&none);
    row("version", &described.version)?;
    row("description", &described.description)?;
    row("author", &described.author)?;
    row("license", &described.license)?;
    row("homepage", described.homepage.as_deref().unwrap_or_default())?;
    row("repository", described.repository.as_deref().unwrap_or_default())?;
    row("file", &path.display().to_string())?;
    row("size", &format!("{} bytes", bytes.len()))?;
    row("digest", &digest.to_string())?;
    row("form", &abi.to_string())?;
    match manifest {
        Some(manifest) => {
            row("protocol", &manifest.protocol.to_string())?;
            row("needs", &format!("driftless {}", manifest.driftless_version))?;
            if grant.requested().is_empty() {
                row("permissions", "none")?;
            }
        }
        None => match unusable_manifest {
            Some(why) => row("manifest", &format!("cannot be used: {why}"))?,
            None => row("manifest", "none")?,
        },
    }
    for component in described.components.iter().flatten() {
        let sep = if component.description.is_empty() { "" } else { ": " };
        row(&component.kind.to_string(), &format!("{}{sep}{}", component.name, component.description))?;
    }
    let lines = grant::table(&grant);
    lines.iter().try_for_each(|line| styled("permissions", line))?;
    if let Some(other) = other {
        row(
            "",
            &format!(
                "there is a grant for another file of this name, {other}; it does not hold for this one"
            ),
        )?;
    }
    row("functions", &functions.iter().map(|function| function.name()).collect::<Vec<_>>().join(", "))?;
    row("imports", &imports.join(", "))?;
    Ok(ExitCode::SUCCESS)
}

fn unnamed() -> PluginManifest {
    serde_json::from_value(json!({"name": "", "version": ""}))
        .expect("these are all the keys that a manifest needs")
}

/// Checks a file as it would be checked before it is run.
pub(crate) fn validate(
    global: &Global,
    terminal: &Terminal,
    plugin: &str,
    strict: bool,
) -> anyhow::Result<ExitCode> {
    let (path, bytes) = context::bytes(global, plugin)?;
    let (mut violations, functions) = match context::sandbox_validate(global, &bytes)? {
        Ok(module) => (Vec::new(), module.functions()),
        Err(error) => (error.violations, FunctionSet::default()),
    };
    let mut missing = Vec::new();
    if violations.is_empty() {
        missing = REQUIRED.into_iter().filter(|function| !functions.contains(*function)).collect();
    }
    let note = |function: &Function| format!("it does not export `{function}`, so it has none of these");
    if strict {
        let as_violation = |function: &Function| Violation::of_file(note(function));
        violations.extend(missing.drain(..).map(|function| as_violation(&function)));
    }
    let valid = violations.is_empty();
    if global.json {
        let told = |violation: &Violation| {
            let mut told = json!({"offset": violation.offset, "message": violation.message});
            if let Some(mends) = violation.remedy.and_then(words::mends) {
                told["remedy"] = mends.into();
            }
            told
        };
        let violations: Vec<_> = violations.iter().map(told).collect();
        let notes: Vec<_> = missing.iter().map(note).collect();
        print_json(
            global,
            terminal,
            &json!({"file": path, "valid": valid, "violations": violations, "notes": notes}),
        )?;
    } else {
        let mut out = terminal.out();
        let (style, word) = if valid { (GOOD, "valid") } else { (BAD, "refused") };
        let path = printable_path(&path);
        writeln!(out, "{style}{word}{style:#} {path}")?;
        for violation in &violations {
            writeln!(out, "  {BAD}-{BAD:#} {}", printable_line(&violation.to_string()))?;
        }
        for mends in words::all_that_mends(violations.iter().filter_map(|violation| violation.remedy)) {
            writeln!(out, "{mends}")?;
        }
        for function in &missing {
            writeln!(out, "  {ODD}-{ODD:#} {}", note(function))?;
        }
    }
    Ok(if valid { ExitCode::SUCCESS } else { ExitCode::from(3) })
}

/// Calls one function and prints what it returned.
pub(crate) fn call(
    global: &Global,
    terminal: &Terminal,
    plugin: &str,
    function: &str,
    args: &[String],
) -> anyhow::Result<ExitCode> {
    let Some(function) = Function::named(function) else {
        let known: Vec<String> = Function::ALL.iter().map(|function| function.name().to_owned()).collect();
        let hint =
            nearest(function, &known).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        let hint = if hint.is_empty() {
            "; a task is called by `execute_task NAME '{…}'`, any other component by its own function"
                .to_owned()
        } else {
            hint
        };
        return Err(Failure::Usage(format!("the protocol has no function `{function}`{hint}")).into());
    };
    if args.len() != function.arguments() {
        let (takes, given) = (function.arguments(), args.len());
        return Err(Failure::Usage(format!("`{function}` takes {takes} arguments, not {given}")).into());
    }
    let args = args.iter().map(|arg| contents(arg)).collect::<Result<Vec<_>, _>>()?;
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let plugin = context::plugin(&context::manager(global, terminal)?, terminal, plugin)?;
    if !plugin.has(function) {
        let message = format!("plugin `{}` does not export `{function}`", plugin.name());
        return Err(Failure::NotFound(message).into());
    }
    let reply = plugin.call(function, &args)?;
    // A task that failed is a failure, however it was called.
    let task =
        if function == Function::ExecuteTask { serde_json::from_str::<Status>(&reply).ok() } else { None };
    terminal.result(&(reply + "\n"))?;
    Ok(match task.map(|result| result.status) {
        Some(TaskStatus::Error) => ExitCode::from(1),
        Some(TaskStatus::Success) | None => ExitCode::SUCCESS,
    })
}

/// What is read of a task's result here. The rest of it may be long, and would be many times as long once it is read.
#[derive(Deserialize)]
struct Status {
    status: TaskStatus,
}

/// An argument, or the contents of the file that it names.
fn contents(arg: &str) -> Result<String, Failure> {
    match arg.strip_prefix('@') {
        Some(path) => text::read_stream(path.as_ref()),
        None => Ok(arg.to_owned()),
    }
}
