//! What a program is told of its plugins beside the replies to its calls.

use std::sync::Arc;
use std::time::Duration;

use driftless_plugin_api::limit::Limit;

use crate::error::{ErrorKind, Location};
use crate::protected::ProtectedEntry;

/// Something that has happened to a binding.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BindingEvent {
    /// Its circuit breaker has opened: it is not called for a while, see [`Error::CircuitOpen`](crate::Error::CircuitOpen).
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
        /// The limit that the last call reached, where it reached one.
        limit: Option<Limit>,
        /// How long until a call is made again.
        again_in: Duration,
    },
    /// Its circuit breaker has closed: it works again.
    CircuitClosed {
        /// In which plugin, and where in it.
        location: Location,
    },
}

/// Something of a plugin's grant that does not hold. The plugin is loaded without it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GrantEvent {
    /// All of it: it was given to another file of this name.
    OfAnotherFile {
        /// What the plugin is called.
        plugin: Arc<str>,
    },
    /// One entry: it reaches a place of the program itself.
    Protected {
        /// What the plugin is called.
        plugin: Arc<str>,
        /// Which entry, and the place.
        entry: ProtectedEntry,
    },
}
