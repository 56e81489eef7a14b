//! Plugins that were compiled for WASI preview 1.
//!
//! Where WASI is off, `driftless plugin build` takes it out of a module beforehand. Where the user allows it, [`provide`] puts the real thing
//! behind the imports, with nothing in it but what the plugin was granted.

mod provide;

pub(crate) use provide::{Bounds, Cancelled, WasiGrant, WasiRuntime, WasiState, define, drive, exit_code};
