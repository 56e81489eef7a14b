//! The plugins of registries on this machine: files that are named by their digests.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use driftless_plugin_api::digest::Digest;
use driftless_plugin_api::limit::MAX_PLUGIN_BYTES;

use crate::error::{Error, SourceError, TreeError};
use crate::gate::VerifiedRelease;
use crate::keys::MAX_SIGNATURE_BYTES;
use crate::layout::hex;
use crate::signed::KeptStatement;
use crate::source::Source;
use crate::statement::{MAX_STATEMENT_BYTES, Statement};

/// A folder of files that are named by their digests, and never change. What is read from it is hashed, and what is hashed is what is handed out.
#[derive(Clone, Debug)]
pub struct BlobStore {
    root: PathBuf,
}

impl BlobStore {
    /// The store in this folder. It need not exist.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The file of a plugin.
    pub fn path_of(&self, digest: &Digest) -> PathBuf {
        self.root.join("blobs").join("sha256").join(format!("{}.wasm", hex(digest)))
    }

    /// Whether there is a file of this digest. What is in it is seen when it is [read](Self::read).
    pub fn has(&self, digest: &Digest) -> bool {
        self.path_of(digest).symlink_metadata().is_ok_and(|metadata| metadata.is_file())
    }

    /// The bytes of a plugin.
    ///
    /// # Errors
    ///
    /// When there is no such file, or its bytes are others: [`InvalidData`](io::ErrorKind::InvalidData), with both digests.
    pub fn read(&self, digest: &Digest) -> io::Result<Vec<u8>> {
        let bytes = driftless_files::read_regular(&self.path_of(digest), MAX_PLUGIN_BYTES)?;
        let found = Digest::of(&bytes);
        if found != *digest {
            let why = format!("its bytes were changed: expected {digest}, found {found}");
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        Ok(bytes)
    }

    /// Puts the file of a plugin there, and what was signed of it.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn put(&self, digest: &Digest, bytes: &[u8], signed: &KeptStatement) -> Result<(), Error> {
        let statement = self.statement_path(&Digest::of(signed.text.as_bytes()));
        write(&statement, signed.text.as_bytes())?;
        if let Some(signature) = &signed.signature {
            write(&signature_beside(&statement), signature.as_bytes())?;
        }
        // Last, so that what is there has a statement.
        let path = self.path_of(digest);
        if !self.has(digest) || self.read(digest).is_err() {
            write(&path, bytes)?;
        }
        self.forget_download(digest);
        Ok(())
    }

    /// Removes what is left of a download.
    pub(crate) fn forget_download(&self, digest: &Digest) {
        let _ = fs::remove_file(self.partial(digest));
    }

    /// The statement of this digest, with its signature.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or its bytes are others.
    pub fn statement(&self, digest: &Digest) -> io::Result<KeptStatement> {
        let path = self.statement_path(digest);
        let invalid = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why.to_owned());
        let bytes = driftless_files::read_regular(&path, MAX_STATEMENT_BYTES as u64)?;
        if Digest::of(&bytes) != *digest {
            return Err(invalid("the statement was changed"));
        }
        let signature =
            match driftless_files::read_regular(&signature_beside(&path), MAX_SIGNATURE_BYTES as u64) {
                Ok(bytes) => Some(String::from_utf8(bytes).map_err(|_| invalid("the signature is no text"))?),
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(error) => return Err(error),
            };
        let text = String::from_utf8(bytes).map_err(|_| invalid("the statement is no text"))?;
        Ok(KeptStatement { text, signature })
    }

    /// The file of a release: the one that is here, or the registry's. A download that was interrupted goes on where it was. `progress` hears how
    /// many bytes there are so far.
    ///
    /// # Errors
    ///
    /// When the registry cannot be asked, or sends something else than what was signed. Nothing of that is kept.
    pub fn fetch(
        &self,
        release: &VerifiedRelease,
        source: &dyn Source,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Vec<u8>, Error> {
        let Statement { digest, size_bytes, .. } = *release.statement();
        if size_bytes > MAX_PLUGIN_BYTES {
            let why = format!("its file has {size_bytes} bytes, and a plugin has {MAX_PLUGIN_BYTES} at most");
            return Err(Error::Invalid { plugin: named(release), reasons: vec![why] });
        }
        if let Ok(bytes) = self.read(&digest) {
            return Ok(bytes);
        }
        let path = self.partial(&digest);
        let in_path = |error| Error::io(&path)(error);
        make_folder(path.parent().unwrap_or(&self.root))?;
        let mut file = open_partial(&path).map_err(in_path)?;
        // Another process may be at the same file.
        file.lock().map_err(in_path)?;
        for attempt in 0..2 {
            let mut kept = file.metadata().map_err(in_path)?.len();
            if attempt > 0 || kept >= size_bytes {
                file.set_len(0).map_err(in_path)?;
                kept = 0;
            }
            self.download(release, source, &mut file, kept, progress)?;
            file.seek(SeekFrom::Start(0)).map_err(in_path)?;
            let bytes = driftless_files::read_bounded(&file, MAX_PLUGIN_BYTES).map_err(in_path)?;
            let found = Digest::of(&bytes);
            if found == digest {
                return Ok(bytes);
            }
            // What was there before may have been wrong; then it is fetched anew, once.
            if kept == 0 {
                let _ = fs::remove_file(&path);
                let plugin = named(release);
                return Err(Error::WrongDigest { plugin, expected: digest, found });
            }
        }
        unreachable!("the second attempt keeps nothing")
    }

    /// Writes what the registry sends behind what is there.
    fn download(
        &self,
        release: &VerifiedRelease,
        source: &dyn Source,
        file: &mut File,
        kept: u64,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), Error> {
        let statement = release.statement();
        let path = self.partial(&statement.digest);
        let in_path = |error| Error::io(&path)(error);
        let of_registry = |source| Error::Registry { registry: release.package().registry.clone(), source };
        let opened = source.open(release.release(), kept).map_err(of_registry)?;
        let mut opened =
            opened.ok_or_else(|| Error::MissingFile { plugin: named(release), digest: statement.digest })?;
        file.set_len(opened.from).map_err(in_path)?;
        file.seek(SeekFrom::Start(opened.from)).map_err(in_path)?;
        let mut done = opened.from;
        let mut buffer = vec![0; 64 << 10];
        loop {
            progress(done);
            let read = opened.reader.read(&mut buffer).map_err(|error| {
                of_registry(SourceError::Tree(match error.get_ref().and_then(|error| error.downcast_ref()) {
                    Some(TreeError::Cancelled) => TreeError::Cancelled,
                    _ => TreeError::Unreachable { url: source.place(), why: error.to_string() },
                }))
            })?;
            if read == 0 {
                break;
            }
            done += read as u64;
            if done > statement.size_bytes {
                let _ = fs::remove_file(&path);
                return Err(Error::TooLong {
                    plugin: named(release),
                    expected: statement.size_bytes,
                    digest: statement.digest,
                });
            }
            file.write_all(&buffer[..read]).map_err(in_path)?;
        }
        if done < statement.size_bytes {
            let why = format!(
                "it ended after {done} of {} bytes; what came is kept, and goes on the next time",
                statement.size_bytes
            );
            return Err(of_registry(SourceError::Tree(TreeError::Unreachable { url: source.place(), why })));
        }
        Ok(())
    }

    /// Removes all files but these, all statements but these, and what is left of downloads.
    ///
    /// # Errors
    ///
    /// When a folder cannot be read.
    pub fn keep_only(&self, files: &BTreeSet<Digest>, statements: &BTreeSet<Digest>) -> Result<(), Error> {
        let sweep = |folder: PathBuf, keep: &BTreeSet<Digest>| -> Result<(), Error> {
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                Err(error) => return Err(Error::io(&folder)(error)),
            };
            for entry in entries {
                let path = entry.map_err(Error::io(&folder))?.path();
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                let digits = name.split('.').next().unwrap_or_default();
                let is_kept = match format!("sha256:{digits}").parse::<Digest>() {
                    Ok(digest) => keep.contains(&digest),
                    // What a process that was killed had begun to write.
                    Err(_) => !(name.starts_with('.') && name.ends_with(".new")),
                };
                // A folder in the place of a file does not stop the sweeping of the rest.
                let is_folder = path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
                if !is_kept && !is_folder {
                    fs::remove_file(&path).map_err(Error::io(&path))?;
                }
            }
            Ok(())
        };
        sweep(self.root.join("blobs").join("sha256"), files)?;
        sweep(self.root.join("statements"), statements)?;
        // What was not gone on with until something else was done may be of a version that is never asked for again.
        sweep(self.root.join("partial"), &BTreeSet::new())
    }

    fn statement_path(&self, digest: &Digest) -> PathBuf {
        self.root.join("statements").join(format!("{}.json", hex(digest)))
    }

    fn partial(&self, digest: &Digest) -> PathBuf {
        self.root.join("partial").join(hex(digest))
    }
}

fn named(release: &VerifiedRelease) -> String {
    format!("{} {}", release.package(), release.statement().version)
}

fn signature_beside(statement: &Path) -> PathBuf {
    statement.with_extension("json.minisig")
}

fn make_folder(folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(Error::io(folder))
}

/// Writes a file that never changes: whole or not at all, and read-only from then on.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    make_folder(path.parent().unwrap_or(path))?;
    driftless_files::replace(path, bytes, driftless_files::Readers::Frozen).map_err(Error::io(path))
}

/// Opens the file of a download, and follows no link to it.
fn open_partial(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let file = driftless_files::without_following(&mut options).open(path)?;
    let metadata = file.metadata()?;
    // A second name of a file elsewhere would be a way to write to that.
    if !metadata.is_file() || has_other_names(&metadata) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is no regular file of its own; remove it",
        ));
    }
    Ok(file)
}

#[cfg(unix)]
fn has_other_names(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(metadata) > 1
}

#[cfg(not(unix))]
fn has_other_names(_: &fs::Metadata) -> bool {
    false
}
