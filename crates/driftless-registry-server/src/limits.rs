//! How much of a server its clients can take.

use std::time::Duration;

/// What one client, and all of them together, can take of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The connections at a time. More of them wait until one is done.
    pub max_connections: usize,
    /// The connections of one address at a time; more of them are closed at once. Those of trusted proxies are not counted.
    pub max_connections_per_address: usize,
    /// How long a client may take to send the head of a request, and to be silent between two requests.
    pub header_timeout: Duration,
    /// How long the small body of a request may take, and how long the answer to one that only reads.
    pub request_timeout: Duration,
    /// How long it may take to send a plugin.
    pub upload_timeout: Duration,
    /// How long a client may take next to nothing of an answer.
    pub stall_timeout: Duration,
    /// How long requests that are under way have when the server is told to end.
    pub shutdown_timeout: Duration,
    /// The bytes of a plugin that is published.
    pub max_plugin_bytes: u64,
    /// The plugins that are received and checked at a time. Each takes several times its size of memory.
    pub max_uploads: usize,
    /// The requests of an address in one second, over time. 0 stands for no limit.
    pub address_rate: u32,
    /// The requests of an address at once.
    pub address_burst: u32,
    /// The requests with a token in one second, over time. 0 stands for no limit.
    pub token_rate: u32,
    /// The requests with a token at once.
    pub token_burst: u32,
    /// How far from now the time may be that was signed with a release. A key that was stolen could otherwise make a release look old enough to be
    /// installed at once.
    pub max_statement_age: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 1024,
            max_connections_per_address: 128,
            header_timeout: Duration::from_secs(15),
            request_timeout: Duration::from_secs(30),
            upload_timeout: Duration::from_secs(10 * 60),
            stall_timeout: Duration::from_secs(30),
            shutdown_timeout: Duration::from_secs(30),
            max_plugin_bytes: driftless_plugin_api::limit::MAX_PLUGIN_BYTES,
            max_uploads: 4,
            address_rate: 100,
            address_burst: 1000,
            token_rate: 100,
            token_burst: 1000,
            max_statement_age: Duration::from_secs(60 * 60),
        }
    }
}
