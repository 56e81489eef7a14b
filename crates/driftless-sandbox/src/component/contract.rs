//! Holds what a component imports and exports against the contract.

use driftless_plugin_api::function::Function;
use driftless_plugin_api::host_call::Capability;
use driftless_plugin_api::wit;
use wasmparser::PrimitiveValType::{String as Text, U8, U64};
use wasmparser::component_types::{
    ComponentDefinedType, ComponentEntityType, ComponentFuncTypeId, ComponentValType,
};
use wasmparser::types::TypesRef;

use crate::error::Violation;
use crate::imports::Importer;
use crate::survey::Survey;
use crate::validate::printable;

/// A type of the contract. There are no others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
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
struct Signature {
    parameters: &'static [Type],
    result: Option<Type>,
}

/// The levels of a message, in the order of the contract.
const LEVELS: [&str; 4] = ["error", "warn", "info", "debug"];

/// What the functions of the interface `host` look like.
fn host_function(name: &str) -> Option<Signature> {
    Some(match name {
        "log" => Signature { parameters: &[Type::Level, Type::Text], result: None },
        "get-timestamp" | "get-random" => Signature { parameters: &[], result: Some(Type::Number) },
        "panic" => Signature { parameters: &[Type::Text], result: None },
        _ => return None,
    })
}

/// What the one function of a capability's interface looks like.
const REQUEST: Signature = Signature { parameters: &[Type::Text, Type::Bytes], result: Some(Type::Answer) };

/// What an exported function looks like that takes this many strings.
fn export(arguments: usize) -> Signature {
    const TEXTS: [Type; Function::MAX_ARGUMENTS] = [Type::Text; Function::MAX_ARGUMENTS];
    Signature { parameters: &const { &TEXTS }[..arguments], result: Some(Type::Reply) }
}

/// Checks the imports. Without types, where the component is not well-formed, only their names.
pub(crate) fn check_imports(
    survey: &Survey<'_>,
    types: Option<TypesRef<'_>>,
    importer: Importer<'_>,
    violations: &mut Vec<Violation>,
) {
    for &(offset, name) in &survey.component_imports {
        let wrong = match importer.find_interface(name) {
            Err(reason) => Some(reason.into_owned()),
            Ok(interface) => types.and_then(|types| interface.differs(types, name)),
        };
        if let Some(wrong) = wrong {
            let message = format!("it imports `{}`: {wrong}", printable(name));
            violations.push(Violation { offset: Some(offset), message });
        }
    }
}

/// Checks the exports, and returns the functions of the protocol that are among them.
pub(crate) fn check_exports(
    survey: &Survey<'_>,
    types: TypesRef<'_>,
    violations: &mut Vec<Violation>,
) -> Vec<Function> {
    let mut refuse = |message: String| violations.push(Violation { offset: None, message });
    let mut functions = Vec::new();
    for function in Function::ALL.iter().copied() {
        let name = wit::export(function).to_string();
        let Some(item) = types.component_item_for_export(&name) else { continue };
        let expected = export(function.arguments());
        match item.ty {
            ComponentEntityType::Func(found) if expected.fits(types, found) => functions.push(function),
            ComponentEntityType::Func(_) => {
                refuse(format!("its export `{name}` has other types; the protocol has {expected}"));
            }
            _ => refuse(format!("its export `{name}` is no function; the protocol has {expected}")),
        }
    }
    if functions.is_empty() && violations.is_empty() {
        let underscored = survey.component_exports.iter().find(|name| Function::named(name).is_some());
        violations.push(Violation {
            offset: None,
            message: match underscored {
                Some(name) => format!(
                    "it is no plugin: it exports `{name}`, which in a component is written `{}`",
                    name.replace('_', "-")
                ),
                None => "it is no plugin: it exports none of the protocol's functions".to_owned(),
            },
        });
    }
    functions
}

/// An interface that is offered to a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interface {
    /// `driftless:plugin/host`
    Host,
    /// One of `driftless:plugin/file` and its like.
    Capability(Capability),
    /// One of WASI's, whose types the engine checks.
    Wasi,
}

impl Interface {
    /// In what an import is not what is offered.
    fn differs(self, types: TypesRef<'_>, import: &str) -> Option<String> {
        let function = match self {
            Self::Wasi => return None,
            Self::Host => host_function,
            Self::Capability(_) => |name: &str| (name == wit::REQUEST).then_some(REQUEST),
        };
        let item = types.component_item_for_import(import)?;
        let ComponentEntityType::Instance(instance) = item.ty else {
            return Some("it is an interface".to_owned());
        };
        for (name, item) in &types[instance].exports {
            let shown = printable(name);
            match (item.ty, function(name)) {
                (ComponentEntityType::Func(found), Some(offered)) => {
                    if !offered.fits(types, found) {
                        return Some(format!(
                            "its function `{shown}` has other types; the host has {offered}"
                        ));
                    }
                }
                (ComponentEntityType::Func(_), None) => return Some(format!("it has no function `{shown}`")),
                // The type of a level, which a function of the right type mentions.
                (ComponentEntityType::Type { .. }, _) if self == Self::Host && name == "level" => {}
                _ => return Some(format!("it has no `{shown}`")),
            }
        }
        None
    }
}

impl Signature {
    fn fits(&self, types: TypesRef<'_>, found: ComponentFuncTypeId) -> bool {
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
