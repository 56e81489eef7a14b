//! JSON of unknown origin, read within bounds.
//!
//! A few bytes of JSON can be much in memory: `[0],[0],…` takes a hundred times its length as values, and what is nested deep enough ends the
//! stack of its reader. So a text is [checked](Bounds::check) before it is read, in one pass that allocates next to nothing.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::Value;

/// What a text of JSON may be at most.
///
/// ```
/// use driftless_plugin_api::json::Bounds;
/// use serde_json::Value;
///
/// let bounds = Bounds { text_bytes: 100, depth: 3, value_bytes: 10_000 };
/// assert_eq!(bounds.read::<Value>("[[1]]")?, serde_json::json!([[1]]));
/// assert_eq!(
///     bounds.read::<Value>("[[[[1]]]]").unwrap_err().to_string(),
///     "its lists and objects are nested deeper than 3 levels",
/// );
/// # Ok::<(), driftless_plugin_api::json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The bytes of the text.
    pub text_bytes: usize,
    /// How deep lists and objects are nested. What reads them needs stack for each level; a plain value has none.
    pub depth: usize,
    /// The bytes of memory that it takes as values. They are estimated from above, by what [`Value`] takes.
    pub value_bytes: usize,
}

/// Why a text is not read.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// It has more than so many bytes.
    TooLong(usize),
    /// Its lists and objects are nested deeper than so many levels.
    TooDeep(usize),
    /// It takes more than so many bytes as values.
    TooLarge(usize),
    /// It has a key that the reader of JSON keeps for itself, and that would make something else of what stands behind it.
    ReservedKey,
    /// It is not what is expected.
    Unexpected(serde_json::Error),
}

/// What the keys begin with that serde_json keeps for itself. It takes them for marks of its own, and reads what they hold anew, without a bound
/// on its depth.
const RESERVED: &str = "$serde_json::private::";

/// What one value takes, in the list that it stands in: lists grow by doubling.
const VALUE_BYTES: usize = 2 * size_of::<Value>();

/// What a list or an object takes besides that is not empty: it begins with room for a few.
const CONTAINER_BYTES: usize = 2 * VALUE_BYTES;

/// What a key takes beside its text and its value.
const KEY_BYTES: usize = 2 * (size_of::<String>() + 2 * size_of::<usize>());

impl Bounds {
    /// Reads a text that keeps to the bounds.
    ///
    /// # Errors
    ///
    /// When it does not, or is not what `T` expects.
    pub fn read<T: DeserializeOwned>(&self, text: &str) -> Result<T, Error> {
        self.check(text)?;
        serde_json::from_str(text).map_err(Error::Unexpected)
    }

    /// Whether a text keeps to the bounds. Whether it is JSON is for its reader to say: of a text that is none, what stands in front of the mistake
    /// keeps to them.
    ///
    /// # Errors
    ///
    /// In what way it does not.
    pub fn check(&self, text: &str) -> Result<(), Error> {
        if text.len() > self.text_bytes {
            return Err(Error::TooLong(self.text_bytes));
        }
        let bytes = text.as_bytes();
        let (mut at, mut depth, mut size) = (0, 0_usize, 0_usize);
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b'[' | b'{' => {
                    depth += 1;
                    if depth > self.depth {
                        return Err(Error::TooDeep(self.depth));
                    }
                    size += VALUE_BYTES;
                    at += 1;
                    if !matches!(bytes[skip_space(bytes, at)..].first(), Some(b']' | b'}') | None) {
                        size += CONTAINER_BYTES;
                    }
                }
                b']' | b'}' => {
                    depth = depth.saturating_sub(1);
                    at += 1;
                }
                b'"' => {
                    let end = end_of_string(bytes, at + 1);
                    let is_key = bytes.get(skip_space(bytes, end)) == Some(&b':');
                    if is_key && is_reserved(&text[at..end]) {
                        return Err(Error::ReservedKey);
                    }
                    size += end - at + if is_key { KEY_BYTES } else { VALUE_BYTES };
                    at = end;
                }
                b',' | b':' | b' ' | b'\n' | b'\r' | b'\t' => at += 1,
                _ => {
                    size += VALUE_BYTES;
                    at += bytes[at..].iter().take_while(|byte| !is_punctuation(**byte)).count().max(1);
                }
            }
            if size > self.value_bytes {
                return Err(Error::TooLarge(self.value_bytes));
            }
        }
        Ok(())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(allowed) => write!(f, "it has more than {allowed} bytes"),
            Self::TooDeep(allowed) => {
                write!(f, "its lists and objects are nested deeper than {allowed} levels")
            }
            Self::TooLarge(allowed) => write!(f, "its values take more than {allowed} bytes of memory"),
            Self::ReservedKey => {
                write!(f, "it has a key that begins with `{RESERVED}`, which no key may")
            }
            Self::Unexpected(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unexpected(error) => Some(error),
            _ => None,
        }
    }
}

fn is_punctuation(byte: u8) -> bool {
    matches!(byte, b'[' | b']' | b'{' | b'}' | b'"' | b',' | b':' | b' ' | b'\n' | b'\r' | b'\t')
}

fn skip_space(bytes: &[u8], from: usize) -> usize {
    let space = bytes[from..].iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t'));
    from + space.count()
}

/// Where a string ends that is open at `from`: behind its closing quote, or at the end of the text.
fn end_of_string(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Whether a key, with its quotes, is one that the reader keeps for itself.
fn is_reserved(key: &str) -> bool {
    if key.contains('\\') {
        // What is no string is for the reader to complain about.
        return serde_json::from_str::<String>(key).is_ok_and(|key| key.starts_with(RESERVED));
    }
    key.get(1..).is_some_and(|key| key.starts_with(RESERVED))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const WIDE: Bounds = Bounds { text_bytes: 1 << 20, depth: 100, value_bytes: 64 << 20 };

    #[test]
    fn each_bound_is_one() {
        let of = |text: &str, bounds: Bounds| bounds.read::<Value>(text).map_err(|error| error.to_string());
        assert!(of("[1]", Bounds { text_bytes: 3, ..WIDE }).is_ok());
        assert_eq!(of("[1] ", Bounds { text_bytes: 3, ..WIDE }).unwrap_err(), "it has more than 3 bytes");
        assert!(of(r#"{"a":[1]}"#, Bounds { depth: 2, ..WIDE }).is_ok());
        assert_eq!(
            of(r#"{"a":[[]]}"#, Bounds { depth: 2, ..WIDE }).unwrap_err(),
            "its lists and objects are nested deeper than 2 levels"
        );
        let many = format!("[{}0]", "[0],".repeat(1000));
        let error = of(&many, Bounds { value_bytes: 100_000, ..WIDE }).unwrap_err();
        assert_eq!(error, "its values take more than 100000 bytes of memory");
        assert!(of(&many, WIDE).is_ok());
    }

    #[test]
    fn no_mark_of_the_reader_gets_around_them() {
        let hidden =
            (0..50_000).fold(String::new(), |text, _| text + r#"{"$serde_json::private::RawValue":["#);
        assert!(matches!(
            WIDE.check(&hidden),
            Err(Error::TooDeep(_) | Error::TooLong(_) | Error::ReservedKey)
        ));
        for key in [
            "$serde_json::private::RawValue",
            r"\u0024serde_json::private::RawValue",
            "$serde_json::private::Number",
        ] {
            for text in [format!(r#"{{"{key}":"1"}}"#), format!("[{{ \"a\": 1, \"{key}\" \n: 1}}]")] {
                assert!(matches!(WIDE.read::<Value>(&text), Err(Error::ReservedKey)), "{text}");
            }
            // As a value it means nothing.
            assert!(WIDE.read::<Value>(&format!(r#"["{key}", {{"a": "{key}"}}]"#)).is_ok());
        }
    }

    #[test]
    fn what_is_no_json_is_for_its_reader() {
        for text in ["", "{", "[1,", "\"", "\"\\", "nul", "]]", "[}", "{\"a\"", "\u{fc}", "{\"\\u\":1}"] {
            assert!(WIDE.check(text).is_ok(), "{text}");
            assert!(matches!(WIDE.read::<Value>(text), Err(Error::Unexpected(_))), "{text}");
        }
    }

    #[test]
    fn brackets_in_strings_are_text() {
        let bounds = Bounds { depth: 1, ..WIDE };
        assert_eq!(bounds.read::<Value>(r#"["[[[\"[["]"#).unwrap(), json!(["[[[\"[["]));
    }

    /// The bytes that a value takes, capacities included.
    fn taken(value: &Value) -> usize {
        match value {
            Value::String(text) => text.capacity(),
            Value::Array(items) => {
                items.capacity() * size_of::<Value>() + items.iter().map(taken).sum::<usize>()
            }
            Value::Object(object) if object.is_empty() => 0,
            Value::Object(object) => {
                let entries =
                    object.len().next_power_of_two().max(4) * (size_of::<(usize, String, Value)>() + 8);
                entries + object.iter().map(|(key, value)| key.capacity() + taken(value)).sum::<usize>()
            }
            _ => 0,
        }
    }

    fn depth(value: &Value) -> usize {
        match value {
            Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
            Value::Object(object) => 1 + object.values().map(depth).max().unwrap_or(0),
            _ => 0,
        }
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "(?s).{0,20}".prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 200, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::vec(("(?s).{0,6}", inner), 0..8)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_estimate_is_from_above(value in any_value(), pretty: bool) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
            let text = text.unwrap();
            let read: Value = serde_json::from_str(&text).unwrap();
            let needed = taken(&read) + size_of::<Value>();
            let too_small = Bounds { value_bytes: needed - 1, ..WIDE };
            prop_assert!(matches!(too_small.check(&text), Err(Error::TooLarge(_))), "{}", text);
            let depth = depth(&value);
            let deep_enough = Bounds { depth, ..WIDE };
            prop_assert!(deep_enough.check(&text).is_ok());
            if depth > 0 {
                let too_flat = Bounds { depth: depth - 1, ..WIDE };
                prop_assert!(matches!(too_flat.check(&text), Err(Error::TooDeep(_))));
            }
        }

        #[test]
        fn any_text_is_checked(text in "(?s).{0,40}|[\\[\\]{}\",:\\\\a1 ]{0,60}") {
            let _ = WIDE.check(&text);
        }
    }
}
