//! What a log source hands over.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

/// How many records a source hands over at once at most.
pub const MAX_RECORDS: usize = 500_000;

/// What `execute_log_source` returns.
///
/// A source that has everything at once returns a plain array, and is not called again. A source that has more returns
/// an object and says so; it is then called again, on the same instance, until it no longer does. Where it has
/// nothing *yet*, it returns no records and `"more": true`, and the host waits a little before it asks again. More than [`MAX_RECORDS`] at
/// once cannot be read.
///
/// ```
/// use driftless_plugin_api::records::Records;
///
/// let all: Records<'_> = serde_json::from_str(r#"["a line", {"message": "an entry"}]"#)?;
/// assert!(!all.more);
///
/// let first: Records<'_> = serde_json::from_str(r#"{"records": ["a line"], "more": true}"#)?;
/// assert!(first.more);
/// assert_eq!(first.records.len(), 1);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Serialize)]
pub struct Records<'a> {
    /// Each a string, which is a line and goes through the parser, or an object, which is an entry already.
    pub records: Vec<&'a RawValue>,
    /// Whether the source wants to be called again.
    pub more: bool,
}

impl<'de: 'a, 'a> Deserialize<'de> for Records<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // An untagged enum would buffer the records, and a raw value cannot be had out of that buffer.
        deserializer.deserialize_any(RecordsVisitor)
    }
}

struct RecordsVisitor;

impl<'de> Visitor<'de> for RecordsVisitor {
    type Value = Records<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"an array of records, or an object with "records" and "more""#)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Records<'de>, A::Error> {
        Ok(Records { records: ListVisitor.visit_seq(seq)?.0, more: false })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Records<'de>, A::Error> {
        let (mut records, mut more) = (None, false);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "records" => records = Some(map.next_value::<List<'de>>()?.0),
                "more" => more = map.next_value()?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let records = records.ok_or_else(|| serde::de::Error::missing_field("records"))?;
        Ok(Records { records, more })
    }
}

/// The records alone, no more than a host has to take.
struct List<'a>(Vec<&'a RawValue>);

impl<'de> Deserialize<'de> for List<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ListVisitor)
    }
}

struct ListVisitor;

impl<'de> Visitor<'de> for ListVisitor {
    type Value = List<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<List<'de>, A::Error> {
        let mut records = Vec::new();
        while let Some(record) = seq.next_element()? {
            if records.len() == MAX_RECORDS {
                return Err(serde::de::Error::custom(format_args!(
                    "it has more than {MAX_RECORDS} records; a source can hand over some of them, with \"more\": true"
                )));
            }
            records.push(record);
        }
        Ok(List(records))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_no_more_records_than_a_host_has_to_take() {
        let list = |count: usize| format!("[{}]", vec!["0"; count].join(","));
        for wrap in [|list| list, |list| format!(r#"{{"more": true, "records": {list}}}"#)] {
            let most: String = wrap(list(MAX_RECORDS));
            assert_eq!(serde_json::from_str::<Records<'_>>(&most).unwrap().records.len(), MAX_RECORDS);
            let too_many = wrap(list(MAX_RECORDS + 1));
            let error = serde_json::from_str::<Records<'_>>(&too_many).unwrap_err().to_string();
            assert!(error.starts_with("it has more than 500000 records"), "{error}");
        }
    }
}
