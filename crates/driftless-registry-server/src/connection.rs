//! One connection, with the times that a client has.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, Sleep};

use crate::access::Peer;
use crate::state::State;

/// The bytes of the head of a request.
const MAX_HEAD_BYTES: usize = 32 << 10;
const MAX_HEADERS: usize = 64;
/// What a client has to take of an answer in the time that it may stall.
const MIN_TAKEN_BYTES: u64 = 16 << 10;
/// What is still read of a request that is refused, so that the client reads the answer before it hears that the connection is gone.
const MAX_LINGER_BYTES: u64 = 1 << 20;
const LINGER: Duration = Duration::from_secs(2);

/// Answers the requests of a connection until its client leaves, takes too long, or the server ends.
pub(crate) async fn serve(
    state: Arc<State>,
    router: Router,
    stream: TcpStream,
    peer: SocketAddr,
    mut ending: watch::Receiver<bool>,
) {
    // An answer is written as a whole, so waiting for more of it gains nothing.
    let _ = stream.set_nodelay(true);
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        Box::pin(router.call(request))
    });
    let stream = Watched::new(stream, Arc::clone(&state));
    // A request with two lengths is the last one of its connection, so what a proxy may have taken for its body is read by no one.
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(state.limits.header_timeout)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD_BYTES)
        .half_close(false)
        .serve_connection(TokioIo::new(stream), service);
    let ended = async {
        let _ = ending.wait_for(|ends| *ends).await;
    };
    let done = tokio::select! {
        done = poll_fn(|cx| connection.poll_without_shutdown(cx)) => Some(done),
        () = ended => None,
    };
    let done = match done {
        Some(done) => done,
        None => {
            Pin::new(&mut connection).graceful_shutdown();
            poll_fn(|cx| connection.poll_without_shutdown(cx)).await
        }
    };
    let stream = connection.into_parts().io.into_inner();
    if stream.has_stalled {
        state.metrics.connections_stalled.fetch_add(1, Ordering::Relaxed);
    }
    // What went wrong with a connection is its client's to know.
    if done.is_ok() || !stream.has_stalled {
        linger(stream.inner).await;
    }
}

/// Closes a connection so that what was written arrives. A system that closes one with unread bytes takes back what the client has not read yet.
async fn linger(mut stream: TcpStream) {
    let close = async {
        stream.shutdown().await?;
        let mut rest = [0; 8 << 10];
        let mut left = MAX_LINGER_BYTES;
        while left > 0 {
            match stream.read(&mut rest).await? {
                0 => break,
                read => left = left.saturating_sub(read as u64),
            }
        }
        io::Result::Ok(())
    };
    let _ = tokio::time::timeout(LINGER, close).await;
}

/// A connection whose client has to take what it asked for.
struct Watched {
    inner: TcpStream,
    state: Arc<State>,
    /// While something waits to be taken: until when, and how much was taken since the time began.
    window: Option<(Pin<Box<Sleep>>, u64)>,
    has_stalled: bool,
}

impl Watched {
    fn new(inner: TcpStream, state: Arc<State>) -> Self {
        Self { inner, state, window: None, has_stalled: false }
    }

    fn took(&mut self, bytes: usize) {
        self.state.metrics.bytes_sent.fetch_add(bytes as u64, Ordering::Relaxed);
        if let Some((_, taken)) = &mut self.window {
            *taken += bytes as u64;
        }
    }

    /// The client took nothing just now.
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let timeout = self.state.limits.stall_timeout;
        let (sleep, taken) = self.window.get_or_insert_with(|| (Box::pin(tokio::time::sleep(timeout)), 0));
        while sleep.as_mut().poll(cx).is_ready() {
            if *taken < MIN_TAKEN_BYTES {
                self.has_stalled = true;
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            *taken = 0;
            sleep.as_mut().reset(Instant::now() + timeout);
        }
        Poll::Pending
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.inner).poll_write(cx, bytes) {
            Poll::Pending => self.wait(cx),
            done => {
                if let Poll::Ready(Ok(taken)) = done {
                    self.took(taken);
                }
                done
            }
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.inner).poll_write_vectored(cx, slices) {
            Poll::Pending => self.wait(cx),
            done => {
                if let Poll::Ready(Ok(taken)) = done {
                    self.took(taken);
                }
                done
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    /// Everything was handed over, so nothing waits.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.window = None;
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// The connections of each address.
#[derive(Debug, Default)]
pub(crate) struct Connections(std::sync::Mutex<std::collections::HashMap<IpAddr, usize>>);

/// A connection that is counted while this is there.
pub(crate) struct Counted {
    of: Arc<Connections>,
    address: IpAddr,
}

impl Connections {
    /// Counts one more, unless there are so many already.
    pub(crate) fn count(self: &Arc<Self>, address: IpAddr, max: usize) -> Option<Counted> {
        let mut all = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let number = all.entry(address).or_default();
        if *number >= max {
            return None;
        }
        *number += 1;
        Some(Counted { of: Arc::clone(self), address })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut all = self.of.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(number) = all.get_mut(&self.address) {
            *number -= 1;
            if *number == 0 {
                all.remove(&self.address);
            }
        }
    }
}
