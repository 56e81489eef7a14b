//! What was signed of a release, as it is kept on this machine.

use driftless_plugin_api::digest::Digest;

use crate::index::Release;

/// What was signed, as it is kept beside a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptStatement {
    /// The statement, byte for byte.
    pub text: String,
    /// The signature, in the form of minisign, where there is one.
    pub signature: Option<String>,
}

impl KeptStatement {
    /// What was signed of a release.
    pub fn of(release: &Release) -> Self {
        Self { text: release.text.clone(), signature: release.signature.clone() }
    }

    /// Its digest, by which it is found again.
    pub fn digest(&self) -> Digest {
        Digest::of(self.text.as_bytes())
    }
}
