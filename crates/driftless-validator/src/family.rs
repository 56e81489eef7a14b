//! Which plugins are likely to have most of their functions in common.

use driftless_plugin_api::digest::Digest;
use wasmparser::{Parser, Payload};

/// A mark that plugins share which carry the same interpreter, and how much code it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeFamily {
    /// The digest of the types of the core module with the most code.
    pub types: Digest,
    /// The bytes of that code.
    pub code_bytes: u64,
}

impl CodeFamily {
    /// That of a file; nothing where it has no code, or cannot be read.
    ///
    /// Nothing follows from it but what is looked for: plugins of one family may have nothing else in common.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        let mut largest: Option<Self> = None;
        // Of the module that is being read: those within another are read in between.
        let mut types = Digest::of(&[]);
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.ok()? {
                Payload::Version { .. } => types = Digest::of(&[]),
                Payload::TypeSection(section) => types = Digest::of(bytes.get(section.range())?),
                Payload::CodeSectionStart { size, .. } => {
                    let code_bytes = u64::from(size);
                    if largest.is_none_or(|largest| largest.code_bytes < code_bytes) {
                        largest = Some(Self { types, code_bytes });
                    }
                }
                _ => {}
            }
        }
        largest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_that_of_the_module_with_the_most_code() {
        let module = |types: &str, code: &str| {
            wat::parse_str(format!("(module {types} (func {code}) (data \"x\") (memory 1))")).unwrap()
        };
        let types = "(type (func)) (type (func (param i64)))";
        let [small, large] =
            [module("", ""), module(types, "nop nop")].map(|bytes| CodeFamily::of(&bytes).unwrap());
        assert_eq!(CodeFamily::of(&module(types, "nop drop")).map(|family| family.types), Some(large.types));
        assert_ne!(small.types, large.types);
        let both = format!("(component (core module {types} (func nop nop)) (core module (func)))");
        assert_eq!(CodeFamily::of(&wat::parse_str(both).unwrap()), Some(large));
        assert_eq!(CodeFamily::of(b"\0asm\x01\0\0\0"), None);
        assert_eq!(CodeFamily::of(b"nothing"), None);
    }
}
