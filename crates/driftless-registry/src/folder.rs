//! A folder of `.wasm` files.

use std::io;
use std::path::PathBuf;

use driftless_files::Readers;
use driftless_plugin_api::limit::MAX_PLUGIN_BYTES;

use crate::installed::{Store, StoredPlugin};

/// A folder in which every `.wasm` file is a plugin.
///
/// ```
/// use driftless_registry::{LocalFolder, Store};
///
/// let nowhere = LocalFolder::new("/a/folder/that/does/not/exist");
/// assert!(nowhere.list()?.is_empty());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct LocalFolder(PathBuf);

impl LocalFolder {
    /// The plugins in this folder. It need not exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The file of a plugin that is put into the folder under this name.
    pub fn path_of(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}.wasm"))
    }

    /// Puts a plugin into the folder under this name, in the place of the one that is there. The folder is made where there is none.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        std::fs::create_dir_all(&self.0)?;
        driftless_files::replace(&self.path_of(name), bytes, Readers::Umask)
    }
}

impl Store for LocalFolder {
    fn list(&self) -> io::Result<Vec<StoredPlugin>> {
        let mut plugins = Vec::new();
        for path in driftless_files::list_regular(&self.0, "wasm")? {
            if let Some(name) = path.file_stem().and_then(|stem| stem.to_str()) {
                plugins.push(StoredPlugin { name: name.to_owned(), path });
            }
        }
        plugins.sort();
        Ok(plugins)
    }

    fn read(&self, plugin: &StoredPlugin) -> io::Result<Vec<u8>> {
        driftless_files::read_regular(&plugin.path, MAX_PLUGIN_BYTES).map_err(|error| match error.kind() {
            io::ErrorKind::FileTooLarge => {
                io::Error::new(error.kind(), format!("{error}, which no plugin has"))
            }
            _ => error,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_wasm_files_are_plugins() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.wasm", "a.wasm", "notes.txt", "wasm"] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        fs::create_dir(folder.path().join("folder.wasm")).unwrap();
        let store = LocalFolder::new(folder.path());
        let plugins = store.list().unwrap();
        let names: Vec<_> = plugins.iter().map(|plugin| plugin.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(store.read(&plugins[0]).unwrap(), b"a.wasm");
    }

    #[test]
    fn what_is_put_there_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalFolder::new(folder.path().join("new/plugins"));
        store.put("a", b"one").unwrap();
        store.put("a", b"two").unwrap();
        let plugins = store.list().unwrap();
        assert_eq!(plugins, [StoredPlugin { name: "a".to_owned(), path: store.path_of("a") }]);
        assert_eq!(store.read(&plugins[0]).unwrap(), b"two");
    }

    #[test]
    fn a_file_without_end_is_not_read_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("huge.wasm");
        fs::File::create(&path).unwrap().set_len(MAX_PLUGIN_BYTES + 1).unwrap();
        let store = LocalFolder::new(folder.path());
        let error = store.read(&store.list().unwrap()[0]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_in_the_place_of_a_plugin_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe.wasm");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let store = LocalFolder::new(folder.path());
        assert!(store.list().unwrap().is_empty());
        let error = store.read(&StoredPlugin { name: "pipe".to_owned(), path }).unwrap_err();
        assert_eq!(error.to_string(), "it is no regular file");
    }
}
