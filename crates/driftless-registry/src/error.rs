//! What can go wrong between a registry and this machine.

use std::io;
use std::path::PathBuf;

use driftless_plugin_api::digest::Digest;
use driftless_plugin_api::text::listed;
use thiserror::Error;

/// What went wrong, with what it went wrong with.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// A name that no plugin, namespace or registry can have.
    #[error("`{name}` is no name: {why}")]
    Name {
        /// The name, printable.
        name: String,
        /// The rule.
        why: String,
    },
    /// A range of versions that is none.
    #[error("`{range}` is no range of versions: {why}; write `^1.2`, `~1.2.3`, `>=1, <3` or `1.2.3`")]
    Range {
        /// The range, printable.
        range: String,
        /// What is wrong with it.
        why: String,
    },
    /// A key that is none.
    #[error("`{key}` is no public key: {why}; one is 56 characters that begin with `RW`")]
    Key {
        /// The key, printable.
        key: String,
        /// What is wrong with it.
        why: String,
    },
    /// A key that cannot sign.
    #[error("the signing key: {0}")]
    SigningKey(String),
    /// A manifest that cannot be published.
    #[error("plugin `{plugin}`: its manifest cannot be published: {why}")]
    Manifest {
        /// The plugin.
        plugin: String,
        /// What is wrong with it.
        why: String,
    },
    /// A file of ours that is not as it was written.
    #[error("{what}: {why}")]
    File {
        /// The file.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// A file or folder that cannot be read or written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A folder or a bucket that has a registry already.
    #[error("{place}: there is a registry already")]
    RegistryExists {
        /// Where.
        place: String,
    },
    /// A registry that is not in the settings.
    #[error("there is no registry `{registry}`; {known}", known = known_registries(known))]
    UnknownRegistry {
        /// What was asked for.
        registry: String,
        /// Those that are there.
        known: Vec<String>,
    },
    /// A registry that cannot be asked, or says what cannot be.
    #[error("registry `{registry}`: {source}")]
    Registry {
        /// The registry.
        registry: String,
        /// Why.
        source: SourceError,
    },
    /// A plugin that no registry has.
    #[error("no registry has a plugin `{plugin}`: asked were {}", listed(asked, 10))]
    UnknownPlugin {
        /// The plugin.
        plugin: String,
        /// The registries.
        asked: Vec<String>,
    },
    /// A name that several registries have. None of them is chosen silently.
    #[error("several registries have a plugin `{plugin}`: {}; name one of them, `{}/{plugin}`", listed(registries, 10), registries[0])]
    SeveralRegistries {
        /// The plugin, with its namespace.
        plugin: String,
        /// The registries, at least two.
        registries: Vec<String>,
    },
    /// No choice of versions satisfies all that is asked for.
    #[error("there is no version that fits: {}{}", explanation.trim_end(), told(left_out))]
    NoSolution {
        /// Why, in sentences.
        explanation: String,
        /// The releases that may not be taken, each with the reason.
        left_out: Vec<String>,
    },
    /// It takes too much to find out which versions fit together.
    #[error(
        "which versions fit together is not found out: {0}; ask for fewer plugins at once, or for exact versions"
    )]
    TooManyChoices(String),
    /// A registry that is another than it was.
    #[error("registry `{registry}` calls itself `{found}` now, and was `{expected}`: it is another registry")]
    OtherRegistry {
        /// What it is called in the settings.
        registry: String,
        /// Its identity before.
        expected: String,
        /// Its identity now.
        found: String,
    },
    /// A statement that was signed, but about something else.
    #[error("{plugin}: its statement is of another {what}: expected `{expected}`, found `{found}`")]
    OtherStatement {
        /// The plugin.
        plugin: String,
        /// What differs.
        what: String,
        /// What was asked for.
        expected: String,
        /// What was signed.
        found: String,
    },
    /// A release without a signature.
    #[error("{plugin} is not signed")]
    Unsigned {
        /// The plugin.
        plugin: String,
    },
    /// No key is trusted yet for what is asked for.
    #[error("no key is trusted yet for the namespace `{namespace}` of registry `{registry}`")]
    NoTrustedKey {
        /// The registry.
        registry: String,
        /// The namespace.
        namespace: String,
    },
    /// A signature that none of the trusted keys made.
    #[error("{plugin}: none of the keys that are trusted for it has signed it: {}", listed(trusted, 4))]
    WrongSignature {
        /// The plugin.
        plugin: String,
        /// The keys.
        trusted: Vec<String>,
    },
    /// A key that counts no longer.
    #[error("the key {key} is revoked for registry `{registry}`")]
    KeyRevoked {
        /// The registry.
        registry: String,
        /// The key.
        key: String,
    },
    /// A release that its publisher took back for good.
    #[error("{plugin} is revoked: {why}")]
    Revoked {
        /// The plugin.
        plugin: String,
        /// What the publisher says.
        why: String,
    },
    /// A registry that has lost, or changed, what it had.
    #[error("{plugin}: the registry had {seen} and now has {found}: what it offers is old, or changed")]
    Replayed {
        /// The plugin.
        plugin: String,
        /// The newest release that was seen.
        seen: String,
        /// What is there now.
        found: String,
    },
    /// Bytes that are not those that were signed.
    #[error("{plugin}: its file is not the one that was signed: expected {expected}, received {found}")]
    WrongDigest {
        /// The plugin.
        plugin: String,
        /// The digest in the statement.
        expected: Digest,
        /// The digest of what came.
        found: Digest,
    },
    /// A file that the registry names and does not have.
    #[error("{plugin}: the registry has no file {digest}")]
    MissingFile {
        /// The plugin.
        plugin: String,
        /// The digest in the statement.
        digest: Digest,
    },
    /// A file of plugins that cannot be read or written.
    #[error("the bundle: {0}")]
    Bundle(String),
    /// A release that the lock names and the registry does not have.
    #[error("{plugin}: the registry has no statement {digest}, which the lock names")]
    MissingRelease {
        /// The plugin.
        plugin: String,
        /// The digest of the statement.
        digest: Digest,
    },
    /// More bytes than were signed.
    #[error("{plugin}: its file is longer than the {expected} bytes that were signed; expected {digest}")]
    TooLong {
        /// The plugin.
        plugin: String,
        /// The bytes that were signed.
        expected: u64,
        /// The digest in the statement.
        digest: Digest,
    },
    /// A file that may not run.
    #[error("{plugin} may not run: {}", listed(reasons, 10))]
    Invalid {
        /// The plugin.
        plugin: String,
        /// All that is wrong with it.
        reasons: Vec<String>,
    },
    /// A file whose manifest says something else than what was signed.
    #[error("{plugin}: {why}")]
    ManifestDiffers {
        /// The plugin.
        plugin: String,
        /// What differs.
        why: String,
    },
    /// A release that is there already. Releases never change.
    #[error("{plugin} is published already, as {digest}; publish another version")]
    Exists {
        /// The plugin.
        plugin: String,
        /// The digest of what is there.
        digest: Digest,
    },
    /// What a registry does not let in.
    #[error("{plugin} is not published: {why}")]
    NotPublished {
        /// The plugin.
        plugin: String,
        /// Why.
        why: String,
    },
    /// A registry that wants a token, or another one.
    #[error("registry `{registry}` wants a token that counts: {why}")]
    Unauthorized {
        /// The registry.
        registry: String,
        /// What its server says.
        why: String,
    },
    /// A token that is not good for what was asked for.
    #[error("registry `{registry}` does not allow it: {why}")]
    Forbidden {
        /// The registry.
        registry: String,
        /// What its server says.
        why: String,
    },
    /// A plugin that is not installed from a registry.
    #[error("no plugin `{plugin}` is installed from a registry{}", installed_plugins(installed))]
    NotInstalled {
        /// What was asked for.
        plugin: String,
        /// Those that are.
        installed: Vec<String>,
    },
    /// A plugin that has to stay.
    #[error("{plugin} is not removed: {why}")]
    NotRemoved {
        /// The plugin.
        plugin: String,
        /// Why.
        why: String,
    },
    /// The lock would have to be changed.
    #[error("{lock} would have to be changed, and `--locked` forbids it: {why}", lock = lock.display())]
    Locked {
        /// The file.
        lock: PathBuf,
        /// What would change.
        why: String,
    },
}

/// Why a registry has no answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SourceError {
    /// It cannot be read.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// What it says cannot be.
    #[error("{what}: {why}")]
    Malformed {
        /// The file, or what was asked for.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// There is no registry of a kind that is known.
    #[error(
        "{0}: there is no `config.json`, so this is no registry of signed plugins; a server that has `/api/v1/plugins` alone is asked where its registry has `allow_unsigned = true`"
    )]
    NoRegistry(String),
    /// There is no registry of plugins in an OCI registry.
    #[error("{place}: there is no artifact `{artifact}`, so this is no registry of plugins")]
    NoOciRegistry {
        /// Where it was looked for.
        place: String,
        /// What makes a registry of plugins.
        artifact: String,
    },
    /// A server that does not say what it has.
    #[error(
        "{place}: the server does not list its repositories (it answers {status}), so that nothing is found without its name"
    )]
    NoListing {
        /// The registry.
        place: String,
        /// The status of its answer.
        status: u16,
    },
}

/// Why a file of a tree cannot be had.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TreeError {
    /// The server was not reached, or did not answer as HTTP wants it.
    #[error("{url}: {why}")]
    Unreachable {
        /// What was asked for.
        url: String,
        /// What happened.
        why: String,
    },
    /// The server said no.
    #[error("{url}: the server answers {status}")]
    Status {
        /// What was asked for.
        url: String,
        /// The status, with its reason.
        status: u16,
    },
    /// A redirect that is not followed, or an address that is not connected to.
    #[error("{url}: {why}")]
    Refused {
        /// What was asked for.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// There is more than there may be.
    #[error("{what} has more than {max_bytes} bytes")]
    TooLarge {
        /// The file.
        what: String,
        /// How many there may be.
        max_bytes: u64,
    },
    /// There is no copy of it on this machine, and the network is not to be used.
    #[error("{0}: there is no copy on this machine, and `--offline` asks no server")]
    Offline(String),
    /// A file of a folder.
    #[error("{0}: {1}")]
    Io(String, io::Error),
    /// The caller gave up.
    #[error("interrupted")]
    Cancelled,
}

/// What kind of answer an error asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Something did not work; it may the next time.
    Failed,
    /// What was typed or written cannot be meant.
    Configuration,
    /// A check said no.
    Refused,
    /// There is more than there may be.
    Limit,
    /// What was asked for is not there.
    NotFound,
    /// The caller gave up.
    Cancelled,
}

impl Error {
    /// What kind of answer it asks for.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Name { .. }
            | Self::Range { .. }
            | Self::Key { .. }
            | Self::SigningKey(_)
            | Self::Manifest { .. }
            | Self::File { .. }
            | Self::SeveralRegistries { .. }
            | Self::NotRemoved { .. }
            | Self::Bundle(_)
            | Self::RegistryExists { .. }
            | Self::Locked { .. } => ErrorKind::Configuration,
            Self::UnknownRegistry { .. }
            | Self::UnknownPlugin { .. }
            | Self::NotInstalled { .. }
            | Self::NoSolution { .. } => ErrorKind::NotFound,
            Self::Io { .. } | Self::MissingFile { .. } | Self::MissingRelease { .. } => ErrorKind::Failed,
            Self::TooManyChoices(_) => ErrorKind::Limit,
            Self::Registry { source, .. } => source.kind(),
            Self::OtherRegistry { .. }
            | Self::OtherStatement { .. }
            | Self::Unsigned { .. }
            | Self::NoTrustedKey { .. }
            | Self::WrongSignature { .. }
            | Self::KeyRevoked { .. }
            | Self::Revoked { .. }
            | Self::Replayed { .. }
            | Self::WrongDigest { .. }
            | Self::TooLong { .. }
            | Self::Invalid { .. }
            | Self::ManifestDiffers { .. }
            | Self::Exists { .. }
            | Self::Unauthorized { .. }
            | Self::Forbidden { .. }
            | Self::NotPublished { .. } => ErrorKind::Refused,
        }
    }

    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}

impl SourceError {
    /// What kind of answer it asks for.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Malformed { .. } | Self::Tree(TreeError::Refused { .. } | TreeError::TooLarge { .. }) => {
                ErrorKind::Refused
            }
            Self::Tree(TreeError::Cancelled) => ErrorKind::Cancelled,
            Self::NoRegistry(_) | Self::NoOciRegistry { .. } => ErrorKind::NotFound,
            Self::NoListing { .. } => ErrorKind::Failed,
            Self::Tree(TreeError::Status { status: 401 | 403, .. }) => ErrorKind::Refused,
            Self::Tree(_) => ErrorKind::Failed,
        }
    }
}

fn known_registries(known: &[String]) -> String {
    match known {
        [] => "no registry is in the settings".to_owned(),
        known => format!("there are {}", listed(known, 10)),
    }
}

fn installed_plugins(installed: &[String]) -> String {
    if installed.is_empty() { String::new() } else { format!("; there are {}", listed(installed, 10)) }
}

/// What was left out, for people.
fn told(left_out: &[String]) -> String {
    if left_out.is_empty() { String::new() } else { format!("; left out: {}", listed(left_out, 20)) }
}
