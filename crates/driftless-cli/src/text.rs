//! Files that are read as text.

use std::io;
use std::path::Path;
use std::time::Duration;

use crate::failure::{Failure, unreadable};

/// The bytes of the largest document; what is larger was not written by hand.
const MAX_BYTES: u64 = 64 << 20;

/// How long a pipe has to get a writer. A shell that starts two programs at once starts one of them first.
const WRITER_PATIENCE: Duration = Duration::from_secs(2);

/// Reads a document: a regular file.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    text(path, driftless_files::read_regular(path, MAX_BYTES))
}

/// Reads what may come from another program as well, like `<(…)` in a shell: a pipe is read until its writers are done, if it has any.
pub(crate) fn read_stream(path: &Path) -> Result<String, Failure> {
    text(path, driftless_files::read_stream(path, MAX_BYTES, WRITER_PATIENCE))
}

/// Reads standard input to its end.
pub(crate) fn read_stdin() -> Result<String, Failure> {
    text("standard input".as_ref(), driftless_files::read_bounded(io::stdin(), MAX_BYTES))
}

fn text(path: &Path, read: io::Result<Vec<u8>>) -> Result<String, Failure> {
    let text = read.and_then(|bytes| {
        String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    });
    text.map_err(|error| unreadable(path, &error))
}
