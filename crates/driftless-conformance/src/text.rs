//! The files of cases and of recordings, as text.

use std::io;
use std::path::Path;

/// A longer file is not read: no person has written it.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// Reads a regular file of bounded length.
pub(crate) fn read_text(path: &Path) -> io::Result<String> {
    let bytes = driftless_files::read_regular(path, MAX_FILE_BYTES)?;
    String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
}
