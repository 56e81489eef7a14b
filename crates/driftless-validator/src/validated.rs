//! The proof that a file may be compiled, and the record that it was given.

use std::sync::Arc;

use driftless_permissions::Permissions;
use driftless_plugin_api::digest::Digest;
use driftless_plugin_api::function::FunctionSet;
use driftless_plugin_api::manifest::PluginManifest;

use crate::abi::Abi;
use crate::family::CodeFamily;
use crate::info::{ModuleInfo, PluginFile};
use crate::policy::{PolicyKey, Rules};

/// A plugin whose every byte was checked: it is well-formed, within the [limits](crate::limits), imports nothing but what the
/// host offers, and exports the protocol's functions with the protocol's types. Cheap to clone.
///
/// Only [`validate`](crate::validate) and [`PluginFile::validate`] make one, and [`PluginFile::restore`] makes it again out of the record of one.
///
/// ```
/// use driftless_validator::validate;
///
/// let error = validate(b"hello").unwrap_err();
/// assert_eq!(error.to_string(), "the file is not WebAssembly: it does not begin with the bytes 00 61 73 6d");
/// ```
#[derive(Clone, Debug)]
pub struct ValidatedPlugin {
    bytes: Arc<[u8]>,
    info: Arc<ModuleInfo>,
    rules: Rules,
}

impl ValidatedPlugin {
    /// The caller vouches for the file.
    pub(crate) fn vouched(file: &PluginFile, rules: Rules) -> Self {
        Self { bytes: Arc::clone(file.bytes()), info: Arc::clone(file.info()), rules }
    }

    /// The file's content, which is to be compiled.
    pub fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }

    /// What the file says about itself. Here it is true.
    pub fn info(&self) -> &Arc<ModuleInfo> {
        &self.info
    }

    /// The SHA-256 of the file.
    pub fn digest(&self) -> Digest {
        self.info.digest()
    }

    /// What tells plugins that have an interpreter in common. The file is read through for it.
    pub fn code_family(&self) -> Option<CodeFamily> {
        CodeFamily::of(&self.bytes)
    }

    /// What the plugin says about itself. A module without a manifest section has none.
    pub fn manifest(&self) -> Option<&PluginManifest> {
        self.info.manifest()
    }

    /// What its manifest asks for. A module without a manifest asks for nothing.
    pub fn permissions(&self) -> &Permissions {
        self.info.permissions().expect("what was validated has no manifest that cannot be used")
    }

    /// Whether it imports WASI, which only passes where WASI is allowed.
    pub fn imports_wasi(&self) -> bool {
        self.info.imports_wasi()
    }

    /// How it carries strings.
    pub fn abi(&self) -> Abi {
        self.info.abi().expect("what was validated can be read")
    }

    /// The functions of the protocol that it exports.
    pub fn functions(&self) -> FunctionSet {
        self.info.functions().expect("what was validated can be read")
    }

    /// What is to be remembered of this proof, see [`ValidationRecord`].
    pub fn record(&self) -> ValidationRecord {
        ValidationRecord { policy: *self.rules.policy_key().as_bytes(), digest: *self.digest().as_bytes() }
    }
}

/// The record that a file has passed: its digest and the key of the rules that it has passed.
///
/// Validating an interpreter of 18 MB takes a third of a second, so a host may want to remember the outcome between runs.
///
/// # Who vouches for a record
///
/// Any program can write one, and [`PluginFile::restore`] believes it. A program that keeps records has to see to it that only validated
/// files get one: by a hash with a key that no other user can read, as the machine-code cache of `driftless-sandbox` does, or by keeping
/// them in memory. A record out of a file that another user or a plugin can write is worth nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValidationRecord {
    policy: [u8; 32],
    digest: [u8; 32],
}

impl ValidationRecord {
    /// The bytes of a record.
    pub const BYTES: usize = 64;

    /// As bytes, to be kept.
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let (policy, digest) = bytes.split_at_mut(32);
        policy.copy_from_slice(&self.policy);
        digest.copy_from_slice(&self.digest);
        bytes
    }

    /// Out of bytes that were kept. `None` where they are too many or too few.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (policy, digest) = bytes.split_at_checked(32)?;
        Some(Self { policy: policy.try_into().ok()?, digest: digest.try_into().ok()? })
    }

    fn is_of(&self, policy: PolicyKey, digest: Digest) -> bool {
        self.policy == *policy.as_bytes() && self.digest == *digest.as_bytes()
    }
}

impl PluginFile {
    /// The proof that the file has passed, out of a record that the caller vouches for, see [`ValidationRecord`]. `None` where it is the record
    /// of another file or of other rules.
    pub fn restore(&self, record: &ValidationRecord, rules: Rules) -> Option<ValidatedPlugin> {
        // Neither can be: what does not hold here was never given a record under these rules. It costs nothing to look.
        let info = self.info();
        let is_sound = info.defect().is_none() && info.permissions().is_ok();
        let of_this = record.is_of(rules.policy_key(), info.digest());
        (is_sound && of_this).then(|| ValidatedPlugin::vouched(self, rules))
    }
}
