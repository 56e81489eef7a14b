//! A registry as a tree of files: whatever can hand out a file by its path can be one.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use driftless_files::Readers;

use crate::error::TreeError;

/// A tree of files.
pub trait Tree: Send + Sync {
    /// A small file as a whole; `None` where there is none.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or has more than `max_bytes`.
    fn read(&self, path: &str, max_bytes: u64) -> Result<Option<Vec<u8>>, TreeError>;

    /// Says that what was [read](Self::read) of a file was what it should be, so that it may take the place of an older copy.
    fn accept(&self, _path: &str) {}

    /// A large file, from byte `from` on or from its beginning; `None` where there is none.
    ///
    /// # Errors
    ///
    /// When it cannot be opened.
    fn open(&self, path: &str, from: u64) -> Result<Option<Opened>, TreeError>;

    /// Where it is, for people.
    fn place(&self) -> String;
}

/// A file that is read piece by piece.
pub struct Opened {
    /// The byte that comes first.
    pub from: u64,
    /// The bytes.
    pub reader: Box<dyn Read + Send>,
}

/// A tree of files that can be written.
///
/// What is read is written back only where it is still the same, or while no other process may write. So two that publish at once lose nothing.
pub trait WritableTree: Tree {
    /// Waits until no other process writes, and lets none until what is returned is dropped. `None` where [`put`](Self::put) alone sees to it that
    /// nothing is lost.
    ///
    /// # Errors
    ///
    /// When the tree cannot be written.
    fn exclusive(&self) -> Result<Option<File>, TreeError>;

    /// A file as it is now, and not as any copy has it; `None` where there is none.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or has more than `max_bytes`.
    fn current(&self, path: &str, max_bytes: u64) -> Result<Option<Versioned>, TreeError>;

    /// Writes a file, whole or not at all, where what is there is what was expected. Returns whether it was.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    fn put(&self, path: &str, bytes: &[u8], expected: Expected<'_>) -> Result<bool, TreeError>;
}

/// A file, with what tells its versions apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned {
    /// What is in it.
    pub bytes: Vec<u8>,
    /// What tells its versions apart; empty where [`WritableTree::exclusive`] lets no other be made.
    pub tag: String,
}

/// What has to be there for a file to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected<'a> {
    /// Nothing.
    Missing,
    /// The version with this tag.
    Tagged(&'a str),
    /// It does not matter: what is written is the only thing that can be right.
    Anything,
}

impl<T: Tree + ?Sized> Tree for &T {
    fn read(&self, path: &str, max_bytes: u64) -> Result<Option<Vec<u8>>, TreeError> {
        (**self).read(path, max_bytes)
    }

    fn accept(&self, path: &str) {
        (**self).accept(path);
    }

    fn open(&self, path: &str, from: u64) -> Result<Option<Opened>, TreeError> {
        (**self).open(path, from)
    }

    fn place(&self) -> String {
        (**self).place()
    }
}

/// A tree that is a folder.
#[derive(Clone, Debug)]
pub struct Folder(pub PathBuf);

impl Tree for Folder {
    fn read(&self, path: &str, max_bytes: u64) -> Result<Option<Vec<u8>>, TreeError> {
        let path = self.0.join(path);
        match driftless_files::read_regular(&path, max_bytes) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                Err(TreeError::TooLarge { what: path.display().to_string(), max_bytes })
            }
            Err(error) => Err(TreeError::Io(path.display().to_string(), error)),
        }
    }

    fn open(&self, path: &str, from: u64) -> Result<Option<Opened>, TreeError> {
        use std::io::Seek;
        let path = self.0.join(path);
        let opened = driftless_files::open_regular(&path).and_then(|mut file| {
            file.seek(io::SeekFrom::Start(from))?;
            Ok(Opened { from, reader: Box::new(file) })
        });
        match opened {
            Ok(opened) => Ok(Some(opened)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(TreeError::Io(path.display().to_string(), error)),
        }
    }

    fn place(&self) -> String {
        self.0.display().to_string()
    }
}

/// The file that is locked while a folder is written to.
const WRITING: &str = ".publishing";

impl WritableTree for Folder {
    fn exclusive(&self) -> Result<Option<File>, TreeError> {
        let path = self.0.join(WRITING);
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        let locked = driftless_files::without_following(&mut options).open(&path).and_then(|file| {
            file.lock()?;
            Ok(file)
        });
        locked.map(Some).map_err(|error| failed(&path, error))
    }

    fn current(&self, path: &str, max_bytes: u64) -> Result<Option<Versioned>, TreeError> {
        let bytes = self.read(path, max_bytes)?;
        Ok(bytes.map(|bytes| Versioned { bytes, tag: String::new() }))
    }

    fn put(&self, path: &str, bytes: &[u8], expected: Expected<'_>) -> Result<bool, TreeError> {
        let path = self.0.join(path);
        if expected == Expected::Missing && path.symlink_metadata().is_ok() {
            return Ok(false);
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
        }
        driftless_files::replace(&path, bytes, Readers::Umask).map_err(|error| failed(&path, error))?;
        Ok(true)
    }
}

fn failed(path: &Path, error: io::Error) -> TreeError {
    TreeError::Io(path.display().to_string(), error)
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
