//! Entity tags, and answers that a client has already.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use driftless_plugin_api::digest::Digest;

/// The tag of bytes: a strong one, by which two answers are equal only if all their bytes are.
pub(crate) fn tag(digest: &Digest) -> String {
    format!("\"{digest}\"")
}

/// An answer of these bytes; without them where the client has them.
pub(crate) fn answer(
    headers: &HeaderMap,
    bytes: Bytes,
    tag: &str,
    content_type: &'static str,
    caching: &'static str,
) -> Response {
    let mut response = if is_known(headers, tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Response::new(Body::from(bytes));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        response
    };
    describe(&mut response, tag, caching);
    response
}

/// Says how long an answer is good for.
pub(crate) fn describe(response: &mut Response, tag: &str, caching: &'static str) {
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
}

/// Whether the client has what this tag stands for: `If-None-Match`, which compares weakly.
pub(crate) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let named = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    named
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

/// The tag of the one large file, so that it is not hashed for every request.
#[derive(Debug, Default)]
pub(crate) struct TagCache(Mutex<Option<(PathBuf, Version, String)>>);

/// Changes whenever a file is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    modified: SystemTime,
    length: u64,
    #[cfg(unix)]
    inode: u64,
}

impl Version {
    /// That of an open file. `None` for one that was changed so lately that the next change could have the same time.
    pub(crate) fn of(metadata: &std::fs::Metadata) -> Option<Self> {
        let modified = metadata.modified().ok()?;
        let age = SystemTime::now().duration_since(modified).ok()?;
        (age.as_secs() >= 2).then(|| Self {
            modified,
            length: metadata.len(),
            #[cfg(unix)]
            inode: std::os::unix::fs::MetadataExt::ino(metadata),
        })
    }
}

impl TagCache {
    /// The tag of a file in this version.
    pub(crate) fn get(&self, path: &Path, version: &Version) -> Option<String> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|(of, kept, _)| of == path && kept == version).map(|(_, _, tag)| tag.clone())
    }

    /// Notes it.
    pub(crate) fn put(&self, path: &Path, version: Version, tag: &str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((path.to_owned(), version, tag.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_as_http_wants_it() {
        for (sent, expected) in [
            ("\"a\"", true),
            ("W/\"a\"", true),
            ("\"x\", \"a\"", true),
            ("*", true),
            ("\"x\"", false),
            ("a", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static(sent));
            assert_eq!(is_known(&headers, "\"a\""), expected, "{sent}");
        }
        assert!(!is_known(&HeaderMap::new(), "\"a\""));
    }
}
