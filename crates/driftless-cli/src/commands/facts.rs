//! `driftless facts`

use std::process::ExitCode;

use driftless_host::api::component::ComponentKind;
use driftless_host::{Error, PluginManager, Policy};
use driftless_runner::{CollectorStep, FactsFile, Options, Plan, TaskFile};
use serde_json::Map;

use super::print_json;
use crate::args::{Facts, Global};
use crate::document::DocumentFile;
use crate::failure::Failure;
use crate::file_mistakes::FileMistakes;
use crate::terminal::Terminal;
use crate::{context, words};

/// Runs facts collectors.
pub(crate) fn run(global: &Global, terminal: &Terminal, args: &Facts) -> anyhow::Result<ExitCode> {
    let manager = context::manager(global, terminal)?;
    let templates = context::templates(&manager, terminal);
    let written = args.file.as_deref().map(DocumentFile::read).transpose()?;
    let file = match &written {
        Some(written) => TaskFile::read_facts(written.document()?),
        None if args.names.is_empty() => everything(&manager, terminal)?.into(),
        None => without_file(&args.names)?.into(),
    };
    let file = match written.is_some() && !args.names.is_empty() {
        true => file.with_collectors(&args.names)?,
        false => file,
    };
    let mut without_facts = Map::new();
    let collected = Plan::new(&manager, &templates, file, Options::default()).and_then(|plan| {
        plan.collect(|step, error| {
            warn_of_no_facts(terminal, step, error);
            without_facts.insert(step.key().to_owned(), words::host_error(error).into());
        })
    });
    let mut facts = collected
        .map_err(|mistakes| FileMistakes::of_tasks(written.as_ref().map(DocumentFile::file), &mistakes))?;
    // A machine that reads this looks at nothing else.
    if global.json && !without_facts.is_empty() {
        facts.entry("without_facts").or_insert(without_facts.into());
    }
    print_json(global, terminal, &facts)?;
    Ok(ExitCode::SUCCESS)
}

/// Tells that a collector brought no facts and the run goes on without.
pub(super) fn warn_of_no_facts(terminal: &Terminal, step: &CollectorStep, error: &Error) {
    terminal.warn(&format!("there are no facts of `{}`: {}", step.key(), words::host_error(error)));
}

/// The collectors with these names, without a configuration.
fn without_file(names: &[String]) -> Result<FactsFile, Failure> {
    let step = |name: &String| match name.contains('.') {
        true => Ok(CollectorStep::new(name)),
        false => Err(Failure::Usage(format!(
            "`{name}`: without --config FILE, a facts collector is named `plugin.collector`"
        ))),
    };
    let collectors = names.iter().map(step).collect::<Result<_, _>>()?;
    Ok(FactsFile { collectors, ..FactsFile::default() })
}

/// Every installed collector that needs no configuration. The user named none of them, so one that fails, for example because its plugin is not
/// granted what it asks for, is left out.
fn everything(manager: &PluginManager, terminal: &Terminal) -> anyhow::Result<FactsFile> {
    let mut collectors = Vec::new();
    for listed in manager.list()? {
        let brings = |functions: &Vec<_>| functions.contains(&ComponentKind::FactsCollector.definitions());
        if !listed.functions.as_ref().is_some_and(brings) {
            continue;
        }
        let plugin = manager.plugin(&listed.name);
        let names = plugin.and_then(|plugin| {
            let definitions = plugin.definitions(ComponentKind::FactsCollector)?;
            Ok(definitions.iter().map(|definition| format!("{}.{}", listed.name, definition.name)).collect())
        });
        let names: Vec<String> = names.unwrap_or_else(|error| {
            terminal.warn(&format!("left out: {}", words::host_error(&error)));
            Vec::new()
        });
        for name in names {
            match manager.facts_collector(&name, Map::new()) {
                Ok(_) => collectors.push(CollectorStep {
                    on_failure: Some(Policy::Skip.into()),
                    ..CollectorStep::new(&name)
                }),
                Err(_) => {
                    terminal.warn(&format!("{name} is left out: it needs a configuration (--config FILE)"));
                }
            }
        }
    }
    Ok(FactsFile { collectors, ..FactsFile::default() })
}
