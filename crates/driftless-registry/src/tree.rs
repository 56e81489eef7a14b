//! A registry as a tree of files: whatever can hand out a file by its path can be one.

use std::io::{self, Read};
use std::path::PathBuf;

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

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
