//! The files that a plugin is built from and tested with.

use std::fs;
use std::path::{Path, PathBuf};

use super::Project;

/// Endings of files that a plugin is built from.
const SOURCES: [&str; 9] = ["rs", "js", "mjs", "cjs", "ts", "mts", "cts", "py", "toml"];
/// Folders that are made, and those of tests, which are in no plugin.
const NO_SOURCES: [&str; 6] = ["target", "dist", "node_modules", "tests", "test", "__pycache__"];
/// How deep folders lie in folders.
const MAX_DEPTH: usize = 8;

impl Project {
    /// The files that the plugin is built from, in order.
    pub fn sources(&self) -> Vec<PathBuf> {
        let mut sources = Vec::new();
        collect(&self.folder, 0, &mut sources);
        sources
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
