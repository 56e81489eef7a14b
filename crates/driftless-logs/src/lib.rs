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
mod control;
mod error;
mod pipeline;
mod reader;
mod worker;
mod writer;

pub use config::{PipelineFile, SourceStage, Stage};
pub use control::{Control, Summary};
pub use error::{Error, Result};
pub use pipeline::{Finished, Pipeline};
