//! A home for each test, and the program run in it.

use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// No test waits longer for anything.
const TIMEOUT: Duration = Duration::from_secs(180);

/// A temporary folder that is both the home and the current folder of the program.
#[derive(Debug)]
pub(crate) struct Home(TempDir);

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// `None` where a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Home {
    /// An empty one, but for the key of the machine code that all tests share: compiling the examples takes most of the time.
    pub(crate) fn new() -> Self {
        let home = Self(tempfile::Builder::new().prefix("driftless-").tempdir().unwrap());
        keep_private(&home.write(".driftless/machine-code.key", [7; 32]));
        home
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file, with the folders that it is in.
    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, contents).unwrap();
        path
    }

    /// Reads a file as text.
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// Puts an example plugin among the installed ones.
    pub(crate) fn install(&self, plugin: &str) {
        let from = examples().join(format!("{plugin}.wasm"));
        assert!(from.is_file(), "{}: run `cargo xtask examples` first", from.display());
        self.write(&format!(".driftless/plugins/{plugin}.wasm"), fs::read(from).unwrap());
    }

    /// Assembles a plugin and puts it among the installed ones.
    pub(crate) fn assemble(&self, plugin: &str, wat: &str) {
        self.write(&format!(".driftless/plugins/{plugin}.wasm"), wat::parse_str(wat).unwrap());
    }

    /// The program, ready to be started in this home.
    pub(crate) fn command(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_driftless"));
        command.args(args);
        self.prepare(&mut command);
        command
    }

    /// Lets a command see this home, and as little as possible of the one who runs the tests.
    pub(crate) fn prepare(&self, command: &mut Command) {
        command.current_dir(self.path()).env_clear();
        command.env("HOME", self.path()).env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("XDG_CACHE_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"));
        command.stdin(Stdio::null());
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Outcome {
        start(&mut self.command(args)).finish()
    }
}

/// Where `cargo xtask examples` puts the plugins.
pub(crate) fn examples() -> PathBuf {
    repository().join("target/plugins")
}

/// A plugin whose task `ask` takes a request of its host for a configuration, and returns the answer. `permission` is what it asks for, as
/// its manifest has it.
pub(crate) fn asks_its_host(plugin: &str, import: &str, permission: &str) -> String {
    let manifest = format!(r#"{{"name":"{plugin}","version":"1.0.0","permissions":[{permission}]}}"#);
    let manifest = manifest.replace('"', "\\22");
    format!(
        r#"(module (@custom "driftless.manifest.v1" "{manifest}")
            (import "env" "{import}" (func $ask (param i32 i32 i32 i32) (result i64)))
            (import "env" "host_take" (func $take (param i32)))
            (memory (export "memory") 4)
            (data (i32.const 0) "[{{\22name\22:\22ask\22}}]")
            (func (export "driftless_reserve") (param i32) (result i32) (i32.const 131072))
            (func (export "get_task_definitions") (result i64) (i64.const 16))
            (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
                (local $lengths i64)
                (local.set $lengths (call $ask (local.get 2) (local.get 3) (i32.const 0) (i32.const 0)))
                (call $take (i32.const 1024))
                (i64.or (i64.shl (i64.const 1024) (i64.const 32)) (i64.shr_u (local.get $lengths) (i64.const 32)))))"#
    )
}

/// The root of the workspace.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Lets no other user read a file.
fn keep_private(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    #[cfg(not(unix))]
    let _ = path;
}

/// A run that is going on.
#[derive(Debug)]
pub(crate) struct Run {
    child: Child,
    stdout: Option<JoinHandle<Vec<u8>>>,
    stderr: Option<JoinHandle<Vec<u8>>>,
}

/// Starts a command and reads what it prints.
pub(crate) fn start(command: &mut Command) -> Run {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    Run { stdout: child.stdout.take().map(read_to_end), stderr: child.stderr.take().map(read_to_end), child }
}

/// Starts a command whose standard output the test does not read.
pub(crate) fn start_unread(command: &mut Command) -> Run {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    Run { stdout: None, stderr: child.stderr.take().map(read_to_end), child }
}

/// Starts a command that writes all that it prints to a file, so that it can be looked at meanwhile.
pub(crate) fn start_into(command: &mut Command, path: &Path) -> Run {
    let file = fs::File::create(path).unwrap();
    let child = command.stdout(file.try_clone().unwrap()).stderr(file).spawn().unwrap();
    Run { stdout: None, stderr: None, child }
}

fn read_to_end(mut from: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).unwrap();
        bytes
    })
}

impl Run {
    /// Its standard input, which stays open as long as what is returned.
    pub(crate) fn stdin(&mut self) -> impl Write + use<> {
        self.child.stdin.take().expect("the command was started with a pipe as its input")
    }

    /// What Ctrl-C does.
    #[cfg(unix)]
    pub(crate) fn interrupt(&self) {
        self.signal(rustix::process::Signal::INT);
    }

    /// Sends it a signal.
    #[cfg(unix)]
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let process = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(process, signal).unwrap();
    }

    /// Whether it is still going on.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end.
    pub(crate) fn finish(mut self) -> Outcome {
        let status = self.wait();
        let text = |reader: Option<JoinHandle<Vec<u8>>>| {
            let bytes = reader.map(|reader| reader.join().unwrap()).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let (stdout, stderr) = (text(self.stdout.take()), text(self.stderr.take()));
        assert!(!stderr.contains("panicked at"), "the program panicked:\n{stderr}");
        Outcome { code: status.code(), stdout, stderr }
    }

    fn wait(&mut self) -> ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            if started.elapsed() > TIMEOUT {
                self.child.kill().unwrap();
                panic!("the program did not end within {TIMEOUT:?}");
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // A test that failed leaves nothing behind. Where it has ended already, that is just as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Outcome {
    /// Fails the test with everything that was printed, unless the run ended with this code.
    #[track_caller]
    pub(crate) fn exits_with(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "\n--- stdout\n{}--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    /// Fails the test unless this is in what was printed on standard error.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(self.stderr.contains(text), "it does not say {text:?}:\n{}", self.stderr);
        self
    }
}

/// Waits until something is so.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < TIMEOUT, "waited {TIMEOUT:?} in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
