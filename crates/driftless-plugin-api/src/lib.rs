//! What Driftless and its plugins say to each other.
//!
//! There is one protocol: named functions that take strings of JSON and return a string of JSON. This crate gives
//! its words their types, and nothing else: it does no input or output, and it builds for `wasm32` as well, since
//! plugins depend on it through `plugin-sdk`.
//!
//! | module | what it holds |
//! |---|---|
//! | [`function`] | the names of the protocol's functions and how many arguments each takes |
//! | [`component`] | the kinds of component and the definition by which a plugin announces one |
//! | [`result`] | what a task returns, and what any function returns when it fails |
//! | [`arguments`] | positional and keyword arguments of template filters and functions |
//! | [`records`] | what a log source hands over |
//! | [`manifest`] | who a plugin is, what it brings, what it asks for |
//! | [`hook`] | what a plugin is told around a task |
//! | [`host_call`] | what a plugin can ask its host to do |
//! | [`limit`] | what a call can run out of |
//! | [`linked`] | a plugin that is linked into the program that hosts it |
//! | [`log`] | the levels of `host_log` |
//! | [`digest`] | which file a plugin is |
//! | [`cancel`] | ending a call from another thread |
//! | [`hint`] | what to write instead of a value of another type |
//! | [`json`] | JSON of unknown origin, read within bounds |
//! | [`text`] | text of unknown origin, made safe to print and short |
//! | [`abi`] | how a core WebAssembly module carries strings |
//! | [`wit`] | how a component does |

pub mod abi;
pub mod arguments;
pub mod cancel;
pub mod component;
pub mod digest;
pub mod function;
pub mod hint;
pub mod hook;
pub mod host_call;
pub mod json;
pub mod limit;
pub mod linked;
pub mod log;
pub mod manifest;
pub mod records;
pub mod remedy;
pub mod result;
pub mod text;
pub mod wit;

/// The version of the protocol that this crate describes.
///
/// A plugin states in its manifest which version it speaks ([`manifest::PluginManifest::protocol`]). A host serves
/// this version and every earlier one, and refuses a plugin that is newer than itself.
pub const PROTOCOL_VERSION: u32 = 1;
