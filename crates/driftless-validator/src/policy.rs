//! The rules that files are checked by, and a key that stands for them.

use std::any::TypeId;
use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};

use driftless_plugin_api::digest::Digest;
use wasmparser::WasmFeatures;

use crate::limits::{self, ModuleLimit};

/// What a host decides about the plugins that it lets in. By default, nothing but what every host offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Lets files in that import WASI.
    pub allow_wasi: bool,
}

/// What a guest may use of WebAssembly: what the compilers of the supported languages emit, and nothing that adds a way to
/// share, to suspend, or to be undeterministic. An engine has to be configured with the same.
pub fn features() -> WasmFeatures {
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

/// Stands for everything that decides whether a file is let in. Two keys are equal only if the same files pass.
///
/// Nothing of it is a number that a person has to change. It is a hash over
///
/// - the [limits](limits::ALL), the [features] and the [`Rules`];
/// - the version and the sources of this crate, which the build hashes, for the rules that are code: a version alone changes with a release,
///   and not with a change;
/// - the very build of wasmparser that is linked, by the identity of one of its types. The compiler has to give types of two versions of a
///   crate different identities, so no file of the build (such as a lock file, which a program that depends on this crate has elsewhere) has
///   to be read for it. This identity changes with the compiler as well: then a file is validated once more than would be necessary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PolicyKey(Digest);

impl PolicyKey {
    /// The 32 bytes of the key.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}

impl Rules {
    /// The key that stands for these rules, in this build of the validator.
    pub fn policy_key(self) -> PolicyKey {
        let mut parser = DefaultHasher::new();
        TypeId::of::<wasmparser::Validator>().hash(&mut parser);
        let build = Build {
            version: env!("CARGO_PKG_VERSION"),
            sources: env!("DRIFTLESS_VALIDATOR_SOURCES"),
            parser: parser.finish(),
            features: features(),
            limits: limits::ALL,
        };
        build.key(self)
    }
}

/// What decides besides the [`Rules`].
#[derive(Clone, Copy)]
struct Build<'a> {
    version: &'a str,
    sources: &'a str,
    parser: u64,
    features: WasmFeatures,
    limits: &'a [ModuleLimit],
}

impl Build<'_> {
    fn key(self, rules: Rules) -> PolicyKey {
        let Self { version, sources, parser, features, limits } = self;
        let Rules { allow_wasi } = rules;
        let mut text = format!(
            "driftless-validator {version}\nsources {sources}\nwasmparser {parser:016x}\nfeatures {:x}\nwasi {allow_wasi}\n",
            features.bits()
        );
        for ModuleLimit { what, max } in limits {
            writeln!(text, "{max} {what}").expect("a text takes any text");
        }
        PolicyKey(Digest::of(text.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUILD: Build<'_> = Build {
        version: "1.2.3",
        sources: "0123",
        parser: 7,
        features: WasmFeatures::WASM1,
        limits: limits::ALL,
    };

    fn key(build: Build<'_>) -> PolicyKey {
        build.key(Rules::default())
    }

    #[test]
    fn each_limit_is_part_of_the_key() {
        for changed in 0..limits::ALL.len() {
            let mut limits = limits::ALL.to_vec();
            limits[changed].max += 1;
            assert_ne!(key(Build { limits: &limits, ..BUILD }), key(BUILD), "{}", limits[changed].what);
        }
        assert_ne!(key(Build { limits: &limits::ALL[1..], ..BUILD }), key(BUILD), "a limit less");
    }

    #[test]
    fn whatever_else_decides_is_part_of_the_key() {
        assert_eq!(key(BUILD), key(BUILD));
        assert_ne!(key(Build { version: "1.2.4", ..BUILD }), key(BUILD));
        assert_ne!(key(Build { sources: "0124", ..BUILD }), key(BUILD));
        assert_ne!(key(Build { parser: 8, ..BUILD }), key(BUILD));
        assert_ne!(key(Build { features: features(), ..BUILD }), key(BUILD));
        assert_ne!(BUILD.key(Rules { allow_wasi: true }), key(BUILD));
        let [with, without] = [true, false].map(|allow_wasi| Rules { allow_wasi }.policy_key());
        assert_ne!(with, without);
    }

    #[test]
    fn the_build_has_hashed_the_sources() {
        let sources = env!("DRIFTLESS_VALIDATOR_SOURCES");
        assert!(u64::from_str_radix(sources, 16).is_ok_and(|hash| hash != 0), "{sources}");
    }
}
