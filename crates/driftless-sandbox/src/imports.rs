//! The imports that the host offers, and why it offers no others.

use driftless_plugin_api::abi;
use wasmparser::ValType;

/// A function that the host offers every plugin.
pub(crate) struct HostFunction {
    pub(crate) name: &'static str,
    pub(crate) parameters: &'static [ValType],
    pub(crate) results: &'static [ValType],
}

/// All of them, in the module [`abi::IMPORT_MODULE`].
pub(crate) const HOST_FUNCTIONS: [HostFunction; 4] = [
    HostFunction {
        name: abi::HOST_LOG,
        parameters: &[ValType::I32, ValType::I32, ValType::I32, ValType::I32],
        results: &[],
    },
    HostFunction { name: abi::HOST_GET_TIMESTAMP, parameters: &[], results: &[ValType::I64] },
    HostFunction { name: abi::HOST_GET_RANDOM, parameters: &[], results: &[ValType::I64] },
    HostFunction { name: abi::HOST_PANIC, parameters: &[ValType::I32, ValType::I32], results: &[] },
];

/// The module of WASI preview 1.
pub(crate) const WASI: &str = "wasi_snapshot_preview1";

/// Looks an import up. The error says why there is no such function.
pub(crate) fn find(module: &str, name: &str) -> Result<&'static HostFunction, &'static str> {
    let offered = HOST_FUNCTIONS.iter().find(|function| function.name == name);
    match offered {
        Some(function) if module == abi::IMPORT_MODULE => Ok(function),
        _ => Err(reason(module, name)),
    }
}

/// The guide's forbidden groups. They only choose the words: what is not on the list is refused in any case.
fn reason(module: &str, name: &str) -> &'static str {
    let env_group =
        |prefixes: &[&str]| module == "env" && prefixes.iter().any(|prefix| name.starts_with(prefix));
    if module == WASI {
        "WASI is off (`security.allow_wasi` in plugins.toml); `driftless plugin build` replaces these imports"
    } else if env_group(&["syscall", "system"]) {
        "plugins make no system calls"
    } else if env_group(&["fd_", "path_"]) {
        "plugins have no file system"
    } else if env_group(&["sock", "net"]) {
        "plugins have no network"
    } else if module.starts_with("wbg") || module.ends_with("_bg.js") || module.starts_with("__wbindgen") {
        "it belongs to wasm-bindgen, which is not supported yet; use plugin-sdk"
    } else {
        "the host offers no such function"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_not_refused_for_what_it_contains() {
        let says = |name| find("env", name).err();
        assert_eq!(says("planet"), Some("the host offers no such function"));
        assert_eq!(says("net_connect"), Some("plugins have no network"));
        assert_eq!(says("network"), Some("plugins have no network"));
        assert_eq!(says("host_log"), None);
        assert_eq!(find("other", "host_log").err(), Some("the host offers no such function"));
    }
}
