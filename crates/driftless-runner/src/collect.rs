//! Facts, collected one collector after the other.

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::file::CollectorStep;
use crate::mistake::Mistakes;
use crate::plan::Plan;

impl Plan<'_> {
    /// Runs the collectors; the facts of each stand under its key. `report` hears of those that brought none and whose `on_failure` says to go on
    /// without.
    ///
    /// # Errors
    ///
    /// When a template fails, a configuration does not match its schema, or a plugin brings no facts.
    pub fn collect(
        &self,
        report: impl FnMut(&CollectorStep, &driftless_host::Error),
    ) -> Result<Map<String, Value>, Mistakes> {
        self.collect_with(&self.vars()?, report)
    }

    /// The variables of the file, beside those that were given.
    pub(crate) fn vars(&self) -> Result<Map<String, Value>, Mistakes> {
        let vars = self.templates.fill_vars_beside(&self.options.vars, &self.file.file().vars);
        vars.map_err(|error| self.ended_in_vars(error.into()))
    }

    pub(crate) fn collect_with(
        &self,
        vars: &Map<String, Value>,
        mut report: impl FnMut(&CollectorStep, &driftless_host::Error),
    ) -> Result<Map<String, Value>, Mistakes> {
        let mut facts = Map::new();
        for (number, step) in self.file.collectors() {
            let collected = self.collect_one(step, vars, &mut report);
            let collected = collected.map_err(|error| self.ended_in_collector(number, step, error))?;
            if let Some(collected) = collected {
                facts.insert(step.key().to_owned(), Value::Object(collected));
            }
        }
        Ok(facts)
    }

    /// The facts of a collector; none where the run goes on without.
    fn collect_one(
        &self,
        step: &CollectorStep,
        vars: &Map<String, Value>,
        report: &mut dyn FnMut(&CollectorStep, &driftless_host::Error),
    ) -> Result<Option<Map<String, Value>>> {
        let config = self.templates.fill_object(&step.config, vars)?;
        let mut collector = self.manager.facts_collector(&step.r#type, config)?;
        if let Some(policy) = &step.on_failure {
            collector = collector.on_failure(policy)?;
        }
        match collector.collect() {
            Ok(collected) => Ok(Some(collected)),
            Err(error) if collector.tolerates(&error) => {
                report(step, &error);
                Ok(None)
            }
            Err(error) => Err(Error::from(error)),
        }
    }
}
