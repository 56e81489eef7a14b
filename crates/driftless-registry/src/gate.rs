//! The gate: what a registry says is believed here, or nowhere.
//!
//! Installing and updating, from a server, a mirror or a bundle, all go through it.

use driftless_plugin_api::digest::Digest;
use driftless_plugin_api::manifest::PluginManifest;
use driftless_validator::{PluginFile, Rules, ValidatedPlugin};

use crate::error::Error;
use crate::id::PluginId;
use crate::index::Release;
use crate::keys::PublicKey;
use crate::lock::LockedPlugin;
use crate::resolve::Package;
use crate::signed::KeptStatement;
use crate::statement::Statement;
use crate::trust::{Seen, Trust};

/// What a registry is held against.
#[derive(Clone, Copy, Debug)]
pub struct Gate<'a> {
    /// What the registry is called in the settings.
    pub registry: &'a str,
    /// Its identity.
    pub identity: &'a str,
    /// Whether releases without a signature are let in.
    pub allow_unsigned: bool,
    /// Whose signatures count.
    pub trust: &'a Trust,
    /// What was seen before.
    pub seen: &'a Seen,
}

/// A release that its publisher has signed, for this registry, this plugin and this version; or of a registry that is allowed to have none signed.
#[derive(Clone, Debug)]
pub struct VerifiedRelease {
    package: Package,
    release: Release,
    key: Option<PublicKey>,
}

impl VerifiedRelease {
    /// What a lock names: a statement of this digest, signed by the key that is named beside it, or by one that took its place and is `trusted`. The lock is
    /// what is trusted here.
    ///
    /// # Errors
    ///
    /// When the statement says something else than the lock, or the key has not signed it.
    pub(crate) fn of_lock(
        package: &Package,
        locked: &LockedPlugin,
        kept: KeptStatement,
        trusted: &[PublicKey],
    ) -> Result<Self, Error> {
        let plugin = || format!("{package} {}", locked.version);
        let differs = |why: &str| Error::ManifestDiffers { plugin: plugin(), why: why.to_owned() };
        if kept.digest() != locked.statement {
            return Err(differs("its statement is another than the one in the lock"));
        }
        let statement = Statement::parse(&kept.text).map_err(|why| differs(&why))?;
        let says_the_same = statement.id == package.id
            && statement.registry == locked.registry_id
            && statement.version == locked.version
            && statement.digest == locked.digest
            && statement.size_bytes == locked.size_bytes;
        if !says_the_same {
            return Err(differs("its statement says something else than the lock"));
        }
        let key = locked.key.as_deref().map(str::parse::<PublicKey>).transpose()?;
        if let Some(key) = &key {
            let signature = kept.signature.as_deref().unwrap_or_default();
            let mut keys = std::iter::once(key).chain(trusted);
            if !keys.any(|key| key.has_signed(kept.text.as_bytes(), signature)) {
                return Err(Error::WrongSignature { plugin: plugin(), trusted: vec![key.to_string()] });
            }
        }
        let KeptStatement { text, signature } = kept;
        let release = Release { statement, text, signature, is_yanked: false, revoked: None };
        Ok(Self { package: package.clone(), release, key })
    }

    /// The plugin.
    pub fn package(&self) -> &Package {
        &self.package
    }

    /// What its publisher said.
    pub fn statement(&self) -> &Statement {
        &self.release.statement
    }

    /// All that the registry said.
    pub fn release(&self) -> &Release {
        &self.release
    }

    /// The key that signed; `None` where nothing did.
    pub fn key(&self) -> Option<&PublicKey> {
        self.key.as_ref()
    }

    /// Checks the file of the release: its size, its digest, whether it may run, and that its manifest says what was signed.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn check(&self, bytes: Vec<u8>, rules: Rules) -> Result<ValidatedPlugin, Error> {
        let statement = self.statement();
        let plugin = || format!("{} {}", self.package, statement.version);
        let found = Digest::of(&bytes);
        if bytes.len() as u64 != statement.size_bytes || found != statement.digest {
            return Err(Error::WrongDigest { plugin: plugin(), expected: statement.digest, found });
        }
        let refused = |reasons: Vec<String>| Error::Invalid { plugin: plugin(), reasons };
        let file = PluginFile::inspect(bytes);
        let validated = file
            .validate(rules)
            .map_err(|error| refused(error.violations.iter().map(ToString::to_string).collect()))?;
        let manifest: &PluginManifest =
            validated.manifest().ok_or_else(|| refused(vec!["it has no manifest".to_owned()]))?;
        statement
            .check_manifest(manifest, validated.bytes())
            .map_err(|why| Error::ManifestDiffers { plugin: plugin(), why })?;
        Ok(validated)
    }
}

impl Gate<'_> {
    /// Believes a release of a plugin, or says why not. `all` are the releases that the registry has of it.
    ///
    /// # Errors
    ///
    /// When it is about something else, not signed by a key that counts, revoked, or older than what was seen.
    pub fn verify(&self, id: &PluginId, release: Release, all: &[Release]) -> Result<VerifiedRelease, Error> {
        let package = Package { registry: self.registry.to_owned(), id: id.clone() };
        let key = self.signer(&package, &release)?;
        if let Some(why) = &release.revoked {
            let plugin = format!("{package} {}", release.statement.version);
            return Err(Error::Revoked { plugin, why: why.clone() });
        }
        self.check_seen(id, all)?;
        Ok(VerifiedRelease { package, release, key })
    }

    /// The same for a release that comes alone, in a bundle: it is older than what was seen where its version is.
    ///
    /// # Errors
    ///
    /// As for [`verify`](Self::verify).
    pub fn verify_alone(&self, id: &PluginId, release: Release) -> Result<VerifiedRelease, Error> {
        let package = Package { registry: self.registry.to_owned(), id: id.clone() };
        let key = self.signer(&package, &release)?;
        let statement = &release.statement;
        if let Some(mark) = self.seen.newest(self.identity, id) {
            let is_changed = mark.version == statement.version && mark.digest != statement.digest.to_string();
            if mark.version > statement.version || is_changed {
                return Err(Error::Replayed {
                    plugin: package.to_string(),
                    seen: format!("{} ({})", mark.version, mark.digest),
                    found: format!("{} ({})", statement.version, statement.digest),
                });
            }
        }
        Ok(VerifiedRelease { package, release, key })
    }

    /// The same for a release that is copied and not installed: one that is revoked is copied as that.
    pub(crate) fn verify_copy(&self, id: &PluginId, release: Release) -> Result<VerifiedRelease, Error> {
        let package = Package { registry: self.registry.to_owned(), id: id.clone() };
        let key = self.signer(&package, &release)?;
        Ok(VerifiedRelease { package, release, key })
    }

    /// The key that signed a release, of those that count.
    fn signer(&self, package: &Package, release: &Release) -> Result<Option<PublicKey>, Error> {
        let statement = &release.statement;
        let plugin = format!("{package} {}", statement.version);
        let differs = |what: &str, expected: &str, found: &str| Error::OtherStatement {
            plugin: plugin.clone(),
            what: what.to_owned(),
            expected: expected.to_owned(),
            found: found.to_owned(),
        };
        if statement.registry != self.identity {
            return Err(differs("registry", self.identity, &statement.registry));
        }
        if statement.id != package.id {
            return Err(differs("plugin", &package.id.to_string(), &statement.id.to_string()));
        }
        let keys = self.trust.keys(self.registry, &package.id.namespace);
        let Some(signature) = &release.signature else {
            // Where a key is trusted, leaving the signature out would be a way around it.
            let may_be_unsigned = self.allow_unsigned && keys.is_empty();
            return if may_be_unsigned { Ok(None) } else { Err(Error::Unsigned { plugin }) };
        };
        let revoked = self.trust.revoked(self.registry);
        if let Some(key) = revoked.iter().find(|key| key.has_signed(release.text.as_bytes(), signature)) {
            return Err(Error::KeyRevoked { registry: self.registry.to_owned(), key: key.to_string() });
        }
        if keys.is_empty() && !self.allow_unsigned {
            return Err(Error::NoTrustedKey {
                registry: self.registry.to_owned(),
                namespace: package.id.namespace.to_string(),
            });
        }
        let signer = keys.iter().find(|key| key.has_signed(release.text.as_bytes(), signature));
        match signer {
            Some(key) => Ok(Some(key.clone())),
            // Where nothing has to be signed, a signature that no known key made is none.
            None if keys.is_empty() => Ok(None),
            None => {
                Err(Error::WrongSignature { plugin, trusted: keys.iter().map(ToString::to_string).collect() })
            }
        }
    }

    /// Checks that a registry has not lost what it had.
    ///
    /// # Errors
    ///
    /// When the newest release of a plugin that was seen there is not there, or is another.
    pub fn check_seen(&self, id: &PluginId, all: &[Release]) -> Result<(), Error> {
        let Some(mark) = self.seen.newest(self.identity, id) else { return Ok(()) };
        let package = Package { registry: self.registry.to_owned(), id: id.clone() };
        let there = all.iter().find(|release| release.statement.version == mark.version);
        let replayed = |found: String| Error::Replayed {
            plugin: package.to_string(),
            seen: format!("{} ({})", mark.version, mark.digest),
            found,
        };
        match there {
            None => {
                let newest = all.iter().map(|release| &release.statement.version).max();
                Err(replayed(newest.map_or("nothing".to_owned(), ToString::to_string)))
            }
            Some(release) if release.statement.digest.to_string() != mark.digest => {
                Err(replayed(format!("{} ({})", mark.version, release.statement.digest)))
            }
            Some(_) => Ok(()),
        }
    }

    /// The newest release that a key which counts has signed, to be seen from now on.
    pub fn newest<'r>(&self, id: &PluginId, all: &'r [Release]) -> Option<&'r Statement> {
        let package = Package { registry: self.registry.to_owned(), id: id.clone() };
        let mut newest: Vec<&Release> = all.iter().collect();
        newest.sort_by(|one, other| other.statement.version.cmp(&one.statement.version));
        newest
            .into_iter()
            .take(MAX_VERIFIED)
            .find(|release| self.signer(&package, release).is_ok())
            .map(|release| &release.statement)
    }
}

/// How many signatures are checked to find the newest that counts.
const MAX_VERIFIED: usize = 20;
