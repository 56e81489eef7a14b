//! `plugins.lock`: which version of each plugin is installed, to the byte.

use std::collections::BTreeMap;

use driftless_permissions::Permissions;
use driftless_plugin_api::digest::Digest;
use driftless_plugin_api::host_call::Capability;
use driftless_plugin_api::manifest::Permission;
use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::id::PluginId;
use crate::resolve::Package;

/// The plugins that are installed from registries. It is the same on every platform, and belongs beside what it is the lock of.
///
/// ```
/// use driftless_registry::Lock;
///
/// let lock = Lock::default();
/// assert_eq!(Lock::from_toml(&lock.to_toml())?, lock);
/// # Ok::<(), driftless_registry::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lock {
    plugins: BTreeMap<Package, LockedPlugin>,
}

/// A plugin that is installed.
#[derive(Clone, Debug, PartialEq)]
pub struct LockedPlugin {
    /// How its manifest spells its name.
    pub name: String,
    /// The identity of the registry.
    pub registry_id: String,
    /// Its version.
    pub version: Version,
    /// Which versions were asked for. `None` for one that is there because another needs it.
    pub requested: Option<VersionReq>,
    /// Its file.
    pub digest: Digest,
    /// The bytes of that.
    pub size_bytes: u64,
    /// What its publisher said of it.
    pub statement: Digest,
    /// The key that signed that; `None` in a registry without signatures.
    pub key: Option<String>,
    /// What it needs, from the same registry.
    pub dependencies: Vec<PluginId>,
    /// What it asks for.
    pub permissions: Permissions,
}

const HEADER: &str = "\
# Which plugins are installed, to the byte. `driftless plugin install`, `update` and `remove` write it; `driftless plugin fetch --locked`
# installs exactly this on another machine.

";

const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    #[serde(default, rename = "plugin", skip_serializing_if = "Vec::is_empty")]
    plugins: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    namespace: String,
    registry: String,
    registry_id: String,
    version: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    requested: Option<String>,
    digest: String,
    size: u64,
    statement: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    dependencies: Vec<String>,
    #[serde(default, skip_serializing_if = "Asked::is_empty")]
    asks: Asked,
}

/// What a plugin asks for, by the words of `grants.toml`.
#[derive(Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    files: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    network: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    environment: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    commands: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    functions: Vec<String>,
}

impl Asked {
    fn of(permissions: &Permissions) -> Self {
        Self {
            files: permissions.entries(Capability::File),
            network: permissions.entries(Capability::Http),
            environment: permissions.entries(Capability::Environment),
            commands: permissions.entries(Capability::Process),
            functions: permissions.entries(Capability::Function),
        }
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn read(self) -> Result<Permissions, String> {
        let all = [
            Permission::FileSystem { paths: self.files },
            Permission::Network { hosts: self.network },
            Permission::Environment { vars: self.environment },
            Permission::Process { commands: self.commands },
            Permission::HostFunction { functions: self.functions },
        ];
        let all: Vec<_> = all.into_iter().filter(|permission| !permission.entries().is_empty()).collect();
        Permissions::requested(&all).map_err(|error| error.to_string())
    }
}

impl Lock {
    /// Reads a lock.
    ///
    /// # Errors
    ///
    /// When it is none, with the line or the plugin.
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        let malformed = |why: String| Error::File { what: "plugins.lock".to_owned(), why };
        let file: File = toml::from_str(text).map_err(|error| malformed(crate::printable_lines(&error)))?;
        if file.version != VERSION {
            let why = format!("its form is {}, and this program knows form {VERSION}", file.version);
            return Err(malformed(why));
        }
        let mut plugins = BTreeMap::new();
        for entry in file.plugins {
            let named = format!("plugin `{}`", crate::printable(&entry.name));
            let (package, plugin) = entry.read().map_err(|why| malformed(format!("{named}: {why}")))?;
            if plugins.insert(package, plugin).is_some() {
                return Err(malformed(format!("{named} is there twice")));
            }
        }
        Ok(Self { plugins })
    }

    /// Writes it, the same for the same plugins.
    pub fn to_toml(&self) -> String {
        let plugins = self.plugins.iter().map(|(package, plugin)| Entry::of(package, plugin)).collect();
        let file = File { version: VERSION, plugins };
        format!("{HEADER}{}", toml::to_string(&file).expect("names and numbers are plain data"))
    }

    /// The plugins, in the order of their registries and names.
    pub fn plugins(&self) -> impl Iterator<Item = (&Package, &LockedPlugin)> {
        self.plugins.iter()
    }

    /// One of them.
    pub fn get(&self, package: &Package) -> Option<&LockedPlugin> {
        self.plugins.get(package)
    }

    /// Puts a plugin there, in the place of the one that is there.
    pub fn insert(&mut self, package: Package, plugin: LockedPlugin) {
        self.plugins.insert(package, plugin);
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.plugins.is_empty()
    }

    /// The plugins of this name, whatever their registry and namespace.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a Package, &'a LockedPlugin)> {
        self.plugins()
            .filter(move |(package, plugin)| plugin.name == name || package.id.name.as_str() == name)
    }
}

impl FromIterator<(Package, LockedPlugin)> for Lock {
    fn from_iter<I: IntoIterator<Item = (Package, LockedPlugin)>>(plugins: I) -> Self {
        Self { plugins: plugins.into_iter().collect() }
    }
}

impl Entry {
    fn of(package: &Package, plugin: &LockedPlugin) -> Self {
        Self {
            name: plugin.name.clone(),
            namespace: package.id.namespace.to_string(),
            registry: package.registry.clone(),
            registry_id: plugin.registry_id.clone(),
            version: plugin.version.to_string(),
            requested: plugin.requested.as_ref().map(ToString::to_string),
            digest: plugin.digest.to_string(),
            size: plugin.size_bytes,
            statement: plugin.statement.to_string(),
            key: plugin.key.clone(),
            dependencies: plugin.dependencies.iter().map(ToString::to_string).collect(),
            asks: Asked::of(&plugin.permissions),
        }
    }

    fn read(self) -> Result<(Package, LockedPlugin), String> {
        let slug = |text: &str| text.parse().map_err(|error: Error| error.to_string());
        let digest = |text: &str| text.parse::<Digest>().map_err(|error| error.to_string());
        let id = PluginId { namespace: slug(&self.namespace)?, name: slug(&self.name)? };
        if !crate::id::is_registry_name(&self.registry) {
            return Err("its registry has no name that one can have".to_owned());
        }
        let dependency = |text: &String| match text.split_once('/') {
            Some((namespace, name)) => Ok(PluginId { namespace: slug(namespace)?, name: slug(name)? }),
            None => Err(format!("`{}` is no `namespace/name`", crate::printable(text))),
        };
        if let Some(key) = &self.key {
            key.parse::<crate::keys::PublicKey>().map_err(|error| error.to_string())?;
        }
        let requested = self.requested.as_deref().map(VersionReq::parse).transpose();
        let plugin = LockedPlugin {
            version: Version::parse(&self.version).map_err(|error| error.to_string())?,
            requested: requested.map_err(|error| error.to_string())?,
            digest: digest(&self.digest)?,
            statement: digest(&self.statement)?,
            dependencies: self.dependencies.iter().map(dependency).collect::<Result<_, _>>()?,
            permissions: self.asks.read()?,
            name: self.name,
            registry_id: self.registry_id,
            size_bytes: self.size,
            key: self.key,
        };
        Ok((Package { registry: self.registry, id }, plugin))
    }
}
