//! Plugins that were compiled for WASI, where the user allows it: the real thing is put behind the imports, with nothing in it but what the
//! plugin was granted.
//!
//! Where WASI is off, `driftless plugin build` has taken it out of a plugin beforehand.

mod context;
mod grant;
mod link;
mod output;
mod runtime;

pub(crate) use context::WasiState;
pub(crate) use grant::WasiGrant;
pub(crate) use link::{Bounds, Cancelled, define, drive, exit_code};
pub(crate) use runtime::WasiRuntime;
