//! Runs the files of `tests/cases`: what is there, what is run, and what comes of it.
//!
//! A case is a file in TOML. Its keys are those of trycmd where trycmd has one:
//!
//! ```toml
//! about = "What the case shows, in a sentence."
//!
//! [given]                                # what is there before the first run
//! install = ["custom-task-plugin"]       # example plugins, among the installed ones
//! folders = ["logs"]
//! files."site.yml" = '''
//! tasks: []
//! '''
//! files."bare.wat" = "(module)"          # is assembled to `bare.wasm`
//! bytes."latin1.yml" = "caf\u00e9"       # a byte for each character
//!
//! [[run]]
//! given.files."more.yml" = "a: 1"        # what is there from this run on
//! stdin = "standard input"
//! args = "apply site.yml --set 'a=b c'"  # split as by a shell
//! status.code = 2                        # 0 where it is missing
//! stdout = "nothing where it is missing"
//! stderr = '''
//! error: [..] tasks
//! ...
//! '''
//! contents."out.log" = "what is in a file after the run"
//! ```
//!
//! All runs of a case share one folder, which is the home and the current folder of the program. `[DIR]` is that folder and `[EXAMPLES]`
//! that of the example plugins, in files and arguments as well as in what is expected. There, `[..]` stands for anything in a line, a line
//! `...` for any number of lines, and `[VERSION]`, `[DIGEST]`, `[KEY]`, `[SECONDS]` and `[RATE]` for what differs from run to run.
//!
//! What is printed under `--json` is held against the schemas of the book as well.
//!
//! Each folder of cases is a test: `cargo test -p driftless-cli cases::limits` runs those in `limits`. `SNAPSHOTS=overwrite` writes what the
//! program did into the files that expect something else, to be looked at in the diff.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::Deserialize;
use snapbox::assert::{Action, DEFAULT_ACTION_ENV};
use snapbox::{Assert, IntoData, Redactions};
use toml_edit::{DocumentMut, InlineTable, Item, Value};

use crate::harness::{Home, Outcome, examples, start};
use crate::json_output;

/// Makes a test of each folder, and one that no folder is left out.
macro_rules! folders {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                check_folder(&stringify!($name).replace('_', "-"));
            }
        )*

        #[test]
        fn every_folder_is_a_test() {
            let tests = [$(stringify!($name).replace('_', "-")),*];
            let mut folders = entries(&cases());
            folders.retain(|folder| !tests.iter().any(|test| folder.ends_with(test)));
            assert!(folders.is_empty(), "add these to the list in {}: {folders:?}", file!());
        }
    };
}

folders! { apply facts failure help limits logs new permission plugin plugin_test registry render settings usage }

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

fn check_folder(name: &str) {
    let mut differences = String::new();
    for file in entries(&cases().join(name)) {
        assert!(
            file.extension().is_some_and(|extension| extension == "toml"),
            "{}: not a case",
            file.display()
        );
        // Shown where the test fails, so that a panic is attributed to its file.
        eprintln!("{}", file.display());
        differences += &check(&file);
    }
    assert!(
        differences.is_empty(),
        "{differences}\n{DEFAULT_ACTION_ENV}=overwrite makes what the program did the expectation"
    );
}

/// A case, as it is read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    about: String,
    #[serde(default)]
    given: Given,
    run: Vec<Run>,
}

/// What is put into the folder.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Given {
    install: Vec<String>,
    folders: Vec<String>,
    files: BTreeMap<String, String>,
    bytes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    #[serde(default)]
    given: Given,
    stdin: Option<String>,
    args: String,
    #[serde(default)]
    status: Status,
    #[serde(default)]
    stdout: String,
    #[serde(default)]
    stderr: String,
    #[serde(default)]
    contents: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Status {
    code: i32,
}

/// Runs a case. Returns in what it differs; to be written over, it is written, and nothing differs.
fn check(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let case: Case = toml::from_str(&text).unwrap_or_else(|error| panic!("{error}"));
    assert!(!case.about.trim().is_empty(), "it does not say what it shows");
    let mut document: DocumentMut = text.parse().unwrap();
    let home = Home::new();
    let assert = assert(&home);
    case.given.prepare(&home);
    let mut differences = String::new();
    for (number, run) in case.run.iter().enumerate() {
        run.given.prepare(&home);
        let outcome = run.start(&home);
        let mut different = |key: &str, difference: &dyn std::fmt::Display| {
            let _ = writeln!(
                differences,
                "\n{}: {key} of `driftless {}`: {difference}",
                file.display(),
                run.args
            );
        };
        // What is expected of a run may be written over; what the book says of it may not.
        let args = shlex::split(&run.args).expect("each quote is closed");
        if let Some(complaint) = json_output::complaint(&args, &outcome) {
            panic!("{}: `driftless {}`: {complaint}", file.display(), run.args);
        }
        let written = &mut document["run"][number];
        if outcome.code != Some(run.status.code) {
            let code = outcome.code.expect("a signal ended the program");
            different("status.code", &format_args!("{code}, not {}", run.status.code));
            written["status"] = status(code);
        }
        for (key, expected, actual) in
            [("stdout", &run.stdout, &outcome.stdout), ("stderr", &run.stderr, &outcome.stderr)]
        {
            if let Err((difference, actual)) = compare(&assert, actual, expected) {
                different(key, &difference);
                written[key] =
                    if actual.is_empty() { Item::None } else { toml_edit::value(readable(&actual)) };
            }
        }
        for (name, expected) in &run.contents {
            let actual = match fs::read(home.path().join(name)) {
                Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                Err(error) => format!("{error}\n"),
            };
            if let Err((difference, actual)) = compare(&assert, &actual, expected) {
                different(name, &difference);
                written["contents"][name] = toml_edit::value(readable(&actual));
            }
        }
    }
    if assert.selected_action() == Action::Overwrite && !differences.is_empty() {
        fs::write(file, document.to_string()).unwrap();
        differences.clear();
    }
    differences
}

impl Given {
    fn prepare(&self, home: &Home) {
        self.install.iter().for_each(|plugin| home.install(plugin));
        for folder in &self.folders {
            fs::create_dir_all(home.path().join(folder)).unwrap();
        }
        for (name, text) in &self.files {
            if let Some(stem) = name.strip_suffix(".wat") {
                let assembled = wat::parse_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
                home.write(&format!("{stem}.wasm"), assembled);
            } else {
                home.write(name, placed(text, home));
            }
        }
        for (name, characters) in &self.bytes {
            let byte = |character| u8::try_from(character).expect("a byte is at most \\u00ff");
            home.write(name, characters.chars().map(byte).collect::<Vec<_>>());
        }
    }
}

impl Run {
    fn start(&self, home: &Home) -> Outcome {
        let args = shlex::split(&placed(&self.args, home)).expect("each quote is closed");
        let mut command = home.command(args);
        if self.stdin.is_some() {
            command.stdin(Stdio::piped());
        }
        let mut run = start(&mut command);
        if let Some(text) = &self.stdin {
            // A program that has ended without reading it is judged by what it printed.
            let _ = run.stdin().write_all(text.as_bytes());
        }
        run.finish()
    }
}

/// The text with the folders of this run in it.
fn placed(text: &str, home: &Home) -> String {
    text.replace("[DIR]", &home.path().to_string_lossy()).replace("[EXAMPLES]", &examples().to_string_lossy())
}

/// What compares, with that replaced what is different on every machine and at every time.
fn assert(home: &Home) -> Assert {
    let regex = |pattern| regex::Regex::new(pattern).unwrap();
    let mut redactions = Redactions::new();
    redactions.insert("[DIR]", home.path().to_owned()).unwrap();
    redactions.insert("[EXAMPLES]", examples()).unwrap();
    redactions.insert("[VERSION]", env!("CARGO_PKG_VERSION")).unwrap();
    redactions.insert("[DIGEST]", regex("sha256:(?<redacted>[0-9a-f]{64})")).unwrap();
    redactions.insert("[KEY]", regex("(?<redacted>RW[A-Za-z0-9+/]{54})")).unwrap();
    redactions.insert("[SECONDS]", regex(r#"(, in |"seconds":)(?<redacted>[0-9.e-]+)"#)).unwrap();
    redactions.insert("[RATE]", regex(r" s \((?<redacted>[0-9]+) lines/s\)")).unwrap();
    // A backslash is a backslash: replies and messages have escapes in them.
    Assert::new().action_env(DEFAULT_ACTION_ENV).normalize_paths(false).redact_with(redactions)
}

/// Returns the difference, and the actual text as it would be expected: with the placeholders that still hold.
fn compare(assert: &Assert, actual: &str, expected: &str) -> Result<(), (snapbox::assert::Error, String)> {
    let (actual, expected) = (actual.into_data(), expected.into_data());
    assert.try_eq(None, actual.clone(), expected.clone()).map_err(|difference| {
        let (actual, _) = assert.normalize(actual, expected);
        (difference, actual.render().unwrap_or_default())
    })
}

/// Text as a person would write it: lines as they are.
fn readable(text: &str) -> Value {
    let literal = format!("'''\n{text}'''").parse::<Value>().ok();
    literal
        .filter(|literal| text.ends_with('\n') && literal.as_str() == Some(text))
        .unwrap_or_else(|| text.into())
}

/// `status.code = CODE`, or nothing.
fn status(code: i32) -> Item {
    if code == 0 {
        return Item::None;
    }
    let mut status = InlineTable::from_iter([("code", i64::from(code))]);
    status.set_dotted(true);
    toml_edit::value(status)
}

#[test]
fn what_is_expected_is_compared_exactly() {
    let assert = assert(&Home::new());
    let same = |actual, expected| compare(&assert, actual, expected).is_ok();
    assert!(same("a\n1\n2\nb c d\n", "a\n...\nb [..] d\n"));
    assert!(same("", "...\n"));
    for (actual, expected) in
        [("a", "a\n"), ("a\n", "a"), ("a\nc\n", "a\n...\nb\n"), ("a\n", ""), ("", "a\n"), ("a\\b", "a/b")]
    {
        assert!(!same(actual, expected), "{actual:?} is not {expected:?}");
    }
}

#[test]
fn what_differs_from_run_to_run_is_replaced() {
    let home = Home::new();
    let actual = format!(
        "{} {}/a in 1, in 0.25 s (8 lines/s) sha256:{} \"seconds\":1.5e-5}}",
        env!("CARGO_PKG_VERSION"),
        home.path().display(),
        "a".repeat(64)
    );
    let expected =
        "[VERSION] [DIR]/a in 1, in [SECONDS] s ([RATE] lines/s) sha256:[DIGEST] \"seconds\":[SECONDS]}";
    assert!(compare(&assert(&home), &actual, expected).is_ok());
}

#[test]
fn what_is_written_over_keeps_its_placeholders_and_is_read_as_the_same() {
    let (_, actual) = compare(&assert(&Home::new()), "a 1\nb 2\n", "a [..]\nb 1\n").unwrap_err();
    assert_eq!(actual, "a [..]\nb 2\n");
    for text in ["one\ntwo\n", "'''\n", "\u{1b}[1m\r\n", "no newline"] {
        let written = format!("text = {}", readable(text));
        assert_eq!(written.parse::<toml::Table>().unwrap()["text"].as_str(), Some(text), "{written}");
    }
    assert_eq!(readable("a \"b\"\n").to_string().trim(), "'''\na \"b\"\n'''");
    assert_eq!(format!("{}", status(2)).trim(), "{ code = 2 }");
}
