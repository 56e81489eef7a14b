//! A plugin that is no program: a transport that says what it is told to. What the host makes of a plugin's words is reached through it without
//! a compiler or an engine.

use std::sync::Arc;

use driftless_host::api::function::{Function, FunctionSet};
use driftless_host::transport::{
    Admit, Artifact, Call, CallError, CancelHandle, Conversation, Deadline, Digest, LoadError, Loader,
    PluginInfo, Reply, Transport, Usage,
};
use driftless_host::{Embedded, PluginManager};

/// What is said once.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) text: Arc<str>,
    pub(crate) failed: bool,
}

/// What a plugin says when it is called: by function, and by whether the conversation had a call of it before.
type Script = dyn Fn(Function, bool) -> Said + Send + Sync;

/// A manager whose only plugin is called `p`, has these functions and says this.
pub(crate) fn manager(
    functions: impl IntoIterator<Item = Function>,
    script: impl Fn(Function, bool) -> Said + Send + Sync + 'static,
) -> PluginManager {
    let loader = Says { functions: functions.into_iter().collect(), script: Arc::new(script) };
    let manager = PluginManager::builder().loader(loader).source(Embedded::new("p", *b"")).build();
    manager.expect("a manager can be had")
}

struct Says {
    functions: FunctionSet,
    script: Arc<Script>,
}

struct Saying {
    info: PluginInfo,
    script: Arc<Script>,
}

/// Functions that were called in it.
struct Talk {
    script: Arc<Script>,
    called: Vec<Function>,
}

impl Loader for Says {
    fn accepts(&self, _: &Artifact) -> bool {
        true
    }

    fn inspect(&self, artifact: &Artifact) -> Result<PluginInfo, LoadError> {
        Ok(PluginInfo::new(Arc::clone(&artifact.name), None, Digest::of(b""), self.functions))
    }

    fn load(&self, artifact: &Artifact, admit: Admit<'_>) -> Result<Arc<dyn Transport>, LoadError> {
        let info = self.inspect(artifact)?;
        admit(&info)?;
        Ok(Arc::new(Saying { info, script: Arc::clone(&self.script) }))
    }
}

impl Transport for Saying {
    fn info(&self) -> &PluginInfo {
        &self.info
    }

    fn call(&self, call: &Call<'_>, read: &mut dyn FnMut(Reply<'_>)) -> Result<(), CallError> {
        hand_over(&(self.script)(call.function, false), read);
        Ok(())
    }

    fn open(&self, _: Deadline, _: Option<&CancelHandle>) -> Result<Box<dyn Conversation>, CallError> {
        Ok(Box::new(Talk { script: Arc::clone(&self.script), called: Vec::new() }))
    }
}

impl Conversation for Talk {
    fn call(&mut self, call: &Call<'_>, read: &mut dyn FnMut(Reply<'_>)) -> Result<(), CallError> {
        let again = self.called.contains(&call.function);
        self.called.push(call.function);
        hand_over(&(self.script)(call.function, again), read);
        Ok(())
    }

    fn is_over(&self) -> bool {
        false
    }
}

fn hand_over(said: &Said, read: &mut dyn FnMut(Reply<'_>)) {
    read(Reply { text: &said.text, failed: said.failed, usage: &Usage::default() });
}
