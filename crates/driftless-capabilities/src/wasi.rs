//! The granted folders that can stand open for a plugin that uses WASI.
//!
//! WASI keeps to a folder, and not to a file system: from a folder above `/proc` it would reach what the kernel tells of the host's
//! own process, its variables and its memory. So no folder is opened from which a procfs can be reached.

use std::fs::File;
use std::path::{Path, PathBuf};

use driftless_permissions::{Access, Grant, PathPattern};

/// A granted folder, opened: it stays this folder, whatever comes to stand in its place.
#[derive(Debug)]
pub struct GrantedFolder {
    /// As it was granted.
    pub pattern: PathPattern,
    /// The folder.
    pub handle: File,
}

/// The granted folders that are there and from which no procfs can be reached. What was granted as a single file is left out: WASI
/// opens folders only.
pub fn wasi_folders(grant: &Grant) -> Vec<GrantedFolder> {
    let patterns = grant.files();
    if patterns.is_empty() {
        return Vec::new();
    }
    // Where the mounts cannot be read, what lies beneath is unknown.
    let Some(procfs) = mounts_of_procfs() else { return Vec::new() };
    let real = |pattern: PathPattern| Some((Path::new(pattern.path.as_str()).canonicalize().ok()?, pattern));
    let folders: Vec<(PathBuf, PathPattern)> =
        patterns.into_iter().filter_map(real).filter(|(folder, _)| folder.is_dir()).collect();
    // What lies in a folder that the plugin may write could have become a link to elsewhere; it is reached through that folder.
    let is_inside = |folder: &PathBuf| {
        let holds = |(other, pattern): &(PathBuf, PathPattern)| {
            pattern.access == Access::Write && other != folder && folder.starts_with(other)
        };
        folders.iter().any(holds)
    };
    let leads_to_procfs =
        |folder: &PathBuf| procfs.iter().any(|mount| mount.starts_with(folder) || folder.starts_with(mount));
    let may_open = |folder: &PathBuf| !is_inside(folder) && !leads_to_procfs(folder);
    let open = |(folder, pattern): &(PathBuf, PathPattern)| {
        Some(GrantedFolder { handle: File::open(folder).ok()?, pattern: pattern.clone() })
    };
    folders.iter().filter(|(folder, _)| may_open(folder)).filter_map(open).collect()
}

/// Where a procfs is mounted.
#[cfg(target_os = "linux")]
fn mounts_of_procfs() -> Option<Vec<PathBuf>> {
    let mounts = std::fs::read_to_string("/proc/self/mounts").ok()?;
    // device, place, type, options
    let place = |line: &str| {
        let mut words = line.split(' ').skip(1);
        let (place, r#type) = (words.next()?, words.next()?);
        (r#type == "proc").then(|| PathBuf::from(unescaped(place)))
    };
    Some(mounts.lines().filter_map(place).collect())
}

/// Elsewhere there is none.
#[cfg(not(target_os = "linux"))]
fn mounts_of_procfs() -> Option<Vec<PathBuf>> {
    Some(Vec::new())
}

/// Spaces and the like stand in the table of mounts as three octal digits behind a backslash.
#[cfg(target_os = "linux")]
fn unescaped(place: &str) -> String {
    let mut parts = place.split('\\');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                text.push(char::from(byte));
                text.push_str(&part[3..]);
            }
            None => {
                text.push('\\');
                text.push_str(part);
            }
        }
    }
    text
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use driftless_permissions::Permissions;
    use driftless_plugin_api::manifest::Permission;

    use super::*;

    fn folders(paths: &[&str]) -> Vec<String> {
        let paths = paths.iter().map(|path| (*path).to_owned()).collect();
        let permissions = Permissions::parse(&[Permission::FileSystem { paths }]).unwrap();
        wasi_folders(&Grant::new(permissions.clone(), permissions))
            .iter()
            .map(|folder| folder.pattern.to_string())
            .collect()
    }

    #[test]
    fn no_folder_leads_to_a_process() {
        assert!(folders(&["/", "/proc", "/proc/self", "/proc/sys"]).is_empty());
        assert_eq!(folders(&["/usr", "/etc/passwd", "/nowhere"]), ["/usr"]);
        assert_eq!(folders(&["/usr:rw", "/usr/bin"]), ["/usr:rw"]);
    }

    /// Two names of one folder do not hide that one lies in the other.
    #[test]
    fn links_do_not_hide_a_folder_in_a_folder() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().canonicalize().unwrap().join(name).display().to_string();
        std::fs::create_dir_all(at("run/app/www")).unwrap();
        std::os::unix::fs::symlink(at("run"), at("var")).unwrap();
        let (outer, inner) = (format!("{}:rw", at("run/app")), at("var/app/www"));
        assert_eq!(folders(&[&outer, &inner]), [outer]);
    }

    #[test]
    fn names_of_mounts_are_unescaped() {
        assert_eq!(unescaped(r"/mnt/a\040b"), "/mnt/a b");
        assert_eq!(unescaped(r"/plain"), "/plain");
    }
}
