//! What to write instead of what cannot work in a plugin.
//!
//! Functions of the standard library fail there in words that are about systems and not about plugins. Where such words reach the plugin's user, what they mean is put
//! behind them, and the component that they come from: a library's place tells an author little.

/// The component or hook that something is said about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// What it is called.
    pub(crate) name: &'static str,
    /// Where the author wrote it: a file and a line.
    pub(crate) place: &'static str,
}

/// What is said where something fails, and what it means for the author of a plugin. The first that is found counts.
const MEANINGS: [(&str, &str); 13] = [
    (NO_OBJECT, "return a struct that derives `Serialize`, a map, or a `Value` made with `json!({…})`"),
    // Error numbers of WASI, which are no system's.
    ("No such file or directory (os error 44)", FILES),
    ("Capabilities insufficient (os error 76)", FILES),
    ("failed to find a pre-opened file descriptor", FILES),
    ("no filesystem on", FILES),
    (
        "environment variable not found",
        "a plugin reads variables with `plugin_sdk::env`, and not with `std::env`",
    ),
    ("failed to spawn thread", "a plugin has one thread, so `std::thread::spawn` never works in it"),
    ("can't sleep", SLEEP),
    ("thread::sleep", SLEEP),
    (
        "time not implemented on this platform",
        "`plugin_sdk::timestamp()` tells the time, in seconds; with the target wasm32-wasip1 `std::time` works as well",
    ),
    ("operation not supported on this platform", OUTSIDE),
    ("Function not implemented (os error 52)", OUTSIDE),
    ("Bad file descriptor (os error 8)", OUTSIDE),
];

/// What the SDK says of a reply that has to be an object.
pub(crate) const NO_OBJECT: &str = "what it returned is not a JSON object";

const FILES: &str = "a plugin reaches files with `plugin_sdk::fs`, and not with `std::fs`";

pub(crate) const SLEEP: &str = "a plugin does not wait: return, and let the host call again (the next call of a log source, or the next run of a task)";

const OUTSIDE: &str = "the standard library reaches nothing outside of a plugin: `plugin_sdk::fs`, `http`, `env` and `process` ask the host";

#[cfg_attr(not(target_os = "wasi"), allow(dead_code, reason = "elsewhere nothing stands in for WASI"))]
pub(crate) const EXIT: &str =
    "a plugin does not end itself: return an error, for example with `bail!(\"…\")`";

/// The words of a failure, with what they mean for a plugin and the component that failed, where they are the standard library's.
pub(crate) fn explained(words: String, origin: Option<Origin>) -> String {
    match MEANINGS.iter().find(|(said, _)| words.contains(said)) {
        Some((_, meaning)) => format!("{}; {meaning}", placed(&words, origin)),
        None => words,
    }
}

/// The words of a failure, and the component that it came from.
pub(crate) fn placed(words: &str, origin: Option<Origin>) -> String {
    match origin {
        Some(Origin { name, place }) => format!("{words}, in `{name}` ({place})"),
        None => words.to_owned(),
    }
}

/// The place of a panic, as cargo and the compiler name files, and whether it is in the author's own code rather than in a library.
#[cfg_attr(not(target_family = "wasm"), allow(dead_code, reason = "elsewhere a panic is the test's"))]
pub(crate) fn place_of_panic(file: &str, line: u32, column: u32) -> (String, bool) {
    // Cargo names files of the author's workspace relative to it. Of the standard library the compiler knows the commit.
    let is_own = !file.starts_with('/') && !file.contains(":\\") && !file.starts_with(".driftless");
    let file = match file.strip_prefix("/rustc/").and_then(|rest| rest.split_once('/')) {
        Some((_commit, file)) => file,
        None => file,
    };
    (format!("{file}:{line}:{column}"), is_own)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTS: Origin = Origin { name: "hosts", place: "src/lib.rs:7" };

    #[test]
    fn words_of_the_standard_library_are_explained() {
        let words =
            "failed to find a pre-opened file descriptor through which \"/etc/hosts\" could be opened";
        assert_eq!(
            explained(words.to_owned(), Some(HOSTS)),
            format!("{words}, in `hosts` (src/lib.rs:7); {FILES}")
        );
        assert_eq!(explained("not today".to_owned(), Some(HOSTS)), "not today");
        assert_eq!(explained("can't sleep".to_owned(), None), format!("can't sleep; {SLEEP}"));
    }

    #[test]
    fn a_place_is_the_authors_or_a_librarys() {
        let place = |file| place_of_panic(file, 3, 5);
        assert_eq!(place("src/lib.rs"), ("src/lib.rs:3:5".to_owned(), true));
        assert_eq!(
            place("/rustc/59807616e/library/std/src/thread/mod.rs"),
            ("library/std/src/thread/mod.rs:3:5".to_owned(), false)
        );
        assert!(!place("/opt/.cargo/registry/src/x/src/lib.rs").1);
        assert!(!place("C:\\Users\\ada\\.cargo\\registry\\x.rs").1);
        assert!(!place(".driftless/sdk/rust/plugin-sdk/src/fs.rs").1);
    }
}
