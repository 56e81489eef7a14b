//! A web server that answers as a test wants it to.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) path: String,
    headers: Vec<(String, String)>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The byte from which on a file is asked for.
    pub(crate) fn from(&self) -> Option<usize> {
        self.header("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
    }
}

/// An answer, which need not be one of HTTP.
pub(crate) struct Answer {
    /// Status line and headers, without the line behind them.
    head: String,
    has_length: bool,
    body: Body,
}

enum Body {
    Bytes(Vec<u8>),
    /// The same again and again.
    Endless(Vec<u8>),
    /// These bytes, one by one, with a pause before each.
    Trickling(Vec<u8>, Duration),
    /// These bytes in small pieces, without a pause.
    Split(Vec<u8>),
}

impl Answer {
    pub(crate) fn new(status: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { head: format!("HTTP/1.1 {status}"), has_length: false, body: Body::Bytes(body.into()) }
    }

    pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::new("200 OK", body)
    }

    pub(crate) fn missing() -> Self {
        Self::new("404 Not Found", "")
    }

    pub(crate) fn redirect(to: &str) -> Self {
        Self::new("302 Found", "").with("location", to)
    }

    pub(crate) fn endless(piece: &[u8]) -> Self {
        Self { body: Body::Endless(piece.to_vec()), has_length: true, ..Self::ok("") }
    }

    pub(crate) fn trickling(bytes: &[u8], pause: Duration) -> Self {
        Self { body: Body::Trickling(bytes.to_vec(), pause), ..Self::ok("") }.with_length(bytes.len() as u64)
    }

    pub(crate) fn split(bytes: &[u8]) -> Self {
        Self { body: Body::Split(bytes.to_vec()), ..Self::ok("") }.with_length(bytes.len() as u64)
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        write!(self.head, "\r\n{name}: {value}").unwrap();
        self
    }

    /// Says that the body has so many bytes, whatever it has.
    pub(crate) fn with_length(mut self, length: u64) -> Self {
        self.has_length = true;
        self.with("content-length", &length.to_string())
    }

    /// Says nothing of how many bytes the body has: it ends where the connection does.
    pub(crate) fn without_length(mut self) -> Self {
        self.has_length = true;
        self
    }

    fn send(self, to: &mut TcpStream) -> std::io::Result<()> {
        let mut head = self.head;
        if let (Body::Bytes(bytes), false) = (&self.body, self.has_length) {
            write!(head, "\r\ncontent-length: {}", bytes.len()).unwrap();
        }
        head += "\r\nconnection: close\r\n\r\n";
        match self.body {
            Body::Split(bytes) => {
                for piece in head.as_bytes().chunks(3).chain(bytes.chunks(7)) {
                    to.write_all(piece)?;
                    to.flush()?;
                }
                Ok(())
            }
            Body::Bytes(bytes) => {
                to.write_all(head.as_bytes())?;
                to.write_all(&bytes)
            }
            Body::Endless(piece) => {
                to.write_all(head.as_bytes())?;
                loop {
                    to.write_all(&piece)?;
                }
            }
            Body::Trickling(bytes, pause) => {
                to.write_all(head.as_bytes())?;
                for byte in bytes {
                    std::thread::sleep(pause);
                    to.write_all(&[byte])?;
                }
                Ok(())
            }
        }
    }
}

/// A server on this machine.
pub(crate) struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    is_over: Arc<AtomicBool>,
}

impl Server {
    pub(crate) fn new(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server =
            Self { address: listener.local_addr().unwrap(), asked: Arc::default(), is_over: Arc::default() };
        let (asked, is_over, answer) =
            (Arc::clone(&server.asked), Arc::clone(&server.is_over), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                let Ok(mut stream) = stream else { continue };
                let (asked, answer) = (Arc::clone(&asked), Arc::clone(&answer));
                std::thread::spawn(move || {
                    let Some(request) = read(&stream) else { return };
                    asked.lock().unwrap().push(request.clone());
                    // The client may have had enough.
                    let _ = answer(&request).send(&mut stream);
                });
            }
        });
        server
    }

    /// One that serves a registry's folder, but for what `instead` has another answer to.
    pub(crate) fn of(
        folder: &Path,
        instead: impl Fn(&Asked) -> Option<Answer> + Send + Sync + 'static,
    ) -> Self {
        let folder = folder.to_owned();
        Self::new(move |asked| instead(asked).unwrap_or_else(|| serve(&folder, asked)))
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The same server by another name, which makes it another origin.
    pub(crate) fn url_of_localhost(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }

    /// Forgets what it was asked.
    #[cfg(feature = "oci")]
    pub(crate) fn forget(&self) {
        self.asked.lock().unwrap().clear();
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

/// A file of a folder, from the byte on that is asked for.
pub(crate) fn serve(folder: &Path, asked: &Asked) -> Answer {
    let Ok(bytes) = std::fs::read(folder.join(asked.path.trim_start_matches('/'))) else {
        return Answer::missing();
    };
    match asked.from() {
        Some(from) if from < bytes.len() => {
            let range = format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len());
            Answer::new("206 Partial Content", &bytes[from..]).with("content-range", &range)
        }
        Some(_) => Answer::new("416 Range Not Satisfiable", ""),
        None => Answer::ok(bytes),
    }
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut lines = BufReader::new(stream).lines();
    let path = lines.next()?.ok()?.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    for line in lines {
        let line = line.ok()?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    Some(Asked { path, headers })
}
