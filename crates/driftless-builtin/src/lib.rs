//! Plugins that are a part of the program, beside those in files: with the same names, schemas, failure policies and grants.
//!
//! A module of `plugin-sdk` that is linked in, which also lets its author test it against the real host without building WebAssembly; or
//! closures, see [`Closures`].
//!
//! ```
//! use driftless_builtin::{BuiltIns, Closures};
//! use driftless_host::{Embedded, PluginManager};
//!
//! let inventory = Closures::new("inventory", "1.0.0")
//!     .template_filter("owner", |host: String| Ok::<_, String>(format!("team-{}", &host[..3])));
//! let plugins = BuiltIns::new().with(inventory);
//! let manager = PluginManager::builder().source(Embedded::forms(plugins.forms())).loader(plugins).build()?;
//!
//! let owner = manager.component(driftless_host::api::component::ComponentKind::TemplateFilter, "inventory.owner")?;
//! let said = owner.configure(())?.call(&[r#""web1""#, "[]"], |reply| Ok(reply.to_owned()))?;
//! assert_eq!(said, r#""team-web""#);
//! # Ok::<(), driftless_host::Error>(())
//! ```
//!
//! # What holds, and what does not
//!
//! A built-in plugin is the program's own code, so nothing confines it but its own good will: it has no memory of its own, fuel is not
//! measured, and a call that does not come back is not ended. What it asks of its host goes through the same permissions as that of any
//! plugin. A panic fails the call. A reply that comes after the deadline, or after a cancel, is not taken.
//!
//! It is initialised once, before its first call, and shut down when it is dropped.

mod builtins;
mod closures;
mod transport;

pub use builtins::BuiltIns;
pub use closures::Closures;
