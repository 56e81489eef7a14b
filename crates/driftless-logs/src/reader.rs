//! Sources: files, standard input, plugins.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use driftless_host::Configured;
use driftless_plugin_api::records::Records;

use crate::batch::{BATCH_BYTES, Batch, Form, MOST_LINE_BYTES};
use crate::control::Control;
use crate::error::{Error, Result};

/// Where lines come from.
#[derive(Debug)]
pub(crate) enum Input {
    Files { paths: Vec<PathBuf>, follow: bool },
    Stdin,
    Plugin(Configured),
}

/// Takes empty batches from the circle and puts full ones in.
pub(crate) trait Exchange {
    /// An empty batch, as soon as there is one. `None` when the pipeline is over.
    fn empty(&self) -> Option<Batch>;

    /// Sends a full one on its way. Returns whether anybody is left to take it.
    fn send(&self, batch: Batch) -> bool;
}

/// How long a source that has nothing new is left alone.
const NAP: Duration = Duration::from_millis(200);

impl Input {
    /// What the lines of an origin are from, in messages.
    pub(crate) fn origin(&self, number: usize) -> String {
        match self {
            Self::Files { paths, .. } => paths[number].display().to_string(),
            Self::Stdin => "standard input".to_owned(),
            Self::Plugin(configured) => configured.component().place().to_string(),
        }
    }

    /// Reads to the end, or until it is told to stop.
    pub(crate) fn read(&self, exchange: &impl Exchange, control: &Control) -> Result<()> {
        match self {
            Self::Files { paths, follow: false } => {
                for (origin, path) in paths.iter().enumerate() {
                    let mut file = File::open(path).map_err(|source| failed(path, source))?;
                    let mut lines = Lines::new(exchange, control, origin);
                    let flow = lines.copy(&mut file).map_err(|source| failed(path, source))?;
                    if flow != Flow::End {
                        lines.leave_rest();
                        return Ok(());
                    }
                    lines.finish();
                }
                Ok(())
            }
            Self::Files { paths, follow: true } => follow(paths, exchange, control),
            Self::Stdin => {
                let mut lines = Lines::new(exchange, control, 0);
                let copied = lines.copy(&mut StoppableStdin { control });
                copied.map_err(|source| Error::Input { what: "standard input".to_owned(), source })?;
                // What was taken from it cannot be read again, so it is passed on even where it was cut short.
                lines.finish();
                Ok(())
            }
            Self::Plugin(configured) => records(configured, exchange, control),
        }
    }
}

fn failed(path: &Path, source: io::Error) -> Error {
    Error::Input { what: path.display().to_string(), source }
}

/// Cuts a stream of bytes into batches at the ends of lines.
struct Lines<'a, E> {
    exchange: &'a E,
    control: &'a Control,
    origin: usize,
    /// What was read behind the last newline.
    rest: Vec<u8>,
    /// Whether the rest belongs to a line whose beginning is gone.
    inside_too_long: bool,
}

/// Why copying came to an end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    /// There is nothing more to read, for now or for good.
    End,
    /// It was told to stop.
    Stopped,
    /// Nobody is left to take batches.
    Over,
}

impl<'a, E: Exchange> Lines<'a, E> {
    fn new(exchange: &'a E, control: &'a Control, origin: usize) -> Self {
        Self { exchange, control, origin, rest: Vec::new(), inside_too_long: false }
    }

    /// Copies until the end of what there is.
    fn copy(&mut self, from: &mut impl Read) -> io::Result<Flow> {
        while !self.control.is_stopped() {
            let Some(mut batch) = self.exchange.empty() else {
                return Ok(Flow::Over);
            };
            batch.input.append(&mut self.rest);
            let before = batch.input.len();
            batch.input.resize(before + BATCH_BYTES, 0);
            let count = loop {
                match from.read(&mut batch.input[before..]) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    other => break other?,
                }
            };
            batch.input.truncate(before + count);
            let end = memchr::memrchr(b'\n', &batch.input[before..]).map_or(0, |at| before + at + 1);
            self.rest.extend_from_slice(&batch.input[end..]);
            batch.input.truncate(end);
            if count == 0 {
                // The batch that was not needed goes round empty, and only its number is used up.
                return Ok(if self.exchange.send(batch) { Flow::End } else { Flow::Over });
            }
            let sent = if self.inside_too_long && end > 0 {
                self.inside_too_long = false;
                self.send_tail_of_too_long(batch)
            } else {
                self.send(batch, Form::Lines)
            };
            if !sent || !self.bound_rest() {
                return Ok(Flow::Over);
            }
        }
        Ok(Flow::Stopped)
    }

    /// Sends what is behind the last newline: at the end of a file that is a line as well.
    fn finish(&mut self) {
        if self.rest.is_empty() && !self.inside_too_long {
            return;
        }
        let Some(mut batch) = self.exchange.empty() else { return };
        batch.input.append(&mut self.rest);
        let form = if std::mem::take(&mut self.inside_too_long) {
            // Its pieces are put together again as they come: what comes next is another line.
            batch.input.push(b'\n');
            Form::TooLongStill
        } else {
            Form::Lines
        };
        self.send(batch, form);
    }

    /// What is behind the last newline is the beginning of a line that goes on in the file: it is left to whoever reads the
    /// file next.
    fn leave_rest(&mut self) {
        self.rest.clear();
        self.finish();
    }

    /// A line that grows beyond all measure is passed on in pieces, so that it is not kept in memory.
    fn bound_rest(&mut self) -> bool {
        // A carriage return before the newline is no part of the line.
        if self.rest.len() <= MOST_LINE_BYTES + 1 {
            return true;
        }
        let Some(mut batch) = self.exchange.empty() else {
            return false;
        };
        batch.input.append(&mut self.rest);
        let form = if self.inside_too_long { Form::TooLongStill } else { Form::TooLong };
        self.inside_too_long = true;
        self.send(batch, form)
    }

    /// The first line of this batch is the end of one that was too long.
    fn send_tail_of_too_long(&mut self, mut batch: Batch) -> bool {
        let end = memchr::memchr(b'\n', &batch.input).map_or(batch.input.len(), |at| at + 1);
        let others = batch.input.split_off(end);
        if !self.send(batch, Form::TooLongStill) {
            return false;
        }
        let Some(mut batch) = self.exchange.empty() else {
            return false;
        };
        batch.input.extend_from_slice(&others);
        self.send(batch, Form::Lines)
    }

    fn send(&self, mut batch: Batch, form: Form) -> bool {
        batch.form = form;
        batch.origin = self.origin;
        self.exchange.send(batch)
    }
}

/// A file that is followed.
struct Followed<'a, E> {
    path: &'a Path,
    /// Open where it was there.
    file: Option<File>,
    lines: Lines<'a, E>,
    /// Whether it was read as far as it goes.
    at_end: bool,
}

/// Follows files as they grow, and as they are replaced, until it is told to stop.
fn follow(paths: &[PathBuf], exchange: &impl Exchange, control: &Control) -> Result<()> {
    let begin = |(origin, path)| Followed {
        path,
        file: None,
        lines: Lines::new(exchange, control, origin),
        at_end: false,
    };
    let mut all: Vec<_> = paths.iter().map(PathBuf::as_path).enumerate().map(begin).collect();
    while !control.is_stopped() {
        for followed in &mut all {
            let flow = followed.read_on().map_err(|source| failed(followed.path, source))?;
            if flow == Flow::Over {
                return Ok(());
            }
        }
        std::thread::sleep(NAP);
    }
    for followed in &mut all {
        if followed.at_end {
            // Somebody may write the rest of this line later; what is there is not lost.
            followed.lines.finish();
        } else {
            followed.lines.leave_rest();
        }
    }
    Ok(())
}

impl<E: Exchange> Followed<'_, E> {
    /// Reads what is new.
    fn read_on(&mut self) -> io::Result<Flow> {
        if self.file.is_none() {
            self.file = match File::open(self.path) {
                Ok(file) => Some(file),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Flow::End),
                Err(error) => return Err(error),
            };
        }
        let Some(file) = &mut self.file else { return Ok(Flow::End) };
        let mut flow = self.lines.copy(file)?;
        if flow == Flow::End && was_replaced(file, self.path)? {
            // What came between the last look and the replacement.
            flow = self.lines.copy(file)?;
            if flow == Flow::End {
                self.lines.finish();
                self.file = None;
            }
        }
        self.at_end = flow == Flow::End;
        Ok(flow)
    }
}

/// Whether the path leads to another file by now, or the file was cut short.
fn was_replaced(file: &mut File, path: &Path) -> io::Result<bool> {
    use std::io::Seek;
    let Ok(there) = std::fs::metadata(path) else {
        return Ok(false);
    };
    let here = file.metadata()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if (here.dev(), here.ino()) != (there.dev(), there.ino()) {
            return Ok(true);
        }
    }
    let _ = there;
    Ok(here.len() < file.stream_position()?)
}

/// Standard input, which looks up now and then whether the pipeline was told to stop.
struct StoppableStdin<'a> {
    control: &'a Control,
}

impl Read for StoppableStdin<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        #[cfg(unix)]
        {
            use rustix::event::{PollFd, PollFlags, Timespec, poll};
            let stdin = io::stdin();
            let patience = Timespec { tv_sec: 0, tv_nsec: NAP.subsec_nanos().into() };
            loop {
                if self.control.is_stopped() {
                    return Ok(0);
                }
                let mut watched = [PollFd::new(&stdin, PollFlags::IN)];
                match poll(&mut watched, Some(&patience)) {
                    Ok(0) | Err(rustix::io::Errno::INTR) => {}
                    Ok(_) => break,
                    Err(error) => return Err(error.into()),
                }
            }
            // Past the buffer of `Stdin`, which would hide from `poll` what it holds.
            Ok(rustix::io::read(&stdin, buffer)?)
        }
        #[cfg(not(unix))]
        {
            let _ = self.control;
            io::stdin().read(buffer)
        }
    }
}

/// Reads a source that a plugin brings.
fn records(configured: &Configured, exchange: &impl Exchange, control: &Control) -> Result<()> {
    let mut session = configured.session();
    while !control.is_stopped() {
        let read = match configured.call_in(&mut session, &[], Portion::read) {
            Ok(read) => read,
            Err(error) if configured.forgives(&error) => {
                configured.guard().tell(format!("{error}; nothing more is read from it"));
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let mut left = read.ends.as_slice();
        let mut at = 0;
        while let Some(&(form, _)) = left.first() {
            let Some(mut batch) = exchange.empty() else {
                return Ok(());
            };
            while let Some((&(other, end), behind)) = left.split_first() {
                if other != form || batch.input.len() >= BATCH_BYTES {
                    break;
                }
                batch.input.extend_from_slice(&read.bytes[at..end]);
                (at, left) = (end, behind);
            }
            batch.form = form;
            if !exchange.send(batch) {
                return Ok(());
            }
        }
        match (read.more, read.ends.is_empty()) {
            (false, _) => return Ok(()),
            (true, true) => std::thread::sleep(NAP),
            (true, false) => {}
        }
    }
    Ok(())
}

/// What a source returned at once.
struct Portion {
    /// The records, each ending with a newline.
    bytes: Vec<u8>,
    /// What each of them is, and where it ends.
    ends: Vec<(Form, usize)>,
    more: bool,
}

impl Portion {
    /// Reads a reply, or says what is wrong with it.
    fn read(reply: &str) -> Result<Self, String> {
        let read: Records<'_> = serde_json::from_str(reply)
            .map_err(|error| format!("its reply is not a list of records: {error}"))?;
        let (mut bytes, mut ends) = (Vec::with_capacity(reply.len()), Vec::with_capacity(read.records.len()));
        for record in &read.records {
            let form = put_record(record.get(), &mut bytes)?;
            ends.push((form, bytes.len()));
        }
        Ok(Self { bytes, ends, more: read.more })
    }
}

fn put_record(record: &str, bytes: &mut Vec<u8>) -> Result<Form, String> {
    let form = if record.starts_with('"') {
        let line: String = serde_json::from_str(record).map_err(|error| error.to_string())?;
        bytes.extend_from_slice(line.trim_end_matches('\n').as_bytes());
        Form::Lines
    } else if record.starts_with('{') {
        // Newlines in JSON are white space.
        bytes.extend(record.bytes().map(|byte| if byte == b'\n' || byte == b'\r' { b' ' } else { byte }));
        Form::Entries
    } else {
        return Err("one of its records is neither a string nor an object".to_owned());
    };
    bytes.push(b'\n');
    Ok(form)
}
