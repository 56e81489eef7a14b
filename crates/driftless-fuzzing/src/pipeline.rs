//! What a stage of a log pipeline returns, in a whole pipeline of three lines.
//!
//! An input is one of [`reply`](mod@crate::reply), for the kinds of components that stand in pipelines. The threads of a pipeline take ten times as long as
//! what one of its stages does with a reply, which is why this is a target of its own.

use std::sync::LazyLock;

use driftless_logs::{Control, Pipeline, PipelineFile};
use driftless_plugin_api::component::ComponentKind;
use serde_json::json;
use serde_json::value::RawValue;

use crate::Coverage;
use crate::reply::{self, Input};

/// The kinds of components that stand in a pipeline.
const KINDS: [ComponentKind; 4] =
    [ComponentKind::LogSource, ComponentKind::LogParser, ComponentKind::LogFilter, ComponentKind::LogOutput];

/// A folder for the files of the pipelines of this process, with what each of them reads.
static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    std::fs::write(folder.path().join("in"), LINES).expect("a temporary file can be written");
    folder
});

const LINES: &str = "first\nsecond\r\n{\"third\": 3}\n";

/// Takes `data` for an [`Input`], and runs a pipeline in which the component has the part of its kind.
pub fn run(data: &[u8]) -> Coverage {
    let Some(mut input) = Input::read(data) else { return Coverage::Refused };
    if !KINDS.contains(&input.kind) {
        input.kind = KINDS[usize::from(data[0]) % KINDS.len()];
    }
    let (kind, manager) = (input.kind, reply::manager(&input));
    let (name, mut config) = match reply::configured(&input, &manager) {
        Ok(configured) => configured,
        Err(coverage) => return coverage,
    };
    // The tests run several inputs at a time.
    let thread = std::thread::current().id();
    let (from, to) = (FOLDER.path().join("in"), FOLDER.path().join(format!("out-{thread:?}")));

    // What stands beside the type is the configuration, so a key of that name is not for the component.
    for taken in ["type", "name", "parser"] {
        config.remove(taken);
    }
    config.insert("type".to_owned(), name.into());
    let mut source = json!({"type": "file", "paths": [from]});
    let (mut filters, mut outputs) = (json!([]), json!([{"type": "file", "path": to}]));
    match kind {
        ComponentKind::LogSource => source = config.into(),
        ComponentKind::LogParser => source["parser"] = config.into(),
        ComponentKind::LogFilter => filters = json!([config]),
        _ => outputs = json!([config, outputs[0]]),
    }
    let file = json!({"sources": [source], "filters": filters, "outputs": outputs, "workers": 1});
    let file: PipelineFile = serde_json::from_value(file).expect("the pipeline can be read");
    // Without those keys, the configuration may be one that the schema does not let through.
    let Ok(pipeline) = Pipeline::new(&manager, &file, false) else {
        return Coverage::Failed;
    };
    std::fs::write(&to, "").expect("a temporary file can be written");
    let finished = pipeline.run(&Control::new(), &mut |_| {});
    let summary = &finished.summary;
    assert_eq!(summary.lines, summary.kept + summary.dropped + summary.failed, "{summary:?}");
    assert_eq!(finished.lost_lines, summary.failed > 0);

    let written = std::fs::read_to_string(&to).expect("the output is there, and text");
    for entry in written.lines() {
        let is_object = entry.starts_with('{') && serde_json::from_str::<&RawValue>(entry).is_ok();
        assert!(is_object, "{entry:?} was written");
    }
    if finished.error.is_none() {
        assert_eq!(written.lines().count() as u64, summary.kept, "{summary:?}");
    }
    if kind == ComponentKind::LogFilter {
        let expected = match input.reply.trim() {
            "true" if !input.failed => [3, 0, 0],
            "false" if !input.failed => [0, 3, 0],
            _ => [0, 0, 3],
        };
        assert_eq!([summary.kept, summary.dropped, summary.failed], expected, "{input:?}");
    }
    if summary.kept > 0 { Coverage::Answered } else { Coverage::Failed }
}
