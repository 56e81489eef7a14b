//! Whose signatures count: which keys sign for which namespace of which registry.

use std::collections::BTreeMap;

use semver::Version;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::id::{PluginId, Slug};
use crate::keys::PublicKey;
use crate::rotation::SignedRotation;

/// The registries and keys that are trusted, as the file `trust.toml` has them.
///
/// ```
/// use driftless_registry::{SigningKey, Trust};
///
/// let mut trust = Trust::default();
/// let key = SigningKey::generate()?.public().clone();
/// trust.pin("team", "https://plugins.example.com/", &"main".parse()?, &key)?;
/// assert_eq!(trust.keys("team", &"main".parse()?), [key]);
/// # Ok::<(), driftless_registry::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Trust {
    registries: BTreeMap<String, Pinned>,
}

/// What is known of a registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pinned {
    /// Its identity, when it was first trusted.
    id: String,
    /// Its keys, by namespace.
    #[serde(default)]
    keys: BTreeMap<String, Vec<String>>,
    /// Keys that count no longer, whatever a registry says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    revoked: Vec<String>,
}

const HEADER: &str = "\
# Whose signatures count on this machine. `driftless key trust` and `driftless key revoke` write it.

";

impl Trust {
    /// Reads `trust.toml`.
    ///
    /// # Errors
    ///
    /// When it is none, with the line.
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        let malformed = |why: String| Error::File { what: "trust.toml".to_owned(), why };
        let trust: Self = toml::from_str(text).map_err(|error| malformed(crate::printable_lines(&error)))?;
        for key in
            trust.registries.values().flat_map(|pinned| pinned.keys.values().flatten().chain(&pinned.revoked))
        {
            key.parse::<PublicKey>().map_err(|error| malformed(error.to_string()))?;
        }
        Ok(trust)
    }

    /// Writes it.
    pub fn to_toml(&self) -> String {
        format!("{HEADER}{}", toml::to_string(self).expect("names and keys are plain data"))
    }

    /// The keys that sign for a namespace.
    pub fn keys(&self, registry: &str, namespace: &Slug) -> Vec<PublicKey> {
        let Some(pinned) = self.registries.get(registry) else { return Vec::new() };
        let keys = pinned.keys.get(namespace.as_str()).into_iter().flatten();
        keys.filter_map(|key| key.parse().ok()).filter(|key| !is_among(&pinned.revoked, key)).collect()
    }

    /// The keys that count no longer in a registry.
    pub(crate) fn revoked(&self, registry: &str) -> Vec<PublicKey> {
        let revoked = self.registries.get(registry).into_iter().flat_map(|pinned| &pinned.revoked);
        revoked.filter_map(|key| key.parse().ok()).collect()
    }

    /// All of them: registry, namespace, key, and whether it is revoked.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str, &str, bool)> {
        self.registries.iter().flat_map(|(registry, pinned)| {
            let keys =
                pinned.keys.iter().flat_map(|(namespace, keys)| keys.iter().map(move |key| (namespace, key)));
            keys.map(|(namespace, key)| {
                let is_revoked = key.parse().is_ok_and(|key| is_among(&pinned.revoked, &key));
                (registry.as_str(), namespace.as_str(), key.as_str(), is_revoked)
            })
        })
    }

    /// The identity of a registry, where it is known.
    pub fn identity(&self, registry: &str) -> Option<&str> {
        Some(&self.registries.get(registry)?.id)
    }

    /// Checks that a registry is the one that it was.
    ///
    /// # Errors
    ///
    /// When it calls itself otherwise now.
    pub fn check_identity(&self, registry: &str, id: &str) -> Result<(), Error> {
        match self.identity(registry) {
            Some(known) if known != id => Err(Error::OtherRegistry {
                registry: registry.to_owned(),
                expected: known.to_owned(),
                found: id.to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// Trusts a key for a namespace.
    ///
    /// # Errors
    ///
    /// When the registry calls itself otherwise than it did, or the key is revoked.
    pub fn pin(&mut self, registry: &str, id: &str, namespace: &Slug, key: &PublicKey) -> Result<(), Error> {
        self.check_identity(registry, id)?;
        let empty = || Pinned { id: id.to_owned(), keys: BTreeMap::new(), revoked: Vec::new() };
        let pinned = self.registries.entry(registry.to_owned()).or_insert_with(empty);
        if is_among(&pinned.revoked, key) {
            return Err(Error::KeyRevoked { registry: registry.to_owned(), key: key.to_string() });
        }
        let keys = pinned.keys.entry(namespace.to_string()).or_default();
        if !is_among(keys, key) {
            keys.push(key.to_string());
        }
        Ok(())
    }

    /// Lets a key count no longer, and never from now on: not even where it would first come to count by a rotation. Returns whether it did.
    pub fn revoke(&mut self, key: &PublicKey) -> bool {
        let mut counted = false;
        for pinned in self.registries.values_mut() {
            if !is_among(&pinned.revoked, key) {
                counted |= pinned.keys.values().any(|keys| is_among(keys, key));
                pinned.revoked.push(key.to_string());
            }
        }
        counted
    }

    /// Whether a key counts no longer for a registry.
    pub fn is_revoked(&self, registry: &str, key: &str) -> bool {
        self.registries
            .get(registry)
            .is_some_and(|pinned| pinned.revoked.iter().any(|revoked| revoked == key))
    }

    /// Forgets a registry with all its keys. Returns whether it was known.
    pub fn forget(&mut self, registry: &str) -> bool {
        self.registries.remove(registry).is_some()
    }

    /// Follows rotations that keys which are trusted have signed: their new keys are trusted instead. Returns the rotations that were followed.
    pub fn follow(
        &mut self,
        registry: &str,
        namespace: &Slug,
        rotations: &[SignedRotation],
    ) -> Vec<SignedRotation> {
        let mut followed = Vec::new();
        // Each is followed once, so that a circle ends.
        let mut left: Vec<&SignedRotation> = rotations.iter().collect();
        while let Some(place) = self.next_rotation(registry, namespace, &left) {
            let signed = left.swap_remove(place);
            let Some(pinned) = self.registries.get_mut(registry) else { break };
            let changed = [signed.rotation.old.clone(), signed.rotation.new.clone()];
            if let Some(keys) = pinned.keys.get_mut(namespace.as_str()) {
                keys.retain(|key| !key.parse().is_ok_and(|key| changed.contains(&key)));
                keys.push(signed.rotation.new.to_string());
            }
            followed.push(signed.clone());
        }
        followed
    }

    fn next_rotation(&self, registry: &str, namespace: &Slug, left: &[&SignedRotation]) -> Option<usize> {
        let identity = self.identity(registry)?;
        let keys = self.keys(registry, namespace);
        let is_revoked = |key: &PublicKey| is_among(&self.registries[registry].revoked, key);
        left.iter().position(|signed| {
            !is_revoked(&signed.rotation.new)
                && keys.iter().any(|key| signed.leads_from(key, identity, namespace))
        })
    }
}

/// Whether a key is among these, however it is written.
fn is_among(keys: &[String], key: &PublicKey) -> bool {
    keys.iter().any(|known| known.parse().is_ok_and(|known: PublicKey| known == *key))
}

/// The newest release of each plugin that was ever seen here: what is older than that, and does not have it, was replayed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seen {
    registries: BTreeMap<String, BTreeMap<String, Mark>>,
}

/// A release that was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// Its version.
    pub version: Version,
    /// The digest of its file, as text.
    pub digest: String,
}

impl Seen {
    /// Reads what [`to_json`](Self::to_json) wrote.
    ///
    /// # Errors
    ///
    /// When it is something else.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text).map_err(|error| Error::File {
            what: "seen.json".to_owned(),
            why: crate::printable(&error.to_string()),
        })
    }

    /// Writes it.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("names and versions are plain data")
    }

    /// The newest release of a plugin that was seen, by the identity of the registry.
    pub fn newest(&self, registry: &str, id: &PluginId) -> Option<&Mark> {
        self.registries.get(registry)?.get(&id.to_string())
    }

    /// Notes a release, where it is the newest so far.
    pub fn note(&mut self, registry: &str, id: &PluginId, version: &Version, digest: &str) {
        let marks = self.registries.entry(registry.to_owned()).or_default();
        let is_newer = marks.get(&id.to_string()).is_none_or(|mark| mark.version < *version);
        if is_newer {
            marks.insert(id.to_string(), Mark { version: version.clone(), digest: digest.to_owned() });
        }
    }
}
