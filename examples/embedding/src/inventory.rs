//! What this program knows, and plugins may ask for.

use driftless_host::HostFunctionCall;
use driftless_host::api::host_call::{HostCallError, HostCallErrorKind};
use serde::{Deserialize, Serialize};

/// What a plugin asks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnerOf {
    host: String,
}

/// What it is told.
#[derive(Serialize)]
pub(crate) struct Owner {
    team: &'static str,
}

/// The function `inventory.owner`: which team a machine belongs to.
pub(crate) fn owner(asked: OwnerOf, _: &HostFunctionCall<'_>) -> Result<Owner, HostCallError> {
    match asked.host.as_str() {
        "web1" | "web2" => Ok(Owner { team: "Web Shop" }),
        host => Err(HostCallError::new(HostCallErrorKind::NotFound, format!("no machine is called {host}"))),
    }
}
