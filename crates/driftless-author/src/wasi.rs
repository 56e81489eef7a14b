//! Takes WASI out of a module.
//!
//! Rust's standard library imports a handful of WASI functions even where a plugin needs none of them. The host offers no
//! WASI, so [`replace_imports`] puts functions into the module that do what can be done without: what is
//! printed goes to `host_log`, time and randomness come from the host functions that every plugin has, there are
//! neither variables nor arguments, and everything else says that it is not supported. A module of plugin-sdk has functions of its own for what is
//! printed and for what it cannot return from ([`abi::PRINT`], [`abi::REFUSE`]); the replacements call them.

use std::convert::Infallible;

use driftless_plugin_api::abi::{self, Refused};
use driftless_validator::abi::ValueType;
use driftless_validator::abi::sdk::HOST_FUNCTIONS;
use driftless_validator::abi::wasi::MODULE as WASI;
use driftless_validator::inspect;
use thiserror::Error;
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{
    BlockType, CodeSection, EntityType, ExportSection, Function, FunctionSection, ImportSection, MemArg,
    Module, NameMap, NameSection, TypeSection, ValType,
};
use wasmparser::{BinaryReaderError, CompositeInnerType, FuncType, Import, Parser, Payload, TypeRef};

/// A file that could not be rewritten.
#[derive(Debug, Error)]
pub enum ReplaceError {
    /// It is no module that can be read.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
}

/// Replaces the imports from `wasi_snapshot_preview1` by functions inside the module. A module that has none comes back as it was.
///
/// # Errors
///
/// When `bytes` is no module that can be read.
pub fn replace_imports(bytes: &[u8]) -> Result<Vec<u8>, ReplaceError> {
    // No more is read than a plugin may have. What comes of it is checked like any other file.
    if let Some(defect) = inspect(bytes).defect() {
        return Err(ReplaceError::Unreadable(defect.to_string()));
    }
    let layout = Layout::read(bytes).map_err(unreadable)?;
    if !layout.imports.iter().any(is_wasi_function) {
        return Ok(bytes.to_vec());
    }
    let mut rewriter = Rewriter::plan(&layout);
    let mut module = Module::new();
    rewriter.parse_core_module(&mut module, Parser::new(0), bytes).map_err(|error| match error {
        // By itself it only says that there is an error.
        reencode::Error::ParseError(error) => unreadable(error),
        other => ReplaceError::Unreadable(other.to_string()),
    })?;
    Ok(module.finish())
}

fn unreadable(error: BinaryReaderError) -> ReplaceError {
    ReplaceError::Unreadable(format!("{} (at byte {:#x})", error.message(), error.offset()))
}

fn is_wasi_function(import: &Import<'_>) -> bool {
    import.module == WASI && matches!(import.ty, TypeRef::Func(_))
}

/// What the numbers of a module's functions and types depend on. Of a component, nothing is read.
#[derive(Default)]
struct Layout<'a> {
    types: Vec<Option<FuncType>>,
    imports: Vec<Import<'a>>,
    /// How many functions are defined, imported ones left out.
    defined: u32,
    /// The type of each function that is defined.
    defined_types: Vec<u32>,
    /// The functions that the module has for its build.
    print: Option<u32>,
    refuse: Option<u32>,
}

impl<'a> Layout<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, BinaryReaderError> {
        let mut layout = Self::default();
        if !Parser::is_core_wasm(bytes) {
            return Ok(layout);
        }
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::TypeSection(section) => {
                    for group in section {
                        layout.types.extend(group?.into_types().map(
                            |r#type| match r#type.composite_type.inner {
                                CompositeInnerType::Func(function) => Some(function),
                                _ => None,
                            },
                        ));
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        layout.imports.push(import?);
                    }
                }
                Payload::FunctionSection(section) => {
                    layout.defined += section.count();
                    for r#type in section {
                        layout.defined_types.push(r#type?);
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        match export.name {
                            abi::PRINT => layout.print = layout.function(&export, 3),
                            abi::REFUSE => layout.refuse = layout.function(&export, 2),
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(layout)
    }

    /// A function that the module defines and exports, which takes so many `i32` and returns nothing.
    fn function(&self, export: &wasmparser::Export<'_>, parameters: usize) -> Option<u32> {
        let imported = self.imports.iter().filter(|import| matches!(import.ty, TypeRef::Func(_))).count();
        let place = (export.index as usize).checked_sub(imported)?;
        let r#type = self.r#type(*self.defined_types.get(place)?)?;
        let fits =
            r#type.results().is_empty() && r#type.params() == vec![wasmparser::ValType::I32; parameters];
        (export.kind == wasmparser::ExternalKind::Func && fits).then_some(export.index)
    }

    fn r#type(&self, index: u32) -> Option<&FuncType> {
        self.types.get(index as usize)?.as_ref()
    }
}

/// Error numbers of WASI.
const SUCCESS: i32 = 0;
const EBADF: i32 = 8;
const ENOSYS: i32 = 52;

/// Where everything goes.
///
/// Functions are numbered imports first. Those of WASI leave the imports and come back at the very end, and the host functions
/// that the replacements call join the imports, so every number changes.
struct Rewriter {
    /// The new number of each old import, `None` where it was no function.
    imported: Vec<u32>,
    /// How many functions were imported, before and after.
    imports_before: u32,
    imports_after: u32,
    /// The name and type of each function that is replaced, in the order in which they are added.
    replaced: Vec<(String, u32, FuncType)>,
    /// The host functions that are added to the imports: their place in [`HOST_FUNCTIONS`].
    added: Vec<usize>,
    /// The number of each of the [`HOST_FUNCTIONS`] afterwards.
    host: [u32; HOST_FUNCTIONS.len()],
    /// How many types there were.
    types_before: u32,
    /// The functions that the module has for its build, by their numbers before.
    print: Option<u32>,
    refuse: Option<u32>,
}

impl Rewriter {
    fn plan(layout: &Layout<'_>) -> Self {
        let functions = || {
            layout.imports.iter().filter_map(|import| match import.ty {
                TypeRef::Func(r#type) => Some((import, r#type)),
                _ => None,
            })
        };
        let mut host = [None; HOST_FUNCTIONS.len()];
        let mut kept = 0;
        for (import, _) in functions().filter(|(import, _)| !is_wasi_function(import)) {
            let place = HOST_FUNCTIONS.iter().position(|host| host.name == import.name);
            if let (Some(place), abi::IMPORT_MODULE) = (place, import.module) {
                host[place] = Some(kept);
            }
            kept += 1;
        }
        let added: Vec<usize> = (0..host.len()).filter(|place| host[*place].is_none()).collect();
        for (place, number) in added.iter().zip(kept..) {
            host[*place] = Some(number);
        }
        let imports_before = functions().count() as u32;
        let imports_after = kept + added.len() as u32;

        let (mut imported, mut replaced, mut next_kept) = (Vec::new(), Vec::new(), 0);
        for (import, r#type) in functions() {
            if is_wasi_function(import) {
                imported.push(imports_after + layout.defined + replaced.len() as u32);
                let signature = layout.r#type(r#type).cloned().unwrap_or_else(|| FuncType::new([], []));
                replaced.push((import.name.to_owned(), r#type, signature));
            } else {
                imported.push(next_kept);
                next_kept += 1;
            }
        }
        Self {
            imported,
            imports_before,
            imports_after,
            replaced,
            added,
            host: host.map(|number| number.expect("what was not there was added")),
            types_before: layout.types.len() as u32,
            print: layout.print,
            refuse: layout.refuse,
        }
    }

    /// The number that a function of the module's own has afterwards.
    fn renumbered(&self, function: u32) -> u32 {
        match self.imported.get(function as usize) {
            Some(number) => *number,
            // A number that no function has stays one that no function has: the validator finds it.
            None => (function - self.imports_before).saturating_add(self.imports_after),
        }
    }

    fn host(&self, name: &str) -> u32 {
        let place = HOST_FUNCTIONS.iter().position(|function| function.name == name);
        self.host[place.expect("the name is one of the list's")]
    }

    /// The function that stands in for one of WASI.
    fn replacement(&self, name: &str, signature: &FuncType) -> Function {
        let expected = |parameters: &[wasmparser::ValType]| {
            signature.params() == parameters && signature.results() == [wasmparser::ValType::I32]
        };
        const I32: wasmparser::ValType = wasmparser::ValType::I32;
        const I64: wasmparser::ValType = wasmparser::ValType::I64;
        match name {
            "fd_write" if expected(&[I32, I32, I32, I32]) => self.fd_write(),
            "proc_exit" if signature.params() == [I32] && signature.results().is_empty() => {
                self.refuses(Refused::Exit, signature)
            }
            "poll_oneoff" if expected(&[I32, I32, I32, I32]) => self.refuses(Refused::Wait, signature),
            "random_get" if expected(&[I32, I32]) => self.random_get(),
            "clock_time_get" if expected(&[I32, I64, I32]) => self.clock_time_get(),
            "environ_sizes_get" | "args_sizes_get" if expected(&[I32, I32]) => nothing_to_hand_over(),
            "environ_get" | "args_get" if expected(&[I32, I32]) => returns(signature, SUCCESS),
            "sched_yield" if expected(&[]) => returns(signature, SUCCESS),
            // Ends the list of folders that a program looks through when it starts.
            "fd_prestat_get" => returns(signature, EBADF),
            _ if name.starts_with("fd_") => returns(signature, EBADF),
            _ => returns(signature, ENOSYS),
        }
    }

    /// Ends the call, where the module has a function for that. What is handed over is its first parameter, such as an exit code.
    fn refuses(&self, what: Refused, signature: &FuncType) -> Function {
        let Some(refuse) = self.refuse else { return returns(signature, ENOSYS) };
        let mut function = Function::new([]);
        let mut code = function.instructions();
        code.i32_const(what as i32).local_get(0).call(self.renumbered(refuse)).unreachable().end();
        function
    }

    /// `fd_write(fd, iovs, iovs_len, nwritten) -> errno`: what goes to 1 or 2 goes to `host_log`, or to what the module has for it.
    ///
    /// The four bytes at `nwritten` hold the level, which has four letters in both cases, for as long as `host_log` needs it,
    /// and the number of bytes afterwards: there is no other memory here that is known to be free.
    fn fd_write(&self) -> Function {
        const FD: u32 = 0;
        const IOVS: u32 = 1;
        const LEFT: u32 = 2;
        const WRITTEN: u32 = 3;
        const LEVEL: u32 = 4;
        const TOTAL: u32 = 5;
        let info = i32::from_le_bytes(*b"info");
        let warn = i32::from_le_bytes(*b"warn");
        let mut function = Function::new([(2, ValType::I32)]);
        let mut code = function.instructions();
        code.local_get(FD).i32_const(1).i32_sub().i32_const(1).i32_gt_u();
        code.if_(BlockType::Empty).i32_const(EBADF).return_().end();
        code.i32_const(info).i32_const(warn).local_get(FD).i32_const(1).i32_eq().select().local_set(LEVEL);
        code.block(BlockType::Empty).loop_(BlockType::Empty);
        code.local_get(LEFT).i32_eqz().br_if(1);
        match self.print {
            Some(_) => code.local_get(FD),
            None => {
                code.local_get(WRITTEN).local_get(LEVEL).i32_store(BYTES);
                code.local_get(WRITTEN).i32_const(4)
            }
        };
        let takes = self.print.map_or_else(|| self.host(abi::HOST_LOG), |print| self.renumbered(print));
        code.local_get(IOVS).i32_load(BYTES).local_get(IOVS).i32_load(BYTES_AFTER_4).call(takes);
        code.local_get(TOTAL).local_get(IOVS).i32_load(BYTES_AFTER_4).i32_add().local_set(TOTAL);
        code.local_get(IOVS).i32_const(8).i32_add().local_set(IOVS);
        code.local_get(LEFT).i32_const(1).i32_sub().local_set(LEFT);
        code.br(0).end().end();
        code.local_get(WRITTEN).local_get(TOTAL).i32_store(BYTES);
        code.i32_const(SUCCESS).end();
        function
    }

    /// `random_get(buf, len) -> errno`, eight bytes at a time and the rest one by one.
    fn random_get(&self) -> Function {
        const BUFFER: u32 = 0;
        const LEFT: u32 = 1;
        let random = self.host(abi::HOST_GET_RANDOM);
        let mut function = Function::new([]);
        let mut code = function.instructions();
        for step in [8, 1] {
            code.block(BlockType::Empty).loop_(BlockType::Empty);
            code.local_get(LEFT).i32_const(step).i32_lt_u().br_if(1);
            code.local_get(BUFFER).call(random);
            if step == 8 {
                code.i64_store(BYTES);
            } else {
                code.i64_store8(BYTES);
            }
            code.local_get(BUFFER).i32_const(step).i32_add().local_set(BUFFER);
            code.local_get(LEFT).i32_const(step).i32_sub().local_set(LEFT);
            code.br(0).end().end();
        }
        code.i32_const(SUCCESS).end();
        function
    }

    /// `clock_time_get(id, precision, time) -> errno`, in nanoseconds, of which the host tells whole seconds.
    fn clock_time_get(&self) -> Function {
        const TIME: u32 = 2;
        let mut function = Function::new([]);
        let mut code = function.instructions();
        code.local_get(TIME).call(self.host(abi::HOST_GET_TIMESTAMP)).i64_const(1_000_000_000).i64_mul();
        code.i64_store(BYTES).i32_const(SUCCESS).end();
        function
    }
}

/// An access to memory that promises nothing about its alignment.
const BYTES: MemArg = MemArg { offset: 0, align: 0, memory_index: 0 };
const BYTES_AFTER_4: MemArg = MemArg { offset: 4, align: 0, memory_index: 0 };

/// `(count, size) -> errno`: writes zero to both.
fn nothing_to_hand_over() -> Function {
    let mut function = Function::new([]);
    let mut code = function.instructions();
    code.local_get(0).i32_const(0).i32_store(BYTES).local_get(1).i32_const(0).i32_store(BYTES);
    code.i32_const(SUCCESS).end();
    function
}

/// Returns an error number; where the function returns none (`proc_exit`), it does not return.
fn returns(signature: &FuncType, errno: i32) -> Function {
    let mut function = Function::new([]);
    let mut code = function.instructions();
    match signature.results() {
        [wasmparser::ValType::I32] => code.i32_const(errno).end(),
        _ => code.unreachable().end(),
    };
    function
}

impl Reencode for Rewriter {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, reencode::Error> {
        Ok(self.renumbered(function))
    }

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: wasmparser::TypeSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        reencode::utils::parse_type_section(self, types, section)?;
        for place in &self.added {
            let host = &HOST_FUNCTIONS[*place];
            let encoded = |types: &[ValueType]| types.iter().map(encoded_type).collect::<Vec<_>>();
            types.ty().function(encoded(host.parameters), encoded(host.results));
        }
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: wasmparser::ImportSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        for import in section.into_imports() {
            let import = import?;
            if import.module != WASI || !matches!(import.ty, TypeRef::Func(_)) {
                imports.import(import.module, import.name, self.entity_type(import.ty)?);
            }
        }
        for (place, r#type) in self.added.iter().zip(self.types_before..) {
            imports.import(abi::IMPORT_MODULE, HOST_FUNCTIONS[*place].name, EntityType::Function(r#type));
        }
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: wasmparser::FunctionSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        reencode::utils::parse_function_section(self, functions, section)?;
        for (_, r#type, _) in &self.replaced {
            functions.function(*r#type);
        }
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: wasmparser::ExportSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        for export in section {
            let export = export?;
            let is_for_build = [self.print, self.refuse].contains(&Some(export.index))
                && [abi::PRINT, abi::REFUSE].contains(&export.name);
            if !is_for_build {
                self.parse_export(exports, export)?;
            }
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: wasmparser::CodeSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        reencode::utils::parse_code_section(self, code, section)?;
        for (name, _, signature) in &self.replaced {
            code.function(&self.replacement(name, signature));
        }
        Ok(())
    }

    fn parse_custom_section(
        &mut self,
        module: &mut Module,
        section: wasmparser::CustomSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        let wasmparser::KnownCustom::Name(names) = section.as_known() else {
            return reencode::utils::parse_custom_section(self, module, section);
        };
        // Names have to come in the order of the numbers, which changed. Those of functions are worth keeping: they
        // are what a backtrace shows. Names that cannot be read are no reason to refuse a module.
        let mut functions = Vec::new();
        for subsection in names.into_iter().map_while(Result::ok) {
            let wasmparser::Name::Function(map) = subsection else {
                continue;
            };
            for naming in map.into_iter().map_while(Result::ok) {
                functions.push((self.function_index(naming.index)?, naming.name));
            }
        }
        functions.sort_unstable();
        let mut map = NameMap::new();
        functions.iter().for_each(|(number, name)| map.append(*number, name));
        let mut section = NameSection::new();
        section.functions(&map);
        module.section(&section);
        Ok(())
    }
}

fn encoded_type(r#type: &ValueType) -> ValType {
    match r#type {
        ValueType::I64 => ValType::I64,
        _ => ValType::I32,
    }
}
