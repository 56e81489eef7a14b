//! Publishing: a release is checked, signed, and put into a registry that is a tree of files: a folder, a bucket.
//!
//! A server publishes in the same way into its own folder. The order is that of trust: the file, then the line of the index that names it, then
//! what searches find. So what stops in the middle leaves nothing that names what is not there.
//!
//! Two may publish at once. In a folder they wait for each other. In a bucket each writes only where what it has read is there still, and begins anew
//! where it is not.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use driftless_permissions::{Coverage, Grant};
use driftless_plugin_api::digest::Digest;
use driftless_plugin_api::host_call::Capability;
use driftless_plugin_api::limit::MAX_PLUGIN_BYTES;
use driftless_plugin_api::text::listed;
use driftless_validator::{PluginFile, Rules, ValidatedPlugin};
use semver::Version;

use crate::error::{Error, SourceError, TreeError};
use crate::id::{PluginId, Slug};
use crate::index::{self, MAX_INDEX_BYTES, Release};
use crate::keys::{PublicKey, SigningKey};
use crate::layout;
use crate::renewal::Renewal;
use crate::rotation::SignedRotation;
use crate::source::{
    FORM, FoundPlugin, IndexSource, KeysFile, MAX_KEYS_BYTES, MAX_SEARCH_BYTES, RegistryInfo, SignedText,
    Source,
};
use crate::statement::{Statement, Target, registry_identity};
use crate::tree::{Expected, Folder, Tree, Versioned, WritableTree};

/// Refuses to let a release in again that was revoked.
pub(crate) fn not_revoked(release: &Release) -> Result<(), String> {
    match &release.revoked {
        None => Ok(()),
        Some(why) => {
            Err(format!("it is revoked, which cannot be taken back: {why}; publish another version"))
        }
    }
}

/// A release that may be published: its file may run, and what is said of it is signed.
pub struct Publication {
    plugin: ValidatedPlugin,
    release: Release,
}

impl Publication {
    /// Checks a file and signs a statement of it.
    ///
    /// # Errors
    ///
    /// When it may not run, has no manifest, or one that cannot be published.
    pub fn sign(bytes: Vec<u8>, rules: Rules, target: &Target<'_>, key: &SigningKey) -> Result<Self, Error> {
        let plugin = validated(bytes, rules)?;
        let manifest = plugin.manifest().expect("it was seen to have one");
        let statement = Statement::of(manifest, plugin.bytes(), target)?;
        let text = statement.to_text();
        // What is read of it has to be what was meant.
        let statement = Statement::parse(&text)
            .map_err(|why| Error::Manifest { plugin: crate::printable(&manifest.name), why })?;
        let signature = Some(key.sign(text.as_bytes())?);
        let release = Release { statement, text, signature, is_yanked: false, revoked: None };
        Ok(Self { plugin, release })
    }

    /// Checks a file and what its publisher has signed of it elsewhere.
    ///
    /// # Errors
    ///
    /// When it may not run, or the statement is about something else. Whose signature it is is for the registry to say.
    pub fn received(bytes: Vec<u8>, rules: Rules, text: String, signature: String) -> Result<Self, Error> {
        let plugin = validated(bytes, rules)?;
        let manifest = plugin.manifest().expect("it was seen to have one");
        let named = crate::printable(&manifest.name);
        let differs = |why: String| Error::ManifestDiffers { plugin: named.clone(), why };
        let statement = Statement::parse(&text).map_err(differs)?;
        statement.check_manifest(manifest, plugin.bytes()).map_err(differs)?;
        let release =
            Release { statement, text, signature: Some(signature), is_yanked: false, revoked: None };
        Ok(Self { plugin, release })
    }

    /// What is said of it.
    pub fn statement(&self) -> &Statement {
        &self.release.statement
    }

    /// That, byte for byte.
    pub fn text(&self) -> &str {
        &self.release.text
    }

    /// The signature over it.
    pub fn signature(&self) -> &str {
        self.release.signature.as_deref().unwrap_or_default()
    }

    /// The file.
    pub fn bytes(&self) -> &[u8] {
        self.plugin.bytes()
    }

    /// All that the registry is to say of it.
    #[cfg(feature = "oci")]
    pub(crate) fn release(&self) -> &Release {
        &self.release
    }

    /// The file, checked.
    #[cfg(feature = "oci")]
    pub(crate) fn plugin(&self) -> &ValidatedPlugin {
        &self.plugin
    }

    pub(crate) fn named(&self) -> String {
        let Statement { id, version, .. } = self.statement();
        format!("{id} {version}")
    }
}

fn validated(bytes: Vec<u8>, rules: Rules) -> Result<ValidatedPlugin, Error> {
    let file = PluginFile::inspect(bytes);
    let name =
        file.info().manifest().map_or("the file".to_owned(), |manifest| crate::printable(&manifest.name));
    let plugin = file.validate(rules).map_err(|error| Error::Invalid {
        plugin: name.clone(),
        reasons: error.violations.iter().map(ToString::to_string).collect(),
    })?;
    if plugin.manifest().is_none() {
        let why = "it has no manifest, so it has no name and no version; `driftless plugin build` writes one"
            .to_owned();
        return Err(Error::Manifest { plugin: name, why });
    }
    Ok(plugin)
}

/// A registry in a tree of files, to be written to.
#[derive(Clone, Debug)]
pub struct RegistryTree<W> {
    tree: W,
    info: RegistryInfo,
}

/// A registry that is a folder, to be written to.
pub type RegistryFolder = RegistryTree<Folder>;

/// How often writing begins anew where another one that publishes was quicker.
const MAX_ATTEMPTS: usize = 20;

/// A file, as what stands in it, and the tag of what was read.
struct Current<T> {
    content: T,
    tag: Option<String>,
}

impl<T> Current<T> {
    fn expected(&self) -> Expected<'_> {
        self.tag.as_deref().map_or(Expected::Missing, Expected::Tagged)
    }
}

impl RegistryTree<Folder> {
    /// Makes an empty registry in a folder, which is made where there is none.
    ///
    /// # Errors
    ///
    /// When there is a registry already, the identity is none, or the folder cannot be written.
    pub fn create(root: impl Into<PathBuf>, id: &str, namespace: Slug) -> Result<Self, Error> {
        Self::create_in(Folder(root.into()), id, namespace)
    }

    /// The registry in a folder.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, Error> {
        Self::open_in(Folder(root.into()))
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.tree.0
    }
}

impl<W: WritableTree> RegistryTree<W> {
    /// Makes an empty registry in a tree.
    ///
    /// # Errors
    ///
    /// When there is a registry already, the identity is none, or the tree cannot be written.
    pub fn create_in(tree: W, id: &str, namespace: Slug) -> Result<Self, Error> {
        registry_identity(id).map_err(|why| Error::Name { name: crate::printable(id), why })?;
        let info = RegistryInfo { v: FORM, id: id.to_owned(), namespace };
        let text = serde_json::to_string_pretty(&info).expect("texts are plain data") + "\n";
        let registry = Self { tree, info };
        if !registry.put(layout::CONFIG, text.as_bytes(), Expected::Missing)? {
            return Err(Error::RegistryExists { place: registry.tree.place() });
        }
        Ok(registry)
    }

    /// The registry in a tree.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn open_in(tree: W) -> Result<Self, Error> {
        let info = IndexSource::new(&tree).info().map_err(|source| in_tree(&tree, source))?;
        Ok(Self { tree, info })
    }

    /// The registry in a tree, or an empty one of this identity where there is none.
    ///
    /// # Errors
    ///
    /// When the tree cannot be read or written.
    pub fn open_or_create(tree: W, info: &RegistryInfo) -> Result<Self, Error> {
        match IndexSource::new(&tree).info() {
            Ok(info) => Ok(Self { tree, info }),
            Err(SourceError::NoRegistry(_)) => Self::create_in(tree, &info.id, info.namespace.clone()),
            Err(source) => Err(in_tree(&tree, source)),
        }
    }

    /// Which registry it is.
    pub fn info(&self) -> &RegistryInfo {
        &self.info
    }

    /// The tree.
    pub fn tree(&self) -> &W {
        &self.tree
    }

    /// Publishes a release. A namespace that has no key yet gets the one that signed; `key` is that one, where it is known.
    ///
    /// # Errors
    ///
    /// When the release is there already, is signed by no key of the namespace, has a name that people would take for another, asks for more in a
    /// patch than the release before, or cannot be written.
    pub fn publish(&self, publication: &Publication, key: Option<&PublicKey>) -> Result<(), Error> {
        let _guard = self.exclusive()?;
        let statement = publication.statement();
        let refused = |why: String| Error::NotPublished { plugin: publication.named(), why };
        self.until_written(&publication.named(), || {
            let mut keys = self.keys(&statement.id.namespace)?;
            let is_first = keys.content.keys.is_empty() && key.is_some();
            if is_first {
                keys.content.keys.extend(key.map(ToString::to_string));
            }
            check_signed(publication, &self.info, &keys.content)?;
            let mut releases = self.releases(&statement.id)?;
            admit(publication, &releases.content)?;
            if releases.content.is_empty() {
                let search = self.search()?.content;
                let known = search.iter().map(|(id, plugin)| (id.clone(), plugin.name.as_str()));
                if let Some(other) = looks_like(known, &statement.id) {
                    let why = format!("its name looks like that of `{other}`, which is there already");
                    return Err(refused(why));
                }
            }
            self.write_blob(&statement.digest, publication.bytes())?;
            if is_first && !self.write_keys(&statement.id.namespace, &keys)? {
                return Ok(false);
            }
            releases.content.push(publication.release.clone());
            self.write_releases(&statement.id, &releases)
        })?;
        self.note(&statement.id)
    }

    /// Withdraws a release, or no longer: no new installation takes it, and those that have it keep it.
    ///
    /// # Errors
    ///
    /// When there is no such release, or it cannot be written.
    pub fn yank(&self, id: &PluginId, version: &Version, is_yanked: bool) -> Result<(), Error> {
        self.mark(id, version, |release| {
            if !is_yanked {
                let plugin = format!("{id}@{version}");
                not_revoked(release).map_err(|why| Error::NotPublished { plugin, why })?;
            }
            release.is_yanked = is_yanked;
            Ok(())
        })
    }

    /// Revokes a release: nothing may install or fetch it any more.
    ///
    /// # Errors
    ///
    /// As for [`yank`](Self::yank).
    pub fn revoke(&self, id: &PluginId, version: &Version, why: &str) -> Result<(), Error> {
        self.mark(id, version, |release| {
            release.revoked = Some(crate::printable(why));
            Ok(())
        })
    }

    fn mark(
        &self,
        id: &PluginId,
        version: &Version,
        mark: impl Fn(&mut Release) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let _guard = self.exclusive()?;
        let named = format!("{id}@{version}");
        self.until_written(&named, || {
            let mut releases = self.releases(id)?;
            mark(self.find(&mut releases.content, id, version)?)?;
            self.write_releases(id, &releases)
        })?;
        self.note(id)
    }

    /// Lets a key take the place of another.
    ///
    /// # Errors
    ///
    /// When the old one is none of the namespace, has not signed it, or it cannot be written.
    pub fn rotate(&self, signed: &SignedRotation) -> Result<(), Error> {
        let _guard = self.exclusive()?;
        let namespace = &signed.rotation.namespace;
        self.until_written("the rotation", || {
            let mut keys = self.keys(namespace)?;
            keys.content.rotate(signed, &self.info.id)?;
            self.write_keys(namespace, &keys)
        })
    }

    /// Puts signatures of a key that signs for a namespace in the place of those that are there: those of a key that signs no longer. Doing it again changes
    /// nothing.
    ///
    /// # Errors
    ///
    /// When there is no such release, a signature is none of a key of the namespace, or it cannot be written.
    pub fn renew(&self, namespace: &Slug, renewals: &[Renewal]) -> Result<(), Error> {
        let _guard = self.exclusive()?;
        let mut by_plugin: BTreeMap<PluginId, Vec<&Renewal>> = BTreeMap::new();
        for renewal in renewals {
            by_plugin.entry(renewal.id(namespace)?).or_default().push(renewal);
        }
        for (id, renewals) in by_plugin {
            self.until_written(&id.to_string(), || {
                let keys = self.keys(namespace)?.content;
                let keys: Vec<PublicKey> = keys.keys.iter().filter_map(|key| key.parse().ok()).collect();
                let mut releases = self.releases(&id)?;
                for Renewal { version, signature, .. } in &renewals {
                    let release = self.find(&mut releases.content, &id, version)?;
                    if !keys.iter().any(|key| key.has_signed(release.text.as_bytes(), signature)) {
                        let why = format!("no key of the namespace `{namespace}` has signed it anew");
                        return Err(Error::NotPublished { plugin: format!("{id}@{version}"), why });
                    }
                    release.signature = Some(signature.clone());
                }
                self.write_releases(&id, &releases)
            })?;
        }
        Ok(())
    }

    /// The releases of a plugin that are there.
    pub(crate) fn releases_of(&self, id: &PluginId) -> Result<Vec<Release>, Error> {
        Ok(self.releases(id)?.content)
    }

    /// Takes over releases that were verified, and whose files are there: those that are new, and what has changed about others. What is revoked here
    /// stays revoked.
    pub(crate) fn merge_releases(&self, id: &PluginId, copies: &[Release]) -> Result<(), Error> {
        if copies.is_empty() {
            return Ok(());
        }
        let _guard = self.exclusive()?;
        self.until_written(&id.to_string(), || {
            let mut releases = self.releases(id)?;
            let mut is_changed = false;
            for copy in copies {
                let version = &copy.statement.version;
                let known = releases.content.iter_mut().find(|known| known.statement.version == *version);
                match known {
                    None => {
                        releases.content.push(copy.clone());
                        is_changed = true;
                    }
                    Some(known) if known.text == copy.text => {
                        let revoked = known.revoked.clone().or_else(|| copy.revoked.clone());
                        let merged = Release { revoked, ..copy.clone() };
                        is_changed |= *known != merged;
                        *known = merged;
                    }
                    Some(known) => {
                        let plugin = format!("{id} {version}");
                        return Err(Error::Exists { plugin, digest: known.statement.digest });
                    }
                }
            }
            if is_changed { self.write_releases(id, &releases) } else { Ok(true) }
        })?;
        self.note(id)
    }

    /// Takes over the keys of a namespace, which were verified, and how they came to be. A key that another has taken the place of does not come back.
    pub(crate) fn merge_keys(
        &self,
        namespace: &Slug,
        current: &[PublicKey],
        rotations: &[SignedRotation],
    ) -> Result<(), Error> {
        let _guard = self.exclusive()?;
        self.until_written(&format!("the keys of {namespace}"), || {
            let mut keys = self.keys(namespace)?;
            let before = (keys.content.keys.clone(), keys.content.rotations.len());
            let file = &mut keys.content;
            for rotation in rotations {
                if !file.rotations.iter().any(|known| known.text == rotation.text) {
                    let SignedRotation { text, signature, .. } = rotation.clone();
                    file.rotations.push(SignedText { text, signature });
                }
            }
            let parsed = |signed: &SignedText| {
                SignedRotation::parse(signed.text.clone(), signed.signature.clone()).ok()
            };
            // A copy that is new knows of no order in which keys took each other's places.
            let known = if file.keys.is_empty() { &[] } else { &*file.rotations };
            let replaced: Vec<PublicKey> =
                known.iter().filter_map(parsed).map(|signed| signed.rotation.old).collect();
            let current: Vec<String> =
                current.iter().filter(|key| !replaced.contains(key)).map(ToString::to_string).collect();
            if !current.is_empty() {
                file.keys = current;
            }
            if (keys.content.keys.clone(), keys.content.rotations.len()) == before && keys.tag.is_some() {
                return Ok(true);
            }
            self.write_keys(namespace, &keys)
        })
    }

    /// Does what reads, and writes where what was read is there still, until that is so. `write` says whether it was.
    fn until_written(&self, what: &str, mut write: impl FnMut() -> Result<bool, Error>) -> Result<(), Error> {
        for _ in 0..MAX_ATTEMPTS {
            if write()? {
                return Ok(());
            }
        }
        let why = format!(
            "others published into {} at the same time, and were quicker {MAX_ATTEMPTS} times; try again",
            self.tree.place()
        );
        Err(Error::NotPublished { plugin: what.to_owned(), why })
    }

    /// While the guard is there, no other process writes to the registry.
    fn exclusive(&self) -> Result<Option<File>, Error> {
        self.tree.exclusive().map_err(|error| self.error(error))
    }

    fn find<'r>(
        &self,
        releases: &'r mut [Release],
        id: &PluginId,
        version: &Version,
    ) -> Result<&'r mut Release, Error> {
        let found = releases.iter_mut().find(|release| release.statement.version == *version);
        found.ok_or_else(|| Error::UnknownPlugin {
            plugin: format!("{id}@{version}"),
            asked: vec![self.tree.place()],
        })
    }

    fn current(&self, path: &str, max_bytes: u64) -> Result<Option<Versioned>, Error> {
        self.tree.current(path, max_bytes).map_err(|error| self.error(error))
    }

    fn put(&self, path: &str, bytes: &[u8], expected: Expected<'_>) -> Result<bool, Error> {
        self.tree.put(path, bytes, expected).map_err(|error| self.error(error))
    }

    fn releases(&self, id: &PluginId) -> Result<Current<Vec<Release>>, Error> {
        let path = layout::index(id);
        let Some(Versioned { bytes, tag }) = self.current(&path, MAX_INDEX_BYTES)? else {
            return Ok(Current { content: Vec::new(), tag: None });
        };
        let malformed = |why: String| {
            let what = format!("{}: {path}", self.tree.place());
            in_tree(&self.tree, SourceError::Malformed { what, why: crate::printable(&why) })
        };
        let releases = index::parse(&bytes).map_err(malformed)?;
        // Writing the file anew would lose the lines that this program cannot read.
        if String::from_utf8_lossy(&bytes).lines().count() != releases.len() {
            let why = "a newer version of this program has written releases of it, which this one would lose";
            return Err(Error::NotPublished { plugin: id.to_string(), why: why.to_owned() });
        }
        Ok(Current { content: releases, tag: Some(tag) })
    }

    fn keys(&self, namespace: &Slug) -> Result<Current<KeysFile>, Error> {
        let path = layout::keys(namespace);
        let Some(Versioned { bytes, tag }) = self.current(&path, MAX_KEYS_BYTES)? else {
            return Ok(Current { content: KeysFile::default(), tag: None });
        };
        let content = serde_json::from_slice(&bytes).map_err(|error| Error::File {
            what: format!("{}/{path}", self.tree.place().trim_end_matches('/')),
            why: error.to_string(),
        })?;
        Ok(Current { content, tag: Some(tag) })
    }

    fn write_keys(&self, namespace: &Slug, keys: &Current<KeysFile>) -> Result<bool, Error> {
        let text = serde_json::to_string_pretty(&keys.content).expect("texts are plain data") + "\n";
        self.put(&layout::keys(namespace), text.as_bytes(), keys.expected())
    }

    /// Writes the file of a release, where its bytes are not there yet.
    pub(crate) fn write_blob(&self, digest: &Digest, bytes: &[u8]) -> Result<(), Error> {
        let path = layout::blob(digest);
        if self.put(&path, bytes, Expected::Missing)? || self.has_blob(digest, bytes.len() as u64) {
            return Ok(());
        }
        // What is there in the place of these bytes is wrong, whatever it is.
        self.put(&path, bytes, Expected::Anything).map(|_| ())
    }

    /// Whether the file of a release is there, with these very bytes.
    pub(crate) fn has_blob(&self, digest: &Digest, size_bytes: u64) -> bool {
        let there = self.tree.current(&layout::blob(digest), size_bytes.min(MAX_PLUGIN_BYTES)).ok().flatten();
        there.is_some_and(|there| Digest::of(&there.bytes) == *digest)
    }

    fn write_releases(&self, id: &PluginId, releases: &Current<Vec<Release>>) -> Result<bool, Error> {
        let text: String = releases.content.iter().map(|release| release.to_line() + "\n").collect();
        if text.len() as u64 > MAX_INDEX_BYTES || releases.content.len() > index::MAX_RELEASES {
            let why = "it has more releases than a registry keeps of one plugin".to_owned();
            return Err(Error::NotPublished { plugin: id.to_string(), why });
        }
        self.put(&layout::index(id), text.as_bytes(), releases.expected())
    }

    /// The file for searching: a line for each plugin, by its id.
    fn search(&self) -> Result<Current<BTreeMap<String, FoundPlugin>>, Error> {
        let Some(Versioned { bytes, tag }) = self.current(layout::SEARCH, MAX_SEARCH_BYTES)? else {
            return Ok(Current { content: BTreeMap::new(), tag: None });
        };
        let lines = bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
        let content = lines
            .map(|plugin: FoundPlugin| (format!("{}/{}", plugin.namespace, plugin.name), plugin))
            .collect();
        Ok(Current { content, tag: Some(tag) })
    }

    /// The plugins that a search finds.
    pub(crate) fn listed(&self) -> Result<Vec<PluginId>, Error> {
        let id = |plugin: &FoundPlugin| {
            Some(PluginId { namespace: plugin.namespace.parse().ok()?, name: plugin.name.parse().ok()? })
        };
        Ok(self.search()?.content.values().filter_map(id).collect())
    }

    /// Notes the newest release of a plugin for searching. The index is read behind the file that is written, so that of two that note something at the
    /// same time the later one has seen what both have published.
    fn note(&self, id: &PluginId) -> Result<(), Error> {
        self.until_written(&id.to_string(), || {
            let mut search = self.search()?;
            let before = search.content.get(&id.to_string()).cloned();
            note(&mut search.content, id, &self.releases(id)?.content);
            if search.content.get(&id.to_string()) == before.as_ref() && search.tag.is_some() {
                return Ok(true);
            }
            let line =
                |plugin: &FoundPlugin| serde_json::to_string(plugin).expect("texts are plain data") + "\n";
            let text: String = search.content.values().map(line).collect();
            self.put(layout::SEARCH, text.as_bytes(), search.expected())
        })
    }

    fn error(&self, error: TreeError) -> Error {
        match error {
            TreeError::Io(path, source) => Error::Io { path: path.into(), source },
            error => in_tree(&self.tree, SourceError::Tree(error)),
        }
    }
}

/// Whether a release was signed for a registry, by a key of its namespace.
pub(crate) fn check_signed(
    publication: &Publication,
    registry: &RegistryInfo,
    keys: &KeysFile,
) -> Result<(), Error> {
    let statement = publication.statement();
    let refused = |why: String| Error::NotPublished { plugin: publication.named(), why };
    if statement.registry != registry.id {
        return Err(refused(format!(
            "it was signed for the registry `{}`, and this is `{}`",
            statement.registry, registry.id
        )));
    }
    let mut signing = keys.keys.iter().filter_map(|key| key.parse::<PublicKey>().ok());
    if signing.any(|key| key.has_signed(publication.text().as_bytes(), publication.signature())) {
        return Ok(());
    }
    Err(refused(format!(
        "the namespace `{}` of this registry belongs to {}, and none of these keys has signed it",
        statement.id.namespace,
        if keys.keys.is_empty() { "no key yet".to_owned() } else { listed(&keys.keys, 4) }
    )))
}

/// Whether a release may join those that are there.
pub(crate) fn admit(publication: &Publication, releases: &[Release]) -> Result<(), Error> {
    let statement = publication.statement();
    let refused = |why: String| Error::NotPublished { plugin: publication.named(), why };
    let of_version =
        releases.iter().find(|release| release.statement.version.cmp_precedence(&statement.version).is_eq());
    if let Some(there) = of_version {
        return Err(Error::Exists { plugin: publication.named(), digest: there.statement.digest });
    }
    if let Some(other) = releases.iter().find(|release| release.statement.name != statement.name) {
        return Err(refused(format!(
            "its releases are called `{}`, and this one is called `{}`",
            other.statement.name, statement.name
        )));
    }
    let version = &statement.version;
    let is_before = |release: &&Release| {
        let other = &release.statement.version;
        (other.major, other.minor) == (version.major, version.minor) && other < version
    };
    let before = releases
        .iter()
        .filter(is_before)
        .max_by(|one, other| one.statement.version.cmp(&other.statement.version));
    let Some(before) = before else { return Ok(()) };
    let new = widened(&before.statement, statement);
    if new.is_empty() {
        return Ok(());
    }
    let why = format!(
        "it asks for more than {}, and is only a patch of it: {}; publish it as {}.{}.0",
        before.statement.version,
        listed(new, 10),
        version.major,
        version.minor.saturating_add(1)
    );
    Err(refused(why))
}

/// What a statement asks for that another did not, in the words of the manifest.
pub(crate) fn widened(before: &Statement, after: &Statement) -> Vec<String> {
    let grant = Grant::new(after.permissions.clone(), before.permissions.clone());
    let of_kind = |kind: &Capability| {
        let kind = *kind;
        let lacking = grant.coverage(kind).into_iter().filter(|(_, coverage)| *coverage != Coverage::Full);
        lacking.map(move |(entry, _)| format!("{} {entry}", kind.permission()))
    };
    Capability::ALL.iter().flat_map(of_kind).collect()
}

/// The plugin whose name people would take this one for, of those that are there: each with its namespace, and its name alone.
pub(crate) fn looks_like<'a>(
    mut there: impl Iterator<Item = (String, &'a str)>,
    id: &PluginId,
) -> Option<String> {
    let wanted = skeleton(id.name.as_str());
    let own = id.to_string();
    there.find(|(other, name)| *other != own && skeleton(name) == wanted).map(|(other, _)| other)
}

/// What is left of a name when what looks alike is one: `s1ack-notify` and `slacknotify` are one.
fn skeleton(name: &str) -> String {
    let alike = |letter: char| match letter.to_ascii_lowercase() {
        '0' => 'o',
        '1' | 'i' => 'l',
        '5' => 's',
        other => other,
    };
    name.chars()
        .filter(|letter| letter.is_ascii_alphanumeric())
        .map(alike)
        .collect::<String>()
        .replace("rn", "m")
        .replace("vv", "w")
}

/// Notes the newest release of a plugin for searching.
fn note(search: &mut BTreeMap<String, FoundPlugin>, id: &PluginId, releases: &[Release]) {
    let open = releases.iter().filter(|release| !release.is_yanked && release.revoked.is_none());
    let newest = open.max_by(|one, other| {
        let rank =
            |release: &Release| (release.statement.version.pre.is_empty(), release.statement.version.clone());
        rank(one).cmp(&rank(other))
    });
    match newest {
        Some(newest) => {
            let plugin = FoundPlugin {
                namespace: id.namespace.to_string(),
                name: newest.statement.name.clone(),
                version: newest.statement.version.to_string(),
                description: newest.statement.description.clone(),
            };
            search.insert(id.to_string(), plugin);
        }
        None => {
            search.remove(&id.to_string());
        }
    }
}

fn in_tree(tree: &impl Tree, source: SourceError) -> Error {
    Error::Registry { registry: tree.place(), source }
}
