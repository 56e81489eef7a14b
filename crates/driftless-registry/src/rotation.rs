//! A key that takes the place of another.

use driftless_plugin_api::json::Bounds;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::id::Slug;
use crate::keys::{PublicKey, SigningKey};
use crate::statement::registry_identity;

/// What the holder of a key says when another takes its place. The old key signs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The identity of the registry.
    pub registry: String,
    /// The namespace that both sign for.
    pub namespace: Slug,
    /// The key that signs this, and nothing from now on.
    pub old: PublicKey,
    /// The key that signs from now on.
    pub new: PublicKey,
}

/// A rotation, with what its old key signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRotation {
    /// What it says.
    pub rotation: Rotation,
    /// That, byte for byte.
    pub text: String,
    /// The signature over it.
    pub signature: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    schema: u32,
    rotation: bool,
    registry: String,
    namespace: String,
    old: String,
    new: String,
}

const BOUNDS: Bounds = Bounds { text_bytes: 4 << 10, depth: 2, value_bytes: 64 << 10 };

impl Rotation {
    /// Reads what was signed.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let wire: Wire = BOUNDS.read(text).map_err(|error| error.to_string())?;
        if wire.schema != 1 || !wire.rotation {
            return Err("it is no rotation of a form that this program knows".to_owned());
        }
        let key = |text: &str| text.parse().map_err(|error: Error| error.to_string());
        Ok(Self {
            registry: registry_identity(&wire.registry)?.to_owned(),
            namespace: wire.namespace.parse().map_err(|error: Error| error.to_string())?,
            old: key(&wire.old)?,
            new: key(&wire.new)?,
        })
    }

    /// Signs it with the old key.
    ///
    /// # Errors
    ///
    /// When the key cannot sign.
    pub fn sign(self, old: &SigningKey) -> Result<SignedRotation, Error> {
        let wire = Wire {
            schema: 1,
            rotation: true,
            registry: self.registry.clone(),
            namespace: self.namespace.to_string(),
            old: self.old.to_string(),
            new: self.new.to_string(),
        };
        let text = serde_json::to_string(&wire).expect("a rotation is plain data");
        let signature = old.sign(text.as_bytes())?;
        Ok(SignedRotation { rotation: self, text, signature })
    }
}

impl SignedRotation {
    /// Reads what was signed. Whose signature it is is not looked at.
    ///
    /// # Errors
    ///
    /// Why it is no rotation.
    pub fn parse(text: String, signature: String) -> Result<Self, String> {
        Ok(Self { rotation: Rotation::parse(&text)?, text, signature })
    }

    /// Whether it leads from a key that is trusted, for this namespace of this registry.
    pub(crate) fn leads_from(&self, old: &PublicKey, registry: &str, namespace: &Slug) -> bool {
        let Rotation { registry: own, namespace: of, old: from, .. } = &self.rotation;
        own == registry
            && of == namespace
            && from == old
            && old.has_signed(self.text.as_bytes(), &self.signature)
    }
}
