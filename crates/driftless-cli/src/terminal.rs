//! What people see: colour on a terminal only, and nothing of a plugin that could move the cursor.

use std::fmt::Display;
use std::io::{self, IsTerminal, Stdout, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use driftless_host::LogRecord;
use driftless_host::api::log::Level;
use driftless_plugin_api::text::{printable_line, printable_lines};
use driftless_templates::TemplateError;

use crate::args::Global;
use crate::excerpt::excerpt;
use crate::failure::template_error;
use crate::file_mistakes::FileMistakes;
use crate::missing_grants::MissingGrants;
use crate::output::Output;
use crate::{error_text, words};

/// Standard output and standard error, with or without colour.
#[derive(Clone, Debug)]
pub(crate) struct Terminal {
    color: ColorChoice,
    /// Whether only errors are shown.
    quiet: bool,
    /// Whether there was a warning, shown or not.
    has_warned: Arc<AtomicBool>,
    /// Whether messages of plugins are kept back.
    hides_messages: Arc<AtomicBool>,
    missing_grants: MissingGrants,
    /// The options of this command that others need too, as they are typed.
    global: Arc<str>,
}

pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const ODD: Style = AnsiColor::Yellow.on_default();
pub(crate) const FAINT: Style = Style::new().dimmed();
pub(crate) const STRONG: Style = Style::new().bold();

impl Terminal {
    pub(crate) fn new(global: &Global) -> Self {
        let color = match global.color {
            clap::ColorChoice::Auto => ColorChoice::Auto,
            clap::ColorChoice::Always => ColorChoice::Always,
            clap::ColorChoice::Never => ColorChoice::Never,
        };
        let hides_messages: Arc<AtomicBool> = Arc::default();
        Self {
            color,
            quiet: global.quiet,
            has_warned: Arc::default(),
            missing_grants: MissingGrants::new(Arc::clone(&hides_messages)),
            hides_messages,
            global: global.places().into(),
        }
    }

    /// Standard output. The caller answers for what its text does to a terminal.
    pub(crate) fn out(&self) -> Out<AutoStream<Stdout>> {
        Out(AutoStream::new(io::stdout(), self.color), Output::begin())
    }

    /// Writes a result: into a file or a pipe as it is, on a terminal without what that would act on.
    pub(crate) fn result(&self, text: &str) -> io::Result<()> {
        let mut out = Out(io::stdout(), Output::begin());
        if io::stdout().is_terminal() {
            out.write_all(printable_lines(text).as_bytes())
        } else {
            out.write_all(text.as_bytes())
        }
    }

    /// Writes what standard output still holds back, so that its loss does not go unnoticed.
    pub(crate) fn finish(&self) -> io::Result<()> {
        Out(io::stdout(), Output::begin()).flush()
    }

    /// Standard error.
    pub(crate) fn err(&self) -> AutoStream<io::Stderr> {
        AutoStream::new(io::stderr(), self.color)
    }

    /// How many columns standard output has; `None` where it is no terminal.
    pub(crate) fn width(&self) -> Option<u16> {
        terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| width.0)
    }

    /// Whether progress is shown.
    pub(crate) fn shows_progress(&self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    /// An error and its causes.
    pub(crate) fn error(&self, error: &anyhow::Error) {
        if let Some(mistakes) = error.downcast_ref::<FileMistakes>() {
            mistakes.told().for_each(|told| self.error_line(&told));
            if let Some(count) = mistakes.count() {
                self.note(printable_line(&count));
            }
            return;
        }
        let mut text = error_text::message(error);
        if let Some((source, range)) = error.chain().find_map(template_error).and_then(TemplateError::place) {
            text.push('\n');
            text.push_str(&excerpt(source, range));
        }
        self.error_line(&text);
    }

    fn error_line(&self, text: &str) {
        let _ = writeln!(self.err(), "{BAD}error:{BAD:#} {}", printable_lines(text.trim_end()));
    }

    /// Prints a note for the user. Where it cannot be written, the work goes on all the same.
    pub(crate) fn note(&self, text: impl Display) {
        let _ = writeln!(self.err(), "{text}");
    }

    /// Something that people should know.
    pub(crate) fn warn(&self, text: &str) {
        self.has_warned.store(true, Ordering::Relaxed);
        if self.quiet {
            return;
        }
        let _ = writeln!(self.err(), "{ODD}warning:{ODD:#} {}", printable_lines(text));
    }

    /// The options of this command that others need too, as they are typed, each behind a space.
    pub(crate) fn places(&self) -> &str {
        &self.global
    }

    /// What the plugins of this command were refused for want of a grant is noted there.
    pub(crate) fn noted_grants(&self) -> &MissingGrants {
        &self.missing_grants
    }

    /// Tells what plugins were refused for want of a grant. Where nothing `failed`, and there was no warning either, the plugins
    /// did without, and the user may have meant them to.
    pub(crate) fn missing_grants(&self, failed: bool) {
        let plugins = self.missing_grants.take();
        if failed || (self.has_warned.load(Ordering::Relaxed) && !self.quiet) {
            for (plugin, lacking) in &plugins {
                self.note(words::missing_grant(plugin, lacking, &self.global));
            }
        }
    }

    /// Keeps back what plugins say in their messages, and what exactly they were refused, as long as there is what is returned.
    pub(crate) fn hide_messages(&self) -> HiddenMessages {
        self.hides_messages.store(true, Ordering::Relaxed);
        HiddenMessages(Arc::clone(&self.hides_messages))
    }

    /// A message of a plugin.
    pub(crate) fn log(&self, record: &LogRecord<'_>) {
        let style = match record.level {
            Level::Error => BAD,
            Level::Warn => ODD,
            Level::Info => GOOD,
            Level::Debug => FAINT,
        };
        // A plugin without a manifest is called like its file, and a file can be called anything.
        let (level, plugin) = (record.level, printable_line(record.plugin));
        let message = match self.hides_messages.load(Ordering::Relaxed) {
            true => "a message that is not shown (`no_log`)".into(),
            false => printable_line(record.message),
        };
        let _ = writeln!(self.err(), "{style}{level:<5}{style:#} {FAINT}{plugin}:{FAINT:#} {message}");
    }
}

/// Messages of plugins are kept back, until this is dropped.
#[derive(Debug)]
#[must_use]
pub(crate) struct HiddenMessages(Arc<AtomicBool>);

impl Drop for HiddenMessages {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// Standard output, for results.
///
/// Where the reader has seen enough and is gone, as in `driftless … | head`, the rest is dropped: that is no failure, and the
/// exit code is about the work. A full disk is one. While it is there, the first Ctrl-C waits for it.
pub(crate) struct Out<W>(W, Output);

impl<W: Write> Write for Out<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        unless_gone(self.0.write(bytes), bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        unless_gone(self.0.flush(), ())
    }
}

fn unless_gone<T>(result: io::Result<T>, otherwise: T) -> io::Result<T> {
    result.or_else(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Ok(otherwise),
        io::ErrorKind::Interrupted => Err(error),
        kind => Err(io::Error::new(kind, format!("standard output: {error}"))),
    })
}

/// A path on one line that is safe to print: a file can be called anything.
pub(crate) fn printable_path(path: &Path) -> String {
    printable_line(&path.to_string_lossy()).into_owned()
}
