//! Facts, collected one collector after the other.

use std::collections::BTreeSet;

use driftless_host::PluginManager;
use driftless_templates::Templates;
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::file::{CollectorStep, FactsFile};

/// Runs a file of collectors; the facts of each stand under its key. `report` hears of those that brought none and whose
/// `on_failure` says to go on without.
///
/// # Errors
///
/// When a template fails, a configuration does not match its schema, two collectors have the same key, or a plugin brings no
/// facts.
pub fn collect(
    manager: &PluginManager,
    templates: &Templates,
    file: &FactsFile,
    report: impl FnMut(&CollectorStep, &driftless_host::Error),
) -> Result<Map<String, Value>> {
    let vars = templates.fill_vars(&file.vars)?;
    collect_steps(manager, templates, &file.collectors, &vars, report)
}

pub(crate) fn collect_steps(
    manager: &PluginManager,
    templates: &Templates,
    steps: &[CollectorStep],
    vars: &Map<String, Value>,
    mut report: impl FnMut(&CollectorStep, &driftless_host::Error),
) -> Result<Map<String, Value>> {
    let mut facts = Map::new();
    let mut keys = BTreeSet::new();
    for (number, step) in steps.iter().enumerate() {
        let key = step.key();
        let here = |error: Error| error.at(format!("collectors[{number}] ({key})"));
        if !keys.insert(key) {
            return Err(Error::File {
                what: "collectors".to_owned(),
                why: format!("there are two called `{key}`; give one a `name`"),
            });
        }
        let config = templates.fill_object(&step.config, vars).map_err(|error| here(error.into()))?;
        let collector = manager.facts_collector(&step.r#type, config);
        let mut collector = collector.map_err(|error| here(error.into()))?;
        if let Some(policy) = &step.on_failure {
            collector = collector.on_failure(policy).map_err(|error| here(error.into()))?;
        }
        match collector.collect() {
            Ok(collected) => drop(facts.insert(key.to_owned(), Value::Object(collected))),
            Err(error) if collector.tolerates(&error) => report(step, &error),
            Err(error) => return Err(here(error.into())),
        }
    }
    Ok(facts)
}
