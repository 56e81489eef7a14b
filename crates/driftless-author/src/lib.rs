//! The author's way: from nothing to a plugin.
//!
//! ```text
//! create ──▶ a folder ── Project::find ──▶ Project ── build ──▶ a .wasm file for each plugin in it
//! ```
//!
//! [`create()`] writes a project that builds and passes its tests. [`Project::find`] tells the language of a folder by what is in it, and reads
//! who the plugin is and what it asks for. [`build()`] compiles it with the tools of its language, makes one file of it that
//! [`driftless_validator::validate`] lets through, and says what came out.
//!
//! | language | compiled by | becomes |
//! |---|---|---|
//! | Rust with plugin-sdk | cargo | a core module, with WASI replaced |
//! | Rust with plugin-sdk's feature `component` | cargo | a component |
//! | Rust with wasm-bindgen alone | cargo, wasm-bindgen | a core module |
//! | JavaScript, TypeScript | esbuild, componentize-js | a component |
//! | Python | componentize-py | a component |

mod build;
mod crate_manifest;
mod create;
mod editor_schema;
mod error;
mod language;
mod project;
mod sdk;
mod sections;
mod tools;
mod wasi;
mod world;

pub use build::{Built, Options, Progress, Shrunk, Target, build};
pub use create::{Created, Kind, New, create};
pub use editor_schema::{editor_schema, is_editor_schema};
pub use error::{AuthorError, AuthorErrorKind};
pub use language::Language;
pub use project::{Metadata, Project};
pub use tools::{COMPONENTIZE_JS, COMPONENTIZE_PY, ESBUILD, TYPESCRIPT};
pub use wasi::{ReplaceError, replace_imports};
