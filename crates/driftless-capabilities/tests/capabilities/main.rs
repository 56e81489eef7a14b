//! The capabilities on a real machine, with real files, servers and programs.

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
