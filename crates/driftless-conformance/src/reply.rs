//! Whether a reply is what its function returns.

use std::fmt::Display;

use driftless_host::reply::BOUNDS;
use driftless_plugin_api::function::Function;
use driftless_plugin_api::records::Records;
use driftless_plugin_api::result::TaskResult;
use serde_json::{Map, Value};

/// A reply, read.
///
/// # Errors
///
/// In what way it breaks the protocol.
pub(crate) fn read(function: Function, text: &str) -> Result<Value, String> {
    let value: Value = BOUNDS.read(text).map_err(|error| format!("its reply is not JSON: {error}"))?;
    let object = |what: &str| match &value {
        Value::Object(_) => Ok(()),
        _ => Err(format!("its reply is not {what}")),
    };
    match function {
        Function::ExecuteTask => {
            serde_json::from_str::<TaskResult>(text)
                .map_err(|error| format!("its reply is not a task result: {error}"))?;
        }
        Function::ExecuteFactsCollector => object("an object of facts")?,
        Function::ExecuteLogParser => object("an entry, which is an object")?,
        Function::ExecuteLogFilter if !value.is_boolean() => {
            return Err("its reply is neither true nor false".to_owned());
        }
        Function::ExecuteLogSource => drop(records(text)?),
        _ => {}
    }
    Ok(value)
}

/// What a log source returned: its records, and whether there are more.
///
/// # Errors
///
/// In what way it breaks the protocol.
pub(crate) fn records(text: &str) -> Result<(Vec<Value>, bool), String> {
    let broken = |error: &dyn Display| format!("its reply is not a list of records: {error}");
    BOUNDS.check(text).map_err(|error| broken(&error))?;
    let Records { records, more } = serde_json::from_str(text).map_err(|error| broken(&error))?;
    let read: Result<Vec<Value>, _> =
        records.into_iter().map(|record| serde_json::from_str(record.get())).collect();
    let read = read.map_err(|error| broken(&error))?;
    match read.iter().find(|record| !record.is_string() && !record.is_object()) {
        Some(odd) => Err(format!("its record {odd} is neither a text nor an object")),
        None => Ok((read, more)),
    }
}

/// The message of a failure in a plain object: plugins that were not built with an SDK have no other way to say it.
pub(crate) fn failure_in(value: &Value) -> Option<&str> {
    let members: Option<&Map<String, Value>> = value.as_object().filter(|members| members.len() == 1);
    members?.get("error")?.as_str()
}
