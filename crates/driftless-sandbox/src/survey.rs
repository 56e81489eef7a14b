//! Reads what a module says about itself, counting before believing.
//!
//! Nothing here executes anything, and nothing allocates by a number that the file merely claims: every list is read
//! element by element, and reading stops where a limit is reached.

use driftless_plugin_api::manifest::SECTION;
use wasmparser::{
    BinaryReaderError, CompositeInnerType, Encoding, ExternalKind, FuncType, FunctionBody, Parser, Payload,
    TypeRef,
};

use crate::error::Violation;
use crate::limits::{self, ModuleLimit};
use crate::workload::{self, Arities};

/// A module, as far as one can tell without compiling it.
#[derive(Debug, Default)]
pub(crate) struct Survey<'a> {
    types: Vec<Option<FuncType>>,
    /// The type of each function, imported ones first.
    functions: Vec<u32>,
    pub(crate) imports: Vec<Import<'a>>,
    pub(crate) exports: Vec<Export<'a>>,
    /// The contents of all sections that are called like the manifest's, with their offsets.
    pub(crate) manifests: Vec<(u64, &'a [u8])>,
    /// The bytes of memory that an instance begins with.
    pub(crate) memory: u64,
    /// The elements of its largest table.
    pub(crate) table_elements: u64,
    pub(crate) violations: Vec<Violation>,
    /// Functions whose code was read, imported ones included.
    bodies: usize,
    /// Whether the code of small functions is counted as well.
    every_body: bool,
    /// A block may give this many values at most.
    results: u64,
    // Of all functions together.
    units: u64,
    joins: u64,
    loops: u64,
    locals: u64,
}

/// A function of so few bytes is not counted where there is little code: counting takes about 20 ns for each operator, and
/// with ten plugins at every start that is felt. The worst function of this size that was found, 680 empty
/// loops, is 0.1 s for the compiler.
const SMALL_FUNCTION: usize = 2 << 10;

/// As much code is little: plugins made by a compiler have less, and interpreters of other languages have more.
const LITTLE_CODE: u32 = 1 << 20;

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
    Refused(&'static str),
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
        if let Err(message) = looks_like_a_module(bytes) {
            survey.violations.push(Violation { offset: None, message });
            return survey;
        }
        let mut custom_sections = 0;
        for payload in Parser::new(0).parse_all(bytes) {
            if matches!((&payload, bodies), (Ok(Payload::CodeSectionEntry(_)), Bodies::LeftOut)) {
                continue;
            }
            let offset = match &payload {
                Ok(payload) => payload.as_section().map_or(0, |(_, range)| range.start as u64),
                Err(error) => error.offset() as u64,
            };
            let read =
                payload.map_err(Stop::from).and_then(|payload| survey.read(payload, &mut custom_sections));
            let Err(stop) = read else { continue };
            survey.violations.push(match stop {
                Stop::Broken(error) => broken(&error),
                Stop::TooMany(limit, found) => Violation {
                    offset: Some(offset),
                    message: format!("it has {found} {}; {} is the most", limit.what, limit.max),
                },
                Stop::Refused(message) => Violation { offset: Some(offset), message: message.into() },
            });
            break;
        }
        survey
    }

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

    fn read(&mut self, payload: Payload<'a>, custom_sections: &mut u64) -> Result<(), Stop> {
        match payload {
            Payload::Version { encoding: Encoding::Component, .. } => {
                return Err(Stop::Refused("it is a component; components are not supported yet"));
            }
            Payload::TypeSection(section) => {
                for group in section {
                    for r#type in group?.into_types() {
                        bound(limits::TYPES, self.types.len())?;
                        let CompositeInnerType::Func(function) = r#type.composite_type.inner else {
                            self.types.push(None);
                            continue;
                        };
                        claim(limits::PARAMETERS, function.params().len())?;
                        claim(limits::RESULTS, function.results().len())?;
                        self.results = self.results.max(function.results().len() as u64);
                        self.types.push(Some(function));
                    }
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports_with_offsets() {
                    let (offset, import) = import?;
                    bound(limits::IMPORTS, self.imports.len())?;
                    if let TypeRef::Func(r#type) | TypeRef::FuncExact(r#type) = import.ty {
                        self.functions.push(r#type);
                    }
                    self.imports.push(Import {
                        offset: offset as u64,
                        module: import.module,
                        name: import.name,
                        kind: import.ty,
                    });
                }
            }
            Payload::FunctionSection(section) => {
                self.bodies = self.functions.len();
                for r#type in section {
                    bound(limits::FUNCTIONS, self.functions.len())?;
                    self.functions.push(r#type?);
                }
            }
            Payload::TableSection(section) => {
                claim(limits::TABLES, section.count())?;
                for table in section {
                    self.table_elements = self.table_elements.max(table?.ty.initial);
                }
            }
            Payload::MemorySection(section) => {
                claim(limits::MEMORIES, section.count())?;
                for memory in section {
                    let bytes = memory?.initial.saturating_mul(PAGE_BYTES);
                    self.memory = self.memory.saturating_add(bytes);
                }
            }
            Payload::GlobalSection(section) => claim(limits::GLOBALS, section.count())?,
            Payload::ElementSection(section) => claim(limits::ELEMENT_SEGMENTS, section.count())?,
            Payload::DataSection(section) => claim(limits::DATA_SEGMENTS, section.count())?,
            Payload::ExportSection(section) => {
                for export in section {
                    bound(limits::EXPORTS, self.exports.len())?;
                    let export = export?;
                    self.exports.push(Export { name: export.name, kind: export.kind, index: export.index });
                }
            }
            Payload::CodeSectionStart { size, .. } => {
                claim(limits::CODE_BYTES, size)?;
                // Small functions are harmless as long as no block gives several values.
                self.every_body = size > LITTLE_CODE || self.results > 1;
            }
            Payload::CodeSectionEntry(body) => self.read_body(&body)?,
            Payload::CustomSection(section) => {
                *custom_sections += 1;
                claim(limits::CUSTOM_SECTIONS, *custom_sections)?;
                if section.name() == SECTION {
                    claim(limits::MANIFEST_BYTES, section.data().len())?;
                    self.manifests.push((section.data_offset() as u64, section.data()));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn read_body(&mut self, body: &FunctionBody<'_>) -> Result<(), Stop> {
        let bytes = body.range().len();
        claim(limits::FUNCTION_BYTES, bytes)?;
        let mut locals = 0u64;
        for declared in body.get_locals_reader()? {
            locals = locals.saturating_add(declared?.0.into());
            claim(limits::LOCALS, locals)?;
        }
        self.locals += locals;
        claim(limits::ALL_LOCALS, self.locals)?;
        let parameters = self.function_type(self.bodies as u32).map_or(0, |r#type| r#type.params().len());
        self.bodies += 1;
        if bytes <= SMALL_FUNCTION && !self.every_body {
            return Ok(());
        }
        let variables = locals + parameters as u64;
        let Ok(load) = workload::measure(body, variables, self, limits::FUNCTION_WORK.max) else {
            // It cannot be valid, and the validator says why.
            return Ok(());
        };
        claim(limits::FUNCTION_WORK, load.units)?;
        claim(limits::LOOP_DEPTH, load.loop_depth)?;
        claim(limits::BLOCK_VALUES, load.block_values)?;
        self.units += load.units;
        self.loops += load.loops;
        self.joins = self.joins.saturating_add(load.joins);
        claim(limits::WORK, self.units)?;
        claim(limits::JOINS, self.joins)?;
        claim(limits::LOOPS, self.loops)
    }
}

impl Arities for Survey<'_> {
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

fn looks_like_a_module(bytes: &[u8]) -> Result<(), String> {
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
