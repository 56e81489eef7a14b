//! The real program, run as a user runs it.
//!
//! [`harness`] gives every test a home of its own. What can be said by a command line and what it prints is a file in
//! `tests/cases`, see [`cases`]; everything else, like interrupts and full disks, is a test here.
//!
//! The example plugins are those that `cargo xtask examples` has built.

#[cfg(target_os = "linux")]
mod address_space;
mod cases;
#[cfg(unix)]
mod disk;
#[cfg(target_os = "linux")]
mod edits;
mod grants;
mod harness;
mod installation;
#[cfg(unix)]
mod interrupt;
mod json_output;
mod logs;
mod plugin_build;
mod plugin_languages;
mod python_mistakes;
mod python_readme;
#[cfg(unix)]
mod registry_served;
mod rust_mistakes;
#[cfg(unix)]
mod terminal;
