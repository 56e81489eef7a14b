//! The work of one check, counted before it is done.

use crate::limits::MAX_STEPS;

/// What is left of the steps of one check.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work {
    left: usize,
}

/// Something would be too much. The text says what, behind "its schema".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TooMuch {
    Work,
    Defaults,
}

impl Work {
    pub(crate) fn new() -> Self {
        Self { left: MAX_STEPS }
    }

    /// The steps that were taken.
    pub(crate) fn done(&self) -> usize {
        MAX_STEPS - self.left
    }

    /// Takes steps, if there are as many left.
    pub(crate) fn take(&mut self, steps: usize) -> Result<(), TooMuch> {
        self.left = self.left.checked_sub(steps).ok_or(TooMuch::Work)?;
        Ok(())
    }
}
