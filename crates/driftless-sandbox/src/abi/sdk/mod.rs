//! Modules in the convention of plugin-sdk, see [`driftless_plugin_api::abi`].

mod call;
mod host;

pub(super) use call::Guest;
