//! Whatever the layout of folders and links, what is read lies beneath what is granted.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use crate::common::{between, files, read};

/// What a tree is made of. Names are few, so that paths meet.
#[derive(Clone, Debug)]
enum Thing {
    Folder(PathBuf),
    File(PathBuf),
    Link(PathBuf, String),
    Absolute(PathBuf, PathBuf),
}

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b", "c"])
}

fn path() -> impl Strategy<Value = PathBuf> {
    prop::collection::vec(name(), 1..4).prop_map(|names| names.iter().collect())
}

fn target() -> impl Strategy<Value = String> {
    let step = prop::sample::select(vec!["a", "b", "c", "..", ".", "../.."]);
    prop::collection::vec(step, 1..5).prop_map(|steps| steps.join("/"))
}

fn thing() -> impl Strategy<Value = Thing> {
    prop_oneof![
        3 => path().prop_map(Thing::Folder),
        3 => path().prop_map(Thing::File),
        3 => (path(), target()).prop_map(|(at, to)| Thing::Link(at, to)),
        1 => (path(), path()).prop_map(|(at, to)| Thing::Absolute(at, to)),
    ]
}

/// Makes what can be made, without following links that were made before; each file says where it really is.
fn build(root: &Path, things: &[Thing]) {
    for thing in things {
        let (Thing::Folder(path) | Thing::File(path) | Thing::Link(path, _) | Thing::Absolute(path, _)) =
            thing;
        let path = root.join(path);
        let parent = path.parent().unwrap();
        let _ = make_folders(root, parent);
        if !parent.canonicalize().is_ok_and(|real| real == parent) {
            continue;
        }
        // What is there already stays.
        let _ = match thing {
            Thing::Folder(_) => fs::create_dir(&path),
            Thing::File(_) => fs::File::create_new(&path).and_then(|mut file| file.write_all(bytes(&path))),
            Thing::Link(_, to) => symlink(to, &path),
            Thing::Absolute(_, to) => symlink(root.join(to), &path),
        };
    }
}

fn make_folders(root: &Path, folder: &Path) -> std::io::Result<()> {
    if folder == root {
        return Ok(());
    }
    make_folders(root, folder.parent().unwrap())?;
    if fs::symlink_metadata(folder).is_ok_and(|there| !there.is_dir()) {
        return Err(std::io::ErrorKind::NotADirectory.into());
    }
    fs::create_dir_all(folder)
}

fn bytes(path: &Path) -> &[u8] {
    path.to_str().unwrap().as_bytes()
}

/// A folder so deep that no link of these tests leads out of it, with something to find on each floor above.
fn deep() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let mut root = folder.path().canonicalize().unwrap();
    for _ in 0..9 {
        for name in ["a", "b"] {
            fs::write(root.join(name), bytes(&root.join(name))).unwrap();
        }
        root.push("floor");
        fs::create_dir(&root).unwrap();
    }
    (folder, root)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reads_stay_beneath_the_grant(
        things in prop::collection::vec(thing(), 1..25),
        granted in prop::collection::vec(path(), 1..4),
        asked in prop::collection::vec(path(), 1..3),
        all in any::<bool>(),
        reads in prop::collection::vec(path(), 1..20),
    ) {
        let (_folder, root) = deep();
        build(&root, &things);
        let entries = |paths: &[PathBuf]| -> Vec<String> {
            paths.iter().map(|path| root.join(path).to_str().unwrap().to_owned()).collect()
        };
        let asked = if all { vec![root.clone()] } else { asked };
        let plugin = between(&[files(&entries(&asked))], &[files(&entries(&granted))]);
        for path in &reads {
            let full = root.join(path);
            let Ok(contents) = read(&plugin, full.to_str().unwrap()) else { continue };
            // Each file holds its real path, so what was read tells where it came from.
            let real = PathBuf::from(String::from_utf8(contents).unwrap());
            let covers = |grant: &PathBuf| {
                let grant = root.join(grant);
                full.starts_with(&grant) && grant.canonicalize().is_ok_and(|grant| real.starts_with(grant))
            };
            prop_assert!(granted.iter().any(covers), "{full:?} is {real:?}");
            // The manifest's folder holds too, unless the user granted something deeper.
            let deeper = granted.iter().any(|grant| {
                asked.iter().any(|asked| root.join(grant).starts_with(root.join(asked)))
            });
            prop_assert!(deeper || asked.iter().any(covers), "{full:?} is {real:?}");
            prop_assert_eq!(&real, &full.canonicalize().unwrap());
        }
    }

    /// What is plainly inside is not refused: the property above would hold for a plugin that reads nothing.
    #[test]
    fn plain_files_are_readable(things in prop::collection::vec(thing(), 1..25)) {
        let (_folder, root) = deep();
        build(&root, &things);
        let entry = [files(&[root.to_str().unwrap()])];
        let plugin = between(&entry, &entry);
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let real = path.canonicalize();
                let inside = real.as_ref().is_ok_and(|real| real.starts_with(&root) && real.is_file());
                prop_assert_eq!(read(&plugin, path.to_str().unwrap()).is_ok(), inside, "{:?}", path);
                if fs::symlink_metadata(&path).unwrap().is_dir() {
                    folders.push(path);
                }
            }
        }
    }
}
