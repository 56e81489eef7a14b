//! `driftless plugin dev`: builds and tests a project whenever it changes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, SystemTime};

use driftless_author::{Built, Project, editor_schema, is_editor_schema};
use driftless_files::Readers;
use driftless_host::api::component::ComponentKind;
use driftless_host::{Digest, PluginHandle};
use driftless_plugin_api::text::printable_line;

use super::{build, language, test};
use crate::args::{Build, Dev, Global, Test};
use crate::failure::unreadable;
use crate::terminal::{Terminal, printable_path};
use crate::{context, interrupt, words};

/// How often a look is taken. Files are looked at rather than watched: editors replace them, and folders of containers and networks tell nothing.
const TICK: Duration = Duration::from_millis(300);

/// The file by which editors know the plugin's configurations.
const EDITOR_SCHEMA: &str = "config.schema.json";

/// Builds, and then again whenever something changes, until it is interrupted. What fails is told, and the next change is waited for.
pub(crate) fn run(global: &Global, terminal: &Terminal, args: &Dev) -> anyhow::Result<ExitCode> {
    // A project that is none is no matter of waiting.
    Project::find(&args.project, language(args.lang.as_deref()))?;
    loop {
        let seen = settled(args);
        if let Err(error) = round(global, terminal, args) {
            terminal.error(&error);
        }
        if !interrupt::has_cancelled() {
            terminal.note("waiting for changes; Ctrl-C ends it");
        }
        while Seen::of(args) == seen {
            if interrupt::has_cancelled() {
                return Ok(ExitCode::SUCCESS);
            }
            thread::sleep(TICK);
        }
    }
}

/// Builds and tests once.
fn round(global: &Global, terminal: &Terminal, args: &Dev) -> anyhow::Result<()> {
    let project = Project::find(&args.project, language(args.lang.as_deref()))?;
    let before = digests(&project.out_dir());
    let built = build::built(
        terminal,
        &Build {
            project: args.project.clone(),
            lang: args.lang.clone(),
            target: args.target.clone(),
            out_dir: None,
            debug: false,
        },
    )?;
    build::print(global, terminal, &built)?;
    for plugin in &built {
        keep_grant(global, terminal, plugin, before.get(&plugin.file).copied())?;
    }
    let [plugin] = &built[..] else {
        terminal.note("the project has several plugins; `driftless plugin test FOLDER` tests one of them");
        return Ok(());
    };
    let manager = context::manager(global, terminal)?;
    let loaded = context::plugin(&manager, terminal, &plugin.file.to_string_lossy())?;
    update_editor_schema(terminal, &project, &loaded)?;
    let tested = Test {
        plugin: args.project.clone(),
        lang: args.lang.clone(),
        cases: Vec::new(),
        case: Vec::new(),
        record: false,
        no_conformance: args.no_conformance,
        brief: true,
        except: Vec::new(),
    };
    test::run(global, terminal, &tested)?;
    Ok(())
}

/// A grant holds for one file. What was granted to the file that stood here before is granted to the one that its author has put in its place.
fn keep_grant(
    global: &Global,
    terminal: &Terminal,
    plugin: &Built,
    before: Option<Digest>,
) -> anyhow::Result<()> {
    let grants = context::grants_to_change(global)?;
    let granted = grants.granted(&plugin.name);
    if let (Some(granted), Some(before)) = (granted, before)
        && granted.digest == before
        && before != plugin.digest
    {
        let permissions = granted.permissions.clone();
        context::change_grants(global, &plugin.name, |grants| {
            grants.grant(&plugin.name, plugin.digest, permissions);
            Ok(())
        })?;
        terminal.note(format_args!(
            "what was granted to {} is granted to the new file as well; `driftless{} plugin revoke {}` takes it back",
            printable_line(&plugin.name),
            global.places(),
            words::shell_word(&plugin.name)
        ));
    }
    let requested = plugin.manifest.as_ref().map_or(&[][..], |manifest| &manifest.permissions);
    let requested = driftless_host::permissions::Permissions::requested(requested).unwrap_or_default();
    let granted = context::grants_to_change(global)?.grant_to(&plugin.name, plugin.digest, requested);
    if !granted.is_complete() {
        let file = plugin.file.to_string_lossy();
        terminal.note(words::not_yet_granted([&*file].into_iter(), &global.places()));
    }
    Ok(())
}

/// Writes the file by which editors know the plugin's configurations, unless the author has one of another origin.
fn update_editor_schema(terminal: &Terminal, project: &Project, plugin: &PluginHandle) -> anyhow::Result<()> {
    let mut components = Vec::new();
    for kind in ComponentKind::ALL {
        // What templates call is in no such file.
        if matches!(kind, ComponentKind::TemplateFilter | ComponentKind::TemplateFunction) {
            continue;
        }
        components.extend(plugin.definitions(kind)?.into_iter().map(|definition| (kind, definition)));
    }
    let path = project.beneath(EDITOR_SCHEMA);
    let before = fs::read_to_string(&path).ok();
    let is_ours = before.as_deref().is_none_or(is_editor_schema);
    if components.is_empty() || !is_ours {
        return Ok(());
    }
    let text = format!("{:#}\n", editor_schema(plugin.name(), &components));
    if before.as_deref() != Some(text.as_str()) {
        driftless_files::replace(&path, text.as_bytes(), Readers::Umask)
            .map_err(|error| unreadable(&path, &error))?;
        terminal.note(format_args!("wrote {}", printable_path(&path)));
    }
    Ok(())
}

/// The plugins of a folder.
fn digests(folder: &Path) -> BTreeMap<PathBuf, Digest> {
    let files = driftless_files::list_regular(folder, "wasm").unwrap_or_default();
    let digest = |path: PathBuf| {
        let bytes = context::read_file(&path).ok()?;
        Some((path, Digest::of(&bytes)))
    };
    files.into_iter().filter_map(digest).collect()
}

/// What a project is built from and tested with, as it was found: the files, their lengths and when they were changed.
#[derive(PartialEq, Eq)]
struct Seen(Vec<(PathBuf, u64, Option<SystemTime>)>);

impl Seen {
    fn of(args: &Dev) -> Self {
        let Ok(project) = Project::find(&args.project, language(args.lang.as_deref())) else {
            // The file that describes it may just be written, or wrong: it is looked at itself.
            return Self(vec![state(args.project.clone())]);
        };
        let cases = fs::read_dir(project.cases()).into_iter().flatten().flatten().map(|entry| entry.path());
        let is_case = |path: &PathBuf| {
            path.extension().is_some_and(|ending| ending == "yml" || ending == "yaml" || ending == "json")
        };
        let mut files: Vec<_> = project.sources().into_iter().chain(cases.filter(is_case)).collect();
        files.sort();
        Self(files.into_iter().map(state).collect())
    }
}

fn state(path: PathBuf) -> (PathBuf, u64, Option<SystemTime>) {
    let metadata = fs::metadata(&path).ok();
    let length = metadata.as_ref().map_or(0, fs::Metadata::len);
    (path, length, metadata.and_then(|metadata| metadata.modified().ok()))
}

/// What is there once nothing changes any more: an editor writes several files one after the other.
fn settled(args: &Dev) -> Seen {
    let mut seen = Seen::of(args);
    loop {
        thread::sleep(TICK / 3);
        let again = Seen::of(args);
        if again == seen || interrupt::has_cancelled() {
            return again;
        }
        seen = again;
    }
}
