//! Instances that are kept warm between calls.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_utils::atomic::AtomicCell;

use crate::error::CallError;
use crate::instance::Instance;
use crate::sandbox::CompiledPlugin;
use crate::slots::Idle;

/// The instances of one plugin: as many as there are calls at the same time, made when they are needed and kept for the
/// next call.
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
            last: AtomicCell::new(None),
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

    /// Lends `run` an instance for as long as it runs: a warm one, else a fresh one. This is what a single call wants;
    /// [`get`](Self::get) is for who keeps an instance for a while.
    ///
    /// # Errors
    ///
    /// As for [`CompiledPlugin::instantiate`].
    #[inline]
    pub fn with<R>(&self, run: impl FnOnce(&mut Instance) -> R) -> Result<R, CallError> {
        let mut instance = match self.idle.pop() {
            Some(instance) => instance,
            None => Box::new(self.plugin.instantiate()?),
        };
        let result = run(&mut instance);
        // Where `run` panics, the instance is dropped, and the next call gets a fresh one.
        if !instance.has_failed() {
            self.idle.push(instance);
        }
        Ok(result)
    }

    /// An instance for one caller: a warm one, else a fresh one. It comes back when it is dropped, unless it failed.
    ///
    /// # Errors
    ///
    /// As for [`CompiledPlugin::instantiate`].
    #[inline]
    pub fn get(&self) -> Result<PooledInstance<'_>, CallError> {
        let instance = match self.idle.pop() {
            Some(instance) => instance,
            None => Box::new(self.plugin.instantiate()?),
        };
        Ok(PooledInstance { instance: Some(instance), idle: &self.idle })
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
    #[inline]
    fn drop(&mut self) {
        if let Some(instance) = self.instance.take().filter(|instance| !instance.has_failed()) {
            self.idle.push(instance);
        }
    }
}

struct IdleInstances {
    /// The instance that was used last, whose memory is still in the processor's cache. Taking it and putting it back is one
    /// exchange each, which matters: a warm call takes as long as a few of them.
    last: AtomicCell<Option<Box<Instance>>>,
    /// The others, of which there are some only after calls at the same time.
    #[allow(clippy::vec_box, reason = "an instance is large, and moves at every call")]
    others: Mutex<Vec<Box<Instance>>>,
    kept: usize,
}

impl IdleInstances {
    #[inline]
    fn pop(&self) -> Option<Box<Instance>> {
        self.last.take().or_else(|| self.pop_other())
    }

    #[inline]
    fn push(&self, instance: Box<Instance>) {
        if let Some(displaced) = self.last.swap(Some(instance)) {
            self.push_other(displaced);
        }
    }

    #[cold]
    fn pop_other(&self) -> Option<Box<Instance>> {
        self.others.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    #[cold]
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
    fn release_one(&self) -> bool {
        // The one that is dearest goes last.
        self.pop_other().or_else(|| self.last.take()).is_some()
    }
}
