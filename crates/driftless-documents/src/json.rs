//! JSON. `serde_json` reads it; where things stand, and how numbers are written, is looked up in the text beside it.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::error::DocumentError;
use crate::limits::{Budget, check_depth, too_deep};
use crate::node::{Content, Entry, Key, Node, check_keys};
use crate::scalar;

/// Reads a document.
pub(crate) fn parse(text: &str) -> Result<Node<'_>, DocumentError> {
    let mut reader = Reader { text, at: 0, budget: Budget::default(), refused: None };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = Value { reader: &mut reader, depth: 0 }.deserialize(&mut deserializer);
    let read = read.and_then(|node| deserializer.end().map(|()| node));
    read.map_err(|error| reader.refused.take().unwrap_or_else(|| syntax_error(text, &error)))
}

fn syntax_error(text: &str, error: &serde_json::Error) -> DocumentError {
    let start_of_line = match error.line().checked_sub(2) {
        None => 0,
        Some(before) => text.match_indices('\n').nth(before).map_or(text.len(), |(at, _)| at + 1),
    };
    let at = (start_of_line + error.column().saturating_sub(1)).min(text.len());
    let message = error.to_string();
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
    if message == "recursion limit exceeded" {
        return too_deep(at..at + 1);
    }
    DocumentError::at(message, at..at + 1)
}

/// The text behind the parser, which has found it to be JSON.
struct Reader<'t> {
    text: &'t str,
    /// Where the token begins or what is in front of it: white space, separators and ends.
    at: usize,
    budget: Budget,
    /// Why the parser was stopped, where it was not the parser that stopped.
    refused: Option<DocumentError>,
}

impl<'t> Reader<'t> {
    /// The place of the next token: a scalar, or the bracket that begins a list or a mapping.
    fn token(&mut self) -> Range<usize> {
        let bytes = self.text.as_bytes();
        let is_between = |byte: &u8| b" \t\r\n,:]}".contains(byte);
        let start = bytes[self.at..].iter().position(|byte| !is_between(byte));
        let start = start.map_or(bytes.len(), |skipped| self.at + skipped);
        let rest = &bytes[start.min(bytes.len())..];
        let length = match rest.first() {
            None => 0,
            Some(b'[' | b'{') => 1,
            Some(b'"') => {
                let mut is_escaped = false;
                let end = rest.iter().skip(1).position(|byte| {
                    let ends = *byte == b'"' && !is_escaped;
                    is_escaped = *byte == b'\\' && !is_escaped;
                    ends
                });
                end.map_or(rest.len(), |inside| inside + 2)
            }
            Some(_) => rest.iter().position(is_between).unwrap_or(rest.len()),
        };
        self.at = start + length;
        start..self.at
    }

    /// A value that has just been read.
    fn scalar(
        &mut self,
        content: impl FnOnce(&'t str) -> Result<Content<'t>, String>,
    ) -> Result<Node<'t>, DocumentError> {
        let place = self.token();
        self.budget.values(1, &place)?;
        let content =
            content(&self.text[place.clone()]).map_err(|why| DocumentError::at(why, place.clone()))?;
        if let Content::Text(text) = &content {
            self.budget.text(text.len(), &place)?;
        }
        Ok(Node { place, content })
    }

    /// Keeps an error for the caller, behind one that stops the parser.
    fn stop<T, E: serde::de::Error>(&mut self, result: Result<T, DocumentError>) -> Result<T, E> {
        result.map_err(|error| {
            self.refused.get_or_insert(error);
            E::custom("refused")
        })
    }
}

/// A value that comes next.
struct Value<'r, 't> {
    reader: &'r mut Reader<'t>,
    /// How many lists and mappings are open.
    depth: usize,
}

impl<'t> Value<'_, 't> {
    fn number<E: serde::de::Error>(self) -> Result<Node<'t>, E> {
        let node = self.reader.scalar(|written| {
            let is_float = written.contains(['.', 'e', 'E']);
            let number =
                if is_float { scalar::float(written) } else { scalar::integer(written, written, 10) };
            number.map(Content::Number)
        });
        self.reader.stop(node)
    }

    fn text<E: serde::de::Error>(self, text: Cow<'t, str>) -> Result<Node<'t>, E> {
        let node = self.reader.scalar(|_| Ok(Content::Text(text)));
        self.reader.stop(node)
    }

    /// The beginning of a list or a mapping: its place, and the depth in it.
    fn open<E: serde::de::Error>(&mut self) -> Result<(Range<usize>, usize), E> {
        let place = self.reader.token();
        let depth = self.depth + 1;
        let fits = check_depth(depth, &place).and_then(|()| self.reader.budget.values(1, &place));
        self.reader.stop(fits)?;
        Ok((place, depth))
    }
}

impl<'t> DeserializeSeed<'t> for Value<'_, 't> {
    type Value = Node<'t>;

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<Node<'t>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'t> Visitor<'t> for Value<'_, 't> {
    type Value = Node<'t>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Node<'t>, E> {
        let node = self.reader.scalar(|_| Ok(Content::Null));
        self.reader.stop(node)
    }

    fn visit_bool<E: serde::de::Error>(self, is_true: bool) -> Result<Node<'t>, E> {
        let node = self.reader.scalar(|_| Ok(Content::Bool(is_true)));
        self.reader.stop(node)
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<Node<'t>, E> {
        self.number()
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<Node<'t>, E> {
        self.number()
    }

    /// Integers of more than 64 bits arrive here as well, and `-0`.
    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Node<'t>, E> {
        self.number()
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'t str) -> Result<Node<'t>, E> {
        self.text(Cow::Borrowed(text))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Node<'t>, E> {
        self.text(Cow::Owned(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'t>>(mut self, mut list: A) -> Result<Node<'t>, A::Error> {
        let (place, depth) = self.open()?;
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(Value { reader: &mut *self.reader, depth })? {
            items.push(item);
        }
        Ok(Node { place, content: Content::List(items) })
    }

    fn visit_map<A: MapAccess<'t>>(mut self, mut map: A) -> Result<Node<'t>, A::Error> {
        let (place, depth) = self.open()?;
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<Cow<'t, str>>()? {
            let at = self.reader.token();
            let fits = self.reader.budget.text(key.len(), &at);
            self.reader.stop(fits)?;
            let value = map.next_value_seed(Value { reader: &mut *self.reader, depth })?;
            entries.push(Entry { key: Key { place: at, text: key }, value });
        }
        self.reader.stop::<(), A::Error>(check_keys(&entries))?;
        Ok(Node { place, content: Content::Map(entries) })
    }
}
