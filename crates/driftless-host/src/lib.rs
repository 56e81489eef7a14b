//! The plugin system of Driftless, as a library.
mod apply;
mod component;
mod error;
mod excerpt;
mod facts;
mod handle;
pub mod logs;
mod manager;
mod schema;
mod settings;
mod source;
mod task;
mod templates;
mod transport;

pub use apply::{ApplyFile, CollectorStep, FactsFile, TaskOutcome, TaskStep, apply, collect};
pub use component::{Component, Configured};
pub use driftless_plugin_api as api;
pub use driftless_sandbox::{CacheError, Limits, LogRecord, LogSink, MachineCodeCache};
pub use error::{Error, ErrorKind, NotFound, Place, Result, Spot, TemplateError, nearest};
pub use excerpt::excerpt;
pub use facts::FactsCollector;
pub use handle::PluginHandle;
pub use manager::{HOST_VERSION, ListedPlugin, PluginManager, PluginManagerBuilder, suits_this_host};
pub use settings::{Registry, Security, Settings};
pub use source::{Candidate, Embedded, Files, PluginSource};
pub use task::Task;
pub use templates::Templates;
