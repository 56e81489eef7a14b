//! HTTP requests.
//!
//! - A URL is judged as what the parser made of it, and handed on as that.
//! - Its name is resolved here and once. Only addresses that are permitted stay, and the connection goes to one of them.
//! - Redirects are followed here. Each is judged like a first request: scheme, host, port, addresses.
//! - When a redirect leaves the origin (scheme, host or port change), only headers that carry no secret go along.
//! - There are no proxies, no cookies and no decompression, and nothing of the host's own credentials.
//! - Each request has a connection of its own, so nothing of one request is seen by another.
//!
//! The host names that are resolved, and the addresses behind them, become known to the network, as with any HTTP client.

use std::io::{self, Read};
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use driftless_permissions::HttpUrl;
use driftless_plugin_api::host_call::{Capability, HostCallError, HttpAnswer, HttpRequest};
use ureq::http::header::{self, HeaderName, HeaderValue};
use ureq::http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::unversioned::transport::Connector;
use ureq::{Agent, Body, Error};

use crate::deadline::Deadline;
use crate::wire::{Direct, Judged, MAX_ADDRESSES, Tls};
use crate::{Task, denied, failed, invalid, limit, missing, not_granted, shown};

/// The redirects that are followed.
const MAX_REDIRECTS: usize = 10;
/// The headers that a plugin may send, and the bytes of them all.
const MAX_HEADERS: usize = 64;
const MAX_HEADER_BYTES: usize = 32 << 10;
/// The bytes of status line and headers that a server may send; ureq takes 128 headers.
const MAX_RESPONSE_HEADER_BYTES: usize = 64 << 10;
/// The bytes of a URL.
const MAX_URL_BYTES: usize = 8 << 10;
/// The names that are looked up at the same time: a lookup cannot be interrupted, and outlives a deadline.
const MAX_LOOKUPS: usize = 8;

/// What a plugin may ask a server to do. `CONNECT` and `TRACE` are for proxies and for looking at what they send.
const METHODS: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];

/// Headers about the connection, which is the host's. `proxy-…` are refused as well.
const HOSTS_OWN: [&str; 11] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
];

/// Headers that go along when a redirect leaves the origin: those that carry no secret. Any other may be a token.
const HARMLESS: [&str; 13] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "content-encoding",
    "content-language",
    "content-type",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-unmodified-since",
    "range",
    "user-agent",
];

/// Headers about a body, which go when a redirect drops it.
const ABOUT_BODY: [&str; 4] = ["content-encoding", "content-language", "content-location", "content-type"];

/// Looks a name up.
type Lookup = dyn Fn(&str, u16) -> io::Result<Vec<IpAddr>> + Send + Sync;

/// What the HTTP requests of a plugin share.
pub(crate) struct Http {
    user_agent: String,
    tls: Tls,
    tls_config: TlsConfig,
    lookup: Arc<Lookup>,
    lookups: Arc<AtomicUsize>,
}

impl Http {
    /// For a plugin of this name.
    pub(crate) fn new(plugin: &str) -> Self {
        Self::with_lookup(plugin, |name, port| {
            Ok((name, port).to_socket_addrs()?.map(|address| address.ip()).collect())
        })
    }

    fn with_lookup(
        plugin: &str,
        lookup: impl Fn(&str, u16) -> io::Result<Vec<IpAddr>> + Send + Sync + 'static,
    ) -> Self {
        let fits = |char: &char| char.is_ascii_alphanumeric() || "-_.".contains(*char);
        let name: String = plugin.chars().filter(fits).take(64).collect();
        let tls_config = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        Self {
            user_agent: format!("driftless/{} (plugin {name})", env!("CARGO_PKG_VERSION")),
            tls: Tls::default(),
            tls_config,
            lookup: Arc::new(lookup),
            lookups: Arc::default(),
        }
    }

    /// The addresses of a URL's host, not judged yet.
    fn resolve(&self, url: &HttpUrl, deadline: &Deadline) -> Result<Vec<IpAddr>, HostCallError> {
        let name = url.host().to_string();
        // A host that reads as an address is one: the parser has made every spelling of an address into this.
        let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(&name);
        if let Ok(address) = bare.parse() {
            return Ok(vec![address]);
        }
        let what = format!("looking up {}", shown(&name));
        deadline.check(&what)?;
        let Some(permit) = Permit::take(&self.lookups) else {
            return Err(failed(format!(
                "{what} has to wait: {MAX_LOOKUPS} names are being looked up for this plugin already"
            )));
        };
        let (lookup, port) = (Arc::clone(&self.lookup), url.port());
        let (send, receive) = mpsc::sync_channel(1);
        thread::Builder::new()
            .name("driftless-lookup".to_owned())
            .spawn(move || {
                let found = lookup(&name, port);
                drop(permit);
                // The receiver is gone when the time is over.
                let _ = send.send(found);
            })
            .map_err(|error| failed(format!("{what} failed: {error}")))?;
        while let Some(wait) = deadline.next_wait() {
            match receive.recv_timeout(wait) {
                Ok(Ok(addresses)) => return Ok(addresses),
                Ok(Err(error)) => return Err(failed(format!("{what} failed: {error}"))),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => return Err(failed(format!("{what} failed"))),
            }
        }
        Err(deadline.over(&what))
    }

    /// The addresses that a URL may lead to.
    fn judge(&self, task: &Task<'_>, url: &HttpUrl) -> Result<Vec<SocketAddr>, HostCallError> {
        let mut found = self.resolve(url, &task.deadline)?;
        let Some(first) = found.first().copied() else {
            return Err(failed(format!("{} has no address", shown(&url.host().to_string()))));
        };
        found.retain(|address| task.grant.address(url, *address));
        if found.is_empty() {
            // The one that allows the least.
            let origin = url.origin();
            let entry = if origin.is_address() { origin.to_string() } else { format!("address:{first}") };
            let why =
                format!("it is at {first}, which is no public address, and `address:{first}` is not granted");
            return Err(not_granted(&connect(url), &why, missing(Capability::Http, entry)));
        }
        found.truncate(MAX_ADDRESSES);
        Ok(found.into_iter().map(|address| SocketAddr::new(address, url.port())).collect())
    }

    /// One request and the head of its response.
    fn exchange(&self, task: &Task<'_>, hop: &Hop<'_>) -> Result<Response<Body>, HostCallError> {
        let url = &hop.url;
        task.grant
            .url(url)
            .map_err(|denial| denied(&connect(url), denial, missing(Capability::Http, url.origin())))?;
        let unfit = || invalid(format!("the URL {} cannot be sent", shown(url.as_str())));
        let uri: Uri = url.as_str().parse().map_err(|_| unfit())?;
        // Two parsers have to be of one mind about where a request goes.
        let host = url.host().to_string();
        let port = uri.port_u16().unwrap_or(if url.is_https() { 443 } else { 80 });
        if uri.host() != Some(host.as_str()) || port != url.port() {
            return Err(unfit());
        }
        let addresses = self.judge(task, url)?;
        let config = Agent::config_builder()
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .max_idle_connections(0)
            .max_idle_connections_per_host(0)
            .max_response_header_size(MAX_RESPONSE_HEADER_BYTES)
            .accept_encoding("")
            .user_agent(&self.user_agent)
            .tls_config(self.tls_config.clone())
            .build();
        let direct = Direct { addresses: addresses.clone(), deadline: task.deadline.clone() };
        let agent = Agent::with_parts(config, direct.chain(self.tls.clone()), Judged(addresses));
        let mut request = Request::builder().method(&hop.method).uri(uri);
        if let Some(headers) = request.headers_mut() {
            headers.clone_from(&hop.headers);
        }
        let response = match hop.body {
            Some(body) => request.body(body).map_err(Error::from).and_then(|request| agent.run(request)),
            None => request.body(()).map_err(Error::from).and_then(|request| agent.run(request)),
        };
        response.map_err(|error| request_error(task, url, &error))
    }
}

/// A place among the lookups under way.
struct Permit(Arc<AtomicUsize>);

impl Permit {
    fn take(taken: &Arc<AtomicUsize>) -> Option<Self> {
        let more = |taken: usize| (taken < MAX_LOOKUPS).then_some(taken + 1);
        taken.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).ok()?;
        Some(Self(Arc::clone(taken)))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// One request on the way through redirects.
struct Hop<'a> {
    url: HttpUrl,
    method: Method,
    headers: HeaderMap,
    /// `None` where the method has none.
    body: Option<&'a [u8]>,
}

impl Hop<'_> {
    /// Where a response sends the request, and what becomes of it on the way (RFC 9110, 15.4).
    fn redirect(&mut self, status: StatusCode, location: &HeaderValue) -> Result<(), HostCallError> {
        let told = String::from_utf8_lossy(location.as_bytes());
        let url = location
            .to_str()
            .ok()
            .filter(|location| location.len() <= MAX_URL_BYTES)
            .and_then(|location| self.url.join(location).ok())
            .ok_or_else(|| {
                failed(format!(
                    "{} redirects to {}, which is no URL that a plugin may ask for",
                    shown(self.url.as_str()),
                    shown(&told)
                ))
            })?;
        let becomes_get = match status {
            StatusCode::SEE_OTHER => self.method != Method::HEAD,
            // What all HTTP clients do, and the RFC allows.
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => self.method == Method::POST,
            _ => false,
        };
        if becomes_get {
            self.method = Method::GET;
            self.body = None;
            for name in ABOUT_BODY {
                self.headers.remove(name);
            }
        }
        let origin = |url: &HttpUrl| (url.is_https(), url.host().to_string(), url.port());
        if origin(&url) != origin(&self.url) {
            let headers = std::mem::take(&mut self.headers);
            let mut name = None;
            for (next, value) in headers {
                name = next.or(name);
                if let Some(name) = &name
                    && HARMLESS.contains(&name.as_str())
                {
                    self.headers.append(name, value);
                }
            }
        }
        self.url = url;
        Ok(())
    }
}

/// Makes a request and follows where it leads; the body is the response's.
pub(crate) fn answer(
    task: &Task<'_>,
    http: &Http,
    request: HttpRequest,
    body: &[u8],
) -> Result<(HttpAnswer, Vec<u8>), HostCallError> {
    let mut hop = first(&request, body)?;
    for _ in 0..=MAX_REDIRECTS {
        let response = http.exchange(task, &hop)?;
        let location = match response.status().as_u16() {
            301 | 302 | 303 | 307 | 308 => response.headers().get(header::LOCATION),
            _ => None,
        };
        match location {
            Some(location) => hop.redirect(response.status(), location)?,
            None => return read(task, &hop, response),
        }
    }
    Err(limit(format!("{} leads on after {MAX_REDIRECTS} redirects", shown(&request.url))))
}

/// Reads what a plugin wants.
fn first<'a>(request: &HttpRequest, body: &'a [u8]) -> Result<Hop<'a>, HostCallError> {
    if request.url.len() > MAX_URL_BYTES {
        return Err(invalid(format!("a URL has at most {MAX_URL_BYTES} bytes")));
    }
    let url = HttpUrl::parse(&request.url).map_err(|error| invalid(error.to_string()))?;
    let method =
        METHODS.iter().find(|method| method.as_str() == request.method).cloned().ok_or_else(|| {
            invalid(format!(
                "{} is none of the methods GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
                shown(&request.method)
            ))
        })?;
    let has_body = matches!(method, Method::POST | Method::PUT | Method::PATCH);
    if matches!(method, Method::GET | Method::HEAD) && !body.is_empty() {
        return Err(invalid(format!("a {method} request has no body")));
    }
    Ok(Hop {
        url,
        method,
        headers: headers(&request.headers)?,
        body: (has_body || !body.is_empty()).then_some(body),
    })
}

fn headers(told: &[(String, String)]) -> Result<HeaderMap, HostCallError> {
    let size: usize = told.iter().map(|(name, value)| name.len() + value.len()).sum();
    if told.len() > MAX_HEADERS || size > MAX_HEADER_BYTES {
        return Err(invalid(format!(
            "a request has at most {MAX_HEADERS} headers of {MAX_HEADER_BYTES} bytes together"
        )));
    }
    let mut headers = HeaderMap::new();
    for (name, value) in told {
        let parsed = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| invalid(format!("{} is no name of a header", shown(name))))?;
        if HOSTS_OWN.contains(&parsed.as_str()) || parsed.as_str().starts_with("proxy-") {
            return Err(invalid(format!("the header {parsed} is the host's to set")));
        }
        let value = HeaderValue::from_bytes(value.as_bytes())
            .map_err(|_| invalid(format!("the value of the header {parsed} has control characters in it")))?;
        headers.append(parsed, value);
    }
    Ok(headers)
}

/// Reads a response to its end.
fn read(
    task: &Task<'_>,
    hop: &Hop<'_>,
    response: Response<Body>,
) -> Result<(HttpAnswer, Vec<u8>), HostCallError> {
    let (parts, body) = response.into_parts();
    let url = shown(hop.url.as_str());
    let too_long = || task.too_long(&format!("the response of {url}"));
    let hint = body.content_length().unwrap_or(0);
    if hop.method != Method::HEAD && hint > task.bytes as u64 {
        return Err(too_long());
    }
    let headers = parts.headers.iter().filter_map(|(name, value)| {
        let value = std::str::from_utf8(value.as_bytes()).ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    });
    let answer = HttpAnswer {
        status: parts.status.as_u16(),
        url: hop.url.as_str().to_owned(),
        headers: headers.collect(),
    };
    let mut reader = body.into_reader();
    let (mut contents, mut chunk) = (Vec::new(), vec![0; 64 << 10]);
    loop {
        task.deadline.check(&format!("the response of {url}"))?;
        match reader.read(&mut chunk) {
            Ok(0) => return Ok((answer, contents)),
            Ok(read) if contents.len() + read > task.bytes => return Err(too_long()),
            Ok(read) => contents.extend_from_slice(&chunk[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(request_error(task, &hop.url, &Error::from(error))),
        }
    }
}

/// The error of a request that came to no response.
fn request_error(task: &Task<'_>, url: &HttpUrl, error: &Error) -> HostCallError {
    let url = shown(url.as_str());
    if task.deadline.left().is_none() {
        return task.deadline.over(&format!("the response of {url}"));
    }
    if let Error::LargeResponseHeader(..) = error {
        return limit(format!("the headers of {url} have more than {MAX_RESPONSE_HEADER_BYTES} bytes"));
    }
    failed(format!("asking {url} failed: {}", shown(&error.to_string())))
}

fn connect(url: &HttpUrl) -> String {
    format!("connect to {}", shown(url.as_str()))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;
    use std::sync::Mutex;
    use std::time::{Duration, Instant};

    use driftless_permissions::{Grant, Permissions};
    use driftless_plugin_api::host_call::{Allowance, HostCallErrorKind};
    use driftless_plugin_api::manifest::Permission;

    use super::*;

    /// A server at an address that says the same to everyone, once for each connection.
    fn server(address: &str, response: impl Fn(u16) -> String + Send + 'static) -> u16 {
        let listener = TcpListener::bind((address, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    if stream.read(&mut byte).unwrap_or(0) == 0 {
                        break;
                    }
                    head.push(byte[0]);
                }
                let _ = stream.write_all(response(port).as_bytes());
            }
        });
        port
    }

    fn ask(
        http: &Http,
        granted: &[&str],
        url: &str,
        millis: u64,
    ) -> Result<(HttpAnswer, Vec<u8>), HostCallError> {
        let hosts = |hosts: &[&str]| {
            let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
            Permissions::parse(&[Permission::Network { hosts }]).unwrap()
        };
        let asked: Vec<&str> = granted.iter().copied().filter(|host| !host.starts_with("address:")).collect();
        let grant = Grant::new(hosts(&asked), hosts(granted));
        let deadline = Deadline::new(Allowance::new(Duration::from_millis(millis), 1 << 20));
        let task = Task { grant: &grant, bytes: 1 << 20, deadline };
        let request = HttpRequest { method: "GET".into(), url: url.into(), headers: Vec::new() };
        answer(&task, http, request, &[])
    }

    /// Names that lead where the test says: one answer after the other, the last for ever.
    fn names(answers: &[&[&str]]) -> (Http, Arc<Mutex<Vec<String>>>) {
        let answers: Vec<Vec<IpAddr>> =
            answers.iter().map(|answer| answer.iter().map(|ip| ip.parse().unwrap()).collect()).collect();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let http = Http::with_lookup("probe", move |name, _| {
            let mut log = log.lock().unwrap();
            log.push(name.to_owned());
            Ok(answers[(log.len() - 1).min(answers.len() - 1)].clone())
        });
        (http, asked)
    }

    const FINE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine";

    #[test]
    fn a_name_at_a_private_address_is_refused() {
        let port = server("127.0.0.1", |_| FINE.to_owned());
        let granted = format!("http://evil.test:{port}");
        for address in ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fd00::1"] {
            let (http, _) = names(&[&[address]]);
            let error = ask(&http, &[&granted], &granted, 5000).unwrap_err();
            assert_eq!(error.kind, HostCallErrorKind::Denied);
            assert!(error.missing_grant.is_some(), "the user may grant it");
            let shown: IpAddr = address.parse().unwrap();
            assert_eq!(
                error.message,
                format!(
                    "it may not connect to {granted}/: it is at {shown}, which is no public address, \
                     and `address:{shown}` is not granted"
                )
            );
        }
        let (http, _) = names(&[&["127.0.0.1"]]);
        let (_, body) = ask(&http, &[&granted, "address:127.0.0.0/8"], &granted, 5000).unwrap();
        assert_eq!(body, b"fine");
    }

    #[test]
    fn only_judged_addresses_are_connected_to() {
        // The server is at the one that is not granted; the other refuses connections.
        let port = server("127.0.0.1", |_| FINE.to_owned());
        let granted = format!("http://two.test:{port}");
        let (http, _) = names(&[&["127.0.0.1", "127.0.0.2"]]);
        let error = ask(&http, &[&granted, "address:127.0.0.2"], &granted, 5000).unwrap_err();
        assert_eq!(error.kind, HostCallErrorKind::Failed, "{error}");
        // An address that refuses is followed by the next.
        let (http, _) = names(&[&["127.0.0.2", "127.0.0.1"]]);
        assert!(ask(&http, &[&granted, "address:127.0.0.0/8"], &granted, 5000).is_ok());
    }

    #[test]
    fn a_name_is_looked_up_once_for_each_hop() {
        let port = server("127.0.0.2", |_| FINE.to_owned());
        let granted = format!("http://rebind.test:{port}");
        let permitted = [granted.as_str(), "address:127.0.0.2"];
        let (http, asked) = names(&[&["127.0.0.2"], &["127.0.0.1"]]);
        assert_eq!(ask(&http, &permitted, &granted, 5000).unwrap().1, b"fine");
        assert_eq!(*asked.lock().unwrap(), ["rebind.test"]);
        assert_eq!(ask(&http, &permitted, &granted, 5000).unwrap_err().kind, HostCallErrorKind::Denied);
        // A redirect to itself is judged anew.
        let port = server("127.0.0.2", |port| {
            format!(
                "HTTP/1.1 302 Found\r\nLocation: http://rebind.test:{port}/x\r\nContent-Length: 0\r\n\r\n"
            )
        });
        let granted = format!("http://rebind.test:{port}");
        let (http, asked) = names(&[&["127.0.0.2"], &["127.0.0.1"]]);
        let error = ask(&http, &[&granted, "address:127.0.0.2"], &granted, 5000).unwrap_err();
        assert_eq!(error.kind, HostCallErrorKind::Denied, "{error}");
        assert_eq!(asked.lock().unwrap().len(), 2);
    }

    #[test]
    fn a_lookup_that_hangs_is_given_up() {
        let http = Http::with_lookup("probe", |_, _| {
            thread::sleep(Duration::from_secs(3));
            Ok(Vec::new())
        });
        let begun = Instant::now();
        for _ in 0..MAX_LOOKUPS {
            let error = ask(&http, &["http://slow.test"], "http://slow.test", 20).unwrap_err();
            assert_eq!(error.kind, HostCallErrorKind::Limit, "{error}");
        }
        let error = ask(&http, &["http://slow.test"], "http://slow.test", 20).unwrap_err();
        assert_eq!(error.kind, HostCallErrorKind::Failed, "{error}");
        assert!(error.message.contains("being looked up"), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(2));
        let nothing = Http::with_lookup("probe", |_, _| Ok(Vec::new()));
        assert!(ask(&nothing, &["http://no.test"], "http://no.test", 1000).is_err());
    }

    #[test]
    fn the_name_of_a_plugin_does_not_break_a_header() {
        let http = Http::new("a\r\nHost: evil (ü) b");
        assert_eq!(http.user_agent, format!("driftless/{} (plugin aHostevilb)", env!("CARGO_PKG_VERSION")));
        assert!(HeaderValue::from_str(&http.user_agent).is_ok());
    }
}
