//! Files and folders.
//!
//! Only regular files are read and written, and none is waited for: a pipe, a device or a socket is refused. A file system that
//! hangs by itself (a network file system without its server) cannot be interrupted.
//!
//! # How files are written
//!
//! - `replace` writes a file of another name in the same folder, brings it to the disk, and renames it, so that readers see the old
//!   contents or the new ones. What the file has beside its contents stays ([`attributes`](crate::attributes)); where it cannot, and where no
//!   file can be renamed over it (a mount point), the call fails and the file is as it was.
//! - `in_place` overwrites the file where it is, for those that cannot be replaced. Readers may see a half, and what fails on the way leaves one.
//! - `append` and `new` write where the file is. What was written when the time ran out stays behind an append; a new file is removed.
//! - A file that is written loses set-user-ID and set-group-ID: what a plugin wrote does not run as another user.
//! - A symbolic link at the *end* of a path is not written through, even if it stays inside: renaming would replace the link, and a plugin that
//!   means the file can name it. Links on the way are followed as for reading.
//! - A new file has the permissions 0644 less the host's umask.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read, Write};
use std::time::UNIX_EPOCH;

use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::fs::{Dir, File, FileType, OpenOptions};
use driftless_permissions::{AbsolutePath, Access, PathPattern};
use driftless_plugin_api::host_call::{
    Capability, FileAnswer, FileKind, FileRequest, FileStat, FolderEntry, HostCallError, HostCallErrorKind,
    WriteMode,
};

use crate::attributes::{self, Existing};
use crate::roots::{OpenError, Roots, of_the_folder, regular};
use crate::{Task, denied, failed, invalid, may_not, missing};

/// The bytes between two looks at the clock.
const CHUNK: usize = 64 << 10;
/// The bytes of JSON around the name of an entry, about.
const ENTRY: usize = 32;

/// Does what a plugin asks for; the body is what was read.
pub(crate) fn answer(
    task: &Task<'_>,
    roots: &Roots,
    request: FileRequest,
    body: &[u8],
) -> Result<(FileAnswer, Vec<u8>), HostCallError> {
    let (verb, access, path) = match &request {
        FileRequest::Read { path } => ("read", Access::Read, path),
        FileRequest::Write { path, .. } => ("write", Access::Write, path),
        FileRequest::List { path } => ("list", Access::Read, path),
        FileRequest::Stat { path } => ("look at", Access::Read, path),
    };
    let path = AbsolutePath::parse(path).map_err(|error| invalid(error.to_string()))?;
    let what = What { task, verb, path: &path };
    task.grant.file(&path, access).map_err(|denial| {
        let entry = PathPattern { path: path.clone(), access };
        denied(&what.name(), denial, missing(Capability::File, entry))
    })?;
    task.deadline.check(&what.doing())?;
    let error = |error| what.error(error);
    Ok(match request {
        FileRequest::Read { .. } => {
            let (file, metadata) =
                roots.at(task.grant, &path, access, |location| location.open_file()).map_err(error)?;
            (FileAnswer::Read, what.read(file, metadata.len())?)
        }
        FileRequest::Write { mode, .. } => {
            let (folder, name) =
                roots.at(task.grant, &path, access, |location| location.parent()).map_err(error)?;
            what.write(&folder, &name, mode, body)?;
            (FileAnswer::Written, Vec::new())
        }
        FileRequest::List { .. } => {
            let folder =
                roots.at(task.grant, &path, access, |location| location.open_folder()).map_err(error)?;
            (FileAnswer::Entries(what.list(&folder)?), Vec::new())
        }
        FileRequest::Stat { .. } => {
            let metadata = roots.at(task.grant, &path, access, |location| location.stat()).map_err(error)?;
            let modified = metadata.modified().ok().map(cap_std::time::SystemTime::into_std);
            let modified = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            let stat = FileStat {
                kind: kind(metadata.file_type()),
                size: metadata.len(),
                modified: modified.map(|since| since.as_secs()),
            };
            (FileAnswer::Stat(stat), Vec::new())
        }
    })
}

/// What is done, for messages.
struct What<'a> {
    task: &'a Task<'a>,
    verb: &'static str,
    path: &'a AbsolutePath,
}

impl What<'_> {
    fn name(&self) -> String {
        format!("{} {}", self.verb, self.path)
    }

    fn doing(&self) -> String {
        format!("the wish to {} {}", self.verb, self.path)
    }

    fn error(&self, error: OpenError) -> HostCallError {
        let path = self.path;
        let may_not = |why: &str| may_not(&self.name(), why);
        match error {
            OpenError::Io(error) => self.io(&error),
            OpenError::Link => {
                may_not("there is a symbolic link where none is followed; name the file itself")
            }
            OpenError::Outside => may_not("a symbolic link leads out of the folder that is granted"),
            OpenError::Procfs => may_not(
                "it is one of the kernel's files about processes, which a folder does not include; grant it by its own path",
            ),
            OpenError::Process => {
                may_not("it is in the folder of a process, where each file has to be granted by its own path")
            }
            OpenError::NotRegular => failed(format!("{path} is neither a file nor a folder")),
            OpenError::Folder => failed(format!("{path} is a folder")),
        }
    }

    fn io(&self, error: &io::Error) -> HostCallError {
        let kind = match error.kind() {
            io::ErrorKind::NotFound => HostCallErrorKind::NotFound,
            io::ErrorKind::NotADirectory if self.verb != "list" => HostCallErrorKind::NotFound,
            _ => HostCallErrorKind::Failed,
        };
        HostCallError::new(kind, format!("cannot {} {}: {error}", self.verb, self.path))
    }

    /// Reads to the end: the size that the system tells is a hint, and files of the kernel say 0.
    fn read(&self, mut file: File, size: u64) -> Result<Vec<u8>, HostCallError> {
        let most = self.task.bytes;
        let too_long = || self.task.too_long(&self.path.to_string());
        let hint = usize::try_from(size).ok().filter(|size| *size <= most).ok_or_else(too_long)?;
        let mut contents = Vec::with_capacity(hint.min(1 << 20) + 1);
        let mut chunk = vec![0; CHUNK];
        loop {
            self.task.deadline.check(&self.doing())?;
            match file.read(&mut chunk) {
                Ok(0) => return Ok(contents),
                Ok(read) if contents.len() + read > most => return Err(too_long()),
                Ok(read) => contents.extend_from_slice(&chunk[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.io(&error)),
            }
        }
    }

    fn write(&self, folder: &Dir, name: &str, mode: WriteMode, body: &[u8]) -> Result<(), HostCallError> {
        let error = |error| self.error(error);
        match mode {
            WriteMode::Replace => {
                let existing = Existing::open(folder, name).map_err(error)?;
                let temporary =
                    Temporary::create(folder, existing.as_ref()).map_err(|error| match error {
                        OpenError::Io(io) if existing.is_some() && is_refused(&io) => {
                            self.not_replaceable(&format!("no other file can be made in its folder ({io})"))
                        }
                        other => self.error(other),
                    })?;
                self.write_all(&temporary.file, body)?;
                if let Some(existing) = &existing {
                    existing.keep_on(&temporary.file).map_err(|lost| {
                        self.not_replaceable(&format!("{} cannot be kept ({})", lost.what, lost.error))
                    })?;
                }
                temporary.put(name).map_err(|error| match error.kind() {
                    io::ErrorKind::ResourceBusy | io::ErrorKind::CrossesDevices => {
                        self.not_replaceable(&format!("something is mounted there ({error})"))
                    }
                    _ => self.io(&error),
                })
            }
            WriteMode::InPlace => {
                let file = self.open_to_write(folder, name, new_file().write(true))?;
                self.write_all(&file, body)?;
                file.set_len(body.len() as u64)
                    .and_then(|()| file.sync_all())
                    .map_err(|error| self.io(&error))
            }
            WriteMode::Append => {
                let file = self.open_to_write(folder, name, new_file().append(true))?;
                self.write_all(&file, body)
            }
            WriteMode::New => {
                let mut options = new_file();
                options.write(true).create_new(true);
                let file = folder.open_with(name, &options).map_err(|io| error(io.into()))?;
                self.write_all(&file, body)
                    .and_then(|()| file.sync_all().map_err(|error| self.io(&error)))
                    .inspect_err(|_| {
                        // What failed is told; a half that stays behind as well cannot be helped.
                        let _ = folder.remove_file(name);
                    })
            }
        }
    }

    /// Opens what is written where it is, and makes a file that is not there.
    fn open_to_write(
        &self,
        folder: &Dir,
        name: &str,
        options: &mut OpenOptions,
    ) -> Result<File, HostCallError> {
        let mut open = || -> Result<File, OpenError> {
            match folder.symlink_metadata(name) {
                Ok(metadata) => regular(&metadata)?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
            let file = folder.open_with(name, options.create(true).nonblock(true))?;
            regular(&file.metadata()?)?;
            of_the_folder(&file, folder)?;
            attributes::without_privileges(&file)?;
            Ok(file)
        };
        open().map_err(|error| self.error(error))
    }

    /// What is not written because the file would not be the same one, with the way that leaves it where it is.
    fn not_replaceable(&self, why: &str) -> HostCallError {
        let path = self.path;
        failed(format!("cannot replace {path}: {why}; `in_place` writes it where it is"))
    }

    fn write_all(&self, mut file: &File, body: &[u8]) -> Result<(), HostCallError> {
        for chunk in body.chunks(CHUNK) {
            self.task.deadline.check(&self.doing())?;
            file.write_all(chunk).map_err(|error| self.io(&error))?;
        }
        self.task.deadline.check(&self.doing()).map(drop)
    }

    /// The names in a folder, sorted by their bytes.
    fn list(&self, folder: &Dir) -> Result<Vec<FolderEntry>, HostCallError> {
        let mut names = BTreeMap::new();
        let mut size = 0;
        let entries = folder.entries().map_err(|error| self.io(&error))?;
        for entry in entries {
            self.task.deadline.check(&self.doing())?;
            let entry = entry.map_err(|error| self.io(&error))?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let kind = match entry.file_type() {
                Ok(file_type) => kind(file_type),
                // It went away meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(self.io(&error)),
            };
            size += name.len() + ENTRY;
            if size > self.task.bytes {
                return Err(self.task.too_long(&format!("the list of {}", self.path)));
            }
            names.insert(name, kind);
        }
        Ok(names.into_iter().map(|(name, kind)| FolderEntry { name, kind }).collect())
    }
}

/// Whether a folder takes no new file.
fn is_refused(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}

/// Options for a file that is perhaps made, with the permissions of a new file.
fn new_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.follow(FollowSymlinks::No);
    #[cfg(unix)]
    {
        use cap_std::fs::OpenOptionsExt;
        options.mode(0o644);
    }
    options
}

/// A file that is gone unless it was put in its place.
struct Temporary<'a> {
    folder: &'a Dir,
    name: String,
    file: File,
    is_put: bool,
}

impl<'a> Temporary<'a> {
    /// Makes one. No user may do more with what takes the place of another file than with that file, from the beginning.
    fn create(folder: &'a Dir, existing: Option<&Existing>) -> Result<Self, OpenError> {
        let mut options = new_file();
        options.write(true).create_new(true);
        #[cfg(unix)]
        if let Some(existing) = existing {
            use cap_std::fs::OpenOptionsExt;
            options.mode(existing.mode() & 0o600);
        }
        let _ = existing;
        let random = RandomState::new();
        for attempt in 0..100 {
            let name = format!(".driftless-{:016x}.tmp", random.hash_one(attempt));
            match folder.open_with(&name, &options) {
                Ok(file) => return Ok(Self { folder, name, file, is_put: false }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(OpenError::Io(io::ErrorKind::AlreadyExists.into()))
    }

    fn put(mut self, name: &str) -> io::Result<()> {
        self.file.sync_all()?;
        self.folder.rename(&self.name, self.folder, name)?;
        self.is_put = true;
        // The new name is on the disk a little later where a folder cannot be synchronised.
        if let Ok(folder) = self.folder.open(".") {
            let _ = folder.sync_all();
        }
        Ok(())
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if !self.is_put {
            let _ = self.folder.remove_file(&self.name);
        }
    }
}

fn kind(file_type: FileType) -> FileKind {
    if file_type.is_file() {
        FileKind::File
    } else if file_type.is_dir() {
        FileKind::Folder
    } else if file_type.is_symlink() {
        FileKind::Link
    } else {
        FileKind::Other
    }
}
