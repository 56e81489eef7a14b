//! WebAssembly as a transport of the host.

use std::sync::Arc;

use driftless_transport::{Admit, Artifact, Form, LoadError, Loader, PluginInfo, Refusal, Transport};
use driftless_validator::{PluginFile, ValidationError, Violation};

use crate::error::{CompileError, SetupError};
use crate::pool::InstancePool;
use crate::sandbox::Sandbox;

/// Accepts every file that is in memory, so a host asks it last.
impl Loader for Sandbox {
    fn accepts(&self, artifact: &Artifact) -> bool {
        // A file that is no WebAssembly is accepted as well: the validator says what is wrong with it.
        matches!(&artifact.form, Form::Bytes(_))
    }

    fn inspect(&self, artifact: &Artifact) -> Result<PluginInfo, LoadError> {
        let file = file(artifact)?;
        let info = file.info();
        let functions = info.functions().ok_or_else(|| {
            let why = info.defect().map_or("it is no WebAssembly".to_owned(), ToString::to_string);
            LoadError::Refused(vec![why.into()])
        })?;
        Ok(PluginInfo::new(Arc::clone(&artifact.name), info.manifest().cloned(), info.digest(), functions))
    }

    fn name(&self, artifact: &Artifact) -> Result<Arc<str>, LoadError> {
        match &artifact.form {
            Form::Bytes(bytes) => {
                let name = driftless_validator::manifest_name(bytes);
                Ok(name.map_or_else(|| Arc::clone(&artifact.name), Into::into))
            }
            _ => Err(no_file()),
        }
    }

    fn load(&self, artifact: &Artifact, admit: Admit<'_>) -> Result<Arc<dyn Transport>, LoadError> {
        let module = self.validate_file(&*file(artifact)?).map_err(refused)?;
        let manifest = module.manifest().cloned();
        let info = PluginInfo::new(Arc::clone(&artifact.name), manifest, module.digest(), module.functions());
        let context = admit(&info)?;
        let compiled =
            self.compile_within(&artifact.name, &module, context).map_err(|error| match error {
                CompileError::Limit(exceeded) => LoadError::Limit(exceeded),
                CompileError::Setup(SetupError::AddressSpace(refused)) => LoadError::AddressSpace(refused),
                CompileError::Compiler(_) | CompileError::Setup(_) => LoadError::Failed(error.to_string()),
            })?;
        Ok(Arc::new(InstancePool::new(compiled)))
    }
}

/// An artifact's file with what was found out about it.
fn file(artifact: &Artifact) -> Result<Arc<PluginFile>, LoadError> {
    match &artifact.form {
        Form::Bytes(bytes) => Ok(artifact.once(|| PluginFile::inspect(Arc::clone(bytes)))),
        _ => Err(no_file()),
    }
}

fn no_file() -> LoadError {
    LoadError::Failed("the sandbox runs WebAssembly files only".to_owned())
}

fn refused(error: ValidationError) -> LoadError {
    let reason = |violation: &Violation| Refusal { message: violation.to_string(), remedy: violation.remedy };
    LoadError::Refused(error.violations.iter().map(reason).collect())
}
