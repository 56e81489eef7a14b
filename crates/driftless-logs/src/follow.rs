//! Following files as they grow and as they are replaced.

use std::io::{self, Seek};
use std::path::{Path, PathBuf};

use crate::control::Control;
use crate::error::Result;
use crate::file_id::FileId;
use crate::input_file::{InputFile, failed};
use crate::lines::{Flow, Lines};
use crate::queue::BatchQueue;
use crate::wait::{POLL_INTERVAL, Present};

/// A file that is followed.
struct Followed<'a, Q> {
    path: &'a Path,
    /// Open where it was there.
    open: Option<InputFile>,
    lines: Lines<'a, Q>,
    /// Whether it was read as far as it goes.
    at_end: bool,
}

/// Follows files as they grow, and as they are replaced, until it is told to stop.
pub(crate) fn follow(
    paths: &[PathBuf],
    queue: &impl BatchQueue,
    control: &Control,
    written: &[FileId],
) -> Result<()> {
    let begin = |(origin, path)| Followed {
        path,
        open: None,
        lines: Lines::new(queue, control, origin),
        at_end: false,
    };
    let mut all: Vec<_> = paths.iter().map(PathBuf::as_path).enumerate().map(begin).collect();
    while !control.is_stopped() {
        for followed in &mut all {
            if followed.read_on(written)? == Flow::Over {
                return Ok(());
            }
        }
        std::thread::sleep(POLL_INTERVAL);
    }
    for followed in &mut all {
        if followed.at_end {
            // A program may write the rest of this line later; what is there is not lost.
            followed.lines.finish();
        } else {
            followed.lines.leave_rest();
        }
    }
    Ok(())
}

impl<Q: BatchQueue> Followed<'_, Q> {
    /// Reads what is new.
    fn read_on(&mut self, written: &[FileId]) -> Result<Flow> {
        if self.open.is_none() {
            self.open = InputFile::open_if_there(self.path, written)?;
        }
        let Some(open) = &mut self.open else { return Ok(Flow::End) };
        let failed = |source| failed(self.path, source);
        let mut flow = copy(&mut self.lines, open).map_err(failed)?;
        if flow == Flow::End && was_replaced(open, self.path).map_err(failed)? {
            // What came between the last look and the replacement.
            flow = copy(&mut self.lines, open).map_err(failed)?;
            if flow == Flow::End {
                self.lines.finish();
                self.open = None;
            }
        }
        self.at_end = flow == Flow::End;
        Ok(flow)
    }
}

fn copy<Q: BatchQueue>(lines: &mut Lines<'_, Q>, open: &mut InputFile) -> io::Result<Flow> {
    if open.is_stream { lines.copy(&mut Present(&open.file)) } else { lines.copy(&mut open.file) }
}

/// Whether the path leads to another file by now, or the file was cut short.
fn was_replaced(open: &mut InputFile, path: &Path) -> io::Result<bool> {
    let Ok(there) = std::fs::metadata(path) else {
        return Ok(false);
    };
    let here = open.file.metadata()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if (here.dev(), here.ino()) != (there.dev(), there.ino()) {
            return Ok(true);
        }
    }
    let _ = there;
    Ok(!open.is_stream && here.len() < open.file.stream_position()?)
}
