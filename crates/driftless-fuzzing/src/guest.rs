//! Guests that do as little as possible: each function returns one number, and the memory holds what it is told to.

use driftless_plugin_api::function::Function;
use driftless_plugin_api::{abi, manifest};
use wasm_encoder::{
    CodeSection, ConstExpr, CustomSection, DataSection, ExportKind, ExportSection, Function as Body,
    FunctionSection, Instruction, MemorySection, MemoryType, Module, TypeSection, ValType,
};

/// Bytes of a guest's memory.
const MEMORY: usize = 2 << 16;

/// Where a guest lets the host write arguments: 32 KiB at the end.
const ARGUMENTS: i32 = 0x1_8000;

/// A guest that is being made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guest<'a> {
    functions: Vec<(Function, i64)>,
    data: Vec<(u32, &'a [u8])>,
    manifest: Option<&'a [u8]>,
}

impl<'a> Guest<'a> {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// With a function that returns a number.
    pub(crate) fn returns(mut self, function: Function, packed: i64) -> Self {
        self.functions.push((function, packed));
        self
    }

    /// With these bytes in its memory, which has to have room for them.
    #[cfg(feature = "engine")]
    pub(crate) fn holds(mut self, at: u32, bytes: &'a [u8]) -> Self {
        self.data.push((at, bytes));
        self
    }

    /// With this content of the manifest's section.
    #[cfg(feature = "readers")]
    pub(crate) fn with_manifest(mut self, content: &'a [u8]) -> Self {
        self.manifest = Some(content);
        self
    }

    /// As a module.
    pub(crate) fn build(&self) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([ValType::I32], [ValType::I32]);
        // The type with this number, less one, takes so many strings.
        for strings in 0..=Function::MAX_ARGUMENTS {
            types.ty().function(vec![ValType::I32; 2 * strings], [ValType::I64]);
        }
        let mut functions = FunctionSection::new();
        let mut exports = ExportSection::new();
        let mut code = CodeSection::new();
        exports.export(abi::MEMORY, ExportKind::Memory, 0);
        exports.export(abi::RESERVE, ExportKind::Func, 0);
        functions.function(0);
        code.function(&body([Instruction::I32Const(ARGUMENTS)]));
        for (number, (function, packed)) in self.functions.iter().enumerate() {
            functions.function(1 + function.arguments() as u32);
            exports.export(function.name(), ExportKind::Func, 1 + number as u32);
            code.function(&body([Instruction::I64Const(*packed)]));
        }
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: (MEMORY >> 16) as u64,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        let mut data = DataSection::new();
        for (at, bytes) in &self.data {
            data.active(0, &ConstExpr::i32_const(*at as i32), bytes.iter().copied());
        }
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&memories).section(&exports);
        module.section(&code).section(&data);
        if let Some(content) = self.manifest {
            module.section(&CustomSection { name: manifest::SECTION.into(), data: content.into() });
        }
        module.finish()
    }
}

fn body<const N: usize>(instructions: [Instruction<'_>; N]) -> Body {
    let mut body = Body::new([]);
    for instruction in &instructions {
        body.instruction(instruction);
    }
    body.instruction(&Instruction::End);
    body
}
