//! What people see: colour on a terminal only, and nothing of a plugin that could move the cursor.

use std::io::{IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use driftless_host::LogRecord;
use driftless_host::api::log::Level;

/// Standard output and standard error, with or without colour.
#[derive(Clone, Debug)]
pub(crate) struct Terminal {
    color: ColorChoice,
}

pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const ODD: Style = AnsiColor::Yellow.on_default();
pub(crate) const FAINT: Style = Style::new().dimmed();
pub(crate) const STRONG: Style = Style::new().bold();

impl Terminal {
    pub(crate) fn new(color: clap::ColorChoice) -> Self {
        let color = match color {
            clap::ColorChoice::Auto => ColorChoice::Auto,
            clap::ColorChoice::Always => ColorChoice::Always,
            clap::ColorChoice::Never => ColorChoice::Never,
        };
        Self { color }
    }

    /// Standard output. Whoever writes to it answers for what that does to a terminal.
    pub(crate) fn out(&self) -> AutoStream<std::io::Stdout> {
        AutoStream::new(std::io::stdout(), self.color)
    }

    /// Standard error.
    pub(crate) fn err(&self) -> AutoStream<std::io::Stderr> {
        AutoStream::new(std::io::stderr(), self.color)
    }

    /// Whether progress can be shown.
    pub(crate) fn shows_progress(&self) -> bool {
        std::io::stderr().is_terminal()
    }

    /// An error and its causes.
    pub(crate) fn error(&self, error: &anyhow::Error) {
        let mut text = error.to_string();
        if let Some(host) = error
            .chain()
            .find_map(|cause| cause.downcast_ref::<driftless_host::Error>())
            && let Some(template) = template_error(host)
        {
            text.push('\n');
            text.push_str(template.excerpt().trim_end());
        }
        let _ = writeln!(self.err(), "{BAD}error:{BAD:#} {}", printable(&text, true));
    }

    /// Something that people should know.
    pub(crate) fn warn(&self, text: &str) {
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
        let (level, plugin) = (record.level, record.plugin);
        let message = printable(record.message, false);
        let _ = writeln!(
            self.err(),
            "{style}{level:<5}{style:#} {FAINT}{plugin}:{FAINT:#} {message}"
        );
    }
}

fn template_error(error: &driftless_host::Error) -> Option<&driftless_host::TemplateError> {
    match error {
        driftless_host::Error::Template(error) => Some(error),
        driftless_host::Error::At { source, .. } => template_error(source),
        _ => None,
    }
}

/// Text that a stranger may have written, without what a terminal would act on: control characters, and the invisible ones that
/// turn the direction of writing.
pub(crate) fn printable(text: &str, several_lines: bool) -> String {
    let harmless = |character: char| match character {
        '\n' if several_lines => true,
        '\t' => true,
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{061c}' => false,
        other => !other.is_control(),
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
        assert_eq!(printable("naïve ✓", true), "naïve ✓");
    }
}
