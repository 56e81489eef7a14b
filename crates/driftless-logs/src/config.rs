//! A pipeline as it is written in YAML, JSON or TOML.

use driftless_documents::{ValuePath, configuration};
use driftless_host::FailurePolicy;
use serde::Deserialize;
use serde_json::{Map, Value};

/// A file that describes a pipeline.
///
/// Every string in it but types and failure policies may be a template, which [`fill`](Self::fill) fills in. A
/// [`Pipeline`](crate::Pipeline) takes what it is given literally.
///
/// ```
/// use driftless_logs::PipelineFile;
///
/// let file: PipelineFile = serde_json::from_value(serde_json::json!({
///     "sources": [{"type": "file", "paths": ["access.log"], "parser": {"type": "log-pipeline-plugin.combined"}}],
///     "filters": [{"type": "log-pipeline-plugin.min_status", "status": 400}],
///     "outputs": [{"type": "file", "path": "errors.jsonl"}],
/// }))?;
/// assert_eq!(file.filters[0].config["status"], 400);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PipelineFile {
    /// Variables for the templates in this file. They may use those above them.
    #[serde(default)]
    pub vars: Map<String, Value>,
    /// Where lines come from.
    pub sources: Vec<SourceStage>,
    /// What every entry has to pass, in order.
    #[serde(default)]
    pub filters: Vec<Stage>,
    /// Where entries go: each of them to every output.
    pub outputs: Vec<Stage>,
    /// The file that lines go to which no parser takes, or whose filters fail. Without it they are counted and reported, and the
    /// run has failed. Lines that are skipped because a parser's `on_failure` says so go there as well.
    pub rejected: Option<String>,
    /// How many threads parse and filter. Default: one for each processor.
    pub workers: Option<usize>,
}

impl PipelineFile {
    /// The same description with its templates filled in. `fill` is handed the way to each value, for its errors, the value, and the
    /// variables that it may use.
    ///
    /// # Errors
    ///
    /// The first error of `fill`.
    pub fn fill<E>(
        &self,
        fill: impl Fn(&ValuePath, &Value, &Map<String, Value>) -> Result<Value, E>,
    ) -> Result<Self, E> {
        let mut vars = Map::new();
        for (name, value) in &self.vars {
            let filled = fill(&ValuePath::default().with("vars").with(name), value, &vars)?;
            vars.insert(name.clone(), filled);
        }
        let object = |path: &ValuePath, object: &Map<String, Value>| -> Result<Map<String, Value>, E> {
            let filled = object
                .iter()
                .map(|(key, value)| Ok((key.clone(), fill(&path.clone().with(key), value, &vars)?)));
            filled.collect()
        };
        let stage = |path: &ValuePath, stage: &Stage| -> Result<Stage, E> {
            Ok(Stage { config: object(path, &stage.config)?, ..stage.clone() })
        };
        let stages = |list: &str, all: &[Stage]| -> Result<Vec<Stage>, E> {
            let numbered = all.iter().enumerate();
            let at = |number| ValuePath::default().with(list).with(number);
            numbered.map(|(number, one)| stage(&at(number), one)).collect()
        };
        let source = |(number, source): (usize, &SourceStage)| -> Result<SourceStage, E> {
            let path = ValuePath::default().with("sources").with(number);
            let config = object(&path, &source.config)?;
            let parser = source.parser.as_ref();
            let parser = parser.map(|parser| stage(&path.with("parser"), parser)).transpose()?;
            Ok(SourceStage { config, parser, ..source.clone() })
        };
        let rejected = match &self.rejected {
            None => None,
            Some(path) => Some(
                match fill(&ValuePath::default().with("rejected"), &Value::String(path.clone()), &vars)? {
                    Value::String(text) => text,
                    other => other.to_string(),
                },
            ),
        };
        Ok(Self {
            sources: self.sources.iter().enumerate().map(source).collect::<Result<_, E>>()?,
            filters: stages("filters", &self.filters)?,
            outputs: stages("outputs", &self.outputs)?,
            rejected,
            workers: self.workers,
            vars: vars.clone(),
        })
    }
}

/// A source.
#[derive(Clone, Debug, Deserialize)]
pub struct SourceStage {
    /// `file`, `stdin`, or `plugin.source`.
    pub r#type: String,
    /// What to call it in messages. Default: the type.
    pub name: Option<String>,
    /// Makes entries of lines. Without one, an entry is `{"message": line}`.
    pub parser: Option<Stage>,
    /// What is done when the plugin fails; no template. What is built in has no such thing.
    pub on_failure: Option<FailurePolicy>,
    /// Every other key, and those below `with`: its configuration. A `file` has `paths`, each a path or a pattern like `*.log`.
    #[serde(flatten, deserialize_with = "configuration")]
    pub config: Map<String, Value>,
}

/// A parser, a filter or an output.
#[derive(Clone, Debug, Deserialize)]
pub struct Stage {
    /// `plugin.component`; for an output also `file` or `stdout`.
    pub r#type: String,
    /// What is done when the plugin fails; no template. What is built in has no such thing.
    pub on_failure: Option<FailurePolicy>,
    /// Every other key, and those below `with`: its configuration. A `file` has `path`, and `mode`, which is `append` or `replace`.
    #[serde(flatten, deserialize_with = "configuration")]
    pub config: Map<String, Value>,
}

/// The configuration of the `file` source.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileSource {
    pub(crate) paths: Vec<String>,
}

/// The configuration of the `file` output.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileOutput {
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) mode: Mode,
}

/// What happens to what is in an output file already.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// It stays, and entries go behind it.
    #[default]
    Append,
    /// It goes.
    Replace,
}

/// The configuration of what has none.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}
