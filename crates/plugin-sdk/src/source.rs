//! Log sources: the author's iterator, handed over in batches.

use std::cell::RefCell;

use serde::Serialize;

use crate::dispatch::{Call, write};
use crate::{Error, Result};

/// How much of JSON one call returns, about: enough to make the call's own cost small, little enough to stay far below
/// every limit.
const BATCH_BYTES: usize = 128 << 10;

thread_local! {
    static RUNNING: RefCell<Vec<Running>> = const { RefCell::new(Vec::new()) };
}

/// A source between two calls.
struct Running {
    name: String,
    config: String,
    /// Writes the next record, or returns `false` at the end.
    next: Box<dyn FnMut(&mut Vec<u8>) -> Result<bool>>,
}

/// Writes the next batch of the source that `call` names, which `start` starts where it is not running yet.
pub fn batch<I>(call: &Call<'_>, reply: &mut Vec<u8>, start: impl FnOnce() -> Result<I>) -> Result<()>
where
    I: IntoIterator,
    I::IntoIter: 'static,
    I::Item: Serialize,
{
    let mut running = match resume(call) {
        Some(running) => running,
        None => {
            let mut records = start()?.into_iter();
            let next = move |reply: &mut Vec<u8>| match records.next() {
                Some(record) => write(&record, reply).map(|()| true),
                None => Ok(false),
            };
            Running {
                name: call.name.to_owned(),
                config: call.config.to_owned(),
                next: Box::new(next),
            }
        }
    };
    reply.extend_from_slice(br#"{"records":["#);
    let mut more = true;
    while more && reply.len() < BATCH_BYTES {
        let before = reply.len();
        if reply.last() != Some(&b'[') {
            reply.push(b',');
        }
        more = (running.next)(reply).map_err(|error: Error| error.context("reading on"))?;
        if !more {
            reply.truncate(before);
        }
    }
    reply.extend_from_slice(if more {
        br#"],"more":true}"#
    } else {
        br#"],"more":false}"#
    });
    if more {
        RUNNING.with_borrow_mut(|sources| sources.push(running));
    }
    Ok(())
}

fn resume(call: &Call<'_>) -> Option<Running> {
    RUNNING.with_borrow_mut(|sources| {
        let place = sources
            .iter()
            .position(|source| source.name == call.name && source.config == call.config)?;
        Some(sources.swap_remove(place))
    })
}
