//! Modules out of a generator, which are valid and fit the protocol, and do whatever they like.

use std::sync::LazyLock;

use arbitrary::{Arbitrary, Unstructured};
use driftless_plugin_api::abi;
use driftless_plugin_api::function::Function;
use driftless_validator::inspect;
use wasm_encoder::{
    CodeSection, EntityType, ExportKind, ExportSection, Function as Body, FunctionSection, ImportSection,
    MemorySection, MemoryType, Module, TypeSection, ValType,
};
use wasm_smith::Config;

use crate::Coverage;
use crate::harness::{self, Harness};

/// What every generated module exports, of the functions of the protocol, in the protocol's order: one for each number of
/// arguments but four.
const EXPORTED: [Function; 4] =
    [Function::GetTaskDefinitions, Function::ExecuteTask, Function::ExecuteLogParser, Function::Initialize];

/// The imports of the host, with the number of their type in [`imports`].
const IMPORTED: [(&str, u32); 4] =
    [(abi::HOST_LOG, 0), (abi::HOST_GET_TIMESTAMP, 1), (abi::HOST_GET_RANDOM, 1), (abi::HOST_PANIC, 2)];

/// Takes `data` for the generator's choices.
pub fn run(data: &[u8]) -> Coverage {
    static HARNESSES: LazyLock<[Harness; 3]> = LazyLock::new(|| {
        [Harness::new(20_000, false), Harness::new(50_000, true), Harness::new(100_000, false)]
    });

    let mut choices = Unstructured::new(data);
    let Ok((harness, argument, module)) = generate(&mut choices) else {
        return Coverage::Refused;
    };
    let bytes = module.to_bytes();
    let harness = &HARNESSES[harness];
    let Some(module) = harness.validate(&bytes) else {
        return Coverage::Refused;
    };
    assert!(module.functions().iter().eq(EXPORTED), "it exports other functions: {:?}", module.functions());
    harness.run(&module, harness::repeats_itself(inspect(&bytes).imports()), argument)
}

/// Which harness it runs in, what it is given, and the module itself.
fn generate(choices: &mut Unstructured<'_>) -> arbitrary::Result<(usize, &'static str, wasm_smith::Module)> {
    // More than is reserved at once, and more than is kept.
    static LONG: LazyLock<String> = LazyLock::new(|| "a".repeat(5_000));
    static LONGER: LazyLock<String> = LazyLock::new(|| "a".repeat(400_000));

    let harness = choices.int_in_range(0..=2)?;
    let argument = match choices.int_in_range(0..=15)? {
        0 => LONGER.as_str(),
        1 | 2 => LONG.as_str(),
        3..=6 => "",
        _ => "{}",
    };
    // Up to one page more than an instance may have.
    let pages = choices.int_in_range(0..=17)?;
    let with_initialize = choices.ratio(1, 4)?;
    let config = config(choices, pages, with_initialize)?;
    Ok((harness, argument, wasm_smith::Module::new(config, choices)?))
}

/// What the generator may use: no more than the sandbox lets in, since a module that is refused tells nothing here.
fn config(choices: &mut Unstructured<'_>, pages: u64, with_initialize: bool) -> arbitrary::Result<Config> {
    let any = Config::arbitrary(choices)?;
    Ok(Config {
        available_imports: Some(imports()),
        exports: Some(exports(pages, with_initialize)),
        max_imports: any.max_imports % 16,
        // The one that is exported comes by itself.
        max_memories: 0,
        max_tables: any.max_tables % 5,
        // A little more than an instance may have.
        max_table_elements: any.max_table_elements % 1_100,
        max_types: any.max_types % 100,
        max_funcs: any.max_funcs % 50,
        max_globals: any.max_globals % 100,
        max_elements: any.max_elements % 100,
        max_element_segments: any.max_element_segments % 50,
        max_data_segments: any.max_data_segments % 50,
        max_instructions: any.max_instructions % 300,
        max_tags: 0,
        exceptions_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        relaxed_simd_enabled: false,
        threads_enabled: false,
        ..any
    })
}

/// A module that imports what may be imported.
fn imports() -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32; 4], []);
    types.ty().function([], [ValType::I64]);
    types.ty().function([ValType::I32; 2], []);
    let mut imports = ImportSection::new();
    for (name, r#type) in IMPORTED {
        imports.import(abi::IMPORT_MODULE, name, EntityType::Function(r#type));
    }
    let mut module = Module::new();
    module.section(&types).section(&imports);
    module.finish()
}

/// A module that exports what has to be exported.
fn exports(pages: u64, with_initialize: bool) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32], [ValType::I32]);
    types.ty().function([], []);
    let (mut functions, mut exports, mut code) =
        (FunctionSection::new(), ExportSection::new(), CodeSection::new());
    let mut export = |name: &str, r#type: u32| {
        exports.export(name, ExportKind::Func, functions.len());
        functions.function(r#type);
        let mut body = Body::new([]);
        body.instructions().unreachable().end();
        code.function(&body);
    };
    export(abi::RESERVE, 0);
    if with_initialize {
        export("_initialize", 1);
    }
    for (place, function) in EXPORTED.into_iter().enumerate() {
        types.ty().function(vec![ValType::I32; 2 * function.arguments()], [ValType::I64]);
        export(function.name(), 2 + place as u32);
    }
    exports.export(abi::MEMORY, ExportKind::Memory, 0);
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: pages,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&memories).section(&exports).section(&code);
    module.finish()
}
