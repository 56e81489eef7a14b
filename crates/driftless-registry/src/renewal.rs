//! Releases that are signed anew, when a key has taken the place of the one that had signed them.

use semver::Version;
use serde::{Deserialize, Serialize};

use crate::error::{Error, SourceError};
use crate::id::{PluginId, Slug};
use crate::keys::{PublicKey, SigningKey};
use crate::source::Source;

/// The most releases that are signed anew in one request.
pub const MAX_RENEWALS: usize = 500;

/// The signature of another key over what was signed of a release. The statement itself stays as it is, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Renewal {
    /// What the plugin is called in its namespace.
    pub name: String,
    /// The version.
    pub version: Version,
    /// The signature, in the form of minisign.
    pub signature: String,
}

impl Renewal {
    /// The plugin.
    pub(crate) fn id(&self, namespace: &Slug) -> Result<PluginId, Error> {
        Ok(PluginId { namespace: namespace.clone(), name: self.name.parse()? })
    }
}

/// Signs anew what `old` has signed in a namespace of a registry.
///
/// # Errors
///
/// When the registry cannot be asked, or the key cannot sign.
pub fn renewals(
    source: &dyn Source,
    namespace: &Slug,
    old: &PublicKey,
    new: &SigningKey,
) -> Result<Vec<Renewal>, Error> {
    let of_registry =
        |source_error: SourceError| Error::Registry { registry: source.place(), source: source_error };
    let mut renewals = Vec::new();
    for id in source.plugins(namespace).map_err(of_registry)? {
        for release in source.releases(&id).map_err(of_registry)? {
            let text = release.text.as_bytes();
            if !release.signature.as_deref().is_some_and(|signature| old.has_signed(text, signature)) {
                continue;
            }
            let signature = new.sign(text)?;
            renewals.push(Renewal {
                name: id.name.to_string(),
                version: release.statement.version.clone(),
                signature,
            });
        }
    }
    Ok(renewals)
}
