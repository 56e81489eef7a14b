//! A copy of a registry, which is as good as the registry itself: the same identity, statements, signatures and bytes.
//!
//! What is copied goes through the gate first, so a mirror hands on nothing that the machine which made it would not have installed. It is written in
//! the order of publishing, and what is there already is not fetched again, so a copy that was interrupted goes on.

use std::collections::{BTreeMap, BTreeSet};

use driftless_validator::Rules;
use semver::Version;

use crate::error::{Error, ErrorKind};
use crate::gate::{Gate, VerifiedRelease};
use crate::id::{PluginId, Slug};
use crate::index::Release;
use crate::keys::PublicKey;
use crate::publish::RegistryTree;
use crate::registries::Registry;
use crate::source::Keys;
use crate::store::BlobStore;
use crate::tree::WritableTree;
use crate::trust::{Seen, Trust};

/// What copies a registry.
pub struct Mirror<'a, W> {
    /// What is copied.
    pub from: &'a Registry,
    /// What is written.
    pub to: &'a RegistryTree<W>,
    /// Whose signatures count.
    pub trust: &'a Trust,
    /// What decides which files may run.
    pub rules: Rules,
    /// Where downloads are until they are whole, to go on with.
    pub downloads: &'a BlobStore,
    /// Hears what comes, and how many of its bytes there are so far.
    pub progress: &'a dyn Fn(&VerifiedRelease, u64),
}

/// What became of a copy.
#[derive(Debug, Default)]
pub struct Mirrored {
    /// The releases that came, each as `namespace/name version`.
    pub copied: Vec<String>,
    /// How many were there already.
    pub present: usize,
    /// What was not copied, and why.
    pub refused: Vec<Refusal>,
}

/// What was not copied.
#[derive(Debug)]
pub struct Refusal {
    /// A namespace, a plugin or a release.
    pub what: String,
    /// Why.
    pub error: Error,
}

impl Mirrored {
    /// Notes what a check has refused, or what the registry names and does not have. Everything else ends the copy: it goes on the next time.
    fn refuse(&mut self, what: impl ToString, error: Error) -> Result<(), Error> {
        if error.kind() != ErrorKind::Refused && !matches!(error, Error::MissingFile { .. }) {
            return Err(error);
        }
        self.refused.push(Refusal { what: what.to_string(), error });
        Ok(())
    }
}

impl<W: WritableTree> Mirror<'_, W> {
    /// Copies these plugins, or all that a search finds, in the registry or in the copy.
    ///
    /// # Errors
    ///
    /// When the registries are not of one identity, one of them cannot be asked or written, or a plugin that is named is not there. What fails a check
    /// is no error: it is left out, and told.
    pub fn copy(&self, plugins: &[PluginId]) -> Result<Mirrored, Error> {
        let info = self.from.info()?;
        if info.id != self.to.info().id {
            return Err(Error::OtherRegistry {
                registry: self.from.name().to_owned(),
                expected: self.to.info().id.clone(),
                found: info.id.clone(),
            });
        }
        self.trust.check_identity(self.from.name(), &info.id)?;
        let mut by_namespace: BTreeMap<Slug, BTreeSet<PluginId>> = BTreeMap::new();
        for id in if plugins.is_empty() { self.all()? } else { plugins.to_vec() } {
            by_namespace.entry(id.namespace.clone()).or_default().insert(id);
        }
        let mut mirrored = Mirrored::default();
        for (namespace, ids) in by_namespace {
            let keys = self.from.source().keys(&namespace).map_err(|error| self.from.error(error))?;
            let mut trust = self.trust.clone();
            trust.follow(self.from.name(), &namespace, &keys.rotations);
            if let Err(error) = self.copy_keys(&namespace, &keys, &trust) {
                mirrored.refuse(format!("the namespace {namespace}"), error)?;
                continue;
            }
            for id in ids {
                self.copy_plugin(&id, &trust, !plugins.is_empty(), &mut mirrored)?;
            }
        }
        Ok(mirrored)
    }

    fn all(&self) -> Result<Vec<PluginId>, Error> {
        let found = self.from.source().search(&[], usize::MAX).map_err(|error| self.from.error(error))?;
        let id = |(namespace, name): (&str, &str)| {
            Some(PluginId { namespace: namespace.parse().ok()?, name: name.parse().ok()? })
        };
        let found = found.plugins.iter().filter_map(|plugin| id((&plugin.namespace, &plugin.name)));
        // One that is withdrawn as a whole is found in the copy alone, the last time: its copy is to say so as well.
        Ok(found.chain(self.to.listed()?).collect())
    }

    /// Copies the keys of a namespace that are trusted, and how they came to be.
    fn copy_keys(&self, namespace: &Slug, keys: &Keys, trust: &Trust) -> Result<(), Error> {
        let (registry, identity) = (self.from.name(), self.to.info().id.as_str());
        let trusted = trust.keys(registry, namespace);
        if trusted.is_empty() {
            let (registry, namespace) = (registry.to_owned(), namespace.to_string());
            return Err(Error::NoTrustedKey { registry, namespace });
        }
        let current: Vec<PublicKey> = keys.keys.iter().filter(|key| trusted.contains(key)).cloned().collect();
        if current.is_empty() {
            let plugin = format!("the namespace {namespace}");
            return Err(Error::WrongSignature {
                plugin,
                trusted: trusted.iter().map(ToString::to_string).collect(),
            });
        }
        let is_signed = |rotation: &&crate::rotation::SignedRotation| {
            rotation.leads_from(&rotation.rotation.old, identity, namespace)
        };
        let rotations: Vec<_> = keys.rotations.iter().filter(is_signed).cloned().collect();
        self.to.merge_keys(namespace, &current, &rotations)
    }

    fn copy_plugin(
        &self,
        id: &PluginId,
        trust: &Trust,
        is_named: bool,
        mirrored: &mut Mirrored,
    ) -> Result<(), Error> {
        let source = self.from.source();
        let all = source.releases(id).map_err(|error| self.from.error(error))?;
        if all.is_empty() && is_named {
            return Err(Error::UnknownPlugin {
                plugin: id.to_string(),
                asked: vec![self.from.name().to_owned()],
            });
        }
        let there = self.to.releases_of(id)?;
        if let Some(lost) = lost(&there, &all) {
            let newest = all.iter().map(|release| &release.statement.version).max();
            let error = Error::Replayed {
                plugin: format!("{}/{id}", self.from.name()),
                seen: lost.to_string(),
                found: newest.map_or("nothing".to_owned(), ToString::to_string),
            };
            return mirrored.refuse(id, error);
        }
        let gate = Gate {
            registry: self.from.name(),
            identity: &self.to.info().id,
            allow_unsigned: false,
            trust,
            seen: &Seen::default(),
        };
        let mut accepted = Vec::new();
        for release in all {
            let named = format!("{id} {}", release.statement.version);
            let known = there.iter().find(|known| known.statement.version == release.statement.version);
            let copied = gate.verify_copy(id, release).and_then(|verified| {
                match known {
                    // Its file was there before its line was.
                    Some(known) if known.text == verified.release().text => {}
                    Some(known) => {
                        let digest = known.statement.digest;
                        return Err(Error::Exists { plugin: named.clone(), digest });
                    }
                    None => self.copy_file(&verified)?,
                }
                Ok(verified)
            });
            match copied {
                Ok(verified) => {
                    match known {
                        Some(_) => mirrored.present += 1,
                        None => mirrored.copied.push(named),
                    }
                    accepted.push(verified.release().clone());
                }
                Err(error) => mirrored.refuse(named, error)?,
            }
        }
        self.to.merge_releases(id, &accepted)
    }

    /// Copies the file of a release. One that is revoked is told of, and goes nowhere.
    fn copy_file(&self, release: &VerifiedRelease) -> Result<(), Error> {
        let statement = release.statement();
        if release.release().revoked.is_some() || self.to.has_blob(&statement.digest, statement.size_bytes) {
            return Ok(());
        }
        let mut progress = |done| (self.progress)(release, done);
        let bytes = self.downloads.fetch(release, self.from.source(), &mut progress)?;
        let checked = release.check(bytes, self.rules)?;
        self.to.write_blob(&statement.digest, checked.bytes())?;
        self.downloads.forget_download(&statement.digest);
        Ok(())
    }
}

/// A version that was copied before, and that the registry has no more.
fn lost<'r>(there: &'r [Release], all: &[Release]) -> Option<&'r Version> {
    let is_lost =
        |known: &&Release| !all.iter().any(|release| release.statement.version == known.statement.version);
    there.iter().filter(is_lost).map(|release| &release.statement.version).max()
}
