//! How much a document may hold, whatever it is written in.

use std::ops::Range;

use crate::error::DocumentError;

/// How many lists and mappings may stand inside of each other. Less than the parsers of all formats can do, so that the bound is the same.
pub const MAX_DEPTH: usize = 64;

/// How many values a document may have: scalars, lists and mappings, aliases followed.
pub const MAX_VALUES: usize = 500_000;

/// How many bytes a document may have, and its keys and texts together with aliases followed: 32 MiB.
pub const MAX_BYTES: usize = 32 << 20;

/// What of a document's bounds is used up.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    values: usize,
    text_bytes: usize,
}

impl Budget {
    /// Counts values.
    pub(crate) fn values(&mut self, more: usize, place: &Range<usize>) -> Result<(), DocumentError> {
        self.values = self.values.saturating_add(more);
        if self.values > MAX_VALUES {
            return Err(too_many_values(place.clone()));
        }
        Ok(())
    }

    /// Counts the text of a key or a value.
    pub(crate) fn text(&mut self, more: usize, place: &Range<usize>) -> Result<(), DocumentError> {
        self.text_bytes = self.text_bytes.saturating_add(more);
        if self.text_bytes > MAX_BYTES {
            let message = format!("its texts have more than {MAX_BYTES} bytes, with aliases followed");
            return Err(DocumentError::at(message, place.clone()));
        }
        Ok(())
    }
}

/// Holds a text against the bound before anything reads it.
pub(crate) fn check_bytes(text: &str) -> Result<(), DocumentError> {
    if text.len() > MAX_BYTES {
        return Err(DocumentError::without_place(format!("it has more than {MAX_BYTES} bytes")));
    }
    Ok(())
}

/// Holds the number of lists and mappings that are open against the bound.
pub(crate) fn check_depth(depth: usize, place: &Range<usize>) -> Result<(), DocumentError> {
    if depth > MAX_DEPTH { Err(too_deep(place.clone())) } else { Ok(()) }
}

pub(crate) fn too_deep(place: Range<usize>) -> DocumentError {
    DocumentError::at(
        format!("more than {MAX_DEPTH} lists and mappings stand inside of each other here"),
        place,
    )
}

pub(crate) fn too_many_values(place: Range<usize>) -> DocumentError {
    DocumentError::at(format!("it has more than {MAX_VALUES} values, with aliases followed"), place)
}
