//! The log pipeline: `sources → parser → filters → outputs`.
//!
//! ```text
//!  source ─ reader ─┐                       ┌─ worker ─┐            in order
//!                   ├─▶ batches of lines ─▶ ┤          ├─▶ batches ─────────▶ writer ─▶ outputs
//!  source ─ reader ─┘                       └─ worker ─┘  of entries
//!        ▲                                                                       │
//!        └──────────────────────────── empty batches ◀──────────────────────────┘
//! ```
//!
//! There is a fixed number of batches, and they go round: a reader without an empty one waits, so a slow output holds the
//! sources back, and memory stays where it is however long the log. Batches are numbered as they are read and written in
//! that order, so lines keep theirs within a source, however many workers there are.

mod batch;
mod config;
mod conflicts;
mod control;
mod error;
mod event;
mod file_id;
mod follow;
mod input_file;
mod line_file;
mod lines;
mod ordered_writer;
mod paths;
mod pipeline;
mod queue;
mod reader;
mod records;
mod resolve;
mod threads;
mod wait;
mod worker;
mod writer;

pub use config::{PipelineFile, SourceStage, Stage};
pub use control::{Control, Summary};
pub use error::{Error, Mistakes, Result};
pub use event::{Cause, Event};
pub use pipeline::{Finished, Pipeline};
