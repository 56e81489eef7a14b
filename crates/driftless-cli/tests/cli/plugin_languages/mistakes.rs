//! The mistakes of authors that are kept in `tests/mistakes/LANGUAGE`: each is a file of a plugin, which begins with what has to come of it.
//!
//! ```text
//! // call execute_task broken {}      where it is noticed when this is called; otherwise the build notices it
//! // exit 1                           with which exit code
//! // says src/broken.js:9:3           and what is said, the place among it
//! ```
//!
//! Those that the build notices are built one after the other, which ends before anything is compiled. The others become one plugin.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::harness::{Home, Outcome, repository};

/// The least that is kept for each language.
const LEAST: usize = 12;

/// One mistake.
struct Mistake {
    /// `src/NAME.js`
    file: String,
    source: String,
    /// What notices it, where it is not the build.
    call: Option<Vec<String>>,
    exit: i32,
    says: Vec<String>,
}

impl Mistake {
    fn read(path: &Path) -> Self {
        let source = fs::read_to_string(path).unwrap();
        let file = format!("src/{}", path.file_name().unwrap().to_str().unwrap());
        let header = source.lines().map_while(|line| line.strip_prefix("// "));
        let (mut call, mut exit, mut says) = (None, None, Vec::new());
        for line in header {
            let (word, rest) = line.split_once(' ').unwrap_or_else(|| panic!("{file}: `{line}`"));
            match word {
                "call" => call = Some(shlex::split(rest).unwrap()),
                "exit" => exit = Some(rest.parse().unwrap()),
                "says" => says.push(rest.to_owned()),
                _ => panic!("{file}: there is no `{word}`"),
            }
        }
        // A limit is that of the whole call.
        let has_place = exit == Some(4) || says.iter().any(|text| text.contains(&file));
        assert!(has_place, "{file}: no place is expected");
        assert!(says.len() > 1, "{file}: no next step is expected");
        let exit = exit.unwrap_or_else(|| panic!("{file}: there is no `exit`"));
        Self { file, source, call, exit, says }
    }

    /// What is not as the file expects it, with all that was said.
    fn complaints(&self, outcome: &Outcome) -> Option<String> {
        let said = &outcome.stderr;
        let missing = self.says.iter().filter(|text| !said.contains(text.as_str()));
        let mut complaints: Vec<String> = missing.map(|text| format!("does not say `{text}`")).collect();
        if outcome.code != Some(self.exit) {
            complaints.push(format!("exits with {:?}", outcome.code));
        }
        let bare = ["trapped", "unreachable", "wasm backtrace", "wasm-function"];
        complaints
            .extend(bare.iter().filter(|word| said.contains(**word)).map(|word| format!("says `{word}`")));
        (!complaints.is_empty()).then(|| format!("{}: {}\n{said}\n", self.file, complaints.join(", ")))
    }
}

/// Fails with all complaints at once.
fn none(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// All of a language, those that the build notices first.
fn kept(language: &str) -> (Vec<Mistake>, Vec<Mistake>) {
    let folder = repository().join("crates/driftless-cli/tests/mistakes").join(language);
    let mut paths: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= LEAST, "{} has {}", folder.display(), paths.len());
    paths.iter().map(|path| Mistake::read(path)).partition(|mistake| mistake.call.is_none())
}

/// Holds the mistakes that the build notices, in the project `my-plugin`.
pub(super) fn of_the_build(home: &Home, language: &str) {
    let description = home.read("my-plugin/package.json");
    let main = format!("src/index.{language}");
    let mut complaints = Vec::new();
    for mistake in kept(language).0 {
        home.write(&format!("my-plugin/{}", mistake.file), &mistake.source);
        home.write("my-plugin/package.json", description.replace(&main, &mistake.file));
        complaints.extend(mistake.complaints(&super::build(home)));
        fs::remove_file(home.path().join("my-plugin").join(&mistake.file)).unwrap();
    }
    home.write("my-plugin/package.json", description);
    none(complaints);
}

/// Puts the mistakes that a call notices into the project `my-plugin`, and returns what imports them.
pub(super) fn put_into(home: &Home, language: &str) -> String {
    let mut imports = BTreeMap::new();
    for mistake in kept(language).1 {
        home.write(&format!("my-plugin/{}", mistake.file), &mistake.source);
        let module = mistake.file.replace("src/", "./");
        imports
            .insert(module.clone(), format!("import {:?};\n", module.strip_suffix(".ts").unwrap_or(&module)));
    }
    imports.into_values().collect()
}

/// Calls what notices them, in the plugin that was built of them.
pub(super) fn of_calls(home: &Home, language: &str) {
    let mut complaints = Vec::new();
    for mistake in kept(language).1 {
        let call = mistake.call.as_deref().unwrap_or_default();
        let args: Vec<&str> =
            ["plugin", "call", "my-plugin"].into_iter().chain(call.iter().map(String::as_str)).collect();
        complaints.extend(mistake.complaints(&home.run(&args)));
    }
    none(complaints);
}
