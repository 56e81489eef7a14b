//! Files of tasks and of facts collectors: what `driftless apply` and `driftless facts` run.

mod apply;
mod collect;
mod error;
mod file;

pub use apply::{Progress, TaskOutcome, apply};
pub use collect::collect;
pub use error::{Error, Result};
pub use file::{ApplyFile, CollectorStep, FactsFile, TaskStep};
