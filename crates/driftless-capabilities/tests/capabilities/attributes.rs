//! A file that is written stays what it was, but for its contents: owner, permission bits, access control list, extended attributes.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use driftless_plugin_api::host_call::WriteMode;
use driftless_test_support::skip;
use proptest::prelude::*;
use rustix::fs::{XattrFlags, getxattr, listxattr, setxattr};
use tempfile::TempDir;

use crate::common::{files, with, write};

const ACCESS: &str = "system.posix_acl_access";
const DEFAULT: &str = "system.posix_acl_default";

/// Another user than that of the tests.
const NOBODY: u32 = 65534;

/// Permissions of the owner, named users, the group, named groups, and others. What named ones and the group may at most is the mask.
#[derive(Clone, Debug)]
struct AccessList {
    owner: u16,
    users: BTreeMap<u32, u16>,
    group: u16,
    groups: BTreeMap<u32, u16>,
    mask: u16,
    other: u16,
}

impl AccessList {
    /// As the kernel takes it: a version, and tag, permissions and id of each entry.
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = 2_u32.to_le_bytes().to_vec();
        let mut put = |tag: u16, permissions: u16, id: u32| {
            bytes.extend(tag.to_le_bytes());
            bytes.extend(permissions.to_le_bytes());
            bytes.extend(id.to_le_bytes());
        };
        let none = u32::MAX;
        put(0x01, self.owner, none);
        self.users.iter().for_each(|(id, permissions)| put(0x02, *permissions, *id));
        put(0x04, self.group, none);
        self.groups.iter().for_each(|(id, permissions)| put(0x08, *permissions, *id));
        put(0x10, self.mask, none);
        put(0x20, self.other, none);
        bytes
    }
}

fn access_list() -> impl Strategy<Value = AccessList> {
    let named = || prop::collection::btree_map(1_u32..100_000, 0_u16..8, 0..4);
    // The tests read what they have written, as the user who runs them.
    (6_u16..8, named(), 0_u16..8, named(), 0_u16..8, 0_u16..8).prop_map(
        |(owner, users, group, groups, mask, other)| AccessList { owner, users, group, groups, mask, other },
    )
}

fn attributes() -> impl Strategy<Value = BTreeMap<String, Vec<u8>>> {
    let value = prop::collection::vec(any::<u8>(), 0..100);
    prop::collection::btree_map("user\\.[a-z .ä]{1,20}", value, 0..4)
}

/// All that is kept of a file.
#[derive(Debug, PartialEq)]
struct Kept {
    mode: u32,
    owner: (u32, u32),
    attributes: BTreeMap<String, Vec<u8>>,
}

impl Kept {
    fn of(path: &Path) -> Self {
        let metadata = fs::metadata(path).unwrap();
        let mut list = vec![0; 64 << 10];
        let length = listxattr(path, &mut list[..]).unwrap();
        let names = list[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty());
        let attributes = names.map(|name| (String::from_utf8(name.to_vec()).unwrap(), get(path, name)));
        Self {
            mode: metadata.mode() & 0o7777,
            owner: (metadata.uid(), metadata.gid()),
            attributes: attributes.collect(),
        }
    }
}

fn get(path: &Path, name: &[u8]) -> Vec<u8> {
    let mut value = vec![0; 64 << 10];
    let length = getxattr(path, name, &mut value[..]).unwrap();
    value.truncate(length);
    value
}

fn set(path: &Path, name: &str, value: &[u8]) {
    setxattr(path, name, value, XattrFlags::empty()).unwrap();
}

/// A folder on a file system that has access control lists and attributes.
fn folder() -> Option<TempDir> {
    let folder = tempfile::tempdir().unwrap();
    let probe = folder.path().join("probe");
    fs::write(&probe, "").unwrap();
    let list = AccessList {
        owner: 6,
        users: BTreeMap::from([(1, 4)]),
        group: 0,
        groups: BTreeMap::new(),
        mask: 4,
        other: 0,
    };
    let can = |name, value: &[u8]| setxattr(&probe, name, value, XattrFlags::empty());
    if let Err(error) = can(ACCESS, &list.bytes()).and_then(|()| can("user.probe", b"x")) {
        skip(&format!("the file system of {} keeps no attributes: {error}", folder.path().display()));
        return None;
    }
    fs::remove_file(probe).unwrap();
    Some(folder)
}

fn plugin_of(folder: &TempDir) -> driftless_capabilities::Capabilities {
    with(&[files(&[format!("{}:rw", folder.path().canonicalize().unwrap().display())])])
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn all_but_the_contents_stays() {
    let Some(folder) = folder() else { return };
    let plugin = plugin_of(&folder);
    let path = folder.path().canonicalize().unwrap().join("file");
    let mode = prop::sample::select(vec![0o600, 0o640, 0o644, 0o660, 0o666, 0o755, 0o751, 0o604, 0o700]);
    let owner = (1_u32..60_000, 1_u32..60_000);
    let lists = (prop::option::of(access_list()), prop::option::of(access_list()));
    let contents = prop::collection::vec(any::<u8>(), 0..300);
    let given = (mode, owner, lists, attributes(), contents.clone(), contents, any::<bool>());
    let config = ProptestConfig { cases: 500, ..ProptestConfig::default() };
    proptest!(config, |((mode, owner, (list, inherited), attributes, before, after, in_place) in given)| {
        let _ = fs::remove_file(&path);
        fs::write(&path, &before).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        attributes.iter().for_each(|(name, value)| set(&path, name, value));
        if let Some(list) = &list {
            set(&path, ACCESS, &list.bytes());
        }
        if is_root() {
            chown(&path, Some(owner.0), Some(owner.1)).unwrap();
        }
        // What a new file in this folder gets, and this one must not.
        let _ = rustix::fs::removexattr(folder.path(), DEFAULT);
        if let Some(list) = &inherited {
            set(folder.path(), DEFAULT, &list.bytes());
        }
        let (kept, inode) = (Kept::of(&path), fs::metadata(&path).unwrap().ino());
        let mode = if in_place { WriteMode::InPlace } else { WriteMode::Replace };
        write(&plugin, path.to_str().unwrap(), mode, &after).unwrap();
        prop_assert_eq!(fs::read(&path).unwrap(), after);
        prop_assert_eq!(Kept::of(&path), kept);
        prop_assert_eq!(fs::metadata(&path).unwrap().ino() == inode, in_place);
        prop_assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays");
    });
}

#[test]
fn the_temporary_file_is_never_more_open_than_the_file() {
    let Some(folder) = folder() else { return };
    let plugin = plugin_of(&folder);
    let path = folder.path().canonicalize().unwrap().join("file");
    let open = AccessList {
        owner: 7,
        users: BTreeMap::from([(NOBODY, 7)]),
        group: 7,
        groups: BTreeMap::new(),
        mask: 7,
        other: 7,
    };
    set(folder.path(), DEFAULT, &open.bytes());
    let done = AtomicBool::new(false);
    let seen = std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut seen = 0;
            while !done.load(Ordering::Relaxed) {
                for entry in fs::read_dir(folder.path()).unwrap().flatten() {
                    // The group's bits are the mask: where they are none, no named user may do anything.
                    let Ok(metadata) = entry.metadata() else { continue };
                    if entry.file_name() != "file" {
                        seen += 1;
                        assert_eq!(metadata.mode() & !0o640 & 0o7777, 0, "{:o}", metadata.mode());
                    }
                }
            }
            seen
        });
        let large = vec![b'x'; 4 << 20];
        for mode in [0o600, 0o640, 0o400, 0o000].into_iter().cycle().take(40) {
            let _ = fs::remove_file(&path);
            fs::write(&path, "").unwrap();
            rustix::fs::removexattr(&path, ACCESS).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let written = write(&plugin, path.to_str().unwrap(), WriteMode::Replace, &large);
            // A file that its own user may neither read nor write is one whose attributes cannot be seen.
            assert!(written.is_ok() || mode == 0, "{written:?}");
            if written.is_ok() {
                assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, mode);
            }
        }
        done.store(true, Ordering::Relaxed);
        watch.join().unwrap()
    });
    assert!(seen > 0, "the temporary files were never seen");
}

#[test]
fn what_a_plugin_wrote_runs_as_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = plugin_of(&folder);
    let path = folder.path().canonicalize().unwrap().join("file");
    for mode in [WriteMode::Replace, WriteMode::InPlace, WriteMode::Append] {
        fs::write(&path, "before").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o6755)).unwrap();
        write(&plugin, path.to_str().unwrap(), mode, b"x").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o755, "{mode:?}");
    }
}

#[test]
fn in_place_makes_a_file_and_shortens_one() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = plugin_of(&folder);
    let path = folder.path().canonicalize().unwrap().join("file");
    for contents in ["a longer text", "short", ""] {
        write(&plugin, path.to_str().unwrap(), WriteMode::InPlace, contents.as_bytes()).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), contents);
    }
}

#[test]
fn an_owner_that_cannot_be_kept_is_an_error() {
    let sudo = ["-n", "-u", "nobody"];
    let as_nobody = || {
        if is_root() {
            let mut command = Command::new("env");
            command.uid(NOBODY).gid(NOBODY);
            return command;
        }
        let mut command = Command::new("sudo");
        command.args(sudo).arg("env");
        command
    };
    if !as_nobody().arg("true").output().is_ok_and(|ran| ran.status.success()) {
        skip(
            "nothing can be run here as another user: the tests are not the superuser's, and `sudo -n` does not work",
        );
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let path = folder.path().canonicalize().unwrap().join("file");
    fs::write(&path, "before").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    let told = written_by(&mut as_nobody(), &path, "replace");
    assert_eq!(
        told,
        format!(
            "cannot replace {}: its group cannot be kept (Operation not permitted (os error 1)); `in_place` writes it where it is",
            path.display()
        )
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), "before");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays");
    assert_eq!(written_by(&mut as_nobody(), &path, "in_place"), "written");
    assert_eq!(fs::metadata(&path).unwrap().uid(), rustix::process::geteuid().as_raw());

    // A folder that takes no new file.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let told = written_by(&mut as_nobody(), &path, "replace");
    assert!(told.contains("no other file can be made in its folder (Permission denied"), "{told}");
    assert!(told.ends_with("`in_place` writes it where it is"), "{told}");
}

#[test]
fn a_mount_point_is_not_replaced() {
    // The mount is seen by the processes that are started here, and by no others.
    let alone =
        |program: &mut Command| program.args(["-m", "true"]).output().is_ok_and(|ran| ran.status.success());
    let prefix: &[&str] = if alone(&mut Command::new("unshare")) {
        &["unshare", "-m"]
    } else if alone(Command::new("unshare").arg("-r")) {
        &["unshare", "-r", "-m"]
    } else if alone(Command::new("sudo").args(["-n", "unshare"])) {
        &["sudo", "-n", "unshare", "-m"]
    } else {
        skip("nothing can be mounted here: `unshare -m` does not work");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let folder_path = folder.path().canonicalize().unwrap();
    let (path, other) = (folder_path.join("file"), folder_path.join("other"));
    fs::write(&path, "").unwrap();
    fs::write(&other, "before").unwrap();
    let run = |mode: &str| {
        let script = r#"mount --bind "$1" "$2" && shift 2 && exec "$@""#;
        let mut command = Command::new(prefix[0]);
        command.args(&prefix[1..]).args(["sh", "-c", script, "sh"]).args([&other, &path]).arg("env");
        written_by(&mut command, &path, mode)
    };
    assert_eq!(
        run("replace"),
        format!(
            "cannot replace {}: something is mounted there (Device or resource busy (os error 16)); `in_place` writes it where it is",
            path.display()
        )
    );
    assert_eq!(fs::read_to_string(&other).unwrap(), "before");
    assert_eq!(run("in_place"), "written");
    assert_eq!(fs::read_to_string(&other).unwrap(), "after");
}

/// What becomes of a write that another process makes: this program again, which runs [`in_another_process`] alone. The command ends with `env`.
fn written_by(command: &mut Command, path: &Path, mode: &str) -> String {
    command.arg(format!("WRITE_PATH={}", path.display())).arg(format!("WRITE_MODE={mode}"));
    command.arg(std::env::current_exe().unwrap());
    command.args(["--exact", "attributes::in_another_process", "--ignored", "--nocapture"]);
    let ran = command.output().unwrap();
    let said = String::from_utf8(ran.stdout).unwrap();
    let told = said.lines().find_map(|line| line.split_once("TOLD: ")).map(|(_, told)| told.to_owned());
    told.unwrap_or_else(|| panic!("{said}{}", String::from_utf8_lossy(&ran.stderr)))
}

#[test]
#[ignore = "other tests start it, in a process of their making"]
fn in_another_process() {
    let (Ok(path), Ok(mode)) = (std::env::var("WRITE_PATH"), std::env::var("WRITE_MODE")) else {
        return;
    };
    let plugin = with(&[files(&[format!("{path}:rw")])]);
    let mode = if mode == "in_place" { WriteMode::InPlace } else { WriteMode::Replace };
    let told =
        write(&plugin, &path, mode, b"after").map_or_else(|error| error.message, |()| "written".to_owned());
    writeln!(std::io::stdout(), "TOLD: {told}").unwrap();
}
