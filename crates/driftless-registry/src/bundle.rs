//! One file with everything that a machine without a network needs: the lock, what was signed, and the files of plugins.
//!
//! It is a tar archive, so that people can look into it. Nothing is unpacked by its name: what the lock in it names is looked for, and everything
//! else is refused.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use driftless_plugin_api::digest::Digest;
use driftless_plugin_api::limit::MAX_PLUGIN_BYTES;

use crate::error::Error;
use crate::keys::MAX_SIGNATURE_BYTES;
use crate::layout::hex;
use crate::lock::{Lock, LockedPlugin};
use crate::resolve::Package;
use crate::signed::KeptStatement;
use crate::statement::MAX_STATEMENT_BYTES;
use crate::store::BlobStore;

/// The name of the lock in a bundle, which comes first.
const LOCK: &str = "plugins.lock";
const MAX_LOCK_BYTES: u64 = 32 << 20;
/// The most bytes of all its files together: they are in memory until they are checked.
const MAX_BUNDLE_BYTES: u64 = 2 << 30;
/// The most plugins of a bundle.
const MAX_PLUGINS: usize = 10_000;

/// A plugin of a bundle. Nothing of it is proven.
#[derive(Clone, Debug)]
pub struct BundledPlugin {
    /// The plugin.
    pub package: Package,
    /// What the lock in the bundle says of it.
    pub locked: LockedPlugin,
    /// What was signed of it.
    pub signed: KeptStatement,
    /// Its file.
    pub bytes: Vec<u8>,
}

/// Writes what a lock names into one file.
///
/// # Errors
///
/// When a file is not in the store or was changed, or `into` cannot be written.
pub fn save(lock: &Lock, store: &BlobStore, into: impl Write) -> Result<(), Error> {
    let unwritable = |error: io::Error| Error::Bundle(format!("it cannot be written: {error}"));
    let mut archive = tar::Builder::new(into);
    append(&mut archive, LOCK, lock.to_toml().as_bytes()).map_err(unwritable)?;
    // Two plugins may have one file.
    let mut written = std::collections::BTreeSet::new();
    for (package, plugin) in lock.plugins() {
        let missing = |error: io::Error| {
            Error::Bundle(format!(
                "{package} {}: {error}; `driftless plugin fetch --locked` fetches it",
                plugin.version
            ))
        };
        let kept = store.statement(&plugin.statement).map_err(missing)?;
        if written.insert(plugin.statement) {
            append(&mut archive, &statement_name(&plugin.statement), kept.text.as_bytes())
                .map_err(unwritable)?;
            if let Some(signature) = &kept.signature {
                append(&mut archive, &signature_name(&plugin.statement), signature.as_bytes())
                    .map_err(unwritable)?;
            }
        }
        if written.insert(plugin.digest) {
            let bytes = store.read(&plugin.digest).map_err(missing)?;
            append(&mut archive, &blob_name(&plugin.digest), &bytes).map_err(unwritable)?;
        }
    }
    archive.into_inner().and_then(|mut into| into.flush()).map_err(unwritable)
}

/// Reads what [`save`] wrote.
///
/// # Errors
///
/// When it is something else.
pub fn load(from: impl Read) -> Result<Vec<BundledPlugin>, Error> {
    let broken = |why: String| Error::Bundle(why);
    let unreadable = |error: io::Error| broken(format!("it cannot be read: {error}"));
    let mut archive = tar::Archive::new(from);
    let mut lock: Option<Lock> = None;
    let mut expected: BTreeMap<String, u64> = BTreeMap::from([(LOCK.to_owned(), MAX_LOCK_BYTES)]);
    let mut found: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut left = MAX_BUNDLE_BYTES;
    for entry in archive.entries().map_err(unreadable)? {
        let mut entry = entry.map_err(unreadable)?;
        let name = String::from_utf8(entry.path_bytes().into_owned()).unwrap_or_default();
        // Each is expected once.
        let Some(max_bytes) = expected.remove(&name).filter(|_| entry.header().entry_type().is_file()) else {
            let expected = if lock.is_none() {
                format!("it does not begin with `{LOCK}`")
            } else {
                "its lock does not name it".to_owned()
            };
            return Err(broken(format!("`{}` is in it: {expected}", crate::printable(&name))));
        };
        let size = entry.size();
        left = left
            .checked_sub(size)
            .ok_or_else(|| broken(format!("it has more than {MAX_BUNDLE_BYTES} bytes")))?;
        let bytes = read(&mut entry, size, max_bytes)?;
        if lock.is_some() {
            found.insert(name, bytes);
            continue;
        }
        let read = Lock::from_toml(
            &String::from_utf8(bytes).map_err(|_| broken(format!("`{LOCK}` in it is not UTF-8 text")))?,
        )?;
        if read.plugins().count() > MAX_PLUGINS {
            return Err(broken(format!("it has more than {MAX_PLUGINS} plugins")));
        }
        for (_, plugin) in read.plugins() {
            expected.insert(statement_name(&plugin.statement), MAX_STATEMENT_BYTES as u64);
            expected.insert(signature_name(&plugin.statement), MAX_SIGNATURE_BYTES as u64);
            expected.insert(blob_name(&plugin.digest), MAX_PLUGIN_BYTES.min(plugin.size_bytes));
        }
        lock = Some(read);
    }
    let lock = lock.ok_or_else(|| broken(format!("there is no `{LOCK}` in it")))?;
    let of_lock = |(package, locked): (&Package, &LockedPlugin)| {
        let missing = || broken(format!("{package} {} is not in it as a whole", locked.version));
        let as_text = |bytes: &Vec<u8>| String::from_utf8(bytes.clone()).map_err(|_| missing());
        let statement = found.get(&statement_name(&locked.statement)).ok_or_else(missing)?;
        let signature = found.get(&signature_name(&locked.statement)).map(as_text).transpose()?;
        let bytes = found.get(&blob_name(&locked.digest)).ok_or_else(missing)?.clone();
        let signed = KeptStatement { text: as_text(statement)?, signature };
        Ok(BundledPlugin { package: package.clone(), locked: locked.clone(), signed, bytes })
    };
    lock.plugins().map(of_lock).collect()
}

fn read(from: &mut dyn Read, size: u64, max_bytes: u64) -> Result<Vec<u8>, Error> {
    if size > max_bytes {
        return Err(Error::Bundle(format!(
            "a file in it has {size} bytes, and {max_bytes} are expected at most"
        )));
    }
    driftless_files::read_bounded(from, max_bytes)
        .map_err(|error| Error::Bundle(format!("it cannot be read: {error}")))
}

fn append(archive: &mut tar::Builder<impl Write>, name: &str, bytes: &[u8]) -> io::Result<()> {
    // The same for the same plugins: without owners and times.
    let mut header = tar::Header::new_ustar();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o444);
    archive.append_data(&mut header, name, bytes)
}

fn statement_name(digest: &Digest) -> String {
    format!("statements/{}.json", hex(digest))
}

fn signature_name(digest: &Digest) -> String {
    format!("statements/{}.json.minisig", hex(digest))
}

fn blob_name(digest: &Digest) -> String {
    format!("blobs/sha256/{}.wasm", hex(digest))
}
