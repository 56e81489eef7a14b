//! What tells one file from all others, whatever it is called.

use std::fs::Metadata;
use std::path::Path;

/// The identity of a regular file: of pipes and devices, any number of readers and writers may use the same one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileId(Inner);

#[cfg(unix)]
type Inner = (u64, u64);
/// Elsewhere the path stands for the file.
#[cfg(not(unix))]
type Inner = std::path::PathBuf;

impl FileId {
    /// Of the file that a path leads to; `None` where there is no regular file yet.
    pub(crate) fn of_path(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        Self::new(path, &metadata)
    }

    /// Of an open file, by its metadata.
    #[cfg(unix)]
    pub(crate) fn new(_path: &Path, metadata: &Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        metadata.is_file().then(|| Self((metadata.dev(), metadata.ino())))
    }

    /// Of an open file, by its path.
    #[cfg(not(unix))]
    pub(crate) fn new(path: &Path, metadata: &Metadata) -> Option<Self> {
        metadata.is_file().then(|| std::fs::canonicalize(path).ok().map(Self)).flatten()
    }

    /// Of what standard input is, where that is a regular file.
    pub(crate) fn of_stdin() -> Option<Self> {
        #[cfg(unix)]
        return Self::of_stream(std::io::stdin());
        #[cfg(not(unix))]
        None
    }

    /// Of what standard output is, where that is a regular file.
    pub(crate) fn of_stdout() -> Option<Self> {
        #[cfg(unix)]
        return Self::of_stream(std::io::stdout());
        #[cfg(not(unix))]
        None
    }

    #[cfg(unix)]
    fn of_stream(stream: impl std::os::fd::AsFd) -> Option<Self> {
        let file = std::fs::File::from(stream.as_fd().try_clone_to_owned().ok()?);
        Self::new(Path::new(""), &file.metadata().ok()?)
    }
}
