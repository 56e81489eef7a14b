//! The server: its options, and its life.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::http::Uri;
use driftless_plugin_api::text::{printable_line, truncated};
use driftless_registry::{RegistryFolder, RegistryInfo};
use driftless_validator::Rules;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::connection::{self, Connections};
use crate::error::Error;
use crate::event::Event;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::rate::Buckets;
use crate::routes::router;
use crate::state::{EventSink, State};
use crate::tag::TagCache;
use crate::tokens::Tokens;

/// The files that are read and checked at a time.
const MAX_BLOCKING_THREADS: usize = 32;
/// The searches at a time.
const MAX_SEARCHES: usize = 4;
/// How long the server waits where the system has no more sockets.
const BREATH: Duration = Duration::from_millis(100);

/// What is served, to whom, and how.
pub struct ServerOptions {
    /// The folder, which is a registry.
    pub folder: PathBuf,
    /// The file of tokens. Without one nothing is changed over HTTP.
    pub tokens: Option<PathBuf>,
    /// Whether it is read with a token only.
    pub is_private: bool,
    /// Where clients reach it, if that is another URL than the one that requests name: behind a proxy that speaks TLS.
    pub public_url: Option<String>,
    /// The proxies whose `X-Forwarded-For` says who asks.
    pub trusted_proxies: Vec<IpAddr>,
    /// What plugins may use that are published.
    pub rules: Rules,
    /// What clients can take of it.
    pub limits: Limits,
    /// What is done with what happens. It is called from many threads, and what it waits for a request waits for.
    pub events: EventSink,
}

impl ServerOptions {
    /// The registry in a folder, which everyone may read and no one may change.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            tokens: None,
            is_private: false,
            public_url: None,
            trusted_proxies: Vec::new(),
            rules: Rules { allow_wasi: false },
            limits: Limits::default(),
            events: Arc::new(|_| ()),
        }
    }
}

/// A registry that can be served.
pub struct Server {
    state: Arc<State>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({})", self.state.folder.root().display())
    }
}

impl Server {
    /// Checks that a folder can be served like this.
    ///
    /// # Errors
    ///
    /// When it is no registry, or the file of tokens cannot be used, or would be served.
    pub fn new(options: ServerOptions) -> Result<Self, Error> {
        let folder = RegistryFolder::open(&options.folder)?;
        if options.is_private && options.tokens.is_none() {
            return Err(Error::NoTokens);
        }
        if let Some(tokens) = &options.tokens
            && is_inside(tokens, folder.root())?
        {
            return Err(Error::TokensInside(tokens.clone()));
        }
        let tokens = options.tokens.as_deref().map(Tokens::open).transpose()?;
        let public_url = options.public_url.as_deref().map(public_url).transpose()?;
        let limits = options.limits;
        let state = State {
            folder,
            tokens,
            is_private: options.is_private,
            public_url,
            trusted_proxies: options.trusted_proxies,
            rules: options.rules,
            metrics: Metrics::default(),
            by_address: Buckets::new(limits.address_rate, limits.address_burst),
            by_token: Buckets::new(limits.token_rate, limits.token_burst),
            uploads: Semaphore::new(limits.max_uploads),
            searches: Semaphore::new(MAX_SEARCHES),
            tags: TagCache::default(),
            events: options.events,
            limits,
        };
        Ok(Self { state: Arc::new(state) })
    }

    /// Which registry it is.
    pub fn info(&self) -> &RegistryInfo {
        self.state.folder.info()
    }

    /// Answers requests until `shutdown` is ready. Then requests that are under way are ended, within
    /// [`shutdown_timeout`](Limits::shutdown_timeout).
    ///
    /// # Errors
    ///
    /// When the system has no threads for it, or the listener cannot be used.
    pub fn run(&self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> Result<(), Error> {
        let system = |what| move |source| Error::System { what, source };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .max_blocking_threads(MAX_BLOCKING_THREADS)
            .thread_name("driftless-registry")
            .enable_all()
            .build()
            .map_err(system("the threads of the server"))?;
        listener.set_nonblocking(true).map_err(system("the listener"))?;
        let served = runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).map_err(system("the listener"))?;
            self.serve(listener, shutdown).await.map_err(system("the listener"))
        });
        // What is begun to be written is written.
        runtime.shutdown_timeout(self.state.limits.shutdown_timeout);
        served
    }

    async fn serve(
        &self,
        listener: tokio::net::TcpListener,
        shutdown: impl Future<Output = ()>,
    ) -> io::Result<()> {
        let state = &self.state;
        let router = router(state);
        let (end, ending) = watch::channel(false);
        let all = Arc::new(Semaphore::new(state.limits.max_connections.max(1)));
        let by_address = Arc::new(Connections::default());
        let mut open = JoinSet::new();
        state.emit(&Event::Listening { address: listener.local_addr()? });
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let next = async {
                // Without a permit none is accepted: those that wait, wait in the system's queue.
                let permit = Arc::clone(&all).acquire_owned().await;
                (permit, accept(&listener).await)
            };
            let (permit, (stream, peer)) = tokio::select! {
                () = &mut shutdown => break,
                next = next => next,
            };
            while open.try_join_next().is_some() {}
            let address = peer.ip().to_canonical();
            let max = if state.trusted_proxies.contains(&address) {
                usize::MAX
            } else {
                state.limits.max_connections_per_address.max(1)
            };
            let Some(counted) = by_address.count(address, max) else {
                state.metrics.connections_refused.fetch_add(1, Ordering::Relaxed);
                continue;
            };
            let (state, router, ending) = (Arc::clone(state), router.clone(), ending.clone());
            open.spawn(async move {
                let _held = (permit, counted);
                state.metrics.connections.fetch_add(1, Ordering::Relaxed);
                let _open = Open(&state);
                connection::serve(Arc::clone(&state), router, stream, peer, ending).await;
            });
        }
        drop(listener);
        while open.try_join_next().is_some() {}
        state.emit(&Event::Ending { connections: open.len() });
        let _ = end.send(true);
        let all = async { while open.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(state.limits.shutdown_timeout, all).await;
        Ok(())
    }
}

/// A connection that is open while this is there.
struct Open<'a>(&'a State);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.metrics.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn accept(listener: &tokio::net::TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            // The client is gone already, or the system has no more sockets: the next one may do.
            Err(_) => tokio::time::sleep(BREATH).await,
        }
    }
}

/// Whether a file is beneath a folder, whatever links lead there.
fn is_inside(file: &Path, folder: &Path) -> Result<bool, Error> {
    let file = file.canonicalize().map_err(Error::io(file))?;
    Ok(file.starts_with(folder.canonicalize().map_err(Error::io(folder))?))
}

/// A URL of HTTP, without `/` at its end.
fn public_url(url: &str) -> Result<String, Error> {
    let parsed = url.parse::<Uri>().ok().filter(|parsed| {
        matches!(parsed.scheme_str(), Some("http" | "https"))
            && parsed.host().is_some_and(|host| !host.is_empty())
            && parsed.query().is_none()
    });
    match parsed {
        Some(_) => Ok(url.trim_end_matches('/').to_owned()),
        None => Err(Error::PublicUrl { url: printable_line(&truncated(url, 200)).into_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_one_of_http() {
        assert_eq!(public_url("https://plugins.example.com/a/").unwrap(), "https://plugins.example.com/a");
        for url in ["plugins.example.com", "/a", "ftp://plugins.example.com", "https://a/?b", "", "https:///"]
        {
            assert!(public_url(url).is_err(), "{url}");
        }
    }
}
