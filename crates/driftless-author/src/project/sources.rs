//! The files that a plugin is built from and tested with.

use std::fs;
use std::path::{Path, PathBuf};

use super::Project;
use crate::error::AuthorError;
use crate::language::Language;

/// Endings of files that a plugin is built from.
const SOURCES: [&str; 9] = ["rs", "js", "mjs", "cjs", "ts", "mts", "cts", "py", "toml"];
/// Folders that are made, and those of tests, which are in no plugin.
const NO_SOURCES: [&str; 6] = ["target", "dist", "node_modules", "tests", "test", "__pycache__"];
/// How deep folders lie in folders.
const MAX_DEPTH: usize = 8;
/// How many files and folders a tool may find that follows links: there are some in which each leads to two others, and so on.
const MAX_FOLLOWED: usize = 100_000;

impl Project {
    /// The files that the plugin is built from, in order.
    pub fn sources(&self) -> Vec<PathBuf> {
        let mut sources = Vec::new();
        collect(&self.folder, 0, &mut sources);
        sources
    }

    /// Refuses sources in which a tool would go around without an end: a link to a folder that it lies in itself.
    pub(crate) fn check_links(&self) -> Result<(), AuthorError> {
        match (self.language, &self.metadata) {
            // componentize-py takes all that it finds there, and follows links.
            (Language::Python, Some(metadata)) => {
                let source = &metadata.source;
                let root = source.canonicalize().map_err(|error| AuthorError::file(source, error))?;
                follow(source, &mut vec![root], &mut 0)
            }
            _ => check_folder(&self.folder, 0),
        }
    }

    /// The folder of its cases.
    pub fn cases(&self) -> PathBuf {
        self.beneath("tests").join("cases")
    }
}

fn collect(folder: &Path, depth: usize, sources: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut entries: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if name.starts_with('.') || NO_SOURCES.contains(&name) {
            continue;
        }
        // A link leads around in a circle, or out of the project.
        let is_folder = path.symlink_metadata().is_ok_and(|there| there.is_dir());
        if is_folder || path.is_dir() {
            if is_folder && depth < MAX_DEPTH {
                collect(&path, depth + 1, sources);
            }
            continue;
        }
        let ending = path.extension().and_then(|ending| ending.to_str());
        if name == "package.json" || ending.is_some_and(|ending| SOURCES.contains(&ending)) {
            sources.push(path);
        }
    }
}

/// Refuses a link to a folder that it lies in itself.
pub(super) fn check_link(path: &Path) -> Result<(), AuthorError> {
    if !path.symlink_metadata().is_ok_and(|there| there.is_symlink()) {
        return Ok(());
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (path.canonicalize(), parent.canonicalize()) {
        (Ok(target), Ok(parent)) if parent.starts_with(&target) => Err(leads_up(path)),
        _ => Ok(()),
    }
}

fn leads_up(link: &Path) -> AuthorError {
    let why =
        "it is a link to a folder that it lies in itself, so that the sources would have no end; remove it";
    AuthorError::Usage(format!("{}: {why}", link.display()))
}

/// Checks the links among the sources of a folder, and follows none.
fn check_folder(folder: &Path, depth: usize) -> Result<(), AuthorError> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let is_source = |name: &str| !name.starts_with('.') && !NO_SOURCES.contains(&name);
        if !name.to_str().is_some_and(is_source) {
            continue;
        }
        match entry.file_type() {
            Ok(kind) if kind.is_symlink() => check_link(&entry.path())?,
            Ok(kind) if kind.is_dir() && depth < MAX_DEPTH => check_folder(&entry.path(), depth + 1)?,
            _ => {}
        }
    }
    Ok(())
}

/// Goes through a folder as a tool does that follows links. `open` are the folders on the way there, without links.
fn follow(folder: &Path, open: &mut Vec<PathBuf>, found: &mut usize) -> Result<(), AuthorError> {
    let Some(target) = open.last().cloned() else { return Ok(()) };
    for entry in fs::read_dir(&target).into_iter().flatten().flatten() {
        *found += 1;
        if *found > MAX_FOLLOWED {
            let why = format!(
                "there are more than {MAX_FOLLOWED} files and folders in the sources, with those that links lead to"
            );
            return Err(AuthorError::Usage(format!("{}: {why}", folder.display())));
        }
        let Ok(kind) = entry.file_type() else { continue };
        let path = folder.join(entry.file_name());
        let target = if kind.is_symlink() {
            let Ok(target) = entry.path().canonicalize() else { continue };
            if open.iter().any(|open| open.starts_with(&target)) {
                return Err(leads_up(&path));
            }
            target
        } else {
            entry.path()
        };
        if kind.is_dir() || (kind.is_symlink() && target.is_dir()) {
            open.push(target);
            follow(&path, open, found)?;
            open.pop();
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::tests::folder;

    #[test]
    fn what_is_made_is_no_source() {
        let package = r#"{"name": "x", "version": "1.0.0"}"#;
        let project = folder(&[
            ("package.json", package),
            ("src/index.js", ""),
            ("src/deep/er/more.mjs", ""),
            ("dist/x.js", ""),
            ("node_modules/a/index.js", ""),
            (".driftless/sdk/a.js", ""),
            ("tests/a.test.js", ""),
            ("tests/cases/a.yml", ""),
            ("README.md", ""),
        ]);
        let found = Project::find(project.path(), None).unwrap();
        let relative = |path: &PathBuf| path.strip_prefix(project.path()).unwrap().display().to_string();
        let sources: Vec<_> = found.sources().iter().map(relative).collect();
        assert_eq!(sources, ["package.json", "src/deep/er/more.mjs", "src/index.js"]);
        assert_eq!(found.cases(), project.path().join("tests/cases"));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_folder_that_it_lies_in_is_refused() {
        use std::os::unix::fs::symlink;

        let python = "[project]\nname = \"x\"\nversion = \"1.0.0\"\n";
        let package = r#"{"name": "x", "version": "1.0.0"}"#;
        let of_languages = [
            ("Cargo.toml", "", "src/lib.rs"),
            ("package.json", package, "src/index.js"),
            ("pyproject.toml", python, "src/plugin.py"),
        ];
        for (file, text, source) in of_languages {
            let project = folder(&[(file, text), (source, ""), ("src/deep/er/x", ""), ("elsewhere/y", "")]);
            let checked = || {
                let found = Project::find(project.path(), None).unwrap();
                found.check_links().map_err(|error| error.to_string())
            };
            let link = |target: &str, at: &str| {
                let at = project.path().join(at);
                symlink(target, &at).unwrap();
                at
            };
            link("../elsewhere", "src/fine");
            link("lib.rs", "src/broken");
            assert_eq!(checked(), Ok(()), "{file}");
            for (target, at) in [(".", "src/a"), ("../..", "src/deep/er/b"), ("/", "src/deep/c")] {
                let at = link(target, at);
                let error = checked().unwrap_err();
                let expected = format!("{}: it is a link to a folder that it lies in", at.display());
                assert!(error.starts_with(&expected), "{error}");
                fs::remove_file(at).unwrap();
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_links_lead_to_is_bounded() {
        use std::os::unix::fs::symlink;

        let python = "[project]\nname = \"x\"\nversion = \"1.0.0\"\n";
        let project = folder(&[("pyproject.toml", python), ("src/plugin.py", "")]);
        // Two to the power of 24 ways lead to the last folder, and to none twice on one way.
        for number in 0..24 {
            fs::create_dir(project.path().join(format!("{number}"))).unwrap();
            for link in ["a", "b"] {
                let next = project.path().join(format!("{}", number + 1));
                symlink(next, project.path().join(format!("{number}/{link}"))).unwrap();
            }
        }
        fs::create_dir(project.path().join("24")).unwrap();
        symlink("../0", project.path().join("src/link")).unwrap();
        let error = Project::find(project.path(), None).unwrap().check_links().unwrap_err().to_string();
        assert!(error.contains("more than 100000 files and folders"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn links_to_folders_are_not_followed() {
        let project = folder(&[("Cargo.toml", ""), ("src/lib.rs", "")]);
        // Followed, these would be 24 to the power of the depth.
        for number in 0..24 {
            let link = project.path().join(format!("src/link{number}"));
            std::os::unix::fs::symlink(project.path().join("src"), link).unwrap();
        }
        std::os::unix::fs::symlink(project.path().join("src/lib.rs"), project.path().join("src/file.rs"))
            .unwrap();
        let found = Project::find(project.path(), None).unwrap();
        let names: Vec<_> = found.sources().iter().map(|path| path.file_name().unwrap().to_owned()).collect();
        assert_eq!(names, ["Cargo.toml", "file.rs", "lib.rs"]);
    }
}
