//! The way from an artifact to a transport.

use std::sync::Arc;

use crate::artifact::Artifact;
use crate::context::HostContext;
use crate::error::LoadError;
use crate::transport::{PluginInfo, Transport};

/// Loads plugins of the forms that one transport carries.
///
/// The host asks its loaders in order, and the first that accepts an artifact loads it.
pub trait Loader: Send + Sync {
    /// Whether this loader is the one for an artifact. Looks at its form and, of a file, at the first bytes.
    fn accepts(&self, artifact: &Artifact) -> bool;

    /// What a plugin says about itself. Nothing of it is executed, and nothing is believed that costs more than reading it once.
    ///
    /// # Errors
    ///
    /// When it cannot be read as a plugin. That it can be is no promise that it may run.
    fn inspect(&self, artifact: &Artifact) -> Result<PluginInfo, LoadError>;

    /// What a plugin is called, which may be told sooner than all that [`inspect`](Self::inspect) tells.
    ///
    /// # Errors
    ///
    /// As for [`inspect`](Self::inspect).
    fn name(&self, artifact: &Artifact) -> Result<Arc<str>, LoadError> {
        self.inspect(artifact).map(|info| info.name)
    }

    /// Checks a plugin and makes it ready to be called.
    ///
    /// `admit` is asked once, when the plugin is checked and before anything of it is executed: it refuses the plugin, or says what it can
    /// reach.
    ///
    /// # Errors
    ///
    /// When the plugin is refused or cannot be made ready.
    fn load(&self, artifact: &Artifact, admit: Admit<'_>) -> Result<Arc<dyn Transport>, LoadError>;
}

/// Decides about a checked plugin, see [`Loader::load`].
pub type Admit<'a> = &'a dyn Fn(&PluginInfo) -> Result<HostContext, LoadError>;
