//! Messages for the user of the plugin, through `host_log`.
//!
//! ```
//! use plugin_sdk::log;
//!
//! log::warn!("{} has no extension", "README");
//! ```
//!
//! In a test on the author's machine they go to standard error.

pub use crate::{__debug as debug, __error as error, __info as info, __warn as warn};
pub use driftless_plugin_api::log::Level;

use std::fmt;

/// Hands a message to the host. The macros of this module are the usual way here.
pub fn write(level: Level, message: fmt::Arguments<'_>) {
    match message.as_str() {
        Some(text) => crate::host::log(level, text),
        None => crate::host::log(level, &message.to_string()),
    }
}

/// Something did not work.
#[doc(hidden)]
#[macro_export]
macro_rules! __error {
    ($($text:tt)*) => { $crate::log::write($crate::log::Level::Error, ::core::format_args!($($text)*)) };
}

/// Something may not be as intended.
#[doc(hidden)]
#[macro_export]
macro_rules! __warn {
    ($($text:tt)*) => { $crate::log::write($crate::log::Level::Warn, ::core::format_args!($($text)*)) };
}

/// What is going on.
#[doc(hidden)]
#[macro_export]
macro_rules! __info {
    ($($text:tt)*) => { $crate::log::write($crate::log::Level::Info, ::core::format_args!($($text)*)) };
}

/// For the author.
#[doc(hidden)]
#[macro_export]
macro_rules! __debug {
    ($($text:tt)*) => { $crate::log::write($crate::log::Level::Debug, ::core::format_args!($($text)*)) };
}
