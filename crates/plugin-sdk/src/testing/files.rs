//! The files of a [`FakeHost`](super::FakeHost).

use std::collections::{BTreeMap, BTreeSet};

use driftless_plugin_api::host_call::{
    FileAnswer, FileKind, FileRequest, FileStat, FolderEntry, HostCallError, HostCallErrorKind, WriteMode,
};

/// Files by path. A folder is there where a file lies beneath it.
#[derive(Debug, Default)]
pub(super) struct Files {
    contents: BTreeMap<String, Vec<u8>>,
    /// Those with nothing in them.
    folders: BTreeSet<String>,
    written: BTreeSet<String>,
}

type Answered = Result<(FileAnswer, Vec<u8>), HostCallError>;

impl Files {
    /// Puts a file there.
    pub(super) fn insert(&mut self, path: &str, contents: Vec<u8>) {
        self.contents.insert(path.to_owned(), contents);
    }

    /// Puts a folder there.
    pub(super) fn insert_folder(&mut self, path: &str) {
        self.folders.insert(path.to_owned());
    }

    /// What is in a file.
    pub(super) fn contents(&self, path: &str) -> Option<&[u8]> {
        self.contents.get(path).map(Vec::as_slice)
    }

    /// What is in a file that the plugin wrote.
    pub(super) fn written(&self, path: &str) -> Option<&[u8]> {
        if self.written.contains(path) { self.contents(path) } else { None }
    }

    /// Does what is asked for.
    pub(super) fn answer(&mut self, request: &FileRequest, body: &[u8]) -> Answered {
        let path = match request {
            FileRequest::Read { path }
            | FileRequest::Write { path, .. }
            | FileRequest::List { path }
            | FileRequest::Stat { path } => plain(path)?,
        };
        match request {
            FileRequest::Read { .. } => match self.contents(path) {
                Some(contents) => Ok((FileAnswer::Read, contents.to_vec())),
                None if self.is_folder(path) => Err(failed(path, "it is a folder")),
                None => Err(missing(path)),
            },
            FileRequest::Write { mode, .. } => {
                self.write(path, body, *mode)?;
                Ok((FileAnswer::Written, Vec::new()))
            }
            FileRequest::List { .. } => match self.is_folder(path) {
                true => Ok((FileAnswer::Entries(self.entries(path)), Vec::new())),
                false if self.contents.contains_key(path) => Err(failed(path, "it is no folder")),
                false => Err(missing(path)),
            },
            FileRequest::Stat { .. } => {
                let (kind, size) = match self.contents(path) {
                    Some(contents) => (FileKind::File, contents.len() as u64),
                    None if self.is_folder(path) => (FileKind::Folder, 0),
                    None => return Err(missing(path)),
                };
                Ok((FileAnswer::Stat(FileStat { kind, size, modified: None }), Vec::new()))
            }
        }
    }

    fn write(&mut self, path: &str, body: &[u8], mode: WriteMode) -> Result<(), HostCallError> {
        if self.is_folder(path) {
            return Err(failed(path, "it is a folder"));
        }
        let mut above = path;
        while let Some((folder, _)) = above.rsplit_once('/') {
            if self.contents.contains_key(folder) {
                // As where the folder is missing: there is no such place.
                let message = format!("{path}: {folder} is no folder");
                return Err(HostCallError::new(HostCallErrorKind::NotFound, message));
            }
            above = folder;
        }
        if mode == WriteMode::New && self.contents.contains_key(path) {
            return Err(failed(path, "it is there already"));
        }
        let contents = self.contents.entry(path.to_owned()).or_default();
        if matches!(mode, WriteMode::Replace | WriteMode::InPlace) {
            contents.clear();
        }
        contents.extend_from_slice(body);
        self.written.insert(path.to_owned());
        Ok(())
    }

    fn is_folder(&self, path: &str) -> bool {
        path == "/" || self.folders.contains(path) || self.paths().any(|known| beneath(known, path).is_some())
    }

    fn entries(&self, folder: &str) -> Vec<FolderEntry> {
        let mut kinds = BTreeMap::new();
        for known in self.paths() {
            let Some(rest) = beneath(known, folder) else { continue };
            let (name, is_above) = match rest.split_once('/') {
                Some((name, _)) => (name, true),
                None => (rest, false),
            };
            let is_folder = is_above || !self.contents.contains_key(known);
            kinds.insert(name, if is_folder { FileKind::Folder } else { FileKind::File });
        }
        kinds.into_iter().map(|(name, kind)| FolderEntry { name: name.to_owned(), kind }).collect()
    }

    fn paths(&self) -> impl Iterator<Item = &str> {
        self.contents.keys().chain(&self.folders).map(String::as_str)
    }
}

/// The way from a folder to a path that lies beneath it.
fn beneath<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(folder.trim_end_matches('/'))?.strip_prefix('/')?;
    Some(rest).filter(|rest| !rest.is_empty())
}

/// A path as hosts take them, so that a test finds what the sandbox would refuse.
pub(super) fn plain(path: &str) -> Result<&str, HostCallError> {
    let why = if !path.starts_with('/') {
        "a path begins with `/`"
    } else if path.contains("//") {
        "a path has no `//`"
    } else if path.split('/').any(|name| matches!(name, "." | "..")) {
        "a path has no `.` and no `..`"
    } else if path.chars().any(char::is_control) {
        "a path has no control characters"
    } else {
        return Ok(path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(path));
    };
    Err(HostCallError::new(HostCallErrorKind::Invalid, format!("{path:?}: {why}")))
}

fn missing(path: &str) -> HostCallError {
    let message =
        format!("{path}: there is no such file in this test; `FakeHost::file({path:?}, …)` gives one");
    HostCallError::new(HostCallErrorKind::NotFound, message)
}

fn failed(path: &str, why: &str) -> HostCallError {
    HostCallError::new(HostCallErrorKind::Failed, format!("{path}: {why}"))
}
