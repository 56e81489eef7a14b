//! Names of variables.

/// A name that no template can use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no name that a template can use; it is ASCII letters, digits and `_`, and begins with no digit"
)]
pub struct NotAVariable(String);

/// Checks whether a template can use a variable of this name.
///
/// ```
/// use driftless_templates::check_variable_name;
///
/// assert!(check_variable_name("web_1").is_ok());
/// assert!(check_variable_name("web-1").is_err());
/// ```
///
/// # Errors
///
/// When it is not ASCII letters, digits and `_`, or begins with a digit.
pub fn check_variable_name(name: &str) -> Result<(), NotAVariable> {
    let begins = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    if begins && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_') {
        return Ok(());
    }
    Err(NotAVariable(name.to_owned()))
}
