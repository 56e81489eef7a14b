//! WebAssembly components, whose contract is the package `driftless:plugin`, see [`driftless_plugin_api::wit`].

mod call;
mod host;

pub(super) use call::Guest;
