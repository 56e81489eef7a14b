//! What a plugin says, against the program: definitions, manifests and replies that would make the host itself run out of something.
//!
//! Each file of `tests/replies` is a case, and adding one is adding a file:
//!
//! ```toml
//! about = "What the case shows, in a sentence."
//! manifest = '{"name": "evil", "version": "1.0.0", "components": []}'   # without it, this one
//! args = "apply site.yml"                       # split at white space
//! status = 1                                    # the exit code; 0 where it is missing
//! stdout = "text"                               # all of it, where it is said
//! stderr = ["part of it", "another part"]
//!
//! [files]
//! "site.yml" = "tasks: [{type: evil.t}]"
//!
//! [replies]                                     # of the functions of the plugin `evil`, in parts, each any number of times
//! get_task_definitions = ["[", {text = '{"name": "t{n}"},', times = 100}, "{}]"]
//! ```
//!
//! `{n}` in a part that is repeated is its number, and `{n+1}` the next one. What is in `manifest` is repeated in the same way where it is a list.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use driftless_plugin_api::function::Function;
use serde::Deserialize;
use tempfile::TempDir;

use crate::measured::{Measured, Program};

/// The most memory that the program may have, whatever a plugin says.
const MAX_PEAK_BYTES: u64 = 250 << 20;

/// How long a case may take. Two seconds are what it should; a test does not measure on a machine that does something else as well.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where arguments are written, and where texts and replies lie behind them.
const RESERVED_AT: usize = 0x1_0000;
const TEXTS_AT: usize = 0x10_0000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[allow(dead_code, reason = "it is for the reader of the file")]
    about: String,
    #[serde(default)]
    manifest: Option<Parts>,
    args: String,
    #[serde(default)]
    status: i32,
    #[serde(default)]
    stdout: Option<String>,
    #[serde(default)]
    stderr: Vec<String>,
    #[serde(default)]
    files: toml::Table,
    #[serde(default)]
    replies: std::collections::BTreeMap<String, Parts>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Parts {
    One(String),
    Several(Vec<Part>),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Part {
    Once(String),
    Repeated { text: String, times: usize },
}

#[test]
fn no_plugin_makes_the_program_run_out_of_anything() {
    let mut files: Vec<PathBuf> = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/replies"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut failures = String::new();
    for file in files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        match check(&file) {
            Ok(measured) => {
                eprintln!("{:>5} MiB {:>7.0?}  {name}", measured.peak >> 20, measured.time);
            }
            Err(why) => writeln!(failures, "{name}: {why}").unwrap(),
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

fn check(file: &Path) -> Result<Measured, String> {
    let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
    let case: Case = toml::from_str(&text).map_err(|error| error.to_string())?;
    let home = tempfile::tempdir().map_err(|error| error.to_string())?;
    let measured = run(&case, &home)?;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|error| error.to_string());
    let (stdout, stderr) = (text(&measured.stdout)?, text(&measured.stderr)?);
    let shown = || stderr.chars().take(1_000).collect::<String>();
    if stderr.contains("panicked at") {
        return Err(format!("the host panicked: {}", shown()));
    }
    if measured.code != Some(case.status) {
        return Err(format!("the exit code is {:?}, not {}: {}", measured.code, case.status, shown()));
    }
    if let Some(missing) = case.stderr.iter().find(|part| !stderr.contains(*part)) {
        return Err(format!("it does not say {missing:?}: {}", shown()));
    }
    if case.stdout.is_some_and(|expected| expected != stdout) {
        return Err(format!("it prints {:?}", stdout.chars().take(500).collect::<String>()));
    }
    let unsafe_to_show = |character: char| character.is_control() && !matches!(character, '\n' | '\t');
    if stderr.chars().any(unsafe_to_show) || stderr.len() > 64 << 10 {
        return Err(format!("it says {} bytes: {:?}", stderr.len(), shown()));
    }
    if measured.peak > MAX_PEAK_BYTES {
        return Err(format!("it had {} MiB of memory", measured.peak >> 20));
    }
    Ok(measured)
}

fn run(case: &Case, home: &TempDir) -> Result<Measured, String> {
    let write = |name: &str, contents: &[u8]| {
        let path = home.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).and_then(|()| fs::write(path, contents))
    };
    let failed = |error: std::io::Error| error.to_string();
    write(".driftless/plugins/evil.wasm", &plugin(case)?).map_err(failed)?;
    for (name, contents) in &case.files {
        let contents = contents.as_str().ok_or("a file is a text")?;
        let contents = match name.strip_suffix(".wat") {
            Some(_) => wat::parse_str(contents).map_err(|error| error.to_string())?,
            None => contents.as_bytes().to_vec(),
        };
        write(&name.replace(".wat", ".wasm"), &contents).map_err(failed)?;
    }
    let notes = tempfile::tempdir().map_err(failed)?;
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let program = Program {
        program: env!("CARGO_BIN_EXE_driftless").to_owned(),
        arguments: case.args.split_whitespace().map(str::to_owned).collect(),
        environment: vec![
            ("HOME".to_owned(), path(home.path())),
            ("PATH".to_owned(), "/usr/bin:/bin".to_owned()),
        ],
        folder: path(home.path()),
    };
    program.run(notes.path(), PATIENCE)
}

/// The plugin: each function puts its reply together of its parts, so that a large reply does not make a large file.
fn plugin(case: &Case) -> Result<Vec<u8>, String> {
    const MANIFEST: &str = r#"{"name": "evil", "version": "1.0.0", "components": []}"#;
    let manifest = case.manifest.as_ref().map_or(MANIFEST.to_owned(), |parts| {
        parts.each().iter().map(|(text, times)| text.repeat(*times)).collect()
    });
    let (mut texts, mut functions) = (Vec::new(), String::new());
    let parts = case.replies.iter().map(|(name, parts)| (name, parts.each()));
    let parts: Vec<_> = parts.collect();
    let all: usize = parts.iter().flat_map(|(_, parts)| parts).map(|(text, _)| text.len()).sum();
    let replies_at = TEXTS_AT + all;
    let mut longest = 0;
    for (name, parts) in &parts {
        let function = Function::named(name).ok_or_else(|| format!("there is no function `{name}`"))?;
        let parameters = "(param i32 i32)".repeat(function.arguments());
        writeln!(functions, "(func (export \"{name}\") {parameters} (result i64) (local $to i32)").unwrap();
        writeln!(functions, "(local.set $to (i32.const {replies_at}))").unwrap();
        for (text, times) in parts {
            let at = TEXTS_AT + texts.len();
            writeln!(
                functions,
                "(local.set $to (call $put (local.get $to) (i32.const {at}) (i32.const {}) (i32.const {times})))",
                text.len()
            )
            .unwrap();
            texts.extend_from_slice(text.as_bytes());
        }
        writeln!(
            functions,
            "(i64.or (i64.shl (i64.const {replies_at}) (i64.const 32)) (i64.extend_i32_u (i32.sub (local.get $to) (i32.const {replies_at})))))"
        )
        .unwrap();
        longest = longest.max(parts.iter().map(|(text, times)| text.len() * times).sum());
    }
    let pages = (replies_at + longest + 0xffff) >> 16;
    let escaped = |bytes: &[u8]| bytes.iter().map(|byte| format!("\\{byte:02x}")).collect::<String>();
    let (manifest, texts) = (escaped(manifest.as_bytes()), escaped(&texts));
    let text = format!(
        r#"(module (@custom "driftless.manifest.v1" "{manifest}")
            (memory (export "memory") {pages})
            (data (i32.const {TEXTS_AT}) "{texts}")
            (func (export "driftless_reserve") (param i32) (result i32) (i32.const {RESERVED_AT}))
            (func $put (param $to i32) (param $from i32) (param $length i32) (param $times i32) (result i32)
                (block $done (loop $next
                    (br_if $done (i32.eqz (local.get $times)))
                    (memory.copy (local.get $to) (local.get $from) (local.get $length))
                    (local.set $to (i32.add (local.get $to) (local.get $length)))
                    (local.set $times (i32.sub (local.get $times) (i32.const 1)))
                    (br $next)))
                (local.get $to))
            {functions})"#
    );
    wat::parse_str(text).map_err(|error| error.to_string())
}

impl Parts {
    /// The parts, each with how often it is repeated.
    fn each(&self) -> Vec<(String, usize)> {
        let parts = match self {
            Self::One(text) => return vec![(text.clone(), 1)],
            Self::Several(parts) => parts,
        };
        let mut each = Vec::new();
        for part in parts {
            match part {
                Part::Once(text) => each.push((text.clone(), 1)),
                Part::Repeated { text, times } if text.contains("{n") => {
                    let numbered = (0..*times).map(|number| {
                        text.replace("{n}", &number.to_string()).replace("{n+1}", &(number + 1).to_string())
                    });
                    each.push((numbered.collect(), 1));
                }
                Part::Repeated { text, times } => each.push((text.clone(), *times)),
            }
        }
        each
    }
}
