//! A file that lines are appended to.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::config::Mode;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::file_id::FileId;

/// A file that lines are appended to, perhaps by several programs at once.
///
/// What is in it is never taken away. A write that ends in the middle of a line, because the disk is full, leaves a torn line, and whichever
/// pipeline writes next ends it with a newline, so that it spoils no other.
pub(crate) struct LineFile {
    path: PathBuf,
    file: File,
    regular: Option<Regular>,
}

/// What is known of an output that is a regular file.
struct Regular {
    id: FileId,
    /// To look at the last byte with; `None` where this user may write and not read.
    reader: Option<File>,
    /// The length after our last write.
    length: u64,
}

/// A length that no file has, so that the next write looks at what is there.
const UNKNOWN: u64 = u64::MAX;

impl LineFile {
    /// Opens a file, and makes it where there is none. What is in it stays until [`prepare`](Self::prepare). A pipe needs its reader already:
    /// nothing waits for one.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let failed = |source| failed(path, source);
        let file = open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        let regular = FileId::new(path, &metadata).map(|id| {
            let reader = File::open(path).ok().filter(|reader| {
                // Between the two, the name may have gone to another file.
                reader.metadata().is_ok_and(|read| FileId::new(path, &read).as_ref() == Some(&id))
            });
            Regular { id, reader, length: UNKNOWN }
        });
        Ok(Self { path: path.to_owned(), file, regular })
    }

    /// Which file it is; `None` for pipes and devices.
    pub(crate) fn id(&self) -> Option<&FileId> {
        self.regular.as_ref().map(|regular| &regular.id)
    }

    /// Takes away what is in it, where `mode` says so.
    pub(crate) fn prepare(&mut self, mode: Mode) -> Result<()> {
        if let (Mode::Replace, Some(_)) = (mode, &self.regular) {
            self.file.set_len(0).map_err(|source| failed(&self.path, source))?;
        }
        Ok(())
    }

    /// Appends whole lines. Returns what is to be told of a torn line that was there.
    pub(crate) fn write(&mut self, lines: &[u8]) -> Result<Option<Event>> {
        let torn = self.is_torn();
        let write = |file: &mut File| {
            if torn {
                file.write_all(b"\n")?;
            }
            file.write_all(lines)
        };
        let written = write(&mut self.file);
        if written.is_err() && self.is_torn() {
            // Where there is no room for this either, the next pipeline that writes to the file does it.
            let _ = self.file.write_all(b"\n");
        }
        if let Some(regular) = &mut self.regular {
            let length = self.file.metadata().map(|metadata| metadata.len());
            regular.length = length.ok().filter(|_| written.is_ok()).unwrap_or(UNKNOWN);
        }
        written.map_err(|source| failed(&self.path, source))?;
        Ok(torn.then(|| Event::TornLine { path: self.path.clone() }))
    }

    /// Whether the file ends in the middle of a line. Looks only where another program has written since.
    fn is_torn(&self) -> bool {
        let Some(Regular { reader: Some(reader), length, .. }) = &self.regular else { return false };
        let Ok(now) = reader.metadata().map(|metadata| metadata.len()) else { return false };
        now != *length && now > 0 && last_byte(reader, now).is_ok_and(|byte| byte != b'\n')
    }
}

/// Opens a file to append to.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
    use rustix::io::Errno;
    use std::os::unix::fs::OpenOptionsExt;
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let mut options = OpenOptions::new();
    options.create(true).append(true).custom_flags(flags.bits().cast_signed());
    let file = options.open(path).map_err(|error| match Errno::from_io_error(&error) {
        Some(Errno::NXIO) => {
            let message = "it is a pipe that nothing reads; start its reader first";
            io::Error::new(io::ErrorKind::NotConnected, message)
        }
        _ => error,
    })?;
    // From here on a reader that is slow is waited for.
    fcntl_setfl(&file, fcntl_getfl(&file)?.difference(OFlags::NONBLOCK))?;
    Ok(file)
}

/// Opens a file to append to.
#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

fn last_byte(mut file: &File, length: u64) -> io::Result<u8> {
    use std::io::{Read, Seek, SeekFrom};
    let mut byte = [0];
    file.seek(SeekFrom::Start(length - 1))?;
    file.read_exact(&mut byte)?;
    Ok(byte[0])
}

fn failed(path: &Path, source: io::Error) -> Error {
    Error::Output { what: path.display().to_string(), source }
}
