//! Places of the host itself, which no grant reaches.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use driftless_permissions::Permissions;
use driftless_plugin_api::manifest::Permission;

/// Files and folders of the host itself: who may write there could grant itself whatever it likes.
///
/// A path in a grant that is one of them, lies in one, or contains one is not granted.
///
/// ```
/// use driftless_host::ProtectedPaths;
///
/// let own = ProtectedPaths::new(["/var/lib/driftless/grants.toml"]);
/// assert!(own.reached_by("/var/lib".as_ref()).is_some());
/// assert!(own.reached_by("/var/lib/notes".as_ref()).is_none());
/// ```
#[derive(Clone, Debug, Default)]
pub struct ProtectedPaths(Vec<PathBuf>);

/// An entry of a grant that reaches a place of the host itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtectedEntry {
    /// As it stands in the grant.
    pub entry: String,
    /// The place.
    pub place: PathBuf,
}

impl std::fmt::Display for ProtectedEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "`{}` cannot be granted: it reaches {}, which is the host's own",
            self.entry,
            self.place.display()
        )
    }
}

impl ProtectedPaths {
    /// These places. They need not exist.
    pub fn new(paths: impl IntoIterator<Item = impl Into<PathBuf>>) -> Self {
        Self(paths.into_iter().map(Into::into).collect())
    }

    /// The place that a granted path is, lies in, or contains.
    pub fn reached_by(&self, granted: &Path) -> Option<&Path> {
        let granted = Location::of(granted);
        let place = self.0.iter().find(|place| granted.overlaps(&Location::of(place)));
        place.map(PathBuf::as_path)
    }

    /// A grant without the entries that reach a place of the host, and those.
    pub fn remove_from(&self, granted: &Permissions) -> (Permissions, Vec<ProtectedEntry>) {
        let mut removed = Vec::new();
        let mut patterns = granted.files().iter();
        let mut kept = granted.to_manifest();
        for permission in &mut kept {
            if let Permission::FileSystem { paths } = permission {
                // The entries are the patterns, printed.
                paths.retain(|entry| {
                    let pattern = patterns.next();
                    let place = pattern.and_then(|pattern| self.reached_by(pattern.path.as_str().as_ref()));
                    let protected =
                        place.map(|place| ProtectedEntry { entry: entry.clone(), place: place.to_owned() });
                    let is_kept = protected.is_none();
                    removed.extend(protected);
                    is_kept
                });
            }
        }
        if removed.is_empty() {
            return (granted.clone(), removed);
        }
        // What was read once can be read again; if not, nothing is granted.
        (Permissions::parse(&kept).unwrap_or(Permissions::NONE), removed)
    }
}

/// Where a path leads, as far as it exists.
struct Location {
    /// Without links.
    path: PathBuf,
    /// The file or folder itself, where it exists.
    itself: Option<Identity>,
    /// The same of it and of all folders above it that exist.
    with_ancestors: Vec<Identity>,
}

impl Location {
    fn of(path: &Path) -> Self {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let path = without_links(&path);
        let identity = |path: &Path| fs::metadata(path).ok().and_then(|metadata| Identity::of(&metadata));
        Self {
            itself: identity(&path),
            with_ancestors: path.ancestors().filter_map(identity).collect(),
            path,
        }
    }

    /// Whether one is the other or contains it. One file or folder can have several names, by a mount or a link, so its identity counts too.
    fn overlaps(&self, other: &Self) -> bool {
        let contains = |upper: &Self, lower: &Self| {
            lower.path.starts_with(&upper.path)
                || upper.itself.as_ref().is_some_and(|itself| lower.with_ancestors.contains(itself))
        };
        contains(self, other) || contains(other, self)
    }
}

/// A path with the links on its existing part followed.
fn without_links(path: &Path) -> PathBuf {
    for ancestor in path.ancestors() {
        if let Ok(real) = ancestor.canonicalize() {
            return match path.strip_prefix(ancestor) {
                Ok(rest) if rest != Path::new("") => real.join(rest),
                _ => real,
            };
        }
    }
    path.to_owned()
}

/// What tells a file or folder from every other of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    #[cfg(unix)]
    fn of(metadata: &Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        Some(Self { device: metadata.dev(), inode: metadata.ino() })
    }

    // Elsewhere the path without links has to do.
    #[cfg(not(unix))]
    fn of(_: &Metadata) -> Option<Self> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_that_is_contains_or_lies_in_a_place_of_the_host_reaches_it() {
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name);
        fs::create_dir_all(path(".driftless/plugins")).unwrap();
        fs::write(path(".driftless/key"), "key").unwrap();
        let own = ProtectedPaths::new([
            path(".driftless/grants.toml"),
            path(".driftless/plugins"),
            path(".driftless/key"),
        ]);
        let reaches = |name: &str| own.reached_by(&path(name)).is_some();
        for reaching in ["", ".driftless", ".driftless/grants.toml", ".driftless/plugins/new/deep"] {
            assert!(reaches(reaching), "{reaching}");
        }
        assert_eq!(own.reached_by("/".as_ref()), Some(&*path(".driftless/grants.toml")));
        for harmless in ["notes", ".driftless/data", ".driftless/grants.toml.old", ".driftless/plugins2"] {
            assert!(!reaches(harmless), "{harmless}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn another_name_of_a_place_of_the_host_reaches_it() {
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name);
        fs::create_dir_all(path("own/plugins")).unwrap();
        fs::write(path("own/key"), "key").unwrap();
        std::os::unix::fs::symlink(path("own"), path("link")).unwrap();
        fs::hard_link(path("own/key"), path("hard")).unwrap();
        let own = ProtectedPaths::new([path("own/plugins"), path("own/key"), path("own/grants.toml")]);
        for name in ["link", "link/plugins", "link/grants.toml", "hard"] {
            assert!(own.reached_by(&path(name)).is_some(), "{name}");
        }
        // It is the place that is behind a link.
        let own = ProtectedPaths::new([path("link/plugins")]);
        assert!(own.reached_by(&path("own")).is_some());
    }

    #[test]
    fn only_entries_that_reach_a_place_are_removed() {
        let permissions = |paths: &[&str]| {
            let paths = paths.iter().map(|path| (*path).to_owned()).collect();
            let vars = vec!["TOKEN".to_owned()];
            Permissions::parse(&[Permission::FileSystem { paths }, Permission::Environment { vars }]).unwrap()
        };
        let own = ProtectedPaths::new(["/no/such/home/grants.toml"]);
        let (kept, removed) =
            own.remove_from(&permissions(&["/srv:rw", "/no/such/home:rw", "/no/such/other"]));
        assert_eq!(kept, permissions(&["/srv:rw", "/no/such/other"]));
        let place = PathBuf::from("/no/such/home/grants.toml");
        assert_eq!(removed, [ProtectedEntry { entry: "/no/such/home:rw".to_owned(), place }]);
    }
}
