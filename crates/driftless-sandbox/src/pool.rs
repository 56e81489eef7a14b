//! Instances that are kept warm between calls.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

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
#[derive(Debug)]
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
            instances: Mutex::new(Vec::new()),
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
        // The lock is not held while an instance is made.
        let warm = self.idle.lock().pop();
        let instance = match warm {
            Some(instance) => instance,
            None => Box::new(self.plugin.instantiate()?),
        };
        Ok(PooledInstance {
            instance: Some(instance),
            idle: &self.idle,
        })
    }
}

/// An instance that goes back to its pool when it is dropped.
#[derive(Debug)]
pub struct PooledInstance<'pool> {
    /// Present until the drop.
    instance: Option<Box<Instance>>,
    idle: &'pool IdleInstances,
}

impl Deref for PooledInstance<'_> {
    type Target = Instance;

    fn deref(&self) -> &Instance {
        self.instance.as_ref().expect("it is there until the drop")
    }
}

impl DerefMut for PooledInstance<'_> {
    fn deref_mut(&mut self) -> &mut Instance {
        self.instance.as_mut().expect("it is there until the drop")
    }
}

impl Drop for PooledInstance<'_> {
    fn drop(&mut self) {
        let Some(instance) = self.instance.take().filter(|instance| !instance.has_failed()) else {
            return;
        };
        let mut idle = self.idle.lock();
        if idle.len() < self.idle.kept {
            idle.push(instance);
        } else {
            // One instance too many is dropped after the lock.
            drop(idle);
            drop(instance);
        }
    }
}

#[derive(Debug)]
struct IdleInstances {
    /// The last one used is the first one taken: its memory is in the processor's cache.
    instances: Mutex<Vec<Box<Instance>>>,
    kept: usize,
}

impl IdleInstances {
    #[allow(clippy::vec_box, reason = "an instance is large, and moves at every call")]
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Box<Instance>>> {
        self.instances.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Idle for IdleInstances {
    fn release_one(&self) -> bool {
        let instance = self.lock().pop();
        instance.is_some()
    }
}
