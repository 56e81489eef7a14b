//! Installed plugins.

use std::io;
use std::path::PathBuf;

/// The plugins that are installed.
pub trait Store: Send + Sync {
    /// What is there, in the order of the names.
    ///
    /// # Errors
    ///
    /// When the store cannot be read. One that does not exist is empty.
    fn list(&self) -> io::Result<Vec<StoredPlugin>>;

    /// The bytes of one of them.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is larger than a plugin may be.
    fn read(&self, plugin: &StoredPlugin) -> io::Result<Vec<u8>>;
}

/// A plugin in a store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoredPlugin {
    /// What the store calls it. Its manifest may call it otherwise.
    pub name: String,
    /// The file that holds it.
    pub path: PathBuf,
}
