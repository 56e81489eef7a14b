//! Why the host did not do what a plugin asked for.

use std::fmt;

use driftless_plugin_api::host_call::HostCallError;
pub use driftless_plugin_api::host_call::HostCallErrorKind as HostErrorKind;

/// Why the host did not do what a plugin asked for.
///
/// It has a message for people, which says what would change it, and a [`kind`](Self::kind) for programs. With `?` it becomes an
/// [`Error`](crate::Error), like any other.
///
/// ```
/// use plugin_sdk::testing::{self, FakeHost};
/// use plugin_sdk::{HostErrorKind, fs};
///
/// fn motd() -> plugin_sdk::Result<String> {
///     match fs::read_to_string("/etc/motd") {
///         Err(error) if error.kind() == HostErrorKind::NotFound => Ok("Welcome".to_owned()),
///         motd => Ok(motd?),
///     }
/// }
///
/// let _host = testing::host(FakeHost::new());
/// assert_eq!(motd().unwrap(), "Welcome");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct HostError(HostCallError);

impl HostError {
    /// An error of this kind, with this message.
    pub fn new(kind: HostErrorKind, message: impl Into<String>) -> Self {
        Self(HostCallError::new(kind, message))
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> HostErrorKind {
        self.0.kind
    }
}

impl From<HostCallError> for HostError {
    fn from(error: HostCallError) -> Self {
        Self(error)
    }
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.0.kind, self.0.message)
    }
}

impl std::error::Error for HostError {}
