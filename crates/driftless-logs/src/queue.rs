//! The way of batches from the readers to the workers and back.

use std::any::Any;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_channel::{Receiver, Sender};

use crate::batch::Batch;
use crate::event::Event;

/// Where a reader gets empty batches and puts full ones.
pub(crate) trait BatchQueue {
    /// An empty batch, as soon as there is one. `None` when the pipeline is over.
    fn empty(&self) -> Option<Batch>;

    /// Sends a full one on its way. Returns whether there is still a worker to take it.
    fn send(&self, batch: Batch) -> bool;
}

/// One source's end of the channels between the threads of a pipeline. Numbers batches as they are sent.
pub(crate) struct BatchSender<'a> {
    pub(crate) source: usize,
    pub(crate) number: &'a AtomicU64,
    pub(crate) empty: Receiver<Batch>,
    pub(crate) read: Sender<Batch>,
}

impl BatchQueue for BatchSender<'_> {
    fn empty(&self) -> Option<Batch> {
        self.empty.recv().ok()
    }

    fn send(&self, mut batch: Batch) -> bool {
        batch.source = self.source;
        batch.number = self.number.fetch_add(1, Ordering::Relaxed);
        self.read.send(batch).is_ok()
    }
}

/// What a thread of a pipeline hands to the thread that writes.
pub(crate) enum Done {
    /// A batch whose lines are decided.
    Batch(Batch),
    /// Something that the caller is told.
    Event(Event),
    /// The thread panicked, with this payload.
    Panicked(Box<dyn Any + Send>),
}
