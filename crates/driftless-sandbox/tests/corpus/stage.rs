//! Where an attack is set loose: a folder with things to reach for, a part of which may be granted, and servers to connect to.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::server::Server;

/// A fresh folder, and servers where the attack wants to connect.
///
/// ```text
/// $DIR/secret.txt       what must not be found out
/// $DIR/outside/         what must not be written to
/// $DIR/granted/         hello.txt, large.bin (1 MiB), read_only.txt, deep/a/b/c/hello.txt, and links:
///     link              -> ../secret.txt
///     absolute          -> $DIR/secret.txt
///     dangling          -> ../outside/new.txt
///     up                -> ..
///     root              -> /
///     inside            -> hello.txt
///     circle            -> circle
///     zero, environment -> /dev/zero, /proc/self/environ
///     fifo                 a pipe without a writer
/// ```
#[derive(Debug)]
pub(crate) struct Stage {
    folder: TempDir,
    /// The contents of `secret.txt` and of other things that must stay unknown.
    canary: String,
    /// What was outside of `granted` in the beginning.
    before: BTreeMap<PathBuf, String>,
    servers: Option<Servers>,
}

/// What `$PORT` and `$OTHER` stand for.
#[derive(Debug)]
struct Servers {
    granted: Server,
    forbidden: Server,
}

impl Stage {
    /// Prepares the folder, and servers for a text that speaks of them.
    pub(crate) fn set_up(text: &str) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("driftless-stage-").tempdir()?;
        let canary = format!("canary-{:016x}", RandomState::new().hash_one(0));
        fill_folder(folder.path(), &canary)?;
        let before = listing(folder.path(), &[&folder.path().join("granted")])?;
        let servers = if text.contains("$PORT") || text.contains("$OTHER") {
            Some(Servers { granted: Server::start("hello")?, forbidden: Server::start(&canary)? })
        } else {
            None
        };
        Ok(Self { folder, canary, before, servers })
    }

    /// What nothing may say.
    pub(crate) fn canary(&self) -> &str {
        &self.canary
    }

    /// Puts folder and ports in their places, and writes `$(ab*3)` out.
    pub(crate) fn fill(&self, text: &str) -> Result<String, String> {
        let mut filled = text.replace("$DIR", &self.folder.path().to_string_lossy());
        if let Some(servers) = &self.servers {
            filled = filled.replace("$PORT", &servers.granted.port().to_string());
            filled = filled.replace("$OTHER", &servers.forbidden.port().to_string());
        }
        while let Some(start) = filled.find("$(") {
            let wrong = "`$(text*number)` is meant";
            let length = filled[start..].find(')').ok_or(wrong)?;
            let (repeated, times) = filled[start + 2..start + length].rsplit_once('*').ok_or(wrong)?;
            let repeated = repeated.repeat(times.parse().map_err(|_| wrong)?);
            filled.replace_range(start..=start + length, &repeated);
        }
        Ok(filled)
    }

    /// Whether all is as it has to be after the attack.
    pub(crate) fn check(&self, connections: usize) -> Result<(), String> {
        let granted = self.folder.path().join("granted");
        let after = listing(self.folder.path(), &[&granted]).map_err(|error| error.to_string())?;
        if let Some(difference) = difference(&self.before, &after) {
            return Err(format!("outside of what is granted: {difference}"));
        }
        if let Some(servers) = &self.servers {
            let (granted, forbidden) = (servers.granted.connections(), servers.forbidden.connections());
            if granted != connections {
                return Err(format!("{granted} connections reached the server"));
            }
            if forbidden != 0 {
                return Err(format!("{forbidden} connections reached the server that no attack may reach"));
            }
        }
        self.check_processes()
    }

    /// Whether every program is gone whose command line speaks of the folder.
    #[cfg(target_os = "linux")]
    fn check_processes(&self) -> Result<(), String> {
        let folder = self.folder.path().to_string_lossy().into_owned();
        let left = || {
            let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
            // What has ended meanwhile cannot be read, and one that was not reaped yet has no command line.
            let mut commands = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
            commands.find(|command| String::from_utf8_lossy(command).contains(&folder))
        };
        for _ in 0..200 {
            if left().is_none() {
                return Ok(());
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        Err("a program that it started is still there".to_owned())
    }

    #[cfg(not(target_os = "linux"))]
    fn check_processes(&self) -> Result<(), String> {
        Ok(())
    }
}

fn fill_folder(folder: &Path, canary: &str) -> io::Result<()> {
    let granted = folder.join("granted");
    fs::create_dir_all(granted.join("deep/a/b/c"))?;
    fs::create_dir(folder.join("outside"))?;
    fs::write(folder.join("secret.txt"), canary)?;
    fs::write(granted.join("hello.txt"), "hello")?;
    fs::write(granted.join("read_only.txt"), "hello")?;
    fs::write(granted.join("deep/a/b/c/hello.txt"), "hello")?;
    fs::write(granted.join("large.bin"), vec![b'x'; 1 << 20])?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;

        let secret = folder.join("secret.txt");
        for (name, target) in [
            ("link", Path::new("../secret.txt")),
            ("absolute", &secret),
            ("dangling", Path::new("../outside/new.txt")),
            ("up", Path::new("..")),
            ("root", Path::new("/")),
            ("inside", Path::new("hello.txt")),
            ("circle", Path::new("circle")),
            ("zero", Path::new("/dev/zero")),
            ("environment", Path::new("/proc/self/environ")),
        ] {
            symlink(target, granted.join(name))?;
        }
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, FileType, Mode, mknodat};

        mknodat(CWD, granted.join("fifo"), FileType::Fifo, Mode::from_raw_mode(0o666), 0)?;
    }
    Ok(())
}

/// Everything in a folder, and of files and links also what is in them.
pub(crate) fn listing(folder: &Path, without: &[&Path]) -> io::Result<BTreeMap<PathBuf, String>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if without.contains(&path.as_path()) {
                continue;
            }
            // A link is not followed, and a pipe is not opened.
            let metadata = fs::symlink_metadata(&path)?;
            let contents = if metadata.is_dir() {
                folders.push(path.clone());
                "a folder".to_owned()
            } else if metadata.is_symlink() {
                format!("a link to {}", fs::read_link(&path)?.display())
            } else if metadata.is_file() {
                format!("{} bytes, {:016x}", metadata.len(), checksum(&fs::read(&path)?))
            } else {
                "something else".to_owned()
            };
            found.insert(path, contents);
        }
    }
    Ok(found)
}

fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |sum: u64, byte| sum.rotate_left(7) ^ u64::from(*byte).wrapping_mul(0x9e37_79b9))
}

/// What is different between two listings.
pub(crate) fn difference(
    before: &BTreeMap<PathBuf, String>,
    after: &BTreeMap<PathBuf, String>,
) -> Option<String> {
    let changed = after.iter().find(|(path, contents)| before.get(*path) != Some(contents));
    let gone = before.keys().find(|path| !after.contains_key(*path));
    changed
        .map(|(path, contents)| format!("{} is now {contents}", path.display()))
        .or_else(|| gone.map(|path| format!("{} is gone", path.display())))
}
