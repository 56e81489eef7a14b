//! The registries of a user's settings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::api::Detected;
use crate::error::{Error, SourceError, TreeError};
use crate::http::{Client, HttpOptions, HttpTree};
use crate::id::{PluginId, Request, is_registry_name};
use crate::index::Release;
use crate::layout;
use crate::resolve::Package;
use crate::source::{Found, IndexSource, RegistryInfo, Source};
use crate::tree::Folder;

/// How old a release has to be where the settings do not say: a stolen key may be noticed before what it signed is installed. The time is the publisher's word, which a served registry holds against its own clock. A folder is the user's own.
pub const DEFAULT_MIN_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// How long what was asked for to find a plugin is the answer to what is asked of it next.
const KNOWN_FOR: Duration = Duration::from_secs(10);

/// A registry of the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryConfig {
    /// What it is called.
    pub name: String,
    /// Where it is: `file:///a/folder`, `https://plugins.example.com`, `oci://registry.example.com/plugins`, `s3://bucket/prefix`.
    pub url: String,
    /// Where its plugins stand in lists: those of a higher number first. It never chooses between two plugins of one name.
    pub priority: i32,
    /// Whether releases without a signature are let in. A server without an index is asked by the HTTP API then, `/api/v1/plugins`, where nothing is
    /// signed.
    pub allow_unsigned: bool,
    /// How old a release has to be. Default: [`DEFAULT_MIN_AGE`], and nothing in a folder.
    pub min_age: Option<Duration>,
}

impl RegistryConfig {
    /// The folder that it is, if it is one.
    pub fn folder(&self) -> Option<PathBuf> {
        let path = Path::new(self.url.strip_prefix("file://")?);
        path.is_absolute().then(|| path.to_owned())
    }

    /// Whether it is in a bucket of S3.
    pub fn is_bucket(&self) -> bool {
        self.url.starts_with("s3://")
    }

    /// Whether it is inside an OCI registry.
    pub fn is_oci(&self) -> bool {
        self.url.starts_with("oci://")
    }

    /// Whether it is a folder with an index, rather than one of `.wasm` files.
    pub fn is_index_folder(&self) -> bool {
        self.folder().is_some_and(|folder| folder.join(layout::CONFIG).is_file())
    }
}

/// A registry that can be asked.
pub struct Registry {
    config: RegistryConfig,
    source: Box<dyn Source>,
    info: OnceLock<RegistryInfo>,
    /// The releases that were asked for to find out which registry has a plugin.
    known: Mutex<BTreeMap<PluginId, (Instant, Vec<Release>)>>,
}

impl Registry {
    /// The registry at its URL.
    ///
    /// # Errors
    ///
    /// When its name or its URL is none that a registry can have.
    pub fn new(config: RegistryConfig, http: HttpOptions) -> Result<Self, Error> {
        let source = open(&config, http)?;
        Self::with_source(config, source)
    }

    /// A registry that is asked in a way of its own.
    ///
    /// # Errors
    ///
    /// When its name is none that a registry can have.
    pub fn with_source(config: RegistryConfig, source: Box<dyn Source>) -> Result<Self, Error> {
        if !is_registry_name(&config.name) {
            let why = "a registry's name has 1 to 64 ASCII letters, digits, `-`, `_` and `.`, and begins with a letter";
            return Err(Error::Name { name: crate::printable(&config.name), why: why.to_owned() });
        }
        Ok(Self { config, source, info: OnceLock::new(), known: Mutex::default() })
    }

    /// What the settings say of it.
    pub fn config(&self) -> &RegistryConfig {
        &self.config
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// What answers.
    pub fn source(&self) -> &dyn Source {
        &*self.source
    }

    /// Which registry it is. It is asked once.
    ///
    /// # Errors
    ///
    /// When it cannot be asked.
    pub fn info(&self) -> Result<&RegistryInfo, Error> {
        if let Some(info) = self.info.get() {
            return Ok(info);
        }
        let info = self.source.info().map_err(|source| self.error(source))?;
        Ok(self.info.get_or_init(|| info))
    }

    /// The releases of a plugin. What was asked for to find out which registry has it is not asked for again, once.
    pub(crate) fn releases(&self, id: &PluginId) -> Result<Vec<Release>, Error> {
        match self.known().remove(id) {
            Some((asked, known)) if asked.elapsed() < KNOWN_FOR => Ok(known),
            _ => self.source.releases(id).map_err(|source| self.error(source)),
        }
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<PluginId, (Instant, Vec<Release>)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How old a release has to be.
    pub fn min_age(&self) -> Duration {
        let default = if self.config.folder().is_some() { Duration::ZERO } else { DEFAULT_MIN_AGE };
        self.config.min_age.unwrap_or(default)
    }

    pub(crate) fn error(&self, source: SourceError) -> Error {
        Error::Registry { registry: self.config.name.clone(), source }
    }
}

fn open(config: &RegistryConfig, http: HttpOptions) -> Result<Box<dyn Source>, Error> {
    if let Some(folder) = config.folder() {
        return Ok(Box::new(IndexSource::new(Folder(folder))));
    }
    let unusable = |why: String| Error::Registry {
        registry: config.name.clone(),
        source: SourceError::Malformed { what: crate::printable(&config.url), why },
    };
    if config.url.starts_with("http://") || config.url.starts_with("https://") {
        let client = Client::new(&config.url, http).map_err(unusable)?;
        // What has no index signs nothing.
        if config.allow_unsigned {
            return Ok(Box::new(Detected::new(client)));
        }
        return Ok(Box::new(IndexSource::new(HttpTree::new(client))));
    }
    if config.is_bucket() {
        return bucket(config, http).map_err(unusable);
    }
    if config.is_oci() {
        return open_oci(config, http).map_err(unusable);
    }
    let why = "a registry is a folder, `file:///a/folder`, a server, `https://…`, a place in an OCI registry, `oci://…`, or in a bucket, `s3://…`";
    Err(unusable(why.to_owned()))
}

#[cfg(feature = "s3")]
fn bucket(config: &RegistryConfig, http: HttpOptions) -> Result<Box<dyn Source>, String> {
    Ok(Box::new(IndexSource::new(crate::s3::S3Tree::new(&config.url, http)?)))
}

#[cfg(not(feature = "s3"))]
fn bucket(_: &RegistryConfig, _: HttpOptions) -> Result<Box<dyn Source>, String> {
    Err("this program was built without registries in buckets".to_owned())
}

#[cfg(feature = "oci")]
fn open_oci(config: &RegistryConfig, http: HttpOptions) -> Result<Box<dyn Source>, String> {
    Ok(Box::new(crate::oci::OciSource::new(&config.url, http)?))
}

#[cfg(not(feature = "oci"))]
fn open_oci(_: &RegistryConfig, _: HttpOptions) -> Result<Box<dyn Source>, String> {
    Err("this program was built without OCI registries".to_owned())
}

/// The registries of the settings, in the order of their priorities.
pub struct Registries {
    all: Vec<Registry>,
}

impl Registries {
    /// These registries.
    pub fn new(mut all: Vec<Registry>) -> Self {
        all.sort_by_key(|registry| std::cmp::Reverse(registry.config.priority));
        Self { all }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Registry> {
        self.all.iter()
    }

    /// The one of this name.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn get(&self, name: &str) -> Result<&Registry, Error> {
        self.all.iter().find(|registry| registry.name() == name).ok_or_else(|| Error::UnknownRegistry {
            registry: crate::printable(name),
            known: self.all.iter().map(|registry| registry.name().to_owned()).collect(),
        })
    }

    /// The plugin that is meant by a request: that of the registry that it names, or of the only one that has it.
    ///
    /// # Errors
    ///
    /// When no registry has it, or several have, or one of them cannot be asked: it might have it, too.
    pub fn package(&self, request: &Request) -> Result<Package, Error> {
        Ok(self.package_and_releases(request)?.0)
    }

    /// The same, with the releases of the plugin, where they had to be asked for.
    pub(crate) fn package_and_releases(
        &self,
        request: &Request,
    ) -> Result<(Package, Option<Vec<Release>>), Error> {
        let package = |registry: &Registry| -> Result<Package, Error> {
            let namespace = match &request.namespace {
                Some(namespace) => namespace.clone(),
                None => registry.info()?.namespace.clone(),
            };
            let id = PluginId { namespace, name: request.name.clone() };
            Ok(Package { registry: registry.name().to_owned(), id })
        };
        if let Some(name) = &request.registry {
            return Ok((package(self.get(name)?)?, None));
        }
        let mut having: Vec<(Package, Option<Vec<Release>>)> = Vec::new();
        for registry in &self.all {
            let package = package(registry)?;
            let releases = registry.source.releases(&package.id).map_err(|source| registry.error(source))?;
            if !releases.is_empty() {
                having.push((package, Some(releases)));
            }
        }
        match having.len() {
            1 => Ok(having.remove(0)),
            0 => Err(Error::UnknownPlugin {
                plugin: request.to_string(),
                asked: self.all.iter().map(|registry| registry.name().to_owned()).collect(),
            }),
            _ => Err(Error::SeveralRegistries {
                plugin: having[0].0.id.to_string(),
                registries: having.into_iter().map(|(package, _)| package.registry).collect(),
            }),
        }
    }

    /// What each registry has that fits, or why it cannot be asked.
    pub fn search<'a>(
        &'a self,
        words: &'a [String],
        max: usize,
    ) -> impl Iterator<Item = (&'a Registry, Result<Found, Error>)> {
        self.all.iter().map(move |registry| {
            let found = registry.source.search(words, max).map_err(|source| registry.error(source));
            (registry, found)
        })
    }
}

/// Whether a registry has no answer, since it cannot be reached now or does not list what it has, rather than saying something wrong.
pub fn is_unreachable(error: &Error) -> bool {
    matches!(
        error,
        Error::Registry {
            source: SourceError::Tree(
                TreeError::Unreachable { .. } | TreeError::Status { .. } | TreeError::Offline(_)
            ) | SourceError::NoListing { .. },
            ..
        }
    )
}
