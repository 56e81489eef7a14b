//! Sources of plugins.

use driftless_host::Binding;
use driftless_plugin_api::records::Records;

use crate::batch::{BATCH_BYTES, Content};
use crate::control::Control;
use crate::error::Result;
use crate::event::Event;
use crate::queue::BatchQueue;
use crate::wait::POLL_INTERVAL;

/// Reads a source that a plugin brings, until it has no more or is told to stop. Returns what is to be told of its end.
pub(crate) fn read(binding: &Binding, queue: &impl BatchQueue, control: &Control) -> Result<Option<Event>> {
    let mut session = binding.session();
    while !control.is_stopped() {
        let read = match binding.call_in(&mut session, &[], Portion::read) {
            Ok(read) => read,
            Err(error) if binding.tolerates(&error) => {
                return Ok(Some(Event::SourceEnded { why: (&error).into() }));
            }
            Err(error) => return Err(error.into()),
        };
        let mut left = read.ends.as_slice();
        let mut at = 0;
        while let Some(&(content, _)) = left.first() {
            let Some(mut batch) = queue.empty() else {
                return Ok(None);
            };
            while let Some((&(other, end), behind)) = left.split_first() {
                if other != content || batch.input.len() >= BATCH_BYTES {
                    break;
                }
                batch.input.extend_from_slice(&read.bytes[at..end]);
                (at, left) = (end, behind);
            }
            batch.content = content;
            if !queue.send(batch) {
                return Ok(None);
            }
        }
        match (read.more, read.ends.is_empty()) {
            (false, _) => return Ok(None),
            (true, true) => std::thread::sleep(POLL_INTERVAL),
            (true, false) => {}
        }
    }
    Ok(None)
}

/// What a source returned at once.
struct Portion {
    /// The records, each ending with a newline.
    bytes: Vec<u8>,
    /// What each of them is, and where it ends.
    ends: Vec<(Content, usize)>,
    more: bool,
}

impl Portion {
    /// Reads a reply, or says what is wrong with it.
    fn read(reply: &str) -> Result<Self, String> {
        let read: Records<'_> = serde_json::from_str(reply)
            .map_err(|error| format!("its reply is not a list of records: {error}"))?;
        let (mut bytes, mut ends) = (Vec::with_capacity(reply.len()), Vec::with_capacity(read.records.len()));
        for record in &read.records {
            let content = put_record(record.get(), &mut bytes)?;
            ends.push((content, bytes.len()));
        }
        Ok(Self { bytes, ends, more: read.more })
    }
}

fn put_record(record: &str, bytes: &mut Vec<u8>) -> Result<Content, String> {
    let content = if record.starts_with('"') {
        let line: String = serde_json::from_str(record).map_err(|error| error.to_string())?;
        bytes.extend_from_slice(line.trim_end_matches('\n').as_bytes());
        Content::Lines
    } else if record.starts_with('{') {
        // Newlines in JSON are white space.
        bytes.extend(record.bytes().map(|byte| if byte == b'\n' || byte == b'\r' { b' ' } else { byte }));
        Content::Entries
    } else {
        return Err("one of its records is neither a string nor an object".to_owned());
    };
    bytes.push(b'\n');
    Ok(content)
}
