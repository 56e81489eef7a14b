//! Plugins that were made with wasm-bindgen, the way the guide shows it.
//!
//! wasm-bindgen writes a module and JavaScript around it. There is no JavaScript here: the host does what a plugin needs of it. What that is, and what
//! such a module exports, has changed over the years without anybody saying so in the file, so [`contract`] goes by name *and* type. [`host`] stands
//! behind the imports, and how a call travels is in [`crate::guest::bindgen`].

pub(crate) mod contract;
pub(crate) mod host;
