//! `cargo xtask fuzz`: runs the fuzzers of `fuzz/`, and tells how fast they were and what they found.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::run::{self, cargo, command, heading, output, root, say};

/// What `cargo xtask fuzz` takes.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The fuzzers, or all
    #[arg(value_name = "TARGET", value_parser = PossibleValuesParser::new(FUZZERS.map(|fuzzer| fuzzer.name)))]
    targets: Vec<String>,
    /// How long each of them runs
    #[arg(long, value_name = "N", default_value = "1", value_parser = minutes)]
    minutes: f64,
}

/// A fuzzer, and what is particular about it.
struct Fuzzer {
    name: &'static str,
    /// The longest input, in bytes.
    longest: usize,
    /// The file of words that inputs are made of.
    words: Option<&'static str>,
}

/// All of them, each with the address sanitizer: wasmtime's handling of signals and its maps of memory get along with it.
const FUZZERS: [Fuzzer; 6] = [
    Fuzzer { name: "validator", longest: 16 << 10, words: None },
    Fuzzer { name: "manifest", longest: 4 << 10, words: Some("fuzz/json.dict") },
    Fuzzer { name: "reply", longest: 4 << 10, words: Some("fuzz/json.dict") },
    Fuzzer { name: "definitions", longest: 8 << 10, words: Some("fuzz/json.dict") },
    Fuzzer { name: "permissions", longest: 2 << 10, words: Some("fuzz/permissions.dict") },
    Fuzzer { name: "smith", longest: 8 << 10, words: None },
];

/// A single input that takes longer counts as a hang. Calls have a second, of which one input makes some; the machine may be
/// slow and do something else as well.
const HANG: Duration = Duration::from_secs(30);

/// Mebibytes that a fuzzer may have. The sanitizer keeps freed memory for a while, and a guest may have one mebibyte.
const MEMORY: u32 = 3 << 10;

/// How a fuzzer did.
struct Outcome {
    name: &'static str,
    inputs: String,
    per_second: String,
    passed: bool,
}

/// Runs those that are named, or all.
pub(crate) fn run(options: &Options) -> Result<()> {
    let fuzzers = options.fuzzers();
    let minutes = options.minutes;
    check_tools()?;
    // Seeds that are made rather than kept; the fuzzers find them beside what they found themselves.
    run::run(cargo().args(["run", "--locked", "--package", "driftless-fuzzing", "--bin", "seeds"]))?;
    for fuzzer in &fuzzers {
        heading(&format!("Building {}", fuzzer.name));
        run::run(fuzz("build").arg(fuzzer.name))?;
    }
    let mut outcomes = Vec::new();
    for fuzzer in &fuzzers {
        heading(&format!("{} for {minutes} min", fuzzer.name));
        outcomes.push(fuzzer.run(minutes)?);
    }
    heading("Fuzzers");
    say("| target | inputs | inputs a second | result |\n|---|---|---|---|");
    for Outcome { name, inputs, per_second, passed } in &outcomes {
        let result = if *passed { "nothing found" } else { "**found something**" };
        say(&format!("| {name} | {inputs} | {per_second} | {result} |"));
    }
    let found: Vec<_> =
        outcomes.iter().filter(|outcome| !outcome.passed).map(|outcome| outcome.name).collect();
    if found.is_empty() {
        return Ok(());
    }
    bail!(
        "something was found by {}; the input is in fuzz/artifacts/. Once it is mended, keep the input in \
         fuzz/regressions/TARGET/, named after what it was: `cargo test -p driftless-fuzzing` replays it",
        found.join(", ")
    );
}

impl Options {
    fn fuzzers(&self) -> Vec<&'static Fuzzer> {
        let is_wanted =
            |fuzzer: &&Fuzzer| self.targets.is_empty() || self.targets.iter().any(|name| name == fuzzer.name);
        FUZZERS.iter().filter(is_wanted).collect()
    }
}

/// How long each fuzzer runs.
fn minutes(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(minutes) if minutes > 0.0 && minutes <= 1e6 => Ok(minutes),
        _ => Err("this is no number of minutes".to_owned()),
    }
}

/// What is needed beside a stable compiler.
fn check_tools() -> Result<()> {
    let nightly = output(command("rustup").args(["run", "nightly", "rustc", "--version"]));
    nightly.context("the fuzzers need a nightly compiler: `rustup toolchain install nightly`")?;
    let cargo_fuzz = output(command("rustup").args(["run", "nightly", "cargo", "fuzz", "--version"]));
    cargo_fuzz.context("the fuzzers need cargo-fuzz: `cargo install --locked cargo-fuzz`")?;
    Ok(())
}

/// `cargo fuzz`, with the nightly compiler. Without debug assertions everywhere: `fuzz/Cargo.toml` turns them on where they matter.
fn fuzz(what: &str) -> Command {
    let mut fuzz = command("rustup");
    fuzz.args(["run", "nightly", "cargo", "fuzz", what, "--release"]);
    fuzz
}

impl Fuzzer {
    fn run(&self, minutes: f64) -> Result<Outcome> {
        let mut command = fuzz("run");
        command.arg(self.name);
        fs::create_dir_all(root().join("fuzz/corpus").join(self.name))?;
        // What is new goes into the first folder.
        for folder in ["corpus", "seeds", "regressions"] {
            let folder = root().join("fuzz").join(folder).join(self.name);
            if folder.is_dir() {
                command.arg(folder);
            }
        }
        command.args(["--", "-print_final_stats=1"]);
        command.arg(format!("-max_total_time={:.0}", (minutes * 60.0).max(1.0)));
        command.arg(format!("-timeout={}", HANG.as_secs()));
        command.arg(format!("-rss_limit_mb={MEMORY}"));
        // Looking for leaks walks through the compiler's whole memory, and what is kept on purpose here is kept in statics.
        command.arg("-detect_leaks=0");
        command.arg(format!("-max_len={}", self.longest));
        if let Some(words) = self.words {
            command.arg(format!("-dict={}", root().join(words).display()));
        }
        let mut child = command.stderr(Stdio::piped()).spawn().context("rustup cannot be started")?;
        let (mut inputs, mut per_second) = ("?".to_owned(), "?".to_owned());
        let stderr = child.stderr.take().context("the fuzzer has a standard error")?;
        // A line may hold bytes of an input.
        for line in BufReader::new(stderr).split(b'\n') {
            let line = line?;
            let line = String::from_utf8_lossy(&line);
            if let Some(number) = line.strip_prefix("stat::number_of_executed_units:") {
                number.trim().clone_into(&mut inputs);
            } else if let Some(number) = line.strip_prefix("stat::average_exec_per_sec:") {
                number.trim().clone_into(&mut per_second);
            }
            // Every input that was new has a line, which is a few too many.
            if !["\tNEW ", "\tREDUCE ", "\tRELOAD "].iter().any(|kind| line.contains(kind)) {
                say(&line);
            }
        }
        let passed = child.wait()?.success();
        Ok(Outcome { name: self.name, inputs, per_second, passed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fuzzer_is_run() {
        let folder = fs::read_dir(root().join("fuzz/fuzz_targets")).unwrap();
        let stem = |path: std::path::PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
        let mut there: Vec<String> = folder.map(|entry| stem(entry.unwrap().path())).collect();
        there.sort();
        let mut run = FUZZERS.map(|fuzzer| fuzzer.name.to_owned());
        run.sort();
        assert_eq!(there, run);
    }

    #[test]
    fn arguments_name_targets_and_minutes() {
        #[derive(Debug, clap::Parser)]
        struct Command {
            #[command(flatten)]
            options: Options,
        }
        let read = |words: &[&str]| {
            let words = std::iter::once("fuzz").chain(words.iter().copied());
            <Command as clap::Parser>::try_parse_from(words).map(|command| command.options)
        };
        let options = read(&["smith", "--minutes", "0.5"]).unwrap();
        let fuzzers = options.fuzzers();
        assert_eq!((fuzzers[0].name, fuzzers.len(), options.minutes), ("smith", 1, 0.5));
        let options = read(&[]).unwrap();
        assert_eq!((options.fuzzers().len(), options.minutes), (FUZZERS.len(), 1.0));
        for wrong in [&["no-fuzzer"][..], &["--minutes"], &["--minutes", "0"], &["--minutes", "NaN"]] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
