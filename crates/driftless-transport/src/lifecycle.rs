//! `initialize` before the first call of an instance, `shutdown` after the last.

use std::sync::Arc;
use std::time::Duration;

use driftless_plugin_api::function::Function;
use driftless_plugin_api::result::failure_text;

use crate::call::{Call, Reply};
use crate::deadline::Deadline;
use crate::error::{CallError, CallFailure};
use crate::transport::{Conversation, PluginInfo};
use crate::usage::Usage;

/// The wall time that the `shutdown` of an instance may take, where a call's own limit is not less.
pub const MAX_SHUTDOWN_TIME: Duration = Duration::from_secs(1);

/// Initialises a fresh instance, where its plugin has `initialize`. A transport calls this before it hands an instance out, with the
/// deadline of whatever the instance is needed for.
///
/// # Errors
///
/// When the plugin fails or says that it cannot be initialised.
pub fn initialize(
    instance: &mut dyn Conversation,
    plugin: &PluginInfo,
    configuration: &Arc<str>,
    deadline: Deadline,
) -> Result<Usage, CallError> {
    if !plugin.has(Function::Initialize) {
        return Ok(Usage::default());
    }
    let arguments = [&**configuration];
    let call = Call::new(Function::Initialize, &arguments, deadline);
    let (mut refused, mut usage) = (None, Usage::default());
    instance.call(&call, &mut |reply: Reply<'_>| {
        refused = reply.failed.then(|| failure_text(reply.text));
        usage = *reply.usage;
    })?;
    match refused {
        None => Ok(usage),
        Some(why) => Err(CallError {
            plugin: Arc::clone(&plugin.name),
            function: Some(Function::Initialize),
            cause: CallFailure::Initialize(why),
            usage,
        }),
    }
}

/// Shuts an instance down in good order, where its plugin has `shutdown` and no call of the instance failed. What `shutdown` returns, and
/// that it fails, changes nothing any more.
pub fn shutdown(instance: &mut dyn Conversation, plugin: &PluginInfo, deadline: Deadline) {
    if plugin.has(Function::Shutdown) && !instance.is_over() {
        let call = Call::new(Function::Shutdown, &[], deadline.at_most(MAX_SHUTDOWN_TIME));
        let _ = instance.call(&call, &mut |_| {});
    }
}
