//! `lookup('file', …)` and `lookup('env', …)`.

use std::io;
use std::path::Path;

use minijinja::ErrorKind;

/// The largest file that `lookup('file', …)` reads.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// Reads what a template asks for.
pub(crate) fn lookup(kind: &str, name: &str) -> Result<String, minijinja::Error> {
    let failed = |why: String| {
        minijinja::Error::new(ErrorKind::InvalidOperation, format!("lookup('{kind}', '{name}'): {why}"))
    };
    match kind {
        "file" => read(name.as_ref()).map_err(|error| failed(error.to_string())),
        "env" => std::env::var(name).map_err(|error| failed(error.to_string())),
        other => Err(minijinja::Error::new(
            ErrorKind::InvalidOperation,
            format!("lookup('{other}', …): there are 'file' and 'env'"),
        )),
    }
}

/// The text of a regular file. A pipe is not waited for, and a device is not read to its end.
fn read(path: &Path) -> io::Result<String> {
    let bytes = driftless_files::read_regular(path, MAX_FILE_BYTES).map_err(|error| match error.kind() {
        io::ErrorKind::FileTooLarge => io::Error::new(error.kind(), "the file has more than 16 MiB"),
        _ => error,
    })?;
    String::from_utf8(bytes)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, format!("it is not text: {error}")))
}
