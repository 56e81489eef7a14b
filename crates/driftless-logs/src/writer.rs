//! Outputs: files, standard output, plugins.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use driftless_host::{Binding, Session};
use driftless_plugin_api::text::printable_lines;

use crate::config::Mode;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::file_id::FileId;
use crate::line_file::LineFile;

/// Where entries go.
#[derive(Clone, Debug)]
pub(crate) enum Output {
    File { path: PathBuf, mode: Mode },
    Stdout,
    Plugin(Binding),
}

/// An output that is open.
pub(crate) enum Sink {
    File(LineFile, Mode),
    Stdout(io::Stdout),
    Plugin(Binding, Session),
}

impl Output {
    /// Opens it. Nothing that is in it changes yet.
    pub(crate) fn open(&self) -> Result<Sink> {
        Ok(match self {
            Self::File { path, mode } => Sink::File(LineFile::open(path)?, *mode),
            Self::Stdout => Sink::Stdout(io::stdout()),
            Self::Plugin(binding) => Sink::Plugin(binding.clone(), binding.session()),
        })
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, .. } => write!(f, "{}", path.display()),
            Self::Stdout => f.write_str("standard output"),
            Self::Plugin(binding) => write!(f, "{}", binding.component().location()),
        }
    }
}

impl Sink {
    /// Which file it is, where it is a regular one.
    pub(crate) fn id(&self) -> Option<FileId> {
        match self {
            Self::File(file, _) => file.id().cloned(),
            Self::Stdout(_) => FileId::of_stdout(),
            Self::Plugin(..) => None,
        }
    }

    /// Takes away what is in it, where its mode says so.
    pub(crate) fn prepare(&mut self) -> Result<()> {
        match self {
            Self::File(file, mode) => file.prepare(*mode),
            Self::Stdout(_) | Self::Plugin(..) => Ok(()),
        }
    }

    /// Writes entries, one a line. `missed` hears of those that the work goes on without. Returns what else is to be told.
    pub(crate) fn write(
        &mut self,
        entries: &[u8],
        mut missed: impl FnMut(driftless_host::Error),
    ) -> Result<Option<Event>> {
        match self {
            Self::File(file, _) => return file.write(entries),
            Self::Stdout(stdout) => {
                let mut stdout = stdout.lock();
                let shown = if stdout.is_terminal() { safe_to_show(entries) } else { entries.into() };
                let written = stdout.write_all(&shown).and_then(|()| stdout.flush());
                written.map_err(|source| Error::Output { what: "standard output".to_owned(), source })?;
            }
            Self::Plugin(binding, session) => {
                // What was put in as text comes out as text.
                let text = std::str::from_utf8(entries).expect("entries are UTF-8");
                text.lines().try_for_each(|entry| match binding.call_in(session, &[entry], |_| Ok(())) {
                    Err(error) if binding.tolerates(&error) => {
                        missed(error);
                        Ok(())
                    }
                    written => written,
                })?;
            }
        }
        Ok(None)
    }
}

/// Entries as a terminal may have them. A log has in it what strangers sent, and would otherwise move the cursor or not be seen.
fn safe_to_show(entries: &[u8]) -> Cow<'_, [u8]> {
    // What was put in as text comes out as text.
    match printable_lines(std::str::from_utf8(entries).expect("entries are UTF-8")) {
        Cow::Borrowed(same) => same.as_bytes().into(),
        Cow::Owned(escaped) => escaped.into_bytes().into(),
    }
}
