//! Keys that sign statements: Ed25519, in the files and the words of minisign.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use driftless_plugin_api::text::{printable_line, truncated};

use crate::error::Error;

/// The most bytes of a signature.
pub(crate) const MAX_SIGNATURE_BYTES: usize = 1 << 10;

/// The key by which a signature is checked, as minisign writes it: 56 characters that begin with `RW`.
#[derive(Clone)]
pub struct PublicKey {
    text: String,
    key: minisign_verify::PublicKey,
    /// The bytes of the Ed25519 key. What stands in front of them in the text, a number that minisign made up, is signed by nothing: a key is the same
    /// under any number.
    ed25519: [u8; ED25519_BYTES],
}

const ED25519_BYTES: usize = 32;

impl PublicKey {
    /// As minisign writes it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a signature in the form of minisign is one of this key over these bytes.
    pub fn has_signed(&self, bytes: &[u8], signature: &str) -> bool {
        if signature.len() > MAX_SIGNATURE_BYTES {
            return false;
        }
        let decoded = minisign_verify::Signature::decode(signature);
        decoded.is_ok_and(|signature| self.key.verify(bytes, &signature, false).is_ok())
    }
}

impl FromStr for PublicKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let malformed =
            |why: String| Error::Key { key: printable_line(&truncated(text, 100)).into_owned(), why };
        let key =
            minisign_verify::PublicKey::from_base64(text).map_err(|error| malformed(error.to_string()))?;
        let bytes = minisign::PublicKey::from_base64(text).map_err(|error| malformed(error.to_string()))?;
        let bytes = bytes.to_bytes();
        let ed25519 = bytes.last_chunk().ok_or_else(|| malformed("it is too short".to_owned()))?;
        Ok(Self { text: text.to_owned(), key, ed25519: *ed25519 })
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.ed25519 == other.ed25519
    }
}

impl Eq for PublicKey {}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A key that signs.
///
/// ```
/// use driftless_registry::SigningKey;
///
/// let key = SigningKey::generate()?;
/// let signature = key.sign(b"a statement")?;
/// assert!(key.public().has_signed(b"a statement", &signature));
/// assert!(!key.public().has_signed(b"another", &signature));
/// # Ok::<(), driftless_registry::Error>(())
/// ```
pub struct SigningKey {
    secret: minisign::SecretKey,
    public: PublicKey,
}

impl SigningKey {
    /// A new key.
    ///
    /// # Errors
    ///
    /// When the system has no random numbers.
    pub fn generate() -> Result<Self, Error> {
        let pair = minisign::KeyPair::generate_unencrypted_keypair().map_err(|error| secret_error(&error))?;
        Self::of(pair.sk)
    }

    /// Reads the file of a key, with its password where it has one.
    ///
    /// # Errors
    ///
    /// When it is none, or the password is not its own.
    pub fn from_text(text: &str, password: Option<&str>) -> Result<Self, Error> {
        let boxed = minisign::SecretKeyBox::from_string(text).map_err(|error| secret_error(&error))?;
        let secret = match password {
            Some(password) => boxed.into_secret_key(Some(password.to_owned())),
            None => boxed.into_unencrypted_secret_key().or_else(|error| without_checksum(text).ok_or(error)),
        };
        Self::of(secret.map_err(|error| secret_error(&error))?)
    }

    fn of(secret: minisign::SecretKey) -> Result<Self, Error> {
        let public = minisign::PublicKey::from_secret_key(&secret).map_err(|error| secret_error(&error))?;
        Ok(Self { secret, public: public.to_base64().parse()? })
    }

    /// The file of the key, without a password.
    ///
    /// # Errors
    ///
    /// When it cannot be written as text.
    pub fn to_text(&self) -> Result<String, Error> {
        let comment = format!("secret key of driftless for {}", self.public);
        let boxed = self.secret.to_box(Some(&comment)).map_err(|error| secret_error(&error))?;
        Ok(boxed.into_string())
    }

    /// What checks its signatures.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs.
    ///
    /// # Errors
    ///
    /// When the system has no random numbers.
    pub fn sign(&self, bytes: &[u8]) -> Result<String, Error> {
        let signature =
            minisign::sign(None, &self.secret, bytes, Some("driftless"), Some("signature of driftless"));
        Ok(signature.map_err(|error| secret_error(&error))?.into_string())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public)
    }
}

/// A key without a password, as the command `minisign` writes it: it leaves the checksum out, without which the crate takes none. Whether the two halves
/// of the key belong together is seen instead.
fn without_checksum(text: &str) -> Option<minisign::SecretKey> {
    const NO_PASSWORD: [u8; 2] = [0; 2];
    const CHECKSUM_BYTES: usize = 32;
    let bytes = BASE64_STANDARD.decode(text.lines().nth(1)?.trim()).ok()?;
    let is_without = bytes.get(2..4)? == NO_PASSWORD && *bytes.last_chunk()? == [0; CHECKSUM_BYTES];
    let secret = minisign::SecretKey::from_bytes(&bytes).ok().filter(|_| is_without)?;
    let signed = minisign::sign(None, &secret, &b"x"[..], None, None).ok()?.into_string();
    let public: PublicKey = minisign::PublicKey::from_secret_key(&secret).ok()?.to_base64().parse().ok()?;
    public.has_signed(b"x", &signed).then_some(secret)
}

fn secret_error(error: &minisign::PError) -> Error {
    Error::SigningKey(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_file() {
        let key = SigningKey::generate().unwrap();
        let again = SigningKey::from_text(&key.to_text().unwrap(), None).unwrap();
        assert_eq!(again.public(), key.public());
        assert!(key.public().has_signed(b"x", &again.sign(b"x").unwrap()));
        assert!(SigningKey::from_text("no key", None).is_err());
    }

    #[test]
    fn a_changed_signature_is_none() {
        let key = SigningKey::generate().unwrap();
        let signature = key.sign(b"x").unwrap();
        let of_other = SigningKey::generate().unwrap().sign(b"x").unwrap();
        let comment = signature.replace("trusted comment: driftless", "trusted comment: other");
        for changed in [&of_other, &comment, &String::new(), &"x".repeat(10_000)] {
            assert!(!key.public().has_signed(b"x", changed), "{changed}");
        }
    }
}
