//! The program `docker-registry` on a port of its own.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use driftless_test_support::skip;
use tempfile::TempDir;

/// `docker-registry`, until it is dropped.
pub(super) struct DockerRegistry {
    folder: TempDir,
    child: Child,
    port: u16,
}

/// How long it may take to begin.
const START_TIMEOUT: Duration = Duration::from_secs(20);

impl DockerRegistry {
    /// One that lets everyone do everything; `None`, which is said, where the program is missing.
    pub(super) fn start() -> Option<Self> {
        Self::start_with("")
    }

    /// One that wants a login: `user` and `pass:word`.
    pub(super) fn start_with_login() -> Option<Self> {
        Self::start_with("auth: {htpasswd: {realm: plugins, path: FOLDER/htpasswd}}\n")
    }

    /// One that lists three entries at a time.
    pub(super) fn start_with_small_pages() -> Option<Self> {
        Self::start_with("catalog: {maxentries: 3}\n")
    }

    fn start_with(more: &str) -> Option<Self> {
        for program in ["docker-registry", "skopeo"] {
            if Command::new(program).arg("--version").output().is_err() {
                skip(&format!("{program} is not installed; Debian has it as {program}"));
                return None;
            }
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("htpasswd"), HTPASSWD).unwrap();
        let until = Instant::now() + START_TIMEOUT;
        loop {
            // Another program may take the port in between; then the next one is tried.
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let config = format!(
                "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n\
                 storage: {{inmemory: {{}}}}\nhttp: {{addr: \"127.0.0.1:{port}\"}}\n{more}"
            );
            let config = config.replace("FOLDER", &folder.path().display().to_string());
            let path = folder.path().join("config.yml");
            std::fs::write(&path, config).unwrap();
            let mut child = Command::new("docker-registry")
                .arg("serve")
                .arg(&path)
                .env("OTEL_TRACES_EXPORTER", "none")
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            while child.try_wait().unwrap().is_none() {
                if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                    return Some(Self { folder, child, port });
                }
                assert!(Instant::now() < until, "docker-registry does not begin to listen");
                std::thread::sleep(Duration::from_millis(5));
            }
            let mut said = String::new();
            child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            assert!(said.contains("address already in use"), "docker-registry ended: {said}");
        }
    }

    /// A registry of plugins in it.
    pub(super) fn url(&self) -> String {
        format!("oci://127.0.0.1:{}/team/plugins", self.port)
    }

    /// What skopeo calls an artifact of that.
    pub(super) fn reference(&self, repository: &str, tag: &str) -> String {
        format!("docker://127.0.0.1:{}/team/plugins/{repository}:{tag}", self.port)
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// A folder that is gone with it.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for DockerRegistry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The password `pass:word` of `user`, by bcrypt.
const HTPASSWD: &str = "user:$2b$04$abcdefghijklmnopqrstuu7govE5p0NSk1WUEk5C2Qm3hpPC6VJ66\n";

/// What skopeo says. Its verdict on signatures is not asked for.
#[track_caller]
pub(super) fn skopeo(arguments: &[&str]) -> String {
    let output = Command::new("skopeo").arg("--insecure-policy").args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "skopeo {arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}
