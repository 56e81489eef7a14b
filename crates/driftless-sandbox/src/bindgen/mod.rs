//! Plugins that were made with wasm-bindgen, the way the guide shows it.
//!
//! wasm-bindgen writes a module and JavaScript around it. There is no JavaScript here: the host does what a plugin needs of it, which is what
//! [`driftless_validator::abi::bindgen`] lets in. [`host`] stands behind the imports, and how a call travels is in [`crate::guest::bindgen`].

pub(crate) mod host;
