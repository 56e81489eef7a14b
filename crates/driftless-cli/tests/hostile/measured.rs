//! A program run to its end, and the most memory that it had resident at any time.
//!
//! # Where the figure comes from
//!
//! The kernel remembers it for each process that has ended (`ru_maxrss`), exactly and also for moments between two looks at it. Two things
//! are in the way of just reading it:
//!
//! - The figure is the largest of all children that were waited for, and this runner has hundreds.
//! - A process begins as a copy of the one that starts it, and that counts: a child of this runner, which holds large files in its
//!   memory, has had as much as the runner.
//!
//! So there is a small process between the runner and the program: the test binary once more, told by its environment to do nothing but start
//! one program and wait for it. It has one child, and it is smaller than the program ([`LAUNCHER`] says how it is started).

use std::env;
use std::fs::{self, File};
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use rustix::process::{Pid, Signal, kill_process_group};
use serde::{Deserialize, Serialize};

/// A program to run.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Program {
    pub(crate) program: String,
    pub(crate) arguments: Vec<String>,
    /// All of its environment.
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) folder: String,
}

/// How it ended.
#[derive(Debug)]
pub(crate) struct Measured {
    /// `None` where a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) time: Duration,
    /// The most bytes that it had resident.
    pub(crate) peak: u64,
}

/// What the launcher is told.
#[derive(Serialize, Deserialize)]
struct Job {
    program: Program,
    stdout: String,
    stderr: String,
    report: String,
}

/// What the launcher tells.
#[derive(Serialize, Deserialize)]
struct Report {
    code: Option<i32>,
    signal: Option<i32>,
    microseconds: u64,
    peak: u64,
}

/// The variable that holds the job of a launcher.
const LAUNCHER: &str = "DRIFTLESS_HOSTILE_LAUNCHER";

impl Program {
    /// Runs it, and kills it when it takes too long. `notes` is a folder for what it prints.
    pub(crate) fn run(self, notes: &Path, timeout: Duration) -> Result<Measured, String> {
        let file = |name: &str| notes.join(name).to_string_lossy().into_owned();
        let job = Job {
            program: self,
            stdout: file("stdout"),
            stderr: file("stderr"),
            report: file("report.json"),
        };
        let launcher = Command::new(env::current_exe().map_err(text)?)
            .args(["--exact", "launcher", "--ignored", "--test-threads=1"])
            .env(LAUNCHER, serde_json::to_string(&job).map_err(text)?)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // The program is in the same group, so that both can be killed.
            .process_group(0)
            .spawn()
            .map_err(text)?;
        let status = wait(launcher, timeout)?;
        let report = fs::read(&job.report).map_err(|_| format!("the launcher failed: {status}"))?;
        let report: Report = serde_json::from_slice(&report).map_err(text)?;
        if let Some(signal) = report.signal {
            return Err(format!("signal {signal} ended it"));
        }
        Ok(Measured {
            code: report.code,
            stdout: fs::read(&job.stdout).map_err(text)?,
            stderr: fs::read(&job.stderr).map_err(text)?,
            time: Duration::from_micros(report.microseconds),
            peak: report.peak,
        })
    }
}

/// Waits for the launcher. Where that takes too long, the whole group is killed; it is not reaped before, so the number is still its own.
fn wait(mut launcher: Child, timeout: Duration) -> Result<ExitStatus, String> {
    let begun = Instant::now();
    loop {
        if let Some(status) = launcher.try_wait().map_err(text)? {
            return Ok(status);
        }
        if begun.elapsed() > timeout {
            let _ = kill_process_group(Pid::from_child(&launcher), Signal::KILL);
            launcher.wait().map_err(text)?;
            return Err(format!("it is not over after {timeout:?}"));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The launcher: does what its environment says, or nothing where that says nothing.
pub(crate) fn launch() -> io::Result<()> {
    let Some(job) = env::var_os(LAUNCHER) else {
        return Ok(());
    };
    let Job { program, stdout, stderr, report } = serde_json::from_slice(job.as_encoded_bytes())?;
    let begun = Instant::now();
    let status = Command::new(&program.program)
        .args(&program.arguments)
        .env_clear()
        .envs(program.environment)
        .current_dir(&program.folder)
        .stdin(Stdio::null())
        .stdout(File::create(stdout)?)
        .stderr(File::create(stderr)?)
        .status()?;
    let time = begun.elapsed();
    let most = getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss();
    // Linux counts in kibibytes, Apple in bytes.
    let unit = if cfg!(target_vendor = "apple") { 1 } else { 1024 };
    let told = Report {
        code: status.code(),
        signal: status.signal(),
        microseconds: time.as_micros() as u64,
        peak: most.unsigned_abs() * unit,
    };
    fs::write(report, serde_json::to_vec(&told)?)
}

fn text(error: impl ToString) -> String {
    error.to_string()
}
