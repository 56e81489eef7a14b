//! A plugin's machine code, ready to make instances of.

use std::sync::Arc;

use wasmtime::Engine;

use crate::abi::Code;
use crate::plugin::Plugin;

/// A loaded plugin with its machine code.
pub(crate) struct Image {
    pub(crate) plugin: Arc<Plugin>,
    pub(crate) code: Code,
    /// How many of the reserved memories an instance takes.
    pub(crate) memories: u32,
    pub(crate) engine: Engine,
}
