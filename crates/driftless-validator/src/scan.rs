//! Reads what a module or a WebAssembly component consists of, counting before believing.
//!
//! A WebAssembly component is core modules and what connects them. What is counted of a module is counted of each of them, and what bounds
//! the compiler's work is counted of all together. The code of functions is left out: that is [`crate::code`].
//!
//! Nothing here executes anything, and nothing allocates by a number that the file merely claims: every list is read
//! element by element, and reading stops where a limit is reached.

use std::ops::Range;

use driftless_plugin_api::manifest::SECTION;
use wasmparser::{
    BinaryReaderError, CompositeInnerType, Encoding, ExternalKind, FuncType, Parser, Payload, TypeRef,
};

use crate::assembly::{Assembly, Counted};
use crate::error::Violation;
use crate::limits::{self, ModuleLimit};
use crate::workload::Arities;

/// A plugin's file without the code of its functions.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    pub(crate) form: Form,
    /// The module that the file is. Empty where it is a WebAssembly component.
    pub(crate) module: CoreModule,
    /// The code of each module, in the order of the file.
    pub(crate) code: Vec<Code>,
    /// What a WebAssembly component imports, with offsets.
    pub(crate) component_imports: Vec<(u64, String)>,
    /// What a WebAssembly component exports.
    pub(crate) component_exports: Vec<String>,
    /// Where the contents of all sections lie that are called like the manifest's.
    pub(crate) manifests: Vec<Range<usize>>,
    /// The bytes of memory that an instance begins with, where every module is instantiated once.
    pub(crate) memory_bytes: u64,
    /// The elements of its largest table.
    pub(crate) table_elements: u64,
    /// Why reading ended early.
    pub(crate) defect: Option<Violation>,
    /// The module that is being read, if it lies inside a WebAssembly component.
    inner: Option<CoreModule>,
    assembly: Assembly,
    total: Total,
}

/// What a file is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Form {
    #[default]
    Module,
    WasmComponent,
}

/// A core module: the whole file, or a part of a WebAssembly component.
#[derive(Debug, Default)]
pub(crate) struct CoreModule {
    types: Vec<Option<FuncType>>,
    /// The type of each function, imported ones first.
    functions: Vec<u32>,
    pub(crate) imports: Vec<Import>,
    pub(crate) exports: Vec<Export>,
    /// How many functions are imported.
    imported_functions: usize,
    /// Where its code lies in the file, and whether small functions have to be measured.
    code: Option<(Range<usize>, bool)>,
    /// A block may give this many values at most.
    max_results: u64,
}

/// The code of a module, which is not read here, and what is needed to measure it.
#[derive(Debug)]
pub(crate) struct Code {
    /// Where it lies in the file.
    pub(crate) range: Range<usize>,
    /// Whether small functions have to be measured as well.
    pub(crate) measure_small: bool,
    /// How many values each type takes and gives.
    types: Vec<Arity>,
    /// The type of each function, imported ones first.
    functions: Vec<u32>,
    imported_functions: usize,
}

/// How many values a function takes and gives. Both are bounded by [`limits::PARAMETERS`] and [`limits::RESULTS`].
type Arity = (u16, u16);

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
    // What connects the modules of a WebAssembly component.
    modules: u64,
    components: u64,
    instances: u64,
    aliases: u64,
    canonical: u64,
    type_bytes: u64,
    exports: u64,
}

/// In a file with no more code than this, small functions are not measured: measuring takes about 20 ns for each operator, and with ten
/// plugins at every start that is felt. Plugins made by a compiler have less, and interpreters of other languages have more.
const LITTLE_CODE_BYTES: u64 = 1 << 20;

/// What a memory grows by. Other sizes of pages are a feature that is off.
const PAGE_BYTES: u64 = 64 << 10;

#[derive(Debug)]
pub(crate) struct Import {
    pub(crate) offset: u64,
    pub(crate) module: String,
    pub(crate) name: String,
    pub(crate) kind: TypeRef,
}

#[derive(Debug)]
pub(crate) struct Export {
    pub(crate) name: String,
    pub(crate) kind: ExternalKind,
    pub(crate) index: u32,
}

/// Why the reading of a section ended early.
pub(crate) enum Stop {
    Broken(BinaryReaderError),
    TooMany(ModuleLimit, u64),
}

impl Scan {
    /// Reads `bytes` from the beginning to the end, or to the first thing that cannot be read.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut scan = Self::default();
        if let Err(message) = looks_like_webassembly(bytes) {
            scan.defect = Some(Violation::of_file(message));
            return scan;
        }
        for payload in Parser::new(0).parse_all(bytes) {
            let offset = match &payload {
                Ok(Payload::CodeSectionEntry(_)) => continue,
                Ok(payload) => payload.as_section().map_or(0, |(_, range)| range.start as u64),
                Err(error) => error.offset() as u64,
            };
            let read = payload.map_err(Stop::from).and_then(|payload| scan.read(payload));
            if let Err(stop) = read {
                scan.defect = Some(stop.at(offset));
                break;
            }
        }
        // Of a module that does not end there may be code as well.
        let code = scan.current().take_code();
        scan.code.extend(code);
        scan
    }

    fn read(&mut self, payload: Payload<'_>) -> Result<(), Stop> {
        match payload {
            Payload::Version { encoding: Encoding::Component, .. } => {
                self.form = Form::WasmComponent;
                self.total.depth += 1;
                self.assembly.begin();
                claim(limits::COMPONENT_DEPTH, self.total.depth)
            }
            Payload::Version { encoding: Encoding::Module, .. } => {
                if self.form == Form::WasmComponent {
                    self.inner = Some(CoreModule::default());
                }
                Ok(())
            }
            Payload::End(_) => {
                if self.form == Form::Module || self.inner.is_some() {
                    let code = self.current().take_code();
                    self.code.extend(code);
                    self.inner = None;
                } else {
                    self.total.depth = self.total.depth.saturating_sub(1);
                    self.assembly.end();
                }
                Ok(())
            }
            Payload::CustomSection(section) => {
                self.total.custom_sections += 1;
                claim(limits::CUSTOM_SECTIONS, self.total.custom_sections)?;
                // A part of a WebAssembly component may have been a plugin once; what counts is what stands outside.
                let outside = self.inner.is_none() && self.total.depth <= 1;
                if section.name() == SECTION && outside {
                    claim(limits::MANIFEST_BYTES, section.data().len())?;
                    let start = section.data_offset();
                    self.manifests.push(start..start + section.data().len());
                }
                Ok(())
            }
            payload if self.form == Form::Module || self.inner.is_some() => self.read_in_module(payload),
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
    fn current(&mut self) -> &mut CoreModule {
        self.inner.as_mut().unwrap_or(&mut self.module)
    }

    fn read_in_module(&mut self, payload: Payload<'_>) -> Result<(), Stop> {
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
                        module.max_results = module.max_results.max(function.results().len() as u64);
                        module.types.push(Some(function));
                    }
                }
            }
            Payload::ImportSection(section) => {
                // What the modules of a component import comes from each other; only a module's imports come from the host.
                let limit = if self.inner.is_some() { limits::INNER_IMPORTS } else { limits::IMPORTS };
                let module = self.current();
                for import in section.into_imports_with_offsets() {
                    let (offset, import) = import?;
                    bound(limit, module.imports.len())?;
                    if let TypeRef::Func(r#type) | TypeRef::FuncExact(r#type) = import.ty {
                        module.functions.push(r#type);
                        module.imported_functions += 1;
                    }
                    module.imports.push(Import {
                        offset: offset as u64,
                        module: import.module.to_owned(),
                        name: import.name.to_owned(),
                        kind: import.ty,
                    });
                }
            }
            Payload::FunctionSection(section) => {
                let mut total = self.total.functions;
                let module = self.current();
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
                    self.memory_bytes = self.memory_bytes.saturating_add(bytes);
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
                    module.exports.push(Export {
                        name: export.name.to_owned(),
                        kind: export.kind,
                        index: export.index,
                    });
                }
            }
            Payload::CodeSectionStart { size, range, .. } => {
                self.total.code_bytes += u64::from(size);
                let all = self.total.code_bytes;
                claim(limits::CODE_BYTES, all)?;
                let module = self.current();
                // Small functions are harmless as long as no block gives several values.
                let measure_small = all > LITTLE_CODE_BYTES || module.max_results > 1;
                module.code = Some((range, measure_small));
            }
            _ => {}
        }
        Ok(())
    }

    fn read_in_component(&mut self, payload: &Payload<'_>) -> Result<(), Stop> {
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
                        self.component_imports.push((offset as u64, import.name.name.to_owned()));
                    }
                }
                Ok(())
            }
            Payload::ComponentExportSection(section) => {
                for export in section.clone() {
                    let export = export?;
                    more(&mut total.exports, limits::EXPORTS, 1)?;
                    if total.depth <= 1 {
                        self.component_exports.push(export.name.name.to_owned());
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl CoreModule {
    /// The type of a function, if it has one.
    pub(crate) fn function_type(&self, index: u32) -> Option<&FuncType> {
        self.r#type(*self.functions.get(index as usize)?)
    }

    /// The function type with this index.
    pub(crate) fn r#type(&self, index: u32) -> Option<&FuncType> {
        self.types.get(index as usize)?.as_ref()
    }

    fn take_code(&mut self) -> Option<Code> {
        let (range, measure_small) = self.code.take()?;
        let arity = |r#type: &Option<FuncType>| {
            let count = |values: usize| u16::try_from(values).unwrap_or(u16::MAX);
            let r#type = r#type.as_ref();
            r#type.map_or((0, 0), |r#type| (count(r#type.params().len()), count(r#type.results().len())))
        };
        Some(Code {
            range,
            measure_small,
            types: self.types.iter().map(arity).collect(),
            functions: self.functions.clone(),
            imported_functions: self.imported_functions,
        })
    }
}

impl Code {
    /// How many parameters a piece of code has. The first belongs to the first function that is not imported.
    pub(crate) fn parameters(&self, piece: usize) -> u64 {
        let function = self.imported_functions.saturating_add(piece);
        u32::try_from(function).map_or(0, |function| self.of_function(function).0)
    }
}

impl Arities for Code {
    fn of_type(&self, index: u32) -> (u64, u64) {
        self.types.get(index as usize).map_or((0, 0), |(takes, gives)| ((*takes).into(), (*gives).into()))
    }

    fn of_function(&self, index: u32) -> (u64, u64) {
        self.functions.get(index as usize).map_or((0, 0), |r#type| self.of_type(*r#type))
    }
}

impl From<BinaryReaderError> for Stop {
    fn from(error: BinaryReaderError) -> Self {
        Self::Broken(error)
    }
}

impl Stop {
    /// What is to be told of it. `offset` is where the thing stands that was read.
    pub(crate) fn at(self, offset: u64) -> Violation {
        match self {
            Self::Broken(error) => broken(&error),
            Self::TooMany(limit, found) => {
                Violation::at(offset, format!("it has {found} {}; {} is the most", limit.what, limit.max))
            }
        }
    }
}

/// Something that cannot be read.
pub(crate) fn broken(error: &BinaryReaderError) -> Violation {
    Violation::at(error.offset() as u64, error.message())
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
pub(crate) fn claim(limit: ModuleLimit, number: impl TryInto<u64>) -> Result<(), Stop> {
    let number = number.try_into().unwrap_or(u64::MAX);
    if number > limit.max { Err(Stop::TooMany(limit, number)) } else { Ok(()) }
}
