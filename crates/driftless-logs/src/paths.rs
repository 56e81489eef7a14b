//! From the paths and patterns of a source to its files.

use std::io;
use std::path::{Component, Path, PathBuf};

use crate::error::{Error, Result};
use crate::file_id::FileId;

/// What makes a path a pattern.
const SPECIAL: [char; 3] = ['*', '?', '['];

/// The files that paths and patterns stand for, each once, in the order in which they are named first.
///
/// A path without a pattern is taken as it is, so that its absence is told when it is opened. A file whose own name is that of a pattern, `app[1].log`,
/// is meant as well.
///
/// # Errors
///
/// Unless they are to be followed, where nothing is there.
pub(crate) fn matching(patterns: &[String], follow: bool) -> Result<Vec<PathBuf>> {
    let mut files = Files::default();
    for pattern in patterns {
        let missing = |source| Error::Input { what: pattern.clone(), source };
        if !pattern.contains(SPECIAL) {
            if !follow {
                std::fs::metadata(pattern).map_err(missing)?;
            }
            files.add(pattern.into());
            continue;
        }
        let mut is_found = false;
        if Path::new(pattern).is_file() {
            files.add(pattern.into());
            is_found = true;
        }
        match glob::glob(pattern) {
            Ok(found) => {
                for path in found {
                    let path = path.map_err(|error| missing(error.into()))?;
                    // A pattern means the files beside it, not the folders.
                    if !path.is_dir() {
                        files.add(path);
                        is_found = true;
                    }
                }
            }
            // A name such as `app[1.log` is no pattern.
            Err(_) if is_found => {}
            Err(error) => return Err(Error::impossible(pattern, error.to_string())),
        }
        if !is_found && !follow {
            return Err(missing(io::Error::new(io::ErrorKind::NotFound, no_match(pattern))));
        }
    }
    if files.paths.is_empty() {
        return Err(Error::impossible("paths", "it names no file to read"));
    }
    Ok(files.paths)
}

/// Why there is nothing. Who means a file of this name may not know that it is a pattern.
fn no_match(pattern: &str) -> &'static str {
    if pattern.contains('[') {
        "no file matches, where `[…]` stands for one of the characters in it; `[[]` is a bracket"
    } else {
        "no file matches"
    }
}

/// Files, each of which is there once, whatever it is called.
#[derive(Default)]
struct Files {
    paths: Vec<PathBuf>,
    ids: Vec<FileId>,
    /// Those that are not there yet.
    missing: Vec<PathBuf>,
}

impl Files {
    fn add(&mut self, path: PathBuf) {
        match FileId::of_path(&path) {
            Some(id) if self.ids.contains(&id) => return,
            Some(id) => self.ids.push(id),
            None if path.exists() => {}
            None => {
                let plain: PathBuf = path.components().filter(|part| *part != Component::CurDir).collect();
                if self.missing.contains(&plain) {
                    return;
                }
                self.missing.push(plain);
            }
        }
        self.paths.push(path);
    }
}
