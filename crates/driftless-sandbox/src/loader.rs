//! WebAssembly as a transport of the host.

use std::sync::Arc;

use driftless_transport::{Admit, Artifact, Digest, Form, LoadError, Loader, PluginInfo, Transport};

use crate::error::{CompileError, ValidationError};
use crate::pool::InstancePool;
use crate::sandbox::Sandbox;
use crate::validate;

/// Accepts every file that is in memory, so a host asks it last.
impl Loader for Sandbox {
    fn accepts(&self, artifact: &Artifact) -> bool {
        // A file that is no WebAssembly is accepted as well: the validator says what is wrong with it.
        matches!(&artifact.form, Form::Bytes(_))
    }

    fn inspect(&self, artifact: &Artifact) -> Result<PluginInfo, LoadError> {
        let bytes = bytes_of(artifact)?;
        let outline = validate::outline(bytes);
        let functions = outline.functions.ok_or_else(|| {
            LoadError::Refused(vec!["it cannot be read as a WebAssembly module or component".to_owned()])
        })?;
        let functions = functions.into_iter().collect();
        Ok(PluginInfo::new(Arc::clone(&artifact.name), outline.manifest, Digest::of(bytes), functions))
    }

    fn load(&self, artifact: &Artifact, admit: Admit<'_>) -> Result<Arc<dyn Transport>, LoadError> {
        let module = self.validate(bytes_of(artifact)?).map_err(refused)?;
        let functions = module.functions().iter().copied().collect();
        let manifest = module.manifest().cloned();
        let info = PluginInfo::new(Arc::clone(&artifact.name), manifest, module.digest(), functions);
        let context = admit(&info)?;
        let compiled =
            self.compile_within(&artifact.name, &module, context).map_err(|error| match error {
                CompileError::Limit(exceeded) => LoadError::Limit(exceeded),
                CompileError::Compiler(_) => LoadError::Failed(error.to_string()),
            })?;
        Ok(Arc::new(InstancePool::new(compiled)))
    }
}

fn bytes_of(artifact: &Artifact) -> Result<&[u8], LoadError> {
    match &artifact.form {
        Form::Bytes(bytes) => Ok(bytes),
        _ => Err(LoadError::Failed("the sandbox runs WebAssembly files only".to_owned())),
    }
}

fn refused(error: ValidationError) -> LoadError {
    LoadError::Refused(error.violations.iter().map(ToString::to_string).collect())
}
