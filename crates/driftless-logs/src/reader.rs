//! Sources: files, standard input, plugins.

use std::path::PathBuf;

use driftless_host::Binding;

use crate::control::Control;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::file_id::FileId;
use crate::follow::follow;
use crate::input_file::{InputFile, failed};
use crate::lines::{Flow, Lines};
use crate::queue::BatchQueue;
use crate::records;
use crate::wait::Interruptible;

/// Where lines come from.
#[derive(Clone, Debug)]
pub(crate) enum Input {
    Files { paths: Vec<PathBuf>, follow: bool },
    Stdin,
    Plugin(Binding),
}

impl Input {
    /// What the lines of an origin are from, in messages.
    pub(crate) fn origin(&self, number: usize) -> String {
        match self {
            Self::Files { paths, .. } => paths[number].display().to_string(),
            Self::Stdin => "standard input".to_owned(),
            Self::Plugin(binding) => binding.component().location().to_string(),
        }
    }

    /// Reads to the end, or until it is told to stop. `written` are the files that the pipeline writes. Returns what is to be told of the
    /// end.
    pub(crate) fn read(
        &self,
        queue: &impl BatchQueue,
        control: &Control,
        written: &[FileId],
    ) -> Result<Option<Event>> {
        match self {
            Self::Files { paths, follow: false } => read_files(paths, queue, control, written)?,
            Self::Files { paths, follow: true } => follow(paths, queue, control, written)?,
            Self::Stdin => {
                let mut lines = Lines::new(queue, control, 0);
                let copied = lines.copy(&mut Interruptible { from: std::io::stdin(), control });
                copied.map_err(|source| Error::Input { what: "standard input".to_owned(), source })?;
                // What was taken from it cannot be read again, so it is passed on even where it was cut short.
                lines.finish();
            }
            Self::Plugin(binding) => return records::read(binding, queue, control),
        }
        Ok(None)
    }
}

/// Reads one file after the other.
fn read_files(
    paths: &[PathBuf],
    queue: &impl BatchQueue,
    control: &Control,
    written: &[FileId],
) -> Result<()> {
    for (origin, path) in paths.iter().enumerate() {
        let InputFile { mut file, is_stream } = InputFile::open(path, written)?;
        let mut lines = Lines::new(queue, control, origin);
        let copied = if is_stream {
            lines.copy(&mut Interruptible { from: file, control })
        } else {
            lines.copy(&mut file)
        };
        let flow = copied.map_err(|source| failed(path, source))?;
        if is_stream && flow != Flow::Over {
            // As for standard input.
            lines.finish();
        } else if flow != Flow::End {
            lines.leave_rest();
            return Ok(());
        } else {
            lines.finish();
        }
    }
    Ok(())
}
