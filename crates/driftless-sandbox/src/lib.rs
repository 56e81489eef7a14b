//! Runs plugins without trusting them.
//!
//! ```text
//! bytes ── validate ──▶ ValidatedPlugin ── compile ──▶ CompiledPlugin ── instantiate ──▶ Instance ── call ──▶ Reply
//! ```
//!
//! Each arrow is the only way to the type behind it, so an [`Instance`] is proof that its bytes were checked. A call is
//! bounded in fuel, time, memory, stack and output, see [`Limits`]; what fails says which limit, in which plugin and
//! function. An instance that failed is thrown away; an [`InstancePool`] makes the next one, and keeps good ones
//! warm.
//!
//! ```
//! use driftless_sandbox::{Limits, Sandbox};
//! use driftless_plugin_api::function::Function;
//!
//! // A plugin that knows one task, by hand. Usually plugin-sdk writes this.
//! let bytes = wat::parse_str(r#"(module
//!     (memory (export "memory") 1)
//!     (data (i32.const 16) "{\"status\":\"success\"}")
//!     (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
//!     (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
//!         (i64.or (i64.shl (i64.const 16) (i64.const 32)) (i64.const 20))))"#)?;
//!
//! let sandbox = Sandbox::new(Limits::default())?;
//! let plugin = sandbox.compile("by-hand", &sandbox.validate(&bytes)?)?;
//! let mut instance = plugin.instantiate()?;
//! let reply = instance.call(Function::ExecuteTask, &["any", "{}"])?;
//! assert_eq!(reply.text, r#"{"status":"success"}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod abi;
mod address_space;
mod cache;
mod compiled;
mod compiler;
mod engine;
mod error;
mod functions;
mod image;
mod instance;
pub mod limits;
mod loader;
mod machine_code;
mod memory_budget;
mod plugin;
mod pool;
mod reservation;
mod sandbox;
mod slots;
mod state;
mod ticker;
mod wasi;

pub use cache::{CacheError, MachineCodeCache};
pub use compiled::CompiledPlugin;
pub use compiler::CompileEvent;
pub use driftless_transport::{
    AddressSpaceRefused, Call, CallError, CallFailure, CancelHandle, ClockAndRandom, Conversation, Deadline,
    Digest, HostContext, HostResources, Limits, Loader, LogRecord, LogSink, OpenFolder, ParseDigestError,
    PluginInfo, Reply, ReplyDefect, SharedLogSink, SystemClockAndRandom, Timing, Transport, Usage,
};
pub use driftless_validator::{
    Abi, ModuleInfo, PluginFile, Rules, ValidatedPlugin, ValidationError, Violation, inspect, validate,
};
pub use error::{CompileError, SetupError};
pub use instance::Instance;
pub use pool::{InstancePool, PooledInstance};
pub use sandbox::{Sandbox, SandboxBuilder};
