//! Programs of this machine.
//!
//! - A command is exactly one that is granted: an absolute path, or a name that is looked up in the absolute entries of the host's `PATH`. There is no
//!   shell, and arguments arrive as they were given.
//! - The environment is empty but for `PATH` and its like ([`KEPT`]) and the variables that the plugin may read.
//! - The program runs in `/`, in a process group of its own. The group is killed when the time or the room is over, when the call is cancelled, and also when the program
//!   has ended by itself: what it left running dies with it, and output that comes later is not waited for.
//!
//! A process that leaves the group (`setsid`) is beyond the group's signals. It cannot hold up a call, since nothing here waits for the end
//! of a pipe, but it lives on. The user who grants a program trusts it that far.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use driftless_plugin_api::host_call::{
    Capability, HostCallError, HostCallErrorKind, ProcessAnswer, ProcessRequest,
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use crate::deadline::Deadline;
use crate::{Task, denied, failed, invalid, missing, shown};

/// What a program gets of the host's environment, beside what is granted.
const KEPT: [&str; 7] = ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "USER"];
/// The arguments, and the bytes of them all: less than what Linux takes.
const MAX_ARGUMENTS: usize = 1024;
const MAX_ARGUMENT_BYTES: usize = 64 << 10;
/// How often a look is taken whether the program has ended, where the system does not tell.
const TICK: Duration = Duration::from_millis(5);
/// How long the call waits for a killed program before it leaves that to another thread.
const REAP: Duration = Duration::from_millis(100);

/// Runs a program; the body goes to its standard input, and its standard output comes back.
pub(crate) fn answer(
    task: &Task<'_>,
    request: ProcessRequest,
    body: &[u8],
) -> Result<(ProcessAnswer, Vec<u8>), HostCallError> {
    let name = shown(&request.command);
    task.grant.command(&request.command).map_err(|denial| {
        denied(&format!("run {name}"), denial, missing(Capability::Process, &request.command))
    })?;
    let size: usize = request.arguments.iter().map(|argument| argument.len() + 1).sum();
    if request.arguments.len() > MAX_ARGUMENTS || size > MAX_ARGUMENT_BYTES {
        return Err(invalid(format!(
            "a program gets at most {MAX_ARGUMENTS} arguments of {MAX_ARGUMENT_BYTES} bytes together"
        )));
    }
    if request.arguments.iter().any(|argument| argument.contains('\0')) {
        return Err(invalid("an argument has no zero bytes"));
    }
    task.deadline.check(&format!("running {name}"))?;
    let program = find(&request.command).ok_or_else(|| {
        HostCallError::new(HostCallErrorKind::NotFound, format!("the program {name} is not on this machine"))
    })?;
    let io = |error: io::Error| failed(format!("running {name} failed: {error}"));
    let child = Command::new(&program)
        .args(&request.arguments)
        .env_clear()
        .envs(environment(task))
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(io)?;
    let mut group = Group { child: Some(child) };
    let (stdout, stderr) = match group.converse(task, body).map_err(io)? {
        Ended::Itself { stdout, stderr } => (stdout, stderr),
        Ended::TooLate => return Err(task.deadline.over(&format!("running {name}"))),
        Ended::TooMuch(what) => return Err(task.too_long(&format!("the {what} of {name}"))),
    };
    let status = group.end().map_err(io)?;
    let stderr = String::from_utf8_lossy(&stderr).into_owned();
    Ok((ProcessAnswer { code: status.code(), signal: status.signal(), stderr }, stdout))
}

/// The file of a command.
fn find(command: &str) -> Option<PathBuf> {
    let runs = |path: &Path| {
        fs::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
    };
    if command.starts_with('/') {
        return Some(command.into()).filter(|path: &PathBuf| runs(path));
    }
    path_folders().into_iter().map(|folder| folder.join(command)).find(|path| runs(path))
}

/// The entries of the host's `PATH` that mean the same wherever they are read.
fn path_folders() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).filter(|folder| folder.is_absolute()).collect()
}

fn environment(task: &Task<'_>) -> BTreeMap<OsString, OsString> {
    let granted = task.grant.requested().variables().iter().map(String::as_str);
    let granted = granted.filter(|name| task.grant.variable(name).is_ok());
    let mut environment: BTreeMap<OsString, OsString> =
        KEPT.into_iter().chain(granted).filter_map(|name| Some((name.into(), env::var_os(name)?))).collect();
    if let Some(path) = environment.get_mut(&OsString::from("PATH")) {
        *path = env::join_paths(path_folders()).unwrap_or_default();
    }
    environment
}

/// How a program came to its end.
enum Ended {
    /// By itself. It is not reaped yet, so its group's number is still its own.
    Itself { stdout: Vec<u8>, stderr: Vec<u8> },
    /// The time was over, or the call was cancelled.
    TooLate,
    /// This of its output is more than it may write.
    TooMuch(&'static str),
}

/// A program and all that it started. It is killed when it goes out of scope.
struct Group {
    child: Option<Child>,
}

impl Group {
    /// Feeds the program and collects what it writes, until it ends or may not go on. All in one thread, so that nothing can hang on a pipe
    /// that another process holds open.
    fn converse(&mut self, task: &Task<'_>, body: &[u8]) -> io::Result<Ended> {
        let Some(child) = &mut self.child else {
            return Err(io::ErrorKind::NotFound.into());
        };
        let pid = Pid::from_child(child);
        let watch = watch(pid);
        let mut input = child.stdin.take().filter(|_| !body.is_empty());
        let mut unsent = body;
        let mut stdout = Output { pipe: child.stdout.take(), read: Vec::new(), most: task.bytes };
        let mut stderr = Output { pipe: child.stderr.take(), read: Vec::new(), most: task.bytes };
        for pipe in [input.as_ref().map(AsFd::as_fd), stdout.fd(), stderr.fd()].into_iter().flatten() {
            fcntl_setfl(pipe, fcntl_getfl(pipe)? | OFlags::NONBLOCK)?;
        }
        loop {
            let has_ended = has_ended(pid)?;
            if has_ended {
                // First all that could still write, then what is in the pipes already.
                self::kill(pid);
            }
            stdout.fill(&task.deadline)?;
            stderr.fill(&task.deadline)?;
            if stdout.is_too_much() {
                return Ok(Ended::TooMuch("standard output"));
            }
            if stderr.is_too_much() {
                return Ok(Ended::TooMuch("standard error"));
            }
            if has_ended && task.deadline.left().is_none() {
                // What it printed may not have been read to its end.
                return Ok(Ended::TooLate);
            }
            if has_ended {
                return Ok(Ended::Itself { stdout: stdout.read, stderr: stderr.read });
            }
            if let Some(pipe) = &mut input {
                match pipe.write(unsent) {
                    Ok(written) => unsent = &unsent[written..],
                    Err(error) if is_not_now(&error) => {}
                    // It reads no further.
                    Err(_) => unsent = &[],
                }
                if unsent.is_empty() {
                    input = None;
                }
            }
            let Some(left) = task.deadline.next_wait() else {
                return Ok(Ended::TooLate);
            };
            let mut events = Vec::with_capacity(4);
            events.extend(watch.as_ref().map(|watch| PollFd::new(watch, PollFlags::IN)));
            events.extend(input.as_ref().map(|input| PollFd::new(input, PollFlags::OUT)));
            events.extend(stdout.fd().map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)));
            events.extend(stderr.fd().map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)));
            wait(&mut events, if watch.is_some() { left } else { left.min(TICK) })?;
        }
    }

    /// Kills the group and says how its leader ended.
    fn end(mut self) -> io::Result<ExitStatus> {
        match self.child.take() {
            Some(mut child) => {
                self::kill(Pid::from_child(&child));
                child.wait()
            }
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        // The leader is not reaped, so this number is still its group's.
        self::kill(Pid::from_child(&child));
        let begun = Instant::now();
        while begun.elapsed() < REAP {
            if !matches!(child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(1));
        }
        // The system holds on to it (a hanging disk, say). It must not become a zombie when it is let go.
        let _ = thread::Builder::new().name("driftless-reaper".to_owned()).spawn(move || child.wait());
    }
}

/// One of the pipes that a program writes to.
struct Output<Pipe> {
    pipe: Option<Pipe>,
    read: Vec<u8>,
    most: usize,
}

impl<Pipe: Read + AsFd> Output<Pipe> {
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(AsFd::as_fd)
    }

    fn is_too_much(&self) -> bool {
        self.read.len() > self.most
    }

    /// Takes what is there, and at most a little more than is allowed.
    fn fill(&mut self, deadline: &Deadline) -> io::Result<()> {
        let mut chunk = [0; 16 << 10];
        while let Some(pipe) = &mut self.pipe
            && self.read.len() <= self.most
            && deadline.left().is_some()
        {
            match pipe.read(&mut chunk) {
                Ok(0) => self.pipe = None,
                Ok(read) => self.read.extend_from_slice(&chunk[..read]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Whether a child has ended. It is left as it is: until it is reaped, no other process gets its number.
fn has_ended(pid: Pid) -> io::Result<bool> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    loop {
        match waitid(WaitId::Pid(pid), options) {
            Ok(status) => return Ok(status.is_some()),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Kills a group whose leader is not reaped.
fn kill(leader: Pid) {
    // There is nothing to kill where all have ended.
    let _ = kill_process_group(leader, Signal::KILL);
}

/// Waits until something happens or the time is over.
fn wait(events: &mut [PollFd<'_>], time: Duration) -> io::Result<()> {
    let time = Timespec {
        tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: time.subsec_nanos().into(),
    };
    match poll(events, Some(&time)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// What becomes readable when a child ends.
#[cfg(target_os = "linux")]
fn watch(pid: Pid) -> Option<OwnedFd> {
    rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).ok()
}

#[cfg(not(target_os = "linux"))]
fn watch(_: Pid) -> Option<OwnedFd> {
    None
}

fn is_not_now(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
