//! Names of variables, commands and functions.

use crate::Malformed;
use crate::path::AbsolutePath;

/// The name of an environment variable.
///
/// # Errors
///
/// When no variable can be called this.
pub(crate) fn variable(name: &str) -> Result<(), Malformed> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let begins = name.bytes().next().is_some_and(|first| !first.is_ascii_digit());
    if begins && name.len() <= 255 && name.bytes().all(fits) {
        return Ok(());
    }
    Err(Malformed::new(name, "a variable is named by letters, digits and `_`; there are no patterns"))
}

/// A command: an absolute path, or a name without any slash.
///
/// # Errors
///
/// When it is neither. Arguments are not part of it.
pub(crate) fn command(command: &str) -> Result<(), Malformed> {
    if command.starts_with('/') {
        return match AbsolutePath::parse(command) {
            Ok(path) if path.as_str() == command && command != "/" => Ok(()),
            Ok(_) => Err(Malformed::new(command, "a command is a file")),
            Err(error) => Err(error),
        };
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-+.".contains(&byte);
    let named = command.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric() || first == b'_');
    if named && command.len() <= 255 && command.bytes().all(fits) {
        return Ok(());
    }
    Err(Malformed::new(
        command,
        "a command is an absolute path, or a name without spaces and slashes; it has no arguments",
    ))
}

/// The name of a function of the host's program.
///
/// # Errors
///
/// When no function can be called this.
pub(crate) fn function(name: &str) -> Result<(), Malformed> {
    if is_function_name(name) {
        return Ok(());
    }
    Err(Malformed::new(
        name,
        "a function of the host is named by words with dots between them, each of ASCII letters, digits, `_` and `-` and beginning with a letter",
    ))
}

/// Whether a function of the host can be called this: words of ASCII letters, digits, `_` and `-`, each beginning with a letter, with dots
/// between them; at most 64 bytes.
///
/// ```
/// use driftless_permissions::is_function_name;
///
/// assert!(is_function_name("inventory.owner"));
/// assert!(!is_function_name("inventory..owner"));
/// ```
pub fn is_function_name(name: &str) -> bool {
    let is_word = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_alphabetic())
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
    };
    name.len() <= 64 && name.split('.').all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_has_neither_arguments_nor_tricks() {
        for bad in [
            "",
            "git status",
            "./git",
            "bin/git",
            "..",
            ".",
            "-x",
            "/",
            "/bin/../sh",
            "/bin/",
            "sh;ls",
            "a\0",
        ] {
            assert!(command(bad).is_err(), "{bad:?}");
        }
        for good in ["git", "g++", "python3.11", "/usr/bin/git", "apt-get"] {
            assert!(command(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn a_function_is_named_by_words_with_dots() {
        for bad in ["", ".", "a.", ".a", "a..b", "1a", "a b", "a*", "a/b", "ä", "a\0", &"a".repeat(65)] {
            assert!(function(bad).is_err(), "{bad:?}");
        }
        for good in ["owner", "inventory.owner_of", "acme.net.v2-lookup", &"a".repeat(64)] {
            assert!(function(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn a_variable_is_a_name() {
        for bad in ["", "A=B", "A*", "1A", "A B", "Ä", "A\0"] {
            assert!(variable(bad).is_err(), "{bad:?}");
        }
        assert!(variable("_SLACK_TOKEN2").is_ok());
    }
}
