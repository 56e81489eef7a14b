//! The functions of the contract `driftless:plugin`, and whether those of a WebAssembly component have their types.

use driftless_plugin_api::function::Function;
use wasmparser::PrimitiveValType::{String as Text, U8, U64};
use wasmparser::component_types::{ComponentDefinedType, ComponentFuncTypeId, ComponentValType};
use wasmparser::types::TypesRef;

/// A type of the contract. There are no others.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Number,
    Bytes,
    Level,
    /// `tuple<string, list<u8>>`
    Answer,
    /// `result<string, string>`
    Reply,
}

/// A function of the contract.
pub(super) struct Signature {
    parameters: &'static [Type],
    result: Option<Type>,
}

/// The levels of a message, in the order of the contract.
const LEVELS: [&str; 4] = ["error", "warn", "info", "debug"];

/// What the functions of the interface `host` look like.
pub(super) fn host_function(name: &str) -> Option<Signature> {
    Some(match name {
        "log" => Signature { parameters: &[Type::Level, Type::Text], result: None },
        "get-timestamp" | "get-random" => Signature { parameters: &[], result: Some(Type::Number) },
        "panic" => Signature { parameters: &[Type::Text], result: None },
        _ => return None,
    })
}

/// What the one function of a capability's interface looks like.
pub(super) const REQUEST: Signature =
    Signature { parameters: &[Type::Text, Type::Bytes], result: Some(Type::Answer) };

/// What an exported function looks like that takes this many strings.
pub(super) fn export(arguments: usize) -> Signature {
    const TEXTS: [Type; Function::MAX_ARGUMENTS] = [Type::Text; Function::MAX_ARGUMENTS];
    Signature { parameters: &const { &TEXTS }[..arguments], result: Some(Type::Reply) }
}

impl Signature {
    pub(super) fn fits(&self, types: TypesRef<'_>, found: ComponentFuncTypeId) -> bool {
        let found = &types[found];
        let parameters = || found.params.iter().map(|(_, r#type)| r#type).zip(self.parameters);
        let result = match (&found.result, self.result) {
            (None, None) => true,
            (Some(found), Some(expected)) => expected.fits(types, found),
            _ => false,
        };
        !found.async_
            && found.params.len() == self.parameters.len()
            && parameters().all(|(found, expected)| expected.fits(types, found))
            && result
    }
}

impl std::fmt::Display for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parameters: Vec<_> = self.parameters.iter().map(|parameter| parameter.written()).collect();
        write!(f, "func({})", parameters.join(", "))?;
        self.result.map_or(Ok(()), |result| write!(f, " -> {}", result.written()))
    }
}

impl Type {
    const fn written(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Number => "u64",
            Self::Bytes => "list<u8>",
            Self::Level => "level",
            Self::Answer => "tuple<string, list<u8>>",
            Self::Reply => "result<string, string>",
        }
    }

    fn fits(self, types: TypesRef<'_>, found: &ComponentValType) -> bool {
        let is = |found: &ComponentValType, wanted| match found {
            ComponentValType::Primitive(primitive) => *primitive == wanted,
            ComponentValType::Type(id) => {
                matches!(&types[*id], ComponentDefinedType::Primitive(primitive) if *primitive == wanted)
            }
        };
        let defined = match found {
            ComponentValType::Type(id) => Some(&types[*id]),
            ComponentValType::Primitive(_) => None,
        };
        match (self, defined) {
            (Self::Text, _) => is(found, Text),
            (Self::Number, _) => is(found, U64),
            (Self::Bytes, Some(ComponentDefinedType::List { element, .. })) => is(element, U8),
            (Self::Level, Some(ComponentDefinedType::Enum(cases))) => {
                cases.len() == LEVELS.len()
                    && cases.iter().zip(LEVELS).all(|(case, level)| case.as_str() == level)
            }
            (Self::Answer, Some(ComponentDefinedType::Tuple(tuple))) => match &*tuple.types {
                [head, body] => Self::Text.fits(types, head) && Self::Bytes.fits(types, body),
                _ => false,
            },
            (Self::Reply, Some(ComponentDefinedType::Result { ok: Some(ok), err: Some(err), .. })) => {
                is(ok, Text) && is(err, Text)
            }
            _ => false,
        }
    }
}
