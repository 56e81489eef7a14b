//! What is to be loaded.

use std::any::Any;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use driftless_plugin_api::digest::Digest;

/// A plugin that is not loaded yet: what it is called, where it came from, and what there is of it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// What the plugin is called unless its manifest says otherwise.
    pub name: Arc<str>,
    /// Where it came from.
    pub origin: Origin,
    /// What there is of it.
    pub form: Form,
    /// What a loader found out about it.
    found: OnceLock<Arc<dyn Any + Send + Sync>>,
}

impl Artifact {
    /// A plugin that is not loaded yet.
    pub fn new(name: impl Into<Arc<str>>, origin: impl Into<Origin>, form: Form) -> Self {
        Self { name: name.into(), origin: origin.into(), form, found: OnceLock::new() }
    }

    /// A plugin whose file is in memory.
    pub fn from_bytes(
        name: impl Into<Arc<str>>,
        origin: impl Into<Origin>,
        bytes: impl Into<Arc<[u8]>>,
    ) -> Self {
        Self::new(name, origin, Form::Bytes(bytes.into()))
    }

    /// What a loader finds out about the artifact, which it then need not find out again: to inspect a plugin and to load it go through its
    /// file once.
    pub fn once<T: Any + Send + Sync>(&self, find: impl Fn() -> T) -> Arc<T> {
        let found = self.found.get_or_init(|| Arc::new(find()));
        Arc::clone(found).downcast().unwrap_or_else(|_| Arc::new(find()))
    }

    /// The SHA-256 of the plugin's file. `None` where there is no file in memory: a loader that opens one hashes what it opened.
    ///
    /// It is computed at every call of this function, at about 1 GB a second.
    pub fn digest(&self) -> Option<Digest> {
        match &self.form {
            Form::Bytes(bytes) => Some(Digest::of(bytes)),
            Form::File(_) | Form::BuiltIn(_) => None,
        }
    }
}

/// Where a plugin came from, for people: a path, a URL, `embedded NAME`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(pub Arc<str>);

impl<T: Into<Arc<str>>> From<T> for Origin {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What there is of a plugin. A [`Loader`](crate::Loader) says which forms it accepts.
#[derive(Clone)]
pub enum Form {
    /// A file's content. The loader that knows its first bytes accepts it.
    Bytes(Arc<[u8]>),
    /// A file that runs where it lies.
    File(PathBuf),
    /// A part of the host's own program, which the loader of such parts knows the type of.
    BuiltIn(Arc<dyn Any + Send + Sync>),
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::BuiltIn(_) => f.write_str("BuiltIn"),
        }
    }
}
