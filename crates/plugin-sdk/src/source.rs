//! Log sources: the author's iterator, handed over in batches.

use std::cell::RefCell;

use crate::dispatch::Call;
use crate::output::NextRecord;
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
    /// What the next call brings.
    next: Next,
}

enum Next {
    Records(NextRecord),
    /// The source failed behind records that were handed over first.
    Failure(Error),
}

/// Writes the next batch of the source that `call` names, which `start` starts where it is not running yet.
///
/// Where the source fails, the records before the failure are handed over as a batch that promises more, and the next
/// call brings the failure. After its end, and after a failure, a source starts anew.
pub fn batch(call: &Call<'_>, reply: &mut Vec<u8>, start: impl FnOnce() -> Result<NextRecord>) -> Result<()> {
    let mut next_record = match resume(call) {
        None => start()?,
        Some(Next::Records(next_record)) => next_record,
        Some(Next::Failure(error)) => return Err(error),
    };
    let next = match fill(reply, &mut next_record)? {
        Filled::More => Some(Next::Records(next_record)),
        Filled::End => None,
        Filled::Failed(error) => Some(Next::Failure(error)),
    };
    let more = next.is_some();
    reply.extend_from_slice(if more { br#"],"more":true}"# } else { br#"],"more":false}"# });
    if let Some(next) = next {
        let (name, config) = (call.name.to_owned(), call.config.to_owned());
        RUNNING.with_borrow_mut(|sources| sources.push(Running { name, config, next }));
    }
    Ok(())
}

/// Why a batch ends.
enum Filled {
    More,
    End,
    Failed(Error),
}

/// Writes records up to the end of the batch, or returns the failure that came before any of them.
fn fill(reply: &mut Vec<u8>, next_record: &mut NextRecord) -> Result<Filled> {
    const START: &[u8] = br#"{"records":["#;
    reply.extend_from_slice(START);
    while reply.len() < BATCH_BYTES {
        let before = reply.len();
        let is_first = before == START.len();
        if !is_first {
            reply.push(b',');
        }
        match next_record(reply) {
            Ok(true) => continue,
            Ok(false) => {
                reply.truncate(before);
                return Ok(Filled::End);
            }
            Err(error) if is_first => return Err(error),
            Err(error) => {
                reply.truncate(before);
                return Ok(Filled::Failed(error));
            }
        }
    }
    Ok(Filled::More)
}

fn resume(call: &Call<'_>) -> Option<Next> {
    RUNNING.with_borrow_mut(|sources| {
        let place =
            sources.iter().position(|source| source.name == call.name && source.config == call.config)?;
        Some(sources.swap_remove(place).next)
    })
}
