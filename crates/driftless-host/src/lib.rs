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
//! driftless-sandbox = "0.1"
//! serde = { version = "1", features = ["derive"] }
//! ```
//!
//! And in `main.rs`:
//!
//! ```no_run
//! use driftless_host::{Files, Limits, PluginManager};
//! use driftless_sandbox::Sandbox;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize)]
//! struct Greeting { message: String }
//!
//! #[derive(Deserialize)]
//! struct Done { message: String }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     // What carries the calls, and where plugins come from.
//!     let manager = PluginManager::builder()
//!         .loader(Sandbox::new(Limits::default())?)
//!         .source(Files::new(["target/plugins/custom-task-plugin.wasm"]))
//!         .build()?;
//!
//!     // Loads the plugin, and checks the configuration against the task's schema.
//!     let task = manager.task("custom-task-plugin.my_custom_task", Greeting { message: "hello".into() })?;
//!
//!     // Runs it: within its limits, and as often as you like, from as many threads as you like.
//!     let done: Done = task.run_as()?;
//!     println!("{}", done.message);
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
//! | filters and functions in Jinja2 templates | the crate `driftless-templates` |
//! | a log pipeline | the crate `driftless-logs` |
//! | a file of tasks, as `driftless apply` runs it | the crate `driftless-runner` |
//! | one stage of a log pipeline | [`PluginManager::log_source`], [`log_parser`](PluginManager::log_parser), [`log_filter`](PluginManager::log_filter), [`log_output`](PluginManager::log_output) |
//! | a template's filter or function without a template | [`PluginManager::template_filter`], [`template_function`](PluginManager::template_function) |
//! | one component, by its kind | [`PluginManager::component`], [`Binding::call`] |
//! | what a call used, less time or fuel for it, to end it | [`CallOptions`], [`Task::run_with`], [`PluginManager::cancel_handle`] |
//! | to be told of every call and every host call | [`Observer`] |
//! | a plugin that was replaced on disk | [`PluginManager::reload`] |
//! | one function of the protocol, JSON in and out | [`PluginHandle::call`] |
//! | other limits | [`Settings`], which can be read from TOML |
//! | to go on without a plugin that fails, or try it again | [`FailurePolicy`], [`Task::on_failure`] |
//! | every plugin in a folder | [`Folder`] |
//! | plugins from a database, a network, your own binary | [`PluginSource`], [`Embedded`] |
//! | plugins that may touch files, the network, other programs | [`Grants`], [`ProtectedPaths`] |
//! | functions of your own that plugins can call | [`PluginManagerBuilder::host_function`] |
//! | starts that do not compile | `MachineCodeCache` of `driftless-sandbox` |
//! | plugins that are not WebAssembly | [`Loader`] |
//!
//! # When something goes wrong
//!
//! Everything returns an [`Error`] that says in which plugin and where in it, why, and what would change it. [`Error::kind`] says what
//! kind of answer it asks for. A plugin that panics, traps, or runs into a limit has failed a call and nothing more: the
//! next call gets a fresh instance, and your program goes on. One that keeps failing where it is bound is not called for a
//! while: a circuit breaker opens its circuit, see [`FailurePolicy`].
//!
//! # Threads
//!
//! A [`PluginManager`] and everything that it hands out can be shared between threads. A plugin runs on the thread that
//! calls it, which needs the 2 MiB of stack that a Rust thread has.

mod breaker;
mod calls;
mod clock;
mod component;
mod configuration;
pub mod definitions;
mod error;
mod event;
mod facts;
mod failure;
mod failure_policy;
mod found;
mod grants;
mod handle;
mod host_calls;
mod host_functions;
mod log_stages;
mod manager;
mod protected;
pub mod reply;
mod settings;
mod source;
mod task;
mod template_extensions;

pub use calls::{CallOptions, Measured};
pub use clock::Clock;
pub use component::{Binding, Component};
pub use driftless_permissions as permissions;
pub use driftless_plugin_api as api;
pub use driftless_transport as transport;
pub use driftless_transport::{
    AddressSpaceRefused, Artifact, CallEnded, CallError, CallFailure, CallStarted, CancelHandle,
    ClockAndRandom, Digest, Form, HostCallEnded, Limits, LoadError, Loader, LogRecord, LogSink, Observer,
    Outcome, PluginInfo, Refusal, Timing, Usage,
};
pub use error::{Error, ErrorKind, Location, NotFound, PluginPart, Result, nearest};
pub use event::{BindingEvent, GrantEvent};
pub use facts::FactsCollector;
pub use failure::Guard;
pub use failure_policy::{FailurePolicy, Policy};
pub use grants::{Granted, Grants};
pub use handle::{PluginHandle, Session};
pub use host_calls::this_machine;
pub use host_functions::HostFunctionCall;
pub use log_stages::{LogFilter, LogOutput, LogParser, LogReader, LogSource, Portion};
pub use manager::{HOST_VERSION, ListedPlugin, PluginManager, PluginManagerBuilder, suits_this_host};
pub use protected::{ProtectedEntry, ProtectedPaths};
pub use settings::{Registry, Security, Settings, TemplateExtension};
pub use source::{Candidate, Embedded, Files, Folder, PluginSource};
pub use task::Task;
pub use template_extensions::{TemplateFilter, TemplateFunction};
