//! One file of `tests/cases`: what is there, what is run, and what is expected of it.
//!
//! ```text
//! What the case shows, in a sentence.
//!
//! --- install custom-task-plugin
//! --- file site.yml
//! tasks:
//!   - type: custom-task-plugin.echo
//!     message: hello
//! --- run apply site.yml
//! --- exit 0
//! --- stdout
//! ok        custom-task-plugin.echo
//! ...
//! --- stderr
//! [..] 1 ok[..]
//! ```
//!
//! | block | means |
//! |---|---|
//! | `install NAME` | puts an example plugin among the installed ones |
//! | `file NAME` | a file, in which `$DIR` is the folder that everything is in; one whose name ends in `.wat` is assembled to `.wasm` beside it |
//! | `bytes NAME` | a file on one line, with escapes like `\xff` and `\n`, and without a newline at its end |
//! | `folder NAME` | a folder |
//! | `env NAME=VALUE` | a variable for the runs below |
//! | `stdin` | the standard input of the next run |
//! | `run ARGUMENTS` | runs the program; quotes as in a shell, `$DIR` is the folder that everything is in, and `$EXAMPLES` that of the example plugins |
//! | `exit CODE` | how the run above it ends |
//! | `stdout`, `stderr` | what it prints; nothing where the block is missing |
//! | `contents NAME` | what is in a file after the run above |
//!
//! In what is expected, `[..]` in a line stands for anything, and a line `...` for any number of lines. Temporary
//! folders, versions, durations and digests are replaced before comparing. Text that does not end with a newline has
//! the line `\ no newline at the end` behind it.

use std::fmt::Write;
use std::path::Path;

/// A line that begins like this begins a block.
const MARK: &str = "--- ";

/// Behind text that does not end with a newline.
const NO_NEWLINE: &str = "\\ no newline at the end\n";

/// What a case file says, block by block, so that it can be written back as it was.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Case {
    /// What stands above the first block.
    pub(crate) about: String,
    pub(crate) blocks: Vec<Block>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) word: String,
    /// What stands behind the word.
    pub(crate) argument: String,
    /// The lines below.
    pub(crate) body: String,
}

impl Case {
    pub(crate) fn parse(text: &str) -> Self {
        let mut case = Self { about: String::new(), blocks: Vec::new() };
        for line in text.split_inclusive('\n') {
            if let Some(heading) = line.strip_prefix(MARK) {
                let heading = heading.trim_end();
                let (word, argument) = heading.split_once(' ').unwrap_or((heading, ""));
                case.blocks.push(Block::new(word, argument, ""));
            } else if let Some(block) = case.blocks.last_mut() {
                block.body.push_str(line);
            } else {
                case.about.push_str(line);
            }
        }
        case
    }

    pub(crate) fn text(&self) -> String {
        let mut text = self.about.clone();
        for Block { word, argument, body } in &self.blocks {
            let _ = writeln!(text, "{}", format!("{MARK}{word} {argument}").trim_end());
            text.push_str(body);
        }
        text
    }
}

impl Block {
    pub(crate) fn new(word: &str, argument: &str, body: &str) -> Self {
        Self { word: word.to_owned(), argument: argument.to_owned(), body: body.to_owned() }
    }

    /// Whether it is about the run above it.
    pub(crate) fn expects(&self) -> bool {
        matches!(self.word.as_str(), "exit" | "stdout" | "stderr" | "contents")
    }
}

/// Splits a command line at its spaces, but not inside quotes.
pub(crate) fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut inside, mut quote) = (String::new(), false, None);
    for character in line.chars() {
        match (quote, character) {
            (None, ' ') => {
                if std::mem::take(&mut inside) {
                    words.push(std::mem::take(&mut word));
                }
            }
            (None, '\'' | '"') => (quote, inside) = (Some(character), true),
            (Some(open), _) if open == character => quote = None,
            _ => {
                word.push(character);
                inside = true;
            }
        }
    }
    assert!(quote.is_none(), "a quote stays open: {line}");
    if inside {
        words.push(word);
    }
    words
}

/// Bytes that are written with escapes.
pub(crate) fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.trim_end_matches('\n').bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next() {
            Some(b'n') => b'\n',
            Some(b'\\') => b'\\',
            Some(b'0') => 0,
            Some(b'x') => {
                let digits: String = rest.by_ref().take(2).map(char::from).collect();
                u8::from_str_radix(&digits, 16).expect("two hexadecimal digits")
            }
            other => panic!("there is no escape {other:?}"),
        });
    }
    bytes
}

/// What is different on every machine and at every time, replaced.
pub(crate) fn redact(text: &str, home: &Path, examples: &Path) -> String {
    let mut text = text
        .replace(&*home.to_string_lossy(), "$DIR")
        .replace(&*examples.to_string_lossy(), "$EXAMPLES")
        .replace(env!("CARGO_PKG_VERSION"), "$VERSION");
    text = between(&text, ", in ", " lines/s)", "[..] s ([..]");
    text = between(&text, "\"seconds\":", "}", "[..]");
    text = digests(&text);
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
        text.push_str(NO_NEWLINE);
    }
    text
}

/// Replaces what stands between two words on one line.
fn between(text: &str, before: &str, behind: &str, with: &str) -> String {
    let mut redacted = String::new();
    for line in text.split_inclusive('\n') {
        let found =
            line.split_once(before).and_then(|(left, right)| Some((left, right.split_once(behind)?.1)));
        match found {
            Some((left, right)) => redacted.extend([left, before, with, behind, right]),
            None => redacted.push_str(line),
        }
    }
    redacted
}

fn digests(text: &str) -> String {
    let mut parts = text.split("sha256:");
    let mut redacted = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let behind = part.trim_start_matches(|character: char| character.is_ascii_hexdigit());
        redacted.push_str(if part.len() - behind.len() == 64 { "sha256:[..]" } else { "sha256:" });
        redacted.push_str(if part.len() - behind.len() == 64 { behind } else { part });
    }
    redacted
}

/// Whether text is as expected.
pub(crate) fn matches(expected: &str, actual: &str) -> bool {
    let (expected, actual): (Vec<_>, Vec<_>) = (expected.lines().collect(), actual.lines().collect());
    wild(
        &expected,
        &actual,
        |line| *line == "...",
        |pattern, line| {
            let pattern: Vec<&str> = pattern.split("[..]").collect();
            line_matches(&pattern, line)
        },
    )
}

fn line_matches(pattern: &[&str], line: &str) -> bool {
    let [first, middle @ .., last] = pattern else {
        return pattern == [line];
    };
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// Whether two lists are equal, where some items of the first stand for any number of the second.
fn wild<P, I>(pattern: &[P], items: &[I], any: impl Fn(&P) -> bool, equal: impl Fn(&P, &I) -> bool) -> bool {
    let (mut at, mut with, mut retry) = (0, 0, None);
    while with < items.len() {
        if at < pattern.len() && any(&pattern[at]) {
            at += 1;
            retry = Some((at, with));
        } else if at < pattern.len() && equal(&pattern[at], &items[with]) {
            (at, with) = (at + 1, with + 1);
        } else if let Some((behind, taken)) = retry {
            retry = Some((behind, taken + 1));
            (at, with) = (behind, taken + 1);
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(any)
}

#[test]
fn a_case_is_written_as_it_was_read() {
    let text = "About\n\n--- file a.yml\n---\n- x\n--- run apply a.yml\n--- exit 0\n--- stdout\nhello\n";
    let case = Case::parse(text);
    assert_eq!(case.blocks.len(), 4);
    assert_eq!(case.blocks[0].body, "---\n- x\n");
    assert_eq!(case.text(), text);
}

#[test]
fn anything_and_any_number_of_lines() {
    assert!(matches("a\n...\nb [..] d\n", "a\n1\n2\nb c d\n"));
    assert!(matches("...\n", ""));
    assert!(matches("a [..]\n", "a \n"));
    assert!(!matches("a\n...\nb\n", "a\nc\n"));
    assert!(!matches("a [..] b [..] b\n", "a b b\n"));
    assert!(!matches("", "a\n"));
    assert!(!matches("a\n", ""));
}

#[test]
fn words_and_bytes() {
    assert_eq!(words(r#"plugin call x 'a b' "" 1"#), ["plugin", "call", "x", "a b", "", "1"]);
    assert_eq!(unescape("\\0asm\\xff\\n\n"), b"\0asm\xff\n");
}

#[test]
fn what_differs_is_replaced() {
    let text = format!(
        "{} /h/a in 1, in 0.25 s (8 lines/s) sha256:{} \"seconds\":0.1}}",
        env!("CARGO_PKG_VERSION"),
        "a".repeat(64)
    );
    assert_eq!(
        redact(&text, Path::new("/h"), Path::new("/e")),
        "$VERSION $DIR/a in 1, in [..] s ([..] lines/s) sha256:[..] \"seconds\":[..]}\n\\ no newline at the end\n"
    );
}
