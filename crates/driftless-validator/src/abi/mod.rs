//! The ABIs: the ways in which a plugin carries the strings of the protocol.
//!
//! Each has a folder with its rules, and a line in the table below. How a call travels in one is the runtime's subject.

pub mod bindgen;
mod contract;
pub mod sdk;
mod signature;
pub mod wasi;
mod wasm_component;

pub(crate) use contract::{Contract, File, Offer};
pub use signature::{HostFunction, ValueType};

use crate::scan::Scan;

/// How a plugin carries the strings of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Abi {
    /// A module in the convention of plugin-sdk, see [`driftless_plugin_api::abi`].
    Sdk,
    /// A module made with wasm-bindgen.
    Bindgen,
    /// A WebAssembly component, see [`driftless_plugin_api::wit`].
    WasmComponent,
}

/// Every ABI with its name for people and its rules. A file speaks the first one that recognises it; the last recognises every file.
const ABIS: [(Abi, &str, &dyn Contract); 3] = [
    (Abi::WasmComponent, "component", &wasm_component::WasmComponent),
    (Abi::Bindgen, "module (wasm-bindgen)", &bindgen::Bindgen),
    (Abi::Sdk, "module", &sdk::Sdk),
];

impl Abi {
    /// The ABI that a file is meant to speak.
    pub(crate) fn of(scan: &Scan) -> Self {
        let found = ABIS.iter().find(|(_, _, contract)| contract.recognises(scan));
        found.map_or(Self::Sdk, |(abi, ..)| *abi)
    }

    pub(crate) fn contract(self) -> &'static dyn Contract {
        self.entry().2
    }

    fn entry(self) -> &'static (Self, &'static str, &'static dyn Contract) {
        ABIS.iter().find(|(abi, ..)| *abi == self).expect("every ABI has a line in the table")
    }
}

impl std::fmt::Display for Abi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.entry().1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_abi_has_a_name() {
        let names = [Abi::Sdk, Abi::Bindgen, Abi::WasmComponent].map(|abi| abi.to_string());
        assert_eq!(names, ["module", "module (wasm-bindgen)", "component"]);
    }
}
