//! What a caller is told of a binding beside the replies to its calls.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, ErrorKind, Location};

/// Something that has happened to a binding. Its text is a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BindingEvent {
    /// Its circuit breaker has opened: it is not called for a while, see [`Error::CircuitOpen`].
    CircuitOpened {
        /// In which plugin, and where in it.
        location: Location,
        /// How many failures in a row it takes.
        failures: u32,
        /// Within what time.
        within: Duration,
        /// Why the last call failed.
        last: Arc<str>,
        /// What kind of answer the last failure asks for.
        kind: ErrorKind,
        /// How long until a call is made again.
        again_in: Duration,
    },
    /// Its circuit breaker has closed: it works again.
    CircuitClosed {
        /// In which plugin, and where in it.
        location: Location,
    },
}

impl fmt::Display for BindingEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.clone() {
            // The calls that are not made meanwhile end with this error.
            Self::CircuitOpened { location, failures, within, last, kind, again_in } => {
                let again_in = Some(again_in);
                write!(f, "{}", Error::CircuitOpen { location, failures, within, last, kind, again_in })
            }
            Self::CircuitClosed { location } => write!(f, "{location}: works again"),
        }
    }
}
