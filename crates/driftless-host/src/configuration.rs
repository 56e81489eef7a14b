//! What a component or a plugin is configured with.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// A configuration: a JSON object.
pub(crate) struct Configuration(Map<String, Value>);

impl Configuration {
    /// The configuration that a value of the program's own stands for. `()` and `None` stand for an empty one.
    ///
    /// # Errors
    ///
    /// When it is no object as JSON has it. `whose` says whose configuration that is.
    pub(crate) fn new(value: impl Serialize, whose: impl Fn() -> String) -> Result<Self> {
        let wrong = |violation: String| Error::Configuration {
            what: format!("the configuration of {}", whose()),
            violations: vec![violation],
        };
        match serde_json::to_value(value) {
            Ok(Value::Object(config)) => Ok(Self(config)),
            Ok(Value::Null) => Ok(Self(Map::new())),
            Ok(other) => {
                let kind = match other {
                    Value::Array(_) => "a list",
                    Value::String(_) => "a text",
                    Value::Number(_) => "a number",
                    _ => "a truth value",
                };
                Err(wrong(format!("it is {kind}; a configuration is an object, such as a struct or a map")))
            }
            Err(error) => Err(wrong(format!("it cannot be written as JSON: {error}"))),
        }
    }

    pub(crate) fn into_map(self) -> Map<String, Value> {
        self.0
    }

    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(&self.0).expect("an object of JSON can be written")
    }
}
