//! What a file has beside its contents, and keeps when another file takes its place: owner, group, permission bits, access control list and
//! extended attributes.
//!
//! Three things are not kept, because they say of the contents what is no longer true: set-user-ID and its like, `security.capability`, which is
//! the same, and the signatures `security.ima` and `security.evm`. Access control lists and extended attributes are those of Linux; on other
//! systems owner, group and permission bits are kept.

use std::io;

use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::fs::{Dir, File, Metadata, OpenOptions};

use crate::roots::{OpenError, regular};

/// A regular file that is to be replaced, held open.
pub(crate) struct Existing {
    #[cfg_attr(not(unix), expect(dead_code, reason = "there is nothing that could be kept"))]
    metadata: Metadata,
    #[cfg_attr(not(any(target_os = "linux", target_os = "android")), expect(dead_code, reason = "as above"))]
    file: File,
}

/// What a file would lose.
#[derive(Debug)]
pub(crate) struct Lost {
    /// `its owner`, `its attribute user.origin`
    pub(crate) what: String,
    pub(crate) error: io::Error,
}

impl Existing {
    /// The file of this name, or nothing where there is none. What is no regular file is refused.
    pub(crate) fn open(folder: &Dir, name: &str) -> Result<Option<Self>, OpenError> {
        let before = match folder.symlink_metadata(name) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        regular(&before)?;
        let mut options = OpenOptions::new();
        options.read(true).follow(FollowSymlinks::No).nonblock(true);
        let opened = match folder.open_with(name, &options) {
            // A file that may be written and not read has attributes as well.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                folder.open_with(name, options.read(false).write(true))
            }
            opened => opened,
        };
        let file = match opened {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let metadata = file.metadata()?;
        regular(&metadata)?;
        Ok(Some(Self { metadata, file }))
    }

    /// The permission bits that are kept.
    #[cfg(unix)]
    pub(crate) fn mode(&self) -> u32 {
        use cap_std::fs::MetadataExt;

        self.metadata.mode() & 0o777
    }

    /// Gives another file what this one has. At no moment may any user do more with that file than with this one: its own permission bits come
    /// last, and until then it has those of its owner at most.
    pub(crate) fn keep_on(&self, file: &File) -> Result<(), Lost> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;

            use cap_std::fs::Permissions;

            self.keep_owner(file)?;
            #[cfg(any(target_os = "linux", target_os = "android"))]
            extended::keep(&self.file, file)?;
            let permissions = std::fs::Permissions::from_mode(self.mode());
            file.set_permissions(Permissions::from_std(permissions)).map_err(lost("its permission bits"))?;
        }
        let _ = file;
        Ok(())
    }

    #[cfg(unix)]
    fn keep_owner(&self, file: &File) -> Result<(), Lost> {
        use cap_std::fs::MetadataExt;
        use rustix::fs::{Gid, Uid, fchown};

        let own = file.metadata().map_err(lost("its owner"))?;
        // A user other than the superuser may give a file to a group of its own, and to no other user.
        if own.gid() != self.metadata.gid() {
            let gid = Gid::from_raw(self.metadata.gid());
            fchown(file, None, Some(gid)).map_err(|error| lost("its group")(error.into()))?;
        }
        if own.uid() != self.metadata.uid() {
            let uid = Uid::from_raw(self.metadata.uid());
            fchown(file, Some(uid), None).map_err(|error| lost("its owner")(error.into()))?;
        }
        Ok(())
    }
}

/// Takes set-user-ID and set-group-ID from a file that is written where it is. The system does so by itself, but for the superuser.
///
/// # Errors
///
/// Where the file has them and they cannot be taken.
pub(crate) fn without_privileges(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;

        use cap_std::fs::{MetadataExt, Permissions};

        let mode = file.metadata()?.mode();
        if mode & 0o6000 != 0 {
            let permissions = std::fs::Permissions::from_mode(mode & 0o1777);
            file.set_permissions(Permissions::from_std(permissions))?;
        }
    }
    let _ = file;
    Ok(())
}

#[cfg(unix)]
fn lost(what: &str) -> impl Fn(io::Error) -> Lost {
    move |error| Lost { what: what.to_owned(), error }
}

/// Extended attributes, of which an access control list is one.
#[cfg(any(target_os = "linux", target_os = "android"))]
mod extended {
    use std::io;

    use cap_std::fs::File;
    use rustix::fs::{XattrFlags, fgetxattr, flistxattr, fremovexattr, fsetxattr};
    use rustix::io::Errno;

    use super::Lost;
    use crate::shown;

    const ACCESS_LIST: &[u8] = b"system.posix_acl_access";

    /// Those that are about the contents.
    const NOT_KEPT: [&[u8]; 3] = [b"security.capability", b"security.ima", b"security.evm"];

    /// The bytes of the longest list of names, and of the longest value, that Linux knows (`XATTR_LIST_MAX`, `XATTR_SIZE_MAX`).
    const MAX_BYTES: usize = 64 << 10;

    pub(super) fn keep(from: &File, to: &File) -> Result<(), Lost> {
        let mut list = vec![0; MAX_BYTES];
        let length = match flistxattr(from, &mut list[..]) {
            Ok(length) => length,
            // A file system without any.
            Err(Errno::NOTSUP) => 0,
            Err(error) => return Err(lost("its extended attributes".to_owned(), error)),
        };
        let names = || list[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty());
        // What a folder gives every new file in it.
        if !names().any(|name| name == ACCESS_LIST) && get(to, ACCESS_LIST).is_ok_and(|value| value.is_some())
        {
            fremovexattr(to, ACCESS_LIST).map_err(|error| lost(called(ACCESS_LIST), error))?;
        }
        for name in names().filter(|name| !NOT_KEPT.contains(name)) {
            let lost = |error| lost(called(name), error);
            let Some(value) = get(from, name).map_err(lost)? else { continue };
            // What is there by itself, such as a label of SELinux, may not be set by everybody.
            if get(to, name).ok().flatten().as_ref() != Some(&value) {
                fsetxattr(to, name, &value, XattrFlags::empty()).map_err(lost)?;
            }
        }
        Ok(())
    }

    fn get(file: &File, name: &[u8]) -> Result<Option<Vec<u8>>, Errno> {
        let mut value = vec![0; MAX_BYTES];
        match fgetxattr(file, name, &mut value[..]) {
            Ok(length) => {
                value.truncate(length);
                Ok(Some(value))
            }
            // It is gone, or never was.
            Err(Errno::NODATA | Errno::NOTSUP) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn called(name: &[u8]) -> String {
        if name == ACCESS_LIST {
            return "its access control list".to_owned();
        }
        format!("its attribute {}", shown(&String::from_utf8_lossy(name)))
    }

    fn lost(what: String, error: Errno) -> Lost {
        Lost { what, error: io::Error::from(error) }
    }
}
