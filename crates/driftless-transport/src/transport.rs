//! The way to call a loaded plugin.

use std::sync::Arc;

use driftless_plugin_api::cancel::CancelHandle;
use driftless_plugin_api::digest::Digest;
use driftless_plugin_api::function::{Function, FunctionSet};
use driftless_plugin_api::manifest::PluginManifest;

use crate::call::{Call, Reply};
use crate::deadline::Deadline;
use crate::error::CallError;

/// What is known of a plugin without executing it.
#[derive(Clone, Debug)]
pub struct PluginInfo {
    /// What it is called: by its manifest, else as its artifact is.
    pub name: Arc<str>,
    /// Its version, from the manifest.
    pub version: Option<Arc<str>>,
    /// What it says about itself.
    pub manifest: Option<PluginManifest>,
    /// The SHA-256 of its file, or of what identifies it where there is none.
    pub digest: Digest,
    /// The functions of the protocol that it has.
    pub functions: FunctionSet,
}

impl PluginInfo {
    /// What is known of a plugin with this manifest; `name` is what it is called where there is none.
    pub fn new(
        name: impl Into<Arc<str>>,
        manifest: Option<PluginManifest>,
        digest: Digest,
        functions: FunctionSet,
    ) -> Self {
        let named = manifest.as_ref().map(|manifest| manifest.name.as_str().into());
        let version = manifest.as_ref().map(|manifest| manifest.version.as_str().into());
        Self { name: named.unwrap_or_else(|| name.into()), version, manifest, digest, functions }
    }

    /// Whether the plugin has a function.
    #[inline]
    pub fn has(&self, function: Function) -> bool {
        self.functions.contains(function)
    }
}

/// A loaded plugin, called from any thread.
///
/// Calls at the same time may run in instances of their own, so whatever a plugin keeps in its memory from one call to the next is there by
/// chance. Calls that belong together go through a [`Conversation`].
pub trait Transport: Send + Sync {
    /// What is known of the plugin.
    fn info(&self) -> &PluginInfo;

    /// Makes one call on an instance that is free or can be made, and hands the reply to `read`, which is called once at most.
    ///
    /// # Errors
    ///
    /// When there is no reply. `read` was not called then.
    fn call(&self, call: &Call<'_>, read: &mut dyn FnMut(Reply<'_>)) -> Result<(), CallError>;

    /// Opens a conversation with an instance of its own, initialised and ready.
    ///
    /// # Errors
    ///
    /// When no instance is free within the deadline, or the plugin fails while it starts.
    fn open(
        &self,
        deadline: Deadline,
        cancel: Option<&CancelHandle>,
    ) -> Result<Box<dyn Conversation>, CallError>;
}

/// Calls that share one instance of a plugin, and with it the plugin's memory.
pub trait Conversation: Send {
    /// Makes one call and hands the reply to `read`, which is called once at most.
    ///
    /// # Errors
    ///
    /// When there is no reply. `read` was not called then.
    fn call(&mut self, call: &Call<'_>, read: &mut dyn FnMut(Reply<'_>)) -> Result<(), CallError>;

    /// Whether a call failed in a way after which the instance is of no use. Further calls fail as well.
    fn is_over(&self) -> bool;
}
