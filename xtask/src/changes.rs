//! Which crates of this workspace a change is about.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::run::{cargo, command, output, root};

/// The crates that have files in which the working copy differs from where its branch left `main`. `None` where that cannot be said, or where
/// the change is about all of them.
pub(crate) fn crates() -> Result<Option<Vec<String>>> {
    let Some(files) = files() else { return Ok(None) };
    let metadata = output(cargo().args(["metadata", "--locked", "--no-deps", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let mut folders = Vec::new();
    for package in metadata["packages"].as_array().context("cargo metadata has packages")? {
        let manifest = Path::new(package["manifest_path"].as_str().unwrap_or_default());
        let folder = manifest.parent().unwrap_or(manifest);
        let folder = folder.strip_prefix(root()).unwrap_or(folder).display().to_string().replace('\\', "/");
        folders.push((folder, package["name"].as_str().unwrap_or_default().to_owned()));
    }
    Ok(crates_of(&files, &folders))
}

/// The files that changed, the new ones included.
fn files() -> Option<Vec<String>> {
    let git = |arguments: &[&str]| output(command("git").args(arguments)).ok();
    let fork = ["origin/main", "main"].iter().find_map(|main| git(&["merge-base", main, "HEAD"]))?;
    let changed = git(&["diff", "--name-only", fork.trim()])?;
    let new = git(&["ls-files", "--others", "--exclude-standard"])?;
    Some(changed.lines().chain(new.lines()).map(str::to_owned).collect())
}

/// The crates that files are of. `None` where one is of what all crates share.
fn crates_of(files: &[String], folders: &[(String, String)]) -> Option<Vec<String>> {
    let mut crates = Vec::new();
    for file in files {
        let is_shared = |shared: &&str| file == shared || (shared.ends_with('/') && file.starts_with(shared));
        if ["Cargo.toml", "Cargo.lock", ".cargo/", ".config/"].iter().any(is_shared) {
            return None;
        }
        let is_in = |folder: &str| file.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        if let Some((_, name)) = folders.iter().find(|(folder, _)| is_in(folder))
            && !crates.contains(name)
        {
            crates.push(name.clone());
        }
    }
    Some(crates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_belongs_to_the_crate_around_it() {
        let folders = [("crates/host", "host"), ("crates/host-tools", "tools"), ("xtask", "xtask")];
        let folders = folders.map(|(folder, name)| (folder.to_owned(), name.to_owned()));
        let of = |files: &[&str]| {
            crates_of(&files.iter().map(|file| (*file).to_owned()).collect::<Vec<_>>(), &folders)
        };
        let names = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(of(&["crates/host/src/lib.rs", "crates/host/tests/x.rs", "README.md"]), names(&["host"]));
        assert_eq!(of(&["crates/host-tools/a.rs", "xtask/b.rs"]), names(&["tools", "xtask"]));
        assert_eq!(of(&["docs/a.md"]), names(&[]));
        assert_eq!(of(&["crates/host/src/lib.rs", "Cargo.lock"]), None);
        assert_eq!(of(&[".config/nextest.toml"]), None);
    }
}
