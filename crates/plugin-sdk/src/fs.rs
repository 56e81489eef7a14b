//! Files and folders of the machine on which the plugin runs.
//!
//! Every function here needs a permission for the path that it is given: the plugin asks for it with
//! `#[plugin(files("/etc/os-release", "/srv/app:rw"))]`, and its user grants it. A path covers all that lies beneath it; `:rw` behind it
//! is for what is written as well. Paths are absolute, have no `..` in them, and are UTF-8.
//!
//! ```
//! #[plugin_sdk::plugin(files("/etc/hostname"))]
//! mod names {
//!     use plugin_sdk::prelude::*;
//!
//!     /// What this machine is called.
//!     #[facts]
//!     fn hostname() -> Result<Value> {
//!         let name = fs::read_to_string("/etc/hostname")?;
//!         Ok(json!({"name": name.trim()}))
//!     }
//! }
//!
//! // Outside of the sandbox nothing of the machine is touched: a test says what there is.
//! use plugin_sdk::testing::{self, FakeHost};
//!
//! let _host = testing::host(FakeHost::new().file("/etc/hostname", "moon\n"));
//! assert_eq!(execute_facts_collector("hostname", "{}"), r#"{"name":"moon"}"#);
//! ```

use driftless_plugin_api::host_call::{FileAnswer, FileRequest, WriteMode};
pub use driftless_plugin_api::host_call::{FileKind, FileStat, FolderEntry};

use crate::{HostError, HostErrorKind, Result, request};

/// The contents of a file.
///
/// It needs the permission to read the file: `#[plugin(files("/srv/app"))]`.
///
/// ```
/// # use plugin_sdk::testing::{self, FakeHost};
/// # let _host = testing::host(FakeHost::new().file("/srv/app/logo.png", b"\x89PNG"));
/// use plugin_sdk::fs;
///
/// assert!(fs::read("/srv/app/logo.png")?.starts_with(b"\x89PNG"));
/// # Ok::<(), plugin_sdk::HostError>(())
/// ```
///
/// # Errors
///
/// Without the permission ([`Denied`](HostErrorKind::Denied)), where there is no such file ([`NotFound`](HostErrorKind::NotFound)), where it is
/// larger than an answer may be ([`Limit`](HostErrorKind::Limit)), or where it cannot be read.
pub fn read(path: impl AsRef<str>) -> Result<Vec<u8>, HostError> {
    match request::file(&FileRequest::Read { path: owned(path) }, &[])? {
        (FileAnswer::Read, contents) => Ok(contents),
        (other, _) => Err(unexpected(&other)),
    }
}

/// The contents of a file that is text.
///
/// It needs the permission to read the file: `#[plugin(files("/etc/hostname"))]`.
///
/// ```
/// # use plugin_sdk::testing::{self, FakeHost};
/// # let _host = testing::host(FakeHost::new().file("/etc/hostname", "moon\n"));
/// use plugin_sdk::fs;
///
/// assert_eq!(fs::read_to_string("/etc/hostname")?, "moon\n");
/// # Ok::<(), plugin_sdk::HostError>(())
/// ```
///
/// # Errors
///
/// As [`read`], and where it is not UTF-8.
pub fn read_to_string(path: impl AsRef<str>) -> Result<String, HostError> {
    let path = path.as_ref();
    String::from_utf8(read(path)?)
        .map_err(|_| HostError::new(HostErrorKind::Failed, format!("{path}: it is no text in UTF-8")))
}

/// Writes a file: what was in it goes, as soon as the new contents are there in full. A file that is not there is made.
///
/// It needs the permission to write the file: `#[plugin(files("/srv/app:rw"))]`.
///
/// ```
/// # use plugin_sdk::testing::{self, FakeHost};
/// # let host = testing::host(FakeHost::new());
/// use plugin_sdk::fs;
///
/// fs::write("/srv/app/motd", "Welcome\n")?;
/// # assert_eq!(host.written("/srv/app/motd").as_deref(), Some("Welcome\n"));
/// # Ok::<(), plugin_sdk::HostError>(())
/// ```
///
/// # Errors
///
/// Without the permission, where there is no folder for it, or where it cannot be written. A file that cannot be replaced and stay what it is
/// (with its owner and its access control list, or because something is mounted on it) is left as it is: [`write_in_place`] writes it.
pub fn write(path: impl AsRef<str>, contents: impl AsRef<[u8]>) -> Result<(), HostError> {
    put(path, contents, WriteMode::Replace)
}

/// Overwrites a file where it is, for one that cannot be replaced: readers may see a half, and what fails on the way leaves one. A file that is
/// not there is made.
///
/// It needs the permission to write the file: `#[plugin(files("/etc/hosts:rw"))]`.
///
/// ```
/// # use plugin_sdk::testing::{self, FakeHost};
/// # let host = testing::host(FakeHost::new().file("/etc/hosts", "127.0.0.1 localhost moon\n"));
/// use plugin_sdk::fs;
///
/// fs::write_in_place("/etc/hosts", "127.0.0.1 localhost\n")?;
/// # assert_eq!(host.written("/etc/hosts").as_deref(), Some("127.0.0.1 localhost\n"));
/// # Ok::<(), plugin_sdk::HostError>(())
/// ```
///
/// # Errors
///
/// Without the permission, where there is no folder for it, or where it cannot be written.
pub fn write_in_place(path: impl AsRef<str>, contents: impl AsRef<[u8]>) -> Result<(), HostError> {
    put(path, contents, WriteMode::InPlace)
}

/// Writes behind what is in a file. A file that is not there is made.
///
/// It needs the permission to write the file: `#[plugin(files("/srv/app:rw"))]`.
///
/// ```
/// # use plugin_sdk::testing::{self, FakeHost};
/// # let host = testing::host(FakeHost::new().file("/srv/app/journal", "one\n"));
/// use plugin_sdk::fs;
///
/// fs::append("/srv/app/journal", "two\n")?;
/// # assert_eq!(host.written("/srv/app/journal").as_deref(), Some("one\ntwo\n"));
/// # Ok::<(), plugin_sdk::HostError>(())
/// ```
///
/// # Errors
///
/// As [`write`](fn@write).
pub fn append(path: impl AsRef<str>, contents: impl AsRef<[u8]>) -> Result<(), HostError> {
    put(path, contents, WriteMode::Append)
}

/// Writes a file that must not be there yet.
///
/// It needs the permission to write the file: `#[plugin(files("/srv/app:rw"))]`.
///
/// ```
/// # use plugin_sdk::testing::{self, FakeHost};
/// # let _host = testing::host(FakeHost::new());
/// use plugin_sdk::fs;
///
/// fs::create_new("/srv/app/lock", "")?;
/// assert!(fs::create_new("/srv/app/lock", "").is_err());
/// # Ok::<(), plugin_sdk::HostError>(())
/// ```
///
/// # Errors
///
/// As [`write`](fn@write), and where there is such a file.
pub fn create_new(path: impl AsRef<str>, contents: impl AsRef<[u8]>) -> Result<(), HostError> {
    put(path, contents, WriteMode::New)
}

/// What is in a folder, by name. A symbolic link is listed as one, whatever it points at.
///
/// It needs the permission to read the folder: `#[plugin(files("/srv/app"))]`.
///
/// ```
/// # use plugin_sdk::testing::{self, FakeHost};
/// # let _host = testing::host(FakeHost::new().file("/srv/app/motd", "").file("/srv/app/log/today", ""));
/// use plugin_sdk::fs::{self, FileKind};
///
/// for entry in fs::list("/srv/app")? {
///     if entry.kind == FileKind::File {
///         assert_eq!(entry.name, "motd");
///     }
/// }
/// # Ok::<(), plugin_sdk::HostError>(())
/// ```
///
/// # Errors
///
/// Without the permission, where there is no such folder, or where it is none.
pub fn list(path: impl AsRef<str>) -> Result<Vec<FolderEntry>, HostError> {
    match request::file(&FileRequest::List { path: owned(path) }, &[])? {
        (FileAnswer::Entries(entries), _) => Ok(entries),
        (other, _) => Err(unexpected(&other)),
    }
}

/// What stands at a path: its kind, its size, and when its contents last changed.
///
/// It needs the permission to read it: `#[plugin(files("/srv/app"))]`.
///
/// ```
/// # use plugin_sdk::testing::{self, FakeHost};
/// # let _host = testing::host(FakeHost::new().file("/srv/app/motd", "Welcome\n"));
/// use plugin_sdk::fs::{self, FileKind};
///
/// let motd = fs::stat("/srv/app/motd")?;
/// assert_eq!((motd.kind, motd.size), (FileKind::File, 8));
/// # Ok::<(), plugin_sdk::HostError>(())
/// ```
///
/// # Errors
///
/// Without the permission, or where there is nothing.
pub fn stat(path: impl AsRef<str>) -> Result<FileStat, HostError> {
    match request::file(&FileRequest::Stat { path: owned(path) }, &[])? {
        (FileAnswer::Stat(stat), _) => Ok(stat),
        (other, _) => Err(unexpected(&other)),
    }
}

/// Whether there is anything at a path.
///
/// It needs the permission to read it: `#[plugin(files("/srv/app"))]`.
///
/// ```
/// # use plugin_sdk::testing::{self, FakeHost};
/// # let _host = testing::host(FakeHost::new().file("/srv/app/motd", ""));
/// use plugin_sdk::fs;
///
/// assert!(fs::exists("/srv/app/motd")?);
/// assert!(!fs::exists("/srv/app/news")?);
/// # Ok::<(), plugin_sdk::HostError>(())
/// ```
///
/// # Errors
///
/// Without the permission, and when the path cannot be looked at.
pub fn exists(path: impl AsRef<str>) -> Result<bool, HostError> {
    match stat(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == HostErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn put(path: impl AsRef<str>, contents: impl AsRef<[u8]>, mode: WriteMode) -> Result<(), HostError> {
    match request::file(&FileRequest::Write { path: owned(path), mode }, contents.as_ref())? {
        (FileAnswer::Written, _) => Ok(()),
        (other, _) => Err(unexpected(&other)),
    }
}

fn owned(path: impl AsRef<str>) -> String {
    path.as_ref().to_owned()
}

fn unexpected(answer: &FileAnswer) -> HostError {
    let what = match answer {
        FileAnswer::Read => "contents",
        FileAnswer::Written => "that it is written",
        FileAnswer::Entries(_) => "a list",
        FileAnswer::Stat(_) => "what it is",
    };
    HostError::new(HostErrorKind::Failed, format!("the host answered something else: {what}"))
}
