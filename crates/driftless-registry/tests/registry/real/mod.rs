//! The servers and programs that a team already has, each in a process of its own. `cargo xtask test` installs them.

mod minisign;
#[cfg(feature = "s3")]
mod moto;
mod nginx;

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use driftless_registry::{Package, RegistryConfig};
use tempfile::TempDir;

use crate::machine::Machine;

/// A program of the machine, or `None` where it is not installed: the test is left out then.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|path| path.is_file());
    if found.is_none() {
        driftless_test_support::skip(&format!("{name} is not installed; `cargo xtask test` installs it"));
    }
    found
}

/// A server in a process of its own, with a folder for what it writes.
struct Running {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl Running {
    /// Starts a server on a port that was free, and waits until it listens there. Another process may take the port before it does: then it is
    /// started anew, on another one.
    fn start(command: impl Fn(&Path, u16) -> Command) -> Self {
        for _ in 0..5 {
            let folder = tempfile::tempdir().unwrap();
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let log = std::fs::File::create(folder.path().join("output")).unwrap();
            let child = command(folder.path(), port)
                .stdin(Stdio::null())
                .stdout(log.try_clone().unwrap())
                .stderr(log)
                .spawn()
                .unwrap();
            let mut running = Self { child, port, folder };
            if running.listens() {
                return running;
            }
            eprintln!("{}", running.output());
        }
        panic!("the server does not start");
    }

    fn listens(&mut self) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(60) {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn output(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("output")).unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The versions that are newer than what is installed, as `driftless plugin outdated` shows them.
fn outdated(
    machine: &Machine,
    configs: &[RegistryConfig],
    http: &driftless_registry::HttpOptions,
) -> Vec<String> {
    machine.with_options(configs, http, |installer, _| {
        let lock = machine.lock();
        let newer = |(package, plugin): (&Package, &driftless_registry::LockedPlugin)| {
            let registry = installer.registries.get(&package.registry).unwrap();
            let releases = registry.source().releases(&package.id).unwrap();
            let newest = releases
                .into_iter()
                .filter(|release| !release.is_yanked && release.revoked.is_none())
                .map(|release| release.statement.version)
                .max()?;
            (newest > plugin.version).then(|| format!("{} {} < {newest}", plugin.name, plugin.version))
        };
        lock.plugins().filter_map(newer).collect()
    })
}

/// What a search finds, each as `namespace/name version`.
fn found(
    machine: &Machine,
    configs: &[RegistryConfig],
    http: &driftless_registry::HttpOptions,
    word: &str,
) -> Vec<String> {
    machine.with_options(configs, http, |installer, _| {
        let words = [word.to_owned()];
        let found = installer.registries.search(&words, 10);
        let plugins = found.flat_map(|(_, found)| found.unwrap().plugins);
        plugins.map(|plugin| format!("{}/{} {}", plugin.namespace, plugin.name, plugin.version)).collect()
    })
}
