//! Tags of tasks, and which tasks are run by them.

use std::fmt;

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// The tag of a task that is run whatever tags are asked for.
const ALWAYS: &str = "always";

/// The tag of a task that is only run where one of its tags is asked for.
const NEVER: &str = "never";

/// The tags of a task: a list of words, or words with commas between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags(Vec<String>);

impl Tags {
    /// The tags, in the order in which they are written.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn has(&self, tag: &str) -> bool {
        self.0.iter().any(|own| own == tag)
    }

    fn has_one_of(&self, tags: &[String]) -> bool {
        tags.iter().any(|tag| self.has(tag))
    }
}

impl<T: Into<String>> FromIterator<T> for Tags {
    fn from_iter<I: IntoIterator<Item = T>>(tags: I) -> Self {
        Self(tags.into_iter().map(Into::into).collect())
    }
}

/// Which tasks are run, by their tags. By default, all but those with the tag `never`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only those that have one of these tags, and those with the tag `always`. Where there is none, all but those with the tag `never`.
    pub only: Vec<String>,
    /// None of those that have one of these tags.
    pub skip: Vec<String>,
}

impl Selection {
    /// Whether a task with these tags is run.
    pub fn selects(&self, tags: &Tags) -> bool {
        let is_asked_for = if self.only.is_empty() {
            !tags.has(NEVER)
        } else {
            tags.has_one_of(&self.only) || (tags.has(ALWAYS) && !tags.has(NEVER))
        };
        is_asked_for && !tags.has_one_of(&self.skip)
    }

    /// The tags that are asked for and that no task has.
    pub(crate) fn unknown<'a>(&'a self, known: &'a [&str]) -> impl Iterator<Item = &'a str> {
        let is_unknown = |tag: &&str| *tag != ALWAYS && *tag != NEVER && !known.contains(tag);
        self.only.iter().map(String::as_str).filter(is_unknown)
    }
}

impl<'de> Deserialize<'de> for Tags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrList)
    }
}

struct TextOrList;

impl<'de> Visitor<'de> for TextOrList {
    type Value = Tags;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a tag, or a list of tags")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Tags, E> {
        text.split(',').map(tag).collect::<Result<_, _>>().map(Tags).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Tags, A::Error> {
        let mut tags = Vec::new();
        while let Some(text) = list.next_element::<String>()? {
            tags.push(tag(&text).map_err(A::Error::custom)?);
        }
        Ok(Tags(tags))
    }
}

/// A tag without the white space around it.
fn tag(text: &str) -> Result<String, &'static str> {
    match text.trim() {
        "" => Err("a tag has no name"),
        tag if tag.contains("{{") => Err("a tag is no template: it is needed before anything is rendered"),
        tag => Ok(tag.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selects(only: &[&str], skip: &[&str], tags: &[&str]) -> bool {
        let owned = |tags: &[&str]| tags.iter().map(|&tag| tag.to_owned()).collect();
        Selection { only: owned(only), skip: owned(skip) }.selects(&tags.iter().copied().collect())
    }

    #[test]
    fn tasks_are_run_by_their_tags() {
        assert!(selects(&[], &[], &[]));
        assert!(selects(&[], &[], &["a"]));
        assert!(selects(&["a", "b"], &[], &["b", "c"]));
        assert!(!selects(&["a"], &[], &["b"]));
        assert!(!selects(&["a"], &[], &[]));
        assert!(!selects(&[], &["a"], &["a", "b"]));
        assert!(!selects(&["b"], &["a"], &["a", "b"]));
        assert!(selects(&[], &["a"], &["b"]));
    }

    #[test]
    fn two_tags_mean_something_by_themselves() {
        assert!(selects(&["a"], &[], &["always"]));
        assert!(!selects(&["a"], &["always"], &["always"]));
        assert!(!selects(&[], &[], &["never", "a"]));
        assert!(!selects(&["b"], &[], &["never", "a"]));
        assert!(selects(&["a"], &[], &["never", "a"]));
        assert!(selects(&["never"], &[], &["never"]));
    }

    #[test]
    fn tags_are_a_list_or_a_text() {
        let read = |json: &str| serde_json::from_str::<Tags>(json).map_err(|error| error.to_string());
        assert_eq!(read(r#""a, b""#).unwrap(), Tags::from_iter(["a", "b"]));
        assert_eq!(read(r#"["a", "b c"]"#).unwrap(), Tags::from_iter(["a", "b c"]));
        assert_eq!(read("[]").unwrap(), Tags::default());
        assert!(read(r#""a,,b""#).unwrap_err().contains("a tag has no name"));
        assert!(read(r#"["{{ a }}"]"#).unwrap_err().contains("a tag is no template"));
        assert!(read("5").unwrap_err().contains("expected a tag, or a list of tags"));
    }
}
