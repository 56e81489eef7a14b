//! The sandbox from outside, as one program: each that is linked has wasmtime in it.
//!
//! Beside it are `hostile`, which needs all cores, and `recovery`, which looks at the memory of the whole process.

mod bindgen;
#[cfg(unix)]
mod cache;
mod components;
mod host_calls;
mod limits;
mod properties;
mod wasi_allowed;
mod wasi_components;
