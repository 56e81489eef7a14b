//! Files of tasks and of facts collectors: what `driftless apply` and `driftless facts` run.
//!
//! A [`TaskFile`] is what was read. A [`Plan`] is made of it where everything is right that can be told before anything runs; otherwise it is all
//! [`Mistakes`] at once. Running the plan tells its caller what becomes of each task as a [`Progress`].

mod apply;
mod collect;
mod condition;
mod error;
mod file;
mod foreign;
mod mistake;
mod mistyped;
mod outcome;
mod plan;
mod repeat;
mod tags;
mod task_file;

pub use apply::{LoopItem, Progress, Report};
pub use driftless_documents as documents;
pub use error::{Error, Result};
pub use file::{ApplyFile, COLLECTOR_KEYS, CollectorStep, FactsFile, LoopControl, TASK_KEYS, TaskStep};
pub use mistake::{MAX_MISTAKES, Mistake, Mistakes};
pub use outcome::{ItemOutcome, TaskFailure, TaskOutcome};
pub use plan::{Options, Plan};
pub use repeat::MAX_LOOP_ITEMS;
pub use tags::{Selection, Tags};
pub use task_file::TaskFile;
