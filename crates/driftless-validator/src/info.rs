//! What a file says about itself, without a promise that it may run.

use std::sync::Arc;

use driftless_permissions::Permissions;
use driftless_plugin_api::digest::Digest;
use driftless_plugin_api::function::FunctionSet;
use driftless_plugin_api::manifest::PluginManifest;

use crate::abi::{Abi, wasi};
use crate::description::Description;
use crate::error::Violation;
use crate::scan::{Form, Scan};
use crate::text::printable;

/// Reads what a file says about itself: for lists of plugins, and for finding one by its name. Nothing of it is executed, and nothing is proven.
///
/// It takes time for the digest, about 1 ms for a megabyte, and little besides: the code of functions is left out.
///
/// ```
/// let info = driftless_validator::inspect(b"hello");
/// assert_eq!(info.abi(), None);
/// assert!(info.defect().unwrap().message.starts_with("the file is not WebAssembly"));
/// ```
pub fn inspect(bytes: &[u8]) -> ModuleInfo {
    ModuleInfo::new(bytes, &Scan::of(bytes))
}

/// What a file's manifest calls the plugin; `None` where it has no manifest that can be used. It takes a fraction of the time of [`inspect`].
///
/// ```
/// assert_eq!(driftless_validator::manifest_name(b"hello"), None);
/// ```
pub fn manifest_name(bytes: &[u8]) -> Option<String> {
    let scan = Scan::of(bytes);
    // What cannot be read to its end is no plugin, whatever it says.
    scan.defect.is_none().then_some(())?;
    Some(Description::read(bytes, &scan.manifests).ok()?.manifest?.name)
}

/// What a file says about itself, see [`inspect`].
#[derive(Clone, Debug)]
pub struct ModuleInfo {
    digest: Digest,
    size_bytes: u64,
    form: Form,
    abi: Abi,
    functions: FunctionSet,
    imports: Vec<String>,
    imports_wasi: bool,
    description: Result<Description, Violation>,
    initial_memory_bytes: u64,
    initial_table_elements: u64,
    defect: Option<Violation>,
}

impl ModuleInfo {
    fn new(bytes: &[u8], scan: &Scan) -> Self {
        let abi = Abi::of(scan);
        let imports = &scan.module.imports;
        let of_module = imports.iter().map(|import| (&import.module, &import.name));
        let of_module = of_module.map(|(module, name)| format!("{}.{}", printable(module), printable(name)));
        let of_component = scan.component_imports.iter().map(|(_, name)| printable(name));
        Self {
            digest: Digest::of(bytes),
            size_bytes: bytes.len() as u64,
            form: scan.form,
            abi,
            functions: abi.contract().named_exports(scan),
            imports: of_module.chain(of_component).collect(),
            imports_wasi: imports.iter().any(|import| import.module == wasi::MODULE)
                || scan.component_imports.iter().any(|(_, name)| name.starts_with(wasi::PACKAGES)),
            description: Description::read(bytes, &scan.manifests),
            initial_memory_bytes: scan.memory_bytes,
            initial_table_elements: scan.table_elements,
            defect: scan.defect.clone(),
        }
    }

    /// The SHA-256 of the file.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// How large the file is, in bytes.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Why the file cannot be read to its end, where it cannot.
    pub fn defect(&self) -> Option<&Violation> {
        self.defect.as_ref()
    }

    /// How it carries strings; `None` where it cannot be read.
    pub fn abi(&self) -> Option<Abi> {
        self.defect.is_none().then_some(self.abi)
    }

    /// Whether the file is a WebAssembly component, and no core module.
    pub fn is_wasm_component(&self) -> bool {
        self.form == Form::WasmComponent
    }

    /// The functions of the protocol that it exports; `None` where it cannot be read.
    pub fn functions(&self) -> Option<FunctionSet> {
        self.defect.is_none().then_some(self.functions)
    }

    /// What it imports: `module.name` of a module, the names of interfaces of a WebAssembly component. Cut to a length, and without control
    /// characters.
    pub fn imports(&self) -> &[String] {
        &self.imports
    }

    /// Whether it imports WASI, of which a host may offer nothing.
    pub fn imports_wasi(&self) -> bool {
        self.imports_wasi
    }

    /// Its manifest; `None` where it has none, or one that cannot be used.
    pub fn manifest(&self) -> Option<&PluginManifest> {
        self.description.as_ref().ok()?.manifest.as_ref()
    }

    /// What its manifest asks for, which is nothing where it has none.
    ///
    /// # Errors
    ///
    /// Why its manifest cannot be used.
    pub fn permissions(&self) -> Result<&Permissions, &Violation> {
        self.description.as_ref().map(|description| &description.permissions)
    }

    /// The bytes of memory that an instance begins with.
    pub fn initial_memory_bytes(&self) -> u64 {
        self.initial_memory_bytes
    }

    /// The elements of the largest table that an instance begins with.
    pub fn initial_table_elements(&self) -> u64 {
        self.initial_table_elements
    }
}

/// A file in memory with what it says about itself. Cheap to clone.
///
/// It is what a host keeps between looking for a plugin and running it: nothing that was found out is found out again.
#[derive(Clone, Debug)]
pub struct PluginFile {
    bytes: Arc<[u8]>,
    info: Arc<ModuleInfo>,
    scan: Arc<Scan>,
}

impl PluginFile {
    /// Reads what a file says about itself, see [`inspect`].
    pub fn inspect(bytes: impl Into<Arc<[u8]>>) -> Self {
        let bytes = bytes.into();
        let scan = Scan::of(&bytes);
        Self { info: Arc::new(ModuleInfo::new(&bytes, &scan)), scan: Arc::new(scan), bytes }
    }

    /// The file's content.
    pub fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }

    /// What it says about itself. Kept alone, it keeps neither the content nor what is only needed to validate it.
    pub fn info(&self) -> &Arc<ModuleInfo> {
        &self.info
    }

    pub(crate) fn scan(&self) -> &Scan {
        &self.scan
    }

    /// The ABI by whose rules it is checked, whether or not it can be read.
    pub(crate) fn intended_abi(&self) -> Abi {
        self.info.abi
    }
}
