//! Functions that the program offers in which the plugin's host is embedded.
//!
//! `driftless` itself has none. A program that embeds the host can offer its own (`PluginManagerBuilder::host_function`), and its plugins ask
//! for them by name in their manifest, as for files and hosts.
//!
//! ```
//! #[plugin_sdk::plugin(functions("inventory.owner"))]
//! mod ownership {
//!     use plugin_sdk::prelude::*;
//!
//!     #[derive(Serialize)]
//!     struct OwnerOf<'a> {
//!         host: &'a str,
//!     }
//!
//!     #[derive(Deserialize)]
//!     struct Owner {
//!         team: String,
//!     }
//!
//!     /// Which team a machine belongs to.
//!     #[facts]
//!     fn owner() -> Result<Value> {
//!         let owner: Owner = functions::call("inventory.owner", &OwnerOf { host: "web1" })?;
//!         Ok(json!({"team": owner.team}))
//!     }
//! }
//!
//! use plugin_sdk::serde_json::json;
//! use plugin_sdk::testing::{self, FakeHost};
//!
//! let host = testing::host(FakeHost::new().function("inventory.owner", json!({"team": "storage"})));
//! assert_eq!(execute_facts_collector("owner", "{}"), r#"{"team":"storage"}"#);
//! assert_eq!(host.calls(), [r#"call inventory.owner {"host":"web1"}"#]);
//! ```

use driftless_plugin_api::host_call::FunctionRequest;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{HostError, HostErrorKind, Result, request};

/// Calls a function of the host's program, with its arguments, and returns what it returns.
///
/// It needs the permission to call this function: `#[plugin(functions("inventory.owner"))]`.
///
/// # Errors
///
/// Without the permission, where the program has no such function ([`HostErrorKind::NotFound`]), where the function refuses the arguments
/// or fails, and where what it returns is of another shape than is asked for.
pub fn call<A: Serialize + ?Sized, R: DeserializeOwned>(
    function: &str,
    arguments: &A,
) -> Result<R, HostError> {
    let arguments = serde_json::to_value(arguments).map_err(|error| {
        HostError::new(HostErrorKind::Invalid, format!("the arguments cannot be written as JSON: {error}"))
    })?;
    request::function(&FunctionRequest { function: function.to_owned(), arguments })
}
