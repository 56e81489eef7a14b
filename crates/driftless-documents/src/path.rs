//! Ways to values in documents.

use std::fmt;

/// A step on the way to a value in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// To the value of this key of a mapping.
    Key(String),
    /// To the item of a list at this position, from 0.
    Index(usize),
}

/// The way to a value, from the outermost one on. It is shown as people write it: `data[0].name`.
///
/// ```
/// use driftless_documents::ValuePath;
///
/// let path = ValuePath::default().with("data").with(0).with("name");
/// assert_eq!(path.to_string(), "data[0].name");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValuePath(Vec<Step>);

impl ValuePath {
    /// The way with which a message begins, as a JSON pointer with a colon behind it, `/data/0: why`; an empty one where there is none.
    pub fn of_message(message: &str) -> Self {
        let Some((pointer, _)) = message.strip_prefix('/').and_then(|rest| rest.split_once(": ")) else {
            return Self::default();
        };
        let step = |token: &str| match token.parse::<usize>() {
            Ok(index) => Step::Index(index),
            Err(_) => Step::Key(token.replace("~1", "/").replace("~0", "~")),
        };
        pointer.split('/').map(step).collect()
    }

    /// One step further in.
    #[must_use]
    pub fn with(mut self, step: impl Into<Step>) -> Self {
        self.0.push(step.into());
        self
    }

    /// This way, and then another.
    #[must_use]
    pub fn join(mut self, further: &Self) -> Self {
        self.0.extend_from_slice(&further.0);
        self
    }

    /// The same way, as it is seen from one value further out.
    #[must_use]
    pub fn within(mut self, step: impl Into<Step>) -> Self {
        self.0.insert(0, step.into());
        self
    }

    /// Goes one step further in.
    pub fn push(&mut self, step: impl Into<Step>) {
        self.0.push(step.into());
    }

    /// Goes back by one step.
    pub fn pop(&mut self) {
        self.0.pop();
    }

    /// The steps, outermost first.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether it leads nowhere: to the whole document.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for ValuePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if number == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

impl FromIterator<Step> for ValuePath {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        Self(steps.into_iter().collect())
    }
}

impl From<&str> for Step {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<&String> for Step {
    fn from(key: &String) -> Self {
        Self::Key(key.clone())
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}
