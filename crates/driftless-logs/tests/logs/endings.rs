//! How a pipeline ends where something breaks, or where its source has nothing to say.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use driftless_host::{CallEnded, LogRecord, Observer, Outcome, Settings};
use driftless_logs::Control;
use driftless_plugin_api::component::ComponentKind::LogParser;
use serde_json::json;

use crate::guest::{Action, Action::Runs, Guest, TRAP, builder, builder_in};
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
        let ended =
            run_reporting_in_time(pipeline, &Arc::new(Control::new()), |_| panic!("the reader is gone"));
        assert_eq!(message(&*ended.err().expect("it should panic")), "the reader is gone");
    }
}

/// Makes a named pipe.
#[cfg(unix)]
fn pipe(folder: &Folder, name: &str) {
    assert!(std::process::Command::new("mkfifo").arg(folder.path(name)).status().unwrap().success());
}

#[test]
#[cfg(unix)]
fn a_pipe_without_a_writer_can_be_stopped() {
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

#[test]
#[cfg(unix)]
fn an_output_that_is_a_pipe_without_a_reader_is_refused_at_once() {
    for more in [json!({}), json!({"outputs": [{"type": "stdout"}], "rejected": "PIPE"})] {
        let folder = Folder::new();
        folder.write("in", "one\n");
        pipe(&folder, "out");
        let more = more.to_string().replace("PIPE", &folder.text("out"));
        let file = folder.file(Some("wrap"), serde_json::from_str(&more).unwrap());
        let pipeline = pipeline(&stages(), file, false).unwrap();
        let ended = run_in_time(pipeline, &Arc::new(Control::new())).unwrap();
        let error = ended.error().to_string();
        assert!(error.ends_with("out: it is a pipe that nothing reads; start its reader first"), "{error}");
        assert_eq!(ended.counts(), [0, 0, 0]);
    }
}

#[test]
#[cfg(unix)]
fn a_slow_reader_of_an_output_is_waited_for() {
    use std::io::Read;
    let folder = Folder::new();
    folder.write("in", numbered(50_000));
    pipe(&folder, "out");
    // Opened for both, a pipe does not wait; this end stays unread until the pipeline has filled the pipe.
    let mut both = std::fs::OpenOptions::new().read(true).write(true).open(folder.path("out")).unwrap();
    let reader = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        let mut read = vec![0; numbered(50_000).len()];
        both.read_exact(&mut read).unwrap();
        String::from_utf8(read).unwrap()
    });
    let pipeline = pipeline(&stages(), folder.file(Some("same"), json!({})), false).unwrap();
    let ended = run_in_time(pipeline, &Arc::new(Control::new())).unwrap();
    assert_eq!(ended.counts(), [50_000, 0, 0]);
    assert!(reader.join().unwrap() == numbered(50_000));
}

#[test]
fn a_stop_ends_the_pause_before_a_retry() {
    let folder = Folder::new();
    folder.write("in", "one\ntwo\n");
    let guest = Guest::new().with(LogParser, "broken", TRAP);
    let settings = Settings::from_toml("security.execution_timeout_secs = 600").unwrap();
    let (failed, failures) = std::sync::mpsc::channel();
    let failed = Mutex::new(failed);
    let manager = builder_in(settings, &[("p", &guest)])
        .observer(Failures(move || {
            let _ = failed.lock().unwrap().send(());
        }))
        .build()
        .unwrap();
    let mut file = folder.file(Some("broken"), json!({"workers": 1, "rejected": folder.text("rejected")}));
    file["sources"][0]["parser"]["on_failure"] = json!({"policy": "retry", "retries": 5, "pause_ms": 60_000});
    let pipeline = pipeline(&manager, file, false).unwrap();
    let control = Arc::new(Control::new());
    let stop = Arc::clone(&control);
    std::thread::spawn(move || {
        failures.recv().unwrap();
        stop.stop();
    });
    let began = Instant::now();
    let ended = run_in_time(pipeline, &control).unwrap();
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    // What was read is still decided, and kept.
    assert_eq!(ended.counts(), [0, 0, 2]);
    assert_eq!(folder.read("rejected"), "one\ntwo\n");
}

/// Is told when a call fails.
struct Failures<F>(F);

impl<F: Fn() + Send + Sync + 'static> Observer for Failures<F> {
    fn call_ended(&self, ended: &CallEnded<'_>) {
        if matches!(ended.outcome, Outcome::Error(_)) {
            (self.0)();
        }
    }
}
