//! Which files a pipeline reads and writes, and what it leaves in them.

use std::fs;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use driftless_host::ErrorKind;
use driftless_logs::Control;
use serde_json::{Value, json};

use crate::harness::{Folder, pipeline, run_in_time, run_on, wait_until};
use crate::pipeline::{LIMITED, follow, limited, numbered, stages};

/// A pipeline is refused because it would read what it writes, at the latest when its files are open.
#[track_caller]
fn reads_its_output(folder: &Folder, file: Value, follow: bool) {
    let error = match pipeline(&stages(), file, follow) {
        Err(error) => error,
        Ok(pipeline) => {
            let ended = run_in_time(pipeline, &Arc::new(Control::new())).unwrap();
            ended.finished.error.expect("it should be refused").into()
        }
    };
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    assert!(error.to_string().ends_with("the same pipeline cannot read it and write it"), "{error}");
    if folder.path("out").exists() {
        assert!(folder.read("out").len() < 1000, "it has read its own output");
    }
}

#[test]
fn a_pipeline_does_not_follow_its_own_output() {
    // An output that is not there when the pipeline is made.
    for read in ["out", "./out"] {
        let folder = Folder::new();
        folder.write("in", "seed\n");
        let source = json!({"type": "file", "paths": [folder.text("in"), folder.text(read)]});
        reads_its_output(&folder, folder.file(None, json!({"sources": [source]})), true);
    }
}

#[test]
#[cfg(unix)]
fn a_pipeline_does_not_follow_its_own_output_through_a_link() {
    let folder = Folder::new();
    folder.write("in", "seed\n");
    std::os::unix::fs::symlink(folder.path("out"), folder.path("link")).unwrap();
    let source = json!({"type": "file", "paths": [folder.text("in"), folder.text("link")]});
    reads_its_output(&folder, folder.file(None, json!({"sources": [source]})), true);
}

#[test]
fn a_pipeline_does_not_follow_what_it_rejects() {
    let folder = Folder::new();
    folder.write("in", "bad\n");
    let paths = [folder.text("in"), folder.text("rejected")];
    let source = json!({"type": "file", "paths": paths, "parser": {"type": "p.picky"}});
    let file = json!({"sources": [source], "rejected": folder.text("rejected")});
    reads_its_output(&folder, folder.file(None, file), true);
}

#[test]
#[cfg(unix)]
fn a_link_to_the_output_that_comes_later_ends_the_pipeline() {
    let folder = Folder::new();
    folder.write("in", "seed\n");
    let source = json!({"type": "file", "paths": [folder.text("in"), folder.text("late")]});
    let ended = follow(folder.file(None, json!({"sources": [source]})), |control| {
        wait_until(|| control.lines() == 1);
        std::os::unix::fs::symlink(folder.path("out"), folder.path("late")).unwrap();
        wait_until(|| control.is_stopped());
    });
    assert!(ended.error().to_string().ends_with("the same pipeline cannot read it and write it"));
    assert_eq!(folder.read("out"), "{\"message\":\"seed\"}\n");
}

#[test]
#[cfg(unix)]
fn an_output_that_is_also_a_source_is_not_emptied() {
    let folder = Folder::new();
    folder.write("in", "one\n");
    fs::hard_link(folder.path("in"), folder.path("out")).unwrap();
    let outputs = json!([{"type": "file", "path": folder.text("out"), "mode": "replace"}]);
    reads_its_output(&folder, folder.file(None, json!({"outputs": outputs})), false);
    assert_eq!(folder.read("in"), "one\n");
}

/// A pipeline is refused because two of its outputs are one file.
#[track_caller]
fn is_written_twice(folder: &Folder, more: Value) {
    folder.write("in", "one\n");
    let error = match pipeline(&stages(), folder.file(None, more), false) {
        Err(error) => error,
        Ok(pipeline) => {
            let ended = run_in_time(pipeline, &Arc::new(Control::new())).unwrap();
            ended.finished.error.expect("it should be refused").into()
        }
    };
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    assert!(error.to_string().contains("written already"), "{error}");
}

#[test]
fn two_outputs_are_not_one_file() {
    let output = |path: String| json!({"type": "file", "path": path});
    for there_before in [false, true] {
        for other in ["out", "./out"] {
            let folder = Folder::new();
            if there_before {
                folder.write("out", "");
            }
            is_written_twice(
                &folder,
                json!({"outputs": [output(folder.text("out")), output(folder.text(other))]}),
            );
            is_written_twice(&folder, json!({"rejected": folder.text(other)}));
        }
    }
}

#[test]
#[cfg(unix)]
fn two_outputs_are_not_one_file_through_a_link() {
    let folder = Folder::new();
    std::os::unix::fs::symlink(folder.path("out"), folder.path("link")).unwrap();
    is_written_twice(&folder, json!({"rejected": folder.text("link")}));
    folder.write("out", "");
    is_written_twice(&folder, json!({"rejected": folder.text("link")}));
    fs::hard_link(folder.path("out"), folder.path("hard")).unwrap();
    is_written_twice(&folder, json!({"rejected": folder.text("hard")}));
}

#[test]
#[cfg(unix)]
fn a_file_is_read_once_whatever_it_is_called() {
    let folder = Folder::new();
    folder.write("a.log", "a\n");
    folder.write("b.log", "b\n");
    std::os::unix::fs::symlink("a.log", folder.path("link.log")).unwrap();
    fs::hard_link(folder.path("a.log"), folder.path("hard.log")).unwrap();
    let paths = [folder.text("*.log"), folder.text("a.log"), folder.text("./b.log"), folder.text("?.log")];
    let ended = run_on(&stages(), folder.file(None, json!({"sources": [{"type": "file", "paths": paths}]})));
    assert_eq!(ended.counts(), [2, 0, 0]);
    assert_eq!(folder.read("out"), "{\"message\":\"a\"}\n{\"message\":\"b\"}\n");
}

#[test]
fn a_file_that_comes_later_is_followed_once() {
    let folder = Folder::new();
    let paths = [folder.text("late"), folder.text("late"), folder.text("./late")];
    let ended =
        follow(folder.file(None, json!({"sources": [{"type": "file", "paths": paths}]})), |control| {
            folder.write("late", "one\n");
            wait_until(|| control.lines() == 1);
            std::thread::sleep(Duration::from_millis(300));
        });
    assert!(ended.finished.error.is_none(), "{:?}", ended.finished.error);
    assert_eq!(folder.read("out"), "{\"message\":\"one\"}\n");
}

#[test]
#[cfg(unix)]
fn a_device_may_be_written_by_several_outputs() {
    let folder = Folder::new();
    folder.write("in", "one\n");
    let device = json!({"type": "file", "path": "/dev/null"});
    let ended =
        run_on(&stages(), folder.file(None, json!({"outputs": [device, device], "rejected": "/dev/null"})));
    assert!(ended.finished.error.is_none(), "{:?}", ended.finished.error);
    assert_eq!(ended.counts(), [1, 0, 0]);
}

#[test]
fn a_torn_line_is_ended_and_told() {
    let folder = Folder::new();
    folder.write("in", "one\n");
    for (before, is_torn) in [("", false), ("{}\n", false), ("{}\n{\"tor", true), ("\n", false)] {
        folder.write("out", before);
        let ended = run_on(&stages(), folder.file(None, json!({})));
        let end = if is_torn { "\n" } else { "" };
        assert_eq!(folder.read("out"), format!("{before}{end}{{\"message\":\"one\"}}\n"));
        assert_eq!(ended.reported.len(), usize::from(is_torn), "{:?}", ended.reported);
        // Nothing is left to tell the second time.
        assert_eq!(run_on(&stages(), folder.file(None, json!({}))).reported, [""; 0]);
    }
}

#[test]
fn a_line_that_another_program_leaves_torn_spoils_no_entry() {
    let folder = Folder::new();
    folder.write("in", "one\n");
    let ended = follow(folder.file(None, json!({})), |control| {
        wait_until(|| control.lines() == 1);
        let mut other = fs::OpenOptions::new().append(true).open(folder.path("out")).unwrap();
        other.write_all(b"{\"tor").unwrap();
        fs::OpenOptions::new().append(true).open(folder.path("in")).unwrap().write_all(b"two\n").unwrap();
        wait_until(|| control.lines() == 2);
    });
    assert_eq!(folder.read("out"), "{\"message\":\"one\"}\n{\"tor\n{\"message\":\"two\"}\n");
    assert_eq!(ended.reported.len(), 1);
}

#[test]
#[cfg(unix)]
fn a_full_disk_of_one_pipeline_takes_no_line_of_another() {
    if std::env::var_os(LIMITED).is_some() {
        // The pipeline whose disk is full. It has opened its output, and then reads what the test below writes to it.
        let out = std::path::PathBuf::from(std::env::var_os(LIMITED).unwrap()).join("out");
        let file = json!({
            "sources": [{"type": "stdin"}], "outputs": [{"type": "file", "path": out.display().to_string()}],
        });
        let ended = run_on(&stages(), file);
        assert!(ended.error().to_string().contains("out: File too large"), "{}", ended.error());
        return;
    }
    let folder = Folder::new();
    let mut full = limited("files::a_full_disk_of_one_pipeline_takes_no_line_of_another", &folder)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    wait_until(|| folder.path("out").exists());
    std::thread::sleep(Duration::from_millis(200));
    // Beyond what the other process may write.
    let lines = numbered(50_000);
    folder.write("in", &lines);
    let ended = run_on(&stages(), folder.file(Some("same"), json!({})));
    assert_eq!(ended.counts(), [50_000, 0, 0]);
    assert!(folder.read("out") == lines);

    full.stdin.take().unwrap().write_all(b"one more\n").unwrap();
    let full = full.wait_with_output().unwrap();
    assert!(full.status.success(), "{}", String::from_utf8_lossy(&full.stdout));
    assert!(folder.read("out") == lines, "{} bytes are left of {}", folder.read("out").len(), lines.len());
}
