//! What the fuzzers in `fuzz/` do with an input, as a library, so that the tests replay on a stable compiler what a fuzzer once found.
//!
//! | module | what an input is |
//! |---|---|
//! | [`validator`] | a file that says it is a plugin |
//! | [`manifest`] | the manifest of an otherwise faultless plugin |
//! | [`reply`] | what a guest returns, and where it says that it lies |
//! | [`definitions`] | how a plugin announces its components, and a configuration for them |
//! | [`permissions`] | permissions that are asked for and granted, and what a plugin would do with them |
//! | [`smith`] | the choices of a generator of modules, which then run |
//!
//! Each has a function `run` that panics where the product breaks a promise, and tells how far the input came. [`seeds`] has inputs to
//! begin with. `cargo xtask fuzz` runs the fuzzers; what they find becomes a file in `fuzz/regressions/`.

pub mod definitions;
mod guest;
mod harness;
pub mod manifest;
pub mod permissions;
pub mod reply;
pub mod seeds;
pub mod smith;
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
pub const TARGETS: [Target; 6] = [
    Target { name: "validator", run: validator::run },
    Target { name: "manifest", run: manifest::run },
    Target { name: "reply", run: reply::run },
    Target { name: "definitions", run: definitions::run },
    Target { name: "permissions", run: permissions::run },
    Target { name: "smith", run: smith::run },
];
