//! `driftless plugin dev`: builds and tests a project whenever it changes.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, SystemTime};

use driftless_author::{Built, Options, Project, editor_schema, is_editor_schema};
use driftless_files::Readers;
use driftless_host::api::component::ComponentKind;
use driftless_host::permissions::{Grant, Permissions};
use driftless_host::{Digest, PluginHandle};
use driftless_plugin_api::text::printable_line;

use super::build;
use super::test::{self, Shown};
use crate::args::{Dev, Global, Test};
use crate::failure::unreadable;
use crate::terminal::{Terminal, printable_path};
use crate::{context, interrupt, paths, words};

/// How often a look is taken. Files are looked at rather than watched: editors replace them, and folders of containers and networks tell nothing.
const TICK: Duration = Duration::from_millis(300);

/// The file by which editors know the plugin's configurations.
const EDITOR_SCHEMA: &str = "config.schema.json";

/// The bytes up to which it is looked into. One that was made here has fewer.
const MAX_SCHEMA_BYTES: u64 = 16 << 20;

/// Builds, and then again whenever something changes, until it is interrupted. What fails is told, and the next change is waited for.
pub(crate) fn run(global: &Global, terminal: &Terminal, args: &Dev) -> anyhow::Result<ExitCode> {
    // A project that is none is no matter of waiting.
    build::project(&args.source)?;
    let mut own = OwnBuilds::new();
    loop {
        let seen = settled(args);
        if let Err(error) = round(global, terminal, args, &mut own) {
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
fn round(global: &Global, terminal: &Terminal, args: &Dev, own: &mut OwnBuilds) -> anyhow::Result<()> {
    let project = build::project(&args.source)?;
    let options =
        Options { target: build::target(&args.source), kept: paths::made_components(), ..Options::default() };
    let built = build::built(terminal, &project, &options)?;
    build::print(global, terminal, &built)?;
    for plugin in &built {
        keep_grant(global, terminal, plugin, own)?;
    }
    let [plugin] = &built[..] else {
        terminal.note("the project has several plugins; `driftless plugin test FOLDER` tests one of them");
        return Ok(());
    };
    let manager = context::manager(global, terminal)?;
    let loaded = context::plugin(&manager, terminal, &plugin.file.to_string_lossy())?;
    update_editor_schema(terminal, &project, &loaded)?;
    let tested = Test {
        plugin: args.source.project.clone(),
        lang: args.source.lang.clone(),
        cases: Vec::new(),
        case: Vec::new(),
        record: false,
        no_conformance: args.no_conformance,
        except: Vec::new(),
    };
    test::run(global, terminal, &tested, Shown::Failures)?;
    Ok(())
}

/// A grant holds for one file. What was granted to a file that this run has built, of what that asked for, is granted to the one that its author has put
/// in its place. What was granted before this run has built the file may have been granted to a copy of it, which would lose it; so it stays. So it does
/// where an installed file has the grant.
fn keep_grant(
    global: &Global,
    terminal: &Terminal,
    plugin: &Built,
    own: &mut OwnBuilds,
) -> anyhow::Result<()> {
    let requested = plugin.manifest.as_ref().map_or(&[][..], |manifest| &manifest.permissions);
    let requested = Permissions::requested(requested).unwrap_or_default();
    let grants = context::grants_to_change(global)?;
    let new = OwnBuild {
        digest: plugin.digest,
        requested: requested.clone(),
        was_granted: grants.granted_to(&plugin.name, plugin.digest).is_some(),
    };
    let before = match own.get(&plugin.file) {
        // It is the same file still.
        Some(before) if before.digest == plugin.digest => None,
        _ => own.insert(plugin.file.clone(), new),
    };
    if let Some(before) = before
        && let Some(granted) = grants.granted_to(&plugin.name, before.digest)
        && !before.was_granted
        && !context::is_installed(global, &plugin.name, before.digest)
    {
        let permissions = Grant::new(before.requested, granted.permissions.clone()).allowed();
        context::change_grants(global, &plugin.name, |grants| {
            let is_beside = grants.granted(&plugin.name).is_some_and(|other| other.digest != before.digest);
            match is_beside {
                true => grants.grant_build(&plugin.name, plugin.digest, permissions),
                false => grants.grant(&plugin.name, plugin.digest, permissions),
            }
            Ok(())
        })?;
        terminal.note(format_args!(
            "what was granted to {} is granted to the new file as well; `driftless{} plugin revoke {}` takes it back",
            printable_line(&plugin.name),
            global.places(),
            words::shell_word(&plugin.name)
        ));
    }
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
    // Whatever is there and was not made here is the author's.
    let before = match driftless_files::read_regular(&path, MAX_SCHEMA_BYTES) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) if is_editor_schema(&text) => Some(text),
            _ => return Ok(()),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(_) => return Ok(()),
    };
    if components.is_empty() {
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

/// What this run has built last, by its file.
type OwnBuilds = BTreeMap<PathBuf, OwnBuild>;

/// A plugin that this run has built.
struct OwnBuild {
    digest: Digest,
    requested: Permissions,
    /// Whether there was a grant for such a file already.
    was_granted: bool,
}

/// What a project is built from and tested with, as it was found: the files, their lengths and when they were changed.
#[derive(PartialEq, Eq)]
struct Seen(Vec<(PathBuf, u64, Option<SystemTime>)>);

impl Seen {
    fn of(args: &Dev) -> Self {
        let Ok(project) = build::project(&args.source) else {
            // The file that describes it may just be written, or wrong: it is looked at itself.
            return Self(vec![state(args.source.project.clone())]);
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
