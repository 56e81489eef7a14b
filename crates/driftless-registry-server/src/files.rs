//! The files of the registry, as clients read them.
//!
//! No path of a request is ever joined to the folder. A path is taken apart into names and digests, by their own types, and a path is made anew of
//! those; what is not spelled as it is made is not there.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;
use bytes::Bytes;
use driftless_plugin_api::digest::Digest;
use driftless_registry::{PluginId, Slug, index, layout};
use http_range_header::parse_range_header;
use tokio::io::AsyncReadExt;
use tokio_util::io::ReaderStream;

use crate::refusal::Refusal;
use crate::state::{State, blocking};
use crate::tag::{self, Version};

const MAX_CONFIG_BYTES: u64 = 64 << 10;
const MAX_KEYS_BYTES: u64 = 1 << 20;
/// As what publishes has it.
const MAX_SEARCH_BYTES: u64 = 64 << 20;
/// The bytes that are read of a file at a time.
const CHUNK_BYTES: usize = 64 << 10;

/// What may have changed is asked for every time.
pub(crate) const REVALIDATED: &str = "no-cache";
/// What a digest names never changes.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// The same, where no cache that others use may have it.
const IMMUTABLE_PRIVATE: &str = "private, max-age=31536000, immutable";

const JSON: &str = "application/json";
const JSON_LINES: &str = "application/jsonl";

pub(crate) async fn config(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    small(&state, &headers, layout::CONFIG.to_owned(), MAX_CONFIG_BYTES, JSON).await
}

pub(crate) async fn keys(
    Shared(state): Shared<Arc<State>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let namespace = uri.path().strip_prefix("/keys/").and_then(|file| file.strip_suffix(".json"));
    let namespace = namespace.and_then(slug).ok_or_else(no_file)?;
    small(&state, &headers, layout::keys(&namespace), MAX_KEYS_BYTES, JSON).await
}

pub(crate) async fn index_file(
    Shared(state): Shared<Arc<State>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let id = (|| {
        let (_prefix, rest) = uri.path().strip_prefix("/index/")?.split_once('/')?;
        let (namespace, file) = rest.split_once('/')?;
        Some(PluginId { namespace: slug(namespace)?, name: slug(file.strip_suffix(".jsonl")?)? })
    })();
    let path = id.map(|id| layout::index(&id)).filter(|path| uri.path().strip_prefix('/') == Some(path));
    small(&state, &headers, path.ok_or_else(no_file)?, index::MAX_INDEX_BYTES, JSON_LINES).await
}

pub(crate) async fn search(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let _permit = state.searches.acquire().await.map_err(|_| Refusal::busy())?;
    let found = blocking(&state, |state| {
        let path = state.path(layout::SEARCH);
        // A registry has none before its first release.
        let Some(file) = open(state, layout::SEARCH)? else {
            return Ok(Found { body: FoundBody::Bytes(Bytes::new()), tag: tag::tag(&Digest::of(b"")) });
        };
        let metadata = file.metadata().map_err(|error| state.failed(error))?;
        let version = Version::of(&metadata);
        if let Some(version) = &version
            && let Some(tag) = state.tags.get(&path, version)
            && metadata.len() <= MAX_SEARCH_BYTES
        {
            return Ok(Found { body: FoundBody::File(file, metadata.len()), tag });
        }
        let bytes =
            driftless_files::read_opened(&file, MAX_SEARCH_BYTES).map_err(|error| state.failed(error))?;
        let tag = tag::tag(&Digest::of(&bytes));
        if let Some(version) = version {
            state.tags.put(&path, version, &tag);
        }
        Ok(Found { body: FoundBody::Bytes(bytes.into()), tag })
    })
    .await?;
    Ok(match found.body {
        FoundBody::Bytes(bytes) => tag::answer(&headers, bytes, &found.tag, JSON_LINES, REVALIDATED),
        FoundBody::File(..) if tag::is_known(&headers, &found.tag) => {
            tag::answer(&headers, Bytes::new(), &found.tag, JSON_LINES, REVALIDATED)
        }
        FoundBody::File(file, length) => {
            let mut response = streamed(file, length, JSON_LINES);
            tag::describe(&mut response, &found.tag, REVALIDATED);
            response
        }
    })
}

pub(crate) async fn blob(
    Shared(state): Shared<Arc<State>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let digits = uri.path().strip_prefix("/blobs/sha256/").unwrap_or_default();
    let digest: Digest = format!("sha256:{digits}").parse().map_err(|_| no_file())?;
    let tag = tag::tag(&digest);
    let part = headers.get(header::RANGE).and_then(|range| range.to_str().ok()).map(str::to_owned);
    // The part of another file than the one that a client has the beginning of is of no use to it.
    let part =
        part.filter(|_| headers.get(header::IF_RANGE).is_none_or(|known| known.as_bytes() == tag.as_bytes()));
    let opened = blocking(&state, move |state| {
        let Some(mut file) = open(state, &layout::blob(&digest))? else { return Ok(None) };
        let length = file.metadata().map_err(|error| state.failed(error))?.len();
        let part = part.as_deref().map_or(Part::Whole, |range| Part::of(range, length));
        if let Part::From { first, .. } = part {
            file.seek(SeekFrom::Start(first)).map_err(|error| state.failed(error))?;
        }
        Ok(Some((file, length, part)))
    });
    let (file, length, part) = opened.await?.ok_or_else(no_file)?;
    let caching = if state.is_private { IMMUTABLE_PRIVATE } else { IMMUTABLE };
    if tag::is_known(&headers, &tag) {
        return Ok(tag::answer(&headers, Bytes::new(), &tag, "application/wasm", caching));
    }
    let mut response = match part {
        Part::Whole => streamed(file, length, "application/wasm"),
        Part::None => return Ok(Refusal::range(length)),
        Part::From { first, last } => {
            let mut response = streamed(file, last - first + 1, "application/wasm");
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            if let Ok(range) = HeaderValue::from_str(&format!("bytes {first}-{last}/{length}")) {
                response.headers_mut().insert(header::CONTENT_RANGE, range);
            }
            response
        }
    };
    response.headers_mut().insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    tag::describe(&mut response, &tag, caching);
    Ok(response)
}

/// The part of a file that is asked for.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Whole,
    /// From one byte to another, which belongs to it.
    From {
        first: u64,
        last: u64,
    },
    /// None that the file has.
    None,
}

impl Part {
    /// What is no range is to be left unread, and a server may answer several with the whole.
    fn of(range: &str, length: u64) -> Self {
        let Ok(ranges) = parse_range_header(range) else { return Self::Whole };
        if range.contains(',') {
            return Self::Whole;
        }
        match ranges.validate(length).as_deref() {
            Ok([range]) => Self::From { first: *range.start(), last: *range.end() },
            _ => Self::None,
        }
    }
}

struct Found {
    body: FoundBody,
    tag: String,
}

enum FoundBody {
    Bytes(Bytes),
    File(File, u64),
}

/// A file that fits into memory.
async fn small(
    state: &Arc<State>,
    headers: &HeaderMap,
    path: String,
    max_bytes: u64,
    content_type: &'static str,
) -> Result<Response, Refusal> {
    let bytes = blocking(state, move |state| {
        let Some(file) = open(state, &path)? else { return Err(no_file()) };
        driftless_files::read_opened(&file, max_bytes)
            .map_err(|error| state.failed(format!("{path}: {error}")))
    });
    let bytes = bytes.await?;
    let tag = tag::tag(&Digest::of(&bytes));
    Ok(tag::answer(headers, bytes.into(), &tag, content_type, REVALIDATED))
}

/// Opens a file of the folder; `None` where there is none. A link is none: it could lead anywhere.
fn open(state: &State, path: &str) -> Result<Option<File>, Refusal> {
    let path = state.path(path);
    match path.symlink_metadata() {
        Ok(metadata) if !metadata.is_file() => return Ok(None),
        Err(error) if is_missing(&error) => return Ok(None),
        _ => {}
    }
    let mut options = File::options();
    let options =
        driftless_files::without_following(driftless_files::without_waiting(&mut options)).read(true);
    match options.open(&path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(state.failed(format!("{}: {error}", path.display()))),
    }
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// The next bytes of a file, as many as are told. Where it has fewer the connection ends, so that no client takes them for all.
fn streamed(file: File, length: u64, content_type: &'static str) -> Response {
    let part = tokio::fs::File::from_std(file).take(length);
    let mut response = Response::new(Body::from_stream(ReaderStream::with_capacity(part, CHUNK_BYTES)));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    response
}

/// A name that is spelled as it is filed.
pub(crate) fn slug(name: &str) -> Option<Slug> {
    name.parse::<Slug>().ok().filter(|slug| slug.as_str() == name)
}

fn no_file() -> Refusal {
    Refusal::not_found("the registry has no such file")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_http_wants_them() {
        let part = |range| Part::of(range, 10);
        assert_eq!(part("bytes=0-"), Part::From { first: 0, last: 9 });
        assert_eq!(part("bytes=4-6"), Part::From { first: 4, last: 6 });
        assert_eq!(part("bytes=4-99"), Part::From { first: 4, last: 9 });
        assert_eq!(part("bytes=-3"), Part::From { first: 7, last: 9 });
        assert_eq!(part("bytes=10-"), Part::None);
        assert_eq!(part("bytes=0-1,3-4"), Part::Whole);
        for malformed in ["bytes=", "bytes=a-b", "bytes=6-4", "lines=0-1", "bytes=-", "0-1"] {
            assert_eq!(part(malformed), Part::Whole, "{malformed}");
        }
        assert_eq!(Part::of("bytes=0-", 0), Part::None);
    }
}
