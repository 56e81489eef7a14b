//! What was recorded of the cases of a file: `NAME.recorded.json` beside `NAME.yml`.
//!
//! The YAML belongs to the author, and nothing but a person writes to it; the JSON belongs to the machine. A part of a case, `host`, `expect`
//! or `budget`, is recorded only where the author has not written it.

use std::fs;
use std::path::{Path, PathBuf};

use driftless_files::Readers;
use driftless_plugin_api::text::is_printable;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::budget::Budget;
use crate::error::Error;
use crate::expectation::Expectation;
use crate::host_call::HostCall;
use crate::text::read_text;

/// The form of the file that is written. One of another form is not read.
const FORMAT: u32 = 1;

/// What was recorded of one case. A part that the author has written is empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordedCase {
    /// The host calls, in order.
    pub host: Vec<HostCall>,
    /// What came of it.
    pub expect: Option<Expectation>,
    /// Twice what it used.
    pub budget: Budget,
}

/// Which parts of a case its author has written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) host: bool,
    pub(crate) expect: bool,
    pub(crate) budget: bool,
}

/// What was recorded of the cases of one file, in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Recordings {
    path: PathBuf,
    cases: Vec<(String, RecordedCase)>,
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "format")]
    _format: u32,
    #[serde(rename = "written_by")]
    _written_by: String,
    // In order.
    cases: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(default)]
    host: Vec<Map<String, Value>>,
    expect: Option<Map<String, Value>>,
    #[serde(default)]
    budget: Budget,
}

impl Recordings {
    /// Where the recordings of a file of cases are.
    pub fn path_beside(cases: &Path) -> PathBuf {
        cases.with_extension("recorded.json")
    }

    /// Recordings of these cases, each by its key.
    pub(crate) fn new(path: PathBuf, cases: Vec<(String, RecordedCase)>) -> Self {
        Self { path, cases }
    }

    /// Reads a file. One that is not there has nothing in it.
    pub(crate) fn read(path: PathBuf) -> Result<Self, Error> {
        match read_text(&path) {
            Ok(text) => Self::parse(path, &text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::new(path, Vec::new())),
            Err(error) => Err(Error::file(&path)(error)),
        }
    }

    fn parse(path: PathBuf, text: &str) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        let syntax = |error: serde_json::Error| {
            let (line, column, message) = (error.line(), error.column(), error.to_string());
            let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
            let (message, text) = (message.to_owned(), text.to_owned());
            Error::Syntax { path: path.clone(), line, column, message, text }
        };
        let Head { format } = serde_json::from_str(text).map_err(syntax)?;
        if format != FORMAT {
            let message = format!("its format is {format}, and this version reads format {FORMAT}");
            return Err(Error::Recorded { path, message });
        }
        let Document { cases, .. } = serde_json::from_str(text).map_err(syntax)?;
        let read = cases.into_iter().map(|(key, entry)| match RecordedCase::read(entry) {
            Ok(case) => Ok((key, case)),
            Err(why) => Err(Error::Recorded { path: path.clone(), message: format!("`{key}`: {why}") }),
        });
        let cases = read.collect::<Result<_, _>>()?;
        Ok(Self { path, cases })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was recorded of the case with this key.
    pub(crate) fn get(&self, key: &str) -> Option<&RecordedCase> {
        self.cases.iter().find(|(known, _)| known == key).map(|(_, case)| case)
    }

    /// The keys of the cases.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.cases.iter().map(|(key, _)| key.as_str())
    }

    /// Writes the file at once: a reader finds the old one or the new one. Without any recording, there is no file.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write(&self) -> Result<(), Error> {
        if self.cases.is_empty() {
            return match fs::remove_file(&self.path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    Err(Error::file(&self.path)(error))
                }
                _ => Ok(()),
            };
        }
        driftless_files::replace(&self.path, self.text().as_bytes(), Readers::Umask)
            .map_err(Error::file(&self.path))
    }

    fn text(&self) -> String {
        let cases: Map<String, Value> =
            self.cases.iter().map(|(key, case)| (key.clone(), case.to_value())).collect();
        let document =
            json!({"format": FORMAT, "written_by": "driftless plugin test --record", "cases": cases});
        let mut text = String::new();
        // In JSON, a character that shows nothing can only be in a text, and there it can be written as its number.
        for character in format!("{document:#}\n").chars() {
            if is_printable(character) || character == '\n' {
                text.push(character);
            } else {
                let mut units = [0; 2];
                text.extend(character.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
            }
        }
        text
    }
}

impl RecordedCase {
    /// Whether nothing of the case is recorded.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The recording without the parts that the author has written.
    pub(crate) fn without(mut self, written: Written) -> Self {
        if written.host {
            self.host.clear();
        }
        if written.expect {
            self.expect = None;
        }
        if written.budget {
            self.budget = Budget::default();
        }
        self
    }

    fn read(entry: Value) -> Result<Self, String> {
        let Entry { host, expect, budget } =
            serde_json::from_value(entry).map_err(|error| error.to_string())?;
        let host = host.into_iter().map(HostCall::read).collect::<Result<_, _>>()?;
        let expect = expect.map(|expect| Expectation::from_value(expect.into())).transpose()?;
        Ok(Self { host, expect, budget })
    }

    fn to_value(&self) -> Value {
        let mut entry = Map::new();
        if !self.host.is_empty() {
            entry.insert("host".to_owned(), self.host.iter().map(HostCall::to_value).collect());
        }
        if let Some(expect) = &self.expect {
            entry.insert("expect".to_owned(), expect.to_value());
        }
        if self.budget != Budget::default() {
            entry.insert("budget".to_owned(), json!(self.budget));
        }
        Value::Object(entry)
    }
}

#[cfg(test)]
mod tests {
    use driftless_plugin_api::host_call::{Capability, HostCallError, HostCallErrorKind, Outcome};
    use driftless_plugin_api::log::Level;

    use super::*;
    use crate::expectation::{Ending, LogLine};
    use crate::host_call::{Body, HostReply};

    fn recordings(result: Value) -> Recordings {
        let call = |outcome, sent: &[u8], body: &[u8]| HostCall {
            capability: Capability::File,
            request: json!({"read": {"path": "/etc/motd"}}),
            sent: Some(Body(sent.to_vec())).filter(|sent| !sent.0.is_empty()),
            reply: HostReply { outcome, body: Body(body.to_vec()) },
        };
        let denied = HostCallError::new(HostCallErrorKind::Denied, "no");
        let case = RecordedCase {
            host: vec![
                call(Outcome::Ok(json!("read")), b"", b"\xff\x00"),
                call(Outcome::Error(denied), b"sent\n", b""),
            ],
            expect: Some(Expectation {
                ending: Ending::Result(result),
                log: Some(vec![LogLine { level: Level::Info, message: "hi: there".to_owned() }]),
            }),
            budget: Budget { fuel: Some(10), memory: Some(65536) },
        };
        let failed = Expectation { ending: Ending::Failure("[..]".to_owned()), log: None };
        let other = RecordedCase { expect: Some(failed), ..RecordedCase::default() };
        Recordings::new("x.recorded.json".into(), vec![("z".to_owned(), case), ("a".to_owned(), other)])
    }

    #[test]
    fn what_is_written_is_read_as_the_same() {
        let result = json!({"$repeat": "a", "times": 3, "[..]": ["\u{202e}\u{e0041}\u{7f}\r\n\"\\", 1.5, u64::MAX, null]});
        let before = recordings(result);
        let text = before.text();
        assert!(!text.contains(['\u{202e}', '\u{e0041}', '\u{7f}']), "{text}");
        assert!(text.contains(r"\u202e\udb40\udc41\u007f"), "{text}");
        assert!(text.find("\"z\"") < text.find("\"a\""), "{text}");
        assert_eq!(Recordings::parse(before.path.clone(), &text).unwrap(), before);
    }

    #[test]
    fn a_file_that_is_no_recording_is_told() {
        let says = |text: &str| Recordings::parse("x.recorded.json".into(), text).unwrap_err().to_string();
        assert!(says("{\n  \"format\": 1,\n}").starts_with("x.recorded.json:3:1: "), "{}", says("{"));
        assert!(says(r#"{"format": 2, "new": 1}"#).contains("its format is 2"));
        let entry = |entry: &str| {
            says(&format!(r#"{{"format": 1, "written_by": "x", "cases": {{"hello": {entry}}}}}"#))
        };
        assert!(entry(r#"{"hots": []}"#).contains("`hello`: unknown field `hots`"));
        assert!(entry(r#"{"expect": {"reslt": 1}}"#).contains("`expect` has no key `reslt`"));
    }

    #[test]
    fn a_file_is_replaced_at_once_and_goes_with_its_last_recording() {
        let folder = tempfile::tempdir().unwrap();
        let path = Recordings::path_beside(&folder.path().join("greet.yml"));
        assert!(path.ends_with("greet.recorded.json"));
        let nothing = Recordings::read(path.clone()).unwrap();
        assert_eq!(nothing.keys().count(), 0);
        nothing.write().unwrap();
        let Recordings { cases, .. } = recordings(json!(1));
        let written = Recordings::new(path.clone(), cases);
        written.write().unwrap();
        written.write().unwrap();
        assert_eq!(Recordings::read(path.clone()).unwrap(), written);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
        nothing.write().unwrap();
        assert!(!path.exists());
    }
}
