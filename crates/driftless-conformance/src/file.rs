//! Files of cases: YAML, one document for each case.
//!
//! ```yaml
//! case: greets twice
//! task: greet
//! config: {name: Ann, times: 2}
//! expect:
//!   result: {status: success, message: "Hello Ann, Hello Ann"}
//! ```
//!
//! What is called is said by one of `task`, `facts`, `filter`, `function`, `source`, `parser`, `log_filter`, `output`, `command`, `hook` and
//! `call`, which is any function with raw arguments. `host`, `expect` and `budget` are what a recording writes; it leaves every other line
//! as it is.

use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::case::{Budget, Case, Document, HostCall};
use crate::error::Error;
use crate::expectation::Expectation;
use crate::yaml;

/// A file of cases.
#[derive(Clone, Debug)]
pub struct CaseFile {
    path: PathBuf,
    text: String,
    /// Where each document is in the text.
    documents: Vec<Range<usize>>,
    cases: Vec<Case>,
}

/// The files of cases in a folder, in order. A folder that is not there has none.
///
/// # Errors
///
/// When it cannot be read.
pub fn find_case_files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::file(folder)(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(Error::file(folder))?.path();
        let is_yaml = path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml");
        let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if is_yaml && !is_hidden {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

impl CaseFile {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// When it cannot be read, and when something in it is no case.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(path).map_err(Error::file(path))?;
        Self::parse(path, text)
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    ///
    /// When something in it is no case.
    pub fn parse(path: &Path, text: String) -> Result<Self, Error> {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let (mut documents, mut cases) = (Vec::new(), Vec::<Case>::new());
        let parts: Vec<_> = parts(&text).into_iter().filter(|part| !is_blank(&text[part.clone()])).collect();
        for (number, part) in parts.iter().enumerate() {
            let read = document(path, &text, part)?;
            let name = match &read.case {
                Some(name) => format!("{stem}/{name}"),
                None if parts.len() == 1 => stem.clone(),
                None => format!("{stem}/{}", number + 1),
            };
            let wrong = |message: String| {
                let line = text[..part.start].matches('\n').count() + 1 + first_line(&text[part.clone()]);
                Error::Syntax { path: path.to_owned(), line, column: 1, message }
            };
            if cases.iter().any(|case| case.name == name) {
                return Err(wrong(format!("two cases are called `{name}`")));
            }
            cases.push(Case::read(name, read).map_err(wrong)?);
            documents.push(part.clone());
        }
        Ok(Self { path: path.to_owned(), text, documents, cases })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its cases, in order.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Replaces what was recorded of some cases, by their place: `host`, `expect` and `budget`. Everything else stays as it is written.
    ///
    /// # Errors
    ///
    /// When a case is written in a way that cannot be mended line by line.
    pub fn with_recorded(&self, recorded: &[(usize, Case)]) -> Result<Self, Error> {
        let mut text = String::new();
        let mut at = 0;
        for (place, range) in self.documents.iter().enumerate() {
            text.push_str(&self.text[at..range.start]);
            let written = &self.text[range.clone()];
            match recorded.iter().find(|(recorded, _)| *recorded == place) {
                Some((_, case)) => text.push_str(&rewrite(written, &self.cases[place], case)),
                None => text.push_str(written),
            }
            at = range.end;
        }
        text.push_str(&self.text[at..]);
        let rewritten = Self::parse(&self.path, text)?;
        for (place, case) in recorded {
            if rewritten.cases.get(*place) != Some(case) {
                let line = self.text[..self.documents[*place].start].matches('\n').count() + 1;
                let message = "this case cannot be written back; write its keys one below the other, each at the beginning of a line";
                return Err(Error::Syntax {
                    path: self.path.clone(),
                    line,
                    column: 1,
                    message: message.to_owned(),
                });
            }
        }
        Ok(rewritten)
    }

    /// Writes the file. Whoever reads it meanwhile finds the old one or the new one.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write(&self) -> Result<(), Error> {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let new = self.path.with_file_name(format!(".{name}.new"));
        let written = fs::write(&new, &self.text).and_then(|()| fs::rename(&new, &self.path));
        written.map_err(Error::file(&self.path))
    }
}

/// Where the documents of a text are: between the lines `---`.
fn parts(text: &str) -> Vec<Range<usize>> {
    let (mut parts, mut start, mut at) = (Vec::new(), 0, 0);
    for line in text.split_inclusive('\n') {
        if line.trim_end() == "---" {
            parts.push(start..at);
            start = at + line.len();
        }
        at += line.len();
    }
    parts.push(start..text.len());
    parts
}

fn is_blank(part: &str) -> bool {
    part.lines().all(is_gap)
}

/// The number of lines in front of the first that says something.
fn first_line(part: &str) -> usize {
    part.lines().take_while(|line| is_gap(line)).count()
}

/// A line that is empty or a comment.
fn is_gap(line: &str) -> bool {
    line.trim().is_empty() || line.trim_start().starts_with('#')
}

fn document(path: &Path, text: &str, part: &Range<usize>) -> Result<Document, Error> {
    // With the lines above it empty, a mistake is told where it is in the file.
    let mut padded = "\n".repeat(text[..part.start].matches('\n').count());
    padded.push_str(&text[part.clone()]);
    serde_saphyr::from_str(&padded).map_err(|error: serde_saphyr::Error| {
        use serde_saphyr::MessageFormatter;
        let message = serde_saphyr::UserMessageFormatter.format_message(error.without_snippet()).into_owned();
        let at = |place: u64| usize::try_from(place).unwrap_or(usize::MAX);
        let (line, column) = error.location().map_or((1, 1), |place| (at(place.line()), at(place.column())));
        Error::Syntax { path: path.to_owned(), line, column, message }
    })
}

/// A document with what was recorded replaced, as far as it is something else than before.
fn rewrite(written: &str, before: &Case, case: &Case) -> String {
    let mut blocks = blocks(written);
    if case.host != before.host {
        let host: Vec<Value> = case.host.iter().map(HostCall::to_value).collect();
        put(&mut blocks, "host", Some(Value::Array(host)).filter(|_| !case.host.is_empty()));
    }
    if case.expect != before.expect {
        put(&mut blocks, "expect", case.expect.as_ref().map(Expectation::to_value));
    }
    if case.budget != before.budget {
        let budget = serde_json::to_value(case.budget).expect("a budget is two numbers");
        put(&mut blocks, "budget", Some(budget).filter(|_| case.budget != Budget::default()));
    }
    blocks.into_iter().map(|(_, text)| text).collect()
}

/// A key with all that belongs to it, or what stands between two.
type Block = (Option<String>, String);

/// Replaces a key where it stands, or puts it behind the last.
fn put(blocks: &mut Vec<Block>, key: &str, value: Option<Value>) {
    let known = blocks.iter().position(|(known, _)| known.as_deref() == Some(key));
    let text = value.map(|value| yaml::entry(key, &value, 0));
    match (known, text) {
        (Some(at), Some(text)) => blocks[at].1 = text,
        (Some(at), None) => drop(blocks.remove(at)),
        (None, Some(text)) => {
            // What stands below the last key are blank lines and comments.
            let last = blocks.iter().rposition(|(known, _)| known.is_some());
            let at = last.map_or(blocks.len(), |last| last + 1);
            if let Some((_, above)) = last.map(|last| &mut blocks[last])
                && !above.ends_with('\n')
            {
                above.push('\n');
            }
            blocks.insert(at, (Some(key.to_owned()), text));
        }
        (None, None) => {}
    }
}

/// A document, split into its keys with all that belongs to them, and what stands between.
fn blocks(written: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    // Blank lines and comments belong to a key only where it goes on behind them.
    let mut gap = String::new();
    for line in written.split_inclusive('\n') {
        if is_gap(line) {
            gap.push_str(line);
            continue;
        }
        let key = top_level_key(line);
        if key.is_some() || blocks.is_empty() {
            if !gap.is_empty() {
                blocks.push((None, std::mem::take(&mut gap)));
            }
            blocks.push((key, line.to_owned()));
        } else if let Some((_, block)) = blocks.last_mut() {
            block.push_str(&std::mem::take(&mut gap));
            block.push_str(line);
        }
    }
    if !gap.is_empty() {
        blocks.push((None, gap));
    }
    blocks
}

fn top_level_key(line: &str) -> Option<String> {
    let (key, behind) = line.split_once(':')?;
    let key = key.trim_end().trim_matches(['"', '\'']);
    let is_key =
        !key.is_empty() && key.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
    (is_key && (behind.trim().is_empty() || behind.starts_with(char::is_whitespace))).then(|| key.to_owned())
}

#[cfg(test)]
mod tests {
    use driftless_plugin_api::log::Level;
    use serde_json::json;

    use super::*;
    use crate::case::LogLine;
    use crate::expectation::Ending;

    fn parse(text: &str) -> Result<CaseFile, String> {
        CaseFile::parse(Path::new("tests/cases/greet.yml"), text.to_owned())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn cases_are_called_by_their_file() {
        let names =
            |text: &str| parse(text).unwrap().cases.into_iter().map(|case| case.name).collect::<Vec<_>>();
        assert_eq!(names("task: greet\n"), ["greet"]);
        assert_eq!(
            names("# two\n---\ntask: greet\n---\ncase: again\ntask: greet\n---\n"),
            ["greet/1", "greet/again"]
        );
    }

    #[test]
    fn a_mistake_is_told_with_its_line() {
        let says = |text: &str| parse(text).unwrap_err();
        assert!(says("task: a\n---\ntask: a\nconfi: {}\n").starts_with("tests/cases/greet.yml:4:1: "));
        assert_eq!(
            says("task: a\n---\n\n# no\nconfig: {}\n"),
            "tests/cases/greet.yml:5:1: a case has exactly one of the keys task, facts, filter, function, source, parser, log_filter, output, \
             command, hook, call"
        );
        assert!(says("task: a\nline: x\n").ends_with("`line` means nothing beside `task`"));
        assert!(says("call: nothing\n").ends_with("the protocol has no function `nothing`"));
        assert!(says("task: a\nexpect: {reslt: 1}\n").contains("`expect` has no key `reslt`"));
        assert!(says("task: a\nexpect: {failure: 1}\n").ends_with("`failure` is a text"));
        assert!(says("task: a\nhost: [{file: {reed: 1}, ok: read}]\n").contains("unknown variant `reed`"));
        assert!(says("task: a\nhost: [{environment: {name: A}}]\n").contains("either `ok` or `error`"));
        assert!(
            says("task: a\nexpect: {result: 1, log: [{loud: x}]}\n").contains("there is no level `loud`")
        );
        assert!(says("task: a: b\n").starts_with("tests/cases/greet.yml:1:"));
    }

    #[test]
    fn a_recording_replaces_what_was_recorded_and_nothing_else() {
        let before = "\
# What the author says about it.
case: hello   # a name
task: greet

config:
  text: |
    first

    # no comment

    last

# below the configuration
expect:
  result: 1   # was this ever right?
time: 5
# at the end
---
task: other
";
        let file = parse(before).unwrap();
        let mut case = file.cases()[0].clone();
        case.expect = Some(Expectation {
            ending: Ending::Result(json!({"status": "success"})),
            log: Some(vec![LogLine { level: Level::Info, message: "hi: there".to_owned() }]),
        });
        case.budget = Budget { fuel: Some(10), memory: None };
        let after = before
            .replace(
                "  result: 1   # was this ever right?\n",
                "  result:\n    status: success\n  log:\n    - info: \"hi: there\"\n",
            )
            .replace("time: 5\n", "time: 5\nbudget:\n  fuel: 10\n");
        assert_eq!(file.with_recorded(&[(0, case)]).unwrap().text(), after);
        assert!(parse("{task: a}\n").unwrap().with_recorded(&[(0, file.cases()[0].clone())]).is_err());
    }

    #[test]
    fn a_case_without_a_newline_at_its_end_gets_one() {
        let file = parse("task: a").unwrap();
        let mut case = file.cases()[0].clone();
        case.expect = Some(Expectation { ending: Ending::Failure("no".to_owned()), log: None });
        assert_eq!(file.with_recorded(&[(0, case)]).unwrap().text(), "task: a\nexpect:\n  failure: \"no\"\n");
    }
}
