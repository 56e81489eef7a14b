//! What plugins and registries are called.

use std::fmt;
use std::str::FromStr;

use driftless_plugin_api::manifest::is_valid_name;
use driftless_plugin_api::text::{printable_line, truncated};
use semver::VersionReq;

use crate::error::Error;

/// The most bytes of a name or namespace.
const MAX_NAME_BYTES: usize = 64;

/// A name as a registry files it: small ASCII letters, digits and `-`, beginning with a letter. It is part of paths and URLs, so nothing else
/// is let through, and none that Windows takes for a device.
///
/// ```
/// use driftless_registry::Slug;
///
/// assert_eq!("Slack_Notify".parse::<Slug>()?.as_str(), "slack-notify");
/// assert!("../../etc".parse::<Slug>().is_err());
/// assert!("con".parse::<Slug>().is_err());
/// # Ok::<(), driftless_registry::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(String);

impl Slug {
    /// As it stands in a path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Slug {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let why = if !is_valid_name(name) {
            format!(
                "a name has 1 to {MAX_NAME_BYTES} ASCII letters, digits, `-` and `_`, and begins with a letter"
            )
        } else if is_device(name) {
            "Windows takes it for a device".to_owned()
        } else {
            return Ok(Self(name.to_ascii_lowercase().replace('_', "-")));
        };
        Err(Error::Name { name: printable_line(&truncated(name, 100)).into_owned(), why })
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether Windows takes a file of this name for a device, whatever its extension.
fn is_device(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let numbered = |device: &str| {
        name.strip_prefix(device).is_some_and(|number| matches!(number.as_bytes(), [b'0'..=b'9']))
    };
    ["con", "prn", "aux", "nul"].contains(&name.as_str()) || numbered("com") || numbered("lpt")
}

/// A plugin of a registry: the namespace whose publishers sign it, and its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PluginId {
    /// The namespace.
    pub namespace: Slug,
    /// The name.
    pub name: Slug,
}

impl fmt::Display for PluginId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// What a user asks for: `slack-notify`, `slack-notify@^1.0`, `acme/slack-notify`, `team/acme/slack-notify@1.2.3`.
///
/// ```
/// use driftless_registry::Request;
///
/// let request: Request = "team/acme/slack-notify@^1.0".parse()?;
/// assert_eq!(request.registry.as_deref(), Some("team"));
/// assert_eq!(request.namespace.as_ref().map(|namespace| namespace.as_str()), Some("acme"));
/// assert_eq!(request.range.to_string(), "^1.0");
/// # Ok::<(), driftless_registry::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What `plugins.toml` calls the registry, where one is named.
    pub registry: Option<String>,
    /// The namespace; that of the registry's own where none is named.
    pub namespace: Option<Slug>,
    /// The plugin.
    pub name: Slug,
    /// Which versions will do. An exact version, `@1.2.3`, means that one; in ranges it would mean `^1.2.3`.
    pub range: VersionReq,
    /// Whether a range was named.
    pub has_range: bool,
}

impl FromStr for Request {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (path, range) = match text.split_once('@') {
            Some((path, range)) => (path, Some(range)),
            None => (text, None),
        };
        let mut parts = path.rsplitn(3, '/');
        let name = parts.next().unwrap_or_default().parse()?;
        let namespace = parts.next().map(str::parse).transpose()?;
        let registry = parts.next().map(str::to_owned);
        if let Some(registry) = &registry
            && !is_registry_name(registry)
        {
            let name = printable_line(&truncated(registry, 100)).into_owned();
            return Err(Error::Name { name, why: REGISTRY_NAME.to_owned() });
        }
        let has_range = range.is_some();
        let range = range.map_or(Ok(VersionReq::STAR), parse_range)?;
        Ok(Self { registry, namespace, name, range, has_range })
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(registry) = &self.registry {
            write!(f, "{registry}/")?;
        }
        if let Some(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        write!(f, "{}", self.name)?;
        if self.has_range { write!(f, "@{}", self.range) } else { Ok(()) }
    }
}

/// A range as a user types it.
fn parse_range(text: &str) -> Result<VersionReq, Error> {
    let of_all = if text == "latest" { "*" } else { text };
    // A whole version stands for itself.
    let exact = semver::Version::parse(of_all).is_ok();
    let parsed = if exact { VersionReq::parse(&format!("={of_all}")) } else { VersionReq::parse(of_all) };
    parsed.map_err(|error| Error::Range {
        range: printable_line(&truncated(text, 100)).into_owned(),
        why: error.to_string(),
    })
}

const REGISTRY_NAME: &str =
    "a registry's name has 1 to 64 ASCII letters, digits, `-`, `_` and `.`, and begins with a letter";

/// Whether a registry may be called this in `plugins.toml`.
pub fn is_registry_name(name: &str) -> bool {
    name.len() <= MAX_NAME_BYTES
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_leave_its_folder_is_no_name() {
        for name in
            ["", "..", "a/b", "a\\b", "a%2e", "a\0", "CON", "lpt1", "ａ", "а", "a b", "-a", &"a".repeat(65)]
        {
            assert!(name.parse::<Slug>().is_err(), "{name:?}");
        }
        assert!("com10".parse::<Slug>().is_ok());
    }

    #[test]
    fn requests_are_read() {
        let parsed = |text: &str| text.parse::<Request>().map(|request| request.to_string());
        for text in ["a", "a@^1.0", "ns/a", "team.one/ns/a@>=1, <3"] {
            assert_eq!(parsed(text).unwrap(), text);
        }
        assert_eq!(parsed("a@1.2.3").unwrap(), "a@=1.2.3");
        assert_eq!(parsed("a@latest").unwrap(), "a@*");
        for text in ["a@", "a@one", "a/b/c/d", "/a", "a/", "../x", "a@^1.0@2"] {
            assert!(parsed(text).is_err(), "{text}");
        }
    }
}
