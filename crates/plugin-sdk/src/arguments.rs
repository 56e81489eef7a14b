//! The arguments of a template extension, taken out one by one by the names of the author's parameters.

use driftless_plugin_api::arguments::Arguments;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{Error, Result};

/// What is left of the arguments of one call.
#[derive(Debug)]
pub struct ArgumentReader {
    positional: std::vec::IntoIter<Value>,
    keyword: Map<String, Value>,
}

impl ArgumentReader {
    /// Reads `args_json`. An empty string is no arguments.
    pub fn new(json: &str) -> Result<Self> {
        let arguments = match json {
            "" | "[]" => Arguments::Positional(Vec::new()),
            json => serde_json::from_str(json).map_err(|error| {
                Error::new(format!("its arguments are not an array or an object: {error}"))
            })?,
        };
        let (positional, keyword) = arguments.into_parts();
        Ok(Self {
            positional: positional.into_iter(),
            keyword,
        })
    }

    /// The next argument, or the one with this name.
    pub fn required<T: DeserializeOwned>(&mut self, name: &str) -> Result<T> {
        self.optional(name)?
            .ok_or_else(|| Error::new(format!("the argument `{name}` is missing")))
    }

    /// The next argument, or the one with this name, or none.
    pub fn optional<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>> {
        let value = match (self.positional.next(), self.keyword.remove(name)) {
            (Some(_), Some(_)) => return Err(Error::new(format!("the argument `{name}` is given twice"))),
            (Some(value), None) | (None, Some(value)) => value,
            (None, None) => return Ok(None),
        };
        serde_json::from_value(value)
            .map_err(|error| Error::new(format!("the argument `{name}` does not fit: {error}")))
    }

    /// Refuses what nobody took.
    pub fn finish(mut self, names: &[&str]) -> Result<()> {
        let known = || match names {
            [] => "it takes none".to_owned(),
            names => format!("it takes: {}", names.join(", ")),
        };
        if let Some(name) = self.keyword.keys().next() {
            return Err(Error::new(format!("there is no argument `{name}`; {}", known())));
        }
        match self.positional.next() {
            Some(_) => Err(Error::new(format!("there are too many arguments; {}", known()))),
            None => Ok(()),
        }
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
        assert_eq!(
            says("[]").unwrap_err().to_string(),
            "the argument `length` is missing"
        );
        assert_eq!(
            says("[1, 2]").unwrap_err().to_string(),
            "there are too many arguments; it takes: length"
        );
        assert_eq!(
            says(r#"{"positional": [1], "keyword": {"width": 2}}"#)
                .unwrap_err()
                .to_string(),
            "there is no argument `width`; it takes: length"
        );
        assert_eq!(
            says(r#"{"positional": [1], "keyword": {"length": 2}}"#)
                .unwrap_err()
                .to_string(),
            "the argument `length` is given twice"
        );
        assert_eq!(
            says(r#"["x"]"#).unwrap_err().to_string(),
            "the argument `length` does not fit: invalid type: string \"x\", expected u32"
        );
    }
}
