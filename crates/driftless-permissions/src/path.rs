//! Paths, and what a path in a permission covers.

use std::fmt;

use crate::Malformed;

/// A path that says plainly where it leads: it begins at the root and has no `.`, no `..` and no control characters.
///
/// It says nothing about symbolic links: the caller opens it relative to a folder that was opened before.
///
/// ```
/// use driftless_permissions::AbsolutePath;
///
/// assert_eq!(AbsolutePath::parse("/srv/app/")?.as_str(), "/srv/app");
/// assert!(AbsolutePath::parse("/srv/../etc/shadow").is_err());
/// # Ok::<(), driftless_permissions::Malformed>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AbsolutePath(String);

/// The bytes that a path may have, which is what Linux allows.
const MAX_PATH_BYTES: usize = 4096;

impl AbsolutePath {
    /// Reads a path. A slash at its end is left out.
    ///
    /// # Errors
    ///
    /// When it is not of this form.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let wrong = |why| Err(Malformed::new(text, why));
        let Some(rest) = text.strip_prefix('/') else {
            return wrong("a path begins with `/`");
        };
        if text.len() > MAX_PATH_BYTES {
            return wrong("a path has at most 4,096 bytes");
        }
        if text.chars().any(char::is_control) {
            return wrong("a path has no control characters");
        }
        if text.contains("//") {
            return wrong("a path has no `//`");
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.split('/').any(|name| matches!(name, "." | "..")) {
            return wrong("a path has no `.` and no `..`");
        }
        Ok(Self(format!("/{rest}")))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The names on the way, from the root.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|name| !name.is_empty())
    }

    /// The way from `folder` to here: empty where they are the same, `None` where it does not lie beneath.
    ///
    /// ```
    /// use driftless_permissions::AbsolutePath;
    ///
    /// let path = |text| AbsolutePath::parse(text).unwrap();
    /// assert_eq!(path("/srv/app/log").beneath(&path("/srv")), Some("app/log"));
    /// assert_eq!(path("/srvapp").beneath(&path("/srv")), None);
    /// ```
    pub fn beneath(&self, folder: &Self) -> Option<&str> {
        let rest = self.0.strip_prefix(folder.0.strip_suffix('/').unwrap_or(&folder.0))?;
        if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
    }
}

impl fmt::Display for AbsolutePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is done to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// It is looked at.
    Read,
    /// It is changed, made, or looked at.
    Write,
}

/// An entry of a `FileSystem` permission.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PathPattern {
    /// The file, or the folder with all that lies beneath.
    pub path: AbsolutePath,
    /// The most that may be done to it.
    pub access: Access,
}

/// What people write for `:ro` and `:rw`. Taken for a part of the path, it would grant a file that there is not.
const MISTAKEN: [&str; 4] = ["r", "w", "wr", "read"];

fn is_suffix(end: &str) -> bool {
    end == "rw" || end == "ro" || MISTAKEN.contains(&end)
}

impl PathPattern {
    /// Reads an entry: a path, and `:rw` behind it where it may be written. `:ro` says plainly that it may not.
    ///
    /// # Errors
    ///
    /// When it is not of this form.
    pub fn parse(entry: &str) -> Result<Self, Malformed> {
        let (path, access) = match entry.rsplit_once(':') {
            Some((path, "rw")) => (path, Access::Write),
            Some((path, "ro")) => (path, Access::Read),
            Some((_, suffix)) if MISTAKEN.contains(&suffix) => {
                return Err(Malformed::new(
                    entry,
                    "behind a path stands `:rw` where it may be written, and nothing where it is read; `:ro` behind one that ends like this",
                ));
            }
            _ => (entry, Access::Read),
        };
        if path.contains(['*', '?']) {
            return Err(Malformed::new(
                entry,
                "a path has no patterns; a folder covers all that lies beneath",
            ));
        }
        let path = AbsolutePath::parse(path).map_err(|error| Malformed::new(entry, error.why))?;
        Ok(Self { path, access })
    }

    /// Whether something may be done to a path.
    pub fn covers(&self, path: &AbsolutePath, access: Access) -> bool {
        access <= self.access && path.beneath(&self.path).is_some()
    }

    /// What both cover, as one entry.
    pub(crate) fn meet(&self, other: &Self) -> Option<Self> {
        let access = self.access.min(other.access);
        let (upper, lower) =
            if other.path.beneath(&self.path).is_some() { (self, other) } else { (other, self) };
        lower.path.beneath(&upper.path)?;
        Some(Self { path: lower.path.clone(), access })
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.as_str();
        match self.access {
            Access::Write => write!(f, "{path}:rw"),
            // A path that looks as if it had a suffix needs one.
            Access::Read if path.rsplit_once(':').is_some_and(|(_, end)| is_suffix(end)) => {
                write!(f, "{path}:ro")
            }
            Access::Read => f.write_str(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_are_paths() {
        for bad in
            ["", "etc", "./etc", "/etc/./x", "/etc/..", "/..", "//", "//etc", "/etc//x", "/a\0b", "/a\nb"]
        {
            assert!(AbsolutePath::parse(bad).is_err(), "{bad:?}");
        }
        for good in ["/", "/etc", "/etc/", "/a b/ü", "/..hidden", "/a:b"] {
            assert!(AbsolutePath::parse(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn a_folder_covers_what_lies_beneath() {
        let covers = |entry: &str, path: &str, access| {
            PathPattern::parse(entry).unwrap().covers(&AbsolutePath::parse(path).unwrap(), access)
        };
        assert!(covers("/srv", "/srv/a/b", Access::Read));
        assert!(covers("/", "/anything", Access::Read));
        assert!(covers("/", "/", Access::Read));
        assert!(!covers("/srv", "/srv2", Access::Read));
        assert!(!covers("/srv/a", "/srv", Access::Read));
        assert!(!covers("/srv", "/srv/a", Access::Write));
        assert!(covers("/srv:rw", "/srv/a", Access::Write));
        assert!(covers("/srv:rw", "/srv/a", Access::Read));
        assert!(!covers("/srv:ro", "/srv/a", Access::Write));
    }

    #[test]
    fn a_suffix_is_only_one_at_the_end() {
        let shown = |entry: &str| PathPattern::parse(entry).unwrap().to_string();
        assert_eq!(shown("/a:rw"), "/a:rw");
        assert_eq!(shown("/a:rw/b"), "/a:rw/b");
        assert_eq!(shown("/a:rw:ro"), "/a:rw:ro");
        assert_eq!(shown("/a:r:ro"), "/a:r:ro");
        assert!(
            PathPattern::parse("/etc/os-release:r")
                .unwrap_err()
                .to_string()
                .contains("behind a path stands `:rw`")
        );
        assert_eq!(shown("/a:ro"), "/a");
        assert!(PathPattern::parse("/var/log/*.log").is_err());
    }
}
