//! An OCI registry as a source of plugins.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use driftless_plugin_api::json::Bounds;
use driftless_plugin_api::text::{printable_line, truncated};
use semver::Version;
use serde::de::DeserializeOwned;

use super::artifact::{Annotations, MAX_MANIFEST_BYTES, Manifest};
use super::client::{Fetched, OciClient};
use super::location::{self, LATEST};
use super::release;
use crate::error::{SourceError, TreeError};
use crate::http::{Client, HttpOptions};
use crate::id::{PluginId, Slug};
use crate::index::{MAX_INDEX_BYTES, Release};
use crate::source::{Found, FoundPlugin, Keys, KeysFile, RegistryInfo, Source};
use crate::tree::Opened;

/// How many manifests are asked for at a time.
const AT_ONCE: usize = 4;
/// The most plugins that a search looks into, each of which takes two requests.
const MAX_LOOKED_INTO: usize = 500;
/// The most versions of a plugin that a search looks at, from the newest on, for one that is not withdrawn.
const MAX_VERSIONS_LOOKED_AT: usize = 5;

const DOCUMENT_BOUNDS: Bounds =
    Bounds { text_bytes: MAX_MANIFEST_BYTES as usize, depth: 5, value_bytes: 8 << 20 };

/// A registry of plugins inside an OCI registry.
#[derive(Clone, Debug)]
pub struct OciSource {
    client: OciClient,
}

impl OciSource {
    /// The registry at `oci://HOST[:PORT]/PREFIX`.
    ///
    /// # Errors
    ///
    /// When that is no such URL, or the certificate authorities are none.
    pub fn new(url: &str, options: HttpOptions) -> Result<Self, String> {
        Ok(Self { client: OciClient::new(url, options)? })
    }

    /// What asks the server.
    pub fn http(&self) -> &Client {
        self.client.http()
    }

    pub(super) fn client(&self) -> &OciClient {
        &self.client
    }

    /// The manifest of a release, and what it says; `None` where there is none.
    pub(super) fn release(
        &self,
        id: &PluginId,
        version: &Version,
    ) -> Result<Option<(Fetched, Release)>, SourceError> {
        let (Ok(repository), Ok(tag)) = (self.client.location().plugin(id), location::tag(version)) else {
            return Ok(None);
        };
        let Some(fetched) = self.client.manifest(&repository, &tag)? else { return Ok(None) };
        let release = release::read(&fetched.bytes, id, version)
            .map_err(|why| self.malformed(&repository, &tag, why))?;
        self.client.accept(&fetched);
        Ok(release.map(|release| (fetched, release)))
    }

    /// The versions of a plugin.
    fn versions(&self, id: &PluginId) -> Result<Vec<Version>, SourceError> {
        let Ok(repository) = self.client.location().plugin(id) else { return Ok(Vec::new()) };
        let tags = self.client.tags(&repository)?.unwrap_or_default();
        let mut versions = Vec::new();
        let mut seen = HashSet::new();
        for tag in &tags {
            // Others may have tags of their own there, as signatures of images are.
            let Some(version) = location::version(tag) else { continue };
            // What differs in build metadata only has one place in an order of versions.
            if !seen.insert((version.major, version.minor, version.patch, version.pre.clone())) {
                return Err(self.malformed(&repository, tag, format!("version {version} is there twice")));
            }
            versions.push(version);
        }
        Ok(versions)
    }

    /// All plugins, in the order of their names.
    pub(super) fn all_plugins(&self) -> Result<Vec<PluginId>, SourceError> {
        self.listed_or(|| {
            let namespaces = self.members(&self.client.location().namespaces())?;
            let plugins = each(&namespaces, |namespace| self.noted(namespace))?;
            Ok(plugins.into_iter().flatten().collect())
        })
    }

    /// The plugins that are among the server's repositories; those that were noted where it does not list them, or lists too many.
    fn listed_or(
        &self,
        noted: impl FnOnce() -> Result<Vec<PluginId>, SourceError>,
    ) -> Result<Vec<PluginId>, SourceError> {
        let mut plugins: Vec<PluginId> = match self.client.repositories() {
            Ok(repositories) => {
                repositories.iter().filter_map(|name| self.client.location().plugin_of(name)).collect()
            }
            Err(
                error @ (SourceError::NoListing { .. }
                | SourceError::Malformed { .. }
                | SourceError::Tree(TreeError::Offline(_))),
            ) => match noted() {
                Ok(plugins) if !plugins.is_empty() => plugins,
                _ => return Err(error),
            },
            Err(error) => return Err(error),
        };
        plugins.sort();
        plugins.dedup();
        Ok(plugins)
    }

    /// The plugins of a namespace that were noted when they were published first.
    fn noted(&self, namespace: &Slug) -> Result<Vec<PluginId>, SourceError> {
        let Ok(repository) = self.client.location().plugins(namespace) else { return Ok(Vec::new()) };
        let names = self.members(&repository)?.into_iter();
        Ok(names.map(|name| PluginId { namespace: namespace.clone(), name }).collect())
    }

    /// The members of a set, which are the tags of a repository.
    fn members(&self, repository: &str) -> Result<Vec<Slug>, SourceError> {
        let tags = self.client.tags(repository)?.unwrap_or_default();
        Ok(tags.iter().filter_map(|tag| location::slug(tag)).collect())
    }

    /// What a search shows of a plugin: its newest version that is not withdrawn.
    fn found(&self, id: &PluginId) -> Result<Option<FoundPlugin>, SourceError> {
        let mut versions = self.versions(id)?;
        versions.sort_by_key(|version| Reverse((version.pre.is_empty(), version.clone())));
        for version in versions.iter().take(MAX_VERSIONS_LOOKED_AT) {
            let Some((_, release)) = self.release(id, version)? else { continue };
            if release.is_yanked || release.revoked.is_some() {
                continue;
            }
            return Ok(Some(FoundPlugin {
                namespace: id.namespace.to_string(),
                name: release.statement.name,
                version: version.to_string(),
                description: printable_line(&release.statement.description).into_owned(),
            }));
        }
        Ok(None)
    }

    /// What a document of the registry says: the text in an annotation of an artifact of its own.
    fn document<J: DeserializeOwned>(
        &self,
        repository: &str,
        text_of: impl FnOnce(Annotations) -> Option<String>,
        check: impl FnOnce(&J) -> Result<(), String>,
    ) -> Result<Option<J>, SourceError> {
        let Some(fetched) = self.client.manifest(repository, LATEST)? else { return Ok(None) };
        let read = || {
            let manifest = Manifest::parse(&fetched.bytes)?
                .ok_or("it is of a form that a newer version of this program knows")?;
            let text = text_of(manifest.annotations).ok_or("it lacks the annotation with what it says")?;
            let document: J = DOCUMENT_BOUNDS.read(&text).map_err(|error| error.to_string())?;
            check(&document)?;
            Ok(document)
        };
        let document = read().map_err(|why: String| self.malformed(repository, LATEST, why))?;
        self.client.accept(&fetched);
        Ok(Some(document))
    }

    /// The keys of a namespace as they are written.
    pub(super) fn keys_file(&self, namespace: &Slug) -> Result<KeysFile, SourceError> {
        let Ok(repository) = self.client.location().keys(namespace) else { return Ok(KeysFile::default()) };
        let file = self.document(&repository, |annotations| annotations.keys, |_| Ok(()))?;
        Ok(file.unwrap_or_default())
    }

    fn malformed(&self, repository: &str, tag: &str, why: String) -> SourceError {
        let location = self.client.location();
        SourceError::Malformed {
            what: crate::printable(&format!("{}/{repository}:{tag}", location.authority())),
            why: printable_line(&truncated(&why, 500)).into_owned(),
        }
    }
}

impl Source for OciSource {
    fn info(&self) -> Result<RegistryInfo, SourceError> {
        let location = self.client.location();
        let info =
            self.document(&location.registry(), |annotations| annotations.registry, RegistryInfo::check)?;
        info.ok_or_else(|| SourceError::NoOciRegistry {
            place: location.place(),
            artifact: format!("{}:{LATEST}", location.registry()),
        })
    }

    fn releases(&self, id: &PluginId) -> Result<Vec<Release>, SourceError> {
        let versions = self.versions(id)?;
        let (deadline, bytes) = (self.client.deadline(), AtomicU64::new(0));
        let too_much = |why: &str| SourceError::Malformed {
            what: format!("{}: {id}", self.place()),
            why: format!("its releases {why}"),
        };
        let read = |version: &Version| {
            if Instant::now() > deadline {
                return Err(too_much("take too long to be read"));
            }
            let Some((fetched, release)) = self.release(id, version)? else { return Ok(None) };
            let size = fetched.bytes.len() as u64;
            if bytes.fetch_add(size, Ordering::Relaxed) + size > MAX_INDEX_BYTES {
                return Err(too_much(&format!("have more than {MAX_INDEX_BYTES} bytes")));
            }
            Ok(Some(release))
        };
        let mut releases: Vec<Release> = each(&versions, read)?.into_iter().flatten().collect();
        releases.sort_by_key(|release| (release.statement.published, release.statement.version.clone()));
        Ok(releases)
    }

    fn open(&self, release: &Release, from: u64) -> Result<Option<Opened>, SourceError> {
        let Ok(repository) = self.client.location().plugin(&release.statement.id) else { return Ok(None) };
        Ok(self.client.blob(&repository, &release.statement.digest, from)?)
    }

    fn search(&self, words: &[String], max: usize) -> Result<Found, SourceError> {
        let words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
        let mut plugins = self.all_plugins()?;
        // Those first that are found by their names.
        let is_named = |id: &PluginId| words.iter().all(|word| id.to_string().contains(word));
        plugins.sort_by_key(|id| !is_named(id));
        let mut found = Found { more: plugins.len() > MAX_LOOKED_INTO, ..Found::default() };
        plugins.truncate(MAX_LOOKED_INTO);
        let deadline = self.client.deadline();
        let look = |id: &PluginId| match self.found(id) {
            // Each plugin counts for itself.
            Err(SourceError::Malformed { .. } | SourceError::Tree(TreeError::TooLarge { .. })) => Ok(None),
            found => found,
        };
        for ids in plugins.chunks(4 * AT_ONCE) {
            let fitting = each(ids, look)?.into_iter().flatten().filter(|plugin| plugin.has(&words));
            for plugin in fitting {
                if found.plugins.len() == max {
                    found.more = true;
                    break;
                }
                found.plugins.push(plugin);
            }
            if found.plugins.len() == max && found.more || Instant::now() > deadline {
                found.more = true;
                break;
            }
        }
        found.plugins.sort_by(|one, other| (&one.namespace, &one.name).cmp(&(&other.namespace, &other.name)));
        Ok(found)
    }

    fn plugins(&self, namespace: &Slug) -> Result<Vec<PluginId>, SourceError> {
        let plugins = self.listed_or(|| self.noted(namespace))?;
        Ok(plugins.into_iter().filter(|id| id.namespace == *namespace).collect())
    }

    fn keys(&self, namespace: &Slug) -> Result<Keys, SourceError> {
        let what = format!("{}: the keys of `{namespace}`", self.place());
        self.keys_file(namespace)?.read().map_err(|why| SourceError::Malformed { what, why })
    }

    fn place(&self) -> String {
        self.client.location().place()
    }
}

/// Does something with each, some at a time, up to the first error. The results are in the order of the items.
fn each<I: Sync, R: Send>(
    items: &[I],
    work: impl Fn(&I) -> Result<R, SourceError> + Sync,
) -> Result<Vec<R>, SourceError> {
    if items.len() <= 1 {
        return items.iter().map(work).collect();
    }
    let (next, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let done: Mutex<BTreeMap<usize, Result<R, SourceError>>> = Mutex::default();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(items.len()) {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(place) else { break };
                    let result = work(item);
                    if result.is_err() {
                        is_over.store(true, Ordering::Relaxed);
                    }
                    done.lock().unwrap_or_else(PoisonError::into_inner).insert(place, result);
                }
            });
        }
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
}
