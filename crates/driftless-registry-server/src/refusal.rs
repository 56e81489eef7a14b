//! Answers that say no: `{"error": {"kind": "…", "message": "…"}}`.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use driftless_plugin_api::digest::Digest;
use serde_json::json;

/// Why a request is refused.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    /// For programs, and the metrics.
    pub(crate) kind: &'static str,
    /// For people.
    pub(crate) message: String,
    /// The file of the release that is there already.
    digest: Option<Digest>,
    retry_after: Option<Duration>,
}

/// The kind of a refusal, left with the answer for what counts it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RefusedAs(pub(crate) &'static str);

impl Refusal {
    fn new(status: StatusCode, kind: &'static str, message: impl Into<String>) -> Self {
        Self { status, kind, message: message.into(), digest: None, retry_after: None }
    }

    /// What was sent cannot be read.
    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", message)
    }

    /// No token, or one that does not count.
    pub(crate) fn no_token(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "no_token", message)
    }

    /// A token that is not good for it.
    pub(crate) fn scope(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "scope", message)
    }

    /// Nothing can be published here.
    pub(crate) fn read_only() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "read_only",
            "this registry has no tokens, so nothing is changed over HTTP",
        )
    }

    /// A namespace without keys.
    pub(crate) fn no_key(namespace: &str) -> Self {
        let message = format!(
            "the namespace `{namespace}` has no key yet: its first release is published with a token of the scope `admin`, and brings the key along"
        );
        Self::new(StatusCode::FORBIDDEN, "no_key", message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    pub(crate) fn method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method", "this path knows no such method")
    }

    /// The body took too long.
    pub(crate) fn too_slow(timeout: Duration) -> Self {
        let message = format!("the request took longer than {} seconds", timeout.as_secs());
        Self::new(StatusCode::REQUEST_TIMEOUT, "too_slow", message)
    }

    /// A release that is there already.
    pub(crate) fn exists(message: impl Into<String>, digest: Digest) -> Self {
        Self { digest: Some(digest), ..Self::new(StatusCode::CONFLICT, "exists", message) }
    }

    pub(crate) fn too_large(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
    }

    /// A part of a file that it does not have.
    pub(crate) fn range(length: u64) -> Response {
        let refusal =
            Self::new(StatusCode::RANGE_NOT_SATISFIABLE, "range", format!("the file has {length} bytes"));
        let mut response = refusal.into_response();
        if let Ok(value) = HeaderValue::from_str(&format!("bytes */{length}")) {
            response.headers_mut().insert(header::CONTENT_RANGE, value);
        }
        response
    }

    /// What can be read, and is not let in.
    pub(crate) fn refused(kind: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, kind, message)
    }

    pub(crate) fn too_many(after: Duration) -> Self {
        let refusal = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_requests",
            "too many requests; try again later",
        );
        Self { retry_after: Some(after), ..refusal }
    }

    /// The server has no room for it now.
    pub(crate) fn busy() -> Self {
        let refusal =
            Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "the registry is busy; try again later");
        Self { retry_after: Some(Duration::from_secs(5)), ..refusal }
    }

    pub(crate) fn failed() -> Self {
        let message = "the registry failed; its own log says why";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "failed", message)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut error = json!({"kind": self.kind, "message": self.message});
        if let Some(digest) = self.digest {
            error["digest"] = digest.to_string().into();
        }
        let mut response = (self.status, Json(json!({"error": error}))).into_response();
        response.extensions_mut().insert(RefusedAs(self.kind));
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(after) = self.retry_after {
            // In whole seconds, and never too early.
            headers.insert(header::RETRY_AFTER, HeaderValue::from(after.as_secs() + 1));
        }
        response
    }
}
