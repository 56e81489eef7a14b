//! What a log source hands over.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

/// What `execute_log_source` returns.
///
/// A source that has everything at once returns a plain array, and is not called again. A source that has more returns
/// an object and says so; it is then called again, on the same instance, until it no longer does. Where it has
/// nothing *yet*, it returns no records and `"more": true`, and the host waits a little before it asks again.
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

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Records<'de>, A::Error> {
        let mut records = Vec::new();
        while let Some(record) = seq.next_element()? {
            records.push(record);
        }
        Ok(Records { records, more: false })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Records<'de>, A::Error> {
        let (mut records, mut more) = (None, false);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "records" => records = Some(map.next_value()?),
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
