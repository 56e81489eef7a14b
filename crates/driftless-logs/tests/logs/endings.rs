//! How a pipeline ends where something breaks, or where its source has nothing to say.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use driftless_host::LogRecord;
use driftless_logs::Control;
use driftless_plugin_api::component::ComponentKind::LogParser;
use serde_json::json;

use crate::guest::{Action, Action::Runs, Guest, builder};
use crate::harness::{Folder, pipeline, run_in_time, run_reporting_in_time, wait_until};
use crate::pipeline::{numbered, stages};

/// Hands each line to the log, and wraps it.
const TELL_AND_WRAP: Action<'_> = Runs(
    "(call $log (local.get $a0) (local.get $l0) (local.get $a2) (local.get $l2))
    (call $wrap (local.get $a2) (local.get $l2))",
);

fn message(payload: &(dyn std::any::Any + Send)) -> &str {
    payload.downcast_ref::<&str>().copied().or_else(|| Some(payload.downcast_ref::<String>()?)).unwrap_or("")
}

#[test]
fn a_panic_in_a_worker_ends_the_pipeline_and_reaches_the_caller() {
    let folder = Folder::new();
    folder.write("in", numbered(400_000));
    let guest = Guest::new().with(LogParser, "tell", TELL_AND_WRAP);
    let first = AtomicBool::new(true);
    let manager = builder(&[("p", &guest)])
        .log(move |_: &LogRecord<'_>| assert!(!first.swap(false, Ordering::Relaxed), "the listener breaks"))
        .build()
        .unwrap();
    let pipeline = pipeline(&manager, folder.file(Some("tell"), json!({"workers": 2})), false).unwrap();
    let panic = run_in_time(pipeline, &Arc::new(Control::new())).err().expect("it should panic");
    assert_eq!(message(&*panic), "the listener breaks");
    // The first batch or the second is gone, so nothing behind that was written.
    let first = numbered(12_000);
    assert!(folder.read("out").lines().count() < first.lines().count());
}

#[test]
fn a_panic_in_what_the_caller_does_with_a_report_ends_the_pipeline() {
    for follow in [false, true] {
        let folder = Folder::new();
        folder.write("in", format!("bad\n{}", numbered(200_000)));
        let pipeline =
            pipeline(&stages(), folder.file(Some("picky"), json!({"workers": 2})), follow).unwrap();
        let ended = run_reporting_in_time(pipeline, &Arc::new(Control::new()), |_| panic!("nobody listens"));
        assert_eq!(message(&*ended.err().expect("it should panic")), "nobody listens");
    }
}

/// Makes a named pipe.
#[cfg(unix)]
fn pipe(folder: &Folder, name: &str) {
    assert!(std::process::Command::new("mkfifo").arg(folder.path(name)).status().unwrap().success());
}

#[test]
#[cfg(unix)]
fn a_pipe_that_nobody_writes_to_can_be_stopped() {
    for follow in [false, true] {
        let folder = Folder::new();
        pipe(&folder, "in");
        let pipeline = pipeline(&stages(), folder.file(Some("wrap"), json!({})), follow).unwrap();
        let control = Arc::new(Control::new());
        let stop = Arc::clone(&control);
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(300));
            stop.stop();
        });
        let ended = run_in_time(pipeline, &control).unwrap();
        assert!(ended.finished.error.is_none(), "{:?}", ended.finished.error);
        assert_eq!(ended.counts(), [0, 0, 0]);
    }
}

#[test]
#[cfg(unix)]
fn a_pipe_that_falls_silent_can_be_stopped() {
    use std::io::Write;
    for follow in [false, true] {
        let folder = Folder::new();
        pipe(&folder, "in");
        let pipeline = pipeline(&stages(), folder.file(Some("wrap"), json!({})), follow).unwrap();
        let control = Arc::new(Control::new());
        let (stop, path) = (Arc::clone(&control), folder.path("in"));
        let writer = std::thread::spawn(move || {
            let mut pipe = std::fs::OpenOptions::new().write(true).open(path).unwrap();
            pipe.write_all(b"one\ntwo\nno newline").unwrap();
            wait_until(|| stop.lines() == 2);
            stop.stop();
            pipe
        });
        let ended = run_in_time(pipeline, &control).unwrap();
        drop(writer.join().unwrap());
        assert!(ended.finished.error.is_none(), "{:?}", ended.finished.error);
        // What was taken from a pipe cannot be read again, so it is passed on.
        assert_eq!(ended.counts(), [3, 0, 0]);
        let lines = ["one", "two", "no newline"].map(|line| format!("{{\"line\":\"{line}\"}}\n"));
        assert_eq!(folder.read("out"), lines.concat());
    }
}

#[test]
#[cfg(unix)]
fn a_pipe_is_read_to_its_end() {
    use std::io::Write;
    let folder = Folder::new();
    pipe(&folder, "in");
    let lines = numbered(50_000);
    let (path, written) = (folder.path("in"), lines.clone());
    std::thread::spawn(move || {
        // Later than the pipeline looks for the first time.
        std::thread::sleep(Duration::from_millis(400));
        let mut pipe = std::fs::OpenOptions::new().write(true).open(path).unwrap();
        pipe.write_all(written.as_bytes()).unwrap();
    });
    let pipeline = pipeline(&stages(), folder.file(Some("same"), json!({})), false).unwrap();
    let ended = run_in_time(pipeline, &Arc::new(Control::new())).unwrap();
    assert_eq!(ended.counts(), [50_000, 0, 0]);
    assert!(folder.read("out") == lines);
}
