//! Instances that are kept warm between calls.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

use driftless_transport::{
    Call, CallError, CancelHandle, Conversation, Deadline, PluginInfo, Reply, Transport, lifecycle,
};
use spin::Mutex as SpinMutex;

use crate::compiled::CompiledPlugin;
use crate::instance::Instance;
use crate::slots::Idle;

/// The instances of one plugin: as many as there are calls at the same time, made when they are needed and kept for the
/// next call. It is the [`Transport`] of WebAssembly.
///
/// What a plugin keeps in its memory from one call to the next is there as long as the same instance is called, which is by chance.
///
/// ```no_run
/// # use driftless_sandbox::*;
/// # use driftless_plugin_api::function::Function;
/// # fn example(plugin: CompiledPlugin) -> Result<(), CallError> {
/// let pool = InstancePool::new(plugin);
/// let mut instance = pool.get()?;
/// let reply = instance.call(Function::ExecuteTask, &["name", "{}"])?;
/// println!("{}", reply.text);
/// # Ok(())
/// # }
/// ```
pub struct InstancePool {
    plugin: CompiledPlugin,
    idle: Arc<IdleInstances>,
}

/// How many idle instances are kept: more than there are processors would not be used at once.
fn kept() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

impl InstancePool {
    /// A pool without an instance yet.
    pub fn new(plugin: CompiledPlugin) -> Self {
        let idle = Arc::new(IdleInstances {
            last: SpinMutex::new(None),
            others: Mutex::new(Vec::new()),
            kept: kept(),
        });
        let weak = Arc::downgrade(&idle);
        plugin.slots().register(weak);
        Self { plugin, idle }
    }

    /// The plugin whose instances these are.
    pub fn plugin(&self) -> &CompiledPlugin {
        &self.plugin
    }

    /// An instance for one caller: a warm one, else a fresh one. It comes back when it is dropped, unless it failed.
    ///
    /// # Errors
    ///
    /// As for [`CompiledPlugin::instantiate`].
    pub fn get(&self) -> Result<PooledInstance<'_>, CallError> {
        let instance = match self.idle.pop() {
            Some(instance) => instance,
            None => Box::new(self.plugin.instantiate()?),
        };
        Ok(PooledInstance { instance: Some(instance), idle: &self.idle })
    }

    /// Makes a call on an instance other than the last one, which is busy.
    #[cold]
    fn call_other(&self, call: &Call<'_>, read: &mut dyn FnMut(Reply<'_>)) -> Result<(), CallError> {
        let mut instance = match self.idle.pop_other() {
            Some(instance) => instance,
            None => self.fresh(call)?,
        };
        let called = Conversation::call(&mut *instance, call, read);
        if !instance.has_failed() {
            self.idle.push_other(instance);
        }
        called
    }

    /// An instance for a call: what it takes to start it is taken from the call's budget.
    #[cold]
    #[inline(never)]
    fn fresh(&self, call: &Call<'_>) -> Result<Box<Instance>, CallError> {
        self.plugin.instantiate_within(call.deadline, call.cancel).map(Box::new)
    }
}

impl Transport for InstancePool {
    fn info(&self) -> &PluginInfo {
        self.plugin.info()
    }

    #[inline]
    fn call(&self, call: &Call<'_>, read: &mut dyn FnMut(Reply<'_>)) -> Result<(), CallError> {
        // The deadline begins now, whatever has to be waited for.
        let Some(mut last) = self.idle.last.try_lock() else {
            return self.call_other(&Call { deadline: call.deadline.fixed(), ..*call }, read);
        };
        let (call, instance) = match &mut *last {
            Some(instance) => (*call, instance),
            none => {
                let call = Call { deadline: call.deadline.fixed(), ..*call };
                let instance = match self.idle.pop_other() {
                    Some(instance) => instance,
                    None => self.fresh(&call)?,
                };
                (call, none.insert(instance))
            }
        };
        let called = Conversation::call(&mut **instance, &call, read);
        if instance.has_failed() {
            let failed = last.take();
            // An instance is large, so it is dropped when the next call may already begin.
            drop(last);
            drop(failed);
        }
        called
    }

    fn open(
        &self,
        deadline: Deadline,
        cancel: Option<&CancelHandle>,
    ) -> Result<Box<dyn Conversation>, CallError> {
        Ok(Box::new(self.plugin.instantiate_within(deadline, cancel)?))
    }
}

impl Drop for InstancePool {
    fn drop(&mut self) {
        // However many instances there are, they share the time to shut down.
        self.plugin.closes(Deadline::After(lifecycle::MAX_SHUTDOWN_TIME).fixed());
    }
}

impl std::fmt::Debug for InstancePool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InstancePool").field("plugin", &self.plugin).finish_non_exhaustive()
    }
}

/// An instance that goes back to its pool when it is dropped.
pub struct PooledInstance<'pool> {
    /// Present until the drop.
    instance: Option<Box<Instance>>,
    idle: &'pool IdleInstances,
}

impl Deref for PooledInstance<'_> {
    type Target = Instance;

    #[inline]
    fn deref(&self) -> &Instance {
        self.instance.as_ref().expect("it is there until the drop")
    }
}

impl DerefMut for PooledInstance<'_> {
    #[inline]
    fn deref_mut(&mut self) -> &mut Instance {
        self.instance.as_mut().expect("it is there until the drop")
    }
}

impl std::fmt::Debug for PooledInstance<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(&**self, f)
    }
}

impl Drop for PooledInstance<'_> {
    fn drop(&mut self) {
        if let Some(instance) = self.instance.take().filter(|instance| !instance.has_failed()) {
            self.idle.push(instance);
        }
    }
}

struct IdleInstances {
    /// The instance that was used last, whose memory is still in the processor's cache. It is called where it lies, under a lock that no call
    /// waits for: one that finds it busy takes another instance. To take this lock is one atomic operation and to give it back a plain store,
    /// which matters: a warm call takes as long as a few atomic operations.
    last: SpinMutex<Option<Box<Instance>>>,
    /// The others, of which there are some only after calls at the same time.
    #[allow(clippy::vec_box, reason = "an instance is large, and moves at every call")]
    others: Mutex<Vec<Box<Instance>>>,
    kept: usize,
}

impl IdleInstances {
    fn pop(&self) -> Option<Box<Instance>> {
        let last = self.last.try_lock().and_then(|mut last| last.take());
        last.or_else(|| self.pop_other())
    }

    fn push(&self, instance: Box<Instance>) {
        let displaced = match self.last.try_lock() {
            Some(mut last) => last.replace(instance),
            None => Some(instance),
        };
        if let Some(displaced) = displaced {
            self.push_other(displaced);
        }
    }

    fn pop_other(&self) -> Option<Box<Instance>> {
        self.others.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn push_other(&self, instance: Box<Instance>) {
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if others.len() + 1 < self.kept {
            others.push(instance);
        } else {
            // One instance too many is dropped after the lock.
            drop(others);
            drop(instance);
        }
    }
}

impl Idle for IdleInstances {
    fn release_one(&self, deadline: Deadline) -> bool {
        // The one that is dearest goes last.
        let idle = self.pop_other().or_else(|| self.last.try_lock().and_then(|mut last| last.take()));
        let Some(mut instance) = idle else { return false };
        instance.shut_down(deadline);
        true
    }
}
