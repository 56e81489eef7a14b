//! What a server tells of what it does.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use driftless_plugin_api::digest::Digest;
use driftless_registry::{PluginId, Slug};
use semver::Version;

/// What happened. No event has a token, but what tokens are called.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// The server waits for requests.
    Listening {
        /// Where.
        address: SocketAddr,
    },
    /// A request was answered. The body of the answer may still be on its way.
    Answered {
        /// Who asked.
        address: IpAddr,
        /// With which token.
        token: Option<String>,
        /// The method, printable.
        method: String,
        /// The path, printable, without what follows `?`.
        path: String,
        /// The status.
        status: u16,
        /// From the head of the request to that of the answer.
        took: Duration,
    },
    /// A release was published.
    Published {
        /// The plugin.
        id: PluginId,
        /// The version.
        version: Version,
        /// Its file.
        digest: Digest,
        /// With which token.
        token: String,
    },
    /// A release was withdrawn, or is there again.
    Yanked {
        /// The plugin.
        id: PluginId,
        /// The version.
        version: Version,
        /// Whether it is withdrawn now.
        is_yanked: bool,
        /// With which token.
        token: String,
    },
    /// A release was revoked.
    Revoked {
        /// The plugin.
        id: PluginId,
        /// The version.
        version: Version,
        /// Why, as its publisher says.
        why: String,
        /// With which token.
        token: String,
    },
    /// A key took the place of another.
    Rotated {
        /// The namespace that both sign for.
        namespace: Slug,
        /// With which token.
        token: String,
    },
    /// What was to be published, or changed, was refused.
    Refused {
        /// With which token.
        token: String,
        /// The kind of the error, as clients are told.
        kind: &'static str,
        /// Why.
        why: String,
    },
    /// The file of tokens cannot be used; until it can, no token counts.
    TokensUnusable {
        /// Why.
        why: String,
    },
    /// Something of the server's own did not work. Clients are not told what.
    Failed {
        /// What, with paths.
        what: String,
    },
    /// The server takes no more requests, and waits for those that are under way.
    Ending {
        /// The connections that are open.
        connections: usize,
    },
}
