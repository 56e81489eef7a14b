//! What has to come of a case, and what came of it.

use driftless_plugin_api::log::Level;
use serde_json::{Map, Value};

use crate::pattern;

/// How a call ended, or has to end. In what has to be, `[..]` stands for anything.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    /// With this reply.
    Result(Value),
    /// The plugin says that it failed.
    Failure(String),
    /// The call was ended: a panic, a trap, a limit, a reply that breaks the protocol, a function that is not there.
    Error(String),
    /// The host did not let it happen: the configuration does not match its schema, or there is no such component.
    Refused(String),
    /// As [`Failure`](Self::Failure) or [`Error`](Self::Error). Only to be expected: what happened is always one of the two.
    Fails(String),
}

/// What has to come of a case, or what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// How the call ends.
    pub ending: Ending,
    /// What the plugin says to the user meanwhile; `None` where that does not matter.
    pub log: Option<Vec<LogLine>>,
}

/// One message of a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// How much it matters.
    pub level: Level,
    /// The text.
    pub message: String,
}

impl Ending {
    /// The keys by which it is written.
    pub(crate) const KEYS: [&'static str; 5] = ["result", "failure", "error", "refused", "fails"];

    pub(crate) fn read(key: &str, value: Value) -> Result<Self, String> {
        if key == "result" {
            return Ok(Self::Result(value));
        }
        let Value::String(text) = value else { return Err(format!("`{key}` is a text")) };
        Ok(match key {
            "failure" => Self::Failure(text),
            "error" => Self::Error(text),
            "refused" => Self::Refused(text),
            _ => Self::Fails(text),
        })
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Result(_) => "result",
            Self::Failure(_) => "failure",
            Self::Error(_) => "error",
            Self::Refused(_) => "refused",
            Self::Fails(_) => "fails",
        }
    }

    fn value(&self) -> Value {
        match self {
            Self::Result(value) => value.clone(),
            Self::Failure(text) | Self::Error(text) | Self::Refused(text) | Self::Fails(text) => {
                text.clone().into()
            }
        }
    }

    /// What happened, in the word that was expected of it.
    fn in_the_words_of(&self, expected: &Self) -> Self {
        match (expected, self) {
            (Self::Fails(_), Self::Failure(text) | Self::Error(text)) => Self::Fails(text.clone()),
            _ => self.clone(),
        }
    }
}

impl Expectation {
    /// As it is written: `{result: …, log: […]}`.
    pub(crate) fn to_value(&self) -> Value {
        let mut members = Map::from_iter([(self.ending.key().to_owned(), self.ending.value())]);
        if let Some(log) = &self.log {
            let line = |line: &LogLine| {
                Value::Object(Map::from_iter([(line.level.to_string(), line.message.clone().into())]))
            };
            members.insert("log".to_owned(), log.iter().map(line).collect());
        }
        Value::Object(members)
    }

    /// Reads it as it is written.
    pub(crate) fn from_value(written: Value) -> Result<Self, String> {
        let Value::Object(mut written) = written else { return Err("`expect` has keys".to_owned()) };
        let log = written.remove("log").map(log_lines).transpose()?;
        let keys = Ending::KEYS.join(", ");
        let mut written = written.into_iter();
        match (written.next(), written.next()) {
            (Some((key, _)), None) if !Ending::KEYS.contains(&key.as_str()) => {
                Err(format!("`expect` has no key `{key}`; there are {keys} and `log`"))
            }
            (Some((key, value)), None) => Ok(Self { ending: Ending::read(&key, value)?, log }),
            _ => Err(format!("`expect` has one of the keys {keys}, and perhaps `log`")),
        }
    }

    /// What happened, as far as this expectation looks at it.
    pub(crate) fn seen(&self, actual: &Self) -> Self {
        let log = if self.log.is_some() { actual.log.clone() } else { None };
        Self { ending: actual.ending.in_the_words_of(&self.ending), log }
    }

    /// Whether it holds.
    pub(crate) fn holds(&self, actual: &Self) -> bool {
        pattern::matches(&self.to_value(), &self.seen(actual).to_value())
    }
}

fn log_lines(written: Value) -> Result<Vec<LogLine>, String> {
    const HOW: &str = "`log` is a list of messages, each with its level: `- info: text`";
    let Value::Array(lines) = written else { return Err(HOW.to_owned()) };
    let line = |line: Value| {
        let Value::Object(line) = line else { return Err(HOW.to_owned()) };
        let mut members = line.into_iter();
        match (members.next(), members.next()) {
            (Some((word, Value::String(message))), None) => {
                let unknown = |_| format!("there is no level `{word}`; there are error, warn, info, debug");
                Ok(LogLine { level: word.parse().map_err(unknown)?, message })
            }
            _ => Err(HOW.to_owned()),
        }
    };
    lines.into_iter().map(line).collect()
}
