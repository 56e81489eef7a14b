//! Recorded cases of a plugin, and what every plugin has to get right.
//!
//! A [`Case`] says what is called, what stands around the plugin, and what has to come of it. It is a document of YAML, see [`CaseFile`].
//! A [`Tester`] plays cases: each in a fresh instance, at a time and with randomness that are always the same, and with host calls
//! that are answered out of the recording, so nothing real happens. [`Tester::record`] lets them through to the machine
//! instead, and the case then has what came of it.
//!
//! [`Tester::checks`] are what every plugin has to get right, whatever it is for.
//!
//! ```no_run
//! use driftless_conformance::{CaseFile, Setup, Tester};
//!
//! let bytes = std::fs::read("target/plugins/greeter.wasm")?;
//! let tester = Tester::new(Setup::default(), "greeter", &bytes)?;
//! for case in CaseFile::read("tests/cases/greet.yml".as_ref())?.cases() {
//!     let played = tester.play(case);
//!     println!("{}: {}", case.name, if played.holds() { "ok" } else { "FAILED" });
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod case;
mod checks;
mod diff;
mod error;
mod expectation;
mod file;
mod generate;
mod pattern;
mod play;
mod reply;
mod stage;
mod yaml;

pub use case::{Body, Budget, Called, Case, HostCall, HostReply, LogLine};
pub use checks::{Check, Verdict};
pub use diff::{DiffLine, DiffMark};
pub use error::Error;
pub use expectation::{Ending, Expectation};
pub use file::{CaseFile, find_case_files};
pub use play::{Played, Problem, Setup, Tester};
