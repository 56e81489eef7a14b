//! What generated code refers to. None of it is meant for people, and all of it may change.

pub use crate::arguments::ArgumentReader;
pub use crate::config::{ConfigCache, read};
pub use crate::dispatch::{Call, Component, Plugin, schema_of, schema_of_nothing, write, write_object};
pub use crate::source::batch;
pub use driftless_plugin_api::component::ComponentKind;

use crate::{Error, Result};

/// What the exports are made of.
#[cfg(target_family = "wasm")]
pub mod guest {
    pub use crate::guest::{argument, reply};
}

/// What the reply to a call in a test is.
pub fn text(run: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut reply = Vec::new();
    run(&mut reply);
    String::from_utf8(reply).expect("JSON is UTF-8")
}

/// The arguments of an `execute_*` function, of which there are two to four.
#[must_use]
pub fn call<'a>(arguments: &[&'a str]) -> Call<'a> {
    let argument = |place: usize| arguments.get(place).copied().unwrap_or_default();
    Call {
        name: argument(0),
        config: argument(1),
        input: argument(2),
        arguments: argument(3),
    }
}

/// Reads a value that the host handed over: an entry, or what a filter is applied to.
pub fn value<'a, T: serde::Deserialize<'a>>(what: &str, json: &'a str) -> Result<T> {
    serde_json::from_str(json).map_err(|error| Error::new(format!("the {what} does not fit: {error}")))
}

/// Any error that can be displayed, as the plugin's. The alternate form is what `anyhow` prints its causes with.
pub fn error(error: impl std::fmt::Display) -> Error {
    Error::new(format!("{error:#}"))
}
