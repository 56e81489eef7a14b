//! Pipelines in a folder of their own.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use driftless_host::{BindingEvent, PluginManager};
use driftless_logs::{Control, Error, Event, Finished, Mistakes, Pipeline, PipelineFile, Result};
use driftless_templates::Templates;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A folder with the files of one pipeline.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The path of a file, as it stands in a description.
    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        String::from_utf8(fs::read(self.path(name)).unwrap()).unwrap()
    }

    /// A pipeline from `in` through a parser of plugin `p` to `out`; `more` has further keys.
    pub(crate) fn file(&self, parser: Option<&str>, more: Value) -> Value {
        let mut source = json!({"type": "file", "paths": [self.text("in")]});
        if let Some(parser) = parser {
            source["parser"] = json!({"type": format!("p.{parser}")});
        }
        let mut file = json!({"sources": [source], "outputs": [{"type": "file", "path": self.text("out")}]});
        file.as_object_mut().unwrap().extend(crate::guest::object(more));
        file
    }
}

/// How a pipeline ended, and what it reported.
pub(crate) struct Ended {
    pub(crate) finished: Finished,
    pub(crate) reported: Vec<String>,
}

impl Ended {
    /// Kept, dropped, failed.
    pub(crate) fn counts(&self) -> [u64; 3] {
        let summary = &self.finished.summary;
        assert_eq!(summary.lines, summary.kept + summary.dropped + summary.failed + summary.skipped);
        [summary.kept, summary.dropped, summary.failed]
    }

    pub(crate) fn error(&self) -> &Error {
        self.finished.error.as_ref().expect("it should fail")
    }
}

pub(crate) fn pipeline(manager: &PluginManager, file: Value, follow: bool) -> Result<Pipeline, Mistakes> {
    let file: PipelineFile = serde_json::from_value(file).unwrap();
    let templates = Templates::new(manager);
    let file =
        file.fill(|place, value, vars| templates.fill(value, vars).map_err(|error| error.in_value(place)));
    Pipeline::new(manager, &file.unwrap(), follow)
}

pub(crate) fn run_on(manager: &PluginManager, file: Value) -> Ended {
    run_under(&Control::new(), &pipeline(manager, file, false).unwrap())
}

pub(crate) fn run_under(control: &Control, pipeline: &Pipeline) -> Ended {
    let mut reported = Vec::new();
    let finished = pipeline.run(control, &mut |event| reported.push(told(event)));
    Ended { finished, reported }
}

/// Runs a pipeline on a thread of its own, and fails where it does not end by itself. A panic is an `Err`, as of a thread.
#[track_caller]
pub(crate) fn run_in_time(pipeline: Pipeline, control: &Arc<Control>) -> std::thread::Result<Ended> {
    run_reporting_in_time(pipeline, control, |_| ())
}

/// The same, with something that happens at each report.
#[track_caller]
pub(crate) fn run_reporting_in_time(
    pipeline: Pipeline,
    control: &Arc<Control>,
    mut on_event: impl FnMut(&str) + Send + 'static,
) -> std::thread::Result<Ended> {
    let (ended, end) = std::sync::mpsc::channel();
    let of_thread = Arc::clone(control);
    std::thread::spawn(move || {
        let run = AssertUnwindSafe(|| {
            let mut reported = Vec::new();
            let finished = pipeline.run(&of_thread, &mut |event| {
                let told = told(event);
                on_event(&told);
                reported.push(told);
            });
            Ended { finished, reported }
        });
        let _ = ended.send(catch_unwind(run));
    });
    end.recv_timeout(Duration::from_secs(20)).unwrap_or_else(|_| {
        control.stop();
        panic!("the pipeline does not end")
    })
}

/// Waits for something that another thread does.
#[track_caller]
pub(crate) fn wait_until(mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(30), "it does not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// An event in few words, as the tests compare them.
pub(crate) fn told(event: &Event) -> String {
    match event {
        Event::LineFailed { origin, line, why } => format!("{origin}, line {line}: {}", why.message),
        Event::LineSkipped { origin, line, why } => {
            format!("{origin}, line {line}: {}; it is skipped", why.message)
        }
        Event::FilterPassed { origin, line, why } => {
            format!("{origin}, line {line}: {}; it goes on without this filter", why.message)
        }
        Event::EntryMissed { why } => format!("{}; it misses an entry", why.message),
        Event::SourceEnded { why } => format!("{}; nothing more is read from it", why.message),
        Event::Binding(BindingEvent::CircuitOpened { location, failures, last, .. }) => {
            format!("{location}: circuit open after {failures}, the last: {last}")
        }
        Event::Binding(BindingEvent::CircuitClosed { location }) => format!("{location}: works again"),
        Event::TornLine { path } => {
            format!("{}: it ended in the middle of a line, which is ended now", path.display())
        }
        Event::MoreLinesFailed(count) => format!("{count} more lines failed"),
        Event::MoreLinesSkipped(count) => format!("{count} more lines are skipped"),
        Event::MoreFiltersPassed(count) => format!("{count} more entries went past a filter"),
        Event::MoreEntriesMissed(count) => format!("{count} more entries are missed by an output"),
        other => format!("{other:?}"),
    }
}
