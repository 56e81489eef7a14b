//! From bytes to a [`ValidatedPlugin`], which is the only thing that can be compiled.

use std::sync::Arc;

use driftless_permissions::Permissions;
use driftless_plugin_api::function::Function;
use driftless_plugin_api::manifest::{PluginManifest, is_valid_name};
use driftless_plugin_api::text::{printable_line, truncated};
use driftless_plugin_api::{PROTOCOL_VERSION, abi, wit};
use serde::{Deserialize, Serialize};
use wasmparser::{ExternalKind, FuncType, TypeRef, ValType, Validator, WasmFeatures};

use crate::bindgen;
use crate::component;
use crate::digest::Digest;
use crate::error::{ValidationError, Violation};
use crate::imports::{self, Importer};
use crate::survey::{Kind, Survey, broken};
use crate::wasi;

/// Changes whenever the rules here do, so that machine code that was compiled under other rules is not used again.
pub(crate) const POLICY_VERSION: u32 = 4;

/// A plugin whose every byte was checked: it is well-formed, within the limits of [`crate::limits`], imports nothing but what the
/// host offers, and exports the protocol's functions with the protocol's types.
///
/// Only [`validate`] and [`crate::Sandbox::validate`] make one, and nothing else can be compiled.
///
/// ```
/// use driftless_sandbox::validate;
///
/// let error = validate(b"hello").unwrap_err();
/// assert_eq!(error.to_string(), "the file is not WebAssembly: it does not begin with the bytes 00 61 73 6d");
/// ```
#[derive(Clone, Debug)]
pub struct ValidatedPlugin {
    bytes: Arc<[u8]>,
    digest: Digest,
    manifest: Option<PluginManifest>,
    permissions: Permissions,
    abi: Abi,
    functions: Vec<Function>,
    imports_wasi: bool,
    memory: u64,
    table_elements: u64,
}

/// How a plugin carries the strings of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Abi {
    /// A module in the convention of plugin-sdk, see [`driftless_plugin_api::abi`].
    Sdk,
    /// A module made with wasm-bindgen.
    Bindgen,
    /// A component, see [`driftless_plugin_api::wit`].
    Component,
}

impl std::fmt::Display for Abi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sdk => "module",
            Self::Bindgen => "module (wasm-bindgen)",
            Self::Component => "component",
        })
    }
}

impl ValidatedPlugin {
    /// The SHA-256 of the file.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What the plugin says about itself. A module without a manifest section has none.
    pub fn manifest(&self) -> Option<&PluginManifest> {
        self.manifest.as_ref()
    }

    /// What its manifest asks for. A module without a manifest asks for nothing.
    pub fn permissions(&self) -> &Permissions {
        &self.permissions
    }

    /// Whether it imports WASI, which only passes where WASI is allowed.
    pub fn imports_wasi(&self) -> bool {
        self.imports_wasi
    }

    /// How it carries strings.
    pub fn abi(&self) -> Abi {
        self.abi
    }

    /// The functions of the protocol that it exports.
    pub fn functions(&self) -> &[Function] {
        &self.functions
    }

    /// The bytes of memory that an instance begins with.
    pub(crate) fn memory(&self) -> u64 {
        self.memory
    }

    /// The elements of the largest table that an instance begins with.
    pub(crate) fn table_elements(&self) -> u64 {
        self.table_elements
    }

    /// What is to be compiled.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What was found out about it.
    pub(crate) fn findings(&self) -> Findings {
        Findings {
            manifest: self.manifest.clone(),
            abi: self.abi,
            functions: self.functions.iter().map(|function| function.name().to_owned()).collect(),
            imports_wasi: self.imports_wasi,
            memory: self.memory,
            table_elements: self.table_elements,
        }
    }
}

/// What validating a file found out, to be kept: reading an interpreter of 18 MB byte by byte takes a third of a second. Whoever keeps them has to see to it
/// that nobody else can make any, see [`crate::cache`].
#[derive(Serialize, Deserialize)]
pub(crate) struct Findings {
    manifest: Option<PluginManifest>,
    abi: Abi,
    functions: Vec<String>,
    imports_wasi: bool,
    memory: u64,
    table_elements: u64,
}

impl Findings {
    /// The proof again, for the very file that they were found in. `None` where that file is not let in by these rules.
    pub(crate) fn restore(self, bytes: &[u8], digest: Digest, allow_wasi: bool) -> Option<ValidatedPlugin> {
        if self.imports_wasi && !allow_wasi {
            return None;
        }
        let asked = self.manifest.as_ref().map_or(&[][..], |manifest| &manifest.permissions);
        Some(ValidatedPlugin {
            bytes: bytes.into(),
            digest,
            permissions: Permissions::requested(asked).ok()?,
            manifest: self.manifest,
            abi: self.abi,
            functions: self.functions.iter().map(|name| Function::named(name)).collect::<Option<_>>()?,
            imports_wasi: self.imports_wasi,
            memory: self.memory,
            table_elements: self.table_elements,
        })
    }
}

/// Checks a file.
///
/// # Errors
///
/// Everything that is wrong with it, as far as it can be read.
pub fn validate(bytes: &[u8]) -> Result<ValidatedPlugin, ValidationError> {
    validate_as(bytes, false)
}

/// Checks a file, under the rules of [`validate`] or of a host where WASI is allowed.
///
/// # Errors
///
/// Everything that is wrong with it, as far as it can be read.
pub fn validate_as(bytes: &[u8], allow_wasi: bool) -> Result<ValidatedPlugin, ValidationError> {
    let survey = Survey::of(bytes);
    let mut violations = survey.violations.clone();
    let mut types = None;
    if violations.is_empty() {
        match Validator::new_with_features(features()).validate_all(bytes) {
            Ok(known) => types = Some(known),
            Err(error) => violations.push(broken(&error)),
        }
    }
    let readable = survey.violations.is_empty();
    let types = types.as_ref().map(wasmparser::types::Types::as_ref);
    let described = check_manifest(&survey, &mut violations);
    let asks_for = described.as_ref().map(|described| &described.permissions);
    let importer = Importer { asks_for, wasi: allow_wasi };
    let mut functions = Vec::new();
    let abi = match survey.kind {
        Kind::Component => Abi::Component,
        Kind::Module if bindgen::contract::made(&survey) => Abi::Bindgen,
        Kind::Module => Abi::Sdk,
    };
    match abi {
        Abi::Component => {
            component::contract::check_imports(&survey, types, importer, &mut violations);
            if let Some(types) = types {
                functions = component::contract::check_exports(&survey, types, &mut violations);
            }
        }
        Abi::Sdk | Abi::Bindgen => {
            check_imports(&survey, importer, &mut violations);
            if readable && abi == Abi::Sdk {
                functions = check_exports(&survey, &mut violations);
            } else if readable {
                functions = bindgen::contract::check_exports(&survey, &mut violations);
            }
        }
    }
    match described {
        Some(Described { manifest, permissions }) if violations.is_empty() => Ok(ValidatedPlugin {
            bytes: bytes.into(),
            digest: Digest::of(bytes),
            manifest,
            permissions,
            abi,
            functions,
            imports_wasi: survey.module.imports.iter().any(|import| import.module == imports::WASI)
                || survey.component_imports.iter().any(|(_, name)| name.starts_with("wasi:")),
            memory: survey.memory,
            table_elements: survey.table_elements,
        }),
        _ => {
            violations.sort_by_key(|violation| violation.offset);
            Err(ValidationError { violations })
        }
    }
}

/// What a file says about itself, as far as one can tell at a glance.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    /// Its manifest; `None` where there is none or it cannot be used.
    pub manifest: Option<PluginManifest>,
    /// Why its manifest cannot be used, where there is one.
    pub unusable_manifest: Option<String>,
    /// How it carries strings; `None` where it cannot be read.
    pub abi: Option<Abi>,
    /// The functions of the protocol that it exports; `None` where it cannot be read.
    pub functions: Option<Vec<Function>>,
    /// What it imports: `module.name` of a module, the names of interfaces of a component.
    pub imports: Vec<String>,
}

/// Looks at a file without believing it: for lists of plugins. Nothing is compiled, and nothing is proven.
pub fn outline(bytes: &[u8]) -> Outline {
    let survey = Survey::at_a_glance(bytes);
    let readable = survey.violations.is_empty();
    let mut wrong = Vec::new();
    Outline {
        manifest: check_manifest(&survey, &mut wrong).and_then(|described| described.manifest),
        unusable_manifest: wrong.pop().map(|violation| violation.message),
        abi: readable.then(|| match survey.kind {
            Kind::Component => Abi::Component,
            Kind::Module if bindgen::contract::made(&survey) => Abi::Bindgen,
            Kind::Module => Abi::Sdk,
        }),
        functions: readable.then(|| {
            let of_module = survey.module.exports.iter().filter_map(|export| Function::named(export.name));
            let of_component = survey.component_exports.iter().filter_map(|name| wit::exported_as(name));
            of_module.chain(of_component).collect()
        }),
        imports: {
            let imports = survey.module.imports.iter();
            let of_module =
                imports.map(|import| format!("{}.{}", printable(import.module), printable(import.name)));
            of_module.chain(survey.component_imports.iter().map(|(_, name)| printable(name))).collect()
        },
    }
}

/// What a guest may use of WebAssembly: what the compilers of the guide's languages emit, and nothing that adds a way to
/// share, to suspend, or to be undeterministic.
pub(crate) fn features() -> WasmFeatures {
    WasmFeatures::WASM1
        | WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::REFERENCE_TYPES
        | WasmFeatures::GC_TYPES
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::SIMD
        | WasmFeatures::EXTENDED_CONST
        | WasmFeatures::TAIL_CALL
        | WasmFeatures::COMPONENT_MODEL
}

fn check_imports(survey: &Survey<'_>, importer: Importer<'_>, violations: &mut Vec<Violation>) {
    for import in &survey.module.imports {
        let mut refuse = |why: String| {
            let message =
                format!("it imports `{}.{}`: {why}", printable(import.module), printable(import.name));
            violations.push(Violation { offset: Some(import.offset), message });
        };
        if bindgen::contract::is_import_module(import.module) {
            let found = match import.kind {
                TypeRef::Func(r#type) => survey.module.r#type(r#type),
                _ => None,
            };
            match found.map(|found| {
                bindgen::contract::find(import.module, import.name, found.params(), found.results())
            }) {
                Some(Ok(_)) => {}
                Some(Err(reason)) => refuse(reason.into_owned()),
                None => refuse("wasm-bindgen imports functions only".to_owned()),
            }
            continue;
        }
        match (importer.find(import.module, import.name), import.kind) {
            // Nothing could be put in its place, whether WASI is allowed or not.
            (Err(_), kind) if import.module == imports::WASI && !matches!(kind, TypeRef::Func(_)) => {
                refuse("WASI consists of functions only".to_owned());
            }
            (Err(reason), _) => refuse(reason.into_owned()),
            (Ok(offered), TypeRef::Func(r#type)) => {
                let fits = survey.module.r#type(r#type).is_some_and(|found| {
                    found.params() == offered.parameters && found.results() == offered.results
                });
                if !fits {
                    refuse(format!(
                        "the host offers it as {}",
                        signature(&FuncType::new(
                            offered.parameters.iter().copied(),
                            offered.results.iter().copied()
                        ))
                    ));
                }
            }
            (Ok(_), _) => refuse("it is a function".to_owned()),
        }
    }
}

/// Checks the exports, and returns the functions of the protocol that are among them.
fn check_exports(survey: &Survey<'_>, violations: &mut Vec<Violation>) -> Vec<Function> {
    let mut refuse = |message: String| violations.push(Violation { offset: None, message });
    let mut check = |name: &str, expected: &FuncType| {
        let export = survey.module.exports.iter().find(|export| export.name == name)?;
        let found = matches!(export.kind, ExternalKind::Func | ExternalKind::FuncExact)
            .then(|| survey.module.function_type(export.index))
            .flatten();
        if found != Some(expected) {
            let found = found.map_or_else(|| "no function".to_owned(), signature);
            refuse(format!("its export `{name}` is {found}; the protocol has {}", signature(expected)));
        }
        Some(())
    };
    let mut functions = Vec::new();
    for function in Function::ALL.iter().copied() {
        let parameters = vec![ValType::I32; 2 * function.arguments()];
        if check(function.name(), &FuncType::new(parameters, [ValType::I64])).is_some() {
            functions.push(function);
        }
    }
    // Present where a linker made a library of it; it takes and returns nothing.
    check(wasi::INITIALIZE, &FuncType::new([], []));
    let reserve = check(abi::RESERVE, &FuncType::new([ValType::I32], [ValType::I32]));
    if functions.is_empty() {
        refuse("it is no plugin: it exports none of the protocol's functions".to_owned());
    } else if reserve.is_none() {
        refuse(format!("it exports no `{}`, which a plugin built with plugin-sdk has", abi::RESERVE));
    }
    let memory = |kind: &ExternalKind| *kind == ExternalKind::Memory;
    if !survey.module.exports.iter().any(|export| export.name == abi::MEMORY && memory(&export.kind)) {
        refuse(format!("it exports no memory called `{}`", abi::MEMORY));
    }
    functions
}

/// What a plugin says about itself, which may be nothing.
#[derive(Default)]
struct Described {
    manifest: Option<PluginManifest>,
    permissions: Permissions,
}

/// Reads the manifest; `None` where there is one that cannot be used.
fn check_manifest(survey: &Survey<'_>, violations: &mut Vec<Violation>) -> Option<Described> {
    let (offset, json) = match survey.manifests.as_slice() {
        [] => return Some(Described::default()),
        [one] => *one,
        [_, (offset, _), ..] => {
            violations.push(Violation { offset: Some(*offset), message: "it has two manifests".into() });
            return None;
        }
    };
    let mut refuse = |message: String| violations.push(Violation { offset: Some(offset), message });
    let manifest: PluginManifest = match serde_json::from_slice(json) {
        Ok(manifest) => manifest,
        Err(error) => {
            refuse(format!("its manifest cannot be read: {error}"));
            return None;
        }
    };
    let components = manifest.components.iter().flatten().map(|component| &component.name);
    let mut unfit = std::iter::once(&manifest.name).chain(components).filter(|name| !is_valid_name(name));
    if let Some(name) = unfit.next() {
        refuse(format!(
            "its manifest has the name `{}`; a name is 1 to 64 letters, digits, `-` and `_`, and begins with a letter",
            printable(name)
        ));
        return None;
    }
    if manifest.protocol > PROTOCOL_VERSION {
        refuse(format!(
            "it speaks version {} of the protocol, and this host up to version {PROTOCOL_VERSION}: update Driftless",
            manifest.protocol
        ));
        return None;
    }
    match Permissions::requested(&manifest.permissions) {
        Ok(permissions) => Some(Described { manifest: Some(manifest), permissions }),
        Err(error) => {
            refuse(format!("its manifest asks for a permission that means nothing: {error}"));
            None
        }
    }
}

/// `(i32, i32) -> i64`
pub(crate) fn signature(function: &FuncType) -> String {
    let list = |types: &[ValType]| types.iter().map(ValType::to_string).collect::<Vec<_>>().join(", ");
    format!("({}) -> ({})", list(function.params()), list(function.results()))
}

/// A name out of a file that nobody vouches for, fit for a terminal.
pub(crate) fn printable(name: &str) -> String {
    printable_line(&truncated(name, 100)).into_owned()
}
