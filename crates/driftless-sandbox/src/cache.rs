//! Machine code, kept between runs, and the record of what was validated.
//!
//! Loading machine code means running it with the rights of the host, so a file in the cache is believed only when it carries a keyed
//! hash that was made by a process that can read the key. The key is a file of its own, outside the cache folder, readable
//! by its owner alone. What was hashed is what is loaded: the file is read into memory, checked there, and never opened
//! again.

use std::fs::{self, File, OpenOptions};
use std::hash::{Hash, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use driftless_transport::Digest;
use driftless_validator::{PluginFile, PolicyKey, Rules, ValidatedPlugin, ValidationRecord};
use thiserror::Error;
use wasmtime::component::Component;
use wasmtime::{Engine, Module};

use crate::machine_code::MachineCode;

/// A folder of machine code.
#[derive(Clone)]
pub struct MachineCodeCache {
    folder: PathBuf,
    key: [u8; blake3::KEY_LEN],
}

/// A cache that cannot be used safely, or at all.
#[derive(Debug, Error)]
pub enum CacheError {
    /// A folder or file that could not be read or made.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another user could put code there.
    #[error("{}: {why}", path.display())]
    Unsafe {
        /// Which folder or file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        why: &'static str,
    },
}

const MAGIC: &[u8; 8] = b"DLCODE01";
const HEADER: usize = MAGIC.len() + blake3::OUT_LEN;

/// When the folder has grown beyond this, what was not used for longest is removed.
const MAX_CACHE_BYTES: u64 = 1 << 30;

impl MachineCodeCache {
    /// Opens the cache in `folder`, with the key in the file `key`; makes both where they are missing.
    ///
    /// # Errors
    ///
    /// When one of them cannot be made, belongs to another user, or is open to others.
    pub fn open(folder: &Path, key: &Path) -> Result<Self, CacheError> {
        make_private_folder(folder)?;
        if let Some(parent) = key.parent() {
            fs::create_dir_all(parent).map_err(|source| failed(parent, source))?;
        }
        Ok(Self { folder: folder.to_owned(), key: read_or_make_key(key)? })
    }

    /// The proof that a file has passed these rules before, if there is the record of it.
    pub(crate) fn known(&self, file: &PluginFile, rules: Rules) -> Option<ValidatedPlugin> {
        // This cache vouches for it: without its key, no process can make a record that it loads.
        let record = self.load(&CacheKey::of_record(file.info().digest(), rules.policy_key()))?;
        file.restore(&ValidationRecord::from_bytes(record.bytes())?, rules)
    }

    /// Keeps the record that a file has passed these rules.
    pub(crate) fn remember(&self, plugin: &ValidatedPlugin, rules: Rules) {
        let key = CacheKey::of_record(plugin.digest(), rules.policy_key());
        // Where it cannot be written, the file is read through again the next time.
        let _ = self.store(&key, &plugin.record().to_bytes());
    }

    /// What is kept under a key, if it is there and unchanged.
    pub(crate) fn load(&self, key: &CacheKey) -> Option<Trusted> {
        let file = open_without_following(&self.path(key)).ok()?;
        let bytes = driftless_files::read_opened(&file, MAX_CACHE_BYTES).ok()?;
        let code = bytes.get(HEADER..)?;
        let tag: [u8; blake3::OUT_LEN] = bytes[MAGIC.len()..HEADER].try_into().ok()?;
        // Comparing two blake3 hashes takes the same time wherever they differ.
        if &bytes[..MAGIC.len()] != MAGIC || self.tag(key, code) != blake3::Hash::from_bytes(tag) {
            return None;
        }
        // What is used stays; whether the time could be written does not matter.
        let _ = file.set_modified(SystemTime::now());
        Some(Trusted(bytes))
    }

    /// Keeps something under a key. A reader sees all of it or nothing.
    pub(crate) fn store(&self, key: &CacheKey, code: &[u8]) -> io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(&self.folder)?;
        file.write_all(MAGIC)?;
        file.write_all(self.tag(key, code).as_bytes())?;
        file.write_all(code)?;
        file.as_file().sync_all()?;
        file.persist(self.path(key)).map_err(|error| error.error)?;
        self.prune()
    }

    fn path(&self, key: &CacheKey) -> PathBuf {
        self.folder.join(format!("{}{}", blake3::Hash::from_bytes(key.hash).to_hex(), key.suffix))
    }

    /// Binds the code to the module that it was compiled from, so that one cache file cannot stand in for another.
    fn tag(&self, key: &CacheKey, code: &[u8]) -> blake3::Hash {
        blake3::Hasher::new_keyed(&self.key).update(&key.hash).update(code).finalize()
    }

    fn prune(&self) -> io::Result<()> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            if metadata.is_file() {
                files.push((metadata.modified()?, metadata.len(), entry.path()));
            }
        }
        let mut total: u64 = files.iter().map(|(_, length, _)| length).sum();
        files.sort_unstable();
        for (_, length, path) in files {
            if total <= MAX_CACHE_BYTES {
                break;
            }
            fs::remove_file(path)?;
            total -= length;
        }
        Ok(())
    }
}

impl std::fmt::Debug for MachineCodeCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MachineCodeCache").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// What something in the cache depends on.
pub(crate) struct CacheKey {
    hash: [u8; 32],
    /// Behind the name of its file.
    suffix: &'static str,
}

impl CacheKey {
    /// Of the record that a file has passed: the file and the rules.
    pub(crate) fn of_record(digest: Digest, policy: PolicyKey) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"record").update(policy.as_bytes()).update(digest.as_bytes());
        Self { hash: *hasher.finalize().as_bytes(), suffix: ".record" }
    }

    /// Of the functions of a family of plugins. Each has the compiler and its settings in its own key.
    pub(crate) fn of_functions(family: [u8; 32]) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"functions").update(&family);
        Self { hash: *hasher.finalize().as_bytes(), suffix: ".functions" }
    }

    /// Of a plugin's machine code: the file, the compiler and its settings. The rules by which the file passed have no part in it: code is looked
    /// for only with the proof that the file passes now.
    pub(crate) fn of_code(engine: &Engine, plugin: &ValidatedPlugin) -> Self {
        let mut hasher = Blake3Hasher(blake3::Hasher::new());
        hasher.write(b"code");
        hasher.write(plugin.digest().as_bytes());
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Self { hash: *hasher.0.finalize().as_bytes(), suffix: "" }
    }
}

struct Blake3Hasher(blake3::Hasher);

impl Hasher for Blake3Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        unreachable!("only the full hash is read")
    }
}

/// Bytes whose keyed hash was right. Only [`MachineCodeCache::load`] makes one.
#[derive(Debug)]
pub(crate) struct Trusted(Vec<u8>);

impl Trusted {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0[HEADER..]
    }

    #[allow(
        unsafe_code,
        reason = "machine code can only be loaded by trusting it, and this type is that trust"
    )]
    pub(crate) fn deserialize(
        &self,
        engine: &Engine,
        is_wasm_component: bool,
    ) -> wasmtime::Result<MachineCode> {
        // SAFETY: these bytes came out of `serialize`, since their hash was made with a key that only the owner of
        // this cache can read, over exactly these bytes; they are in memory, where no other process can change them. That they
        // were made by this very version of the engine is checked by wasmtime itself.
        unsafe {
            if is_wasm_component {
                Component::deserialize(engine, self.bytes()).map(MachineCode::Component)
            } else {
                Module::deserialize(engine, self.bytes()).map(MachineCode::Module)
            }
        }
    }
}

fn failed(path: &Path, source: io::Error) -> CacheError {
    CacheError::Io { path: path.to_owned(), source }
}

fn refuse(path: &Path, why: &'static str) -> CacheError {
    CacheError::Unsafe { path: path.to_owned(), why }
}

fn read_or_make_key(path: &Path) -> Result<[u8; blake3::KEY_LEN], CacheError> {
    match open_without_following(path) {
        Ok(file) => read_key(path, &file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => make_key(path),
        Err(error) => Err(failed(path, error)),
    }
}

fn read_key(path: &Path, file: &File) -> Result<[u8; blake3::KEY_LEN], CacheError> {
    let metadata = file.metadata().map_err(|error| failed(path, error))?;
    if !is_private(&metadata) {
        return Err(refuse(path, "the key can be read by others; remove it, and a new one is made"));
    }
    let wrong_length = || refuse(path, "the key does not have 32 bytes; remove it, and a new one is made");
    match driftless_files::read_opened(file, blake3::KEY_LEN as u64) {
        Ok(key) => key.try_into().map_err(|_| wrong_length()),
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => Err(wrong_length()),
        Err(error) => Err(failed(path, error)),
    }
}

fn make_key(path: &Path) -> Result<[u8; blake3::KEY_LEN], CacheError> {
    let mut key = [0; blake3::KEY_LEN];
    getrandom::fill(&mut key).map_err(|error| failed(path, error.into()))?;
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A temporary file is private from its first moment.
    let made = tempfile::NamedTempFile::new_in(folder).and_then(|mut file| {
        file.write_all(&key)?;
        file.as_file().sync_all()?;
        Ok(file)
    });
    match made.map_err(|error| failed(path, error))?.persist_noclobber(path) {
        Ok(_) => Ok(key),
        // Another process was quicker, and its key is as good.
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
            let file = open_without_following(path).map_err(|error| failed(path, error))?;
            read_key(path, &file)
        }
        Err(error) => Err(failed(path, error.error)),
    }
}

#[cfg(unix)]
fn make_private_folder(folder: &Path) -> Result<(), CacheError> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| failed(folder, error))?;
    let metadata = fs::symlink_metadata(folder).map_err(|error| failed(folder, error))?;
    if metadata.is_symlink() {
        return Err(refuse(folder, "the cache folder is a symbolic link"));
    }
    if !is_private(&metadata) {
        return Err(refuse(folder, "the cache folder is open to others; `chmod 700` it, or remove it"));
    }
    Ok(())
}

#[cfg(unix)]
fn is_private(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    metadata.uid() == rustix::process::geteuid().as_raw() && metadata.mode() & 0o077 == 0
}

#[cfg(unix)]
fn open_without_following(path: &Path) -> io::Result<File> {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;
    // A pipe is not waited for.
    let flags = OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(path)
}

// Elsewhere the user's own folder is private by the system's default, and the keyed hash holds all the same.
#[cfg(not(unix))]
fn make_private_folder(folder: &Path) -> Result<(), CacheError> {
    fs::create_dir_all(folder).map_err(|error| failed(folder, error))
}

#[cfg(not(unix))]
fn is_private(_: &fs::Metadata) -> bool {
    true
}

#[cfg(not(unix))]
fn open_without_following(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(path)
}
