//! The way of a plugin through a registry, by the public API.

mod attacks;
mod machine;
mod misbehaving;
#[cfg(feature = "oci")]
mod oci;
mod release;
mod round_trip;
