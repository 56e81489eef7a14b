//! The way of a plugin through a registry, by the public API.

mod api;
mod attacks;
mod machine;
mod mirrors;
mod misbehaving;
#[cfg(feature = "oci")]
mod oci;
#[cfg(unix)]
mod real;
mod release;
mod requests;
mod round_trip;
