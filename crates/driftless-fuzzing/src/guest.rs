//! Guests that do as little as possible: each function returns one number, and the memory holds what it is told to.

use driftless_plugin_api::function::Function;
use driftless_plugin_api::{abi, manifest};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, CustomSection, DataSection, ExportKind, ExportSection,
    Function as Body, FunctionSection, GlobalSection, GlobalType, Instruction, MemorySection, MemoryType,
    Module, TypeSection, ValType,
};

/// Bytes of a guest's memory.
pub(crate) const MEMORY: usize = 2 << 16;

/// Where a guest lets the host write arguments unless it is told otherwise: 32 KiB at the end.
pub(crate) const ARGUMENTS: u32 = 0x1_8000;

/// A guest that is being made.
#[derive(Clone, Debug)]
pub(crate) struct Guest<'a> {
    functions: Vec<Answer>,
    data: Vec<(u32, &'a [u8])>,
    reserve: u32,
    manifest: Option<&'a [u8]>,
}

/// What a function returns.
#[derive(Clone, Copy, Debug)]
struct Answer {
    function: Function,
    first: i64,
    /// Where it differs, what it returns from the second call of an instance on.
    later: i64,
}

impl<'a> Guest<'a> {
    pub(crate) fn new() -> Self {
        Self { functions: Vec::new(), data: Vec::new(), reserve: ARGUMENTS, manifest: None }
    }

    /// With a function that returns a number.
    pub(crate) fn returns(self, function: Function, packed: i64) -> Self {
        self.turns(function, packed, packed)
    }

    /// With a function that returns one number at the first call of an instance, and another one from then on.
    pub(crate) fn turns(mut self, function: Function, first: i64, later: i64) -> Self {
        self.functions.push(Answer { function, first, later });
        self
    }

    /// With these bytes in its memory, which has to have room for them.
    pub(crate) fn holds(mut self, at: u32, bytes: &'a [u8]) -> Self {
        self.data.push((at, bytes));
        self
    }

    /// Says that arguments may be written here.
    pub(crate) fn reserves(mut self, at: u32) -> Self {
        self.reserve = at;
        self
    }

    /// With this content of the manifest's section.
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
        let mut globals = GlobalSection::new();
        let mut exports = ExportSection::new();
        let mut code = CodeSection::new();
        exports.export(abi::MEMORY, ExportKind::Memory, 0);
        exports.export(abi::RESERVE, ExportKind::Func, 0);
        functions.function(0);
        code.function(&body([Instruction::I32Const(self.reserve as i32)]));
        for (number, answer) in self.functions.iter().enumerate() {
            functions.function(1 + answer.function.arguments() as u32);
            exports.export(answer.function.name(), ExportKind::Func, 1 + number as u32);
            if answer.first == answer.later {
                code.function(&body([Instruction::I64Const(answer.first)]));
                continue;
            }
            let called = globals.len();
            globals.global(
                GlobalType { val_type: ValType::I32, mutable: true, shared: false },
                &ConstExpr::i32_const(0),
            );
            code.function(&body([
                Instruction::GlobalGet(called),
                Instruction::If(BlockType::Empty),
                Instruction::I64Const(answer.later),
                Instruction::Return,
                Instruction::End,
                Instruction::I32Const(1),
                Instruction::GlobalSet(called),
                Instruction::I64Const(answer.first),
            ]));
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
        module.section(&types).section(&functions).section(&memories).section(&globals).section(&exports);
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
