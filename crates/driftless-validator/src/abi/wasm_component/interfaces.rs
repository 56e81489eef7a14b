//! The interfaces that a WebAssembly component may import.

use std::borrow::Cow;

use driftless_plugin_api::host_call::Capability;
use driftless_plugin_api::wit;
use wasmparser::component_types::ComponentEntityType;
use wasmparser::types::TypesRef;

use super::types::{REQUEST, host_function};
use crate::abi::contract::Offer;
use crate::abi::wasi;
use crate::text::printable;

/// Looks up what a WebAssembly component imports. The error says why there is no such interface for this plugin.
pub(super) fn find(offer: Offer<'_>, name: &str) -> Result<Interface, Cow<'static, str>> {
    if name == wit::HOST {
        return Ok(Interface::Host);
    }
    let is = |capability: &Capability| wit::interface(*capability) == name;
    if let Some(capability) = Capability::ALL.into_iter().find(is) {
        return match offer.lacks(capability) {
            Some(why) => Err(why.into()),
            None => Ok(Interface::Capability),
        };
    }
    let (interface, version) = name.split_once('@').unwrap_or((name, ""));
    if is_wasi(name) {
        if !offer.allow_wasi {
            return Err("WASI is off".into());
        }
        let offered = wasi::INTERFACES.contains(&interface) && version.starts_with("0.2.");
        return if offered {
            Ok(Interface::Wasi)
        } else {
            Err("WASI is allowed, and has no such interface here".into())
        };
    }
    if interface.starts_with(wit::PACKAGE_NAME) && version != wit::VERSION {
        let (has, version) = (wit::VERSION, if version.is_empty() { "none" } else { version });
        return Err(format!(
            "this host has version {has} of `{}` and not {}",
            wit::PACKAGE_NAME,
            printable(version)
        )
        .into());
    }
    Err("the host offers no such interface".into())
}

/// Whether an interface is one of WASI's, offered or not.
pub(super) fn is_wasi(name: &str) -> bool {
    name.starts_with(wasi::PACKAGES)
}

/// An interface that is offered to a WebAssembly component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interface {
    /// `driftless:plugin/host`
    Host,
    /// One of `driftless:plugin/file` and its like.
    Capability,
    /// One of WASI's, whose types the engine checks.
    Wasi,
}

impl Interface {
    /// In what an import is not what is offered.
    pub(super) fn differs(self, types: TypesRef<'_>, import: &str) -> Option<String> {
        let function = match self {
            Self::Wasi => return None,
            Self::Host => host_function,
            Self::Capability => |name: &str| (name == wit::REQUEST).then_some(REQUEST),
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
