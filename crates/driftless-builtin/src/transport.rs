//! Calls of a plugin that is linked in.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use driftless_plugin_api::host_call::{Allowance, Answer, Capability, HostCalls};
use driftless_plugin_api::limit::Limit;
use driftless_plugin_api::linked::{LinkedHost, LinkedPlugin};
use driftless_plugin_api::log::Level;
use driftless_plugin_api::text::truncated;
use driftless_transport::{
    Call, CallError, CallFailure, CancelHandle, Conversation, Deadline, HostContext, Limits, LogRecord,
    PluginInfo, Reply, ReplyDefect, Transport, Usage, lifecycle,
};

/// A linked plugin as the host calls it. There is one of it, whatever the number of conversations.
pub(crate) struct LinkedTransport(Arc<Shared>);

struct Shared {
    info: PluginInfo,
    plugin: Arc<dyn LinkedPlugin>,
    context: HostContext,
    limits: Limits,
    /// Whether the plugin was initialised.
    initialised: Mutex<bool>,
}

impl LinkedTransport {
    pub(crate) fn new(
        info: PluginInfo,
        plugin: Arc<dyn LinkedPlugin>,
        context: HostContext,
        limits: Limits,
    ) -> Self {
        Self(Arc::new(Shared { info, plugin, context, limits, initialised: Mutex::new(false) }))
    }
}

impl Transport for LinkedTransport {
    fn info(&self) -> &PluginInfo {
        &self.0.info
    }

    fn call(&self, call: &Call<'_>, read: &mut dyn FnMut(Reply<'_>)) -> Result<(), CallError> {
        let call = Call { deadline: call.deadline.fixed(), ..*call };
        self.0.initialise(call.deadline)?;
        self.0.carry(&call, read)
    }

    fn open(&self, deadline: Deadline, _: Option<&CancelHandle>) -> Result<Box<dyn Conversation>, CallError> {
        self.0.initialise(deadline)?;
        Ok(Box::new(LinkedConversation(Arc::clone(&self.0))))
    }
}

/// Calls of a linked plugin, which has the same memory in all conversations.
struct LinkedConversation(Arc<Shared>);

impl Conversation for LinkedConversation {
    fn call(&mut self, call: &Call<'_>, read: &mut dyn FnMut(Reply<'_>)) -> Result<(), CallError> {
        self.0.carry(&Call { deadline: call.deadline.fixed(), ..*call }, read)
    }

    fn is_over(&self) -> bool {
        false
    }
}

impl Shared {
    /// Initialises the plugin, once. Where that fails, the next call tries again.
    fn initialise(self: &Arc<Self>, deadline: Deadline) -> Result<(), CallError> {
        let mut initialised = self.initialised.lock().unwrap_or_else(PoisonError::into_inner);
        if !*initialised {
            let mut first = LinkedConversation(Arc::clone(self));
            lifecycle::initialize(&mut first, &self.info, &self.context.configuration, deadline)?;
            *initialised = true;
        }
        Ok(())
    }

    /// Makes one call, whose deadline is fixed.
    fn carry(&self, call: &Call<'_>, read: &mut dyn FnMut(Reply<'_>)) -> Result<(), CallError> {
        let began = Instant::now();
        let host_calls = Arc::new(AtomicU32::new(0));
        let mut reply = Vec::new();
        let called = self.enter(call, &host_calls, &mut reply);
        let usage = Usage {
            wall_time: began.elapsed(),
            host_calls: host_calls.load(Ordering::Relaxed),
            ..Usage::default()
        };
        let read = called.and_then(|failed| {
            self.go_on(call)?;
            if reply.len() > self.limits.output {
                return Err(CallFailure::Limit(Limit::Output.exceeded(self.limits.output as u64)));
            }
            let text = std::str::from_utf8(&reply)
                .map_err(|error| CallFailure::Reply(ReplyDefect::NotUtf8 { at: error.valid_up_to() }))?;
            read(Reply { text, failed, usage: &usage });
            Ok(())
        });
        let plugin = || Arc::clone(&self.info.name);
        read.map_err(|cause| CallError { plugin: plugin(), function: Some(call.function), cause, usage })
    }

    fn enter(
        &self,
        call: &Call<'_>,
        host_calls: &Arc<AtomicU32>,
        reply: &mut Vec<u8>,
    ) -> Result<bool, CallFailure> {
        self.go_on(call)?;
        if !self.info.has(call.function) {
            return Err(CallFailure::Missing);
        }
        if call.arguments.len() != call.function.arguments() {
            let (takes, given) = (call.function.arguments(), call.arguments.len());
            return Err(CallFailure::Arguments(format!("it takes {takes} arguments, not {given}")));
        }
        let host = Arc::new(Host {
            plugin: Arc::clone(&self.info.name),
            context: self.context.clone(),
            deadline: call.deadline,
            cancel: call
                .cancel
                .map_or_else(|| self.context.cancel.clone(), |own| own.joined(&self.context.cancel)),
            bytes: self.limits.answer,
            message: self.limits.log_message,
            host_calls: Arc::clone(host_calls),
        });
        // What a panic leaves half done in the plugin is the plugin's own.
        let called =
            catch_unwind(AssertUnwindSafe(|| self.plugin.call(call.function, call.arguments, host, reply)));
        called.map_err(|panic| {
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
            CallFailure::Panic(text.unwrap_or_else(|| "it does not say why".to_owned()))
        })
    }

    /// Whether a call still has time and is wanted.
    fn go_on(&self, call: &Call<'_>) -> Result<(), CallFailure> {
        if call.cancel.is_some_and(CancelHandle::is_cancelled) || self.context.cancel.is_cancelled() {
            return Err(CallFailure::Cancelled);
        }
        if call.deadline.is_over() {
            let allowed = u64::try_from(call.deadline.time().as_millis()).unwrap_or(u64::MAX);
            return Err(CallFailure::Limit(Limit::Time.exceeded(allowed)));
        }
        Ok(())
    }
}

impl Drop for LinkedTransport {
    fn drop(&mut self) {
        if *self.0.initialised.lock().unwrap_or_else(PoisonError::into_inner) {
            let mut last = LinkedConversation(Arc::clone(&self.0));
            lifecycle::shutdown(&mut last, &self.0.info, Deadline::After(lifecycle::MAX_SHUTDOWN_TIME));
        }
    }
}

/// What stands behind a call.
struct Host {
    plugin: Arc<str>,
    context: HostContext,
    deadline: Deadline,
    cancel: CancelHandle,
    bytes: usize,
    /// The bytes of a message that are kept.
    message: usize,
    host_calls: Arc<AtomicU32>,
}

impl HostCalls for Host {
    fn answer(&self, capability: Capability, request: &str, body: &[u8], _: Allowance<'_>) -> Answer {
        self.host_calls.fetch_add(1, Ordering::Relaxed);
        let allowance =
            Allowance { time: self.deadline.left(), bytes: self.bytes, cancel: Some(&self.cancel) };
        self.context.host_calls.answer(capability, request, body, allowance)
    }
}

impl LinkedHost for Host {
    fn log(&self, level: Level, message: &str) {
        let message = truncated(message, self.message);
        let message = message.trim_end_matches(['\n', '\r']);
        // One without a text says nothing, in any transport.
        if !message.is_empty() && self.context.log.enabled(level) {
            self.context.log.log(&LogRecord { plugin: &self.plugin, level, message });
        }
    }

    fn timestamp(&self) -> u64 {
        self.context.clock_and_random.timestamp()
    }

    fn random(&self) -> Option<u64> {
        self.context.clock_and_random.random().ok()
    }
}
