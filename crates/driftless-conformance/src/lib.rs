//! Recorded cases of a plugin, and what every plugin has to get right.
//!
//! A [`Case`] says what is called, what the plugin finds around it, and what has to come of it. An author writes it in YAML, see
//! [`CaseFile`]; what the author leaves out is recorded in JSON beside it, see [`Recordings`].
//! A [`Tester`] replays cases: each in a fresh instance, at a time and with randomness that are always the same, and with host calls
//! that are answered out of the case, so nothing real happens. [`Tester::record`] lets them through to the machine instead, and returns
//! what is to be recorded.
//!
//! [`Tester::checks`] are what every plugin has to get right, whatever it is for.
//!
//! What carries the calls is the caller's choice: a tester is given the loader of a transport, and knows none itself.
//!
//! ```no_run
//! use driftless_conformance::{CaseFile, Setup, Tester};
//! use driftless_host::Artifact;
//! use driftless_sandbox::{Limits, Sandbox};
//!
//! let bytes = std::fs::read("target/plugins/greeter.wasm")?;
//! let greeter = Artifact::from_bytes("greeter", "target/plugins/greeter.wasm", bytes);
//! let tester = Tester::new(Setup::default(), Sandbox::new(Limits::default())?, &greeter)?;
//! for case in CaseFile::read("tests/cases/greet.yml".as_ref())?.cases() {
//!     let replay = tester.replay(case);
//!     println!("{}: {}", case.name, if replay.holds() { "ok" } else { "FAILED" });
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod budget;
mod case;
mod checks;
mod diff;
mod error;
mod expectation;
mod file;
mod generate;
mod host_call;
mod pattern;
mod recorded;
mod recorder;
mod redact;
mod replay;
mod reply;
mod secret;
mod text;

pub use budget::{Budget, Meter, Used};
pub use case::{Called, Case};
pub use checks::{Check, Verdict};
pub use diff::{DiffLine, DiffMark};
pub use error::Error;
pub use expectation::{Ending, Expectation, LogLine};
pub use file::{CaseFile, find_case_files};
pub use host_call::{Body, HostCall, HostReply};
pub use recorded::{RecordedCase, Recordings};
pub use redact::Redacted;
pub use replay::{Problem, Recorded, Replay, Setup, Tester};
