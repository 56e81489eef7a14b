//! Reads what a module or a component says about itself, counting before believing.
//!
//! A component is core modules and what connects them. What is counted of a module is counted of each of them, and what bounds the
//! compiler's work is counted of all together.
//!
//! Nothing here executes anything, and nothing allocates by a number that the file merely claims: every list is read
//! element by element, and reading stops where a limit is reached.

use driftless_plugin_api::manifest::SECTION;
use wasmparser::{
    BinaryReaderError, CompositeInnerType, Encoding, ExternalKind, FuncType, FunctionBody, Parser, Payload,
    TypeRef,
};

use crate::assembly::{Assembly, Counted};
use crate::error::Violation;
use crate::limits::{self, ModuleLimit};
use crate::workload::{self, Arities};

/// A plugin's file, as far as one can tell without compiling it.
#[derive(Debug, Default)]
pub(crate) struct Survey<'a> {
    pub(crate) kind: Kind,
    /// The module that the file is. Empty where it is a component.
    pub(crate) module: CoreModule<'a>,
    /// What a component imports, with offsets.
    pub(crate) component_imports: Vec<(u64, &'a str)>,
    /// What a component exports.
    pub(crate) component_exports: Vec<&'a str>,
    /// The contents of all sections that are called like the manifest's, with their offsets.
    pub(crate) manifests: Vec<(u64, &'a [u8])>,
    /// The bytes of memory that an instance begins with, where every module is instantiated once.
    pub(crate) memory: u64,
    /// The elements of its largest table.
    pub(crate) table_elements: u64,
    pub(crate) violations: Vec<Violation>,
    /// The module that is being read, if it lies inside a component.
    inner: Option<CoreModule<'a>>,
    assembly: Assembly,
    total: Total,
}

/// What a file is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    #[default]
    Module,
    Component,
}

/// A core module: the whole file, or a part of a component.
#[derive(Debug, Default)]
pub(crate) struct CoreModule<'a> {
    types: Vec<Option<FuncType>>,
    /// The type of each function, imported ones first.
    functions: Vec<u32>,
    pub(crate) imports: Vec<Import<'a>>,
    pub(crate) exports: Vec<Export<'a>>,
    /// Functions whose code was read, imported ones included.
    bodies: usize,
    /// Whether the code of small functions is counted as well.
    every_body: bool,
    /// A block may give this many values at most.
    results: u64,
}

/// What is counted over the whole file.
#[derive(Debug, Default)]
struct Total {
    /// How many components the place that is being read lies in.
    depth: u64,
    custom_sections: u64,
    functions: u64,
    code_bytes: u64,
    tables: u64,
    memories: u64,
    // What the compiler has to do.
    units: u64,
    joins: u64,
    loops: u64,
    locals: u64,
    // What connects the modules of a component.
    modules: u64,
    components: u64,
    instances: u64,
    aliases: u64,
    canonical: u64,
    type_bytes: u64,
    exports: u64,
}

/// A function of so few bytes is not counted where there is little code: counting takes about 20 ns for each operator, and
/// with ten plugins at every start that is felt. The worst function of this size that was found, 680 empty
/// loops, is 0.1 s for the compiler.
const SMALL_FUNCTION: usize = 2 << 10;

/// As much code is little: plugins made by a compiler have less, and interpreters of other languages have more.
const LITTLE_CODE: u64 = 1 << 20;

/// What a memory grows by. Other sizes of pages are a feature that is off.
const PAGE_BYTES: u64 = 64 << 10;

#[derive(Debug)]
pub(crate) struct Import<'a> {
    pub(crate) offset: u64,
    pub(crate) module: &'a str,
    pub(crate) name: &'a str,
    pub(crate) kind: TypeRef,
}

#[derive(Debug)]
pub(crate) struct Export<'a> {
    pub(crate) name: &'a str,
    pub(crate) kind: ExternalKind,
    pub(crate) index: u32,
}

/// What becomes of the bodies of functions.
#[derive(Clone, Copy)]
enum Bodies {
    Measured,
    LeftOut,
}

/// Why the reading of a section ended early.
enum Stop {
    Broken(BinaryReaderError),
    TooMany(ModuleLimit, u64),
}

impl From<BinaryReaderError> for Stop {
    fn from(error: BinaryReaderError) -> Self {
        Self::Broken(error)
    }
}

impl<'a> Survey<'a> {
    /// Reads `bytes` from the beginning to the end, or to the first thing that cannot be read.
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        Self::read_all(bytes, Bodies::Measured)
    }

    /// The same without a look into the functions, which is most of the work: for who only wants to know what a file says of itself.
    pub(crate) fn at_a_glance(bytes: &'a [u8]) -> Self {
        Self::read_all(bytes, Bodies::LeftOut)
    }

    fn read_all(bytes: &'a [u8], bodies: Bodies) -> Self {
        let mut survey = Self::default();
        if let Err(message) = looks_like_webassembly(bytes) {
            survey.violations.push(Violation { offset: None, message });
            return survey;
        }
        for payload in Parser::new(0).parse_all(bytes) {
            if matches!((&payload, bodies), (Ok(Payload::CodeSectionEntry(_)), Bodies::LeftOut)) {
                continue;
            }
            let offset = match &payload {
                Ok(payload) => payload.as_section().map_or(0, |(_, range)| range.start as u64),
                Err(error) => error.offset() as u64,
            };
            let read = payload.map_err(Stop::from).and_then(|payload| survey.read(payload));
            let Err(stop) = read else { continue };
            survey.violations.push(match stop {
                Stop::Broken(error) => broken(&error),
                Stop::TooMany(limit, found) => Violation {
                    offset: Some(offset),
                    message: format!("it has {found} {}; {} is the most", limit.what, limit.max),
                },
            });
            break;
        }
        survey
    }

    fn read(&mut self, payload: Payload<'a>) -> Result<(), Stop> {
        match payload {
            Payload::Version { encoding: Encoding::Component, .. } => {
                self.kind = Kind::Component;
                self.total.depth += 1;
                self.assembly.begin();
                claim(limits::COMPONENT_DEPTH, self.total.depth)
            }
            Payload::Version { encoding: Encoding::Module, .. } => {
                if self.kind == Kind::Component {
                    self.inner = Some(CoreModule::default());
                }
                Ok(())
            }
            Payload::End(_) => {
                if self.inner.take().is_none() {
                    self.total.depth = self.total.depth.saturating_sub(1);
                    self.assembly.end();
                }
                Ok(())
            }
            Payload::CustomSection(section) => {
                self.total.custom_sections += 1;
                claim(limits::CUSTOM_SECTIONS, self.total.custom_sections)?;
                // A part of a component may have been a plugin once; what counts is what stands outside.
                let outside = self.inner.is_none() && self.total.depth <= 1;
                if section.name() == SECTION && outside {
                    claim(limits::MANIFEST_BYTES, section.data().len())?;
                    self.manifests.push((section.data_offset() as u64, section.data()));
                }
                Ok(())
            }
            Payload::CodeSectionEntry(body) => self.read_body(&body),
            payload if self.kind == Kind::Module || self.inner.is_some() => self.read_in_module(payload),
            payload => {
                self.read_in_component(&payload)?;
                match self.assembly.count(&payload)? {
                    Counted::Steps(steps) => claim(limits::STEPS, steps),
                    Counted::Unknown => claim(limits::COMPONENTS_HANDED_ON, 1),
                }
            }
        }
    }

    /// The module that is being read.
    fn current(&mut self) -> &mut CoreModule<'a> {
        self.inner.as_mut().unwrap_or(&mut self.module)
    }

    fn read_in_module(&mut self, payload: Payload<'a>) -> Result<(), Stop> {
        match payload {
            Payload::TypeSection(section) => {
                let module = self.current();
                for group in section {
                    for r#type in group?.into_types() {
                        bound(limits::TYPES, module.types.len())?;
                        let CompositeInnerType::Func(function) = r#type.composite_type.inner else {
                            module.types.push(None);
                            continue;
                        };
                        claim(limits::PARAMETERS, function.params().len())?;
                        claim(limits::RESULTS, function.results().len())?;
                        module.results = module.results.max(function.results().len() as u64);
                        module.types.push(Some(function));
                    }
                }
            }
            Payload::ImportSection(section) => {
                // What the modules of a component import comes from each other; only a module's imports come from the host.
                let most = if self.inner.is_some() { limits::INNER_IMPORTS } else { limits::IMPORTS };
                let module = self.current();
                for import in section.into_imports_with_offsets() {
                    let (offset, import) = import?;
                    bound(most, module.imports.len())?;
                    if let TypeRef::Func(r#type) | TypeRef::FuncExact(r#type) = import.ty {
                        module.functions.push(r#type);
                    }
                    module.imports.push(Import {
                        offset: offset as u64,
                        module: import.module,
                        name: import.name,
                        kind: import.ty,
                    });
                }
            }
            Payload::FunctionSection(section) => {
                let mut total = self.total.functions;
                let module = self.current();
                module.bodies = module.functions.len();
                total += module.functions.len() as u64;
                for r#type in section {
                    total += 1;
                    claim(limits::FUNCTIONS, total)?;
                    module.functions.push(r#type?);
                }
                self.total.functions = total;
            }
            Payload::TableSection(section) => {
                claim(limits::TABLES, section.count())?;
                self.total.tables += u64::from(section.count());
                claim(limits::ALL_TABLES, self.total.tables)?;
                for table in section {
                    self.table_elements = self.table_elements.max(table?.ty.initial);
                }
            }
            Payload::MemorySection(section) => {
                claim(limits::MEMORIES, section.count())?;
                self.total.memories += u64::from(section.count());
                claim(limits::ALL_MEMORIES, self.total.memories)?;
                for memory in section {
                    let bytes = memory?.initial.saturating_mul(PAGE_BYTES);
                    self.memory = self.memory.saturating_add(bytes);
                }
            }
            Payload::GlobalSection(section) => claim(limits::GLOBALS, section.count())?,
            Payload::ElementSection(section) => claim(limits::ELEMENT_SEGMENTS, section.count())?,
            Payload::DataSection(section) => claim(limits::DATA_SEGMENTS, section.count())?,
            Payload::ExportSection(section) => {
                let module = self.current();
                for export in section {
                    bound(limits::EXPORTS, module.exports.len())?;
                    let export = export?;
                    module.exports.push(Export { name: export.name, kind: export.kind, index: export.index });
                }
            }
            Payload::CodeSectionStart { size, .. } => {
                self.total.code_bytes += u64::from(size);
                let all = self.total.code_bytes;
                claim(limits::CODE_BYTES, all)?;
                let module = self.current();
                // Small functions are harmless as long as no block gives several values.
                module.every_body = all > LITTLE_CODE || module.results > 1;
            }
            _ => {}
        }
        Ok(())
    }

    fn read_in_component(&mut self, payload: &Payload<'a>) -> Result<(), Stop> {
        let total = &mut self.total;
        let more = |count: &mut u64, limit: ModuleLimit, number: u32| {
            *count += u64::from(number);
            claim(limit, *count)
        };
        match payload {
            Payload::ModuleSection { .. } => more(&mut total.modules, limits::MODULES, 1),
            Payload::ComponentSection { .. } => more(&mut total.components, limits::COMPONENTS, 1),
            Payload::InstanceSection(section) => {
                more(&mut total.instances, limits::INSTANCES, section.count())
            }
            Payload::ComponentInstanceSection(section) => {
                more(&mut total.instances, limits::INSTANCES, section.count())
            }
            Payload::ComponentAliasSection(section) => {
                more(&mut total.aliases, limits::ALIASES, section.count())
            }
            Payload::ComponentCanonicalSection(section) => {
                more(&mut total.canonical, limits::CANONICAL_FUNCTIONS, section.count())
            }
            Payload::ComponentTypeSection(section) => {
                more(&mut total.type_bytes, limits::TYPE_BYTES, section.range().len() as u32)
            }
            Payload::CoreTypeSection(section) => {
                more(&mut total.type_bytes, limits::TYPE_BYTES, section.range().len() as u32)
            }
            Payload::ComponentImportSection(section) => {
                for import in section.clone().into_iter_with_offsets() {
                    let (offset, import) = import?;
                    bound(limits::IMPORTS, self.component_imports.len())?;
                    // A component inside a component gets what it imports from that one.
                    if total.depth <= 1 {
                        self.component_imports.push((offset as u64, import.name.name));
                    }
                }
                Ok(())
            }
            Payload::ComponentExportSection(section) => {
                for export in section.clone() {
                    let export = export?;
                    more(&mut total.exports, limits::EXPORTS, 1)?;
                    if total.depth <= 1 {
                        self.component_exports.push(export.name.name);
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn read_body(&mut self, body: &FunctionBody<'_>) -> Result<(), Stop> {
        let bytes = body.range().len();
        claim(limits::FUNCTION_BYTES, bytes)?;
        let mut locals = 0u64;
        for declared in body.get_locals_reader()? {
            locals = locals.saturating_add(declared?.0.into());
            claim(limits::LOCALS, locals)?;
        }
        self.total.locals += locals;
        claim(limits::ALL_LOCALS, self.total.locals)?;
        let module = self.current();
        let parameters = module.function_type(module.bodies as u32).map_or(0, |r#type| r#type.params().len());
        module.bodies += 1;
        if bytes <= SMALL_FUNCTION && !module.every_body {
            return Ok(());
        }
        let variables = locals + parameters as u64;
        let Ok(load) = workload::measure(body, variables, module, limits::FUNCTION_WORK.max) else {
            // It cannot be valid, and the validator says why.
            return Ok(());
        };
        claim(limits::FUNCTION_WORK, load.units)?;
        claim(limits::LOOP_DEPTH, load.loop_depth)?;
        claim(limits::BLOCK_VALUES, load.block_values)?;
        let total = &mut self.total;
        total.units += load.units;
        total.loops += load.loops;
        total.joins = total.joins.saturating_add(load.joins);
        claim(limits::WORK, total.units)?;
        claim(limits::JOINS, total.joins)?;
        claim(limits::LOOPS, total.loops)
    }
}

impl CoreModule<'_> {
    /// The type of a function, if it has one.
    pub(crate) fn function_type(&self, index: u32) -> Option<&FuncType> {
        self.r#type(*self.functions.get(index as usize)?)
    }

    /// The function type with this index.
    pub(crate) fn r#type(&self, index: u32) -> Option<&FuncType> {
        self.types.get(index as usize)?.as_ref()
    }

    /// How many functions there are, imported ones included.
    pub(crate) fn function_count(&self) -> u32 {
        self.functions.len() as u32
    }

    /// How many types there are.
    pub(crate) fn type_count(&self) -> u32 {
        self.types.len() as u32
    }
}

impl Arities for CoreModule<'_> {
    fn of_type(&self, index: u32) -> (u64, u64) {
        self.r#type(index).map_or((0, 0), arity)
    }

    fn of_function(&self, index: u32) -> (u64, u64) {
        self.function_type(index).map_or((0, 0), arity)
    }
}

fn arity(function: &FuncType) -> (u64, u64) {
    (function.params().len() as u64, function.results().len() as u64)
}

/// Something that cannot be read.
pub(crate) fn broken(error: &BinaryReaderError) -> Violation {
    Violation { offset: Some(error.offset() as u64), message: error.message().to_owned() }
}

fn looks_like_webassembly(bytes: &[u8]) -> Result<(), String> {
    let starts = |with: &[u8]| bytes.starts_with(with);
    if bytes.is_empty() {
        Err("the file is empty".into())
    } else if bytes.len() as u64 > limits::SIZE.max {
        Err(format!("the file has {} bytes; {} is the most", bytes.len(), limits::SIZE.max))
    } else if starts(b"\x7fELF") || starts(b"\xcf\xfa\xed\xfe") || starts(b"MZ") {
        Err("the file holds machine code, not WebAssembly; compiled plugins are never loaded from a file"
            .into())
    } else if bytes.trim_ascii_start().starts_with(b"(") {
        Err("the file is WebAssembly text; compile it first (for example with `wasm-tools parse`)".into())
    } else if starts(b"\0asm") {
        Ok(())
    } else {
        Err("the file is not WebAssembly: it does not begin with the bytes 00 61 73 6d".into())
    }
}

/// There is one more of them.
fn bound(limit: ModuleLimit, already: usize) -> Result<(), Stop> {
    claim(limit, already as u64 + 1)
}

/// The file says that there are so many.
fn claim(limit: ModuleLimit, number: impl TryInto<u64>) -> Result<(), Stop> {
    let number = number.try_into().unwrap_or(u64::MAX);
    if number > limit.max { Err(Stop::TooMany(limit, number)) } else { Ok(()) }
}
