//! What the fuzzers in `fuzz/` do with an input, as a library, so that the tests replay on a stable compiler what a fuzzer once found.
//!
//! | module | what an input is |
//! |---|---|
//! | `documents` | a file that a user writes, in YAML, JSON or TOML, or a value behind `--set` |
//! | `templates` | a template |
//! | `manifest` | the manifest of an otherwise faultless plugin |
//! | `definitions` | how a plugin announces its components, and a configuration for them |
//! | `reply` | what a component returns, and how it is announced |
//! | `pipeline` | the same for the stages of a log pipeline, in one |
//! | `permissions` | permissions that are asked for and granted, and what a plugin would do with them |
//! | `memory` | where a guest says that its reply lies, and what lies there |
//! | `validator` | a file that says it is a plugin |
//! | `smith` | the choices of a generator of modules, which then run |
//!
//! The last three run WebAssembly, and are there with the feature `engine`; the others with `readers`, for which nothing of wasmtime is built. By
//! default both are on.
//!
//! Each has a function `run` that panics where the product breaks a promise, and tells how far the input came. [`seeds`] has inputs to
//! begin with. `cargo xtask fuzz` runs the fuzzers; what they find becomes a file in `fuzz/regressions/`.

#[cfg(feature = "readers")]
pub mod definitions;
#[cfg(feature = "readers")]
pub mod documents;
mod guest;
#[cfg(feature = "engine")]
mod harness;
#[cfg(feature = "readers")]
pub mod manifest;
#[cfg(feature = "engine")]
pub mod memory;
#[cfg(feature = "readers")]
pub mod permissions;
#[cfg(feature = "readers")]
pub mod pipeline;
#[cfg(feature = "readers")]
pub mod reply;
#[cfg(feature = "readers")]
mod says;
pub mod seeds;
#[cfg(feature = "engine")]
pub mod smith;
#[cfg(feature = "readers")]
pub mod templates;
#[cfg(feature = "engine")]
pub mod validator;

/// How far an input came. A test requires of the seeds that they come far: fuzzers whose inputs are all refused would leave everything else
/// untested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coverage {
    /// It was refused.
    Refused,
    /// It was let in, and not run.
    Accepted,
    /// It ran, and no call of it came to a result.
    Failed,
    /// It ran, and at least one call of it came to a result.
    Answered,
}

/// A target of the fuzzers.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// What it is called: in `fuzz/fuzz_targets`, and as a folder in `fuzz/seeds` and `fuzz/regressions`.
    pub name: &'static str,
    /// What it does with an input.
    pub run: fn(&[u8]) -> Coverage,
}

/// All of them.
pub const TARGETS: &[Target] = &[
    #[cfg(feature = "readers")]
    Target { name: "documents", run: documents::run },
    #[cfg(feature = "readers")]
    Target { name: "templates", run: templates::run },
    #[cfg(feature = "readers")]
    Target { name: "manifest", run: manifest::run },
    #[cfg(feature = "readers")]
    Target { name: "definitions", run: definitions::run },
    #[cfg(feature = "readers")]
    Target { name: "reply", run: reply::run },
    #[cfg(feature = "readers")]
    Target { name: "pipeline", run: pipeline::run },
    #[cfg(feature = "readers")]
    Target { name: "permissions", run: permissions::run },
    #[cfg(feature = "engine")]
    Target { name: "memory", run: memory::run },
    #[cfg(feature = "engine")]
    Target { name: "validator", run: validator::run },
    #[cfg(feature = "engine")]
    Target { name: "smith", run: smith::run },
];
