//! Where plugins come from.
//!
//! A [`Store`] has the plugins that are installed on a machine. There is one kind so far, the [`LocalFolder`]: the files
//! `~/.driftless/plugins/*.wasm`. It knows nothing of what is in them.

mod folder;
mod store;

pub use folder::LocalFolder;
pub use store::{Store, StoredPlugin};
