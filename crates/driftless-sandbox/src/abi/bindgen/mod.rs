//! Modules made by wasm-bindgen.
//!
//! wasm-bindgen writes a module and JavaScript around it. There is no JavaScript here: the host does what a plugin needs of it, which is what
//! [`driftless_validator::abi::bindgen`] lets in.

mod call;
mod host;

pub(super) use call::Guest;
