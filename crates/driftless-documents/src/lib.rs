//! Documents that people write, in YAML, JSON or TOML, read by one policy.
//!
//! - YAML has the types of YAML 1.2's core schema: `no` is text, `0644` is 644, `0o644` is 420.
//! - An integer keeps its digits or is refused. It never becomes a float, and what is written as a float never becomes an integer.
//! - A key that is there twice is refused, and so is a tag that YAML's core schema does not have.
//! - Depth, number of values and bytes of text are bounded alike in all formats, after aliases are followed.
//! - A mistake is told with its place, and what to write instead where that is known.
//!
//! ```
//! use driftless_documents::{Format, read};
//! use serde::Deserialize;
//!
//! #[derive(Debug, Deserialize)]
//! struct Settings {
//!     debug: bool,
//! }
//!
//! let text = "debug: no\n";
//! let error = read::<Settings>(Format::Yaml, text).unwrap_err();
//! assert_eq!(error.to_string(), "true or false is expected here, not text: `no` is text in YAML 1.2; write `false`");
//! assert_eq!(error.place(), Some(7..9));
//! ```

mod beside;
mod deserialize;
mod document;
mod error;
mod format;
mod json;
mod limits;
mod node;
mod path;
mod scalar;
mod set;
mod toml;
mod write;
mod yaml;

pub use beside::{WITH, configuration};
pub use document::{Document, Member, read};
pub use error::{DocumentError, line_and_column};
pub use format::Format;
pub use limits::{MAX_BYTES, MAX_DEPTH, MAX_VALUES};
pub use path::{Step, ValuePath};
pub use set::parse_setting;
pub use write::to_yaml;
