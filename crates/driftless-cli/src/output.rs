//! Outputs that are being written, which the first Ctrl-C does not tear.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Signals are the whole process's, and so is what they must not tear.
static WRITTEN: Mutex<usize> = Mutex::new(0);
static DONE: Condvar = Condvar::new();

/// An output that is being written.
#[derive(Debug)]
pub(crate) struct Output(());

impl Output {
    /// Begins an output. One may begin in the middle of another.
    pub(crate) fn begin() -> Self {
        *WRITTEN.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Self(())
    }

    /// Waits until none is being written. None begins as long as there is what is returned.
    pub(crate) fn wait_for_none() -> MutexGuard<'static, usize> {
        let written = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner);
        DONE.wait_while(written, |written| *written > 0).unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        *WRITTEN.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        DONE.notify_all();
    }
}
