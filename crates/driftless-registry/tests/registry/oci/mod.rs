//! Plugins in an OCI registry: the real one of Debian, with skopeo as a witness, and others that misbehave.

mod attacks;
mod logins;
mod round_trip;
mod server;
