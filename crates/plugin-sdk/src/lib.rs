//! Write Driftless plugins as plain typed Rust functions.
//!
//! A plugin is one module under [`#[plugin]`](macro@plugin). Each component is a function with an attribute that says
//! of which kind it is; its configuration is a type that derives `Deserialize` and `JsonSchema`. Everything else (the
//! exports of the protocol, the schemas, the manifest, the handling of memory) is generated.
//!
//! ```
//! #[plugin_sdk::plugin]
//! mod greetings {
//!     use plugin_sdk::prelude::*;
//!
//!     /// Whom to greet.
//!     #[derive(Deserialize, JsonSchema)]
//!     pub struct Greet {
//!         /// The name of a person.
//!         name: String,
//!     }
//!
//!     /// Greets somebody.
//!     #[task]
//!     fn greet(config: Greet) -> Result<TaskResult> {
//!         if config.name.is_empty() {
//!             bail!("there is nobody to greet");
//!         }
//!         log::info!("greeting {}", config.name);
//!         Ok(TaskResult::success(format!("Hello {}", config.name)))
//!     }
//!
//!     /// `{{ name | shout }}`, `{{ name | shout(3) }}`, `{{ name | shout(marks=3) }}`
//!     #[template_filter]
//!     fn shout(value: String, #[default(1)] marks: usize) -> String {
//!         value.to_uppercase() + &"!".repeat(marks)
//!     }
//! }
//!
//! // What the host calls can be called in an ordinary test.
//! assert_eq!(
//!     execute_task("greet", r#"{"name": "Ada"}"#),
//!     r#"{"status":"success","message":"Hello Ada"}"#,
//! );
//! assert_eq!(execute_template_filter("shout", "{}", r#""hey""#, "[3]"), r#""HEY!!!""#);
//! ```
//!
//! # Building
//!
//! ```toml
//! [lib]
//! crate-type = ["cdylib", "rlib"]
//!
//! [dependencies]
//! plugin-sdk = "0.1"
//! ```
//!
//! `driftless plugin build` compiles it, for `wasm32-wasip1` or `wasm32-unknown-unknown`, and checks what came out.
//!
//! # The kinds of component
//!
//! | attribute | the function | what it returns |
//! |---|---|---|
//! | `#[task]` | `fn(config)` | [`TaskResult`], a message (`String`, `&str`), or `()` |
//! | `#[facts]` | `fn(config)` | anything that serialises to a JSON object |
//! | `#[template_filter]` | `fn(value, arguments…)` | anything that serialises |
//! | `#[template_function]` | `fn(arguments…)` | anything that serialises |
//! | `#[log_source]` | `fn(config)` | an iterator of lines (`String`) or entries |
//! | `#[log_parser]` | `fn(config, line: &str)` | anything that serialises to a JSON object |
//! | `#[log_filter]` | `fn(config, entry)` | `bool`: whether the entry is kept |
//! | `#[log_output]` | `fn(config, entry)` | `()` |
//!
//! Each may return a `Result` of that instead, with any error that can be displayed. The configuration can be left out
//! where there is none. Taken by reference (`config: &Config`) it is read once and kept for as long as the calls bring
//! the same configuration, which is what a log stage wants. Template extensions take their configuration, if they have
//! one, in a parameter marked `#[config]`; their other parameters are the arguments of the template, by position or by
//! name, optional where they are an `Option` or have a `#[default(…)]`. An `entry` is any type that derives
//! `Deserialize`, and may borrow: `struct Entry<'a> { #[serde(borrow)] path: Cow<'a, str> }`.
//!
//! `#[task(name = "other", type = "facts")]` gives a component another name than its function's, and a task another type than
//! `apply`. The first paragraph of the doc comment is what people read in `driftless plugin inspect`.
//!
//! # When something fails
//!
//! An `Err` becomes the protocol's error, and the call is a failure for the host. A panic becomes an error with its
//! message and place; the host throws the instance away and takes a fresh one for the next call.

pub mod error;
pub mod host;
pub mod log;

#[doc(hidden)]
pub mod __private;
mod arguments;
mod config;
mod dispatch;
mod export;
#[cfg(target_family = "wasm")]
mod guest;
mod input;
mod output;
mod source;
mod text;

pub use driftless_plugin_api as api;
pub use driftless_plugin_api::result::TaskResult;
pub use error::{Error, Result};
pub use host::{random, timestamp};
pub use plugin_sdk_macros::{
    facts, log_filter, log_output, log_parser, log_source, plugin, task, template_filter, template_function,
};
pub use text::Text;
pub use {schemars, serde, serde_json};

/// What nearly every plugin uses.
pub mod prelude {
    pub use crate::{
        Error, Result, TaskResult, Text, bail, facts, log, log_filter, log_output, log_parser, log_source,
        plugin, task, template_filter, template_function,
    };
    pub use schemars::JsonSchema;
    pub use serde::{Deserialize, Serialize};
    pub use serde_json::{Value, json};
}
