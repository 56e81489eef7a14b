//! WebAssembly components, whose contract is the package `driftless:plugin`, see [`driftless_plugin_api::wit`].

mod contract;
mod interfaces;
mod types;

pub(crate) use contract::WasmComponent;
