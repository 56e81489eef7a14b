//! The connection of one HTTP request: to addresses that were judged, under one deadline.
//!
//! ureq counts its time for each step and starts anew for each piece that is written. Here every single read and write on the socket gets
//! what is left of the whole, so a peer that takes or gives a byte at a time gains nothing.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, RustlsConnector, Transport,
};
use ureq::{Error, Timeout};

use crate::deadline::Deadline;

/// The most addresses of one name that are tried.
pub(crate) const MAX_ADDRESSES: usize = 8;

/// Connects to one of these addresses, whatever the URL says.
#[derive(Debug)]
pub(crate) struct Direct {
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) deadline: Deadline,
}

impl Connector<()> for Direct {
    type Out = Wire;

    fn connect(&self, details: &ConnectionDetails<'_>, _: Option<()>) -> Result<Option<Wire>, Error> {
        let mut last = Error::ConnectionFailed;
        for (tried, address) in self.addresses.iter().enumerate() {
            let left = self.deadline.left().ok_or(Error::Timeout(Timeout::Global))?;
            // An address that does not answer leaves time for the ones behind it.
            let share = left / u32::try_from(self.addresses.len() - tried).unwrap_or(1);
            match connect(*address, share.max(Duration::from_millis(1)), &self.deadline) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    let (input, output) =
                        (details.config.input_buffer_size(), details.config.output_buffer_size());
                    let buffers = LazyBuffers::new(input, output);
                    return Ok(Some(Wire { stream, buffers, deadline: self.deadline.clone() }));
                }
                Err(error) => last = error.into(),
            }
        }
        Err(last)
    }
}

/// Connects. The system's own waiting cannot be interrupted, so a thread of its own does it. A call that is cancelled does not wait for that
/// thread, which ends after `time`.
fn connect(address: SocketAddr, time: Duration, deadline: &Deadline) -> io::Result<TcpStream> {
    let (send, receive) = mpsc::sync_channel(1);
    thread::Builder::new().name("driftless-connect".to_owned()).spawn(move || {
        // The receiver is gone when the call is over.
        let _ = send.send(TcpStream::connect_timeout(&address, time));
    })?;
    while let Some(wait) = deadline.next_wait() {
        match receive.recv_timeout(wait) {
            Ok(connected) => return connected,
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => return Err(io::ErrorKind::Other.into()),
        }
    }
    Err(io::ErrorKind::TimedOut.into())
}

/// Tells the same addresses to ureq, which wants to know them.
#[derive(Debug)]
pub(crate) struct Judged(pub(crate) Vec<SocketAddr>);

impl Resolver for Judged {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let mut addresses = self.empty();
        for address in self.0.iter().take(MAX_ADDRESSES) {
            addresses.push(*address);
        }
        if addresses.is_empty() { Err(Error::HostNotFound) } else { Ok(addresses) }
    }
}

/// TLS whose configuration, with the machine's certificate authorities in it, is made once for all requests of a plugin.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tls(Arc<RustlsConnector>);

impl<In: Transport> Connector<In> for Tls {
    type Out = <RustlsConnector as Connector<In>>::Out;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        self.0.connect(details, chained)
    }
}

/// A TCP connection that ends at the deadline.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    buffers: LazyBuffers,
    deadline: Deadline,
}

impl Transport for Wire {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
        let mut output = &self.buffers.output()[..amount];
        while !output.is_empty() {
            let left = self.deadline.next_wait().ok_or(Error::Timeout(Timeout::Global))?;
            self.stream.set_write_timeout(Some(left))?;
            match self.stream.write(output) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
                Ok(written) => output = &output[written..],
                Err(error) => again(error)?,
            }
        }
        Ok(())
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, Error> {
        loop {
            let left = self.deadline.next_wait().ok_or(Error::Timeout(Timeout::Global))?;
            self.stream.set_read_timeout(Some(left))?;
            let input = self.buffers.input_append_buf();
            match self.stream.read(input) {
                Ok(read) => {
                    self.buffers.input_appended(read);
                    return Ok(read > 0);
                }
                Err(error) => again(error)?,
            }
        }
    }

    fn is_open(&mut self) -> bool {
        // One request, one connection.
        false
    }
}

/// What is tried again, if there is time.
fn again(error: io::Error) -> Result<(), Error> {
    match error.kind() {
        io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Ok(()),
        _ => Err(error.into()),
    }
}
