//! The functions that the host offers a module to import, and why it offers no others.

use std::borrow::Cow;

use driftless_plugin_api::abi;
use driftless_plugin_api::host_call::Capability;

use crate::abi::contract::Offer;
use crate::abi::signature::HostFunction;
use crate::abi::signature::ValueType::{I32, I64};
use crate::abi::wasi;

/// Those that every module may import, from [`abi::IMPORT_MODULE`].
pub const HOST_FUNCTIONS: [HostFunction; 4] = [
    HostFunction { name: abi::HOST_LOG, parameters: &[I32, I32, I32, I32], results: &[] },
    HostFunction { name: abi::HOST_GET_TIMESTAMP, parameters: &[], results: &[I64] },
    HostFunction { name: abi::HOST_GET_RANDOM, parameters: &[], results: &[I64] },
    HostFunction { name: abi::HOST_PANIC, parameters: &[I32, I32], results: &[] },
];

/// Looks an import up. The error says why there is no such function for this plugin.
pub(crate) fn find(offer: Offer<'_>, module: &str, name: &str) -> Result<HostFunction, Cow<'static, str>> {
    if module == wasi::MODULE && offer.allow_wasi {
        return wasi::function(name).ok_or("WASI is allowed, and has no such function here".into());
    }
    if module != abi::IMPORT_MODULE {
        return Err(reason(module, name).into());
    }
    if let Some(always) = HOST_FUNCTIONS.into_iter().find(|function| function.name == name) {
        return Ok(always);
    }
    if name == abi::HOST_TAKE {
        return Ok(HostFunction { name: abi::HOST_TAKE, parameters: &[I32], results: &[] });
    }
    let Some(capability) = Capability::ALL.into_iter().find(|capability| capability.import() == name) else {
        return Err(reason(module, name).into());
    };
    if let Some(why) = offer.lacks(capability) {
        return Err(why.into());
    }
    Ok(HostFunction { name: capability.import(), parameters: &[I32, I32, I32, I32], results: &[I64] })
}

/// Why there is no such function. The groups only choose the words: what is not on the list is refused in any case.
fn reason(module: &str, name: &str) -> &'static str {
    let env_group =
        |prefixes: &[&str]| module == "env" && prefixes.iter().any(|prefix| name.starts_with(prefix));
    if module == wasi::MODULE {
        "WASI is off"
    } else if env_group(&["syscall", "system"]) {
        "plugins make no system calls"
    } else if env_group(&["fd_", "path_"]) {
        "plugins have no file system; with the permission `FileSystem` there is `host_file`"
    } else if env_group(&["sock", "net"]) {
        "plugins have no network; with the permission `Network` there is `host_http`"
    } else {
        "the host offers no such function"
    }
}

#[cfg(test)]
mod tests {
    use driftless_permissions::Permissions;
    use driftless_plugin_api::manifest::Permission;

    use super::*;

    fn says(module: &str, name: &str) -> Option<String> {
        let offer = Offer { requested: Some(&Permissions::NONE), allow_wasi: false };
        find(offer, module, name).err().map(Cow::into_owned)
    }

    #[test]
    fn a_name_is_not_refused_for_what_it_contains() {
        assert_eq!(says("env", "planet").unwrap(), "the host offers no such function");
        assert!(says("env", "net_connect").unwrap().starts_with("plugins have no network"));
        assert!(says("env", "network").unwrap().starts_with("plugins have no network"));
        assert_eq!(says("env", "host_log"), None);
        assert_eq!(says("other", "host_log").unwrap(), "the host offers no such function");
    }

    #[test]
    fn a_capability_is_offered_to_a_plugin_that_asks_for_it() {
        let asked = Permissions::parse(&[Permission::Environment { vars: vec!["HOME".into()] }]).unwrap();
        let offer = Offer { requested: Some(&asked), allow_wasi: false };
        assert!(find(offer, "env", "host_environment").is_ok());
        assert_eq!(
            find(offer, "env", "host_file").err().unwrap(),
            "it needs the permission `FileSystem`, which the manifest does not ask for"
        );
    }
}
