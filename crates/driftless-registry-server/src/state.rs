//! What all requests of a server share.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use driftless_registry::{Folder, IndexSource, RegistryFolder};
use driftless_validator::Rules;
use tokio::sync::Semaphore;

use crate::event::Event;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::rate::Buckets;
use crate::refusal::Refusal;
use crate::tag::TagCache;
use crate::tokens::Tokens;

/// What a server does with its events.
pub type EventSink = Arc<dyn Fn(&Event) + Send + Sync>;

pub(crate) struct State {
    pub(crate) folder: RegistryFolder,
    pub(crate) tokens: Option<Tokens>,
    pub(crate) is_private: bool,
    pub(crate) public_url: Option<String>,
    pub(crate) trusted_proxies: Vec<IpAddr>,
    pub(crate) rules: Rules,
    pub(crate) limits: Limits,
    pub(crate) metrics: Metrics,
    pub(crate) by_address: Buckets<IpAddr>,
    pub(crate) by_token: Buckets<String>,
    pub(crate) uploads: Semaphore,
    /// The file for searching may be large, so few requests read it at a time.
    pub(crate) searches: Semaphore,
    pub(crate) tags: TagCache,
    pub(crate) events: EventSink,
}

impl State {
    pub(crate) fn emit(&self, event: &Event) {
        (self.events)(event);
    }

    /// Where the folder has a file.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.root().join(path)
    }

    /// The registry, to be asked.
    pub(crate) fn source(&self) -> IndexSource<Folder> {
        IndexSource::new(Folder(self.folder.root().to_owned()))
    }

    /// Takes a permit for a request of an address. All addresses of one network of IPv6 are one: a client has as many as it likes.
    pub(crate) fn admit_address(&self, address: IpAddr) -> Result<(), Refusal> {
        let key = match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(address) => {
                let [one, two, three, four, ..] = address.segments();
                IpAddr::from([one, two, three, four, 0, 0, 0, 0])
            }
        };
        self.by_address.take(&key, Instant::now()).map_err(Refusal::too_many)
    }

    /// Something of the server's own did not work.
    pub(crate) fn failed(&self, what: impl fmt::Display) -> Refusal {
        self.emit(&Event::Failed { what: what.to_string() });
        Refusal::failed()
    }
}

/// Does what waits for a disk, or computes for long, where it holds up no other request.
pub(crate) async fn blocking<T: Send + 'static>(
    state: &Arc<State>,
    act: impl FnOnce(&State) -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let shared = Arc::clone(state);
    match tokio::task::spawn_blocking(move || act(&shared)).await {
        Ok(result) => result,
        // It panicked, or the server ends.
        Err(error) => Err(state.failed(error)),
    }
}
