//! Reads files whose path the program did not choose: regular files only, up to a bound.
//!
//! A path may name a pipe, which has no end and may not even open, a device, or a file with more bytes than there is memory. [`read_regular`]
//! says so at once, instead of waiting or running out of memory.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Reads a regular file of at most `max_bytes`.
///
/// ```
/// let error = driftless_files::read_regular("/dev/zero".as_ref(), 1 << 20).unwrap_err();
/// assert_eq!(error.to_string(), "it is no regular file");
/// ```
///
/// # Errors
///
/// When it cannot be read, is not a regular file ([`IsADirectory`](io::ErrorKind::IsADirectory) or
/// [`InvalidInput`](io::ErrorKind::InvalidInput)), or has more bytes ([`FileTooLarge`](io::ErrorKind::FileTooLarge)).
pub fn read_regular(path: &Path, max_bytes: u64) -> io::Result<Vec<u8>> {
    read_opened(&without_waiting(&mut OpenOptions::new()).read(true).open(path)?, max_bytes)
}

/// The same for a file that is open already. It has to be opened [without waiting](without_waiting).
///
/// # Errors
///
/// As for [`read_regular`].
pub fn read_opened(mut file: &File, max_bytes: u64) -> io::Result<Vec<u8>> {
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder, not a file"));
    }
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
    }
    let too_large =
        || io::Error::new(io::ErrorKind::FileTooLarge, format!("the file has more than {max_bytes} bytes"));
    if metadata.len() > max_bytes {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    let length = usize::try_from(metadata.len()).map_err(|_| too_large())?;
    bytes.try_reserve_exact(length)?;
    // The length that the system tells may be out of date, so the reading itself is bounded.
    file.by_ref().take(max_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max_bytes {
        return Err(too_large());
    }
    Ok(bytes)
}

/// The regular files of a folder with this extension, in the order of their names. A folder that is not there has none.
///
/// # Errors
///
/// When the folder cannot be read.
pub fn list_regular(folder: &Path, extension: &str) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == extension) && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Opens a pipe without waiting for its other end. Regular files are read as ever.
#[cfg(unix)]
pub fn without_waiting(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32)
}

/// Opens a pipe without waiting for its other end. There are no such pipes here.
#[cfg(not(unix))]
pub fn without_waiting(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_bound() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "four").unwrap();
        assert_eq!(read_regular(&path, 4).unwrap(), b"four");
        assert_eq!(read_regular(&path, 3).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(read_regular(folder.path(), 4).unwrap_err().kind(), io::ErrorKind::IsADirectory);
    }

    #[test]
    fn a_sparse_file_is_no_reason_to_run_out_of_memory() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(1 << 40).unwrap();
        assert_eq!(read_regular(file.path(), 1 << 20).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn a_folder_has_regular_files_by_their_extension() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["b.wasm", "a.wasm", "notes.txt", "wasm"] {
            fs::write(path(name), name).unwrap();
        }
        fs::create_dir(path("folder.wasm")).unwrap();
        assert_eq!(list_regular(folder.path(), "wasm").unwrap(), [path("a.wasm"), path("b.wasm")]);
        assert!(list_regular(&path("missing"), "wasm").unwrap().is_empty());
        assert!(list_regular(&path("notes.txt"), "wasm").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_without_a_writer_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        assert_eq!(read_regular(&path, 4).unwrap_err().to_string(), "it is no regular file");
    }
}
