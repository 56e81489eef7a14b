//! A node as what `serde` reads from.

use std::ops::Range;
use std::vec;

use driftless_plugin_api::hint::{Expected, hint_for_boolean, hint_for_number, hint_for_text};
use serde::de::value::CowStrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use crate::error::DocumentError;
use crate::node::{Content, Entry, Node};

type Result<T> = std::result::Result<T, DocumentError>;

impl Node<'_> {
    /// Says what is expected here instead, and what to write where that is known.
    pub(crate) fn is_not(&self, expected: Expected) -> DocumentError {
        let found = match &self.content {
            Content::Null => "nothing".to_owned(),
            Content::Bool(is_true) => format!("`{is_true}`"),
            Content::Number(number) => format!("the number `{number}`"),
            Content::Text(_) => "text".to_owned(),
            Content::List(_) => "a list".to_owned(),
            Content::Map(_) => "a mapping".to_owned(),
        };
        let hint = match &self.content {
            Content::Bool(is_true) => hint_for_boolean(expected, *is_true),
            Content::Number(number) => hint_for_number(expected, number),
            Content::Text(text) => hint_for_text(expected, text),
            Content::Null | Content::List(_) | Content::Map(_) => None,
        };
        let hint = hint.map_or_else(String::new, |hint| format!(": {hint}"));
        DocumentError::at(format!("{expected} is expected here, not {found}{hint}"), self.place.clone())
    }
}

/// A method for each type of number: a visitor knows its range.
macro_rules! integers {
    ($($method:ident)*) => {
        $(
            fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
                match &self.content {
                    Content::Number(number) if !number.is_f64() => self.deserialize_any(visitor),
                    _ => Err(self.is_not(Expected::Integer)),
                }
            }
        )*
    };
}

macro_rules! floats {
    ($($method:ident)*) => {
        $(
            fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
                match &self.content {
                    Content::Number(_) => self.deserialize_any(visitor),
                    _ => Err(self.is_not(Expected::Number)),
                }
            }
        )*
    };
}

macro_rules! texts {
    ($($method:ident)*) => {
        $(
            fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
                match &self.content {
                    Content::Text(_) => self.deserialize_any(visitor),
                    _ => Err(self.is_not(Expected::Text)),
                }
            }
        )*
    };
}

impl<'de> Deserializer<'de> for Node<'de> {
    type Error = DocumentError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let place = self.place;
        let read = match self.content {
            Content::Null => visitor.visit_unit(),
            Content::Bool(is_true) => visitor.visit_bool(is_true),
            Content::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), ..) => visitor.visit_u64(number),
                (_, Some(number), _) => visitor.visit_i64(number),
                (.., number) => visitor.visit_f64(number.unwrap_or(f64::NAN)),
            },
            Content::Text(text) => CowStrDeserializer::new(text).deserialize_any(visitor),
            Content::List(items) => visit_list(items, visitor),
            Content::Map(entries) => visitor.visit_map(Entries { rest: entries.into_iter(), value: None }),
        };
        read.map_err(|error: DocumentError| error.or_at(&place))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match &self.content {
            Content::Bool(_) => self.deserialize_any(visitor),
            _ => Err(self.is_not(Expected::Boolean)),
        }
    }

    integers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
    }

    floats! { deserialize_f32 deserialize_f64 }

    texts! { deserialize_char deserialize_str deserialize_string deserialize_identifier }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.content {
            Content::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match &self.content {
            Content::List(_) => self.deserialize_any(visitor),
            _ => Err(self.is_not(Expected::List)),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match &self.content {
            Content::Map(_) => self.deserialize_any(visitor),
            _ => Err(self.is_not(Expected::Map)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        let place = self.place.clone();
        let read = match self.content {
            Content::Text(text) => visitor.visit_enum(CowStrDeserializer::new(text)),
            Content::Map(entries) => match <[Entry<'de>; 1]>::try_from(entries) {
                Ok([entry]) => visitor.visit_enum(Variant(entry)),
                Err(_) => Err(DocumentError::without_place("a mapping with one key is expected here")),
            },
            content => return Err(Node { place, content }.is_not(Expected::Text)),
        };
        read.map_err(|error| error.or_at(&place))
    }

    forward_to_deserialize_any! { bytes byte_buf unit unit_struct ignored_any }
}

impl<'de> IntoDeserializer<'de, DocumentError> for Node<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

fn visit_list<'de, V: Visitor<'de>>(items: Vec<Node<'de>>, visitor: V) -> Result<V::Value> {
    let count = items.len();
    let mut items = Items(items.into_iter());
    let value = visitor.visit_seq(&mut items)?;
    match items.0.next() {
        None => Ok(value),
        Some(superfluous) => {
            let message = format!("this is one too many: {} are expected", count - items.0.len() - 1);
            Err(DocumentError::at(message, superfluous.place))
        }
    }
}

/// What is left of a list.
struct Items<'de>(vec::IntoIter<Node<'de>>);

impl<'de> SeqAccess<'de> for &mut Items<'de> {
    type Error = DocumentError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        self.0.next().map(|item| seed.deserialize(item)).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// What is left of a mapping.
struct Entries<'de> {
    rest: vec::IntoIter<Entry<'de>>,
    /// That of the key that was read last, and where the key is.
    value: Option<(Range<usize>, Node<'de>)>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = DocumentError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        let Some(Entry { key, value }) = self.rest.next() else { return Ok(None) };
        self.value = Some((key.place.clone(), value));
        let read = seed.deserialize(CowStrDeserializer::<DocumentError>::new(key.text));
        read.map(Some).map_err(|error| error.or_at(&key.place))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value> {
        let Some((key, value)) = self.value.take() else {
            return Err(DocumentError::custom("a value is read before its key"));
        };
        // What is wrong with a value as a whole is found behind it.
        let place = if value.place.is_empty() { key } else { value.place.clone() };
        seed.deserialize(value).map_err(|error| error.or_at(&place))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// A variant with what it holds: a mapping of one key.
struct Variant<'de>(Entry<'de>);

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = DocumentError;
    type Variant = Node<'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Node<'de>)> {
        let Entry { key, value } = self.0;
        let variant = seed.deserialize(CowStrDeserializer::<DocumentError>::new(key.text));
        Ok((variant.map_err(|error| error.or_at(&key.place))?, value))
    }
}

impl<'de> VariantAccess<'de> for Node<'de> {
    type Error = DocumentError;

    fn unit_variant(self) -> Result<()> {
        match self.content {
            Content::Null => Ok(()),
            _ => Err(DocumentError::invalid_type(Unexpected::NewtypeVariant, &"nothing").or_at(&self.place)),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_map(visitor)
    }
}
