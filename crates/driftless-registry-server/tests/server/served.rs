//! A server that runs, and requests to it, byte for byte.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use driftless_registry::{
    Client, Error, HttpOptions, Publication, RegistryConfig, RegistryFolder, RemoteRegistry, SigningKey,
    Target, Token,
};
use driftless_registry_server::{Event, Limits, Server, ServerOptions, TokensFile};
use serde_json::Value;
use tempfile::TempDir;

use crate::machine::{ID, RULES};
use crate::release::plugin;

/// A server on a folder that is a registry.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    pub(crate) root: TempDir,
    pub(crate) folder: RegistryFolder,
    pub(crate) key: SigningKey,
    pub(crate) tokens: TokensFile,
    outside: TempDir,
    events: Arc<Mutex<Vec<Event>>>,
    end: End,
    thread: Option<JoinHandle<Result<(), driftless_registry_server::Error>>>,
}

impl Served {
    /// One that anyone may read.
    pub(crate) fn new() -> Self {
        Self::with(|_| ())
    }

    /// One whose limits are others.
    pub(crate) fn limited(change: impl FnOnce(&mut Limits)) -> Self {
        Self::with(|options| change(&mut options.limits))
    }

    /// One with other options.
    pub(crate) fn with(change: impl FnOnce(&mut ServerOptions)) -> Self {
        let root = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        let folder = RegistryFolder::create(root.path(), ID, "main".parse().unwrap()).unwrap();
        let tokens = TokensFile::new(outside.path().join("tokens.toml"));
        tokens.make("unused", Vec::new(), None).unwrap();
        let events = Arc::new(Mutex::new(Vec::new()));
        let mut options = ServerOptions::new(root.path());
        options.tokens = Some(outside.path().join("tokens.toml"));
        let noted = Arc::clone(&events);
        options.events = Arc::new(move |event| noted.lock().unwrap().push(event.clone()));
        change(&mut options);
        let server = Server::new(options).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let end = End::default();
        let shutdown = end.clone();
        let thread = Some(std::thread::spawn(move || server.run(listener, shutdown)));
        let key = SigningKey::generate().unwrap();
        Self { address, root, folder, key, tokens, outside, events, end, thread }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn config(&self) -> RegistryConfig {
        crate::machine::config("team", &self.url())
    }

    /// The path of the file of tokens.
    pub(crate) fn tokens_path(&self) -> std::path::PathBuf {
        self.outside.path().join("tokens.toml")
    }

    /// Makes a token.
    pub(crate) fn token(&self, scopes: &str) -> Token {
        let name = scopes.replace(':', ".").replace([' ', '*'], "_");
        let scopes = scopes.split_whitespace().map(|scope| scope.parse().unwrap()).collect();
        self.tokens.make(&name, scopes, None).unwrap()
    }

    /// The client that publishes with a token.
    pub(crate) fn remote(&self, token: Option<&Token>) -> RemoteRegistry {
        let options = HttpOptions { token: token.cloned(), ..HttpOptions::default() };
        RemoteRegistry::new(Client::new(&self.url(), options).unwrap())
    }

    /// Signs a release; nothing is published.
    pub(crate) fn signed(&self, name: &str, version: &str, more: Value) -> Publication {
        self.signed_at(name, version, more, SystemTime::now())
    }

    pub(crate) fn signed_at(
        &self,
        name: &str,
        version: &str,
        more: Value,
        published: SystemTime,
    ) -> Publication {
        self.signed_file(plugin(name, version, more), published)
    }

    pub(crate) fn signed_file(&self, bytes: Vec<u8>, published: SystemTime) -> Publication {
        let target =
            Target { registry: ID, namespace: &"main".parse().unwrap(), published, is_security_fix: false };
        Publication::sign(bytes, RULES, &target, &self.key).unwrap()
    }

    /// Publishes into the folder, beside the server.
    pub(crate) fn put(&self, name: &str, version: &str, more: Value) -> Publication {
        let publication = self.signed(name, version, more);
        self.folder.publish(&publication, Some(self.key.public())).unwrap();
        publication
    }

    pub(crate) fn publish(&self, token: &Token, name: &str, version: &str, more: Value) -> Result<(), Error> {
        self.remote(Some(token)).publish(&self.signed(name, version, more), None)
    }

    /// Sends a request, and reads until the server closes the connection.
    pub(crate) fn raw(&self, request: impl AsRef<[u8]>) -> Answer {
        let mut stream = self.connect();
        // A server that says no may close before it has read everything.
        let _ = stream.write_all(request.as_ref());
        Answer::read(&mut stream)
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }

    /// Sends a request without a body.
    pub(crate) fn ask(&self, line: &str, headers: &[&str]) -> Answer {
        let mut request = format!("{line} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", self.address);
        for header in headers {
            request.push_str(header);
            request.push_str("\r\n");
        }
        self.raw(request + "\r\n")
    }

    /// Sends a request with a body and a token.
    pub(crate) fn send(&self, line: &str, token: &Token, headers: &[&str], body: &[u8]) -> Answer {
        let mut request = format!(
            "{line} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\nauthorization: Bearer {}\r\ncontent-length: {}\r\n",
            self.address,
            token.0,
            body.len()
        );
        for header in headers {
            request.push_str(header);
            request.push_str("\r\n");
        }
        let mut request = (request + "\r\n").into_bytes();
        request.extend_from_slice(body);
        self.raw(request)
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }

    /// The value of a line of the metrics.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let answer = self.ask("GET /metrics", &[]);
        let line = answer
            .body_text()
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned));
        line.map_or(0, |value| value.parse().unwrap())
    }

    /// Tells the server to end.
    pub(crate) fn end(&self) {
        self.end.end();
    }

    /// Waits until it has ended.
    pub(crate) fn wait(&mut self) {
        self.thread.take().unwrap().join().unwrap().unwrap();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.end();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Ready once the server is to end.
#[derive(Clone, Default)]
struct End(Arc<Mutex<(bool, Option<Waker>)>>);

impl End {
    fn end(&self) {
        let mut state = self.0.lock().unwrap();
        state.0 = true;
        if let Some(waker) = state.1.take() {
            waker.wake();
        }
    }
}

impl Future for End {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.0.lock().unwrap();
        if state.0 {
            return Poll::Ready(());
        }
        state.1 = Some(cx.waker().clone());
        Poll::Pending
    }
}

/// An answer, byte for byte.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Reads to the end of the connection.
    pub(crate) fn read(stream: &mut TcpStream) -> Self {
        let mut all = Vec::new();
        stream.read_to_end(&mut all).expect("the answer arrives as a whole");
        Self::parse(&all)
    }

    pub(crate) fn parse(all: &[u8]) -> Self {
        let end = all.windows(4).position(|part| part == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(all)));
        let head = String::from_utf8(all[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head, body: all[end + 4..].to_vec() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(crate) fn body_text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The kind of the error that it tells.
    pub(crate) fn kind(&self) -> String {
        self.json()["error"]["kind"].as_str().unwrap_or_default().to_owned()
    }

    /// Status and kind.
    pub(crate) fn refusal(&self) -> (u16, String) {
        (self.status, self.kind())
    }
}

/// A form, with its content type as a header.
pub(crate) fn form(parts: &[(&str, &[u8])]) -> (&'static str, Vec<u8>) {
    let mut body = Vec::new();
    for (name, bytes) in parts {
        body.extend_from_slice(
            format!("--XYZ\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"x\"\r\ncontent-type: application/octet-stream\r\n\r\n").as_bytes(),
        );
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--XYZ--\r\n");
    ("content-type: multipart/form-data; boundary=XYZ", body)
}
