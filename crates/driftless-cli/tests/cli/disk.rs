//! Outputs that take no more: full disks, pipes whose reader is gone.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use driftless_test_support::skip;

use crate::harness::{Home, repository, start};

/// A file system with hardly any room, until it is dropped.
struct TinyDisk(PathBuf);

impl TinyDisk {
    /// `None` where this user may not mount, neither by itself nor with a `sudo` that asks for nothing.
    fn new(at: PathBuf, bytes: u32) -> Option<Self> {
        std::fs::create_dir_all(&at).unwrap();
        let options = format!("size={bytes},mode=777");
        let mounted = PRIVILEGES.iter().any(|with| {
            let mut mount = privileged(with, "mount");
            mount.args(["-t", "tmpfs", "-o", &options, "none"]).arg(&at);
            mount.output().is_ok_and(|mount| mount.status.success())
        });
        if !mounted {
            skip("a full disk cannot be tried, since this user may not mount one");
        }
        mounted.then_some(Self(at))
    }
}

impl Drop for TinyDisk {
    fn drop(&mut self) {
        let unmounted = |with: &&[&str]| {
            let unmount = privileged(with, "umount").arg(&self.0).output();
            unmount.is_ok_and(|unmount| unmount.status.success())
        };
        let _ = PRIVILEGES.iter().any(unmounted);
    }
}

/// What stands before a command that only root may run.
const PRIVILEGES: [&[&str]; 2] = [&[], &["sudo", "--non-interactive"]];

fn privileged(with: &[&str], program: &str) -> Command {
    let mut words = with.iter().copied().chain([program]);
    let mut command = Command::new(words.next().unwrap_or(program));
    command.args(words);
    command
}

fn access_log() -> PathBuf {
    repository().join("examples/data/access.log")
}

fn pipeline(output: &Path) -> String {
    format!(
        "sources: [{{type: file, paths: [{:?}]}}]\noutputs: [{{type: file, path: {output:?}}}]\n",
        access_log()
    )
}

/// How many lines were kept, by the summary.
#[track_caller]
fn kept(stdout: &str) -> usize {
    let (_, behind) = stdout.split_once("\"kept\":").expect(stdout);
    behind.split(',').next().unwrap().parse().unwrap()
}

/// The lines of a file that end.
fn whole_lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')).collect()
}

#[test]
fn a_disk_that_fills_up() {
    let home = Home::new();
    let Some(disk) = TinyDisk::new(home.path().join("disk"), 256 << 10) else { return };
    home.write("pipeline.yml", pipeline(Path::new("disk/out.jsonl")));
    home.write("disk/out.jsonl", "{\"message\":\"it was here before\"}\n");
    let outcome = home.run(&["logs", "pipeline.yml", "--json"]);
    outcome.exits_with(1).says("disk/out.jsonl: No space left on device");

    let written = home.read("disk/out.jsonl");
    assert!(written.len() > 100 << 10, "it was filled: {} bytes", written.len());
    assert!(written.starts_with("{\"message\":\"it was here before\"}\n"));
    // Nothing is taken away again from a file that others may append to as well: the last line may be torn, and no other.
    let whole = whole_lines(&written);
    for line in &whole {
        assert!(line.starts_with("{\"message\":\"") && line.ends_with("\"}"), "{line}");
    }
    assert!(kept(&outcome.stdout) < whole.len(), "what counts as kept is there");
    drop(disk);
}

#[test]
fn a_disk_on_which_rejected_lines_do_not_fit() {
    let home = Home::new();
    home.install("log-pipeline-plugin");
    let Some(disk) = TinyDisk::new(home.path().join("disk"), 64 << 10) else { return };
    home.write("in.log", "this is no line of an access log\n".repeat(10_000));
    home.write(
        "pipeline.yml",
        "sources: [{type: file, paths: [in.log], parser: {type: log-pipeline-plugin.combined}}]\n\
         outputs: [{type: file, path: out.jsonl}]\nrejected: disk/rejected.log\n",
    );
    home.run(&["-q", "logs", "pipeline.yml"])
        .exits_with(1)
        .says("disk/rejected.log: No space left on device");
    let rejected = home.read("disk/rejected.log");
    let whole = whole_lines(&rejected);
    assert!(!whole.is_empty() && whole.iter().all(|line| *line == "this is no line of an access log"));
    drop(disk);
}

#[test]
fn a_device_that_is_always_full() {
    let home = Home::new();
    home.write("pipeline.yml", pipeline(Path::new("/dev/full")));
    let outcome = home.run(&["logs", "pipeline.yml", "--json"]);
    outcome.exits_with(1).says("/dev/full: No space left on device");
    assert_eq!(kept(&outcome.stdout), 0);
}

/// Command lines that print something, each in its own way.
const PRINTING: [&[&str]; 9] = [
    &["plugin", "list"],
    &["plugin", "inspect", "custom-task-plugin"],
    &["plugin", "validate", "custom-task-plugin"],
    &["plugin", "call", "custom-task-plugin", "get_task_definitions"],
    &["apply", "site.yml"],
    &["apply", "site.yml", "--json"],
    &["render", "page.j2"],
    &["facts"],
    &["completions", "bash"],
];

fn home_that_prints() -> Home {
    let home = Home::new();
    home.install("custom-task-plugin");
    home.write("site.yml", "tasks: [{type: custom-task-plugin.echo, message: hello}]\n");
    // Without a newline at its end, so that it is still held back when the program ends.
    home.write("page.j2", "hello");
    home
}

#[test]
fn results_that_cannot_be_printed_are_a_failure() {
    let home = home_that_prints();
    for args in PRINTING {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let run = home.command(args).stdout(full).stderr(Stdio::piped()).output().unwrap();
        let stderr = String::from_utf8_lossy(&run.stderr);
        assert_eq!(run.status.code(), Some(1), "{args:?}: {stderr}");
        assert!(stderr.contains("standard output: No space left on device"), "{args:?}: {stderr}");
    }
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let home = home_that_prints();
    for args in PRINTING {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let run = home.command(args).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        let stderr = String::from_utf8_lossy(&run.stderr);
        assert_eq!(run.status.code(), Some(0), "{args:?}: {stderr}");
        assert!(!stderr.contains("error") && !stderr.contains("panic"), "{args:?}: {stderr}");
    }
}

#[test]
fn a_pipeline_whose_reader_leaves_has_lost_its_output() {
    let home = Home::new();
    home.write(
        "pipeline.yml",
        format!("sources: [{{type: file, paths: [{:?}]}}]\noutputs: [{{type: stdout}}]\n", access_log()),
    );
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let run = home.command(["logs", "pipeline.yml"]).stdout(writer).stderr(Stdio::piped()).output().unwrap();
    let stderr = String::from_utf8_lossy(&run.stderr);
    assert_eq!(run.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("standard output: Broken pipe") && !stderr.contains("panicked"), "{stderr}");
}

#[test]
fn a_terminal_that_is_gone_is_no_reason_to_stop() {
    let home = home_that_prints();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let run = home.command(["apply", "site.yml"]).stderr(full).stdout(Stdio::piped()).output().unwrap();
    assert_eq!(run.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&run.stdout).contains("hello"));
    start(&mut home.command(["apply", "nowhere.yml"])).finish().exits_with(5);
}
