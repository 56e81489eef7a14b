//! Files that are written as a whole.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Who may read a file that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Its owner alone.
    Owner,
    /// All whom the process's file mode creation mask leaves, as for any file that a person writes.
    Umask,
    /// The same, and no user may write it: for files that never change.
    Frozen,
}

/// Writes a file in the place of the one that is there, if any. A process that reads it meanwhile finds the old one or the new one, and so does
/// one that runs after the machine lost its power. The folder has to exist.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("motd");
/// driftless_files::replace(&path, b"welcome\n", driftless_files::Readers::Umask)?;
/// assert_eq!(std::fs::read(&path)?, b"welcome\n");
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// When it cannot be written. What was there is there still.
pub fn replace(path: &Path, contents: &[u8], readers: Readers) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let new = NewFile::read_by(folder.unwrap_or(Path::new(".")), readers)?;
    new.as_file().write_all(contents)?;
    new.put(path)
}

/// A file that is being written, beside the one in whose place it goes when it is whole. One that is not put there is removed.
#[derive(Debug)]
pub struct NewFile(tempfile::NamedTempFile);

impl NewFile {
    /// A new file in a folder, which has to exist. All may read it whom the process's file mode creation mask leaves.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub fn in_folder(folder: &Path) -> io::Result<Self> {
        Self::read_by(folder, Readers::Umask)
    }

    fn read_by(folder: &Path, readers: Readers) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        // Not the ending of the file itself, by which a program that lists the folder would take it for one of them.
        builder.prefix(".").suffix(".new");
        #[cfg(unix)]
        match readers {
            Readers::Owner => {}
            Readers::Umask => {
                builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
            }
            Readers::Frozen => {
                builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o444));
            }
        }
        builder.tempfile_in(folder).map(Self)
    }

    /// The file, to be written to.
    pub fn as_file(&self) -> &File {
        self.0.as_file()
    }

    /// Puts it in the place of the file that is there, if any, in the same folder.
    ///
    /// # Errors
    ///
    /// When it cannot be put there. What was there is there still.
    pub fn put(self, path: &Path) -> io::Result<()> {
        self.as_file().sync_all()?;
        self.0.persist(path)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        sync_folder(folder.unwrap_or(Path::new(".")))
    }
}

/// Lets the name of a file survive the machine's losing its power.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// The system sees to it.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        replace(&path, b"one", Readers::Umask).unwrap();
        replace(&path, b"two", Readers::Owner).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert!(replace(folder.path(), b"", Readers::Umask).is_err(), "a folder is not replaced");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn its_readers_are_those_that_were_asked_for() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        replace(&path, b"", Readers::Owner).unwrap();
        assert_eq!(mode(), 0o600);
        let ordinary = folder.path().join("ordinary");
        fs::write(&ordinary, "").unwrap();
        replace(&path, b"", Readers::Umask).unwrap();
        assert_eq!(mode(), fs::metadata(&ordinary).unwrap().permissions().mode() & 0o777);
    }
}
