//! What authors in Rust get wrong, and what they are told: the files of `tests/mistakes/rust`.
//!
//! A file is a component with a mistake in it, as an author may write it, and what is said about it:
//!
//! ```toml
//! about = "What is not so in a plugin, in a sentence."
//!
//! code = '''
//! #[task]
//! fn waits() {
//!     std::thread::sleep(std::time::Duration::from_secs(1));
//! }
//! '''
//!
//! [wasip1]                                # with `--target wasm32-wasip1`, the default
//! built = ["a plugin does not wait", "src/lib.rs:[3]:"]  # in one warning of the build
//! call = "execute_task waits {}"          # as behind `driftless plugin call PLUGIN`, split as by a shell
//! status.code = 1                         # 0 where it is missing
//! says = ["in `waits` (src/lib.rs:[2])"]  # each is somewhere in what is printed
//!
//! [unknown]                               # with `--target wasm32-unknown-unknown`
//! …
//! ```
//!
//! `[3]` stands for the number of the third line of the code. All files are one plugin, since it is building that takes time.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::harness::Home;
use crate::plugin_build::{build, project};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mistake {
    /// What it is, which is told where it is not explained.
    about: String,
    code: String,
    wasip1: Option<Call>,
    unknown: Option<Call>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    #[serde(default)]
    built: Vec<String>,
    call: String,
    #[serde(default)]
    status: Status,
    says: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Status {
    code: i32,
}

/// The mistakes by the names of their files, each with the line before the first of its code.
fn read(source: &mut String) -> BTreeMap<String, (Mistake, usize)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes/rust");
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut mistakes = BTreeMap::new();
    for file in files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).unwrap();
        let mistake: Mistake = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(mistake.wasip1.is_some() || mistake.unknown.is_some(), "{name}: it calls nothing");
        let before = source.lines().count();
        source.push_str(&mistake.code);
        mistakes.insert(name, (mistake, before));
    }
    mistakes
}

/// What is expected, with the numbers of lines filled in.
fn filled_in(expected: &str, before: usize) -> String {
    let mut parts = expected.split("src/lib.rs:[");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (line, rest) = part.split_once(']').expect("a number stands between brackets");
        let line: usize = line.parse().expect("a number stands between brackets");
        text.push_str(&format!("src/lib.rs:{}{rest}", before + line));
    }
    text
}

#[test]
fn each_mistake_is_explained() {
    let home = Home::new();
    let mut source = "#[plugin_sdk::plugin]\nmod mistakes {\nuse plugin_sdk::prelude::*;\n".to_owned();
    let mistakes = read(&mut source);
    source.push_str("}\n");
    project(&home, "mistakes", "[lib]\ncrate-type = [\"cdylib\"]\n", &source);

    let mut wrong = Vec::new();
    for target in ["wasm32-wasip1", "wasm32-unknown-unknown"] {
        let outcome = build(&home, &["mistakes", "--target", target, "--out-dir", ".driftless/plugins"]);
        outcome.exits_with(0);
        let warnings: Vec<&str> = outcome.stderr.split("\n\n").collect();
        for (name, (mistake, before)) in &mistakes {
            let of_target = if target == "wasm32-wasip1" { &mistake.wasip1 } else { &mistake.unknown };
            let Some(call) = of_target else { continue };
            let about = &mistake.about;
            let expected: Vec<String> = call.built.iter().map(|text| filled_in(text, *before)).collect();
            if !warnings.iter().any(|warning| expected.iter().all(|text| warning.contains(text))) {
                wrong.push(format!(
                    "{name}, {target} ({about}): no warning has {expected:?}:\n{}",
                    outcome.stderr
                ));
            }
            let words = shlex::split(&call.call).expect("it is split as by a shell");
            let args = ["plugin", "call", "mistakes"].into_iter().chain(words.iter().map(String::as_str));
            let outcome = home.run(&args.collect::<Vec<_>>());
            let said = outcome.stderr.clone() + &outcome.stdout;
            if outcome.code != Some(call.status.code) {
                wrong.push(format!("{name}, {target} ({about}): it ends with {:?}:\n{said}", outcome.code));
            }
            for expected in call.says.iter().map(|text| filled_in(text, *before)) {
                if !said.contains(&expected) {
                    wrong.push(format!("{name}, {target} ({about}): it does not say {expected:?}:\n{said}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
