//! What the sources of a manager have, and what is known of it.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use driftless_transport::{Artifact, Form, PluginInfo};

use crate::source::Candidate;

/// The bytes of plugins that are kept between a look into them and their being loaded, all together. A plugin beyond that is read again.
const MAX_KEPT_BYTES: usize = 64 << 20;

/// All candidates, in the order of the sources.
#[derive(Default)]
pub(crate) struct FoundPlugins {
    all: Vec<Found>,
    kept_bytes: Mutex<usize>,
}

/// A candidate, the source that has it, and what is known of it once it was looked into.
pub(crate) struct Found {
    pub(crate) candidate: Candidate,
    /// The number of the source.
    pub(crate) source: usize,
    /// What it is called; `None` where it could not be read.
    pub(crate) name: OnceLock<Option<Arc<str>>>,
    /// What is known of it, or why it is no plugin.
    pub(crate) info: OnceLock<Result<PluginInfo, String>>,
    /// What was read to look into it, so that what is loaded is what was looked into, and is read once.
    kept: Mutex<Option<Artifact>>,
}

impl FoundPlugins {
    pub(crate) fn add(&mut self, source: usize, candidates: impl IntoIterator<Item = Candidate>) {
        let found = |candidate| Found {
            candidate,
            source,
            name: OnceLock::new(),
            info: OnceLock::new(),
            kept: Mutex::default(),
        };
        self.all.extend(candidates.into_iter().map(found));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Found> {
        self.all.iter()
    }

    /// Keeps what was read of a candidate, where there is room for it.
    pub(crate) fn keep(&self, found: &Found, artifact: Artifact) {
        let mut kept_bytes = self.kept_bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut kept = found.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = size(&artifact);
        if kept.is_none() && bytes <= MAX_KEPT_BYTES - *kept_bytes {
            *kept_bytes += bytes;
            *kept = Some(artifact);
        }
    }

    /// Takes what was kept of a candidate.
    pub(crate) fn take(&self, found: &Found) -> Option<Artifact> {
        let mut kept_bytes = self.kept_bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let artifact = found.kept.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        *kept_bytes -= size(&artifact);
        Some(artifact)
    }
}

fn size(artifact: &Artifact) -> usize {
    match &artifact.form {
        Form::Bytes(bytes) => bytes.len(),
        // A part of the program is there anyway.
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_much_is_kept_and_no_more() {
        let mut found = FoundPlugins::default();
        let candidate = |name: &str| Candidate { name: name.to_owned(), origin: name.to_owned() };
        found.add(0, ["half", "other half", "more"].map(candidate));
        let artifact = |bytes: usize| Artifact::from_bytes("p", "here", vec![0; bytes]);
        let [half, other, more] = found.all.as_slice() else { panic!("three were added") };
        found.keep(half, artifact(MAX_KEPT_BYTES / 2));
        found.keep(other, artifact(MAX_KEPT_BYTES / 2));
        found.keep(more, artifact(1));
        assert!(found.take(more).is_none());
        // What is taken makes room.
        assert!(found.take(half).is_some() && found.take(half).is_none());
        found.keep(more, artifact(1));
        assert!(found.take(more).is_some());
    }
}
