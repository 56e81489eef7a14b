//! The plugin system of Driftless, as a library: WebAssembly plugins, run without trust, as parts of your own program.
//!
//! # From an empty `main.rs` to a running plugin
//!
//! You need a plugin, a `.wasm` file. The examples of this repository make four of them with `cargo xtask examples`; the crate
//! `plugin-sdk` shows how to write one. In your `Cargo.toml`:
//!
//! ```toml
//! [dependencies]
//! driftless-host = "0.1"
//! serde_json = "1"
//! ```
//!
//! And in `main.rs`:
//!
//! ```no_run
//! use driftless_host::{Files, LogRecord, PluginManager};
//! use serde_json::{Map, json};
//!
//! fn main() -> driftless_host::Result<()> {
//!     // Where plugins come from, and where what they say goes.
//!     let manager = PluginManager::builder()
//!         .source(Files::new(["target/plugins/custom-task-plugin.wasm"]))
//!         .log(|record: &LogRecord<'_>| eprintln!("{}: {}", record.plugin, record.message))
//!         .build()?;
//!
//!     // Loads the plugin, and checks the configuration against the task's schema.
//!     let config = Map::from_iter([("message".to_owned(), json!("hello"))]);
//!     let task = manager.task("custom-task-plugin.my_custom_task", config)?;
//!
//!     // Runs it: within its limits, and as often as you like, from as many threads as you like.
//!     let result = task.run()?;
//!     println!("{}", result.message.unwrap_or_default());
//!     Ok(())
//! }
//! ```
//!
//! Run it, and it prints `Task executed with: hello`.
//!
//! # What else there is
//!
//! | you want | use |
//! |---|---|
//! | facts | [`PluginManager::facts_collector`] |
//! | filters and functions in Jinja2 templates | [`Templates`] |
//! | a log pipeline | [`logs::Pipeline`] |
//! | a file of tasks, as `driftless apply` runs it | [`apply()`] |
//! | one function of the protocol, JSON in and out | [`PluginHandle::call`] |
//! | other limits | [`Settings`], which is `plugins.toml` |
//! | to go on without a plugin that fails, or try it again | [`FailurePolicy`], [`Task::on_failure`] |
//! | plugins from a database, a network, your own binary | [`PluginSource`], [`Embedded`] |
//! | plugins that may touch files, the network, other programs | [`Grants`] |
//! | starts that do not compile | [`MachineCodeCache`] |
//!
//! # When something goes wrong
//!
//! Everything returns an [`Error`] that says in which plugin and where in it, why, and what would change it. [`Error::kind`] says what
//! kind of answer it asks for. A plugin that panics, traps, or runs into a limit has failed a call and nothing more: the
//! next call gets a fresh instance, and your program goes on. One that keeps failing where it is bound is put aside for a
//! while by a circuit breaker, see [`FailurePolicy`].
//!
//! # Threads
//!
//! A [`PluginManager`] and everything that it hands out can be shared between threads. A plugin runs on the thread that
//! calls it, which needs the 2 MiB of stack that a Rust thread has.

mod apply;
mod breaker;
mod clock;
mod component;
mod effort;
mod error;
mod facts;
mod failure;
mod failure_policy;
mod grants;
mod handle;
pub mod logs;
mod manager;
mod schema;
mod settings;
mod source;
mod task;
mod templates;
mod transport;

pub use apply::{ApplyFile, CollectorStep, FactsFile, Progress, TaskOutcome, TaskStep, apply, collect};
pub use clock::Clock;
pub use component::{Component, Configured};
pub use driftless_permissions as permissions;
pub use driftless_plugin_api as api;
pub use driftless_sandbox::{CacheError, Limits, LogRecord, LogSink, MachineCodeCache, TimeAndChance};
pub use error::{Error, ErrorKind, NotFound, Place, Result, Spot, TemplateError, nearest};
pub use facts::FactsCollector;
pub use failure_policy::{FailurePolicy, Policy};
pub use grants::{Granted, Grants};
pub use handle::{Measured, PluginHandle, Session};
pub use manager::{
    HOST_VERSION, ListedPlugin, PluginManager, PluginManagerBuilder, suits_this_host, this_machine,
};
pub use settings::{Registry, Security, Settings, TemplateExtension};
pub use source::{Candidate, Embedded, Files, PluginSource};
pub use task::Task;
pub use templates::Templates;
