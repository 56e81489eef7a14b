//! The arguments of a template extension, taken out one by one by the names of the author's parameters.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::input::{Argument, misfit};
use crate::text::Text;
use crate::{Error, Result};

/// What is left of the arguments of one call, each still as JSON: its type is known when it is taken.
#[derive(Debug)]
pub struct ArgumentReader<'a> {
    positional: std::vec::IntoIter<&'a RawValue>,
    keyword: Vec<(Text<'a>, &'a RawValue)>,
}

impl<'a> ArgumentReader<'a> {
    /// Reads `args_json`, see [`driftless_plugin_api::arguments`]. An empty string is no arguments.
    pub fn new(json: &'a str) -> Result<Self> {
        let json = json.trim_start();
        let given = match json.as_bytes().first() {
            None => Ok(Given::default()),
            Some(b'[') => {
                serde_json::from_str(json).map(|positional| Given { positional, ..Given::default() })
            }
            Some(_) => serde_json::from_str(json),
        };
        let given = given.map_err(|error| misfit("its list of arguments", &error))?;
        Ok(Self { positional: given.positional.into_iter(), keyword: given.keyword.0 })
    }

    /// The next argument, or the one with this name.
    pub fn required<T: Argument>(&mut self, name: &str) -> Result<T> {
        self.optional(name)?.ok_or_else(|| Error::new(format!("the argument `{name}` is missing")))
    }

    /// The next argument, or the one with this name, or none.
    pub fn optional<T: Argument>(&mut self, name: &str) -> Result<Option<T>> {
        let Some(value) = self.next(name)? else {
            return Ok(None);
        };
        // `T` and not `Option<T>`, for which null would be the same as nothing.
        let read = serde_json::from_str::<T>(value);
        read.map(Some).map_err(|error| misfit(&format!("the argument `{name}`"), &error))
    }

    /// Refuses arguments that the function did not take.
    pub fn finish(mut self, names: &[&str]) -> Result<()> {
        let known = || match names {
            [] => "it takes none".to_owned(),
            names => format!("it takes: {}", names.join(", ")),
        };
        if let Some((name, _)) = self.keyword.first() {
            return Err(Error::new(format!("there is no argument `{name}`; {}", known())));
        }
        match self.positional.next() {
            Some(_) => Err(Error::new(format!("there are too many arguments; {}", known()))),
            None => Ok(()),
        }
    }

    fn next(&mut self, name: &str) -> Result<Option<&'a str>> {
        let place = self.keyword.iter().position(|(given, _)| given == name);
        let named = place.map(|place| self.keyword.remove(place).1);
        match (self.positional.next(), named) {
            (Some(_), Some(_)) => Err(Error::new(format!("the argument `{name}` is given twice"))),
            (given, named) => Ok(given.or(named).map(RawValue::get)),
        }
    }
}

/// Positional and keyword arguments together.
///
/// The protocol's own type for them would read everything twice: into values, and those into the author's types.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "an array or an object")]
struct Given<'a> {
    #[serde(borrow)]
    positional: Vec<&'a RawValue>,
    #[serde(borrow)]
    keyword: Keywords<'a>,
}

#[derive(Default)]
struct Keywords<'a>(Vec<(Text<'a>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Keywords<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(KeywordsVisitor)
    }
}

struct KeywordsVisitor;

impl<'de> Visitor<'de> for KeywordsVisitor {
    type Value = Keywords<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("arguments by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keywords<'de>, A::Error> {
        let mut keywords = Vec::new();
        while let Some(keyword) = map.next_entry()? {
            keywords.push(keyword);
        }
        Ok(Keywords(keywords))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_come_by_position_and_by_name() {
        let mut reader = ArgumentReader::new(r#"{"positional": [3], "keyword": {"end": "!"}}"#).unwrap();
        assert_eq!(reader.required::<u32>("length").unwrap(), 3);
        assert_eq!(reader.optional::<String>("end").unwrap().as_deref(), Some("!"));
        reader.finish(&["length", "end"]).unwrap();
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let says = |json: &str| {
            let mut reader = ArgumentReader::new(json)?;
            reader.required::<u32>("length")?;
            reader.finish(&["length"])
        };
        assert_eq!(says("[]").unwrap_err().to_string(), "the argument `length` is missing");
        assert_eq!(says("[1, 2]").unwrap_err().to_string(), "there are too many arguments; it takes: length");
        assert_eq!(
            says(r#"{"positional": [1], "keyword": {"width": 2}}"#).unwrap_err().to_string(),
            "there is no argument `width`; it takes: length"
        );
        assert_eq!(
            says(r#"{"positional": [1], "keyword": {"length": 2}}"#).unwrap_err().to_string(),
            "the argument `length` is given twice"
        );
        assert_eq!(
            says(r#"["x"]"#).unwrap_err().to_string(),
            "the argument `length` does not fit: invalid type: string \"x\", expected u32"
        );
    }
}
