//! What an OCI registry is asked: manifests, blobs and lists, each within bounds.

use std::sync::Arc;
use std::time::Instant;

use driftless_permissions::HttpUrl;
use driftless_plugin_api::digest::Digest;
use driftless_plugin_api::json::Bounds;
use driftless_plugin_api::text::{printable_line, truncated};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use ureq::Body;
use ureq::http::{Method, Response};

use super::artifact::{MANIFEST_TYPE, MAX_MANIFEST_BYTES};
use super::auth::{Auth, Scope};
use super::location::Location;
use crate::answers::{self, Answers};
use crate::error::{Error, SourceError, TreeError};
use crate::http::{Client, HttpOptions, shown};
use crate::layout;
use crate::tree::Opened;

/// The most tags of a repository.
const MAX_TAGS: usize = 2_000;
/// The most repositories of a server.
const MAX_REPOSITORIES: usize = 20_000;
/// How many entries of a list are asked for at once. A server may give fewer.
const PAGE: usize = 1_000;
/// The most pages of a list.
const MAX_PAGES: usize = 200;
/// The bytes of one of them.
const MAX_PAGE_BYTES: u64 = 1 << 20;
/// The bytes of what a server says of why it says no.
const MAX_REFUSAL_BYTES: u64 = 64 << 10;

const LIST_BOUNDS: Bounds = Bounds { text_bytes: MAX_PAGE_BYTES as usize, depth: 3, value_bytes: 32 << 20 };
const KEPT_BOUNDS: Bounds = Bounds { text_bytes: 8 << 20, depth: 2, value_bytes: 64 << 20 };
const REFUSAL_BOUNDS: Bounds =
    Bounds { text_bytes: MAX_REFUSAL_BYTES as usize, depth: 16, value_bytes: 4 << 20 };

/// An OCI registry that is asked.
#[derive(Clone, Debug)]
pub(super) struct OciClient {
    client: Client,
    location: Location,
    auth: Arc<Auth>,
    answers: Answers,
}

/// A manifest as it came.
pub(super) struct Fetched {
    pub(super) bytes: Vec<u8>,
    /// What it is to be kept under, with its tag; `None` where it was kept already.
    fresh: Option<(String, String)>,
}

#[derive(Deserialize)]
struct Tags {
    tags: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Catalog {
    repositories: Option<Vec<String>>,
}

/// Why a list is not there.
enum NoList {
    Status(u16),
    Error(SourceError),
}

impl<E: Into<SourceError>> From<E> for NoList {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

impl OciClient {
    /// For the registry at `oci://HOST[:PORT]/PREFIX`.
    pub(super) fn new(url: &str, options: HttpOptions) -> Result<Self, String> {
        let location = Location::parse(url)?;
        if let Some(server) = &options.token_server {
            HttpUrl::parse(server).map_err(|error| format!("token_server: {error}"))?;
        }
        let client = Client::new(location.endpoint().as_str(), options)?;
        Ok(Self { answers: client.answers(), client, location, auth: Arc::default() })
    }

    pub(super) fn location(&self) -> &Location {
        &self.location
    }

    /// What asks the server.
    pub(super) fn http(&self) -> &Client {
        &self.client
    }

    /// When asking for one thing has taken too long, in however many requests.
    pub(super) fn deadline(&self) -> Instant {
        Instant::now() + self.client.options().patience.whole
    }

    /// A manifest by its tag; `None` where there is none. What was kept of before is asked for only in so far as it may have changed.
    pub(super) fn manifest(&self, repository: &str, tag: &str) -> Result<Option<Fetched>, SourceError> {
        let path = format!("v2/{repository}/manifests/{tag}");
        let (url, name) = (self.url(&path)?, kept_name(&path));
        let kept = self.answers.kept(&name, MAX_MANIFEST_BYTES);
        if self.client.options().is_offline {
            let kept = kept.ok_or_else(|| TreeError::Offline(shown(url.as_str())))?;
            return Ok(Some(Fetched { bytes: kept.bytes, fresh: None }));
        }
        let mut headers = vec![("accept", MANIFEST_TYPE)];
        let etag = kept.as_ref().map(|kept| kept.tag.as_str()).filter(|tag| !tag.is_empty());
        headers.extend(etag.map(|tag| ("if-none-match", tag)));
        let (mut response, from) = self.get(&url, &headers, &Scope::Pull(repository.to_owned()))?;
        match (response.status().as_u16(), kept) {
            (200, _) => {}
            (304, Some(kept)) => return Ok(Some(Fetched { bytes: kept.bytes, fresh: None })),
            (404 | 410, _) => return Ok(None),
            (status, _) => return Err(TreeError::Status { url: shown(url.as_str()), status }.into()),
        }
        let said = header(&response, "docker-content-digest").map(str::to_owned);
        let etag = answers::tag(&response);
        let bytes = self.client.read_body(&mut response, &from, MAX_MANIFEST_BYTES)?;
        let found = Digest::of(&bytes).to_string();
        if let Some(said) = said.filter(|said| *said != found) {
            let why = format!(
                "it is not the manifest that the server says it is: expected {}, received {found}",
                crate::printable(&said)
            );
            return Err(SourceError::Malformed { what: shown(url.as_str()), why });
        }
        // What is named by its digest is the same for as long as it has that.
        let etag = if etag.is_empty() { format!("\"{found}\"") } else { etag };
        Ok(Some(Fetched { bytes, fresh: Some((name, etag)) }))
    }

    /// Says that a manifest was what it should be, so that it may take the place of an older copy.
    pub(super) fn accept(&self, fetched: &Fetched) {
        if let Some((name, tag)) = &fetched.fresh {
            self.answers.keep(name, tag, &fetched.bytes);
        }
    }

    /// The tags of a repository; `None` where there is no such repository.
    pub(super) fn tags(&self, repository: &str) -> Result<Option<Vec<String>>, SourceError> {
        let path = format!("v2/{repository}/tags/list");
        let of_page = |page: Tags| page.tags.unwrap_or_default();
        match self.list(&path, &Scope::Pull(repository.to_owned()), ("tags", MAX_TAGS), of_page) {
            Ok(tags) => Ok(Some(tags)),
            Err(NoList::Status(404 | 410)) => Ok(None),
            Err(NoList::Status(status)) => {
                Err(TreeError::Status { url: shown(self.url(&path)?.as_str()), status }.into())
            }
            Err(NoList::Error(error)) => Err(error),
        }
    }

    /// The repositories of the server.
    pub(super) fn repositories(&self) -> Result<Vec<String>, SourceError> {
        let of_page = |page: Catalog| page.repositories.unwrap_or_default();
        let max = ("repositories", MAX_REPOSITORIES);
        self.list("v2/_catalog", &Scope::Catalog, max, of_page).map_err(|error| match error {
            NoList::Error(SourceError::Tree(TreeError::Status { status, .. })) | NoList::Status(status)
                if status < 429 =>
            {
                SourceError::NoListing { place: self.location.place(), status }
            }
            NoList::Status(status) => {
                TreeError::Status { url: shown(self.client.base().as_str()), status }.into()
            }
            NoList::Error(error) => error,
        })
    }

    /// A list, page by page.
    fn list<P: DeserializeOwned>(
        &self,
        path: &str,
        scope: &Scope,
        (what, max): (&str, usize),
        of_page: impl Fn(P) -> Vec<String>,
    ) -> Result<Vec<String>, NoList> {
        let (first, name) = (self.url(path)?, kept_name(path));
        let malformed =
            |why: String| SourceError::Malformed { what: shown(first.as_str()), why: crate::printable(&why) };
        if self.client.options().is_offline {
            let kept = self.answers.kept(&name, KEPT_BOUNDS.text_bytes as u64);
            let kept = kept.ok_or_else(|| TreeError::Offline(shown(first.as_str())))?;
            let text = std::str::from_utf8(&kept.bytes).map_err(|error| malformed(error.to_string()))?;
            return Ok(KEPT_BOUNDS.read(text).map_err(|error| malformed(error.to_string()))?);
        }
        let deadline = self.deadline();
        let mut listed: Vec<String> = Vec::new();
        let paged = self.url(&format!("{path}?n={PAGE}"))?;
        let mut next = Some(paged.clone());
        for _ in 0..MAX_PAGES {
            let Some(url) = next else { break };
            let (mut response, from) = self.get(&url, &[], scope)?;
            let status = response.status().as_u16();
            // A server may allow smaller pages only. It knows which.
            if status == 400 && url == paged {
                next = Some(first.clone());
                continue;
            }
            if status != 200 {
                return Err(NoList::Status(status));
            }
            next = next_page(&response, &first, &url).map_err(malformed)?;
            let bytes = self.client.read_body(&mut response, &from, MAX_PAGE_BYTES)?;
            let text = std::str::from_utf8(&bytes).map_err(|error| malformed(error.to_string()))?;
            listed.extend(of_page(LIST_BOUNDS.read(text).map_err(|error| malformed(error.to_string()))?));
            if listed.len() > max {
                return Err(malformed(format!("it has more than {max} {what}")).into());
            }
            if Instant::now() > deadline {
                return Err(malformed("it takes too long to read all of it".to_owned()).into());
            }
        }
        if next.is_some() {
            return Err(malformed(format!("it has more than {MAX_PAGES} pages")).into());
        }
        if self.client.options().cache.is_some() {
            let text = serde_json::to_string(&listed).unwrap_or_default();
            if text.len() <= KEPT_BOUNDS.text_bytes {
                self.answers.keep(&name, "", text.as_bytes());
            }
        }
        Ok(listed)
    }

    /// A blob, from a byte on or from its beginning; `None` where there is none.
    pub(super) fn blob(
        &self,
        repository: &str,
        digest: &Digest,
        from: u64,
    ) -> Result<Option<Opened>, TreeError> {
        let url = self.url(&format!("v2/{repository}/blobs/{digest}"))?;
        let range = format!("bytes={from}-");
        let headers = [("range", range.as_str())];
        let headers: &[_] = if from > 0 { &headers } else { &[] };
        let (response, answered) = self.get(&url, headers, &Scope::Pull(repository.to_owned()))?;
        self.client.opened(response, &answered, from)
    }

    /// Puts a blob there, unless it is there.
    pub(super) fn put_blob(&self, repository: &str, bytes: &[u8], plugin: &str) -> Result<(), Error> {
        let digest = Digest::of(bytes);
        let scope = Scope::Push(repository.to_owned());
        let url = self.written(self.url(&format!("v2/{repository}/blobs/{digest}")))?;
        let response = self.written(self.send(&Method::HEAD, &url, &[], None, &scope))?;
        // Where it is kept elsewhere the answer leads there.
        if matches!(response.status().as_u16(), 200 | 302 | 303 | 307) {
            return Ok(());
        }
        let url = self.written(self.url(&format!("v2/{repository}/blobs/uploads/")))?;
        let mut response = self.written(self.send(&Method::POST, &url, &[], Some(&[]), &scope))?;
        if response.status() != 202 {
            return Err(self.refusal(&mut response, &url, plugin));
        }
        let location = header(&response, "location").unwrap_or_default();
        let refused = |why: String| {
            self.error(TreeError::Refused { url: shown(url.as_str()), why: crate::printable(&why) })
        };
        let upload = url
            .join(location)
            .map_err(|error| refused(format!("it wants the file at {location}: {error}")))?;
        if location.is_empty() || upload.origin() != self.client.base().origin() {
            return Err(refused(format!("it wants the file at another server, {}", upload.origin())));
        }
        let separator = if upload.as_str().contains('?') { '&' } else { '?' };
        let upload = HttpUrl::parse(&format!("{}{separator}digest={digest}", upload.as_str()))
            .map_err(|error| refused(error.to_string()))?;
        let headers = [("content-type", "application/octet-stream")];
        let mut response = self.written(self.send(&Method::PUT, &upload, &headers, Some(bytes), &scope))?;
        match response.status().as_u16() {
            201 | 204 => Ok(()),
            _ => Err(self.refusal(&mut response, &url, plugin)),
        }
    }

    /// Puts a manifest under a tag, in the place of the one that is there.
    pub(super) fn put_manifest(
        &self,
        repository: &str,
        tag: &str,
        bytes: &[u8],
        plugin: &str,
    ) -> Result<(), Error> {
        if bytes.len() as u64 > MAX_MANIFEST_BYTES {
            let why = format!("its manifest has more than {MAX_MANIFEST_BYTES} bytes");
            return Err(Error::NotPublished { plugin: plugin.to_owned(), why });
        }
        let url = self.written(self.url(&format!("v2/{repository}/manifests/{tag}")))?;
        let headers = [("content-type", MANIFEST_TYPE)];
        let scope = Scope::Push(repository.to_owned());
        let mut response = self.written(self.send(&Method::PUT, &url, &headers, Some(bytes), &scope))?;
        match response.status().as_u16() {
            200 | 201 | 204 => Ok(()),
            _ => Err(self.refusal(&mut response, &url, plugin)),
        }
    }

    /// The error of something that could not be done here.
    pub(super) fn error(&self, error: impl Into<SourceError>) -> Error {
        Error::Registry { registry: self.location.place(), source: error.into() }
    }

    fn written<R>(&self, result: Result<R, TreeError>) -> Result<R, Error> {
        result.map_err(|error| match error {
            TreeError::Status { status: 401, .. } => {
                Error::Unauthorized { registry: self.location.place(), why: error.to_string() }
            }
            TreeError::Status { status: 403, .. } => {
                Error::Forbidden { registry: self.location.place(), why: error.to_string() }
            }
            error => self.error(error),
        })
    }

    /// What a server says of why it does not take something.
    fn refusal(&self, response: &mut Response<Body>, url: &HttpUrl, plugin: &str) -> Error {
        #[derive(Deserialize)]
        struct Refusal {
            errors: Vec<OneError>,
        }
        #[derive(Deserialize)]
        struct OneError {
            #[serde(default)]
            code: String,
            #[serde(default)]
            message: String,
        }
        let status = response.status();
        let said = self.client.read_body(response, url, MAX_REFUSAL_BYTES).ok();
        let said = said.and_then(|bytes| String::from_utf8(bytes).ok());
        let said: Option<Refusal> = said.and_then(|text| REFUSAL_BOUNDS.read(&text).ok());
        let first = said.and_then(|said| said.errors.into_iter().next());
        let why = match first {
            Some(OneError { code, message }) => {
                let told = format!("the server answers {status}: {code} {message}");
                printable_line(&truncated(told.trim_end(), 500)).into_owned()
            }
            None => format!("the server answers {status}"),
        };
        let registry = self.location.place();
        match status.as_u16() {
            401 => Error::Unauthorized { registry, why },
            403 => Error::Forbidden { registry, why },
            400..=499 => Error::NotPublished { plugin: plugin.to_owned(), why },
            status => self.error(TreeError::Status { url: shown(url.as_str()), status }),
        }
    }

    fn get(
        &self,
        url: &HttpUrl,
        headers: &[(&str, &str)],
        scope: &Scope,
    ) -> Result<(Response<Body>, HttpUrl), TreeError> {
        let ask = |secret: Option<&_>| self.client.get_as(url, headers, secret);
        self.auth.ask(&self.client, self.location.authority(), scope, ask)
    }

    fn send(
        &self,
        method: &Method,
        url: &HttpUrl,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
        scope: &Scope,
    ) -> Result<Response<Body>, TreeError> {
        let ask =
            |secret: Option<&_>| Ok((self.client.send_as(method, url, headers, body, secret)?, url.clone()));
        self.auth.ask(&self.client, self.location.authority(), scope, ask).map(|(response, _)| response)
    }

    fn url(&self, path: &str) -> Result<HttpUrl, TreeError> {
        let base = self.client.base();
        let refused = |why: String| TreeError::Refused { url: shown(base.as_str()), why };
        base.join(path).map_err(|error| refused(error.to_string()))
    }
}

/// The next page of a list, as the header of this one has it. It is a page of the same list, or none.
fn next_page(response: &Response<Body>, first: &HttpUrl, this: &HttpUrl) -> Result<Option<HttpUrl>, String> {
    let Some(link) = header(response, "link") else { return Ok(None) };
    let Some((target, parameters)) = link.strip_prefix('<').and_then(|link| link.split_once('>')) else {
        return Ok(None);
    };
    if !parameters.contains("rel=\"next\"") && !parameters.contains("rel=next") {
        return Ok(None);
    }
    let next = this.join(target).map_err(|error| format!("its next page is {target}: {error}"))?;
    let path = |url: &HttpUrl| url.as_str().split('?').next().unwrap_or_default().to_owned();
    if path(&next) != path(first) {
        return Err(format!("its next page is one of something else, {}", next.as_str()));
    }
    Ok(Some(next))
}

fn header<'r>(response: &'r Response<Body>, name: &str) -> Option<&'r str> {
    response.headers().get(name)?.to_str().ok()
}

/// What the answer to a path is kept under. The names of repositories are longer than those of files may be.
fn kept_name(path: &str) -> String {
    format!("oci-{}", layout::hex(&Digest::of(path.as_bytes())))
}
