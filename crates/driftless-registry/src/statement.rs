//! What a publisher says of one release, and signs.

use std::time::SystemTime;

use driftless_permissions::Permissions;
use driftless_plugin_api::digest::{Digest, ParseDigestError};
use driftless_plugin_api::json::Bounds;
use driftless_plugin_api::manifest::{Permission, PluginDependency, PluginManifest};
use driftless_plugin_api::text::{printable_line, truncated};
use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::id::{PluginId, Slug};

/// The most bytes of a statement.
pub const MAX_STATEMENT_BYTES: usize = 64 << 10;

/// A statement of a release: which bytes are which version of which plugin in which registry, and what they ask for.
///
/// It names no file and no URL. It is signed and kept byte for byte, so it is never written anew from what was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// The identity of the registry that it was made for.
    pub registry: String,
    /// The plugin.
    pub id: PluginId,
    /// How the manifest spells its name.
    pub name: String,
    /// The version.
    pub version: Version,
    /// The digest of the plugin's file.
    pub digest: Digest,
    /// The bytes of the file.
    pub size_bytes: u64,
    /// One sentence for people, from the manifest.
    pub description: String,
    /// Which versions of the host it works with.
    pub host_range: VersionReq,
    /// The plugins that it needs.
    pub dependencies: Vec<Dependency>,
    /// What it asks for.
    pub permissions: Permissions,
    /// When it was signed.
    pub published: SystemTime,
    /// Whether its publisher calls it the mending of a hole, which need not reach a minimum age.
    pub is_security_fix: bool,
}

/// A plugin that another needs. It is looked for in the same registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// The plugin.
    pub id: PluginId,
    /// Which versions will do.
    pub range: VersionReq,
}

/// A statement as it is signed. What is unknown is refused: it may be a condition.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    schema: u32,
    registry: String,
    namespace: String,
    name: String,
    version: String,
    digest: String,
    size: u64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    description: String,
    driftless_version: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    dependencies: Vec<PluginDependency>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    permissions: Vec<Permission>,
    published: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    security_fix: bool,
}

/// The version of the form above.
const SCHEMA: u32 = 1;

/// What a statement may be like before it is read.
const BOUNDS: Bounds = Bounds { text_bytes: MAX_STATEMENT_BYTES, depth: 6, value_bytes: 4 << 20 };

impl Statement {
    /// The statement of a file that has this manifest.
    ///
    /// # Errors
    ///
    /// When the manifest says what no registry can file: a name of a device, a version that is none.
    pub fn of(manifest: &PluginManifest, file: &[u8], target: &Target<'_>) -> Result<Self, Error> {
        let malformed = |why: String| Error::Manifest { plugin: shown(&manifest.name), why };
        let dependency = |dependency: &PluginDependency| dependency_of(dependency, target.namespace);
        Ok(Self {
            registry: target.registry.to_owned(),
            id: PluginId { namespace: target.namespace.clone(), name: manifest.name.parse()? },
            name: manifest.name.clone(),
            version: version(&manifest.version).map_err(malformed)?,
            digest: Digest::of(file),
            size_bytes: file.len() as u64,
            description: manifest.description.clone(),
            host_range: range(&manifest.driftless_version).map_err(malformed)?,
            dependencies: manifest
                .dependencies
                .iter()
                .map(dependency)
                .collect::<Result<_, _>>()
                .map_err(malformed)?,
            permissions: Permissions::requested(&manifest.permissions)
                .map_err(|error| malformed(error.to_string()))?,
            published: target.published,
            is_security_fix: target.is_security_fix,
        })
    }

    /// As it is signed.
    pub fn to_text(&self) -> String {
        let wire = Wire {
            schema: SCHEMA,
            registry: self.registry.clone(),
            namespace: self.id.namespace.to_string(),
            name: self.name.clone(),
            version: self.version.to_string(),
            digest: self.digest.to_string(),
            size: self.size_bytes,
            description: self.description.clone(),
            driftless_version: self.host_range.to_string(),
            dependencies: self.dependencies.iter().map(Dependency::to_manifest).collect(),
            permissions: self.permissions.to_manifest(),
            published: humantime::format_rfc3339_seconds(self.published).to_string(),
            security_fix: self.is_security_fix,
        };
        serde_json::to_string(&wire).expect("a statement is plain data")
    }

    /// Reads what was signed.
    ///
    /// # Errors
    ///
    /// Why it is no statement.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wire: Wire = BOUNDS.read(text).map_err(|error| shown(&error.to_string()))?;
        if wire.schema != SCHEMA {
            return Err(format!("its form is {}, and this program knows form {SCHEMA}", wire.schema));
        }
        let namespace: Slug = wire.namespace.parse().map_err(|error: Error| error.to_string())?;
        let name = wire.name.parse().map_err(|error: Error| error.to_string())?;
        let dependencies = wire.dependencies.iter().map(|dependency| dependency_of(dependency, &namespace));
        Ok(Self {
            registry: registry_identity(&wire.registry)?.to_owned(),
            version: version(&wire.version)?,
            digest: wire.digest.parse().map_err(|error: ParseDigestError| error.to_string())?,
            size_bytes: wire.size,
            description: wire.description,
            host_range: range(&wire.driftless_version)?,
            dependencies: dependencies.collect::<Result<_, _>>()?,
            permissions: Permissions::requested(&wire.permissions)
                .map_err(|error| shown(&error.to_string()))?,
            published: humantime::parse_rfc3339(&wire.published)
                .map_err(|error| format!("`published` is no time of RFC 3339: {error}"))?,
            is_security_fix: wire.security_fix,
            id: PluginId { namespace, name },
            name: wire.name,
        })
    }

    /// Whether a file is the one that the statement is about.
    ///
    /// # Errors
    ///
    /// What differs.
    pub fn check_manifest(&self, manifest: &PluginManifest, file: &[u8]) -> Result<(), String> {
        let target = Target {
            registry: &self.registry,
            namespace: &self.id.namespace,
            published: self.published,
            is_security_fix: self.is_security_fix,
        };
        // What the manifest says has to be what the statement says, or a signature over one would stand for the other.
        match Self::of(manifest, file, &target) {
            Ok(own) if own == *self => Ok(()),
            Ok(_) => Err("what was signed says another thing than its manifest".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Where, by whom and when a release is published.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The identity of the registry.
    pub registry: &'a str,
    /// The namespace.
    pub namespace: &'a Slug,
    /// Now, in whole seconds.
    pub published: SystemTime,
    /// Whether it mends a hole.
    pub is_security_fix: bool,
}

impl Dependency {
    fn to_manifest(&self) -> PluginDependency {
        PluginDependency { name: self.id.to_string(), version: self.range.to_string() }
    }
}

/// A dependency, `name` or `namespace/name`, of a plugin in this namespace.
pub(crate) fn dependency_of(dependency: &PluginDependency, namespace: &Slug) -> Result<Dependency, String> {
    let (namespace, name) = match dependency.name.split_once('/') {
        Some((namespace, name)) => (namespace.parse().map_err(|error: Error| error.to_string())?, name),
        None => (namespace.clone(), dependency.name.as_str()),
    };
    let name = name.parse().map_err(|error: Error| error.to_string())?;
    Ok(Dependency { id: PluginId { namespace, name }, range: range(&dependency.version)? })
}

fn version(text: &str) -> Result<Version, String> {
    Version::parse(text)
        .map_err(|error| format!("`{}` is no version: {}", shown(text), shown(&error.to_string())))
}

fn range(text: &str) -> Result<VersionReq, String> {
    VersionReq::parse(text)
        .map_err(|error| format!("`{}` is no range of versions: {}", shown(text), shown(&error.to_string())))
}

/// Checks that a text may be the identity of a registry: 1 to 200 visible ASCII characters.
pub(crate) fn registry_identity(text: &str) -> Result<&str, String> {
    if text.is_empty() || text.len() > 200 || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("the identity of a registry has 1 to 200 visible ASCII characters".to_owned());
    }
    Ok(text)
}

fn shown(text: &str) -> String {
    printable_line(&truncated(text, 200)).into_owned()
}
