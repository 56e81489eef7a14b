//! Names of variables and commands.

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
    fn a_variable_is_a_name() {
        for bad in ["", "A=B", "A*", "1A", "A B", "Ä", "A\0"] {
            assert!(variable(bad).is_err(), "{bad:?}");
        }
        assert!(variable("_SLACK_TOKEN2").is_ok());
    }
}
