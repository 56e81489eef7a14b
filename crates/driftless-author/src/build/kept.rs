//! Components of Python that were made before. componentize-py makes other bytes of the same source each time: its Python has a hash seed of its own, and
//! what it has in memory is the component. A digest that changes without the source would lose the grant and the machine code.
//!
//! They are in the user's cache, and not in the project: that may be a stranger's, and bring something along that is not made of its source.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use driftless_files::Readers;
use driftless_plugin_api::digest::Digest;

/// How many are kept, and the bytes that one may have. Most have some 20 MB.
const MAX_KEPT: usize = 8;
const MAX_COMPONENT_BYTES: u64 = 1 << 30;

/// The files that are looked at, and the bytes that one may have. A project with more is built each time.
const MAX_FILES: usize = 50_000;
const MAX_FILE_BYTES: u64 = 256 << 20;
const MAX_DEPTH: usize = 64;

/// Folders that are no part of a source: what others make of it, or keep in it.
const LEFT_OUT: [&str; 4] = ["__pycache__", ".git", ".venv", crate::sdk::WORK];

/// The place of a component.
pub(super) struct Kept(PathBuf);

impl Kept {
    /// The place of what is made of these texts and of all files in these folders. `without` is a folder that is left out: that of finished plugins.
    ///
    /// There is none where something cannot be read.
    pub(super) fn place(cache: &Path, texts: &[&str], folders: &[PathBuf], without: &Path) -> Option<Self> {
        let mut inputs = format!("{texts:?}\n");
        let mut files = 0;
        for folder in folders {
            inputs.push_str("folder\n");
            add(folder, folder, without, &mut files, &mut inputs, 0)?;
        }
        Some(Self(cache.join(format!("{}.wasm", Digest::of(inputs.as_bytes())).replace(':', "-"))))
    }

    /// The component, if there is one.
    pub(super) fn read(&self) -> Option<Vec<u8>> {
        driftless_files::read_regular(&self.0, MAX_COMPONENT_BYTES).ok()
    }

    /// Keeps a component. Where that is not possible, the next build makes another one.
    pub(super) fn write(&self, bytes: &[u8]) {
        let Some(folder) = self.0.parent() else { return };
        if fs::create_dir_all(folder).is_ok()
            && driftless_files::replace(&self.0, bytes, Readers::Owner).is_ok()
        {
            prune(folder, &self.0);
        }
    }
}

/// Adds the files of a folder, in the order of their names.
fn add(
    root: &Path,
    folder: &Path,
    without: &Path,
    files: &mut usize,
    inputs: &mut String,
    depth: usize,
) -> Option<()> {
    let entries = fs::read_dir(folder).ok()?.collect::<Result<Vec<_>, _>>().ok()?;
    let mut paths: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name()?.to_str()?;
        if path.is_dir() {
            if path != without && !LEFT_OUT.contains(&name) {
                (depth < MAX_DEPTH).then_some(())?;
                add(root, &path, without, files, inputs, depth + 1)?;
            }
            continue;
        }
        *files += 1;
        (*files <= MAX_FILES).then_some(())?;
        let digest = Digest::of(&driftless_files::read_regular(&path, MAX_FILE_BYTES).ok()?);
        writeln!(inputs, "{:?} {digest}", path.strip_prefix(root).ok()?).ok()?;
    }
    Some(())
}

/// Removes the oldest, but not the new one.
fn prune(folder: &Path, new: &Path) {
    let modified = |path: &Path| fs::metadata(path).and_then(|there| there.modified()).ok();
    let Ok(paths) = driftless_files::list_regular(folder, "wasm") else { return };
    let others = paths.into_iter().filter(|path| path != new);
    let mut kept: Vec<(Option<SystemTime>, PathBuf)> = others.map(|path| (modified(&path), path)).collect();
    kept.sort();
    let many = kept.len().saturating_sub(MAX_KEPT - 1);
    for (_, path) in kept.into_iter().take(many) {
        // Another build may have removed it.
        let _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_source_has_the_same_place() {
        let within = tempfile::tempdir().unwrap();
        let cache = within.path().join("cache");
        let project = |name: &str| {
            let project = within.path().join(name);
            fs::create_dir_all(project.join("package")).unwrap();
            fs::write(project.join("plugin.py"), "a = 1").unwrap();
            fs::write(project.join("package/data.txt"), "x").unwrap();
            project
        };
        let place = |project: &Path, texts: &[&str]| {
            Kept::place(&cache, texts, &[project.to_owned()], &project.join("dist")).unwrap().0
        };
        let (one, other) = (project("one"), project("other"));
        let first = place(&one, &["1.0"]);
        assert_eq!(place(&other, &["1.0"]), first);
        assert_ne!(place(&one, &["1.1"]), first);
        // What was made of it changes nothing.
        for made in [".driftless/sdk/x", ".venv/x", "package/__pycache__/x.pyc", "dist/plugin.wasm"] {
            fs::create_dir_all(one.join(made).parent().unwrap()).unwrap();
            fs::write(one.join(made), "made").unwrap();
        }
        assert_eq!(place(&one, &["1.0"]), first);
        fs::write(one.join("package/data.txt"), "y").unwrap();
        assert_ne!(place(&one, &["1.0"]), first);
        fs::write(one.join("package/data.txt"), "x").unwrap();
        fs::rename(one.join("package/data.txt"), one.join("data.txt")).unwrap();
        assert_ne!(place(&one, &["1.0"]), first);
    }

    #[test]
    fn a_few_are_kept() {
        let within = tempfile::tempdir().unwrap();
        for number in 0..MAX_KEPT + 3 {
            let kept = Kept(within.path().join(format!("{number}.wasm")));
            assert_eq!(kept.read(), None);
            kept.write(b"made");
            assert_eq!(kept.read().as_deref(), Some(&b"made"[..]));
        }
        assert_eq!(fs::read_dir(within.path()).unwrap().count(), MAX_KEPT);
    }
}
