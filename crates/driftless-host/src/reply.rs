//! Replies as values, and what plugins hand to functions of the program: read within bounds.
//!
//! How long a reply is, is bounded where it is carried ([`Security::max_output`](crate::Security::max_output)). What it takes as values may be a
//! hundred times that, and how deep it is nested has no bound there.

use driftless_plugin_api::json::Bounds;
use serde::de::DeserializeOwned;

/// How deep lists and objects in a reply may be nested.
pub const MAX_DEPTH: usize = 100;

/// The bytes of memory that a reply may take as values, estimated from above.
pub const MAX_VALUE_BYTES: usize = 64 << 20;

/// What a reply may be. Its length was checked before it was handed over.
pub const BOUNDS: Bounds = Bounds { text_bytes: usize::MAX, depth: MAX_DEPTH, value_bytes: MAX_VALUE_BYTES };

/// Reads a reply. `expected` says what it should be, behind "its reply is not".
pub(crate) fn read<T: DeserializeOwned>(reply: &str, expected: &str) -> Result<T, String> {
    BOUNDS.read(reply).map_err(|error| format!("{expected}: {error}"))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn each_bound_is_one() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(read::<Value>(&nested(MAX_DEPTH), "it is not").is_ok());
        assert_eq!(
            read::<Value>(&nested(MAX_DEPTH + 1), "its reply is not JSON").unwrap_err(),
            "its reply is not JSON: its lists and objects are nested deeper than 100 levels"
        );
        let many = format!("[{}0]", "[0],".repeat(1 << 20));
        assert_eq!(
            read::<Value>(&many, "its reply is not JSON").unwrap_err(),
            "its reply is not JSON: its values take more than 67108864 bytes of memory"
        );
        assert!(read::<Value>(&format!("\"{}\"", "a".repeat(16 << 20)), "it is not").is_ok());
    }
}
