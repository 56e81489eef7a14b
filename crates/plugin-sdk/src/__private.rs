//! What generated code refers to. None of it is meant for people, and all of it may change.

pub use crate::arguments::ArgumentReader;
pub use crate::config::ConfigCache;
pub use crate::dispatch::{Call, Component, Hook, Plugin};
pub use crate::input::{
    Argument, Config, FromText, Input, config, default_text, schema_of, schema_of_nothing, told, value,
};
pub use crate::output::{
    Cause, Fallible, FallibleKind, Output, Plain, PlainKind, Records, Returned, TaskOutput, task_result,
    verdict, write, write_object,
};
pub use crate::source::batch;
pub use driftless_plugin_api::component::ComponentKind;
pub use driftless_plugin_api::function::Function;

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
    Call { name: argument(0), config: argument(1), input: argument(2), arguments: argument(3) }
}
