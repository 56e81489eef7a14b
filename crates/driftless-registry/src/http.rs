//! A tree of files behind HTTP, and what is asked of a server.
//!
//! - A token goes to the origin (scheme, host, port) that it was made for, and to no other: not across a redirect, not to a URL that an answer
//!   names, and over `http:` to this machine only.
//! - A redirect never leads from `https:` to `http:`, and to another origin only where that is a public address, or as near to this machine as the
//!   registry is itself: one in the private network may lead into that, one on this machine to this machine, and none to link-local addresses.
//! - Nothing is decompressed. What is read is bounded, and so is the time for it.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use driftless_permissions::{HttpUrl, is_public};
use driftless_plugin_api::cancel::CancelHandle;
use driftless_plugin_api::text::{printable_line, truncated};
use ureq::config::Config;
use ureq::http::{Method, Request, Response, Uri};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Body, Proxy};

use crate::answers::{self, Answers};
use crate::bucket::BucketOptions;
use crate::error::TreeError;
use crate::token::Token;
use crate::tree::{Opened, Tree};

/// The redirects that are followed.
const MAX_REDIRECTS: usize = 5;
/// The bytes of status line and headers.
const MAX_HEADER_BYTES: usize = 64 << 10;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// How often a server that is too busy is asked again.
const RETRIES: u32 = 2;
/// How long a server may have itself waited for before it is asked again. One that wants more is not asked again.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(30);
/// How soon it is seen that the caller gave up waiting.
const PAUSE_STEP: Duration = Duration::from_millis(50);

/// How long a server is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How long it may think, and be silent between two pieces of an answer. Default: 30 seconds.
    pub silence: Duration,
    /// How long a whole answer may take. Default: 15 minutes.
    pub whole: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { silence: Duration::from_secs(30), whole: Duration::from_secs(15 * 60) }
    }
}

/// How a registry's server is asked.
#[derive(Clone, Debug, Default)]
pub struct HttpOptions {
    /// What it is shown to prove who asks.
    pub token: Option<Token>,
    /// Certificate authorities, in PEM, that count for it instead of those of the machine.
    pub authorities: Option<Vec<u8>>,
    /// Where answers are kept, with what tells whether they are still right.
    pub cache: Option<PathBuf>,
    /// Whether only what is kept is used.
    pub is_offline: bool,
    /// Cancelled when the caller gives up.
    pub cancel: CancelHandle,
    /// How long it is waited for.
    pub patience: Patience,
    /// How a bucket is asked, for a registry that is one.
    pub bucket: BucketOptions,
    /// Another server that may be shown the login for it: that which gives out its tokens. Only OCI registries have one.
    pub token_server: Option<String>,
    /// The folder of Docker's settings, whose logins count for OCI registries.
    pub docker_config: Option<PathBuf>,
}

/// A server that is asked for files beneath a URL.
#[derive(Clone)]
pub struct Client {
    base: HttpUrl,
    own: Agent,
    /// For other origins, to which a redirect or an answer leads.
    foreign: Agent,
    options: HttpOptions,
    requests: Arc<AtomicUsize>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({})", self.base.as_str())
    }
}

impl Client {
    /// For the files beneath this URL.
    ///
    /// # Errors
    ///
    /// When it is no URL of HTTP, or the certificate authorities are none.
    pub fn new(url: &str, options: HttpOptions) -> Result<Self, String> {
        let slash = if url.ends_with('/') { "" } else { "/" };
        let base = HttpUrl::parse(&format!("{url}{slash}")).map_err(|error| error.to_string())?;
        let roots = match &options.authorities {
            None => RootCerts::PlatformVerifier,
            Some(pem) => RootCerts::new_with_certs(&certificates(pem)?),
        };
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .root_certs(roots)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let agent = |policy: Addresses| {
            let config = Agent::config_builder()
                .proxy(Proxy::try_from_env())
                .max_redirects(0)
                .max_redirects_will_error(false)
                .http_status_as_error(false)
                .max_response_header_size(MAX_HEADER_BYTES)
                .accept_encoding("")
                .user_agent(concat!("driftless/", env!("CARGO_PKG_VERSION")))
                .timeout_connect(Some(CONNECT_TIMEOUT))
                .timeout_recv_response(Some(options.patience.silence))
                .timeout_per_read(Some(options.patience.silence))
                .timeout_global(Some(options.patience.whole))
                .tls_config(tls.clone())
                .build();
            Agent::with_parts(config, DefaultConnector::default(), policy)
        };
        let own_reach = Arc::new(AtomicU8::new(Reach::Public as u8));
        let addresses = |is_own: bool| Addresses {
            inner: DefaultResolver::default(),
            is_own,
            own_reach: Arc::clone(&own_reach),
        };
        let own = agent(addresses(true));
        let foreign = agent(addresses(false));
        Ok(Self { base, own, foreign, options, requests: Arc::default() })
    }

    /// The URL beneath which its files are.
    pub fn base(&self) -> &HttpUrl {
        &self.base
    }

    /// How many requests were made.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// Whether the caller gave up.
    fn check_cancelled(&self) -> Result<(), TreeError> {
        if self.options.cancel.is_cancelled() { Err(TreeError::Cancelled) } else { Ok(()) }
    }

    /// Asks for a URL, and follows where the answer leads.
    ///
    /// # Errors
    ///
    /// When there is no answer, or a redirect leads where none may.
    pub fn get(&self, url: &HttpUrl, headers: &[(&str, &str)]) -> Result<Response<Body>, TreeError> {
        self.get_as(url, headers, self.own_secret().as_ref()).map(|(response, _)| response)
    }

    /// Asks for a URL, and follows where the answer leads. The secret is shown to the origin that it is for, and to no other. Returns the URL that
    /// answered as well.
    pub(crate) fn get_as(
        &self,
        url: &HttpUrl,
        headers: &[(&str, &str)],
        secret: Option<&Secret>,
    ) -> Result<(Response<Body>, HttpUrl), TreeError> {
        let mut url = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let response = self.patiently(&Method::GET, &url, headers, None, secret, TOO_BUSY)?;
            let location = match response.status().as_u16() {
                301 | 302 | 303 | 307 | 308 => response.headers().get("location").cloned(),
                _ => None,
            };
            let Some(location) = location else { return Ok((response, url)) };
            let refused = |why: String| TreeError::Refused { url: shown_url(&url), why };
            let told = String::from_utf8_lossy(location.as_bytes()).into_owned();
            let next = url
                .join(&told)
                .map_err(|error| refused(format!("it redirects to {}: {error}", shown(&told))))?;
            check_redirect(&url, &next).map_err(refused)?;
            url = next;
        }
        Err(TreeError::Refused {
            url: shown_url(&url),
            why: format!("it leads on after {MAX_REDIRECTS} redirects"),
        })
    }

    /// The URL to which an answer of the registry leads, which may be relative.
    ///
    /// # Errors
    ///
    /// When it is none that a redirect might lead to.
    pub(crate) fn lead(&self, told: &str) -> Result<HttpUrl, TreeError> {
        let refused = |why: String| TreeError::Refused { url: shown_url(&self.base), why };
        let next = self
            .base
            .join(told)
            .map_err(|error| refused(format!("it names {} as a URL: {error}", shown(told))))?;
        check_redirect(&self.base, &next).map_err(refused)?;
        Ok(next)
    }

    /// Sends something to the registry's own server. Redirects are not followed. A server that is too busy has done nothing of it, and is asked again.
    ///
    /// # Errors
    ///
    /// When there is no answer.
    pub fn send(
        &self,
        method: &Method,
        url: &HttpUrl,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Response<Body>, TreeError> {
        self.send_as(method, url, headers, Some(body), self.own_secret().as_ref())
    }

    /// Sends something, and shows a secret where that is the origin that it is for. Redirects are not followed.
    pub(crate) fn send_as(
        &self,
        method: &Method,
        url: &HttpUrl,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
        secret: Option<&Secret>,
    ) -> Result<Response<Body>, TreeError> {
        self.patiently(method, url, headers, body, secret, TOO_BUSY_TO_BEGIN)
    }

    /// The answers of this server that are kept.
    pub(crate) fn answers(&self) -> Answers {
        Answers::of(self.options.cache.as_deref(), self.base.as_str())
    }

    /// How it is asked.
    #[cfg(feature = "oci")]
    pub(crate) fn options(&self) -> &HttpOptions {
        &self.options
    }

    /// The token of the registry, for its own server.
    fn own_secret(&self) -> Option<Secret> {
        let token = self.options.token.as_ref()?;
        Some(Secret::new(format!("Bearer {}", token.0), &self.base))
    }

    /// Asks again where the answer is one of these statuses, when the server says or after a while, and not often.
    fn patiently(
        &self,
        method: &Method,
        url: &HttpUrl,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
        secret: Option<&Secret>,
        busy: &[u16],
    ) -> Result<Response<Body>, TreeError> {
        let mut pause = Duration::from_millis(200);
        for _ in 0..RETRIES {
            let response = self.once(method, url, headers, body, secret)?;
            if !busy.contains(&response.status().as_u16()) {
                return Ok(response);
            }
            let asked = response.headers().get("retry-after").and_then(|after| after.to_str().ok());
            let asked = asked.and_then(|after| after.parse().ok()).map(Duration::from_secs);
            if asked.is_some_and(|asked| asked > MAX_RETRY_AFTER) {
                return Ok(response);
            }
            self.pause(asked.unwrap_or(pause))?;
            pause *= 4;
        }
        self.once(method, url, headers, None, secret)
    }

    /// Waits, as long as the caller does.
    fn pause(&self, duration: Duration) -> Result<(), TreeError> {
        let mut left = duration;
        while !left.is_zero() {
            self.check_cancelled()?;
            let step = left.min(PAUSE_STEP);
            std::thread::sleep(step);
            left -= step;
        }
        self.check_cancelled()
    }

    fn once(
        &self,
        method: &Method,
        url: &HttpUrl,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
        secret: Option<&Secret>,
    ) -> Result<Response<Body>, TreeError> {
        self.check_cancelled()?;
        let told = || shown_url(url);
        if self.options.is_offline {
            return Err(TreeError::Offline(told()));
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        let is_own = url.origin() == self.base.origin();
        let mut request = Request::builder().method(method).uri(url.as_str());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(secret) = secret
            && secret.may_be_seen_by(url)
        {
            request = request.header("authorization", &secret.authorization);
        }
        let agent = if is_own { &self.own } else { &self.foreign };
        let sent = match body {
            Some(body) => {
                request.body(body).map_err(ureq::Error::from).and_then(|request| agent.run(request))
            }
            None => request.body(()).map_err(ureq::Error::from).and_then(|request| agent.run(request)),
        };
        sent.map_err(|error| match error {
            ureq::Error::Other(error) if error.is::<PrivateAddress>() => {
                TreeError::Refused { url: told(), why: error.to_string() }
            }
            error => TreeError::Unreachable { url: told(), why: error.to_string() },
        })
    }
}

/// The answers after which a server is asked for a file again.
const TOO_BUSY: &[u16] = &[429, 502, 503, 504];
/// Those after which it is sent something again: what stands before it may answer with the others when it has begun.
const TOO_BUSY_TO_BEGIN: &[u16] = &[429, 503];
/// What proves who asks, as a header has it, for one origin.
#[derive(Clone)]
pub(crate) struct Secret {
    authorization: String,
    origin: HttpUrl,
}

impl Secret {
    pub(crate) fn new(authorization: String, origin: &HttpUrl) -> Self {
        Self { authorization, origin: origin.clone() }
    }

    fn may_be_seen_by(&self, url: &HttpUrl) -> bool {
        url.origin() == self.origin.origin() && may_see_token(url)
    }
}

/// Whether an answer may lead from one URL to another.
pub(crate) fn check_redirect(from: &HttpUrl, to: &HttpUrl) -> Result<(), String> {
    if from.is_https() && !to.is_https() {
        return Err(format!("it redirects from https to {}", shown(to.as_str())));
    }
    Ok(())
}

/// Which addresses are connected to.
#[derive(Debug)]
struct Addresses {
    inner: DefaultResolver,
    /// Whether it is for the registry itself.
    is_own: bool,
    /// The [`Reach`] of the registry's own address.
    own_reach: Arc<AtomicU8>,
}

/// Who can reach an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Public = 0,
    Private = 1,
    ThisMachine = 2,
    /// Its own wire only: there the metadata of clouds are, and no registry.
    LinkLocal = 3,
}

impl Reach {
    fn of(address: IpAddr) -> Self {
        let v4 = match address {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(address) => address.to_ipv4_mapped(),
        };
        let is_link_local = match (v4, address) {
            (Some(address), _) => address.is_link_local(),
            (None, IpAddr::V6(address)) => address.is_unicast_link_local(),
            (None, IpAddr::V4(_)) => false,
        };
        let is_this_machine = match v4 {
            // What is asked for at `0.0.0.0` is on this machine, too.
            Some(address) => address.is_loopback() || address.octets()[0] == 0,
            None => address.is_loopback() || address.is_unspecified(),
        };
        match () {
            () if is_public(address) => Self::Public,
            () if is_link_local => Self::LinkLocal,
            () if is_this_machine => Self::ThisMachine,
            () => Self::Private,
        }
    }

    /// Whether a registry of this reach may lead to another origin at an address.
    fn may_lead_to(self, address: IpAddr) -> bool {
        let other = Self::of(address);
        other == Self::Public || (other != Self::LinkLocal && other <= self)
    }

    fn from_number(number: u8) -> Self {
        [Self::Public, Self::Private, Self::ThisMachine, Self::LinkLocal]
            .into_iter()
            .find(|reach| *reach as u8 == number)
            .unwrap_or(Self::Public)
    }
}

#[derive(Debug, thiserror::Error)]
#[error(
    "it is at {0}, where the registry may not lead: that is no public address, and nearer to this machine than the registry is"
)]
struct PrivateAddress(IpAddr);

impl Resolver for Addresses {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.inner.resolve(uri, config, timeout)?;
        let mut addresses = found.iter().map(|address| address.ip());
        if self.is_own {
            // The one of several that says least about where it is: a name may be given any address by its owner.
            let reach = addresses.map(Reach::of).min().unwrap_or(Reach::Public);
            self.own_reach.store(reach as u8, Ordering::Relaxed);
            return Ok(found);
        }
        let own = Reach::from_number(self.own_reach.load(Ordering::Relaxed));
        match addresses.find(|address| !own.may_lead_to(*address)) {
            Some(address) => Err(ureq::Error::Other(Box::new(PrivateAddress(address)))),
            None => Ok(found),
        }
    }
}

/// Whether a token may go there: encrypted, or to this machine, where nothing listens in between.
pub(crate) fn may_see_token(url: &HttpUrl) -> bool {
    url.is_https() || url.is_this_machine()
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate<'static>>, String> {
    let mut found = Vec::new();
    for item in parse_pem(pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| error.to_string())? {
            found.push(certificate);
        }
    }
    if found.is_empty() { Err("it has no certificate in PEM".to_owned()) } else { Ok(found) }
}

pub(crate) fn shown(text: &str) -> String {
    printable_line(&truncated(text, 300)).into_owned()
}

/// A URL in a message: without its query, in which a signature may be.
pub(crate) fn shown_url(url: &HttpUrl) -> String {
    let text = url.as_str();
    shown(text.split_once('?').map_or(text, |(before, _)| before))
}

/// Makes the URL of a request that proves by itself who asks.
pub(crate) trait Sign: fmt::Debug + Send + Sync {
    /// The URL of a file.
    fn url(&self, method: &Method, path: &str) -> HttpUrl;

    /// What to say of an answer that is no file, by its status and what stands in it.
    fn refusal(&self, url: &HttpUrl, status: u16, body: &[u8]) -> TreeError;
}

/// A tree behind a server, with what was read before.
#[derive(Debug)]
pub struct HttpTree {
    client: Client,
    signer: Option<Box<dyn Sign>>,
    answers: Answers,
    /// The answers that are not yet known to be right, with their tags.
    fresh: Mutex<BTreeMap<String, (String, Vec<u8>)>>,
}

impl HttpTree {
    /// The tree beneath the client's URL.
    pub fn new(client: Client) -> Self {
        Self { answers: client.answers(), client, signer: None, fresh: Mutex::default() }
    }

    /// The tree beneath the client's URL, where each request is signed.
    #[cfg(feature = "s3")]
    pub(crate) fn signed(client: Client, signer: Box<dyn Sign>) -> Self {
        Self { signer: Some(signer), ..Self::new(client) }
    }

    /// What asks the server.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The URL of a file, for one request.
    pub(crate) fn url(&self, method: &Method, path: &str) -> HttpUrl {
        match &self.signer {
            Some(signer) => signer.url(method, path),
            None => self.client.base.join(path).expect("paths are made of names and digits"),
        }
    }

    /// What to say of an answer that is no file.
    pub(crate) fn refusal(&self, url: &HttpUrl, response: &mut Response<Body>) -> TreeError {
        let status = response.status().as_u16();
        match &self.signer {
            Some(signer) => {
                let reader = response.body_mut().as_reader().take(MAX_REFUSAL_BYTES);
                let body = driftless_files::read_bounded(reader, MAX_REFUSAL_BYTES).unwrap_or_default();
                signer.refusal(url, status, &body)
            }
            None => TreeError::Status { url: shown_url(url), status },
        }
    }

    /// The tag of the download that was begun last, where it was this file's.
    fn begun(&self, path: &str) -> Option<String> {
        let kept = self.answers.kept(BEGUN, MAX_PATH_BYTES)?;
        (kept.bytes == path.as_bytes()).then_some(kept.tag)
    }

    /// Notes what a download that begins is a part of, so that it goes on only where the file is the same still.
    fn begin(&self, path: &str, response: &Response<Body>) {
        let tag = answers::tag(response);
        self.answers.keep(BEGUN, if is_strong(&tag) { &tag } else { "" }, path.as_bytes());
    }

    /// What the answer for a path is kept under.
    fn kept_name(path: &str) -> String {
        path.replace('/', "+")
    }

    fn fresh(&self) -> MutexGuard<'_, BTreeMap<String, (String, Vec<u8>)>> {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The bytes that are read of an answer that is no file.
const MAX_REFUSAL_BYTES: u64 = 8 << 10;
/// What is kept of the download that was begun last. No file of a tree is called so.
const BEGUN: &str = "begun.download";
/// The bytes of the path of a file.
const MAX_PATH_BYTES: u64 = 1 << 10;

/// Whether a tag is one of these very bytes: a part of a file is asked for by no other.
fn is_strong(tag: &str) -> bool {
    tag.starts_with('"')
}

impl Tree for HttpTree {
    fn read(&self, path: &str, max_bytes: u64) -> Result<Option<Vec<u8>>, TreeError> {
        // An answer before this one that was not accepted never will be.
        self.fresh().remove(path);
        let kept = self.answers.kept(&Self::kept_name(path), max_bytes);
        if self.client.options.is_offline {
            return match kept {
                Some(kept) => Ok(Some(kept.bytes)),
                None => Err(TreeError::Offline(shown_url(&self.url(&Method::GET, path)))),
            };
        }
        let url = self.url(&Method::GET, path);
        let tag = kept.as_ref().map(|kept| kept.tag.as_str()).filter(|tag| !tag.is_empty());
        let condition = tag.map(|tag| ("if-none-match", tag));
        let mut response = self.client.get(&url, condition.as_slice())?;
        match (response.status().as_u16(), kept) {
            (200, _) => {}
            (304, Some(kept)) => return Ok(Some(kept.bytes)),
            (404 | 410, _) => return Ok(None),
            _ => return Err(self.refusal(&url, &mut response)),
        }
        let tag = answers::tag(&response);
        let bytes = self.client.read_body(&mut response, &url, max_bytes)?;
        if self.client.options.cache.is_some() {
            self.fresh().insert(path.to_owned(), (tag, bytes.clone()));
        }
        Ok(Some(bytes))
    }

    fn accept(&self, path: &str) {
        let fresh = self.fresh().remove(path);
        if let Some((tag, bytes)) = fresh {
            self.answers.keep(&Self::kept_name(path), &tag, &bytes);
        }
    }

    fn open(&self, path: &str, from: u64) -> Result<Option<Opened>, TreeError> {
        let url = self.url(&Method::GET, path);
        let tag = if from > 0 { self.begun(path) } else { None };
        let mut response = self.client.ask(&url, from, tag.as_deref().filter(|tag| !tag.is_empty()))?;
        if response.status().as_u16() == 200 {
            self.begin(path, &response);
        }
        match beginning(&response, from) {
            Some(from) => Ok(Some(self.client.reader(response, from))),
            None if is_missing(&response) => Ok(None),
            None => Err(self.refusal(&url, &mut response)),
        }
    }

    fn place(&self) -> String {
        self.client.base.as_str().to_owned()
    }
}

impl Client {
    /// Opens a file by its URL, from a byte on where the server can.
    ///
    /// # Errors
    ///
    /// As for [`get`](Self::get), and when the server says no.
    pub fn open(&self, url: &HttpUrl, from: u64) -> Result<Option<Opened>, TreeError> {
        let response = self.ask(url, from, None)?;
        self.opened(response, url, from)
    }

    /// The file that an answer has, where it was asked for from a byte on.
    pub(crate) fn opened(
        &self,
        response: Response<Body>,
        url: &HttpUrl,
        from: u64,
    ) -> Result<Option<Opened>, TreeError> {
        match beginning(&response, from) {
            Some(from) => Ok(Some(self.reader(response, from))),
            None if is_missing(&response) => Ok(None),
            None => Err(TreeError::Status { url: shown_url(url), status: response.status().as_u16() }),
        }
    }

    /// Asks for a file from a byte on, or for all of it where it has another tag now.
    fn ask(&self, url: &HttpUrl, from: u64, tag: Option<&str>) -> Result<Response<Body>, TreeError> {
        let range = format!("bytes={from}-");
        let mut headers = Vec::new();
        if from > 0 {
            headers.push(("range", range.as_str()));
            headers.extend(tag.map(|tag| ("if-range", tag)));
        }
        self.get(url, &headers)
    }

    fn reader(&self, response: Response<Body>, from: u64) -> Opened {
        let reader = response.into_body().into_reader();
        Opened { from, reader: Box::new(OwnedCancellable { from: reader, client: self.clone() }) }
    }

    /// Reads the whole body of an answer.
    pub(crate) fn read_body(
        &self,
        response: &mut Response<Body>,
        url: &HttpUrl,
        max_bytes: u64,
    ) -> Result<Vec<u8>, TreeError> {
        let reader = Cancellable { from: response.body_mut().as_reader(), client: self };
        driftless_files::read_bounded(reader, max_bytes).map_err(|error| match error.kind() {
            std::io::ErrorKind::FileTooLarge => TreeError::TooLarge { what: shown_url(url), max_bytes },
            _ if self.check_cancelled().is_err() => TreeError::Cancelled,
            _ => TreeError::Unreachable { url: shown_url(url), why: error.to_string() },
        })
    }
}

/// The byte with which an answer begins, where it has the file that was asked for from this byte on.
fn beginning(response: &Response<Body>, from: u64) -> Option<u64> {
    match response.status().as_u16() {
        200 => Some(0),
        206 if begins_at(response, from) => Some(from),
        _ => None,
    }
}

fn is_missing(response: &Response<Body>) -> bool {
    matches!(response.status().as_u16(), 404 | 410)
}

/// Whether a part of a file begins where it was asked to.
fn begins_at(response: &Response<Body>, from: u64) -> bool {
    let range = response.headers().get("content-range").and_then(|range| range.to_str().ok());
    range.is_some_and(|range| range.starts_with(&format!("bytes {from}-")))
}

struct Cancellable<'a, R> {
    from: R,
    client: &'a Client,
}

impl<R: Read> Read for Cancellable<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        self.client.check_cancelled().map_err(std::io::Error::other)?;
        self.from.read(into)
    }
}

struct OwnedCancellable<R> {
    from: R,
    client: Client,
}

impl<R: Read> Read for OwnedCancellable<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        Cancellable { from: &mut self.from, client: &self.client }.read(into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> HttpUrl {
        HttpUrl::parse(text).unwrap()
    }

    #[test]
    fn no_redirect_leads_out_of_https() {
        let from = url("https://plugins.example.com/a");
        assert!(check_redirect(&from, &url("https://cdn.example.com/b")).is_ok());
        let why = check_redirect(&from, &url("http://plugins.example.com/a")).unwrap_err();
        assert!(why.contains("from https to http://plugins.example.com/a"), "{why}");
        for elsewhere in
            ["file:///etc/passwd", "ftp://example.com/", "data:,x", "//[", "https://a:b@example.com/"]
        {
            assert!(from.join(elsewhere).is_err(), "{elsewhere}");
        }
    }

    #[test]
    fn a_registry_leads_no_nearer_to_this_machine_than_it_is() {
        let may = |from: Reach, to: &str| from.may_lead_to(to.parse().unwrap());
        for own in [Reach::Public, Reach::Private, Reach::ThisMachine, Reach::LinkLocal] {
            assert!(may(own, "93.184.215.14"), "{own:?}");
            for link_local in ["169.254.169.254", "::ffff:169.254.169.254", "fe80::1"] {
                assert!(!may(own, link_local), "{own:?} {link_local}");
            }
        }
        for private in
            ["10.0.0.1", "192.168.1.1", "100.64.0.1", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1"]
        {
            assert!(!may(Reach::Public, private), "{private}");
            assert!(may(Reach::Private, private), "{private}");
        }
        for here in ["127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "::", "::ffff:127.0.0.1"] {
            assert!(!may(Reach::Public, here), "{here}");
            assert!(!may(Reach::Private, here), "{here}");
            assert!(may(Reach::ThisMachine, here), "{here}");
        }
    }

    #[test]
    fn a_public_registry_is_not_followed_to_this_machine() {
        let resolve = |is_own: bool, own: Reach, uri: &str| {
            let addresses = Addresses {
                inner: DefaultResolver::default(),
                is_own,
                own_reach: Arc::new(AtomicU8::new(own as u8)),
            };
            let timeout = NextTimeout::default();
            let agent = Agent::config_builder().build();
            let found = addresses.resolve(&uri.parse().unwrap(), &agent, timeout);
            (found.map(|_| ()), addresses.own_reach.load(Ordering::Relaxed))
        };
        for uri in
            ["http://127.0.0.1:9/", "http://localhost:9/", "http://[::1]:9/", "http://169.254.169.254/"]
        {
            let error = resolve(false, Reach::Public, uri).0.unwrap_err();
            assert!(error.to_string().contains("no public address"), "{uri}: {error}");
        }
        assert!(resolve(false, Reach::ThisMachine, "http://127.0.0.1:9/").0.is_ok());
        assert_eq!(resolve(true, Reach::Public, "http://127.0.0.1:9/").1, Reach::ThisMachine as u8);
        assert_eq!(resolve(true, Reach::ThisMachine, "http://10.0.0.1:9/").1, Reach::Private as u8);
    }

    #[test]
    fn a_token_is_not_sent_where_others_listen() {
        for seen in ["https://example.com/", "http://127.0.0.1:8080/", "http://[::1]/", "http://localhost/"] {
            assert!(may_see_token(&url(seen)), "{seen}");
        }
        for unseen in
            ["http://example.com/", "http://10.0.0.1/", "http://localhost.example.com/", "http://0.0.0.0/"]
        {
            assert!(!may_see_token(&url(unseen)), "{unseen}");
        }
    }
}
