//! HTTP requests, which the host sends.
//!
//! Every request needs a permission for the host in its URL, and for each to which it is redirected: the plugin asks for it with
//! `#[plugin(network("https://api.example.com"))]`, and its user grants it.
//!
//! ```
//! #[plugin_sdk::plugin(network("https://api.example.com"))]
//! mod releases {
//!     use plugin_sdk::prelude::*;
//!
//!     #[derive(Deserialize, Serialize)]
//!     struct Release {
//!         version: String,
//!     }
//!
//!     /// The latest release.
//!     #[facts]
//!     fn latest() -> Result<Release> {
//!         let response = http::get("https://api.example.com/releases/latest")
//!             .header("accept", "application/json")
//!             .send()?
//!             .ok()?;
//!         Ok(response.json()?)
//!     }
//! }
//!
//! use plugin_sdk::testing::{self, FakeHost};
//!
//! let url = "GET https://api.example.com/releases/latest";
//! let _host = testing::host(FakeHost::new().response(url, 200, r#"{"version": "1.4.0", "id": 7}"#));
//! assert_eq!(execute_facts_collector("latest", "{}"), r#"{"version":"1.4.0"}"#);
//! ```

use std::fmt::Write as _;

use driftless_plugin_api::host_call::HttpRequest;
use serde::{Deserialize, Serialize};

use crate::{HostError, HostErrorKind, Result, request as host};

/// A `GET` request.
pub fn get(url: impl Into<String>) -> Request {
    request("GET", url)
}

/// A `POST` request.
pub fn post(url: impl Into<String>) -> Request {
    request("POST", url)
}

/// A `PUT` request.
pub fn put(url: impl Into<String>) -> Request {
    request("PUT", url)
}

/// A `DELETE` request.
pub fn delete(url: impl Into<String>) -> Request {
    request("DELETE", url)
}

/// A request of any method.
///
/// ```
/// # use plugin_sdk::testing::{self, FakeHost};
/// # let _host = testing::host(FakeHost::new().response("HEAD https://example.com/big.iso", 200, ""));
/// use plugin_sdk::http;
///
/// let response = http::request("HEAD", "https://example.com/big.iso").send()?;
/// assert_eq!(response.status, 200);
/// # Ok::<(), plugin_sdk::HostError>(())
/// ```
pub fn request(method: impl Into<String>, url: impl Into<String>) -> Request {
    let request = HttpRequest { method: method.into(), url: url.into(), headers: Vec::new() };
    Request { request, body: Vec::new(), mistake: None }
}

/// A request that is not sent yet.
///
/// ```
/// # use plugin_sdk::testing::{self, FakeHost};
/// # let host = testing::host(FakeHost::new().response("POST https://api.example.com/notes?by=Ada%20L.", 201, ""));
/// use plugin_sdk::http;
/// use plugin_sdk::serde_json::json;
///
/// http::post("https://api.example.com/notes")
///     .query("by", "Ada L.")
///     .header("authorization", "Bearer secret")
///     .json(&json!({"text": "hello"}))
///     .send()?
///     .ok()?;
/// # assert_eq!(host.calls()[0].body, br#"{"text":"hello"}"#);
/// # Ok::<(), plugin_sdk::HostError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "it is sent by `send`"]
pub struct Request {
    request: HttpRequest,
    body: Vec<u8>,
    /// What was wrong with what it was made of.
    mistake: Option<HostError>,
}

impl Request {
    /// Adds a header.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.request.headers.push((name.into(), value.into()));
        self
    }

    /// Adds a parameter to the URL, with all that has a meaning there escaped.
    pub fn query(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        let url = &mut self.request.url;
        // A fragment stands at the end, and is never sent.
        url.truncate(url.find('#').unwrap_or(url.len()));
        url.push(if url.contains('?') { '&' } else { '?' });
        escape(name.as_ref(), url);
        url.push('=');
        escape(value.as_ref(), url);
        self
    }

    /// What is sent behind the headers.
    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.body = bytes.into();
        self
    }

    /// A value as JSON is sent behind the headers, one of which says so.
    pub fn json<T: Serialize + ?Sized>(mut self, value: &T) -> Self {
        const TYPE: &str = "content-type";
        match serde_json::to_vec(value) {
            Ok(body) => self.body = body,
            Err(error) => {
                let message = format!("the body of the request cannot be written as JSON: {error}");
                self.mistake = Some(HostError::new(HostErrorKind::Invalid, message));
            }
        }
        let is_said = self.request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(TYPE));
        if is_said { self } else { self.header(TYPE, "application/json") }
    }

    /// Sends it, and waits for the response.
    ///
    /// It needs the permission to reach the host of the URL: `#[plugin(network("https://api.example.com"))]`.
    ///
    /// # Errors
    ///
    /// Without the permission, where there is no response, where that takes too long or is larger than it may be. A response with
    /// a status such as 404 is a response: see [`Response::ok`].
    pub fn send(self) -> Result<Response, HostError> {
        if let Some(mistake) = self.mistake {
            return Err(mistake);
        }
        let (answer, body) = host::http(&self.request, &self.body)?;
        Ok(Response { status: answer.status, url: answer.url, headers: answer.headers, body })
    }
}

/// The response to a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// `200`, `404`, …
    pub status: u16,
    /// Where it came from, after redirects.
    pub url: String,
    /// Names in small letters, and values.
    pub headers: Vec<(String, String)>,
    /// What came behind the headers.
    pub body: Vec<u8>,
}

impl Response {
    /// Whether the status says that it was done: 200 to 299.
    pub fn success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The response, unless its status says that it was not done.
    ///
    /// ```
    /// # use plugin_sdk::testing::{self, FakeHost};
    /// # let _host = testing::host(FakeHost::new().response("GET https://example.com/", 503, "later"));
    /// use plugin_sdk::http;
    ///
    /// let error = http::get("https://example.com/").send()?.ok().unwrap_err();
    /// assert_eq!(error.to_string(), "https://example.com/ answered with status 503: later");
    /// # Ok::<(), plugin_sdk::HostError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where the status is not 200 to 299. The message has the beginning of the body.
    pub fn ok(self) -> Result<Self, HostError> {
        if self.success() {
            return Ok(self);
        }
        let mut message = format!("{} answered with status {}", self.url, self.status);
        if let Some(body) = head(&self.body) {
            message.push_str(": ");
            message.push_str(body);
        }
        Err(HostError::new(HostErrorKind::Failed, message))
    }

    /// The first header of this name, which is the same in small and in large letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        let named = self.headers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str())
    }

    /// The body as text.
    ///
    /// # Errors
    ///
    /// Where it is not UTF-8.
    pub fn text(&self) -> Result<&str, HostError> {
        std::str::from_utf8(&self.body).map_err(|_| self.misfit("no text in UTF-8"))
    }

    /// The body, read as JSON.
    ///
    /// # Errors
    ///
    /// Where it is not the JSON of this type.
    pub fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<T, HostError> {
        serde_json::from_slice(&self.body)
            .map_err(|error| self.misfit(&format!("not the JSON that is expected: {error}")))
    }

    fn misfit(&self, what: &str) -> HostError {
        HostError::new(HostErrorKind::Failed, format!("the body of {} is {what}", self.url))
    }
}

/// Writes what is neither a letter, a digit nor one of `-._~` as `%20`.
fn escape(text: &str, url: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            let _ = write!(url, "%{byte:02X}");
        }
    }
}

/// As much of a body as fits into a message, where it is text.
fn head(body: &[u8]) -> Option<&str> {
    const MAX_BYTES: usize = 300;
    let start = &body[..body.len().min(MAX_BYTES)];
    let text = match std::str::from_utf8(start) {
        Ok(text) => text,
        // Perhaps it was cut inside of a character.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&start[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    Some(text.trim()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_escaped() {
        let url = |url: &str| get(url).query("a&b", "ü/1").query("c", "").request.url;
        assert_eq!(url("https://x/"), "https://x/?a%26b=%C3%BC%2F1&c=");
        assert_eq!(url("https://x/?y=z#part"), "https://x/?y=z&a%26b=%C3%BC%2F1&c=");
    }

    #[test]
    fn json_says_its_type_once() {
        let headers = |request: Request| request.json(&1).request.headers;
        assert_eq!(headers(post("https://x/")), [("content-type".into(), "application/json".into())]);
        let own = post("https://x/").header("Content-Type", "application/vnd.x+json");
        assert_eq!(headers(own), [("Content-Type".into(), "application/vnd.x+json".into())]);
    }

    #[test]
    fn what_is_no_json_is_never_sent() {
        let keys = std::collections::BTreeMap::from([(vec![1], 2)]);
        let error = post("https://x/").json(&keys).send().unwrap_err();
        assert_eq!(error.kind(), HostErrorKind::Invalid);
    }

    #[test]
    fn a_message_has_the_beginning_of_a_body() {
        assert_eq!(head(b" no \n"), Some("no"));
        assert_eq!(head(b""), None);
        assert_eq!(head(b"\xff\xfe"), None);
        assert_eq!(head("ä".repeat(400).as_bytes()).unwrap().chars().count(), 150);
        assert_eq!(head(format!("x{}", "ä".repeat(400)).as_bytes()).unwrap().chars().count(), 150);
    }
}
