//! A pipeline as it is written in YAML, JSON or TOML.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::failure_policy::FailurePolicy;

/// A file that describes a pipeline.
///
/// ```
/// use driftless_host::logs::PipelineFile;
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
    /// Every other key: its configuration. A `file` has `paths`, each a path or a pattern like `*.log`.
    #[serde(flatten)]
    pub config: Map<String, Value>,
}

/// A parser, a filter or an output.
#[derive(Clone, Debug, Deserialize)]
pub struct Stage {
    /// `plugin.component`; for an output also `file` or `stdout`.
    pub r#type: String,
    /// What is done when the plugin fails; no template. What is built in has no such thing.
    pub on_failure: Option<FailurePolicy>,
    /// Every other key: its configuration. A `file` has `path`, and `mode`, which is `append` or `replace`.
    #[serde(flatten)]
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
