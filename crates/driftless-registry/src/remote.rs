//! Publishing to a registry behind a server, as `driftless-registry-server` has it.

use std::io;

use driftless_plugin_api::digest::Digest;
use driftless_plugin_api::json::Bounds;
use semver::Version;
use serde::Deserialize;
use serde_json::json;
use ureq::http::{Method, Response};
use ureq::{Body, BodyReader};

use crate::error::{Error, SourceError, TreeError};
use crate::http::Client;
use crate::id::{PluginId, Slug};
use crate::keys::PublicKey;
use crate::publish::Publication;
use crate::renewal::{MAX_RENEWALS, Renewal};
use crate::rotation::SignedRotation;

/// The bytes of an answer.
const MAX_ANSWER_BYTES: u64 = 64 << 10;

const BOUNDS: Bounds = Bounds { text_bytes: MAX_ANSWER_BYTES as usize, depth: 8, value_bytes: 1 << 20 };

/// A registry behind a server, to be written to.
#[derive(Clone, Debug)]
pub struct RemoteRegistry {
    client: Client,
}

impl RemoteRegistry {
    /// The registry that a client asks, with the client's token.
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// Publishes a release. `key` is the one that signed it, where it is to be the first one of its namespace.
    ///
    /// # Errors
    ///
    /// [`Error::Unauthorized`] and [`Error::Forbidden`] where the token is not enough, [`Error::Exists`] where there is such a release already,
    /// [`Error::NotPublished`] where the server does not let it in; when the server cannot be asked.
    pub fn publish(&self, publication: &Publication, key: Option<&PublicKey>) -> Result<(), Error> {
        let statement = publication.statement();
        let what = format!("{} {}", statement.id, statement.version);
        let key = key.map(PublicKey::as_str);
        let (boundary, form) = form(publication, key);
        let kind = format!("multipart/form-data; boundary={boundary}");
        // A server that says no before it has read the plugin need not be sent it.
        let headers = [("content-type", kind.as_str()), ("expect", "100-continue")];
        self.post("api/v1/plugins", &headers, &form, &what)
    }

    /// Withdraws a release, or no longer.
    ///
    /// # Errors
    ///
    /// As for [`publish`](Self::publish), and [`Error::UnknownPlugin`] where there is no such release.
    pub fn yank(&self, id: &PluginId, version: &Version, is_yanked: bool) -> Result<(), Error> {
        let act = if is_yanked { "yank" } else { "unyank" };
        let path = format!("api/v1/plugins/{}/{}/{version}/{act}", id.namespace, id.name);
        self.post(&path, &[], &[], &format!("{id}@{version}"))
    }

    /// Revokes a release.
    ///
    /// # Errors
    ///
    /// As for [`yank`](Self::yank).
    pub fn revoke(&self, id: &PluginId, version: &Version, why: &str) -> Result<(), Error> {
        let path = format!("api/v1/plugins/{}/{}/{version}/revoke", id.namespace, id.name);
        let body = json!({"why": why}).to_string();
        self.post(&path, &[JSON], body.as_bytes(), &format!("{id}@{version}"))
    }

    /// Lets a key take the place of another.
    ///
    /// # Errors
    ///
    /// As for [`publish`](Self::publish).
    pub fn rotate(&self, signed: &SignedRotation) -> Result<(), Error> {
        let path = format!("api/v1/keys/{}/rotate", signed.rotation.namespace);
        let body = json!({"text": signed.text, "signature": signed.signature}).to_string();
        self.post(&path, &[JSON], body.as_bytes(), "the rotation")
    }

    /// Puts signatures of a key that signs for a namespace in the place of those of one that signs no longer.
    ///
    /// # Errors
    ///
    /// As for [`publish`](Self::publish).
    pub fn renew(&self, namespace: &Slug, renewals: &[Renewal]) -> Result<(), Error> {
        let path = format!("api/v1/keys/{namespace}/renew");
        renewals.chunks(MAX_RENEWALS).try_for_each(|renewals| {
            let body = json!({"renewals": renewals}).to_string();
            self.post(&path, &[JSON], body.as_bytes(), "the signatures")
        })
    }

    fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8], what: &str) -> Result<(), Error> {
        let base = self.client.base();
        let unreachable =
            |why: String| self.error(TreeError::Unreachable { url: crate::printable(base.as_str()), why });
        let url = base.join(path).map_err(|error| unreachable(error.to_string()))?;
        let mut response =
            self.client.send(&Method::POST, &url, headers, body).map_err(|error| self.error(error))?;
        let status = response.status().as_u16();
        // What stands before a registry, and knows nothing of it, may answer everything with 200.
        if matches!(status, 201 | 204) {
            return Ok(());
        }
        let Told { kind, message, digest } = told(&mut response);
        let registry = crate::printable(base.as_str());
        Err(match (status, &*kind, digest) {
            (401, ..) => Error::Unauthorized { registry, why: message },
            (403, ..) => Error::Forbidden { registry, why: message },
            (409, "exists", Some(digest)) => Error::Exists { plugin: what.to_owned(), digest },
            // Any server says so of a path that it does not have.
            (404, "not_found", _) => Error::UnknownPlugin { plugin: what.to_owned(), asked: vec![registry] },
            (400 | 408 | 409 | 413 | 422, ..) => {
                Error::NotPublished { plugin: what.to_owned(), why: message }
            }
            _ => self.error(TreeError::Status { url: crate::printable(url.as_str()), status }),
        })
    }

    fn error(&self, error: TreeError) -> Error {
        Error::Registry {
            registry: crate::printable(self.client.base().as_str()),
            source: SourceError::Tree(error),
        }
    }
}

const JSON: (&str, &str) = ("content-type", "application/json");

/// A release as a form, the plugin last, and what stands between its parts.
fn form(publication: &Publication, key: Option<&str>) -> (String, Vec<u8>) {
    let mut parts =
        vec![("statement", publication.text().as_bytes()), ("signature", publication.signature().as_bytes())];
    parts.extend(key.map(|key| ("key", key.as_bytes())));
    parts.push(("plugin", publication.bytes()));
    // It may be in none of the parts, and is not chosen by those who wrote them: it is made of all that they wrote.
    let digests: String = parts.iter().map(|(_, bytes)| Digest::of(bytes).to_string()).collect();
    let boundary = crate::layout::hex(&Digest::of(digests.as_bytes()));
    let mut form = Vec::with_capacity(publication.bytes().len() + (8 << 10));
    for (name, bytes) in parts {
        let head = format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n");
        form.extend_from_slice(head.as_bytes());
        form.extend_from_slice(bytes);
        form.extend_from_slice(b"\r\n");
    }
    form.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (boundary, form)
}

/// What a server says of why it says no.
struct Told {
    kind: String,
    message: String,
    digest: Option<Digest>,
}

#[derive(Deserialize)]
struct Answer {
    error: AnswerError,
}

#[derive(Deserialize)]
struct AnswerError {
    kind: String,
    message: String,
    #[serde(default)]
    digest: Option<String>,
}

fn told(response: &mut Response<Body>) -> Told {
    let status = response.status();
    let read = |reader: BodyReader<'_>| -> io::Result<AnswerError> {
        let bytes = driftless_files::read_bounded(reader, MAX_ANSWER_BYTES)?;
        let text = String::from_utf8(bytes).map_err(io::Error::other)?;
        let answer: Answer = BOUNDS.read(&text).map_err(|error| io::Error::other(error.to_string()))?;
        Ok(answer.error)
    };
    match read(response.body_mut().as_reader()) {
        Ok(error) => Told {
            kind: error.kind,
            message: driftless_plugin_api::text::printable_line(&driftless_plugin_api::text::truncated(
                &error.message,
                1000,
            ))
            .into_owned(),
            digest: error.digest.and_then(|digest| digest.parse().ok()),
        },
        Err(_) => Told { kind: String::new(), message: format!("the server answers {status}"), digest: None },
    }
}
