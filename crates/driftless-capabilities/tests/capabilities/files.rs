//! Files and folders: what is granted works, and nothing leads out of it.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use driftless_capabilities::Capabilities;
use driftless_plugin_api::host_call::HostCallErrorKind::{Denied, Failed, Invalid, Limit, NotFound};
use driftless_plugin_api::host_call::{
    Allowance, Capability, FileAnswer, FileKind, FileRequest, FolderEntry, HostCallError, HostCalls,
    WriteMode,
};
use driftless_test_support::skip;
use tempfile::TempDir;

use crate::common::{PLENTY, between, file, files, kind, read, with, write};

const SECRET: &[u8] = b"the secret";

/// A folder with `in/` that is granted and `out/secret` that is not. The path is a real one, as macOS has links in its own.
struct World {
    _folder: TempDir,
    path: PathBuf,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap();
        fs::create_dir_all(path.join("in/sub")).unwrap();
        fs::create_dir(path.join("out")).unwrap();
        fs::write(path.join("out/secret"), SECRET).unwrap();
        fs::write(path.join("in/file"), "inside").unwrap();
        fs::write(path.join("in/sub/deep"), "deep inside").unwrap();
        Self { _folder: folder, path }
    }

    fn at(&self, relative: &str) -> String {
        self.path.join(relative).to_str().unwrap().to_owned()
    }

    fn link(&self, to: impl AsRef<Path>, at: &str) {
        symlink(to, self.path.join(at)).unwrap();
    }

    /// A plugin that may read or write `in`.
    fn plugin(&self, suffix: &str) -> Capabilities {
        with(&[files(&[self.at("in") + suffix])])
    }

    /// The names that `in` has, the temporary ones as well.
    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.at("in"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn list(capabilities: &Capabilities, path: &str) -> Result<Vec<FolderEntry>, HostCallError> {
    let request = FileRequest::List { path: path.to_owned() };
    match file(capabilities, &request, &[], PLENTY)?.0 {
        FileAnswer::Entries(entries) => Ok(entries),
        other => panic!("{other:?}"),
    }
}

fn stat(
    capabilities: &Capabilities,
    path: &str,
) -> Result<driftless_plugin_api::host_call::FileStat, HostCallError> {
    let request = FileRequest::Stat { path: path.to_owned() };
    match file(capabilities, &request, &[], PLENTY)?.0 {
        FileAnswer::Stat(stat) => Ok(stat),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_granted_is_read_listed_and_looked_at() {
    let world = World::new();
    let plugin = world.plugin("");
    assert_eq!(read(&plugin, world.at("in/file")).unwrap(), b"inside");
    assert_eq!(read(&plugin, world.at("in/sub/deep")).unwrap(), b"deep inside");
    world.link("file", "in/a-link");
    let entry = |name: &str, kind| FolderEntry { name: name.to_owned(), kind };
    assert_eq!(
        list(&plugin, &world.at("in")).unwrap(),
        [entry("a-link", FileKind::Link), entry("file", FileKind::File), entry("sub", FileKind::Folder)]
    );
    assert_eq!(list(&plugin, &world.at("in/sub")).unwrap(), [entry("deep", FileKind::File)]);
    let looked = stat(&plugin, &world.at("in/a-link")).unwrap();
    assert_eq!((looked.kind, looked.size), (FileKind::File, 6));
    assert!(looked.modified.unwrap() > 1_700_000_000);
    assert_eq!(stat(&plugin, &world.at("in")).unwrap().kind, FileKind::Folder);
    assert_eq!(kind(stat(&plugin, &world.at("in/no"))), NotFound);
    assert_eq!(kind(read(&plugin, world.at("in/no"))), NotFound);
    assert_eq!(kind(read(&plugin, world.at("in/file/no"))), NotFound);
    assert_eq!(kind(read(&plugin, world.at("in"))), Failed);
    assert_eq!(kind(list(&plugin, &world.at("in/file"))), Failed);
}

#[test]
fn refusals_name_plugin_path_and_reason() {
    let world = World::new();
    let (inside, outside) = (world.at("in"), world.at("out/secret"));
    let error = read(&with(&[files(&[&inside])]), &outside).unwrap_err();
    assert_eq!(error.kind, Denied);
    assert_eq!(
        error.message,
        format!(
            "it may not read {outside}: the plugin's manifest does not ask for it; its author adds it to the permissions there"
        )
    );
    let plugin = between(&[files(&["/"])], &[files(&[&inside])]);
    assert_eq!(
        read(&plugin, &outside).unwrap_err().message,
        format!("it may not read {outside}: it is not granted")
    );
    let error = write(&plugin, world.at("in/file"), WriteMode::Replace, b"x").unwrap_err();
    assert!(error.message.starts_with("it may not write "), "{error}");
    assert_eq!(error.kind, Denied);
    // Granted to write, and asked for to read only.
    let plugin = between(&[files(&[&inside])], &[files(&[format!("{inside}:rw")])]);
    assert_eq!(kind(write(&plugin, world.at("in/file"), WriteMode::Replace, b"x")), Denied);
    assert_eq!(fs::read(world.at("in/file")).unwrap(), b"inside");
}

#[test]
fn malformed_requests_are_answered() {
    let world = World::new();
    let plugin = world.plugin(":rw");
    for path in ["", "in/file", "/..", "/in/../out/secret", "/in/./file", "/in//file", "/a\0b", "/a\nb"] {
        assert_eq!(kind(read(&plugin, path)), Invalid, "{path:?}");
    }
    for up in ["in/../out/secret", "in/sub/../../out/secret", "in/.."] {
        assert_eq!(kind(read(&plugin, world.at("") + up)), Invalid);
    }
    for request in
        ["", "{}", "[]", "null", r#"{"read":{}}"#, r#"{"read":{"path":1}}"#, r#"{"erase":{"path":"/"}}"#]
    {
        let answer = plugin.answer(Capability::File, request, &[], PLENTY);
        let error = driftless_plugin_api::host_call::Outcome::<FileAnswer>::read(&answer.head).unwrap_err();
        assert_eq!(error.kind, Invalid, "{request}");
    }
}

#[test]
fn no_link_leads_out() {
    let world = World::new();
    world.link("../out/secret", "in/relative");
    world.link(world.at("out/secret"), "in/absolute");
    world.link("relative", "in/chain1");
    world.link("chain1", "in/chain2");
    world.link("../out", "in/folder");
    world.link("..", "in/parent");
    world.link("/", "in/root");
    world.link("sub/../../out/secret", "in/winding");
    world.link("/proc/self/root", "in/magic");
    world.link("/proc/self/cwd", "in/here");
    for name in [
        "relative",
        "absolute",
        "chain2",
        "folder/secret",
        "parent/out/secret",
        "winding",
        &format!("root{}", world.at("out/secret")),
        &format!("magic{}", world.at("out/secret")),
        "here/Cargo.toml",
    ] {
        let path = world.at("in") + "/" + name;
        for suffix in ["", ":rw"] {
            let plugin = world.plugin(suffix);
            let error = read(&plugin, &path).unwrap_err();
            assert!(matches!(error.kind, Denied | Failed), "{name}: {error:?}");
            assert!(stat(&plugin, &path).is_err(), "{name}");
        }
        assert!(write(&world.plugin(":rw"), &path, WriteMode::Append, b"!").is_err(), "{name}");
        assert!(write(&world.plugin(":rw"), &path, WriteMode::Replace, b"!").is_err(), "{name}");
    }
    assert_eq!(kind(read(&world.plugin(""), world.at("in/relative"))), Denied);
    for name in ["folder", "parent", "root", "magic"] {
        assert_eq!(kind(list(&world.plugin(""), &(world.at("in") + "/" + name))), Denied, "{name}");
        let path = world.at("in") + "/" + name + "/new";
        assert!(write(&world.plugin(":rw"), &path, WriteMode::New, b"!").is_err(), "{name}");
    }
    assert_eq!(fs::read(world.at("out/secret")).unwrap(), SECRET);
    assert_eq!(fs::read_dir(world.at("out")).unwrap().count(), 1);
}

#[test]
fn links_that_stay_inside_are_followed() {
    let world = World::new();
    world.link("sub", "in/folder");
    world.link("../in/sub/deep", "in/around");
    world.link("sub/deep", "in/relative");
    world.link(world.at("in/sub"), "in/absolute");
    world.link(world.at("in/absolute/deep"), "in/twice");
    let plugin = world.plugin(":rw");
    for name in ["in/folder/deep", "in/relative", "in/absolute/deep", "in/twice"] {
        assert_eq!(read(&plugin, world.at(name)).unwrap(), b"deep inside", "{name}");
        assert_eq!(stat(&plugin, &world.at(name)).unwrap().size, 11, "{name}");
    }
    // It leaves the folder on the way and comes back: as a plain path it lies inside.
    assert_eq!(read(&plugin, world.at("in/around")).unwrap(), b"deep inside");
    write(&plugin, world.at("in/folder/new"), WriteMode::New, b"1").unwrap();
    write(&plugin, world.at("in/absolute/new"), WriteMode::Append, b"2").unwrap();
    assert_eq!(fs::read(world.at("in/sub/new")).unwrap(), b"12");
    assert_eq!(list(&plugin, &world.at("in/absolute")).unwrap().len(), 2);
}

#[test]
fn a_dangling_link_or_a_circle_is_no_way() {
    let world = World::new();
    world.link("nothing", "in/dangling");
    world.link("../out/new", "in/dangling-out");
    world.link("circle", "in/circle");
    let plugin = world.plugin(":rw");
    assert_eq!(kind(read(&plugin, world.at("in/dangling"))), NotFound);
    // It leads out, and whether there is anything is not told.
    assert_eq!(kind(read(&plugin, world.at("in/dangling-out"))), Denied);
    assert!(read(&plugin, world.at("in/circle")).is_err());
    for name in ["in/dangling", "in/dangling-out", "in/circle"] {
        for mode in [WriteMode::Replace, WriteMode::Append, WriteMode::New] {
            assert!(write(&plugin, world.at(name), mode, b"!").is_err(), "{name} {mode:?}");
        }
    }
    assert!(!Path::new(&world.at("out/new")).exists());
    assert!(!Path::new(&world.at("in/nothing")).exists());
}

#[test]
fn a_granted_link_is_the_users_word() {
    let world = World::new();
    world.link("../out", "in/way");
    world.link("../out/secret", "in/one");
    let way = with(&[files(&[world.at("in/way")])]);
    assert_eq!(read(&way, world.at("in/way/secret")).unwrap(), SECRET);
    let one = with(&[files(&[world.at("in/one")])]);
    assert_eq!(read(&one, world.at("in/one")).unwrap(), SECRET);
    // The most specific grant that works counts, and not the order.
    for granted in [["in", "in/one"], ["in/one", "in"]] {
        let granted = granted.map(|name| world.at(name));
        let both = between(&[files(&[world.at("in"), world.at("in/one")])], &[files(&granted)]);
        assert_eq!(read(&both, world.at("in/one")).unwrap(), SECRET);
        assert_eq!(read(&both, world.at("in/file")).unwrap(), b"inside");
        assert_eq!(kind(read(&both, world.at("in/way/secret"))), Denied);
    }
    // What the manifest alone names as a link is not the user's word.
    let manifest = between(&[files(&[world.at("in/one")])], &[files(&[world.at("in")])]);
    assert_eq!(kind(read(&manifest, world.at("in/one"))), Denied);
    // Where it is changed afterwards, the old word counts.
    fs::remove_file(world.at("in/way")).unwrap();
    world.link("../in/sub", "in/way");
    assert_eq!(read(&way, world.at("in/way/secret")).unwrap(), SECRET);
}

#[test]
fn the_manifests_folder_is_a_boundary_too() {
    let world = World::new();
    world.link("../file", "in/sub/up");
    world.link("deep", "in/sub/along");
    let plugin = between(&[files(&[world.at("in/sub")])], &[files(&[world.at("in")])]);
    assert_eq!(read(&plugin, world.at("in/sub/along")).unwrap(), b"deep inside");
    assert_eq!(kind(read(&plugin, world.at("in/sub/up"))), Denied);
    // Granted to its full extent, the link stays inside.
    let plugin = world.plugin("");
    assert_eq!(read(&plugin, world.at("in/sub/up")).unwrap(), b"inside");
}

#[test]
fn a_folder_that_is_replaced_afterwards_does_not_widen_the_grant() {
    let world = World::new();
    let plugin = world.plugin(":rw");
    fs::rename(world.at("in"), world.at("moved")).unwrap();
    world.link("out", "in");
    assert_eq!(kind(read(&plugin, world.at("in/secret"))), NotFound);
    assert_eq!(read(&plugin, world.at("in/file")).unwrap(), b"inside");
    write(&plugin, world.at("in/new"), WriteMode::New, b"x").unwrap();
    assert!(Path::new(&world.at("moved/new")).exists());
    assert!(!Path::new(&world.at("out/new")).exists());
}

#[test]
fn what_comes_to_be_later_is_walked_to_without_links() {
    let world = World::new();
    let later = world.at("in/later/on");
    let plugin = with(&[files(&[format!("{later}:rw")])]);
    assert_eq!(kind(read(&plugin, format!("{later}/secret"))), NotFound);
    world.link("../out", "in/later");
    fs::create_dir(world.at("out/on")).unwrap();
    fs::write(world.at("out/on/secret"), SECRET).unwrap();
    assert_eq!(kind(read(&plugin, format!("{later}/secret"))), Denied);
    assert_eq!(kind(list(&plugin, &later)), Denied);
    assert_eq!(kind(write(&plugin, format!("{later}/new"), WriteMode::New, b"")), Denied);
    fs::remove_file(world.at("in/later")).unwrap();
    fs::create_dir(world.at("in/later")).unwrap();
    world.link("../../out/on", "in/later/on");
    assert_eq!(kind(read(&plugin, format!("{later}/secret"))), Denied);
    assert_eq!(kind(list(&plugin, &later)), Denied);
    assert_eq!(kind(stat(&plugin, &later)), Denied);
    fs::remove_file(world.at("in/later/on")).unwrap();
    fs::create_dir(&later).unwrap();
    write(&plugin, format!("{later}/new"), WriteMode::New, b"x").unwrap();
    assert_eq!(read(&plugin, format!("{later}/new")).unwrap(), b"x");
}

#[test]
fn a_single_file_is_granted_alone() {
    let world = World::new();
    let file = world.at("in/file");
    let plugin = with(&[files(&[format!("{file}:rw")])]);
    assert_eq!(read(&plugin, &file).unwrap(), b"inside");
    write(&plugin, &file, WriteMode::Replace, b"new").unwrap();
    assert_eq!(read(&plugin, &file).unwrap(), b"new");
    assert_eq!(kind(read(&plugin, world.at("in/sub/deep"))), Denied);
    assert_eq!(kind(list(&plugin, &world.at("in"))), Denied);
    assert_eq!(world.names(), ["file", "sub"]);
    fs::remove_file(&file).unwrap();
    world.link("../out/secret", "in/file");
    assert_eq!(kind(read(&plugin, &file)), Denied);
    assert_eq!(kind(stat(&plugin, &file)), Denied);
    assert_eq!(kind(write(&plugin, &file, WriteMode::Append, b"!")), Denied);
    assert_eq!(fs::read(world.at("out/secret")).unwrap(), SECRET);
}

#[test]
fn hard_links_into_the_folder_are_part_of_it() {
    let world = World::new();
    fs::hard_link(world.at("out/secret"), world.at("in/hard")).unwrap();
    assert_eq!(read(&world.plugin(""), world.at("in/hard")).unwrap(), SECRET);
    // Replacing one takes the name and leaves the file that others have.
    write(&world.plugin(":rw"), world.at("in/hard"), WriteMode::Replace, b"mine").unwrap();
    assert_eq!(fs::read(world.at("out/secret")).unwrap(), SECRET);
}

#[test]
fn nothing_but_files_is_read_and_no_call_waits() {
    let world = World::new();
    assert!(Command::new("mkfifo").arg(world.at("in/pipe")).status().unwrap().success());
    let _socket = std::os::unix::net::UnixListener::bind(world.at("in/socket")).unwrap();
    world.link("pipe", "in/to-pipe");
    let begun = Instant::now();
    let plugin = world.plugin(":rw");
    for name in ["in/pipe", "in/to-pipe", "in/socket"] {
        assert_eq!(kind(read(&plugin, world.at(name))), Failed, "{name}");
        assert_eq!(stat(&plugin, &world.at(name)).unwrap().kind, FileKind::Other, "{name}");
        for mode in [WriteMode::Replace, WriteMode::Append, WriteMode::New] {
            assert!(write(&plugin, world.at(name), mode, b"x").is_err(), "{name} {mode:?}");
        }
    }
    world.link("/dev/zero", "in/zero");
    assert_eq!(kind(read(&plugin, world.at("in/zero"))), Denied);
    let devices = with(&[files(&["/dev:rw"])]);
    for device in ["/dev/zero", "/dev/tty", "/dev/null"] {
        assert!(matches!(kind(read(&devices, device)), Failed | NotFound), "{device}");
        assert!(write(&devices, device, WriteMode::Append, b"x").is_err(), "{device}");
    }
    assert_eq!(kind(read(&with(&[files(&["/dev/zero"])]), "/dev/zero")), Failed);
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_read_is_bounded() {
    let world = World::new();
    let plugin = world.plugin("");
    let sized = |bytes, time| {
        let request = FileRequest::Read { path: world.at("in/big") };
        file(&plugin, &request, &[], Allowance::new(time, bytes)).map(|(_, body)| body.len())
    };
    let second = Duration::from_secs(20);
    fs::write(world.at("in/big"), vec![7; 100_000]).unwrap();
    assert_eq!(sized(100_000, second), Ok(100_000));
    let error = sized(99_999, second).unwrap_err();
    assert_eq!(error.kind, Limit);
    assert_eq!(error.message, world.at("in/big") + " has more than the 99999 bytes that an answer may have");
    // A file that would never end in memory, and none of it on the disk.
    fs::File::create(world.at("in/big")).unwrap().set_len(1 << 40).unwrap();
    assert_eq!(kind(sized(1 << 20, second)), Limit);
    assert_eq!(kind(sized(usize::MAX >> 16, Duration::from_millis(50))), Limit);
    assert_eq!(kind(sized(10, Duration::ZERO)), Limit);
    let request = FileRequest::List { path: world.at("in") };
    assert_eq!(kind(file(&plugin, &request, &[], Allowance::new(second, 50))), Limit);
}

#[test]
fn writing_replaces_appends_or_makes() {
    let world = World::new();
    let plugin = world.plugin(":rw");
    let path = world.at("in/file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o4751)).unwrap();
    let before = fs::metadata(&path).unwrap();
    write(&plugin, &path, WriteMode::Replace, b"replaced").unwrap();
    let after = fs::metadata(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"replaced");
    assert_ne!(before.ino(), after.ino(), "it is a new file under the old name");
    assert_eq!(after.mode() & 0o7777, 0o751, "without the bit that makes a program run as its owner");
    write(&plugin, &path, WriteMode::Append, b" and more").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"replaced and more");
    assert_eq!(kind(write(&plugin, &path, WriteMode::New, b"x")), Failed);
    assert_eq!(fs::read(&path).unwrap(), b"replaced and more");
    for (name, mode) in [("r", WriteMode::Replace), ("a", WriteMode::Append), ("n", WriteMode::New)] {
        let path = world.at("in/sub/") + name;
        write(&plugin, &path, mode, name.as_bytes()).unwrap();
        assert_eq!(fs::read(&path).unwrap(), name.as_bytes());
        let bits = fs::metadata(&path).unwrap().mode() & 0o7777;
        assert_eq!(bits & !0o644, 0, "{bits:o}");
        assert_eq!(bits & 0o600, 0o600, "{bits:o}");
    }
    let large = vec![1; 300_000];
    write(&plugin, &path, WriteMode::Replace, &large).unwrap();
    assert_eq!(fs::read(&path).unwrap(), large);
    assert_eq!(kind(write(&plugin, world.at("in/no/x"), WriteMode::New, b"x")), NotFound);
    assert_eq!(world.names(), ["file", "sub"], "no temporary file stays");
}

#[test]
fn a_failed_write_leaves_nothing_behind() {
    let world = World::new();
    let plugin = world.plugin(":rw");
    let path = world.at("in/file");
    let short = Allowance::new(Duration::from_nanos(1), 100);
    for mode in [WriteMode::Replace, WriteMode::Append, WriteMode::New] {
        let request = FileRequest::Write { path: path.clone(), mode };
        assert_eq!(kind(file(&plugin, &request, b"x", short)), Limit);
    }
    // So much that the time runs out on the way.
    let huge = vec![0; 256 << 20];
    for (path, mode) in [(path.clone(), WriteMode::Replace), (world.at("in/new"), WriteMode::New)] {
        let request = FileRequest::Write { path, mode };
        let little = Allowance::new(Duration::from_millis(5), 100);
        assert_eq!(kind(file(&plugin, &request, &huge, little)), Limit);
    }
    assert_eq!(kind(write(&plugin, world.at("in/sub"), WriteMode::Replace, b"x")), Failed);
    assert_eq!(kind(write(&plugin, world.at("in"), WriteMode::Replace, b"x")), Failed);
    world.link("file", "in/link");
    for mode in [WriteMode::Replace, WriteMode::Append] {
        let error = write(&plugin, world.at("in/link"), mode, b"x").unwrap_err();
        assert_eq!(error.kind, Denied);
        assert!(error.message.ends_with("name the file itself"), "{error}");
    }
    assert_eq!(world.names(), ["file", "link", "sub"]);
    assert_eq!(fs::read(&path).unwrap(), b"inside");
    // A disk that is full. The device says so at once.
    let full = with(&[files(&["/dev/full:rw"])]);
    assert!(write(&full, "/dev/full", WriteMode::Append, b"x").is_err());
}

#[test]
fn readers_see_the_old_or_the_new() {
    let world = World::new();
    let plugin = world.plugin(":rw");
    let path = world.at("in/file");
    let contents = [vec![b'a'; 200_000], vec![b'b'; 200_000]];
    fs::write(&path, &contents[0]).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut reads = 0;
            while !done.load(Ordering::Relaxed) {
                let seen = fs::read(&path).unwrap();
                assert!(contents.contains(&seen), "half of it: {} bytes", seen.len());
                reads += 1;
            }
            reads
        });
        for round in 0..40 {
            write(&plugin, &path, WriteMode::Replace, &contents[round % 2]).unwrap();
        }
        done.store(true, Ordering::Relaxed);
        assert!(reader.join().unwrap() > 0);
    });
}

#[test]
fn a_race_of_renames_never_yields_the_secret() {
    let world = World::new();
    fs::create_dir(world.at("in/swap")).unwrap();
    fs::write(world.at("in/swap/secret"), "harmless").unwrap();
    fs::write(world.at("in/plain"), "harmless").unwrap();
    world.link("../out", "in/evil");
    world.link(world.at("out"), "in/evil-absolute");
    world.link("../out/secret", "in/evil-file");
    let plugin = world.plugin(":rw");
    let done = AtomicBool::new(false);
    let (good, refused) = std::thread::scope(|scope| {
        scope.spawn(|| {
            use rustix::fs::{CWD, RenameFlags, renameat_with};
            let exchange = |one: &str, other: &str| {
                renameat_with(CWD, world.at(one), CWD, world.at(other), RenameFlags::EXCHANGE).unwrap();
            };
            while !done.load(Ordering::Relaxed) {
                for evil in ["in/evil", "in/evil-absolute"] {
                    exchange("in/swap", evil);
                    exchange("in/swap", evil);
                }
                exchange("in/plain", "in/evil-file");
                exchange("in/plain", "in/evil-file");
            }
        });
        let (mut good, mut refused) = (0, 0);
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(3) {
            for path in ["in/swap/secret", "in/plain"] {
                match read(&plugin, world.at(path)) {
                    Ok(contents) => {
                        assert_eq!(contents, b"harmless");
                        good += 1;
                    }
                    Err(_) => refused += 1,
                }
            }
            // Writes stay inside as well.
            let _ = write(&plugin, world.at("in/swap/new"), WriteMode::Replace, b"x");
            let _ = write(&plugin, world.at("in/plain"), WriteMode::Append, b"");
        }
        done.store(true, Ordering::Relaxed);
        (good, refused)
    });
    assert!(good > 0 && refused > 0, "there was a race: {good} and {refused}");
    assert_eq!(fs::read(world.at("out/secret")).unwrap(), SECRET);
    assert_eq!(fs::read_dir(world.at("out")).unwrap().count(), 1);
}

#[cfg(target_os = "linux")]
mod procfs {
    use super::*;

    #[test]
    fn files_of_the_kernel_are_read_to_their_end() {
        let plugin =
            with(&[files(&["/proc/cpuinfo", "/proc/self/mounts", "/proc/mounts", "/proc/sys/kernel"])]);
        assert!(read(&plugin, "/proc/cpuinfo").unwrap().len() > 10);
        assert!(read(&plugin, "/proc/self/mounts").unwrap().len() > 10);
        assert!(read(&plugin, "/proc/mounts").unwrap().len() > 10);
        assert!(!read(&plugin, "/proc/sys/kernel/ostype").unwrap().is_empty());
        assert_eq!(stat(&plugin, "/proc/self/mounts").unwrap().kind, FileKind::File);
        let request = FileRequest::Read { path: "/proc/cpuinfo".into() };
        assert_eq!(kind(file(&plugin, &request, &[], Allowance::new(PLENTY.time, 10))), Limit);
    }

    #[test]
    fn a_folder_never_includes_a_process() {
        let own = std::process::id();
        let paths = |folder: &str| {
            [
                format!("{folder}/environ"),
                format!("{folder}/mem"),
                format!("{folder}/maps"),
                format!("{folder}/cmdline"),
                format!("{folder}/root/etc/passwd"),
                format!("{folder}/cwd/Cargo.toml"),
                format!("{folder}/fd/0"),
                format!("{folder}/task/{own}/environ"),
                format!("{folder}/exe"),
            ]
        };
        let folders =
            ["/proc/self".into(), "/proc/thread-self".into(), format!("/proc/{own}"), "/proc/1".into()];
        let granted =
            ["/", "/proc", "/proc/self", "/proc/1", "/proc/net", "/proc/self/task", &format!("/proc/{own}")];
        for granted in granted {
            let plugin = between(&[files(&["/"])], &[files(&[granted])]);
            for folder in &folders {
                for path in paths(folder) {
                    let (got, looked) = (kind(read(&plugin, &path)), kind(stat(&plugin, &path)));
                    // Some of them are not there for each process, and some not for this one to see.
                    if fs::metadata(&path).is_ok() {
                        assert_eq!((got, looked), (Denied, Denied), "{granted} {path}");
                    } else {
                        assert!(matches!(got, Denied | NotFound | Failed), "{granted} {path}: {got:?}");
                        assert!(matches!(looked, Denied | NotFound | Failed), "{granted} {path}: {looked:?}");
                    }
                }
                assert_eq!(kind(list(&plugin, folder)), Denied, "{granted} {folder}");
                assert_eq!(kind(list(&plugin, &format!("{folder}/fd"))), Denied, "{granted} {folder}");
            }
            for path in ["/proc/mounts", "/proc/net/dev", "/proc/net"] {
                // Granted by its own path it is still a folder, and no file to read.
                let expected = if granted == path { Failed } else { Denied };
                assert_eq!(kind(read(&plugin, path)), expected, "{granted} {path}");
                assert!(list(&plugin, path).is_err(), "{granted} {path}");
            }
        }
    }

    #[test]
    fn the_whole_machine_does_not_include_procfs() {
        let plugin = with(&[files(&["/"])]);
        for path in ["/proc/cpuinfo", "/proc/sys/kernel/ostype", "/proc/version"] {
            assert_eq!(kind(read(&plugin, path)), Denied, "{path}");
            assert_eq!(kind(stat(&plugin, path)), Denied, "{path}");
        }
        assert_eq!(kind(list(&plugin, "/proc")), Denied);
        assert_eq!(
            kind(write(&with(&[files(&["/:rw"])]), "/proc/sys/kernel/x", WriteMode::New, b"")),
            Denied
        );
        assert!(read(&plugin, "/etc/passwd").is_ok());
        // A folder grant in it does, as far as it is about the machine.
        let plugin = with(&[files(&["/proc"])]);
        assert!(read(&plugin, "/proc/version").is_ok());
        assert!(list(&plugin, "/proc").is_ok());
        assert_eq!(kind(read(&plugin, "/proc/self/environ")), Denied);
    }

    #[test]
    fn links_into_procfs_lead_nowhere() {
        let world = World::new();
        for (name, to) in [
            ("environ", "/proc/self/environ"),
            ("self", "/proc/self"),
            ("root", "/proc/self/root"),
            ("cwd", "/proc/self/cwd"),
            ("init", "/proc/1/root"),
            ("version", "/proc/version"),
        ] {
            world.link(to, &format!("in/{name}"));
        }
        let climb = "../".repeat(world.path.components().count() + 3);
        world.link(format!("{climb}proc/self/environ"), "in/climb");
        // Also where the file behind a magic link lies inside.
        let open = fs::File::open(world.at("out/secret")).unwrap();
        let number = std::os::fd::AsRawFd::as_raw_fd(&open);
        world.link(format!("/proc/self/fd/{number}"), "in/open");
        for plugin in [world.plugin(""), with(&[files(&["/"])])] {
            for path in [
                "environ",
                "self/environ",
                "root/proc/self/environ",
                "init/proc/self/environ",
                "version",
                "climb",
            ] {
                let path = world.at("in/") + path;
                let error = read(&plugin, &path).unwrap_err();
                assert!(matches!(error.kind, Denied | Failed), "{path}: {error:?}");
            }
        }
        assert_ne!(read(&world.plugin(""), world.at("in/open")).ok().as_deref(), Some(SECRET));
        assert!(read(&world.plugin(""), world.at("in/cwd/Cargo.toml")).is_err());
    }

    #[test]
    fn an_exact_grant_in_a_process_is_a_file_alone() {
        let plugin = with(&[files(&["/proc/self/environ", "/proc/self/fd"])]);
        assert!(read(&plugin, "/proc/self/environ").is_ok());
        assert_eq!(kind(list(&plugin, "/proc/self/fd")), Denied);
        assert_eq!(kind(read(&plugin, "/proc/self/fd/0")), Denied);
        // The folder of a process that is not there yet.
        let plugin = between(&[files(&["/"])], &[files(&["/proc/4194303"])]);
        assert_eq!(kind(read(&plugin, "/proc/4194303/environ")), Denied);
    }
}

#[test]
fn what_cannot_be_opened_is_told_when_it_is_asked_for() {
    let world = World::new();
    world.link("loop", "loop");
    let plugin = with(&[files(&[world.at("loop"), world.at("in")])]);
    let error = read(&plugin, world.at("loop/x")).unwrap_err();
    assert_eq!(error.kind, Failed);
    assert!(error.message.starts_with("cannot read "), "{error}");
    assert_eq!(read(&plugin, world.at("in/file")).unwrap(), b"inside");
}

#[test]
fn os_release_works_as_a_link_that_the_user_granted() {
    if !Path::new("/etc/os-release").exists() {
        return skip("there is no /etc/os-release");
    }
    let plugin = with(&[files(&["/etc/os-release"])]);
    assert_eq!(read(&plugin, "/etc/os-release").unwrap(), fs::read("/etc/os-release").unwrap());
}
