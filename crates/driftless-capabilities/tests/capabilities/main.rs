//! The capabilities on a real machine, with real files, servers and programs.

#[cfg(target_os = "linux")]
mod attributes;
mod common;
#[cfg(unix)]
mod environment;
#[cfg(unix)]
mod files;
mod http;
#[cfg(unix)]
mod process;
#[cfg(unix)]
mod properties;
