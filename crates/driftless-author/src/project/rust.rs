//! Where a project in Rust has the SDK: in the folder of its own that its manifests say, or nowhere, where they name a clone.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use toml::{Table, Value};

use super::read_description;
use super::sources::check_link;
use crate::error::AuthorError;
use crate::language::Language;
use crate::sdk::{PLUGIN_SDK, WORK};

/// The folder in which the SDK is to be unpacked, so that cargo finds it where a manifest says that it is. `None` where none says so.
///
/// Cargo reads the manifests of all members of a workspace, so all are looked at. A folder outside of the workspace is not this project's.
///
/// # Errors
///
/// When several folders are named: a workspace has one SDK.
pub(crate) fn folder_with_sdk(project: &Path) -> Result<Option<PathBuf>, AuthorError> {
    let folder = project.canonicalize().map_err(|error| AuthorError::file(project, error))?;
    let manifests = |folders: &mut dyn Iterator<Item = PathBuf>| -> Vec<(PathBuf, Table)> {
        folders.filter_map(|folder| Some((folder.clone(), manifest(&folder)?))).collect()
    };
    let above = manifests(&mut folder.ancestors().map(Path::to_owned));
    let root = above.iter().find(|(_, manifest)| manifest.contains_key("workspace"));
    let (root, members) = match root {
        Some((root, manifest)) => (root.clone(), members(root, manifest)?),
        None => (folder.clone(), Vec::new()),
    };
    let own = [folder, root.clone()];
    let manifests = manifests(&mut own.into_iter().chain(members));
    let named: BTreeSet<PathBuf> = manifests
        .iter()
        .flat_map(|(folder, manifest)| paths(manifest).into_iter().map(|path| resolved(&folder.join(path))))
        .filter_map(|path| without_sdk(&path))
        // A path through a link is written like one in the workspace, and is none.
        .filter(|folder| folder.canonicalize().is_ok_and(|folder| folder.starts_with(&root)))
        .collect();
    let mut named = named.into_iter();
    match (named.next(), named.next()) {
        (Some(one), Some(other)) => {
            let within =
                |folder: &Path| folder.strip_prefix(&root).unwrap_or(folder).join(WORK).display().to_string();
            let why = format!(
                "the SDK is in `{}` and in `{}`, and cargo takes one for a workspace: name it here, with `[workspace.dependencies] plugin-sdk = \
                 {{ path = {PLUGIN_SDK:?} }}`, and write `plugin-sdk.workspace = true` in the members",
                within(&one),
                within(&other)
            );
            Err(AuthorError::description(&root.join(Language::Rust.file()), why))
        }
        (one, _) => Ok(one),
    }
}

/// The folder that has the SDK beneath it, of a path to its crate there.
fn without_sdk(path: &Path) -> Option<PathBuf> {
    let depth = Path::new(PLUGIN_SDK).components().count();
    path.ends_with(PLUGIN_SDK).then(|| path.ancestors().nth(depth).map(Path::to_owned))?
}

/// The manifest in a folder, if there is one that can be read. What is wrong with it, cargo says.
fn manifest(folder: &Path) -> Option<Table> {
    let file = folder.join(Language::Rust.file());
    if !file.is_file() {
        return None;
    }
    read_description(&file).ok()?.parse().ok()
}

/// How many folders one `*` may stand for.
const MAX_MEMBERS: usize = 10_000;

/// The folders of the members of a workspace, with `*` in their names filled in as cargo does.
fn members(root: &Path, manifest: &Table) -> Result<Vec<PathBuf>, AuthorError> {
    let members = manifest.get("workspace").and_then(|workspace| workspace.get("members"));
    let patterns = members.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let mut found = Vec::new();
    for pattern in patterns {
        let mut folders = vec![root.to_owned()];
        for part in pattern.split('/') {
            folders = match part.split_once('*') {
                None => folders.into_iter().map(|folder| folder.join(part)).collect(),
                Some((before, after)) => {
                    let mut named = Vec::new();
                    for folder in &folders {
                        named_like(folder, before, after, &mut named)?;
                    }
                    named
                }
            };
        }
        found.extend(folders);
    }
    Ok(found)
}

/// Adds the folders in a folder whose names begin and end like this.
///
/// # Errors
///
/// When a link leads to a folder that it lies in, which cargo would follow as often as there are `*`, and when there are too many.
fn named_like(folder: &Path, before: &str, after: &str, named: &mut Vec<PathBuf>) -> Result<(), AuthorError> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let fits = |entry: &fs::DirEntry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.strip_prefix(before).is_some_and(|rest| rest.ends_with(after)) && entry.path().is_dir()
    };
    for path in entries.filter(fits).map(|entry| entry.path()) {
        check_link(&path)?;
        if named.len() == MAX_MEMBERS {
            let why = format!("`workspace.members` names more than {MAX_MEMBERS} folders");
            return Err(AuthorError::description(&folder.join(Language::Rust.file()), why));
        }
        named.push(path);
    }
    Ok(())
}

/// The paths of all dependencies in a manifest.
fn paths(manifest: &Table) -> Vec<&str> {
    const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];
    let targets = manifest.get("target").and_then(Value::as_table);
    let tables = targets.into_iter().flat_map(|targets| targets.values()).filter_map(Value::as_table);
    let tables = tables.chain(manifest.get("workspace").and_then(Value::as_table)).chain([manifest]);
    let dependencies =
        tables.flat_map(|table| KINDS.into_iter().filter_map(|kind| table.get(kind)?.as_table()));
    dependencies
        .flat_map(|dependencies| dependencies.values())
        .filter_map(|dependency| dependency.get("path")?.as_str())
        .collect()
}

/// A path without `.` and `..`, as it is written: a link on the way leads to another folder, in which nothing is unpacked.
fn resolved(path: &Path) -> PathBuf {
    let mut resolved = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(resolved.pop()),
            other => resolved.push(other),
        }
    }
    resolved
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::tests::folder;

    const SDK: &str = "plugin-sdk = { path = \".driftless/sdk/rust/plugin-sdk\" }";

    /// Where the SDK belongs, relative to the folder of all, for a project in one of its folders.
    fn found(files: &[(&str, &str)], project: &str) -> Result<Option<String>, String> {
        let within = folder(files);
        let root = within.path().canonicalize().unwrap();
        let found = folder_with_sdk(&root.join(project)).map_err(|error| error.to_string())?;
        Ok(found.map(|folder| folder.strip_prefix(&root).unwrap().display().to_string()))
    }

    #[cfg(unix)]
    #[test]
    fn a_link_leads_to_no_folder_of_the_project() {
        let linked =
            "[dependencies]\nplugin-sdk = { path = \"link/.driftless/sdk/rust/plugin-sdk\" }\n[workspace]";
        let within = folder(&[("a/Cargo.toml", linked), ("elsewhere/file", "")]);
        let root = within.path().canonicalize().unwrap();
        std::os::unix::fs::symlink(root.join("elsewhere"), root.join("a/link")).unwrap();
        assert_eq!(folder_with_sdk(&root.join("a")).unwrap(), None);
        fs::remove_file(root.join("a/link")).unwrap();
        fs::create_dir(root.join("a/link")).unwrap();
        assert_eq!(folder_with_sdk(&root.join("a")).unwrap(), Some(root.join("a/link")));
    }

    #[test]
    fn a_project_has_its_own() {
        let own = format!("[package]\nname = \"a\"\n[dependencies]\n{SDK}\n[workspace]");
        assert_eq!(found(&[("a/Cargo.toml", &own)], "a"), Ok(Some("a".into())));
        let clone = "[dependencies]\nplugin-sdk = { path = \"/opt/driftless/crates/plugin-sdk\" }";
        assert_eq!(found(&[("a/Cargo.toml", clone)], "a"), Ok(None));
        assert_eq!(found(&[("a/Cargo.toml", "[dependencies]\nplugin-sdk = \"0.1\"")], "a"), Ok(None));
        // Cargo says why.
        assert_eq!(found(&[("a/Cargo.toml", "[dependencies")], "a"), Ok(None));
    }

    #[test]
    fn a_workspace_has_one() {
        let workspace = format!("[workspace]\nmembers = [\"plugins/*\"]\n[workspace.dependencies]\n{SDK}");
        let inherits = "[dependencies]\nplugin-sdk.workspace = true";
        let files = [
            ("w/Cargo.toml", workspace.as_str()),
            ("w/plugins/a/Cargo.toml", inherits),
            ("w/plugins/b/Cargo.toml", inherits),
        ];
        assert_eq!(found(&files, "w"), Ok(Some("w".into())));
        assert_eq!(found(&files, "w/plugins/a"), Ok(Some("w".into())));

        let to_root = "[target.'cfg(true)'.dependencies]\nplugin-sdk = { path = \"../../.driftless/sdk/rust/plugin-sdk\" }";
        let files = [
            ("w/Cargo.toml", "[workspace]\nmembers = [\"plugins/a*\"]"),
            ("w/plugins/ab/Cargo.toml", to_root),
        ];
        assert_eq!(found(&files, "w"), Ok(Some("w".into())));

        let own = format!("[dependencies]\n{SDK}");
        let files = [
            ("w/Cargo.toml", "[workspace]\nmembers = [\"a\", \"b\"]"),
            ("w/a/Cargo.toml", own.as_str()),
            ("w/b/Cargo.toml", own.as_str()),
        ];
        let error = found(&files, "w/a").unwrap_err();
        assert!(
            error.contains("w/Cargo.toml: the SDK is in `a/.driftless` and in `b/.driftless`, and cargo takes one for a workspace"),
            "{error}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed_around() {
        let members = "*/".repeat(64);
        let manifest = format!("[workspace]\nmembers = [\"{members}\"]");
        let within = folder(&[("w/Cargo.toml", &manifest), ("w/a/file", "")]);
        let root = within.path().canonicalize().unwrap();
        for link in ["a/x", "a/y"] {
            std::os::unix::fs::symlink(".", root.join("w").join(link)).unwrap();
        }
        let error = folder_with_sdk(&root.join("w")).unwrap_err().to_string();
        assert!(error.contains("it is a link to a folder that it lies in"), "{error}");
    }

    #[test]
    fn nothing_is_unpacked_outside() {
        let outside = "[package]\nname = \"a\"\n[dependencies]\nplugin-sdk = { path = \"../b/.driftless/sdk/rust/plugin-sdk\" }\n[workspace]";
        assert_eq!(found(&[("a/Cargo.toml", outside), ("b/notes", "")], "a"), Ok(None));
    }
}
