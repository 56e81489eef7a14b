//! Outputs: files, standard output, plugins.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use driftless_host::{Configured, Session};

use crate::config::Mode;
use crate::error::{Error, Result};

/// Where entries go.
#[derive(Clone, Debug)]
pub(crate) enum Output {
    File { path: PathBuf, mode: Mode },
    Stdout,
    Plugin(Configured),
}

/// An output that is open.
pub(crate) enum Sink {
    File(LineFile),
    Stdout(io::Stdout),
    Plugin(Configured, Session),
}

impl Output {
    /// Opens it.
    pub(crate) fn open(&self) -> Result<Sink> {
        Ok(match self {
            Self::File { path, mode } => Sink::File(LineFile::open(path, *mode)?),
            Self::Stdout => Sink::Stdout(io::stdout()),
            Self::Plugin(configured) => Sink::Plugin(configured.clone(), configured.session()),
        })
    }
}

impl Sink {
    /// Writes entries, one a line. `missed` hears of those that the work goes on without.
    pub(crate) fn write(
        &mut self,
        entries: &[u8],
        mut missed: impl FnMut(driftless_host::Error),
    ) -> Result<()> {
        match self {
            Self::File(file) => file.write(entries),
            Self::Stdout(stdout) => {
                let mut stdout = stdout.lock();
                let written = stdout.write_all(entries).and_then(|()| stdout.flush());
                written.map_err(|source| Error::Output { what: "standard output".to_owned(), source })
            }
            Self::Plugin(configured, session) => {
                // What was put in as text comes out as text.
                let text = std::str::from_utf8(entries).expect("entries are UTF-8");
                text.lines().try_for_each(|entry| match configured.call_in(session, &[entry], |_| Ok(())) {
                    Err(error) if configured.forgives(&error) => {
                        missed(error);
                        Ok(())
                    }
                    written => Ok(written?),
                })
            }
        }
    }
}

/// A file that ends with a whole line, even where the disk is full.
pub(crate) struct LineFile {
    path: PathBuf,
    file: File,
    /// Up to where it is whole; `None` for what has no length, like a pipe.
    whole: Option<u64>,
}

impl LineFile {
    pub(crate) fn open(path: &Path, mode: Mode) -> Result<Self> {
        let failed = |source| Error::Output { what: path.display().to_string(), source };
        let mut options = OpenOptions::new();
        options.create(true);
        let file = match mode {
            Mode::Append => options.append(true).open(path),
            Mode::Replace => options.write(true).truncate(true).open(path),
        };
        let file = file.map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        let whole = metadata.is_file().then_some(metadata.len());
        Ok(Self { path: path.to_owned(), file, whole })
    }

    pub(crate) fn write(&mut self, lines: &[u8]) -> Result<()> {
        match write_counting(&mut self.file, lines) {
            Ok(()) => {
                self.whole = self.whole.map(|whole| whole + lines.len() as u64);
                Ok(())
            }
            Err((written, source)) => {
                // Of the lines that fit, the last may be half there.
                let fitting = memchr::memrchr(b'\n', &lines[..written]).map_or(0, |at| at + 1);
                if let Some(whole) = self.whole {
                    // Where even this fails, the first error is the one to tell.
                    let _ = self.file.set_len(whole + fitting as u64);
                }
                Err(Error::Output { what: self.path.display().to_string(), source })
            }
        }
    }
}

/// Writes everything, or says how much went before the error.
fn write_counting(file: &mut File, bytes: &[u8]) -> Result<(), (usize, io::Error)> {
    let mut written = 0;
    while written < bytes.len() {
        match file.write(&bytes[written..]) {
            Ok(0) => return Err((written, io::ErrorKind::WriteZero.into())),
            Ok(count) => written += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err((written, error)),
        }
    }
    Ok(())
}
