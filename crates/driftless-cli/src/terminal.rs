//! What people see: colour on a terminal only, and nothing of a plugin that could move the cursor.

use std::fmt::Display;
use std::io::{self, IsTerminal, Stdout, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use driftless_host::LogRecord;
use driftless_host::api::log::Level;

use crate::failure::{library_error_kind, template_error};

/// Standard output and standard error, with or without colour.
#[derive(Clone, Debug)]
pub(crate) struct Terminal {
    color: ColorChoice,
    /// Whether only errors are shown.
    quiet: bool,
}

pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const ODD: Style = AnsiColor::Yellow.on_default();
pub(crate) const FAINT: Style = Style::new().dimmed();
pub(crate) const STRONG: Style = Style::new().bold();

impl Terminal {
    pub(crate) fn new(color: clap::ColorChoice, quiet: bool) -> Self {
        let color = match color {
            clap::ColorChoice::Auto => ColorChoice::Auto,
            clap::ColorChoice::Always => ColorChoice::Always,
            clap::ColorChoice::Never => ColorChoice::Never,
        };
        Self { color, quiet }
    }

    /// Standard output. Whoever writes to it answers for what that does to a terminal.
    pub(crate) fn out(&self) -> Out<AutoStream<Stdout>> {
        Out(AutoStream::new(io::stdout(), self.color))
    }

    /// Writes a result: into a file or a pipe as it is, on a terminal without what that would act on.
    pub(crate) fn result(&self, text: &str) -> io::Result<()> {
        let mut out = Out(io::stdout());
        if io::stdout().is_terminal() {
            out.write_all(printable(text, true).as_bytes())
        } else {
            out.write_all(text.as_bytes())
        }
    }

    /// Writes what standard output still holds back, so that its loss does not go unnoticed.
    pub(crate) fn finish(&self) -> io::Result<()> {
        Out(io::stdout()).flush()
    }

    /// Standard error.
    pub(crate) fn err(&self) -> AutoStream<io::Stderr> {
        AutoStream::new(io::stderr(), self.color)
    }

    /// Whether progress can be shown.
    pub(crate) fn shows_progress(&self) -> bool {
        io::stderr().is_terminal()
    }

    /// An error and its causes.
    pub(crate) fn error(&self, error: &anyhow::Error) {
        let mut text = String::new();
        for cause in error.chain() {
            let colon = if text.is_empty() { "" } else { ": " };
            text = format!("{text}{colon}{cause}");
            // These have their causes in their own words.
            if library_error_kind(cause).is_some() {
                break;
            }
        }
        if let Some(template) = error.chain().find_map(template_error) {
            text.push('\n');
            text.push_str(&template.excerpt());
        }
        let text = text.trim_end();
        let _ = writeln!(self.err(), "{BAD}error:{BAD:#} {}", printable(text, true));
    }

    /// Something that people like to know. Where nobody can read it, the work goes on all the same.
    pub(crate) fn note(&self, text: impl Display) {
        let _ = writeln!(self.err(), "{text}");
    }

    /// Something that people should know.
    pub(crate) fn warn(&self, text: &str) {
        if self.quiet {
            return;
        }
        let _ = writeln!(self.err(), "{ODD}warning:{ODD:#} {}", printable(text, true));
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
        let (level, plugin) = (record.level, printable(record.plugin, false));
        let message = printable(record.message, false);
        let _ = writeln!(self.err(), "{style}{level:<5}{style:#} {FAINT}{plugin}:{FAINT:#} {message}");
    }
}

/// Standard output, for results.
///
/// Where whoever reads it has seen enough and is gone, as in `driftless … | head`, the rest is dropped: that is no failure, and
/// the exit code is about the work. A full disk is one.
pub(crate) struct Out<W>(W);

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

/// Characters that show nothing and change what is read: they turn the direction of writing, break lines, or hide letters. The
/// joiners of emoji and of several scripts are none of these.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{00ad}'
            | '\u{061c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{200e}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// Text that a stranger may have written, without what a terminal would act on and without what a reader would not see.
pub(crate) fn printable(text: &str, several_lines: bool) -> String {
    let harmless = |character: char| match character {
        '\n' if several_lines => true,
        '\t' => true,
        other => !other.is_control() && !is_invisible(other),
    };
    if text.chars().all(harmless) {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if harmless(character) {
            shown.push(character);
        } else {
            shown.extend(character.escape_default());
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_cannot_move_the_cursor() {
        assert_eq!(printable("\x1b[2Jgone", false), "\\u{1b}[2Jgone");
        assert_eq!(printable("two\nlines", false), "two\\nlines");
        assert_eq!(printable("two\nlines", true), "two\nlines");
        assert_eq!(printable("abc\u{202e}def", true), "abc\\u{202e}def");
        assert_eq!(printable("gra\u{200b}nt\u{e0041}", true), "gra\\u{200b}nt\\u{e0041}");
        assert_eq!(printable("naïve ✓ 👩\u{200d}💻", true), "naïve ✓ 👩\u{200d}💻");
    }
}
