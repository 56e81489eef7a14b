//! Runs the files of `tests/cases`.
//!
//! `CASE=limits cargo test -p driftless-cli cases` runs those with `limits` in their name; `BLESS=1` writes what the program did into
//! those that expect something else, to be looked at in the diff.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::case::{Block, Case, matches, redact, unescape, words};
use crate::harness::{Home, Outcome, examples, start};

#[test]
fn cases() {
    let (wanted, bless) = (std::env::var("CASE").unwrap_or_default(), std::env::var_os("BLESS").is_some());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files = Vec::new();
    collect(&folder, &mut files);
    files.retain(|file| file.to_string_lossy().contains(&wanted));
    files.sort();
    assert!(!files.is_empty(), "no case has `{wanted}` in its name");

    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let name = file.strip_prefix(&folder).unwrap_or(file).display().to_string();
                    let checked = std::panic::catch_unwind(|| check(file, bless));
                    let differences = checked.unwrap_or_else(|_| vec!["it panicked, see above".to_owned()]);
                    let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
                    failed.extend(
                        differences.into_iter().map(|difference| format!("\n=== {name}: {difference}")),
                    );
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    assert!(failed.is_empty(), "{}\n\nBLESS=1 makes what the program did the expectation", failed.concat());
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "txt") {
            files.push(path);
        }
    }
}

/// Runs a case and returns what is not as expected.
fn check(file: &Path, bless: bool) -> Vec<String> {
    let before = fs::read_to_string(file).unwrap();
    let case = Case::parse(&before);
    assert!(!case.about.trim().is_empty(), "{}: it does not say what it shows", file.display());
    let stage = Stage { home: Home::new(), environment: Vec::new(), stdin: None };
    let (case, differences) = stage.play(case);
    if !bless {
        return differences;
    }
    if case.text() != before {
        fs::write(file, case.text()).unwrap();
    }
    Vec::new()
}

/// What a case has prepared so far.
struct Stage {
    home: Home,
    environment: Vec<(String, String)>,
    stdin: Option<Vec<u8>>,
}

impl Stage {
    /// Plays a case, block by block. Returns it as it would have to be, and in what it differs.
    fn play(mut self, case: Case) -> (Case, Vec<String>) {
        let mut played = Case { about: case.about, blocks: Vec::new() };
        let mut differences = Vec::new();
        let mut blocks = case.blocks.into_iter().peekable();
        while let Some(block) = blocks.next() {
            if block.word != "run" {
                self.prepare(&block);
                played.blocks.push(block);
                continue;
            }
            let outcome = self.run(&block.argument);
            let mut expected = Vec::new();
            while let Some(expectation) = blocks.next_if(Block::expects) {
                expected.push(expectation);
            }
            let actual = self.actual(&outcome, &expected);
            let command = block.argument.clone();
            played.blocks.push(block);
            for actual in actual {
                let same = |block: &&Block| {
                    block.word == actual.word
                        && (block.word != "contents" || block.argument == actual.argument)
                };
                let found = expected.iter().find(same);
                let as_expected = match found {
                    Some(found) => found.argument == actual.argument && matches(&found.body, &actual.body),
                    None => actual.body.is_empty() && actual.word != "exit",
                };
                match found {
                    Some(found) if as_expected => played.blocks.push(found.clone()),
                    None if as_expected => {}
                    _ => {
                        differences.push(difference(&command, found, &actual));
                        if actual.word == "exit" || actual.word == "contents" || !actual.body.is_empty() {
                            played.blocks.push(actual);
                        }
                    }
                }
            }
        }
        (played, differences)
    }

    fn prepare(&mut self, Block { word, argument, body }: &Block) {
        match word.as_str() {
            "install" => self.home.install(argument),
            "file" => {
                if let Some(stem) = argument.strip_suffix(".wat") {
                    let assembled =
                        wat::parse_str(body).unwrap_or_else(|error| panic!("{argument}: {error}"));
                    self.home.write(&format!("{stem}.wasm"), assembled);
                } else {
                    let dir = self.home.path().to_string_lossy().into_owned();
                    self.home.write(argument, body.replace("$DIR", &dir));
                }
            }
            "bytes" => drop(self.home.write(argument, unescape(body))),
            "folder" => fs::create_dir_all(self.home.path().join(argument)).unwrap(),
            "env" => {
                let (name, value) = argument.split_once('=').expect("env NAME=VALUE");
                self.environment.push((name.to_owned(), value.to_owned()));
            }
            "stdin" => self.stdin = Some(body.clone().into_bytes()),
            other => panic!("there is no block `{other}` that could stand here"),
        }
    }

    fn run(&mut self, line: &str) -> Outcome {
        let (dir, examples) = (self.home.path().to_string_lossy(), examples());
        let place =
            |word: String| word.replace("$DIR", &dir).replace("$EXAMPLES", &examples.to_string_lossy());
        let mut command = self.home.command(words(line).into_iter().map(place));
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        if let Some(input) = self.stdin.take() {
            let path = self.home.write(".stdin", input);
            command.stdin(Stdio::from(fs::File::open(path).unwrap()));
        }
        start(&mut command).finish()
    }

    /// What the run did, as a case would say it.
    fn actual(&self, outcome: &Outcome, expected: &[Block]) -> Vec<Block> {
        let redacted = |text: &str| redact(text, self.home.path(), &examples());
        let code = outcome.code.map_or_else(|| "by a signal".to_owned(), |code| code.to_string());
        let mut actual = vec![
            Block::new("exit", &code, ""),
            Block::new("stdout", "", &redacted(&outcome.stdout)),
            Block::new("stderr", "", &redacted(&outcome.stderr)),
        ];
        for block in expected.iter().filter(|block| block.word == "contents") {
            let contents = fs::read(self.home.path().join(&block.argument));
            let contents = contents.map_or_else(
                |error| format!("{error}\n"),
                |bytes| redacted(&String::from_utf8_lossy(&bytes)),
            );
            actual.push(Block::new("contents", &block.argument, &contents));
        }
        actual
    }
}

fn difference(command: &str, expected: Option<&Block>, actual: &Block) -> String {
    let text = |block: &Block| {
        let argument =
            if block.argument.is_empty() { String::new() } else { format!("{}\n", block.argument) };
        format!("{argument}{}", block.body)
    };
    let expected = expected.map_or_else(|| "nothing\n".to_owned(), text);
    format!("driftless {command}\n--- {}: expected\n{expected}--- but it is\n{}", actual.word, text(actual))
}
