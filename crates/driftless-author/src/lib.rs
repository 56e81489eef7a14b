//! The author's way: from nothing to a plugin.
