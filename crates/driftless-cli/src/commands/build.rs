//! `driftless plugin build`

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use driftless_author::{AuthorError, Built, Options, Progress, Project, Target, build};
use driftless_host::permissions::Permissions;
use driftless_plugin_api::text::printable_line;
use indicatif::ProgressBar;
use serde_json::{Value, json};

use super::request::print_request;
use super::{language, print_json};
use crate::args::{Build, Global, Source};
use crate::paths;
use crate::terminal::{FAINT, GOOD, STRONG, Terminal, printable_path};

/// Builds the plugins of a project, and says what came out.
pub(crate) fn run(global: &Global, terminal: &Terminal, args: &Build) -> anyhow::Result<ExitCode> {
    let project = project(&args.source)?;
    let options = Options {
        target: target(&args.source),
        out_dir: args.out_dir.clone(),
        debug: args.debug,
        kept: paths::made_components(),
    };
    print(global, terminal, &built(terminal, &project, &options)?)?;
    Ok(ExitCode::SUCCESS)
}

/// The project that was named.
pub(super) fn project(source: &Source) -> Result<Project, AuthorError> {
    Project::find(&source.project, language(source.lang.as_deref()))
}

/// What Rust is compiled for.
pub(super) fn target(source: &Source) -> Target {
    let targets = [Target::Wasi, Target::Unknown];
    let target = targets.into_iter().find(|target| target.name() == source.target);
    target.expect("the parser lets only targets through")
}

/// Builds the plugins of a project.
pub(super) fn built(
    terminal: &Terminal,
    project: &Project,
    options: &Options,
) -> Result<Vec<Built>, AuthorError> {
    with_progress(terminal, |progress| build(project, options, progress))
}

/// Says what came out.
pub(super) fn print(global: &Global, terminal: &Terminal, built: &[Built]) -> anyhow::Result<()> {
    if global.json {
        return print_json(global, terminal, &built.iter().map(as_json).collect::<Vec<_>>());
    }
    built.iter().try_for_each(|plugin| print_built(terminal, plugin))
}

/// Runs `work` and shows its progress on a terminal, where nothing else is written meanwhile.
fn with_progress<T>(terminal: &Terminal, work: impl FnOnce(&mut dyn FnMut(Progress<'_>)) -> T) -> T {
    let mut bar: Option<ProgressBar> = None;
    let shown = terminal.shows_progress();
    let done = work(&mut |progress| match progress {
        Progress::Step(step) if shown => {
            let bar = bar.get_or_insert_with(ProgressBar::new_spinner);
            bar.enable_steady_tick(Duration::from_millis(100));
            bar.set_message(step.to_owned());
        }
        Progress::Step(_) => {}
        Progress::Warning(warning) => match &bar {
            Some(bar) => bar.suspend(|| terminal.warn(warning)),
            None => terminal.warn(warning),
        },
        Progress::Silence => drop(bar.take().map(|bar| bar.finish_and_clear())),
    });
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    done
}

/// Prints what was built of one plugin.
fn print_built(terminal: &Terminal, plugin: &Built) -> anyhow::Result<()> {
    let mut out = terminal.out();
    let manifest = plugin.manifest.as_ref();
    let version = manifest.map_or("", |manifest| manifest.version.as_str());
    let title = format!("{GOOD}built{GOOD:#} {STRONG}{}{STRONG:#} {}", plugin.name, printable_line(version));
    writeln!(out, "{}", title.trim_end())?;
    let components = match manifest.and_then(|manifest| manifest.components.as_ref()).map_or(0, Vec::len) {
        1 => "1 component".to_owned(),
        count => format!("{count} components"),
    };
    let form = if plugin.component { "as a component" } else { "as a core module" };
    writeln!(out, "      {}, {} bytes, {components}", printable_path(&plugin.file), plugin.size)?;
    writeln!(out, "      {FAINT}{} {form}{FAINT:#}", plugin.language)?;
    let asked = manifest.map_or(&[][..], |manifest| &manifest.permissions);
    // It was checked, so it can be read.
    print_request(&mut out, &Permissions::requested(asked).unwrap_or_default())?;
    writeln!(out, "      {}", plugin.digest)?;
    Ok(())
}

fn as_json(plugin: &Built) -> Value {
    let manifest = plugin.manifest.as_ref();
    json!({
        "name": plugin.name,
        "version": manifest.map(|manifest| manifest.version.as_str()),
        "language": plugin.language.flag(),
        "form": if plugin.component { "component" } else { "module" },
        "file": plugin.file,
        "size": plugin.size,
        "size_before": plugin.shrunk.before,
        "digest": plugin.digest.to_string(),
        "components": manifest.and_then(|manifest| manifest.components.as_ref()),
        "permissions": manifest.map(|manifest| &manifest.permissions),
    })
}
