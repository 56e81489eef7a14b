//! The way of batches from the readers to the workers and back.

use std::any::Any;
use std::sync::{Condvar, Mutex, PoisonError};

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

/// One source's end of the channels between the threads of a pipeline.
pub(crate) struct BatchSender<'a> {
    pub(crate) source: usize,
    /// The number of the next batch. It is held while the batch is sent, so that the workers get batches in order: the one whose turn it is to be
    /// written is never behind one that waits for its turn.
    pub(crate) number: &'a Mutex<u64>,
    pub(crate) empty: Receiver<Batch>,
    pub(crate) read: Sender<Batch>,
}

impl BatchQueue for BatchSender<'_> {
    fn empty(&self) -> Option<Batch> {
        self.empty.recv().ok()
    }

    fn send(&self, mut batch: Batch) -> bool {
        batch.source = self.source;
        let mut number = self.number.lock().unwrap_or_else(PoisonError::into_inner);
        batch.number = *number;
        *number += 1;
        self.read.send(batch).is_ok()
    }
}

/// Whose turn it is to be written. A worker that has more than a batch may hold waits for its batch's turn, and then hands the rest on as it
/// comes.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    next: Mutex<u64>,
    advanced: Condvar,
}

impl Turn {
    /// It is the turn of a batch, and was that of all before it.
    pub(crate) fn advance(&self, next: u64) {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = next;
        self.advanced.notify_all();
    }

    /// Nothing is written any more, so nothing has to wait.
    pub(crate) fn end(&self) {
        self.advance(u64::MAX);
    }

    /// Waits for the turn of a batch.
    pub(crate) fn wait(&self, number: u64) {
        let next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.advanced.wait_while(next, |next| *next < number);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

/// What a thread of a pipeline hands to the thread that writes.
pub(crate) enum Done {
    /// A batch whose lines are decided.
    Batch(Batch),
    /// The first of a batch's lines, where all of them are too much to hold. It is the batch's turn.
    Part(Batch),
    /// Something that the caller is told.
    Event(Event),
    /// The thread panicked, with this payload.
    Panicked(Box<dyn Any + Send>),
}
