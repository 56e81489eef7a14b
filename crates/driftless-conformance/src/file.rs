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
//! `call`, which is any function with raw arguments. What is not in the case, of `host`, `expect` and `budget`, is taken from its recording, see
//! [`Recordings`].

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use driftless_documents::DocumentError;

use crate::case::{Case, Document};
use crate::error::Error;
use crate::recorded::{RecordedCase, Recordings};
use crate::text::read_text;

/// A file of cases, with what was recorded of them.
#[derive(Clone, Debug)]
pub struct CaseFile {
    path: PathBuf,
    cases: Vec<Case>,
    recordings: Recordings,
}

/// The files of cases in a folder, in order. A folder that is not there has none.
///
/// # Errors
///
/// When it cannot be read, and when two files differ only in the end of their name: their cases would be called alike.
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
    if let Some(pair) = files.windows(2).find(|pair| pair[0].file_stem() == pair[1].file_stem()) {
        let message = format!("there is {} as well: give one of them another name", pair[0].display());
        return Err(Error::file(&pair[1])(io::Error::other(message)));
    }
    Ok(files)
}

impl CaseFile {
    /// Reads a file, and what was recorded of its cases.
    ///
    /// # Errors
    ///
    /// When one of the two cannot be read, and when something in it is no case or no recording.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = read_text(path).map_err(Error::file(path))?;
        Self::parse(path, &text, Recordings::read(Recordings::path_beside(path))?)
    }

    fn parse(path: &Path, text: &str, recordings: Recordings) -> Result<Self, Error> {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let syntax = |at: usize, message: String| {
            let before = &text[..text.floor_char_boundary(at)];
            let line = before.matches('\n').count() + 1;
            let column = before.chars().rev().take_while(|character| *character != '\n').count() + 1;
            Error::Syntax { path: path.to_owned(), line, column, message, text: text.to_owned() }
        };
        let mistake = |error: DocumentError| {
            let at = error.place().map_or(0, |place| place.start);
            syntax(at, error.to_string())
        };
        let documents = driftless_documents::Document::parse_all(text).map_err(mistake)?;
        let is_alone = documents.len() == 1;
        let mut cases = Vec::<Case>::new();
        for (number, document) in documents.into_iter().enumerate() {
            let start = document.start();
            let document: Document = document.read().map_err(mistake)?;
            let key = document.case.clone().unwrap_or_else(|| (number + 1).to_string());
            let name =
                if is_alone && document.case.is_none() { stem.clone() } else { format!("{stem}/{key}") };
            let wrong = |message: String| syntax(start, message);
            if cases.iter().any(|case| case.name == name) {
                return Err(wrong(format!("two cases are called `{name}`")));
            }
            let recorded = recordings.get(&key);
            cases.push(Case::read(name, key, document, recorded).map_err(wrong)?);
        }
        Ok(Self { path: path.to_owned(), cases, recordings })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its cases, in order.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// What was recorded of the case at this place, and is not written by the author.
    pub fn recorded(&self, place: usize) -> RecordedCase {
        let case = &self.cases[place];
        self.recordings.get(&case.key).cloned().unwrap_or_default().without(case.written)
    }

    /// What was recorded of all of them.
    pub fn recordings(&self) -> &Recordings {
        &self.recordings
    }

    /// The names of recordings that belong to no case: it was renamed, or is gone.
    pub fn unused_recordings(&self) -> impl Iterator<Item = &str> {
        self.recordings.keys().filter(|key| !self.cases.iter().any(|case| case.key == *key))
    }

    /// The recordings with those of some cases replaced, by their place in the file. Those that belong to no case are left out, and so is what
    /// the author has written meanwhile.
    pub fn with_recorded(&self, recorded: &[(usize, RecordedCase)]) -> Recordings {
        let of = |(place, case): (usize, &Case)| {
            let new = recorded.iter().find(|(known, _)| *known == place);
            (case.key.clone(), new.map_or_else(|| self.recorded(place), |(_, recorded)| recorded.clone()))
        };
        let cases = self.cases.iter().enumerate().map(of).filter(|(_, recorded)| !recorded.is_empty());
        let cases = cases.collect();
        Recordings::new(self.recordings.path().to_owned(), cases)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::budget::Budget;
    use crate::expectation::{Ending, Expectation};
    use crate::recorded::Written;

    fn parse_with(text: &str, recorded: Vec<(String, RecordedCase)>) -> Result<CaseFile, String> {
        let path = Path::new("tests/cases/greet.yml");
        CaseFile::parse(path, text, Recordings::new(Recordings::path_beside(path), recorded))
            .map_err(|error| error.to_string())
    }

    fn parse(text: &str) -> Result<CaseFile, String> {
        parse_with(text, Vec::new())
    }

    /// A recording that expects this.
    fn recorded(result: i32) -> RecordedCase {
        let expect = Expectation { ending: Ending::Result(json!(result)), log: None };
        let budget = Budget { fuel: Some(10), memory: None };
        RecordedCase { expect: Some(expect), budget, ..RecordedCase::default() }
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
    fn what_is_not_written_is_taken_from_the_recording() {
        let text = "task: a\n---\ncase: named\ntask: b\nexpect: {result: 1}\n";
        let file = parse_with(
            text,
            vec![
                ("1".to_owned(), recorded(5)),
                ("named".to_owned(), recorded(6)),
                ("gone".to_owned(), recorded(7)),
            ],
        );
        let file = file.unwrap();
        let expected = |place: usize| file.cases()[place].expect.as_ref().unwrap().ending.clone();
        assert_eq!(expected(0), Ending::Result(json!(5)));
        assert_eq!(expected(1), Ending::Result(json!(1)), "what the author has written counts");
        assert_eq!(file.cases()[1].budget.fuel, Some(10));
        assert_eq!(file.cases()[1].written, Written { host: false, expect: true, budget: false });
        assert_eq!(file.cases()[0].as_written().expect, None);
        assert_eq!(file.cases()[1].as_written().budget, Budget::default());
        assert_eq!(file.unused_recordings().collect::<Vec<_>>(), ["gone"]);
    }

    #[test]
    fn a_recording_replaces_that_of_its_case_and_no_other() {
        let file = parse_with(
            "task: a\n---\ntask: b\nexpect: {result: 2}\n---\ncase: new\ntask: c\n",
            vec![
                ("gone".to_owned(), recorded(0)),
                ("2".to_owned(), recorded(2)),
                ("1".to_owned(), recorded(1)),
            ],
        );
        let file = file.unwrap();
        let cases = |recordings: &Recordings| {
            recordings
                .keys()
                .map(|key| (key.to_owned(), recordings.get(key).unwrap().clone()))
                .collect::<Vec<_>>()
        };
        let after = file.with_recorded(&[(2, recorded(3)), (0, RecordedCase::default())]);
        let budget = RecordedCase { expect: None, ..recorded(2) };
        assert_eq!(cases(&after), [("2".to_owned(), budget), ("new".to_owned(), recorded(3))]);
        assert_eq!(after.path(), Path::new("tests/cases/greet.recorded.json"));
    }

    #[test]
    fn files_whose_cases_would_be_called_alike_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.yml", "b.yaml", "c.txt", ".d.yml", "a.recorded.json"] {
            fs::write(folder.path().join(name), "task: a\n").unwrap();
        }
        let files = find_case_files(folder.path()).unwrap();
        assert_eq!(files, [folder.path().join("a.yml"), folder.path().join("b.yaml")]);
        fs::write(folder.path().join("a.yaml"), "task: a\n").unwrap();
        let said = find_case_files(folder.path()).unwrap_err().to_string();
        assert!(said.contains("a.yml: there is ") && said.contains("a.yaml as well"), "{said}");
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_no_file_of_cases() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.yml");
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RWXU).unwrap();
        assert!(CaseFile::read(&path).unwrap_err().to_string().ends_with("it is no regular file"));
    }
}
