//! Modules made by wasm-bindgen.
//!
//! wasm-bindgen writes a module and JavaScript around it. There is no JavaScript here: the host does what a plugin needs of it. What that is, and what
//! such a module exports, has changed over the years without a sign of it in the file, so [`find`] goes by name *and* type.

mod contract;
mod helpers;
mod imports;

pub(crate) use contract::Bindgen;
pub use helpers::{FREE, Helper, MALLOC, STACK, START};
pub use imports::{Import, find, is_import_module};
