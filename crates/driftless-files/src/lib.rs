//! Reads files whose path the program did not choose: regular files only, up to a bound.
//!
//! A path may name a pipe, which has no end and may not even open, a device, or a file with more bytes than there is memory. [`read_regular`]
//! says so at once, instead of waiting or running out of memory. [`read_stream`] is for what a user names and may well be a pipe. [`replace`] writes
//! a file as a whole.

mod replace;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;
#[cfg(unix)]
use std::time::Instant;

pub use replace::{NewFile, Readers, replace};

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

/// Opens a regular file to be read.
///
/// # Errors
///
/// When it cannot be opened, or is not a regular file.
pub fn open_regular(path: &Path) -> io::Result<File> {
    let file = without_waiting(&mut OpenOptions::new()).read(true).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
    }
    Ok(file)
}

/// [`read_regular`] for a file that is open already. It has to be opened [without waiting](without_waiting).
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
    if metadata.len() > max_bytes {
        return Err(too_large(max_bytes));
    }
    let mut bytes = Vec::new();
    let length = usize::try_from(metadata.len()).map_err(|_| too_large(max_bytes))?;
    bytes.try_reserve_exact(length)?;
    // The length that the system tells may be out of date, so the reading itself is bounded.
    read_to_bound(&mut file, bytes, max_bytes)
}

/// Reads a regular file, or a pipe or device to its end. A named pipe without a writer has `timeout` to get one.
///
/// # Errors
///
/// When it cannot be read, is a folder ([`IsADirectory`](io::ErrorKind::IsADirectory)) or a pipe without a writer
/// ([`InvalidInput`](io::ErrorKind::InvalidInput)), or has more than `max_bytes` ([`FileTooLarge`](io::ErrorKind::FileTooLarge)).
pub fn read_stream(path: &Path, max_bytes: u64, timeout: Duration) -> io::Result<Vec<u8>> {
    let file = without_waiting(&mut OpenOptions::new()).read(true).open(path)?;
    let kind = file.metadata()?.file_type();
    if kind.is_file() || kind.is_dir() {
        return read_opened(&file, max_bytes);
    }
    let begun = begin_to_read(&file, timeout)?;
    read_to_bound(&mut &file, begun, max_bytes)
}

/// Reads to the end.
///
/// # Errors
///
/// When it cannot be read, or has more than `max_bytes` ([`FileTooLarge`](io::ErrorKind::FileTooLarge)).
pub fn read_bounded(mut from: impl Read, max_bytes: u64) -> io::Result<Vec<u8>> {
    read_to_bound(&mut from, Vec::new(), max_bytes)
}

/// Reads to the end, behind what was read already.
fn read_to_bound(from: &mut impl Read, mut bytes: Vec<u8>, max_bytes: u64) -> io::Result<Vec<u8>> {
    let left = max_bytes.saturating_add(1).saturating_sub(bytes.len() as u64);
    from.take(left).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max_bytes {
        return Err(too_large(max_bytes));
    }
    Ok(bytes)
}

fn too_large(max_bytes: u64) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, format!("the file has more than {max_bytes} bytes"))
}

/// Lets a file that was opened without waiting wait from now on, once it has a writer. Returns what was read meanwhile.
#[cfg(unix)]
fn begin_to_read(mut file: &File, timeout: Duration) -> io::Result<Vec<u8>> {
    use std::os::unix::fs::FileTypeExt;

    if !file.metadata()?.file_type().is_fifo() {
        return wait_from_now_on(file).map(|()| Vec::new());
    }
    let begun = Instant::now();
    let mut bytes = vec![0; 4096];
    loop {
        match file.read(&mut bytes) {
            // The writers are done.
            Ok(0) if has_had_writer(file) => break,
            Ok(0) if begun.elapsed() >= timeout => {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "this pipe has no writer"));
            }
            Ok(0) => std::thread::sleep(LOOK_AGAIN),
            Ok(read) => {
                bytes.truncate(read);
                return wait_from_now_on(file).map(|()| bytes);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    wait_from_now_on(file).map(|()| Vec::new())
}

/// How soon a pipe without a writer is looked at again.
#[cfg(unix)]
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Whether a pipe that has none has had a writer since it was opened, or ever, where it has no name.
#[cfg(unix)]
fn has_had_writer(file: &File) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let mut watched = [PollFd::new(file, PollFlags::IN)];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut watched, Some(&at_once)).is_ok() && watched[0].revents().contains(PollFlags::HUP)
}

#[cfg(unix)]
fn wait_from_now_on(file: &File) -> io::Result<()> {
    let flags = rustix::fs::fcntl_getfl(file)?;
    Ok(rustix::fs::fcntl_setfl(file, flags - rustix::fs::OFlags::NONBLOCK)?)
}

/// There are no pipes with a name here.
#[cfg(not(unix))]
fn begin_to_read(_: &File, _: Duration) -> io::Result<Vec<u8>> {
    Ok(Vec::new())
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

/// Opens no file through a link in its last place, and no pipe that would have to be waited for.
#[cfg(unix)]
pub fn without_following(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOFOLLOW;
    options.custom_flags(flags.bits() as i32)
}

/// Opens no file through a link in its last place. The flag is that of Windows for opening the link itself.
#[cfg(windows)]
pub fn without_following(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::windows::fs::OpenOptionsExt;
    const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
    options.custom_flags(FILE_FLAG_OPEN_REPARSE_POINT)
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
    fn pipe_in(folder: &Path) -> PathBuf {
        let path = folder.join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        path
    }

    #[cfg(unix)]
    #[test]
    fn a_stream_ends_when_its_writers_are_done_and_needs_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = pipe_in(folder.path());
        let read = |timeout| read_stream(&path, 10, Duration::from_millis(timeout));
        let error = read(20).unwrap_err();
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (io::ErrorKind::InvalidInput, "this pipe has no writer")
        );
        for (parts, expected) in
            [(&["one ", "two"][..], Some("one two")), (&[], Some("")), (&["more than ", "ten"], None)]
        {
            let (to, parts) = (path.clone(), parts.to_vec());
            let writer = std::thread::spawn(move || {
                use std::io::Write;
                let mut pipe = OpenOptions::new().write(true).open(to).unwrap();
                for part in parts {
                    std::thread::sleep(Duration::from_millis(20));
                    // The reader may have had enough.
                    let _ = pipe.write_all(part.as_bytes());
                }
            });
            match expected {
                Some(expected) => assert_eq!(read(20_000).unwrap(), expected.as_bytes()),
                None => assert_eq!(read(20_000).unwrap_err().kind(), io::ErrorKind::FileTooLarge),
            }
            writer.join().unwrap();
        }
        assert_eq!(
            read_stream(folder.path(), 10, Duration::ZERO).unwrap_err().kind(),
            io::ErrorKind::IsADirectory
        );
        let endless = read_stream("/dev/zero".as_ref(), 10, Duration::ZERO).unwrap_err();
        assert_eq!(endless.kind(), io::ErrorKind::FileTooLarge);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_without_a_writer_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = pipe_in(folder.path());
        assert_eq!(read_regular(&path, 4).unwrap_err().to_string(), "it is no regular file");
    }
}
