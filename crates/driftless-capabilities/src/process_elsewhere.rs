//! Programs, on systems where a program and all that it starts cannot be ended for sure.

use driftless_plugin_api::host_call::{Capability, HostCallError, ProcessAnswer, ProcessRequest};

use crate::{Task, denied, failed, missing, shown};

/// Says no.
pub(crate) fn answer(
    task: &Task<'_>,
    request: ProcessRequest,
    _: &[u8],
) -> Result<(ProcessAnswer, Vec<u8>), HostCallError> {
    let what = format!("run {}", shown(&request.command));
    let missing = || missing(Capability::Process, &request.command);
    task.grant.command(&request.command).map_err(|denial| denied(&what, denial, missing()))?;
    Err(failed(format!("cannot {what}: programs are not supported on this system")))
}
