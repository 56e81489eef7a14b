//! Publishing: a release is checked, signed, and put into a registry that is a folder.
//!
//! A server publishes in the same way into its own folder. The order is that of trust: the file, then the line of the index that names it, then
//! what searches find. So what stops in the middle leaves nothing that names what is not there.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use driftless_files::Readers;
use driftless_permissions::{Coverage, Grant};
use driftless_plugin_api::digest::Digest;
use driftless_plugin_api::host_call::Capability;
use driftless_plugin_api::text::listed;
use driftless_validator::{PluginFile, Rules, ValidatedPlugin};
use semver::Version;

use crate::error::{Error, SourceError};
use crate::id::{PluginId, Slug};
use crate::index::{self, MAX_INDEX_BYTES, Release};
use crate::keys::{PublicKey, SigningKey};
use crate::layout;
use crate::renewal::Renewal;
use crate::rotation::SignedRotation;
use crate::source::{FORM, FoundPlugin, IndexSource, KeysFile, MAX_SEARCH_BYTES, RegistryInfo, Source};
use crate::statement::{Statement, Target, registry_identity};
use crate::tree::Folder;

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

/// A registry that is a folder, to be written to.
#[derive(Clone, Debug)]
pub struct RegistryFolder {
    root: PathBuf,
    info: RegistryInfo,
}

impl RegistryFolder {
    /// Makes an empty registry in a folder, which is made where there is none.
    ///
    /// # Errors
    ///
    /// When there is a registry already, the identity is none, or the folder cannot be written.
    pub fn create(root: impl Into<PathBuf>, id: &str, namespace: Slug) -> Result<Self, Error> {
        let root = root.into();
        registry_identity(id).map_err(|why| Error::Name { name: crate::printable(id), why })?;
        fs::create_dir_all(&root).map_err(Error::io(&root))?;
        let config = root.join(layout::CONFIG);
        if config.symlink_metadata().is_ok() {
            return Err(Error::RegistryExists { folder: root });
        }
        let info = RegistryInfo { v: FORM, id: id.to_owned(), namespace };
        let text = serde_json::to_string_pretty(&info).expect("texts are plain data") + "\n";
        replace(&config, text.as_bytes())?;
        Ok(Self { root, info })
    }

    /// The registry in a folder.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, Error> {
        let root = root.into();
        let info =
            IndexSource::new(Folder(root.clone())).info().map_err(|source| in_folder(&root, source))?;
        Ok(Self { root, info })
    }

    /// Which registry it is.
    pub fn info(&self) -> &RegistryInfo {
        &self.info
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
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
        let mut keys = self.keys(&statement.id.namespace)?;
        if keys.keys.is_empty()
            && let Some(key) = key
        {
            keys.keys.push(key.to_string());
        }
        check_signed(publication, &self.info, &keys)?;
        let mut releases = self.releases(&statement.id)?;
        admit(publication, &releases)?;
        let mut search = self.search()?;
        if releases.is_empty()
            && let Some(other) = looks_like(
                search.iter().map(|(id, plugin)| (id.clone(), plugin.name.as_str())),
                &statement.id,
            )
        {
            return Err(refused(format!("its name looks like that of `{other}`, which is there already")));
        }
        let blob = self.root.join(layout::blob(&statement.digest));
        if driftless_files::read_regular(&blob, statement.size_bytes).map(|there| Digest::of(&there)).ok()
            != Some(statement.digest)
        {
            replace(&blob, publication.bytes())?;
        }
        self.write_keys(&statement.id.namespace, &keys)?;
        releases.push(publication.release.clone());
        self.write_releases(&statement.id, &releases)?;
        note(&mut search, &statement.id, &releases);
        self.write_search(&search)
    }

    /// Withdraws a release, or no longer: no new installation takes it, and those that have it keep it.
    ///
    /// # Errors
    ///
    /// When there is no such release, or it cannot be written.
    pub fn yank(&self, id: &PluginId, version: &Version, is_yanked: bool) -> Result<(), Error> {
        self.mark(id, version, |release| release.is_yanked = is_yanked)
    }

    /// Revokes a release: nothing may install or fetch it any more.
    ///
    /// # Errors
    ///
    /// As for [`yank`](Self::yank).
    pub fn revoke(&self, id: &PluginId, version: &Version, why: &str) -> Result<(), Error> {
        self.mark(id, version, |release| release.revoked = Some(crate::printable(why)))
    }

    fn mark(&self, id: &PluginId, version: &Version, mark: impl FnOnce(&mut Release)) -> Result<(), Error> {
        let _guard = self.exclusive()?;
        let mut releases = self.releases(id)?;
        let release = releases.iter_mut().find(|release| release.statement.version == *version);
        let missing = || Error::UnknownPlugin {
            plugin: format!("{id}@{version}"),
            asked: vec![self.root.display().to_string()],
        };
        mark(release.ok_or_else(missing)?);
        self.write_releases(id, &releases)?;
        let mut search = self.search()?;
        note(&mut search, id, &releases);
        self.write_search(&search)
    }

    /// Lets a key take the place of another.
    ///
    /// # Errors
    ///
    /// When the old one is none of the namespace, has not signed it, or it cannot be written.
    pub fn rotate(&self, signed: &SignedRotation) -> Result<(), Error> {
        let _guard = self.exclusive()?;
        let namespace = &signed.rotation.namespace;
        let mut keys = self.keys(namespace)?;
        keys.rotate(signed, &self.info.id)?;
        self.write_keys(namespace, &keys)
    }

    /// Puts signatures of a key that signs for a namespace in the place of those that are there: those of a key that signs no longer. Doing it again changes
    /// nothing.
    ///
    /// # Errors
    ///
    /// When there is no such release, a signature is none of a key of the namespace, or it cannot be written.
    pub fn renew(&self, namespace: &Slug, renewals: &[Renewal]) -> Result<(), Error> {
        let _guard = self.exclusive()?;
        let keys = self.keys(namespace)?;
        let keys: Vec<PublicKey> = keys.keys.iter().filter_map(|key| key.parse().ok()).collect();
        let mut by_plugin: BTreeMap<PluginId, Vec<&Renewal>> = BTreeMap::new();
        for renewal in renewals {
            by_plugin.entry(renewal.id(namespace)?).or_default().push(renewal);
        }
        for (id, renewals) in by_plugin {
            let mut releases = self.releases(&id)?;
            for Renewal { version, signature, .. } in renewals {
                let named = format!("{id}@{version}");
                let release = releases.iter_mut().find(|release| release.statement.version == *version);
                let asked = vec![self.root.display().to_string()];
                let release = release.ok_or_else(|| Error::UnknownPlugin { plugin: named.clone(), asked })?;
                if !keys.iter().any(|key| key.has_signed(release.text.as_bytes(), signature)) {
                    let why = format!("no key of the namespace `{namespace}` has signed it anew");
                    return Err(Error::NotPublished { plugin: named, why });
                }
                release.signature = Some(signature.clone());
            }
            self.write_releases(&id, &releases)?;
        }
        Ok(())
    }

    /// While the guard is there, no other process writes to the registry.
    fn exclusive(&self) -> Result<File, Error> {
        let path = self.root.join(".publishing");
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        let file = driftless_files::without_following(&mut options).open(&path).map_err(Error::io(&path))?;
        file.lock().map_err(Error::io(&path))?;
        Ok(file)
    }

    fn releases(&self, id: &PluginId) -> Result<Vec<Release>, Error> {
        let source = IndexSource::new(Folder(self.root.clone()));
        let releases = source.releases(id).map_err(|source| in_folder(&self.root, source))?;
        // Writing the file anew would lose the lines that this program cannot read.
        let path = self.root.join(layout::index(id));
        let lines = match driftless_files::read_regular(&path, MAX_INDEX_BYTES) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).lines().count(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(Error::io(&path)(error)),
        };
        if lines != releases.len() {
            let why = "a newer version of this program has written releases of it, which this one would lose";
            return Err(Error::NotPublished { plugin: id.to_string(), why: why.to_owned() });
        }
        Ok(releases)
    }

    fn keys(&self, namespace: &Slug) -> Result<KeysFile, Error> {
        let path = self.root.join(layout::keys(namespace));
        match driftless_files::read_regular(&path, 1 << 20) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|error| Error::File { what: path.display().to_string(), why: error.to_string() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(KeysFile::default()),
            Err(error) => Err(Error::io(&path)(error)),
        }
    }

    fn write_keys(&self, namespace: &Slug, keys: &KeysFile) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(keys).expect("texts are plain data") + "\n";
        replace(&self.root.join(layout::keys(namespace)), text.as_bytes())
    }

    fn write_releases(&self, id: &PluginId, releases: &[Release]) -> Result<(), Error> {
        let text: String = releases.iter().map(|release| release.to_line() + "\n").collect();
        if text.len() as u64 > MAX_INDEX_BYTES || releases.len() > index::MAX_RELEASES {
            let why = "it has more releases than a registry keeps of one plugin".to_owned();
            return Err(Error::NotPublished { plugin: id.to_string(), why });
        }
        replace(&self.root.join(layout::index(id)), text.as_bytes())
    }

    /// The file for searching: a line for each plugin, by its id.
    fn search(&self) -> Result<BTreeMap<String, FoundPlugin>, Error> {
        let path = self.root.join(layout::SEARCH);
        let bytes = match driftless_files::read_regular(&path, MAX_SEARCH_BYTES) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(Error::io(&path)(error)),
        };
        let lines = bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
        Ok(lines
            .map(|plugin: FoundPlugin| (format!("{}/{}", plugin.namespace, plugin.name), plugin))
            .collect())
    }

    fn write_search(&self, search: &BTreeMap<String, FoundPlugin>) -> Result<(), Error> {
        let line = |plugin: &FoundPlugin| serde_json::to_string(plugin).expect("texts are plain data") + "\n";
        let text: String = search.values().map(line).collect();
        replace(&self.root.join(layout::SEARCH), text.as_bytes())
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

fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(Error::io(folder))?;
    }
    driftless_files::replace(path, bytes, Readers::Umask).map_err(Error::io(path))
}

fn in_folder(root: &Path, source: SourceError) -> Error {
    Error::Registry { registry: root.display().to_string(), source }
}
