//! The error of a plugin: a message for its user.

use std::fmt;

/// The result of a component.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a component could not do its work.
///
/// Any error converts into it with `?`, with the messages of its sources behind its own. It deliberately does not implement
/// [`std::error::Error`], which is what makes that conversion possible.
///
/// ```
/// fn port(text: &str) -> plugin_sdk::Result<u16> {
///     Ok(text.parse::<u16>()?)
/// }
/// assert_eq!(port("x").unwrap_err().to_string(), "invalid digit found in string");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Error(String);

impl Error {
    /// An error with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// Puts what was being done in front of what went wrong.
    #[must_use]
    pub fn context(self, doing: impl fmt::Display) -> Self {
        Self(format!("{doing}: {}", self.0))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<E: std::error::Error> From<E> for Error {
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let cause_text = cause.to_string();
            // Many errors repeat their source in their own text.
            if !message.contains(&cause_text) {
                message.push_str(": ");
                message.push_str(&cause_text);
            }
            source = cause.source();
        }
        Self(message)
    }
}

/// Leaves the function with an error, with the text of a `format!`.
///
/// ```
/// use plugin_sdk::bail;
///
/// fn even(number: u32) -> plugin_sdk::Result<u32> {
///     if number % 2 == 1 {
///         bail!("{number} is odd");
///     }
///     Ok(number)
/// }
/// assert_eq!(even(3).unwrap_err().to_string(), "3 is odd");
/// ```
#[macro_export]
macro_rules! bail {
    ($($text:tt)*) => {
        return ::core::result::Result::Err($crate::Error::new(::std::format!($($text)*)).into())
    };
}
