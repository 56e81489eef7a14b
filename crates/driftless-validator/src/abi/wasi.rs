//! What is offered of WASI where the user allows it.

use super::signature::HostFunction;
use super::signature::ValueType::{self, I32, I64};

/// The module that functions of WASI preview 1 are imported from.
pub const MODULE: &str = "wasi_snapshot_preview1";

/// The export that prepares a library for use; linkers call it so.
pub const INITIALIZE: &str = "_initialize";

/// What the names of the interfaces of WASI preview 2 begin with.
pub(crate) const PACKAGES: &str = "wasi:";

/// The interfaces of WASI preview 2 that are offered where WASI is allowed. There is no network behind the sockets: every address is refused.
pub(crate) const INTERFACES: [&str; 27] = [
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

/// WASI preview 1 without its sockets: there is no network behind it.
pub(crate) fn function(name: &str) -> Option<HostFunction> {
    const ERRNO: &[ValueType] = &[I32];
    let of = |name: &'static str, parameters: &'static [ValueType]| {
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
    use super::*;

    #[test]
    fn there_are_no_sockets_in_preview_1() {
        assert!(function("fd_read").is_some());
        assert!(function("sock_recv").is_none());
    }
}
