//! Modules in the convention of plugin-sdk, see [`driftless_plugin_api::abi`].

mod contract;
mod host_functions;

pub(crate) use contract::{Sdk, check_import, check_memory, named_exports, refused};
pub use host_functions::HOST_FUNCTIONS;
