//! The contract between the host, which calls plugins, and a transport, which carries the calls.
//!
//! A transport is WebAssembly, a native library, an external process, or a part of the host's own program. The host knows none of them:
//!
//! ```text
//!  Artifact ── Loader::load(admit) ──▶ Arc<dyn Transport> ── call(&Call, read) ──▶ Usage
//!                                           │ open()
//!                                           ▼
//!                                      Box<dyn Conversation> ── call(&Call, read) ──▶ Usage
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`artifact`] | what is to be loaded: a name, a digest, an origin, and its form |
//! | [`loader`] | the way from an artifact to a transport |
//! | [`transport`] | the way to call a loaded plugin |
//! | [`call`] | one call and its reply |
//! | [`deadline`] | one budget of time for a call, from the moment the caller asked |
//! | [`usage`] | what a call cost |
//! | [`address_space`] | what instances need of it, and the process may not have |
//! | [`error`] | why there is no transport, or no reply |
//! | [`context`] | what the host puts at a plugin's disposal |
//! | [`observer`] | who is told of every call and every host call |
//! | [`limits`] | what a plugin may use |
//! | [`lifecycle`] | `initialize` before the first call of an instance, `shutdown` after the last |
//! | [`log`] | where a plugin's messages go |
//! | [`clock`] | the time and the randomness that plugins are given |
//!
//! This crate does no work of its own: it has no thread, reads no file, and knows no engine.

pub mod address_space;
pub mod artifact;
pub mod call;
pub mod clock;
pub mod context;
pub mod deadline;
pub mod error;
pub mod lifecycle;
pub mod limits;
pub mod loader;
pub mod log;
pub mod observer;
pub mod transport;
pub mod usage;

pub use address_space::AddressSpaceRefused;
pub use artifact::{Artifact, Form, Origin};
pub use call::{Call, Reply, Timing};
pub use clock::{ClockAndRandom, SystemClockAndRandom};
pub use context::{HostContext, HostResources, OpenFolder};
pub use deadline::Deadline;
pub use driftless_plugin_api::cancel::CancelHandle;
pub use driftless_plugin_api::digest::{Digest, ParseDigestError};
pub use error::{CallError, CallFailure, LoadError, Refusal, ReplyDefect};
pub use limits::Limits;
pub use loader::{Admit, Loader};
pub use log::{LogRecord, LogSink, SharedLogSink};
pub use observer::{CallEnded, CallStarted, HostCallEnded, Observer, Outcome, SharedObserver};
pub use transport::{Conversation, PluginInfo, Transport};
pub use usage::Usage;
