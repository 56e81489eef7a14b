//! Publishing to a registry of plugins inside an OCI registry.
//!
//! The order is that of trust, as in a folder: the file, the keys of a namespace that has none, and last the tag that names both. What is let in is
//! decided here, by the same checks: the server knows nothing of plugins.

use driftless_plugin_api::digest::Digest;
use semver::Version;

use super::artifact::{EMPTY, KEYS, NAME, REGISTRY, document};
use super::client::OciClient;
use super::location::{self, LATEST};
use super::release;
use super::source::OciSource;
use crate::error::{Error, SourceError};
use crate::http::HttpOptions;
use crate::id::{PluginId, Slug};
use crate::index::Release;
use crate::keys::PublicKey;
use crate::publish::{Publication, admit, check_signed, looks_like, not_revoked};
use crate::renewal::Renewal;
use crate::rotation::SignedRotation;
use crate::source::{FORM, KeysFile, RegistryInfo, Source};
use crate::statement::registry_identity;

/// The kinds of artifacts that are no plugins.
const REGISTRY_TYPE: &str = "application/vnd.driftless.registry.v1+json";
const KEYS_TYPE: &str = "application/vnd.driftless.keys.v1+json";
const MEMBER_TYPE: &str = "application/vnd.driftless.member.v1+json";

/// A registry of plugins inside an OCI registry, to be written to.
#[derive(Clone, Debug)]
pub struct OciRegistry {
    source: OciSource,
    info: RegistryInfo,
}

impl OciRegistry {
    /// Makes an empty registry of plugins at `oci://HOST[:PORT]/PREFIX`.
    ///
    /// # Errors
    ///
    /// When there is one already, the identity is none, or the server does not take it.
    pub fn create(url: &str, options: HttpOptions, id: &str, namespace: Slug) -> Result<Self, Error> {
        registry_identity(id).map_err(|why| Error::Name { name: crate::printable(id), why })?;
        let source = source(url, options)?;
        match source.info() {
            Err(SourceError::NoOciRegistry { .. }) => {}
            Ok(_) => return Err(Error::RegistryExists { place: source.place() }),
            Err(error) => return Err(source.client().error(error)),
        }
        let info = RegistryInfo { v: FORM, id: id.to_owned(), namespace };
        let text = serde_json::to_string(&info).expect("texts are plain data");
        let registry = Self { source, info };
        let repository = registry.client().location().registry();
        registry.put_document(&repository, LATEST, (REGISTRY_TYPE, REGISTRY, &text), "the registry")?;
        Ok(registry)
    }

    /// The registry of plugins at a URL.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn open(url: &str, options: HttpOptions) -> Result<Self, Error> {
        let source = source(url, options)?;
        let info = source.info().map_err(|error| source.client().error(error))?;
        Ok(Self { source, info })
    }

    /// Which registry it is.
    pub fn info(&self) -> &RegistryInfo {
        &self.info
    }

    /// Publishes a release. A namespace that has no key yet gets the one that signed; `key` is that one, where it is known.
    ///
    /// # Errors
    ///
    /// When the release is there already, is signed by no key of the namespace, has a name that people would take for another, asks for more in a
    /// patch than the release before, or the server does not take it.
    pub fn publish(&self, publication: &Publication, key: Option<&PublicKey>) -> Result<(), Error> {
        let Release { statement, .. } = publication.release();
        let (id, plugin) = (&statement.id, publication.named());
        let refused = |why: String| Error::NotPublished { plugin: plugin.clone(), why };
        let repository = self.client().location().plugin(id).map_err(refused)?;
        let tag = location::tag(&statement.version).map_err(refused)?;
        let mut keys = self.source.keys_file(&id.namespace).map_err(|error| self.error(error))?;
        let is_first_key = keys.keys.is_empty() && key.is_some();
        if is_first_key {
            keys.keys.extend(key.map(ToString::to_string));
        }
        check_signed(publication, &self.info, &keys)?;
        // That what is there cannot be read is no reason to write over it.
        let releases = self.source.releases(id).map_err(|error| self.error(error))?;
        admit(publication, &releases)?;
        self.check_free(&repository, &tag, &plugin)?;
        if releases.is_empty()
            && let Some(other) = self.look_alike(id)?
        {
            return Err(refused(format!("its name looks like that of `{other}`, which is there already")));
        }
        let config = release::config(publication);
        self.client().put_blob(&repository, publication.bytes(), &plugin)?;
        self.client().put_blob(&repository, &config, &plugin)?;
        if is_first_key {
            self.put_keys(&id.namespace, &keys)?;
        }
        if releases.is_empty() {
            self.note(id, &plugin)?;
        }
        self.put_release(&repository, &tag, &release::manifest(publication, &config), &plugin)
    }

    /// Withdraws a release, or no longer: no new installation takes it, and those that have it keep it.
    ///
    /// # Errors
    ///
    /// When there is no such release, or the server does not take it.
    pub fn yank(&self, id: &PluginId, version: &Version, is_yanked: bool) -> Result<(), Error> {
        self.change(id, version, |manifest, release| {
            if !is_yanked {
                not_revoked(release)?;
            }
            release::yanked(manifest, is_yanked)
        })
    }

    /// Revokes a release: nothing may install or fetch it any more.
    ///
    /// # Errors
    ///
    /// As for [`yank`](Self::yank).
    pub fn revoke(&self, id: &PluginId, version: &Version, why: &str) -> Result<(), Error> {
        let why = crate::printable(why);
        self.change(id, version, |manifest, _| release::revoked(manifest, &why))
    }

    /// Lets a key take the place of another.
    ///
    /// # Errors
    ///
    /// When the old one is none of the namespace, or has not signed it; when the server does not take it, or does not say which plugins there are:
    /// what the old key has signed could not be found to be signed anew.
    pub fn rotate(&self, signed: &SignedRotation) -> Result<(), Error> {
        let namespace = &signed.rotation.namespace;
        self.source.plugins(namespace).map_err(|error| self.error(error))?;
        let mut keys = self.source.keys_file(namespace).map_err(|error| self.error(error))?;
        keys.rotate(signed, &self.info.id)?;
        self.put_keys(namespace, &keys)
    }

    /// Puts signatures of a key that signs for a namespace in the place of those that are there: those of a key that signs no longer. Doing it again
    /// changes nothing.
    ///
    /// # Errors
    ///
    /// When there is no such release, a signature is none of a key of the namespace, or the server does not take it.
    pub fn renew(&self, namespace: &Slug, renewals: &[Renewal]) -> Result<(), Error> {
        let keys = self.source.keys(namespace).map_err(|error| self.error(error))?.keys;
        for renewal in renewals {
            let (id, Renewal { version, signature, .. }) = (renewal.id(namespace)?, renewal);
            self.change(&id, version, |manifest, release| {
                if !keys.iter().any(|key| key.has_signed(release.text.as_bytes(), signature)) {
                    return Err(format!("no key of the namespace `{namespace}` has signed it anew"));
                }
                release::renewed(manifest, signature)
            })?;
        }
        Ok(())
    }

    /// Writes the tag of a release anew, with the same layer and other annotations.
    fn change(
        &self,
        id: &PluginId,
        version: &Version,
        change: impl FnOnce(&[u8], &Release) -> Result<Vec<u8>, String>,
    ) -> Result<(), Error> {
        let plugin = format!("{id}@{version}");
        let (manifest, release) = self.existing(id, version)?;
        let refused = |why: String| Error::NotPublished { plugin: plugin.clone(), why };
        let changed = change(&manifest, &release).map_err(refused)?;
        let repository = self.client().location().plugin(id).map_err(refused)?;
        let tag = location::tag(&release.statement.version).map_err(refused)?;
        self.client().put_manifest(&repository, &tag, &changed, &plugin)
    }

    /// A release that is there, with its manifest. Build metadata need not be named: there is one release of a version.
    fn existing(&self, id: &PluginId, version: &Version) -> Result<(Vec<u8>, Release), Error> {
        let look = |version: &Version| self.source.release(id, version).map_err(|error| self.error(error));
        let mut found = look(version)?;
        if found.is_none() {
            let releases = self.source.releases(id).map_err(|error| self.error(error))?;
            let mut versions = releases.iter().map(|release| &release.statement.version);
            if let Some(other) = versions.find(|other| other.cmp_precedence(version).is_eq()) {
                found = look(other)?;
            }
        }
        let (fetched, release) = found.ok_or_else(|| Error::UnknownPlugin {
            plugin: format!("{id}@{version}"),
            asked: vec![self.source.place()],
        })?;
        Ok((fetched.bytes, release))
    }

    /// Checks that no tag of something else, which was left out of the releases, is written over.
    fn check_free(&self, repository: &str, tag: &str, plugin: &str) -> Result<(), Error> {
        let there = self.client().manifest(repository, tag).map_err(|error| self.error(error))?;
        match there {
            None => Ok(()),
            Some(there) => Err(Error::Exists { plugin: plugin.to_owned(), digest: Digest::of(&there.bytes) }),
        }
    }

    /// Notes that there is a plugin, for servers that do not list their repositories.
    fn note(&self, id: &PluginId, plugin: &str) -> Result<(), Error> {
        let location = self.client().location();
        let refused = |why: String| Error::NotPublished { plugin: plugin.to_owned(), why };
        let (namespace, name) = (id.namespace.as_str(), id.name.as_str());
        let plugins = location.plugins(&id.namespace).map_err(refused)?;
        self.put_document(&plugins, name, (MEMBER_TYPE, NAME, name), plugin)?;
        match self.put_document(&location.namespaces(), namespace, (MEMBER_TYPE, NAME, namespace), plugin) {
            // Who may write to a namespace need not be allowed to write beside it. Then a search may miss it.
            Err(Error::Unauthorized { .. } | Error::Forbidden { .. } | Error::NotPublished { .. }) => Ok(()),
            noted => noted,
        }
    }

    /// The plugin whose name people would take this one for. Where the server does not say which there are, it is not known.
    fn look_alike(&self, id: &PluginId) -> Result<Option<String>, Error> {
        match self.source.all_plugins() {
            Ok(plugins) => {
                let names = plugins.iter().map(|other| (other.to_string(), other.name.as_str()));
                Ok(looks_like(names, id))
            }
            Err(SourceError::NoListing { .. } | SourceError::Malformed { .. }) => Ok(None),
            Err(error) => Err(self.error(error)),
        }
    }

    /// Writes the tag of a new release, and sees whether it is the one that is there then.
    fn put_release(&self, repository: &str, tag: &str, manifest: &[u8], plugin: &str) -> Result<(), Error> {
        self.client().put_manifest(repository, tag, manifest, plugin)?;
        let there = self.client().manifest(repository, tag).map_err(|error| self.error(error))?;
        let there = there.map(|there| Digest::of(&there.bytes));
        match there {
            Some(digest) if digest != Digest::of(manifest) => {
                Err(Error::Exists { plugin: plugin.to_owned(), digest })
            }
            Some(_) => Ok(()),
            None => {
                let why = "the server took it, and does not have it".to_owned();
                Err(Error::NotPublished { plugin: plugin.to_owned(), why })
            }
        }
    }

    fn put_keys(&self, namespace: &Slug, keys: &KeysFile) -> Result<(), Error> {
        let plugin = format!("the keys of `{namespace}`");
        let repository = self.client().location().keys(namespace);
        let repository = repository.map_err(|why| Error::NotPublished { plugin: plugin.clone(), why })?;
        let text = serde_json::to_string(keys).expect("texts are plain data");
        self.put_document(&repository, LATEST, (KEYS_TYPE, KEYS, &text), &plugin)
    }

    fn put_document(
        &self,
        repository: &str,
        tag: &str,
        (kind, annotation, text): (&str, &str, &str),
        what: &str,
    ) -> Result<(), Error> {
        self.client().put_blob(repository, EMPTY, what)?;
        self.client().put_manifest(repository, tag, &document(kind, annotation, text), what)
    }

    fn client(&self) -> &OciClient {
        self.source.client()
    }

    fn error(&self, error: SourceError) -> Error {
        self.client().error(error)
    }
}

fn source(url: &str, options: HttpOptions) -> Result<OciSource, Error> {
    OciSource::new(url, options).map_err(|why| Error::Name { name: crate::printable(url), why })
}
