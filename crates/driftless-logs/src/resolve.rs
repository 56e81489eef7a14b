//! From the description of a stage to the stage.

use driftless_host::{Binding, FailurePolicy, PluginManager};
use driftless_plugin_api::component::ComponentKind;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::config::{FileOutput, FileSource, Nothing, SourceStage, Stage};
use crate::error::{Error, Result};
use crate::paths::matching;
use crate::reader::Input;
use crate::writer::Output;

/// Makes the stages that a description asks for.
#[derive(Clone, Copy)]
pub(crate) struct Resolver<'a>(pub(crate) &'a PluginManager);

impl Resolver<'_> {
    /// A source. With `follow`, its files are read on as they grow.
    pub(crate) fn input(&self, source: &SourceStage, follow: bool) -> Result<Input> {
        match source.r#type.as_str() {
            "file" => {
                never_fails("file", source.on_failure.as_ref())?;
                let FileSource { paths } = built_in("file", &source.config)?;
                Ok(Input::Files { paths: matching(&paths, follow)?, follow })
            }
            "stdin" => {
                never_fails("stdin", source.on_failure.as_ref())?;
                let Nothing {} = built_in("stdin", &source.config)?;
                Ok(Input::Stdin)
            }
            plugin => {
                let SourceStage { config, on_failure, .. } = source;
                let kind = ComponentKind::LogSource;
                Ok(Input::Plugin(self.component(kind, plugin, config, on_failure.as_ref())?))
            }
        }
    }

    /// An output.
    pub(crate) fn output(&self, stage: &Stage) -> Result<Output> {
        match stage.r#type.as_str() {
            "file" => {
                never_fails("file", stage.on_failure.as_ref())?;
                let FileOutput { path, mode } = built_in("file", &stage.config)?;
                Ok(Output::File { path: path.into(), mode })
            }
            "stdout" => {
                never_fails("stdout", stage.on_failure.as_ref())?;
                let Nothing {} = built_in("stdout", &stage.config)?;
                Ok(Output::Stdout)
            }
            _ => Ok(Output::Plugin(self.stage(ComponentKind::LogOutput, stage)?)),
        }
    }

    /// A component of a plugin, with its configuration.
    pub(crate) fn stage(&self, kind: ComponentKind, stage: &Stage) -> Result<Binding> {
        self.component(kind, &stage.r#type, &stage.config, stage.on_failure.as_ref())
    }

    fn component(
        &self,
        kind: ComponentKind,
        name: &str,
        config: &Map<String, Value>,
        on_failure: Option<&FailurePolicy>,
    ) -> Result<Binding> {
        let binding = self.0.component(kind, name)?.configure(config.clone())?;
        Ok(match on_failure {
            Some(policy) => binding.on_failure(policy)?,
            None => binding,
        })
    }
}

/// The configuration of what is built in.
fn built_in<T: DeserializeOwned>(what: &str, config: &Map<String, Value>) -> Result<T> {
    serde_json::from_value(Value::Object(config.clone()))
        .map_err(|error| Error::impossible(what, error.to_string()))
}

/// What is built in has no failure policy: that a disk is full is an error.
fn never_fails(what: &str, on_failure: Option<&FailurePolicy>) -> Result<()> {
    match on_failure {
        Some(_) => Err(Error::impossible(what, "`on_failure` is for plugins, and this is built in")),
        None => Ok(()),
    }
}
