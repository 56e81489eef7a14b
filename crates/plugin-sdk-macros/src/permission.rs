//! Whether an entry of a permission can mean anything.
//!
//! What entries mean is the subject of `driftless-permissions`, with which `driftless plugin build` checks them. It knows URLs, and with
//! them comes Unicode: forty crates more that every author would compile for one line. So this is a check of its own. For paths,
//! variables and commands it is the same; a host is only checked for its form. The tests hold the two against each other.

use driftless_plugin_api::host_call::Capability;

/// What is wrong with an entry.
///
/// # Errors
///
/// When `driftless-permissions` would refuse it too.
pub(crate) fn check(capability: Capability, entry: &str) -> Result<(), &'static str> {
    match capability {
        Capability::File => path_pattern(entry),
        Capability::Http => host(entry),
        Capability::Environment => variable(entry),
        Capability::Process => command(entry),
        Capability::Function => function(entry),
    }
}

fn path_pattern(entry: &str) -> Result<(), &'static str> {
    let path = entry.strip_suffix(":rw").or_else(|| entry.strip_suffix(":ro")).unwrap_or(entry);
    if path.contains(['*', '?']) {
        return Err("a path has no patterns; a folder covers all that lies beneath");
    }
    absolute_path(path)
}

fn absolute_path(path: &str) -> Result<(), &'static str> {
    let Some(rest) = path.strip_prefix('/') else {
        return Err("a path begins with `/`");
    };
    if path.len() > 4096 {
        return Err("a path has at most 4,096 bytes");
    }
    if path.chars().any(char::is_control) {
        return Err("a path has no control characters");
    }
    if path.contains("//") {
        return Err("a path has no `//`");
    }
    if rest.split('/').any(|name| matches!(name, "." | "..")) {
        return Err("a path has no `.` and no `..`");
    }
    Ok(())
}

fn host(entry: &str) -> Result<(), &'static str> {
    if entry.starts_with("address:") {
        return Err("addresses are for the user to grant; a plugin asks for names");
    }
    let authority = match entry.split_once("://") {
        None => entry,
        Some(("https" | "http", authority)) => authority,
        Some(_) => return Err("a host stands behind `https://` or `http://`"),
    };
    if authority.is_empty() || authority.contains(['/', '?', '#', '@', '\\', '%']) {
        return Err("a host has no path, no user and no query: `https://api.example.com`");
    }
    if authority.chars().any(|char| char.is_control() || char.is_whitespace()) {
        return Err("a host has no spaces");
    }
    let name = match authority.strip_prefix('*') {
        None => authority,
        Some(rest) if rest.is_empty() || rest.starts_with(':') => return port(rest),
        Some(rest) => {
            rest.strip_prefix('.').ok_or("`*` stands for whole names: `*.example.com`, or alone")?
        }
    };
    if name.contains('*') {
        return Err("`*` stands at the beginning: `*.example.com`");
    }
    // The colons of an IPv6 address stand in brackets.
    let end = name.rfind(']').map_or(0, |bracket| bracket + 1);
    let colon = name[end..].find(':').map_or(name.len(), |colon| end + colon);
    let (name, rest) = name.split_at(colon);
    if name.is_empty() {
        return Err("there is no name; a host is like `https://api.example.com`");
    }
    port(rest)
}

/// `:8080`, or nothing.
fn port(text: &str) -> Result<(), &'static str> {
    let Some(digits) = text.strip_prefix(':') else {
        return if text.is_empty() { Ok(()) } else { Err(NO_PORT) };
    };
    let number = digits.trim_start_matches('0');
    let fits = number.is_empty() || number.parse::<u16>().is_ok();
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number && fits { Ok(()) } else { Err(NO_PORT) }
}

const NO_PORT: &str = "behind the colon stands a port, 0 to 65535; an IPv6 address stands in brackets";

fn variable(name: &str) -> Result<(), &'static str> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let begins = name.bytes().next().is_some_and(|first| !first.is_ascii_digit());
    if begins && name.len() <= 255 && name.bytes().all(fits) {
        return Ok(());
    }
    Err("a variable is named by letters, digits and `_`; there are no patterns")
}

fn command(command: &str) -> Result<(), &'static str> {
    if command.starts_with('/') {
        absolute_path(command)?;
        return if command.ends_with('/') { Err("a command is a file") } else { Ok(()) };
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-+.".contains(&byte);
    let named = command.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric() || first == b'_');
    if named && command.len() <= 255 && command.bytes().all(fits) {
        return Ok(());
    }
    Err("a command is an absolute path, or a name without spaces and slashes; it has no arguments")
}

fn function(name: &str) -> Result<(), &'static str> {
    let is_word = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_alphabetic())
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
    };
    if name.len() <= 64 && name.split('.').all(is_word) {
        return Ok(());
    }
    Err(
        "a function of the host is named by words with dots between them, each of ASCII letters, digits, `_` and `-` and beginning with a letter",
    )
}

#[cfg(test)]
mod tests {
    use driftless_permissions::Permissions;
    use driftless_plugin_api::manifest::Permission;
    use proptest::prelude::*;

    use super::*;

    /// Whether the host would read it.
    fn is_meaningful(capability: Capability, entry: &str) -> bool {
        Permissions::parse(&[Permission::new(capability, vec![entry.to_owned()])]).is_ok()
    }

    #[test]
    fn the_mistakes_that_people_make_are_found() {
        for (capability, entries) in [
            (Capability::File, &["", "etc/hosts", "~/x", "/a/../b", "/var/log/*.log", "/a//b", "/a\n"][..]),
            (
                Capability::Http,
                &[
                    "",
                    "https://",
                    "ftp://example.com",
                    "https://example.com/",
                    "https://example.com/api",
                    "user@example.com",
                    "example.com:http",
                    "example.com:",
                    "*:",
                    "example.com:65536",
                    "https://:80",
                    "::1",
                    "*example.com",
                    "api.*.com",
                    "a b",
                ],
            ),
            (Capability::Environment, &["", "A=b", "A*", "1A", "$HOME"]),
            (Capability::Process, &["", "git status", "./git", "bin/git", "/usr/bin/", "/"]),
            (
                Capability::Function,
                &["", "owner()", "inventory.", "inventory..owner", "inventory/owner", "2nd"],
            ),
        ] {
            for entry in entries {
                assert!(check(capability, entry).is_err(), "{entry:?}");
                assert!(!is_meaningful(capability, entry), "{entry:?}");
            }
        }
    }

    #[test]
    fn what_means_something_is_let_through() {
        for (capability, entries) in [
            (Capability::File, &["/", "/etc/", "/srv/app:rw", "/srv/app:ro", "/a:b", "/..a"][..]),
            (
                Capability::Http,
                &[
                    "api.example.com",
                    "https://api.example.com",
                    "http://localhost:8080",
                    "https://*.example.com:8443",
                    "https://*",
                    "*:8080",
                    "http://[::1]:80",
                    "10.0.0.1",
                    "bücher.example",
                    "example.com:0080",
                ],
            ),
            (Capability::Environment, &["_A1", "TOKEN"]),
            (Capability::Process, &["git", "g++", "/usr/bin/git"]),
            (Capability::Function, &["owner", "inventory.owner_of"]),
        ] {
            for entry in entries {
                assert_eq!(check(capability, entry), Ok(()), "{entry:?}");
                assert!(is_meaningful(capability, entry), "{entry:?}");
            }
        }
    }

    #[test]
    fn addresses_are_not_asked_for() {
        assert!(check(Capability::Http, "address:10.0.0.0/8").is_err());
    }

    proptest! {
        #[test]
        fn it_is_as_for_the_host(entry in r"[/a.:*?~rwo $=_1\n-]{0,8}|/[a./]{0,6}(:rw|:ro)?|\PC{0,8}") {
            for capability in [Capability::File, Capability::Environment, Capability::Process, Capability::Function] {
                prop_assert_eq!(check(capability, &entry).is_ok(), is_meaningful(capability, &entry));
            }
        }

        #[test]
        fn no_host_is_refused_that_means_something(
            entry in r"((https?|ftp)://)?[a1.:*\[\]@/%\\ü-]{0,8}(:[0-9]{0,6})?|\PC{0,10}"
        ) {
            let is_refused = check(Capability::Http, &entry).is_err();
            prop_assert!(!is_refused || !is_meaningful(Capability::Http, &entry));
        }
    }
}
