//! Where things are in a registry that is a tree of files: a folder, a web server, a bucket.

use driftless_plugin_api::digest::Digest;

use crate::id::{PluginId, Slug};

/// What the registry is: its identity and its own namespace.
pub const CONFIG: &str = "config.json";
/// A line for each plugin, for searching.
pub const SEARCH: &str = "search.jsonl";
/// The folder of the index.
pub const INDEX: &str = "index";

/// The file of a plugin's releases.
///
/// ```
/// use driftless_registry::{PluginId, layout};
///
/// let id = PluginId { namespace: "acme".parse()?, name: "slack-notify".parse()? };
/// assert_eq!(layout::index(&id), "index/sl/acme/slack-notify.jsonl");
/// # Ok::<(), driftless_registry::Error>(())
/// ```
pub fn index(id: &PluginId) -> String {
    let name = id.name.as_str();
    let prefix = &name[..name.len().min(2)];
    format!("{INDEX}/{prefix}/{}/{name}.jsonl", id.namespace)
}

/// The file of a plugin.
pub fn blob(digest: &Digest) -> String {
    format!("blobs/sha256/{}", hex(digest))
}

/// The keys of a namespace.
pub fn keys(namespace: &Slug) -> String {
    format!("keys/{namespace}.json")
}

/// The digest's digits.
pub(crate) fn hex(digest: &Digest) -> String {
    digest.to_string().trim_start_matches("sha256:").to_owned()
}
