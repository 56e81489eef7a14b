//! How a WebAssembly component carries the protocol.
//!
//! The contract is [`PACKAGE`], in the language of the component model. This module has its names, for programs that look for them.

use std::fmt;

use crate::function::Function;
use crate::host_call::Capability;

/// The package `driftless:plugin`, as WIT.
pub const PACKAGE: &str = include_str!("../wit/plugin.wit");

/// The name of the package, without its version.
pub const PACKAGE_NAME: &str = "driftless:plugin";

/// The version of the package. A host serves the versions that were released before as well.
pub const VERSION: &str = "1.0.0";

/// The world that has every function.
pub const WORLD: &str = "plugin";

/// The interface that every plugin may import.
pub const HOST: &str = "driftless:plugin/host@1.0.0";

/// What each capability's interface calls its one function.
pub const REQUEST: &str = "request";

/// The interface of a capability.
///
/// ```
/// use driftless_plugin_api::host_call::Capability;
/// use driftless_plugin_api::wit;
///
/// assert_eq!(wit::interface(Capability::File), "driftless:plugin/file@1.0.0");
/// assert!(wit::PACKAGE.contains("interface file {"));
/// ```
pub const fn interface(capability: Capability) -> &'static str {
    match capability {
        Capability::File => "driftless:plugin/file@1.0.0",
        Capability::Http => "driftless:plugin/http@1.0.0",
        Capability::Environment => "driftless:plugin/environment@1.0.0",
        Capability::Process => "driftless:plugin/process@1.0.0",
        Capability::Function => "driftless:plugin/functions@1.0.0",
    }
}

/// The name of a function in a component: with `-` where the protocol has `_`.
///
/// ```
/// use driftless_plugin_api::function::Function;
/// use driftless_plugin_api::wit::export;
///
/// assert_eq!(export(Function::ExecuteTask).to_string(), "execute-task");
/// ```
pub const fn export(function: Function) -> ExportName {
    ExportName(function)
}

/// The function with this name in a component.
///
/// ```
/// use driftless_plugin_api::function::Function;
/// use driftless_plugin_api::wit::exported_as;
///
/// assert_eq!(exported_as("execute-task"), Some(Function::ExecuteTask));
/// assert_eq!(exported_as("execute_task"), None);
/// ```
pub fn exported_as(name: &str) -> Option<Function> {
    if name.contains('_') {
        return None;
    }
    Function::named(&name.replace('-', "_"))
}

/// See [`export`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportName(Function);

impl fmt::Display for ExportName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, word) in self.0.name().split('_').enumerate() {
            if place > 0 {
                f.write_str("-")?;
            }
            f.write_str(word)?;
        }
        Ok(())
    }
}
