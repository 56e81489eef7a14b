//! Links, pipes and other files in the places of ours.

use std::fs;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use driftless_plugin_api::digest::Digest;
use driftless_registry::{Error, RegistryConfig};
use serde_json::json;

use super::{assert_printable, index_file, installed};
use crate::machine::{Machine, Publisher};

const PRECIOUS: &[u8] = b"precious";

/// A file outside of everything, which no attack may change.
struct Elsewhere {
    folder: tempfile::TempDir,
    file: PathBuf,
}

impl Elsewhere {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("precious");
        fs::write(&file, PRECIOUS).unwrap();
        Self { folder, file }
    }

    #[track_caller]
    fn assert_untouched(&self) {
        assert_eq!(fs::read(&self.file).unwrap(), PRECIOUS);
        assert_eq!(fs::metadata(&self.file).unwrap().permissions().mode() & 0o200, 0o200, "it is not frozen");
        assert_eq!(fs::read_dir(self.folder.path()).unwrap().count(), 1, "nothing came beside it");
    }
}

/// A registry with `greeter 1.0.0`, a machine that trusts it and has nothing installed, and the digest.
fn published() -> (Publisher, Machine, [RegistryConfig; 1], Digest) {
    let (team, machine, registries) = installed();
    let digest = machine.lock().plugins().next().unwrap().1.digest;
    let machine = Machine::trusting(team.key.public());
    (team, machine, registries, digest)
}

fn hex(digest: &Digest) -> String {
    digest.to_string().trim_start_matches("sha256:").to_owned()
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

fn into(path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    if path.is_dir() {
        fs::remove_dir_all(path).unwrap();
    } else {
        let _ = fs::remove_file(path);
    }
}

/// Puts something in the place of a file.
type Plant<'a> = Box<dyn Fn(&Path) + 'a>;

/// What may stand in the place of a file that we read or write.
fn plants(elsewhere: &Elsewhere) -> Vec<(&'static str, Plant<'_>)> {
    vec![
        ("a link", Box::new(|path| symlink(&elsewhere.file, path).unwrap())),
        (
            "a link to what is not there",
            Box::new(|path| symlink(elsewhere.folder.path().join("new"), path).unwrap()),
        ),
        ("a link to a device", Box::new(|path| symlink("/dev/zero", path).unwrap())),
        ("a link to itself", Box::new(|path| symlink(path, path).unwrap())),
        ("a pipe", Box::new(pipe)),
        ("a huge file", Box::new(|path| fs::File::create(path).unwrap().set_len(1 << 40).unwrap())),
        ("another name of a file", Box::new(|path| fs::hard_link(&elsewhere.file, path).unwrap())),
        ("a folder", Box::new(|path| fs::create_dir(path).unwrap())),
    ]
}

#[test]
fn what_is_planted_where_a_download_goes_is_not_written_through() {
    let elsewhere = Elsewhere::new();
    for (what, plant) in plants(&elsewhere) {
        let (_team, machine, registries, digest) = published();
        let path = machine.places.store.join("partial").join(hex(&digest));
        into(&path);
        plant(&path);
        match (what, machine.install(&registries, &["greeter"])) {
            // It is ours, and longer than it may be: it is begun anew.
            ("a huge file", result) => assert_eq!(result.unwrap(), ["+ greeter 1.0.0"]),
            (_, result) => {
                let error = result.unwrap_err();
                assert!(matches!(error, Error::Io { path: ref of, .. } if *of == path), "{what}: {error}");
                assert_printable(&error);
                assert!(machine.installed().is_empty(), "{what}");
            }
        }
        elsewhere.assert_untouched();
    }
}

#[test]
fn what_is_planted_where_a_plugin_goes_is_not_taken_for_it() {
    let elsewhere = Elsewhere::new();
    for (what, plant) in plants(&elsewhere) {
        let (_team, machine, registries, digest) = published();
        let path = machine.places.store().path_of(&digest);
        into(&path);
        plant(&path);
        match (what, machine.install(&registries, &["greeter"])) {
            ("a folder", result) => {
                assert!(matches!(result.unwrap_err(), Error::Io { .. }));
                assert!(machine.lock().is_empty());
            }
            (_, result) => {
                assert_eq!(result.unwrap(), ["+ greeter 1.0.0"], "{what}");
                assert!(path.symlink_metadata().unwrap().is_file(), "{what}: it is a file of its own now");
                assert_eq!(machine.installed(), ["greeter 1.0.0"]);
            }
        }
        elsewhere.assert_untouched();
    }
}

#[test]
fn a_link_to_the_right_bytes_becomes_a_file_of_its_own() {
    let (team, machine, registries, digest) = published();
    let path = machine.places.store().path_of(&digest);
    into(&path);
    let blob = team.root.path().join(driftless_registry::layout::blob(&digest));
    symlink(&blob, &path).unwrap();
    machine.install(&registries, &["greeter"]).unwrap();
    assert!(path.symlink_metadata().unwrap().is_file());
    fs::write(blob, b"changed afterwards").unwrap();
    assert_eq!(machine.installed(), ["greeter 1.0.0"]);
}

#[test]
fn a_file_that_is_swapped_after_it_was_checked_is_not_loaded() {
    let (_team, machine, registries, digest) = published();
    machine.install(&registries, &["greeter"]).unwrap();
    let path = machine.places.store().path_of(&digest);
    assert_eq!(path.symlink_metadata().unwrap().permissions().mode() & 0o222, 0, "it is read-only");
    let right = fs::read(&path).unwrap();
    let elsewhere = Elsewhere::new();
    let mut changed = right.clone();
    *changed.last_mut().unwrap() ^= 1;
    for bytes in [changed, Vec::new(), right[..right.len() - 1].to_vec(), PRECIOUS.to_vec()] {
        into(&path);
        fs::write(&path, &bytes).unwrap();
        let error = machine.places.store().read(&digest).unwrap_err();
        let told = error.to_string();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidData, "{told}");
        assert!(
            told.contains(&digest.to_string()) && told.contains(&Digest::of(&bytes).to_string()),
            "{told}"
        );
    }
    for (what, plant) in plants(&elsewhere) {
        into(&path);
        plant(&path);
        assert!(machine.places.store().read(&digest).is_err(), "{what}");
    }
    into(&path);
    assert!(machine.places.store().read(&digest).is_err());
    // The next installation puts it right.
    assert_eq!(machine.install(&registries, &["greeter"]).unwrap().len(), 1);
    assert_eq!(machine.installed(), ["greeter 1.0.0"]);
    elsewhere.assert_untouched();
}

#[test]
fn a_statement_that_is_swapped_is_none() {
    let (_team, machine, registries, _) = published();
    machine.install(&registries, &["greeter"]).unwrap();
    let statement = machine.lock().plugins().next().unwrap().1.statement;
    let path = machine.places.store.join("statements").join(format!("{}.json", hex(&statement)));
    let right = machine.places.store().statement(&statement).unwrap();
    let elsewhere = Elsewhere::new();
    into(&path);
    fs::write(&path, right.text.replace("1.0.0", "9.0.0")).unwrap();
    assert!(machine.places.store().statement(&statement).is_err());
    for (what, plant) in plants(&elsewhere) {
        into(&path);
        plant(&path);
        assert!(machine.places.store().statement(&statement).is_err(), "{what}");
    }
    elsewhere.assert_untouched();
}

#[test]
fn what_is_planted_in_the_place_of_the_lock_is_neither_followed_nor_waited_for() {
    let elsewhere = Elsewhere::new();
    type Of = fn(&Machine) -> &PathBuf;
    let files: [Of; 3] =
        [|machine| &machine.places.lock, |machine| &machine.places.trust, |machine| &machine.places.seen];
    for of in files {
        for (what, plant) in plants(&elsewhere) {
            let (team, machine, registries, _) = published();
            machine.install(&registries, &["greeter"]).unwrap();
            team.publish("greeter", "1.1.0", json!({})).unwrap();
            let path = of(&machine).clone();
            into(&path);
            plant(&path);
            let is_lock = path == machine.places.lock;
            let lock_before = (!is_lock).then(|| fs::read(&machine.places.lock).unwrap());
            match machine.update(&registries, &[]) {
                // A link to nothing is no file, so there is nothing locked, trusted or seen.
                result if what == "a link to what is not there" => drop(result),
                result => {
                    let error = result.unwrap_err();
                    assert_printable(&error);
                    assert!(matches!(error, Error::Io { .. } | Error::File { .. }), "{what}: {error}");
                    if let Some(before) = lock_before {
                        assert_eq!(fs::read(&machine.places.lock).unwrap(), before, "{what}");
                    }
                }
            }
            elsewhere.assert_untouched();
        }
    }
}

#[test]
fn a_lock_that_is_a_link_is_replaced_and_not_what_it_leads_to() {
    let (_team, machine, registries, _) = published();
    machine.install(&registries, &["greeter"]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("plugins.lock");
    fs::rename(&machine.places.lock, &target).unwrap();
    symlink(&target, &machine.places.lock).unwrap();
    let before = fs::read(&target).unwrap();
    machine.remove(&registries, "greeter").unwrap();
    assert!(machine.lock().is_empty());
    assert_eq!(fs::read(&target).unwrap(), before);
}

#[test]
fn what_is_planted_where_processes_wait_for_each_other_is_refused() {
    let elsewhere = Elsewhere::new();
    for (what, plant) in plants(&elsewhere) {
        let (_team, machine, _, _) = published();
        let path = machine.places.store.with_extension("changing");
        into(&path);
        plant(&path);
        match (what, machine.places.exclusive(|| ())) {
            // Nothing is written to it.
            ("a huge file" | "another name of a file", result) => drop(result.unwrap()),
            (_, result) => {
                let error = result.unwrap_err();
                assert!(matches!(error, Error::Io { .. }), "{what}: {error}");
            }
        }
        elsewhere.assert_untouched();
    }
    // A pipe that somebody reads can be opened: it is no file for all that.
    let (_team, machine, _, _) = published();
    let path = machine.places.store.with_extension("changing");
    into(&path);
    pipe(&path);
    let reader = fs::OpenOptions::new().read(true).write(true).open(&path).unwrap();
    let error = machine.places.exclusive(|| ()).unwrap_err();
    assert!(error.to_string().contains("it is no regular file"), "{error}");
    drop(reader);
}

#[test]
fn folders_that_lead_elsewhere_get_nothing_but_what_is_named_by_its_digest() {
    for folder in ["store", "store/partial", "store/blobs", "store/blobs/sha256", "store/statements"] {
        let (_team, machine, registries, _) = published();
        let elsewhere = tempfile::tempdir().unwrap();
        let precious: Vec<_> = ["precious", "precious.wasm", ".precious", "sha256.wasm"]
            .map(|name| elsewhere.path().join(name))
            .into();
        for path in &precious {
            fs::write(path, PRECIOUS).unwrap();
        }
        fs::create_dir(elsewhere.path().join(format!("{}.wasm", "0".repeat(64)))).unwrap();
        let path = machine.home.path().join(folder);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(elsewhere.path(), &path).unwrap();
        // It is the user's folder to put where the user wants it.
        machine.install(&registries, &["greeter"]).unwrap();
        assert_eq!(machine.installed(), ["greeter 1.0.0"]);
        machine.remove(&registries, "greeter").unwrap();
        for path in precious {
            assert_eq!(fs::read(&path).unwrap(), PRECIOUS, "{folder}");
        }
    }
}

#[test]
fn what_is_planted_among_the_plugins_does_not_stop_the_next_installation() {
    let (team, machine, registries, _) = published();
    machine.install(&registries, &["greeter"]).unwrap();
    let folder = machine.places.store.join("blobs/sha256");
    fs::create_dir(folder.join(format!("{}.wasm", "0".repeat(64)))).unwrap();
    pipe(&folder.join(format!("{}.wasm", "1".repeat(64))));
    symlink("/dev/zero", folder.join(format!("{}.wasm", "2".repeat(64)))).unwrap();
    fs::write(folder.join(".begun-and-killed.new"), b"half").unwrap();
    team.publish("greeter", "1.1.0", json!({})).unwrap();
    assert_eq!(machine.update(&registries, &[]).unwrap(), ["greeter 1.0.0 -> 1.1.0"]);
    let left: Vec<_> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_type().unwrap()).collect();
    assert!(left.iter().all(|kind| kind.is_file() || kind.is_dir()), "links and pipes are swept");
    assert!(!left.iter().any(FileTypeExt::is_fifo));
    assert_eq!(left.len(), 2, "the plugin and the folder");
}

#[test]
fn what_is_planted_in_a_registry_is_read_as_a_file_or_not_at_all() {
    let elsewhere = Elsewhere::new();
    type Of = fn(&Publisher, &Digest) -> PathBuf;
    let places: [Of; 3] = [
        |team, _| team.root.path().join("config.json"),
        |team, _| index_file(team, "greeter"),
        |team, digest| team.root.path().join(driftless_registry::layout::blob(digest)),
    ];
    for of in places {
        for (what, plant) in plants(&elsewhere) {
            let (team, machine, registries, digest) = published();
            let path = of(&team, &digest);
            into(&path);
            plant(&path);
            let error = machine.install(&registries, &["greeter"]).unwrap_err();
            assert_printable(&error);
            assert!(!error.to_string().contains("precious\""), "{what}: {error}");
            assert!(machine.installed().is_empty(), "{what}");
            elsewhere.assert_untouched();
        }
    }
}

#[test]
fn what_is_planted_where_a_release_is_published_is_not_written_through() {
    let elsewhere = Elsewhere::new();
    for (what, plant) in plants(&elsewhere) {
        let team = Publisher::new();
        let publication = team.signed("greeter", "1.0.0", json!({})).unwrap();
        let blob = team.root.path().join(driftless_registry::layout::blob(&publication.statement().digest));
        into(&blob);
        plant(&blob);
        match (what, team.folder.publish(&publication, Some(team.key.public()))) {
            ("a folder", result) => assert!(matches!(result.unwrap_err(), Error::Io { .. })),
            (_, result) => {
                result.unwrap();
                assert!(blob.symlink_metadata().unwrap().is_file(), "{what}");
            }
        }
        elsewhere.assert_untouched();
        for name in [".publishing", "search.jsonl", "keys/main.json", "index/gr/main/greeter.jsonl"] {
            let team = Publisher::new();
            let path = team.root.path().join(name);
            into(&path);
            plant(&path);
            if let Err(error) = team.publish("greeter", "1.0.0", json!({})) {
                assert_printable(&error);
            }
            elsewhere.assert_untouched();
        }
    }
}
