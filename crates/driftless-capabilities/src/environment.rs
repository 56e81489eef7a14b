//! Environment variables, by their exact names.

use std::env;

use driftless_plugin_api::host_call::{Capability, EnvironmentAnswer, EnvironmentRequest, HostCallError};

use crate::{Task, denied, failed, missing, shown};

/// The value of a variable, with no body.
pub(crate) fn answer(
    task: &Task<'_>,
    request: EnvironmentRequest,
) -> Result<(EnvironmentAnswer, Vec<u8>), HostCallError> {
    let name = request.name;
    // Names in a grant are letters, digits and `_`, so nothing odd gets past this line.
    task.grant.variable(&name).map_err(|denial| {
        let what = format!("read the environment variable {}", shown(&name));
        denied(&what, denial, missing(Capability::Environment, &name))
    })?;
    let value = match env::var_os(&name) {
        None => None,
        Some(value) if value.len() > task.bytes => {
            return Err(task.too_long(&format!("the environment variable {name}")));
        }
        Some(value) => {
            let value = value
                .into_string()
                .map_err(|_| failed(format!("the value of the environment variable {name} is not UTF-8")))?;
            Some(value)
        }
    };
    Ok((EnvironmentAnswer { value }, Vec::new()))
}
