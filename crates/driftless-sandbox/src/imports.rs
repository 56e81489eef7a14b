//! The imports that the host offers a plugin, and why it offers no others.

use std::borrow::Cow;

use driftless_permissions::Permissions;
use driftless_plugin_api::abi;
use driftless_plugin_api::host_call::Capability;
use driftless_plugin_api::text::printable_line;
use driftless_plugin_api::wit;
use wasmparser::ValType::{self, I32, I64};

use crate::component::contract::Interface;

/// A function that the host offers.
#[derive(Clone, Copy)]
pub(crate) struct HostFunction {
    pub(crate) name: &'static str,
    pub(crate) parameters: &'static [ValType],
    pub(crate) results: &'static [ValType],
}

/// Those that every plugin has, in the module [`abi::IMPORT_MODULE`].
pub(crate) const HOST_FUNCTIONS: [HostFunction; 4] = [
    HostFunction { name: abi::HOST_LOG, parameters: &[I32, I32, I32, I32], results: &[] },
    HostFunction { name: abi::HOST_GET_TIMESTAMP, parameters: &[], results: &[I64] },
    HostFunction { name: abi::HOST_GET_RANDOM, parameters: &[], results: &[I64] },
    HostFunction { name: abi::HOST_PANIC, parameters: &[I32, I32], results: &[] },
];

/// The module of WASI preview 1.
pub(crate) const WASI: &str = "wasi_snapshot_preview1";

/// Who is asking.
#[derive(Clone, Copy)]
pub(crate) struct Importer<'a> {
    /// What its manifest asks for; `None` where the manifest cannot be read, which is told by itself.
    pub(crate) asks_for: Option<&'a Permissions>,
    /// Whether WASI is allowed.
    pub(crate) wasi: bool,
}

impl Importer<'_> {
    /// Looks an import up. The error says why there is no such function for this plugin.
    pub(crate) fn find(self, module: &str, name: &str) -> Result<HostFunction, Cow<'static, str>> {
        if module == WASI && self.wasi {
            return wasi(name).ok_or("WASI is allowed, and has no such function here".into());
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
        let Some(capability) = Capability::ALL.into_iter().find(|capability| capability.import() == name)
        else {
            return Err(reason(module, name).into());
        };
        if let Some(why) = self.lacks(capability) {
            return Err(why.into());
        }
        Ok(HostFunction { name: capability.import(), parameters: &[I32, I32, I32, I32], results: &[I64] })
    }

    /// Looks up what a component imports. The error says why there is no such interface for this plugin.
    pub(crate) fn find_interface(self, name: &str) -> Result<Interface, Cow<'static, str>> {
        if name == wit::HOST {
            return Ok(Interface::Host);
        }
        let is = |capability: &Capability| wit::interface(*capability) == name;
        if let Some(capability) = Capability::ALL.into_iter().find(is) {
            return match self.lacks(capability) {
                Some(why) => Err(why.into()),
                None => Ok(Interface::Capability(capability)),
            };
        }
        let (interface, version) = name.split_once('@').unwrap_or((name, ""));
        if interface.starts_with("wasi:") {
            if !self.wasi {
                return Err(
                    "WASI is off (`security.allow_wasi` in plugins.toml); `driftless plugin build` makes plugins without it".into()
                );
            }
            let offered = WASI_INTERFACES.contains(&interface) && version.starts_with("0.2.");
            return if offered {
                Ok(Interface::Wasi)
            } else {
                Err("WASI is allowed, and has no such interface here".into())
            };
        }
        if interface.starts_with(wit::PACKAGE_NAME) && version != wit::VERSION {
            let (has, version) = (wit::VERSION, if version.is_empty() { "none" } else { version });
            return Err(format!(
                "this host has version {has} of `{}` and not {}",
                wit::PACKAGE_NAME,
                printable_line(version)
            )
            .into());
        }
        Err("the host offers no such interface".into())
    }

    /// Why a plugin does not get a capability.
    fn lacks(self, capability: Capability) -> Option<String> {
        let lacks = self.asks_for.is_some_and(|asked| !asked.mentions(capability));
        let permission = capability.permission();
        lacks.then(|| format!("it needs the permission `{permission}`, which the manifest does not ask for"))
    }
}

/// The interfaces of WASI preview 2 that are offered where WASI is allowed. There is no network behind the sockets: every address is refused.
const WASI_INTERFACES: [&str; 27] = [
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stderr",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stderr",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:filesystem/preopens",
    "wasi:filesystem/types",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:random/random",
    "wasi:sockets/instance-network",
    "wasi:sockets/ip-name-lookup",
    "wasi:sockets/network",
    "wasi:sockets/tcp-create-socket",
    "wasi:sockets/tcp",
    "wasi:sockets/udp",
    "wasi:sockets/udp-create-socket",
];

/// The guide's forbidden groups. They only choose the words: what is not on the list is refused in any case.
fn reason(module: &str, name: &str) -> &'static str {
    let env_group =
        |prefixes: &[&str]| module == "env" && prefixes.iter().any(|prefix| name.starts_with(prefix));
    if module == WASI {
        "WASI is off (`security.allow_wasi` in plugins.toml); `driftless plugin build` replaces these imports"
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

/// WASI preview 1 without its sockets: there is no network behind it.
fn wasi(name: &str) -> Option<HostFunction> {
    const ERRNO: &[ValType] = &[I32];
    let of = |name: &'static str, parameters: &'static [ValType]| {
        Some(HostFunction { name, parameters, results: ERRNO })
    };
    match name {
        "args_get" => of("args_get", &[I32, I32]),
        "args_sizes_get" => of("args_sizes_get", &[I32, I32]),
        "clock_res_get" => of("clock_res_get", &[I32, I32]),
        "clock_time_get" => of("clock_time_get", &[I32, I64, I32]),
        "environ_get" => of("environ_get", &[I32, I32]),
        "environ_sizes_get" => of("environ_sizes_get", &[I32, I32]),
        "fd_advise" => of("fd_advise", &[I32, I64, I64, I32]),
        "fd_allocate" => of("fd_allocate", &[I32, I64, I64]),
        "fd_close" => of("fd_close", &[I32]),
        "fd_datasync" => of("fd_datasync", &[I32]),
        "fd_fdstat_get" => of("fd_fdstat_get", &[I32, I32]),
        "fd_fdstat_set_flags" => of("fd_fdstat_set_flags", &[I32, I32]),
        "fd_fdstat_set_rights" => of("fd_fdstat_set_rights", &[I32, I64, I64]),
        "fd_filestat_get" => of("fd_filestat_get", &[I32, I32]),
        "fd_filestat_set_size" => of("fd_filestat_set_size", &[I32, I64]),
        "fd_filestat_set_times" => of("fd_filestat_set_times", &[I32, I64, I64, I32]),
        "fd_pread" => of("fd_pread", &[I32, I32, I32, I64, I32]),
        "fd_prestat_dir_name" => of("fd_prestat_dir_name", &[I32, I32, I32]),
        "fd_prestat_get" => of("fd_prestat_get", &[I32, I32]),
        "fd_pwrite" => of("fd_pwrite", &[I32, I32, I32, I64, I32]),
        "fd_read" => of("fd_read", &[I32, I32, I32, I32]),
        "fd_readdir" => of("fd_readdir", &[I32, I32, I32, I64, I32]),
        "fd_renumber" => of("fd_renumber", &[I32, I32]),
        "fd_seek" => of("fd_seek", &[I32, I64, I32, I32]),
        "fd_sync" => of("fd_sync", &[I32]),
        "fd_tell" => of("fd_tell", &[I32, I32]),
        "fd_write" => of("fd_write", &[I32, I32, I32, I32]),
        "path_create_directory" => of("path_create_directory", &[I32, I32, I32]),
        "path_filestat_get" => of("path_filestat_get", &[I32, I32, I32, I32, I32]),
        "path_filestat_set_times" => of("path_filestat_set_times", &[I32, I32, I32, I32, I64, I64, I32]),
        "path_link" => of("path_link", &[I32, I32, I32, I32, I32, I32, I32]),
        "path_open" => of("path_open", &[I32, I32, I32, I32, I32, I64, I64, I32, I32]),
        "path_readlink" => of("path_readlink", &[I32, I32, I32, I32, I32, I32]),
        "path_remove_directory" => of("path_remove_directory", &[I32, I32, I32]),
        "path_rename" => of("path_rename", &[I32, I32, I32, I32, I32, I32]),
        "path_symlink" => of("path_symlink", &[I32, I32, I32, I32, I32]),
        "path_unlink_file" => of("path_unlink_file", &[I32, I32, I32]),
        "poll_oneoff" => of("poll_oneoff", &[I32, I32, I32, I32]),
        "proc_exit" => Some(HostFunction { name: "proc_exit", parameters: &[I32], results: &[] }),
        "random_get" => of("random_get", &[I32, I32]),
        "sched_yield" => of("sched_yield", &[]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use driftless_plugin_api::manifest::Permission;

    use super::*;

    fn says(module: &str, name: &str) -> Option<String> {
        Importer { asks_for: Some(&Permissions::NONE), wasi: false }
            .find(module, name)
            .err()
            .map(Cow::into_owned)
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
    fn a_capability_is_offered_to_who_asks_for_it() {
        let asked = Permissions::parse(&[Permission::Environment { vars: vec!["HOME".into()] }]).unwrap();
        let importer = Importer { asks_for: Some(&asked), wasi: false };
        assert!(importer.find("env", "host_environment").is_ok());
        assert_eq!(
            importer.find("env", "host_file").err().unwrap(),
            "it needs the permission `FileSystem`, which the manifest does not ask for"
        );
    }

    #[test]
    fn wasi_has_no_sockets() {
        let importer = Importer { asks_for: None, wasi: true };
        assert!(importer.find(WASI, "fd_read").is_ok());
        assert!(importer.find(WASI, "sock_recv").is_err());
    }
}
