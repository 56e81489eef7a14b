//! The threads of a running pipeline, and the channels between them.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Mutex, PoisonError};

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::batch::Batch;
use crate::control::Control;
use crate::error::Error;
use crate::file_id::FileId;
use crate::ordered_writer::OrderedWriter;
use crate::queue::{BatchSender, Done, Turn};
use crate::reader::Input;
use crate::worker::{Stages, Worker};

/// The stack of a thread that calls plugins: theirs, and the host's beside it.
const STACK_BYTES: usize = 4 << 20;

/// What the threads work with.
#[derive(Clone, Copy)]
pub(crate) struct Parts<'a> {
    pub(crate) inputs: &'a [Input],
    pub(crate) stages: &'a Stages,
    pub(crate) workers: usize,
    /// The files that are written.
    pub(crate) written: &'a [FileId],
    pub(crate) control: &'a Control,
}

/// Lets the batches go round until the sources are dry. Returns the first error.
///
/// # Panics
///
/// With the panic of a thread, or of what the writer calls, once the other threads have ended.
pub(crate) fn run(parts: Parts<'_>, writer: &mut OrderedWriter<'_>) -> Option<Error> {
    let batches = parts.workers * 4 + parts.inputs.len() + 2;
    let (empty_in, empty_out) = bounded(batches);
    let (read_in, read_out) = bounded(batches);
    // What is done may be large, and waits with its worker rather than here.
    let (done_in, done_out) = bounded(1);
    for _ in 0..batches {
        empty_in.send(Batch::default()).expect("there is room for all of them");
    }
    let number = Mutex::new(0);
    let turn = writer.turn();
    let failure = Failure { control: parts.control, first: Mutex::new(None) };
    let (number, shared, turn, of_thread) = (&number, &failure, &*turn, &mut *writer);
    let panic = std::thread::scope(move |scope| {
        // Where this thread panics, its ends of the channels go with it. A source that has nothing to read has to be told.
        let _stop = StopOnPanic(parts.control, turn);
        for (source, input) in parts.inputs.iter().enumerate() {
            let queue = BatchSender { source, number, empty: empty_out.clone(), read: read_in.clone() };
            let done = done_in.clone();
            spawn(scope, "driftless-reader", move || read(input, &queue, &done, parts, shared));
        }
        for _ in 0..parts.workers {
            let (read, done) = (read_out.clone(), done_in.clone());
            spawn(scope, "driftless-worker", move || work(parts.stages, &read, &done, turn, shared));
        }
        // The threads have their own ends; with ours gone, the channels close when the threads end.
        drop((read_in, read_out, done_in, empty_out));
        write(of_thread, &done_out, empty_in, turn, shared)
    });
    if let Some(payload) = panic {
        resume_unwind(payload);
    }
    writer.finish();
    failure.first.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// The first error of a pipeline, which ends it.
struct Failure<'a> {
    control: &'a Control,
    first: Mutex<Option<Error>>,
}

impl Failure<'_> {
    fn give_up(&self, error: Error) {
        self.control.stop();
        self.first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }
}

/// Stops a pipeline when the thread that it belongs to panics.
struct StopOnPanic<'a>(&'a Control, &'a Turn);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop();
            self.1.end();
        }
    }
}

/// What a reader's thread does.
fn read(
    input: &Input,
    queue: &BatchSender<'_>,
    done: &Sender<Done>,
    parts: Parts<'_>,
    failure: &Failure<'_>,
) {
    // What a panic leaves half done is not looked at again: the pipeline ends.
    let read = catch_unwind(AssertUnwindSafe(|| input.read(queue, parts.control, parts.written)));
    let told = match read {
        Ok(Ok(None)) => return,
        Ok(Ok(Some(event))) => Done::Event(event),
        Ok(Err(error)) => return failure.give_up(error),
        Err(payload) => Done::Panicked(payload),
    };
    let _ = done.send(told);
}

/// What a worker's thread does.
fn work(stages: &Stages, read: &Receiver<Batch>, done: &Sender<Done>, turn: &Turn, failure: &Failure<'_>) {
    let mut worker = Worker::new(stages);
    for mut batch in read {
        let mut hand_on = |batch: &mut Batch| {
            turn.wait(batch.number);
            // Where the writer is gone, what it does not write is gone as well.
            let _ = done.send(Done::Part(batch.take_part()));
        };
        let worked = catch_unwind(AssertUnwindSafe(|| worker.work(&mut batch, &mut hand_on)));
        let told = match worked {
            Ok(worked) => {
                if let Err(error) = worked {
                    failure.give_up(error.into());
                }
                Done::Batch(batch)
            }
            Err(payload) => Done::Panicked(payload),
        };
        let is_over = matches!(told, Done::Panicked(_));
        if done.send(told).is_err() || is_over {
            return;
        }
    }
}

/// What the thread that runs the pipeline does: writes until all others have ended. Returns the first panic of another.
fn write(
    writer: &mut OrderedWriter<'_>,
    done: &Receiver<Done>,
    empty: Sender<Batch>,
    turn: &Turn,
    failure: &Failure<'_>,
) -> Option<Box<dyn Any + Send>> {
    let mut empty = Some(empty);
    let mut panic = None;
    for done in done {
        match done {
            Done::Batch(batch) => {
                if let Err(error) = writer.take(batch, empty.as_ref()) {
                    failure.give_up(error);
                }
            }
            Done::Part(part) => {
                if let Err(error) = writer.take_part(&part) {
                    failure.give_up(error);
                }
            }
            Done::Event(event) => writer.emit(&event),
            Done::Panicked(payload) => {
                failure.control.stop();
                // A batch is gone, and those behind it will never have their turn: a reader that waits for an empty one would wait for ever.
                empty = None;
                turn.end();
                panic.get_or_insert(payload);
            }
        }
    }
    panic
}

/// A thread of a pipeline. That the system has no thread left is an error that nothing here can go on from.
fn spawn<'scope>(
    scope: &'scope std::thread::Scope<'scope, '_>,
    name: &str,
    run: impl FnOnce() + Send + 'scope,
) {
    let thread = std::thread::Builder::new().name(name.to_owned()).stack_size(STACK_BYTES);
    thread.spawn_scoped(scope, run).expect("the system has a thread");
}
