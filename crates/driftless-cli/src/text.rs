//! Files that are read as text.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::failure::{Failure, unreadable};

/// The bytes of the largest document; what is larger was not written by hand.
const MAX_BYTES: u64 = 64 << 20;

/// Reads a document: a regular file.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    let text = driftless_files::read_regular(path, MAX_BYTES).and_then(|bytes| {
        String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    });
    text.map_err(|error| unreadable(path, &error))
}

/// Reads what may come from another program as well, like `<(…)` in a shell: a pipe is waited for.
pub(crate) fn read_stream(path: &Path) -> Result<String, Failure> {
    let text = File::open(path).and_then(bounded);
    text.map_err(|error| unreadable(path, &error))
}

/// Reads standard input to its end.
pub(crate) fn read_stdin() -> Result<String, Failure> {
    bounded(io::stdin()).map_err(|error| unreadable("standard input".as_ref(), &error))
}

/// Reads to the end, unless that is too far away: a device has none.
fn bounded(from: impl Read) -> io::Result<String> {
    let mut text = String::new();
    from.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        let message = format!("it has more than {MAX_BYTES} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(text)
}
