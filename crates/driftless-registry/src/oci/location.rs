//! Where things are in an OCI registry.

use driftless_permissions::HttpUrl;
use semver::Version;

use crate::id::{PluginId, Slug};

const SCHEME: &str = "oci://";

/// The most bytes of the name of a repository.
const MAX_REPOSITORY_BYTES: usize = 255;
/// The most bytes of a tag.
const MAX_TAG_BYTES: usize = 128;

/// The tag of what there is one of.
pub(super) const LATEST: &str = "latest";

/// A registry of plugins inside an OCI registry.
#[derive(Clone, Debug)]
pub(crate) struct Location {
    endpoint: HttpUrl,
    prefix: String,
}

/// Whether a URL is one of an OCI registry.
pub(crate) fn is_oci(url: &str) -> bool {
    url.starts_with(SCHEME)
}

impl Location {
    /// Reads `oci://HOST[:PORT]/PREFIX`.
    pub(crate) fn parse(url: &str) -> Result<Self, String> {
        const FORM: &str = "an OCI registry is `oci://HOST[:PORT]/PREFIX`";
        let rest = url.strip_prefix(SCHEME).ok_or(FORM)?;
        let (authority, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let prefix = prefix.trim_end_matches('/');
        if authority.is_empty() || authority.contains(['@', '?', '#', '\\', '%']) {
            return Err(format!("{FORM}, without a user and without a query"));
        }
        if prefix.is_empty() || prefix.len() > MAX_REPOSITORY_BYTES || !prefix.split('/').all(is_component) {
            return Err(format!(
                "{FORM}; the prefix is made of small letters and digits, with `-`, `_`, `.` and `/` in between"
            ));
        }
        let read = |scheme: &str| {
            HttpUrl::parse(&format!("{scheme}://{authority}/")).map_err(|error| error.to_string())
        };
        // The name of this machine is no other's under either scheme, so what it is called is seen before one is chosen.
        let plain = read("http")?;
        let endpoint = if plain.is_this_machine() { plain } else { read("https")? };
        Ok(Self { endpoint, prefix: prefix.to_owned() })
    }

    /// The server.
    pub(crate) fn endpoint(&self) -> &HttpUrl {
        &self.endpoint
    }

    /// The host, with its port where it has one of its own, as Docker's settings name it.
    pub(super) fn authority(&self) -> &str {
        let url = self.endpoint.as_str();
        url.split_once("://").map_or(url, |(_, rest)| rest).trim_end_matches('/')
    }

    /// The repository of what the registry is.
    pub(super) fn registry(&self) -> String {
        format!("{}/driftless_registry", self.prefix)
    }

    /// The repository whose tags are the namespaces.
    pub(super) fn namespaces(&self) -> String {
        format!("{}/driftless_namespaces", self.prefix)
    }

    /// The repository whose tags are the plugins of a namespace.
    pub(super) fn plugins(&self, namespace: &Slug) -> Result<String, String> {
        self.repository(namespace, "driftless_plugins")
    }

    /// The repository of the keys of a namespace.
    pub(super) fn keys(&self, namespace: &Slug) -> Result<String, String> {
        self.repository(namespace, "driftless_keys")
    }

    /// The repository of a plugin.
    pub(super) fn plugin(&self, id: &PluginId) -> Result<String, String> {
        self.repository(&id.namespace, id.name.as_str())
    }

    fn repository(&self, namespace: &Slug, name: &str) -> Result<String, String> {
        if let Some(name) = [namespace.as_str(), name].into_iter().find(|name| !is_component(name)) {
            return Err(format!(
                "`{name}` is no name in an OCI registry: there it ends in a letter or digit"
            ));
        }
        let repository = format!("{}/{namespace}/{name}", self.prefix);
        if repository.len() > MAX_REPOSITORY_BYTES {
            return Err(format!(
                "`{repository}` is longer than the {MAX_REPOSITORY_BYTES} bytes of a repository"
            ));
        }
        Ok(repository)
    }

    /// The plugin of a repository; `None` where it is none of this registry.
    pub(super) fn plugin_of(&self, repository: &str) -> Option<PluginId> {
        let (namespace, name) = repository.strip_prefix(&self.prefix)?.strip_prefix('/')?.split_once('/')?;
        Some(PluginId { namespace: slug(namespace)?, name: slug(name)? })
    }

    /// The registry, for people.
    pub(super) fn place(&self) -> String {
        format!("{SCHEME}{}/{}", self.authority(), self.prefix)
    }
}

/// A name in its own spelling; `None` for all else, another spelling of one as well.
pub(super) fn slug(text: &str) -> Option<Slug> {
    text.parse::<Slug>().ok().filter(|slug| slug.as_str() == text)
}

/// The tag of a version. What stands behind `+` may be in no tag; no version has a `_`.
pub(super) fn tag(version: &Version) -> Result<String, String> {
    let tag = version.to_string().replace('+', "_");
    if tag.len() > MAX_TAG_BYTES {
        return Err(format!("its version is longer than the {MAX_TAG_BYTES} bytes of a tag"));
    }
    Ok(tag)
}

/// The version of a tag; `None` where it is that of something else.
pub(super) fn version(tag: &str) -> Option<Version> {
    if tag.len() > MAX_TAG_BYTES {
        return None;
    }
    let version = Version::parse(&tag.replacen('_', "+", 1)).ok()?;
    (self::tag(&version).ok()? == tag).then_some(version)
}

/// Whether a part of the name of a repository may be this.
fn is_component(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    let is_separated = |separator: &[u8]| match separator {
        [] | [b'.'] | [b'_'] | [b'_', b'_'] => true,
        dashes => dashes.iter().all(|byte| *byte == b'-'),
    };
    bytes.first().copied().is_some_and(is_plain)
        && bytes.last().copied().is_some_and(is_plain)
        && bytes.split(|byte| is_plain(*byte)).all(is_separated)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine() {
        for (url, endpoint) in [
            ("oci://plugins.example.com/team", "https://plugins.example.com/"),
            ("oci://plugins.example.com:5000/team/plugins/", "https://plugins.example.com:5000/"),
            ("oci://127.0.0.1:5000/team", "http://127.0.0.1:5000/"),
            ("oci://localhost:5000/team", "http://localhost:5000/"),
            ("oci://[::1]:5000/team", "http://[::1]:5000/"),
            ("oci://10.0.0.1:5000/team", "https://10.0.0.1:5000/"),
            ("oci://localhost.example.com/team", "https://localhost.example.com/"),
        ] {
            assert_eq!(Location::parse(url).unwrap().endpoint().as_str(), endpoint);
        }
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for url in [
            "oci://",
            "oci://host",
            "oci://host/",
            "oci:///team",
            "oci://host/Team",
            "oci://host/../team",
            "oci://host/a//b",
            "oci://host/a/.b",
            "oci://host/a-",
            "oci://host/a.-b",
            "oci://host/a?b",
            "oci://user:password@host/a",
            "oci://host%2f/a",
            "https://host/a",
        ] {
            assert!(Location::parse(url).is_err(), "{url}");
        }
        assert!(Location::parse(&format!("oci://host/{}", "a".repeat(256))).is_err());
    }

    #[test]
    fn a_plugin_has_a_repository_and_a_version_a_tag() {
        let location = Location::parse("oci://host:5000/team/plugins").unwrap();
        let id = |name: &str| PluginId { namespace: "main".parse().unwrap(), name: name.parse().unwrap() };
        assert_eq!(location.plugin(&id("Slack_Notify")).unwrap(), "team/plugins/main/slack-notify");
        assert_eq!(location.plugin_of("team/plugins/main/slack-notify"), Some(id("slack-notify")));
        assert!(location.plugin(&id("a-")).is_err(), "the protocol knows no such name");
        for other in [
            "team/plugins",
            "team/plugins/main",
            "team/pluginsmain/a/b",
            "team/plugins/driftless_registry",
            "team/plugins/main/driftless_keys",
            "team/plugins/driftless_namespaces",
            "team/plugins/main/driftless_plugins",
            "team/plugins/main/a/b",
            "team/plugins/main/CON",
            "other/main/a",
        ] {
            assert_eq!(location.plugin_of(other), None, "{other}");
        }
        for (text, tagged) in [("1.0.0", "1.0.0"), ("1.0.0-rc.1+build.5", "1.0.0-rc.1_build.5")] {
            let read: Version = text.parse().unwrap();
            assert_eq!(tag(&read).unwrap(), tagged);
            assert_eq!(version(tagged), Some(read));
        }
        for other in ["latest", "1", "1.0", "v1.0.0", "1.0.0+a", "1.0.0_a_b", "sha256-00.sig", "01.0.0"] {
            assert_eq!(version(other), None, "{other}");
        }
        assert!(tag(&format!("1.0.0-{}", "a".repeat(128)).parse().unwrap()).is_err());
    }
}
