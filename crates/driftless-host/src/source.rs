//! Where a host gets its plugins from.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use driftless_plugin_api::limit::MAX_PLUGIN_BYTES;
use driftless_transport::Form;

/// A place where plugins are: a folder, a store, a program's own resources.
///
/// The host asks for a list first, and reads only what it needs.
pub trait PluginSource: Send + Sync {
    /// What is there, without looking inside.
    ///
    /// # Errors
    ///
    /// When the place cannot be read. A place that does not exist is empty.
    fn list(&self) -> io::Result<Vec<Candidate>>;

    /// One of them, to be loaded.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    fn open(&self, candidate: &Candidate) -> io::Result<Form>;
}

/// A plugin that is there, as far as one can tell from outside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// What it is called unless its manifest says otherwise.
    pub name: String,
    /// Where it is, for people and for [`PluginSource::open`]: a path, a URL.
    pub origin: String,
}

/// Single files, each a plugin that is called like its file.
#[derive(Clone, Debug, Default)]
pub struct Files(Vec<PathBuf>);

impl Files {
    /// These files.
    pub fn new(paths: impl IntoIterator<Item = impl Into<PathBuf>>) -> Self {
        Self(paths.into_iter().map(Into::into).collect())
    }
}

impl PluginSource for Files {
    fn list(&self) -> io::Result<Vec<Candidate>> {
        let candidate = |path: &PathBuf| Candidate {
            name: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            origin: path.display().to_string(),
        };
        Ok(self.0.iter().map(candidate).collect())
    }

    fn open(&self, candidate: &Candidate) -> io::Result<Form> {
        let path = self.0.iter().find(|path| path.display().to_string() == candidate.origin);
        read(path.ok_or(io::ErrorKind::NotFound)?)
    }
}

/// A folder in which every `.wasm` file is a plugin that is called like its file. It need not exist.
///
/// ```
/// use driftless_host::{Folder, PluginManager};
///
/// let manager = PluginManager::builder().source(Folder::new("/a/folder/that/does/not/exist")).build()?;
/// assert!(manager.list()?.is_empty());
/// # Ok::<(), driftless_host::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// The plugins in this folder.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }
}

impl PluginSource for Folder {
    fn list(&self) -> io::Result<Vec<Candidate>> {
        let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", self.0.display()));
        let files = driftless_files::list_regular(&self.0, "wasm").map_err(named)?;
        // A plugin has to have a name that can be said.
        let candidates = files.iter().filter_map(|path| {
            let name = path.file_stem()?.to_str()?.to_owned();
            Some(Candidate { name, origin: path.display().to_string() })
        });
        Ok(candidates.collect())
    }

    fn open(&self, candidate: &Candidate) -> io::Result<Form> {
        read(&self.0.join(format!("{}.wasm", candidate.name)))
    }
}

/// Whatever else the path may lead to by now, only a file that can be a plugin is read.
fn read(path: &Path) -> io::Result<Form> {
    Ok(Form::Bytes(driftless_files::read_regular(path, MAX_PLUGIN_BYTES)?.into()))
}

/// Plugins that a program carries with it.
#[derive(Clone, Debug, Default)]
pub struct Embedded(Vec<(String, Form)>);

impl Embedded {
    /// One plugin, called `name` unless its manifest says otherwise.
    pub fn new(name: impl Into<String>, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self::default().and(name, bytes)
    }

    /// Plugins of any form, by name, such as the built-in ones of `driftless-builtin`.
    pub fn forms(forms: impl IntoIterator<Item = (String, Form)>) -> Self {
        Self(forms.into_iter().collect())
    }

    /// One more.
    #[must_use]
    pub fn and(mut self, name: impl Into<String>, bytes: impl Into<Arc<[u8]>>) -> Self {
        self.0.push((name.into(), Form::Bytes(bytes.into())));
        self
    }
}

impl PluginSource for Embedded {
    fn list(&self) -> io::Result<Vec<Candidate>> {
        let candidate = |name: &String| Candidate { name: name.clone(), origin: format!("embedded {name}") };
        Ok(self.0.iter().map(|(name, _)| candidate(name)).collect())
    }

    fn open(&self, candidate: &Candidate) -> io::Result<Form> {
        let known = self.0.iter().find(|(name, _)| *name == candidate.name);
        known.map(|(_, form)| form.clone()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}
