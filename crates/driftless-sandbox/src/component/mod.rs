//! Plugins that are WebAssembly components.
//!
//! What a component may import and what it exports is the package `driftless:plugin`, see [`driftless_plugin_api::wit`]. The validator checks it before
//! anything is compiled, [`host`] stands behind the imports, and how a call travels is in [`crate::guest::component`].

pub(crate) mod host;
