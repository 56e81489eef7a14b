//! A plugin that is ready to run.

use std::sync::Arc;

use driftless_plugin_api::function::Function;
use driftless_plugin_api::manifest::PluginManifest;
use driftless_transport::{CallError, CancelHandle, Deadline, Digest, PluginInfo};

use crate::image::Image;
use crate::instance::Instance;
use crate::slots::Slots;

/// A plugin as machine code, from which instances are made. Cheap to clone.
#[derive(Clone)]
pub struct CompiledPlugin(Arc<Image>);

impl CompiledPlugin {
    pub(crate) fn new(image: Image) -> Self {
        Self(Arc::new(image))
    }

    /// What is known of it: its name by its manifest, else as it was given to [`Sandbox::compile`](crate::Sandbox::compile).
    pub fn info(&self) -> &PluginInfo {
        &self.0.plugin.info
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.0.plugin.info.name
    }

    /// The SHA-256 of its file.
    pub fn digest(&self) -> Digest {
        self.0.plugin.info.digest
    }

    /// What it says about itself.
    pub fn manifest(&self) -> Option<&PluginManifest> {
        self.0.plugin.info.manifest.as_ref()
    }

    /// Whether it exports a function.
    pub fn exports(&self, function: Function) -> bool {
        self.0.code.exports(function)
    }

    /// A fresh instance, with nothing in its memory but what the file put there.
    ///
    /// # Errors
    ///
    /// When no instance is free within the time of a call, or the plugin fails while it starts.
    pub fn instantiate(&self) -> Result<Instance, CallError> {
        self.instantiate_within(Deadline::After(self.0.plugin.shared.limits.time), None)
    }

    /// A fresh instance, initialised within a deadline and until it is cancelled.
    ///
    /// # Errors
    ///
    /// As for [`instantiate`](Self::instantiate), and when it is cancelled.
    pub fn instantiate_within(
        &self,
        deadline: Deadline,
        cancel: Option<&CancelHandle>,
    ) -> Result<Instance, CallError> {
        Instance::new(&self.0, deadline, cancel)
    }

    /// No call will need an instance any more: all of them are shut down by a deadline.
    pub(crate) fn closes(&self, deadline: Deadline) {
        let _ = self.0.plugin.closing.set(deadline);
    }

    pub(crate) fn slots(&self) -> &Arc<Slots> {
        &self.0.plugin.shared.slots
    }
}

impl std::fmt::Debug for CompiledPlugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CompiledPlugin")
            .field("name", &self.0.plugin.info.name)
            .field("digest", &self.0.plugin.info.digest)
            .finish()
    }
}
