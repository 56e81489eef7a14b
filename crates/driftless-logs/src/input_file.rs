//! Opening a file that is read.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use crate::error::{Error, Result};
use crate::file_id::FileId;

/// A file that is open for reading.
#[derive(Debug)]
pub(crate) struct InputFile {
    pub(crate) file: File,
    /// A pipe or a device, which may have nothing to read for now.
    pub(crate) is_stream: bool,
}

impl InputFile {
    /// Opens a file, without waiting for a process that opens the other end of a pipe.
    ///
    /// # Errors
    ///
    /// When it cannot be opened, or is one of those that the same pipeline writes: every line would come back as another.
    pub(crate) fn open(path: &Path, written: &[FileId]) -> Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true);
        #[cfg(unix)]
        {
            use rustix::fs::OFlags;
            use std::os::unix::fs::OpenOptionsExt;
            options.custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed());
        }
        let file = options.open(path).map_err(|source| failed(path, source))?;
        let metadata = file.metadata().map_err(|source| failed(path, source))?;
        if FileId::new(path, &metadata).is_some_and(|id| written.contains(&id)) {
            return Err(reads_its_output(path));
        }
        let is_stream = !metadata.is_file() && !metadata.is_dir();
        Ok(Self { file, is_stream })
    }

    /// The same for a file that need not be there.
    pub(crate) fn open_if_there(path: &Path, written: &[FileId]) -> Result<Option<Self>> {
        match Self::open(path, written) {
            Err(Error::Input { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            opened => opened.map(Some),
        }
    }
}

/// A file that cannot be read.
pub(crate) fn failed(path: &Path, source: io::Error) -> Error {
    Error::Input { what: path.display().to_string(), source }
}

/// A file that one pipeline both reads and writes.
pub(crate) fn reads_its_output(path: &Path) -> Error {
    Error::impossible(path.display().to_string(), "the same pipeline cannot read it and write it")
}
