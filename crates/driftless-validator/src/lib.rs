//! Checks a plugin's file without running it: from bytes to proof, or to every reason against them.
//!
//! ```text
//! bytes ── inspect ──▶ ModuleInfo        what it says about itself, unproven
//!   │
//!   └──── validate ──▶ ValidatedPlugin   the proof that it may be compiled
//!                      ValidationError   or all that is wrong with it
//! ```
//!
//! A file is [read](inspect) with every number held against a [limit](limits) before anything is allocated for it; then the code of its functions is measured, since a
//! compiler's time and memory can grow faster than a file; then it is validated as WebAssembly; and what it imports and exports is held
//! against the contract of its [ABI](abi).
//!
//! There is no engine here: a registry, an editor or a build tool can check a plugin without being able to run one.
//!
//! ```
//! use driftless_validator::{Abi, validate};
//! use driftless_plugin_api::function::Function;
//!
//! let bytes = wat::parse_str(r#"(module
//!     (memory (export "memory") 1)
//!     (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
//!     (func (export "get_hooks") (result i64) i64.const 0))"#)?;
//! let plugin = validate(&bytes)?;
//! assert_eq!(plugin.abi(), Abi::Sdk);
//! assert!(plugin.functions().contains(Function::GetHooks));
//! assert!(plugin.permissions().is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod abi;
mod assembly;
mod code;
mod description;
mod error;
mod family;
mod info;
pub mod limits;
mod policy;
mod scan;
mod text;
mod validate;
mod validated;
mod workload;

pub use abi::Abi;
pub use error::{ValidationError, Violation};
pub use family::CodeFamily;
pub use info::{ModuleInfo, PluginFile, inspect, manifest_name};
pub use policy::{PolicyKey, Rules, features};
pub use validate::validate;
pub use validated::{ValidatedPlugin, ValidationRecord};
