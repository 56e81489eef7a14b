//! Registries, as they are asked.

use driftless_plugin_api::json::Bounds;
use driftless_plugin_api::text::{printable_line, truncated};
use serde::{Deserialize, Serialize};

use crate::error::{Error, SourceError};
use crate::id::{PluginId, Slug};
use crate::index::{self, MAX_INDEX_BYTES, Release};
use crate::keys::PublicKey;
use crate::layout;
use crate::rotation::SignedRotation;
use crate::statement::registry_identity;
use crate::tree::{Opened, Tree};

/// A registry that can be asked. Nothing that it says is proven.
pub trait Source: Send + Sync {
    /// Which registry it is.
    ///
    /// # Errors
    ///
    /// When it cannot be asked.
    fn info(&self) -> Result<RegistryInfo, SourceError>;

    /// The releases of a plugin, in the order in which they were published; none where it does not know the plugin.
    ///
    /// # Errors
    ///
    /// When it cannot be asked, or says what cannot be.
    fn releases(&self, id: &PluginId) -> Result<Vec<Release>, SourceError>;

    /// The file of a release, from a byte on or from its beginning.
    ///
    /// # Errors
    ///
    /// When it cannot be asked.
    fn open(&self, release: &Release, from: u64) -> Result<Option<Opened>, SourceError>;

    /// The plugins in whose name or description all of these words are, at most `max`.
    ///
    /// # Errors
    ///
    /// When it cannot be asked.
    fn search(&self, words: &[String], max: usize) -> Result<Found, SourceError>;

    /// The plugins of a namespace, all of them.
    ///
    /// # Errors
    ///
    /// When it cannot be asked.
    fn plugins(&self, namespace: &Slug) -> Result<Vec<PluginId>, SourceError> {
        let found = self.search(&[], usize::MAX)?.plugins.into_iter();
        let found = found.filter(|plugin| plugin.namespace == namespace.as_str());
        let id = |plugin: FoundPlugin| {
            Some(PluginId { namespace: namespace.clone(), name: plugin.name.parse().ok()? })
        };
        Ok(found.filter_map(id).collect())
    }

    /// The keys that sign for a namespace, as the registry says.
    ///
    /// # Errors
    ///
    /// When it cannot be asked.
    fn keys(&self, namespace: &Slug) -> Result<Keys, SourceError>;

    /// Whether what it says of a release is all that there is to know. Where it is not, the rest is read from the file before a version is chosen.
    fn tells_all(&self) -> bool {
        true
    }

    /// Where it is, for people.
    fn place(&self) -> String;
}

/// Which registry it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistryInfo {
    /// The form of the tree.
    pub v: u32,
    /// Its identity, which statements name and mirrors keep.
    pub id: String,
    /// The namespace of plugins that are asked for without one.
    #[serde(deserialize_with = "slug", serialize_with = "slug_text")]
    pub namespace: Slug,
}

impl RegistryInfo {
    /// Whether it is of a form that this program knows, and has an identity that can be one.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.v != FORM {
            return Err(format!("its form is {}, and this program knows form {FORM}", self.v));
        }
        registry_identity(&self.id).map(|_| ())
    }
}

/// The form of a tree that this program knows.
pub(crate) const FORM: u32 = 1;

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The plugins.
    pub plugins: Vec<FoundPlugin>,
    /// Whether there are more.
    pub more: bool,
}

/// A plugin that a search found: a line of the file for searching.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundPlugin {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its newest version.
    pub version: String,
    /// One sentence for people.
    #[serde(default)]
    pub description: String,
}

/// The keys of a namespace.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// Those that sign now.
    pub keys: Vec<PublicKey>,
    /// How they took the place of others.
    pub rotations: Vec<SignedRotation>,
}

/// The keys of a namespace, as they are written.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeysFile {
    pub(crate) keys: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) rotations: Vec<SignedText>,
}

impl KeysFile {
    /// What it says.
    pub(crate) fn read(self) -> Result<Keys, String> {
        let key = |key: &String| key.parse().map_err(|error: Error| error.to_string());
        let rotation = |signed: SignedText| SignedRotation::parse(signed.text, signed.signature);
        Ok(Keys {
            keys: self.keys.iter().map(key).collect::<Result<_, _>>()?,
            rotations: self.rotations.into_iter().map(rotation).collect::<Result<_, _>>()?,
        })
    }

    /// Lets a key take the place of another, in a registry of this identity.
    pub(crate) fn rotate(&mut self, signed: &SignedRotation, identity: &str) -> Result<(), Error> {
        let rotation = &signed.rotation;
        let leads = signed.leads_from(&rotation.old, identity, &rotation.namespace);
        if !leads || !self.keys.iter().any(|key| key == rotation.old.as_str()) {
            let why = format!("{} is no key of the namespace `{}`", rotation.old, rotation.namespace);
            return Err(Error::NotPublished { plugin: "the rotation".to_owned(), why });
        }
        self.keys.retain(|key| key != rotation.old.as_str());
        self.keys.push(rotation.new.to_string());
        self.rotations.push(SignedText { text: signed.text.clone(), signature: signed.signature.clone() });
        Ok(())
    }
}

/// A text, with a signature over it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignedText {
    pub(crate) text: String,
    pub(crate) signature: String,
}

/// A registry whose index is a tree of files.
pub struct IndexSource<T>(T);

const MAX_CONFIG_BYTES: u64 = 64 << 10;
/// The most bytes of the keys of a namespace.
pub(crate) const MAX_KEYS_BYTES: u64 = 256 << 10;
/// The most bytes of the file for searching: 200,000 plugins.
pub(crate) const MAX_SEARCH_BYTES: u64 = 64 << 20;
/// The most bytes of one of its lines.
const MAX_SEARCH_LINE_BYTES: usize = 8 << 10;

const BOUNDS: Bounds = Bounds { text_bytes: MAX_KEYS_BYTES as usize, depth: 5, value_bytes: 8 << 20 };

impl<T: Tree> IndexSource<T> {
    /// The registry in this tree.
    pub fn new(tree: T) -> Self {
        Self(tree)
    }

    fn read_json<J: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        max_bytes: u64,
    ) -> Result<Option<J>, SourceError> {
        let Some(bytes) = self.0.read(path, max_bytes)? else { return Ok(None) };
        let text = std::str::from_utf8(&bytes).map_err(|_| self.malformed(path, "it is not UTF-8 text"))?;
        let json = BOUNDS.read(text).map_err(|error| self.malformed(path, error))?;
        self.0.accept(path);
        Ok(Some(json))
    }

    fn malformed(&self, path: &str, why: impl ToString) -> SourceError {
        let why = why.to_string();
        SourceError::Malformed {
            what: format!("{}: {path}", self.0.place()),
            why: printable_line(&truncated(&why, 500)).into_owned(),
        }
    }
}

impl<T: Tree> Source for IndexSource<T> {
    fn info(&self) -> Result<RegistryInfo, SourceError> {
        let info: Option<RegistryInfo> = self.read_json(layout::CONFIG, MAX_CONFIG_BYTES)?;
        let info = info.ok_or_else(|| SourceError::NoRegistry(self.0.place()))?;
        info.check().map_err(|why| self.malformed(layout::CONFIG, why))?;
        Ok(info)
    }

    fn releases(&self, id: &PluginId) -> Result<Vec<Release>, SourceError> {
        let path = layout::index(id);
        match self.0.read(&path, MAX_INDEX_BYTES)? {
            Some(bytes) => {
                let releases = index::parse(&bytes).map_err(|why| self.malformed(&path, why))?;
                self.0.accept(&path);
                Ok(releases)
            }
            None => Ok(Vec::new()),
        }
    }

    fn open(&self, release: &Release, from: u64) -> Result<Option<Opened>, SourceError> {
        Ok(self.0.open(&layout::blob(&release.statement.digest), from)?)
    }

    fn search(&self, words: &[String], max: usize) -> Result<Found, SourceError> {
        let bytes = self.0.read(layout::SEARCH, MAX_SEARCH_BYTES)?.unwrap_or_default();
        // Each of its lines counts for itself.
        self.0.accept(layout::SEARCH);
        let mut found = Found::default();
        let words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
        for line in bytes.split(|byte| *byte == b'\n') {
            if line.is_empty() || line.len() > MAX_SEARCH_LINE_BYTES || !may_have(line, &words) {
                continue;
            }
            let Ok(text) = std::str::from_utf8(line) else { continue };
            let Ok(plugin) = BOUNDS.read::<FoundPlugin>(text) else { continue };
            if !plugin.is_possible() || !plugin.has(&words) {
                continue;
            }
            if found.plugins.len() == max {
                found.more = true;
                break;
            }
            found.plugins.push(FoundPlugin {
                description: printable_line(&plugin.description).into_owned(),
                ..plugin
            });
        }
        Ok(found)
    }

    fn keys(&self, namespace: &Slug) -> Result<Keys, SourceError> {
        let path = layout::keys(namespace);
        let Some(file) = self.read_json::<KeysFile>(&path, MAX_KEYS_BYTES)? else {
            return Ok(Keys::default());
        };
        file.read().map_err(|why| self.malformed(&path, why))
    }

    fn place(&self) -> String {
        self.0.place()
    }
}

impl FoundPlugin {
    /// Whether there can be such a plugin.
    pub(crate) fn is_possible(&self) -> bool {
        let is_slug = |name: &str| name.parse::<Slug>().is_ok();
        is_slug(&self.namespace) && is_slug(&self.name) && semver::Version::parse(&self.version).is_ok()
    }

    /// Whether all of these words, in small letters, are in its name or description.
    pub(crate) fn has(&self, words: &[String]) -> bool {
        let text = format!("{}/{} {}", self.namespace, self.name, self.description).to_lowercase();
        words.iter().all(|word| text.contains(word))
    }
}

/// Whether a line can be one that has all these words. Those beyond ASCII may be escaped in it, so they are looked for later.
fn may_have(line: &[u8], words: &[String]) -> bool {
    let plain = words.iter().filter(|word| word.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    plain
        .into_iter()
        .all(|word| line.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes())))
}

fn slug<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Slug, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

fn slug_text<S: serde::Serializer>(slug: &Slug, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(slug.as_str())
}
