//! The built-in plugins of a program, and their loader.

use std::sync::Arc;

use driftless_plugin_api::linked::LinkedPlugin;
use driftless_plugin_api::manifest::PluginManifest;
use driftless_transport::{Admit, Artifact, Digest, Form, Limits, LoadError, Loader, PluginInfo, Transport};

use crate::transport::LinkedTransport;

/// The built-in plugins of a program. It is the loader of its plugins, and has their forms for a source. Cheap to clone.
#[derive(Clone, Default)]
pub struct BuiltIns {
    plugins: Vec<Arc<dyn LinkedPlugin>>,
    limits: Limits,
}

/// What the form of a built-in plugin holds.
struct Linked(Arc<dyn LinkedPlugin>);

impl BuiltIns {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more.
    #[must_use]
    pub fn with(mut self, plugin: impl LinkedPlugin + 'static) -> Self {
        self.plugins.push(Arc::new(plugin));
        self
    }

    /// What a call may use: of these limits, the time, the bytes of a reply, of a message, and of what the host answers are kept. Without it,
    /// the defaults.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The plugins by name, for the host's source `Embedded::forms`.
    pub fn forms(&self) -> impl Iterator<Item = (String, Form)> {
        self.plugins.iter().map(|plugin| {
            let name = manifest(&**plugin).map_or_else(|_| "built-in".to_owned(), |manifest| manifest.name);
            (name, Form::BuiltIn(Arc::new(Linked(Arc::clone(plugin)))))
        })
    }

    fn linked(artifact: &Artifact) -> Option<&Linked> {
        match &artifact.form {
            Form::BuiltIn(form) => form.downcast_ref(),
            _ => None,
        }
    }
}

impl std::fmt::Debug for BuiltIns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.forms().map(|(name, _)| name)).finish()
    }
}

impl Loader for BuiltIns {
    fn accepts(&self, artifact: &Artifact) -> bool {
        Self::linked(artifact).is_some()
    }

    fn inspect(&self, artifact: &Artifact) -> Result<PluginInfo, LoadError> {
        let plugin = &Self::linked(artifact).ok_or_else(|| LoadError::Failed("it is not built in".into()))?.0;
        let manifest = manifest(&**plugin)?;
        // There is no file. What is granted is granted to what the plugin says about itself.
        let digest = Digest::of(plugin.manifest().as_bytes());
        Ok(PluginInfo::new(Arc::clone(&artifact.name), Some(manifest), digest, plugin.functions()))
    }

    fn load(&self, artifact: &Artifact, admit: Admit<'_>) -> Result<Arc<dyn Transport>, LoadError> {
        let info = self.inspect(artifact)?;
        let context = admit(&info)?;
        let Some(Linked(plugin)) = Self::linked(artifact) else {
            return Err(LoadError::Failed("it is not built in".into()));
        };
        Ok(Arc::new(LinkedTransport::new(info, Arc::clone(plugin), context, self.limits.clone())))
    }
}

fn manifest(plugin: &dyn LinkedPlugin) -> Result<PluginManifest, LoadError> {
    serde_json::from_str(plugin.manifest())
        .map_err(|error| LoadError::Refused(vec![format!("its manifest cannot be read: {error}").into()]))
}
