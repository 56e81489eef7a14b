//! `driftless facts`

use std::process::ExitCode;

use driftless_host::api::component::ComponentKind;
use driftless_host::{Error, NotFound, PluginManager, Policy};
use driftless_runner::{CollectorStep, FactsFile, collect};
use serde_json::Map;

use super::print_json;
use crate::args::{Facts, Global};
use crate::failure::Failure;
use crate::terminal::Terminal;
use crate::{context, document, words};

/// Runs facts collectors.
pub(crate) fn run(global: &Global, terminal: &Terminal, args: &Facts) -> anyhow::Result<ExitCode> {
    let manager = context::manager(global, terminal)?;
    let written = args.file.as_deref().map(document::read::<FactsFile>).transpose()?;
    let file = if args.names.is_empty() {
        written.map_or_else(|| everything(&manager, terminal), Ok)?
    } else {
        let collectors = chosen(written.as_ref().map(|file| file.collectors.as_slice()), &args.names)?;
        FactsFile { collectors, ..written.unwrap_or_default() }
    };
    let templates = context::templates(&manager, terminal);
    let mut without_facts = Map::new();
    let mut facts = collect(&manager, &templates, &file, |step, error| {
        warn_of_no_facts(terminal, step, error);
        without_facts.insert(step.key().to_owned(), words::host_error(error).into());
    })?;
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

/// The collectors with these names: as in the file, if there is one, or by their full name without a configuration.
fn chosen(collectors: Option<&[CollectorStep]>, names: &[String]) -> anyhow::Result<Vec<CollectorStep>> {
    let step = |name: &String| -> anyhow::Result<CollectorStep> {
        let mut known = collectors.into_iter().flatten();
        if let Some(step) = known.find(|step| step.key() == name || step.r#type == *name) {
            return Ok(step.clone());
        }
        if name.contains('.') {
            return Ok(without_configuration(name));
        }
        let Some(collectors) = collectors else {
            let message =
                format!("`{name}`: without --config FILE, a facts collector is named `plugin.collector`");
            return Err(Failure::Usage(message).into());
        };
        Err(driftless_host::Error::from(NotFound {
            what: "facts collector".to_owned(),
            name: name.clone(),
            among: "in the file".to_owned(),
            known: collectors.iter().map(|step| step.key().to_owned()).collect(),
        })
        .into())
    };
    names.iter().map(step).collect()
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
                    ..without_configuration(&name)
                }),
                Err(_) => {
                    terminal.warn(&format!("{name} is left out: it needs a configuration (--config FILE)"));
                }
            }
        }
    }
    Ok(FactsFile { collectors, ..FactsFile::default() })
}

fn without_configuration(name: &str) -> CollectorStep {
    CollectorStep { r#type: name.to_owned(), name: None, on_failure: None, config: Map::new() }
}
