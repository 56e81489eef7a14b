//! What the compiler makes of a plugin.

use driftless_validator::ValidatedPlugin;
use wasmtime::component::Component;
use wasmtime::{Engine, Module};

use crate::error::CompileError;

/// Machine code of a plugin, which nothing is put in place for yet. Cheap to clone.
#[derive(Clone)]
pub(crate) enum MachineCode {
    Module(Module),
    Component(Component),
}

impl MachineCode {
    /// Compiles, on the threads of the caller's choice.
    pub(crate) fn compile(engine: &Engine, plugin: &ValidatedPlugin) -> wasmtime::Result<Self> {
        if plugin.info().is_wasm_component() {
            Component::from_binary(engine, plugin.bytes()).map(Self::Component)
        } else {
            Module::from_binary(engine, plugin.bytes()).map(Self::Module)
        }
    }

    /// As bytes, to be kept.
    pub(crate) fn serialize(&self) -> wasmtime::Result<Vec<u8>> {
        match self {
            Self::Module(code) => code.serialize(),
            Self::Component(code) => code.serialize(),
        }
    }

    /// How many memories an instance has of its own.
    pub(crate) fn memories(&self) -> u32 {
        match self {
            Self::Module(code) => code.resources_required().num_memories,
            // The validator lets none through that is given modules from outside.
            Self::Component(code) => {
                code.resources_required().map_or(u32::MAX, |required| required.num_memories)
            }
        }
    }

    /// The module, which only a plugin is whose file is one.
    pub(crate) fn as_module(&self) -> Result<&Module, CompileError> {
        match self {
            Self::Module(code) => Ok(code),
            Self::Component(_) => Err(CompileError::Compiler("it is no core module".to_owned())),
        }
    }

    /// The WebAssembly component, which only a plugin is whose file is one.
    pub(crate) fn as_component(&self) -> Result<&Component, CompileError> {
        match self {
            Self::Component(code) => Ok(code),
            Self::Module(_) => Err(CompileError::Compiler("it is no WebAssembly component".to_owned())),
        }
    }
}
