//! Answers of servers, kept on this machine with what tells whether they are still right.

use std::path::{Path, PathBuf};

use driftless_files::Readers;
use driftless_plugin_api::digest::Digest;
use ureq::Body;
use ureq::http::Response;

use crate::layout;

/// The answers of one server that are kept.
#[derive(Clone, Debug)]
pub(crate) struct Answers {
    folder: Option<PathBuf>,
}

/// An answer that is kept: its tag, a line break, its bytes.
pub(crate) struct Kept {
    /// What the server is asked with whether it is still right; nothing where it named none.
    pub(crate) tag: String,
    pub(crate) bytes: Vec<u8>,
}

/// The bytes of a tag.
const MAX_TAG_BYTES: usize = 1 << 10;

impl Answers {
    /// Those of the server at this URL, in a folder of the cache. Without a folder none is kept.
    pub(crate) fn of(cache: Option<&Path>, base: &str) -> Self {
        let server = Digest::of(base.as_bytes());
        Self { folder: cache.map(|cache| cache.join(layout::hex(&server))) }
    }

    /// The one of this name, a name of a file.
    pub(crate) fn kept(&self, name: &str, max_bytes: u64) -> Option<Kept> {
        let file = self.folder.as_ref()?.join(name);
        Kept::parse(
            &driftless_files::read_regular(&file, max_bytes.saturating_add(MAX_TAG_BYTES as u64 + 1)).ok()?,
        )
    }

    /// Keeps an answer. Where that fails it is asked for again the next time.
    pub(crate) fn keep(&self, name: &str, tag: &str, bytes: &[u8]) {
        let Some(folder) = &self.folder else { return };
        let mut contents = Vec::with_capacity(tag.len() + 1 + bytes.len());
        contents.extend_from_slice(tag.as_bytes());
        contents.push(b'\n');
        contents.extend_from_slice(bytes);
        if std::fs::create_dir_all(folder).is_ok() {
            let _ = driftless_files::replace(&folder.join(name), &contents, Readers::Owner);
        }
    }
}

impl Kept {
    fn parse(file: &[u8]) -> Option<Self> {
        let end = file.iter().take(MAX_TAG_BYTES + 1).position(|byte| *byte == b'\n')?;
        let tag = std::str::from_utf8(&file[..end]).ok()?.to_owned();
        Some(Self { tag, bytes: file[end + 1..].to_vec() })
    }
}

/// The tag of an answer; nothing where it has none, or one that is too long.
pub(crate) fn tag(response: &Response<Body>) -> String {
    let tag = response.headers().get("etag").and_then(|tag| tag.to_str().ok()).unwrap_or_default();
    if tag.len() <= MAX_TAG_BYTES { tag.to_owned() } else { String::new() }
}
