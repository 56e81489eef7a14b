//! Plugins that were compiled for WASI preview 1.
//!
//! Where WASI is off, [`replace`] takes it out of a module beforehand. Where the user allows it, [`provide`] puts the real thing behind the
//! imports, with nothing in it but what the plugin was granted.

mod provide;
mod replace;

pub(crate) use provide::{Bounds, Cancelled, WasiGrant, WasiRuntime, WasiState, define, drive, exit_code};
pub use replace::{ReplaceError, replace_imports};

/// What a linker calls the function that prepares a library for use.
pub(crate) const INITIALIZE: &str = "_initialize";
