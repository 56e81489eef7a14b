//! Where a granted path leads, held open.
//!
//! Each granted path is opened once, as the handle of a folder; what a plugin asks for is resolved beneath that handle, one way only:
//!
//! 1. Symbolic links on the way to the *granted* path are followed when the grant is opened: they are the user's word.
//! 2. What was not there at that time is walked to later, name by name, and no link is followed.
//! 3. Beneath the granted folder links are followed as long as they stay inside, which the kernel checks while it resolves
//!    (`openat2` with `RESOLVE_BENEATH`, through cap-std). An absolute link that leads back inside is read once more, as the plain path
//!    that it means, and that path is walked without following links.
//! 4. Where the manifest asks for less than is granted, the folder of the manifest is a boundary as well.
//! 5. A procfs is closed to grants of folders outside of it, and the folders of processes (`/proc/self` and the like) to all grants but those
//!    of the exact file: they hold the host's own environment and memory. Within a procfs no link is followed at all.
//!
//! Hard links are not links in this sense: a file that has a name in a granted folder is part of it. A user who can make one there can
//! read the file anyway, where the kernel protects hard links (`fs.protected_hardlinks`).

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, Metadata, OpenOptions};
use driftless_permissions::{AbsolutePath, Access, Grant, PathPattern};

/// All granted paths of a plugin, held open.
pub(crate) struct Roots(Vec<Root>);

/// One granted path.
struct Root {
    pattern: PathPattern,
    place: io::Result<Base>,
}

/// The deepest folder on the way to a granted path that was there, and the way on from it.
struct Base {
    folder: Dir,
    tail: Vec<String>,
    procfs: Procfs,
}

/// Where a folder lies, seen from the kernel's files about processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Procfs {
    /// On another file system.
    Elsewhere,
    /// It is the root of a procfs.
    Root,
    /// In a procfs, outside the folders of processes.
    System,
    /// In the folder of a process, or it could not be found out.
    Process,
}

/// Why something was not opened.
#[derive(Debug)]
pub(crate) enum OpenError {
    /// The system says no.
    Io(io::Error),
    /// A symbolic link stands where none is followed.
    Link,
    /// A link leads out of what is granted.
    Outside,
    /// It is a file of the kernel about processes, and the grant is not.
    Procfs,
    /// It is in the folder of a process, and not granted by its own path.
    Process,
    /// It is a device, a pipe, a socket.
    NotRegular,
    /// It is a folder, where a file is meant.
    Folder,
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        // cap-std reports an escape by an error of its own, which has no number.
        if error.kind() == io::ErrorKind::PermissionDenied && error.raw_os_error().is_none() {
            return Self::Outside;
        }
        // ELOOP is said of the links that the kernel makes up (`/proc/self/root`) as well.
        #[cfg(unix)]
        if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) {
            return Self::Link;
        }
        Self::Io(error)
    }
}

impl Roots {
    /// Opens what is granted.
    pub(crate) fn open(grant: &Grant) -> Self {
        let mut patterns = grant.granted().files().to_vec();
        // The most specific first; of one path given twice, the one that allows more.
        patterns.sort_by(|one, other| {
            let depth = |pattern: &PathPattern| pattern.path.names().count();
            depth(other).cmp(&depth(one)).then(other.access.cmp(&one.access))
        });
        let root = |pattern: PathPattern| Root { place: Base::find(&pattern.path), pattern };
        Self(patterns.into_iter().map(root).collect())
    }

    /// Opens something at a path that the grant covers: beneath the most specific granted path that works.
    ///
    /// # Errors
    ///
    /// What stood in the way the first time.
    pub(crate) fn at<T>(
        &self,
        grant: &Grant,
        path: &AbsolutePath,
        access: Access,
        open: impl Fn(Location) -> Result<T, OpenError>,
    ) -> Result<T, OpenError> {
        let mut asked: Vec<_> =
            grant.requested().files().iter().filter(|pattern| pattern.covers(path, access)).collect();
        asked.sort_by_key(|pattern| std::cmp::Reverse(pattern.path.names().count()));
        let mut first = None;
        for root in self.0.iter().filter(|root| root.pattern.covers(path, access)) {
            for asked in &asked {
                match root.location(&asked.path, path).and_then(&open) {
                    Ok(opened) => return Ok(opened),
                    Err(error) => first = first.or(Some(error)),
                }
            }
        }
        Err(first.unwrap_or_else(|| OpenError::Io(io::ErrorKind::NotFound.into())))
    }
}

impl Base {
    /// Follows a granted path as far as it goes. This alone resolves a path without a handle to hold on to.
    fn find(path: &AbsolutePath) -> io::Result<Self> {
        let mut there = PathBuf::from(path.as_str());
        let mut tail = Vec::new();
        let step = |there: &mut PathBuf, tail: &mut Vec<String>| {
            // The path is text, and every name of it is.
            let name = there.file_name().and_then(|name| name.to_str()).map(str::to_owned);
            tail.extend(name);
            there.pop()
        };
        let mut real = loop {
            match fs::canonicalize(&there) {
                Ok(real) => break real,
                Err(error) if is_missing(&error) => {
                    if !step(&mut there, &mut tail) {
                        return Err(error);
                    }
                }
                Err(error) => return Err(error),
            }
        };
        if !fs::metadata(&real)?.is_dir() {
            // A file, or something that is refused when it is opened: known by its folder and its real name.
            let name = real.file_name().and_then(|name| name.to_str()).map(str::to_owned);
            let Some(name) = name else {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "its real name is not UTF-8"));
            };
            tail.push(name);
            real.pop();
        }
        tail.reverse();
        let folder = Dir::open_ambient_dir(&real, ambient_authority())?;
        let procfs = procfs::place(&folder, &real)?;
        Ok(Self { folder, tail, procfs })
    }
}

impl Root {
    /// The location of a path, as far as links and procfs can be judged before it is opened.
    fn location(&self, asked: &AbsolutePath, path: &AbsolutePath) -> Result<Location, OpenError> {
        let place = match &self.place {
            Ok(place) => place,
            Err(error) => return Err(OpenError::Io(same_error(error))),
        };
        let granted = &self.pattern.path;
        // The deeper of the two is the boundary; both cover the path, so one lies beneath the other.
        let boundary = if asked.beneath(granted).is_some() { asked } else { granted };
        let inward = boundary.beneath(granted).unwrap_or_default();
        let rest = path.beneath(boundary).unwrap_or_default();
        let exact = path == granted;

        if place.procfs != Procfs::Elsewhere {
            let names: Vec<&str> =
                place.tail.iter().map(String::as_str).chain(split(inward)).chain(split(rest)).collect();
            let in_process = match place.procfs {
                Procfs::Process => true,
                Procfs::Root => names.first().is_some_and(|name| is_process(name)),
                Procfs::System | Procfs::Elsewhere => false,
            };
            if in_process && !exact {
                return Err(OpenError::Process);
            }
            return Location::plain(&place.folder, &names, true, in_process);
        }
        if inward.is_empty() && rest.is_empty() {
            let tail: Vec<&str> = place.tail.iter().map(String::as_str).collect();
            return Location::plain(&place.folder, &tail, false, false);
        }
        let tail: Vec<&str> = place.tail.iter().map(String::as_str).collect();
        let folder = walk(&place.folder, &tail)?;
        let location = |folder, relative: &str, base: &AbsolutePath| Location {
            folder,
            relative: relative.into(),
            base: Some((base.as_str().into(), path.as_str().into())),
            on_procfs: false,
            files_only: false,
        };
        if inward.is_empty() {
            return Ok(location(folder, rest, granted));
        }
        if rest.is_empty() {
            return Ok(location(folder, inward, granted));
        }
        let mut way = location(folder, inward, granted);
        way.base = Some((granted.as_str().into(), boundary.as_str().into()));
        Ok(location(way.open_folder()?, rest, boundary))
    }
}

/// A path beneath an open folder, and how it may be followed.
pub(crate) struct Location {
    folder: Dir,
    /// `.`, or names.
    relative: PathBuf,
    /// Where links inside are followed: the paths of the folder and of the location, by which an absolute link can be read.
    base: Option<(PathBuf, PathBuf)>,
    /// Whether the grant itself lies in a procfs.
    on_procfs: bool,
    /// Whether a folder must not be opened here.
    files_only: bool,
}

impl Location {
    /// A location at the end of names that must not be links.
    fn plain(folder: &Dir, names: &[&str], on_procfs: bool, files_only: bool) -> Result<Self, OpenError> {
        let (folder, relative) = match names.split_last() {
            None => (folder.try_clone()?, "."),
            Some((last, way)) => (walk(folder, way)?, *last),
        };
        Ok(Self { folder, relative: relative.into(), base: None, on_procfs, files_only })
    }

    /// Opens a regular file to read it, without waiting for another process.
    pub(crate) fn open_file(self) -> Result<(File, Metadata), OpenError> {
        // Opening a device can do something by itself, so a look comes first; what counts is what was opened.
        let location = self.settled()?;
        regular(&location.look()?)?;
        let file = location.folder.open_with(&location.relative, &location.options())?;
        location.allowed(&file)?;
        let metadata = file.metadata()?;
        regular(&metadata)?;
        Ok((file, metadata))
    }

    /// Opens a folder.
    pub(crate) fn open_folder(self) -> Result<Dir, OpenError> {
        if self.files_only {
            return Err(OpenError::Process);
        }
        let location = self.settled()?;
        let folder = if location.base.is_some() || location.is_folder_itself() {
            location.folder.open_dir(&location.relative)
        } else {
            location.look()?;
            location.folder.open_dir_nofollow(&location.relative)
        }?;
        location.allowed(&folder)?;
        Ok(folder)
    }

    /// What is there.
    pub(crate) fn stat(self) -> Result<Metadata, OpenError> {
        let location = self.settled()?;
        let metadata = location.look()?;
        if location.files_only {
            regular(&metadata)?;
        }
        Ok(metadata)
    }

    /// The folder that a file to write is in, and the file's name. The name is not followed if it is a link.
    pub(crate) fn parent(self) -> Result<(Dir, String), OpenError> {
        if self.is_folder_itself() {
            return Err(OpenError::Folder);
        }
        let name = self.relative.file_name().and_then(|name| name.to_str()).map(str::to_owned);
        let Some(name) = name else {
            return Err(OpenError::Folder);
        };
        let upwards = |path: &Path| path.parent().map(Path::to_path_buf);
        let way = upwards(&self.relative).filter(|way| !way.as_os_str().is_empty());
        let on_procfs = self.on_procfs;
        let folder = match way {
            None => self.folder,
            Some(relative) => {
                let base = self.base.and_then(|(base, path)| Some((base, upwards(&path)?)));
                Self { folder: self.folder, relative, base, on_procfs, files_only: false }.open_folder()?
            }
        };
        if !on_procfs && procfs::is_on(&folder)? {
            return Err(OpenError::Procfs);
        }
        Ok((folder, name))
    }

    fn is_folder_itself(&self) -> bool {
        self.relative.as_os_str() == "."
    }

    fn options(&self) -> OpenOptions {
        let mut options = OpenOptions::new();
        options.read(true).nonblock(true);
        if self.base.is_none() {
            options.follow(FollowSymlinks::No);
        }
        options
    }

    /// Looks without opening: no device notices.
    #[cfg(target_os = "linux")]
    fn look(&self) -> Result<Metadata, OpenError> {
        use cap_std::fs::OpenOptionsExt;

        let mut options = self.options();
        // A handle that can do nothing but be looked at.
        options.nonblock(false).custom_flags(rustix::fs::OFlags::PATH.bits().cast_signed());
        let handle = self.folder.open_with(&self.relative, &options)?;
        self.allowed(&handle)?;
        let metadata = handle.metadata()?;
        if metadata.is_symlink() { Err(OpenError::Link) } else { Ok(metadata) }
    }

    /// Looks without opening: no device notices.
    #[cfg(not(target_os = "linux"))]
    fn look(&self) -> Result<Metadata, OpenError> {
        if self.base.is_some() {
            return Ok(self.folder.metadata(&self.relative)?);
        }
        let metadata = self.folder.symlink_metadata(&self.relative)?;
        if metadata.is_symlink() { Err(OpenError::Link) } else { Ok(metadata) }
    }

    /// The same location, with absolute links read as the plain path that they mean, where that lies inside.
    ///
    /// The path is resolved without a handle for that, and what comes out is only a guess at names: they are walked beneath the
    /// handle, without following links, so a link that changes meanwhile leads nowhere.
    fn settled(self) -> Result<Self, OpenError> {
        let Some((base, path)) = &self.base else {
            return Ok(self);
        };
        match self.folder.metadata(&self.relative).map_err(OpenError::from) {
            Err(OpenError::Outside) => {}
            // Whatever else is wrong is told by the operation.
            _ => return Ok(self),
        }
        // Whatever is wrong out there is not told: a plugin would learn which files this machine has.
        let outside = |_: io::Error| OpenError::Outside;
        let base = fs::canonicalize(base).map_err(outside)?;
        let real = fs::canonicalize(path).map_err(outside)?;
        let names: Option<Vec<&str>> = real
            .strip_prefix(&base)
            .map_err(|_| OpenError::Outside)?
            .components()
            .map(|component| match component {
                Component::Normal(name) => name.to_str(),
                _ => None,
            })
            .collect();
        let names = names.ok_or(OpenError::Outside)?;
        Self::plain(&self.folder, &names, self.on_procfs, self.files_only)
    }

    /// Whether something that was opened here may be used.
    fn allowed(&self, opened: &impl Handle) -> Result<(), OpenError> {
        if !self.on_procfs && procfs::is_on(opened)? {
            return Err(OpenError::Procfs);
        }
        Ok(())
    }
}

/// Something open.
#[cfg(unix)]
pub(crate) trait Handle: std::os::fd::AsFd {}
#[cfg(unix)]
impl<T: std::os::fd::AsFd> Handle for T {}
/// Something open.
#[cfg(not(unix))]
pub(crate) trait Handle {}
#[cfg(not(unix))]
impl<T> Handle for T {}

/// A regular file, and nothing that blocks or acts.
pub(crate) fn regular(metadata: &Metadata) -> Result<(), OpenError> {
    if metadata.is_file() {
        Ok(())
    } else if metadata.is_dir() {
        Err(OpenError::Folder)
    } else if metadata.is_symlink() {
        Err(OpenError::Link)
    } else {
        Err(OpenError::NotRegular)
    }
}

/// A file that was opened to write in a folder that may be written: one of the kernel's about processes can be mounted there.
pub(crate) fn of_the_folder(file: &impl Handle, folder: &impl Handle) -> Result<(), OpenError> {
    if procfs::is_on(file)? && !procfs::is_on(folder)? { Err(OpenError::Procfs) } else { Ok(()) }
}

/// Goes from folder to folder by names that must not be links.
fn walk(folder: &Dir, names: &[&str]) -> Result<Dir, OpenError> {
    let mut here = folder.try_clone()?;
    for name in names {
        here = match here.open_dir_nofollow(name) {
            Ok(next) => next,
            Err(error) => {
                let link = here.symlink_metadata(name).is_ok_and(|metadata| metadata.is_symlink());
                return Err(if link { OpenError::Link } else { error.into() });
            }
        };
    }
    Ok(here)
}

fn split(relative: &str) -> impl Iterator<Item = &str> {
    relative.split('/').filter(|name| !name.is_empty())
}

/// Whether a name in the root of a procfs is the folder of a process, or a link to one.
fn is_process(name: &str) -> bool {
    matches!(name, "self" | "thread-self") || name.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// An error that was kept, once more.
fn same_error(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(number) => io::Error::from_raw_os_error(number),
        None => io::Error::other(error.to_string()),
    }
}

/// The kernel's files about processes.
#[cfg(target_os = "linux")]
mod procfs {
    use std::fs;
    use std::io;
    use std::os::fd::AsFd;
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;

    use rustix::fs::{PROC_SUPER_MAGIC, fstatfs};

    use super::{Procfs, is_process};

    /// The inode of the root of every procfs (`PROC_ROOT_INO` in the kernel).
    const ROOT: u64 = 1;

    pub(super) fn is_on(handle: &impl AsFd) -> io::Result<bool> {
        Ok(fstatfs(handle)?.f_type == PROC_SUPER_MAGIC)
    }

    /// Where a folder of this real path lies. What cannot be told counts as the folder of a process.
    pub(super) fn place(folder: &impl AsFd, real: &Path) -> io::Result<Procfs> {
        if !is_on(folder)? {
            return Ok(Procfs::Elsewhere);
        }
        for above in real.ancestors() {
            let opened = fs::File::open(above)?;
            if is_on(&opened)? && opened.metadata()?.ino() == ROOT {
                let way = real.strip_prefix(above).unwrap_or(real);
                return Ok(match way.iter().next() {
                    None => Procfs::Root,
                    Some(name) if is_process(&name.to_string_lossy()) => Procfs::Process,
                    Some(_) => Procfs::System,
                });
            }
        }
        // A part of a procfs that is mounted elsewhere.
        Ok(Procfs::Process)
    }
}

#[cfg(not(target_os = "linux"))]
mod procfs {
    use std::io;
    use std::path::Path;

    use super::Procfs;

    pub(super) fn is_on<T>(_: &T) -> io::Result<bool> {
        Ok(false)
    }

    pub(super) fn place<T>(_: &T, _: &Path) -> io::Result<Procfs> {
        Ok(Procfs::Elsewhere)
    }
}
