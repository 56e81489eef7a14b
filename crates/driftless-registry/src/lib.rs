//! Where plugins come from.
//!
//! A [`Store`] has the plugins that are installed on a machine. The [`LocalFolder`] is the files `~/.driftless/plugins/*.wasm`: it knows nothing of
//! what is in them. The [`BlobStore`] has the files of the plugins that a [`Lock`] names, which come from registries.
//!
//! What a registry says goes one way: a [`Source`] is asked, [`resolve`](resolve::resolve) chooses, the [`Gate`] believes or refuses, and only what it
//! believed, a [`VerifiedRelease`], can be fetched and checked. The [`Installer`] does this in order and changes what is installed from one moment to
//! the next.

mod answers;
mod api;
mod bucket;
pub mod bundle;
mod credentials;
mod error;
mod explain;
mod folder;
mod gate;
mod http;
mod id;
pub mod index;
mod install;
mod installed;
mod keys;
pub mod layout;
mod lock;
mod mirror;
#[cfg(feature = "oci")]
mod oci;
mod publish;
mod range;
mod registries;
mod remote;
mod renewal;
pub mod resolve;
mod rotation;
#[cfg(feature = "s3")]
mod s3;
mod signed;
mod source;
mod statement;
mod store;
mod token;
mod tree;
mod trust;

pub use bucket::{BucketCredentials, BucketOptions};
pub use credentials::Credentials;
pub use error::{Error, ErrorKind, SourceError, TreeError};
pub use folder::LocalFolder;
pub use gate::{Gate, VerifiedRelease};
pub use http::{Client, HttpOptions, HttpTree, Patience};
pub use id::{PluginId, Request, Slug, is_registry_name};
pub use index::Release;
pub use install::{Change, Event, Exclusive, Installer, Places, Plan, Verdict};
pub use installed::{Store, StoredPlugin};
pub use keys::{PublicKey, SigningKey};
pub use lock::{Lock, LockedPlugin};
pub use mirror::{Mirror, Mirrored, Refusal};
#[cfg(feature = "oci")]
pub use oci::{OciRegistry, OciSource};
pub use publish::{Publication, RegistryFolder, RegistryTree};
pub use registries::{DEFAULT_MIN_AGE, Registries, Registry, RegistryConfig, is_unreachable};
pub use remote::RemoteRegistry;
pub use renewal::{MAX_RENEWALS, Renewal, renewals};
pub use resolve::{Package, Policy};
pub use rotation::{Rotation, SignedRotation};
#[cfg(feature = "s3")]
pub use s3::S3Tree;
pub use signed::KeptStatement;
pub use source::{Found, FoundPlugin, IndexSource, Keys, RegistryInfo, Source};
pub use statement::{Dependency, MAX_STATEMENT_BYTES, Statement, Target};
pub use store::BlobStore;
pub use token::Token;
pub use tree::{Expected, Folder, Opened, Tree, Versioned, WritableTree};
pub use trust::{Mark, Seen, Trust};

/// A text of unknown origin in a message: one line, and not long.
fn printable(text: &str) -> String {
    use driftless_plugin_api::text::{printable_line, truncated};
    printable_line(&truncated(text, 200)).into_owned()
}

/// A message that quotes lines of unknown origin, as the one about a mistake in TOML does: as lines, and not many.
fn printable_lines(message: &impl std::fmt::Display) -> String {
    use driftless_plugin_api::text::{printable_lines, truncated};
    printable_lines(&truncated(message.to_string().trim_end(), 1000)).into_owned()
}
