//! Ending a call from another thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Ends the calls that it was given to, from any thread. Clones are one handle.
///
/// A guest notices within some 10 ms, a request that it made of its host at the next opportunity. A handle that is cancelled stays so:
/// calls that are made with it later end at once.
///
/// ```
/// use driftless_plugin_api::cancel::CancelHandle;
///
/// let all = CancelHandle::new();
/// let one = all.child();
/// one.cancel();
/// assert!(one.is_cancelled() && !all.is_cancelled());
///
/// let other = all.child();
/// all.cancel();
/// assert!(other.is_cancelled());
/// ```
#[derive(Clone, Debug, Default)]
pub struct CancelHandle(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    cancelled: AtomicBool,
    parents: [Option<CancelHandle>; 2],
}

impl CancelHandle {
    /// A handle that nothing has cancelled yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A handle that is cancelled with this one, and can be cancelled alone.
    #[must_use]
    pub fn child(&self) -> Self {
        Self(Arc::new(Inner { cancelled: AtomicBool::new(false), parents: [Some(self.clone()), None] }))
    }

    /// A handle that is cancelled with either of two.
    #[must_use]
    pub fn joined(&self, other: &Self) -> Self {
        let parents = [Some(self.clone()), Some(other.clone())];
        Self(Arc::new(Inner { cancelled: AtomicBool::new(false), parents }))
    }

    /// Ends the calls. Calling it again changes nothing.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Release);
    }

    /// Whether this handle, or one that it is a child of, was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Acquire)
            || self.0.parents.iter().flatten().any(CancelHandle::is_cancelled)
    }
}
