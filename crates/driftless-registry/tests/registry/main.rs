//! The way of a plugin through a registry, by the public API.

mod machine;
mod release;
mod round_trip;
