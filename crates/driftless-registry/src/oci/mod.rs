//! A registry of plugins inside an OCI registry, one that a team has for its container images.
//!
//! It is at `oci://HOST[:PORT]/PREFIX`, and asked over HTTPS; over plain HTTP where the host is this machine.
//!
//! | repository | tag | what it is |
//! |---|---|---|
//! | `PREFIX/driftless_registry` | `latest` | which registry of plugins this is |
//! | `PREFIX/NAMESPACE/driftless_keys` | `latest` | the keys of a namespace, and how they took the place of others |
//! | `PREFIX/NAMESPACE/NAME` | the version, `_` for `+` | a release |
//! | `PREFIX/driftless_namespaces` | a namespace | that there is one of this name |
//! | `PREFIX/NAMESPACE/driftless_plugins` | a plugin | that there is one of this name |
//!
//! No plugin and no namespace has a `_` in its name here, so none takes the place of the others. Each is a manifest of the OCI. That of a release has
//! the layout of the CNCF for WebAssembly: a config `application/vnd.wasm.config.v0+json` and one layer `application/wasm`, the file. What its
//! publisher signed stands in the annotations, byte for byte, beside what withdraws it. A tag is written anew to change these, with the same layer.
//!
//! Which plugins there are the server's list of repositories says. Many have none, or not for everyone: then the last two tell. They are sets, with a
//! tag for each of their members, so that two who write at once lose nothing.
//!
//! Writing has no conditions in this protocol. Two releases of one plugin never meet, as each has a tag of its own. Of two that publish the same
//! version at the same moment the later wins; a machine that has seen the other refuses it.

mod artifact;
mod auth;
mod client;
mod docker;
mod location;
mod login;
mod publish;
mod release;
mod source;

pub(crate) use location::{Location, is_oci};
pub use publish::OciRegistry;
pub use source::OciSource;
