//! The work of one check, counted before it is done.

/// What is left of the steps of one check.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work {
    allowed: usize,
    left: usize,
}

/// Something would be too much. The text says what, behind "its schema".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TooMuch {
    Work,
    Defaults,
}

impl Work {
    pub(crate) fn of(steps: usize) -> Self {
        Self { allowed: steps, left: steps }
    }

    /// The steps that were taken.
    pub(crate) fn done(&self) -> usize {
        self.allowed - self.left
    }

    /// Takes steps, if there are as many left.
    pub(crate) fn take(&mut self, steps: usize) -> Result<(), TooMuch> {
        self.left = self.left.checked_sub(steps).ok_or(TooMuch::Work)?;
        Ok(())
    }
}
