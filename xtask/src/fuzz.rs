//! `cargo xtask fuzz`: runs the fuzzers of `fuzz/`, and tells how fast they were and what they found.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::instrument::instrument;
use crate::run::{self, cargo, command, heading, hold_back, output, root, say};

/// What `cargo xtask fuzz` takes.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The fuzzers, or all
    #[arg(value_name = "TARGET", value_parser = PossibleValuesParser::new(FUZZERS.map(|fuzzer| fuzzer.name)))]
    targets: Vec<String>,
    /// How long each of them runs
    #[arg(long, value_name = "N", default_value = "1", value_parser = minutes)]
    minutes: f64,
    /// How many of them run at the same time
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u8).range(1..))]
    at_once: u8,
}

/// A fuzzer, and what is particular about it.
struct Fuzzer {
    name: &'static str,
    needs: Needs,
    /// The longest input, in bytes.
    longest: usize,
    /// The file of words that inputs are made of.
    words: Option<&'static str>,
}

/// What a fuzzer needs: the halves have little in common, so what is asked for decides what is built.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// What reads what users and plugins write.
    Readers,
    /// What compiles and runs WebAssembly.
    Engine,
}

impl Needs {
    /// The feature of the crate of the fuzzers.
    const fn feature(self) -> &'static str {
        match self {
            Self::Readers => "readers",
            Self::Engine => "engine",
        }
    }

    /// The mebibytes that a fuzzer may have: its own corpus, and what an input may cost the host; or what is kept of a thousand compiled modules.
    const fn memory(self) -> u32 {
        match self {
            Self::Readers => 512,
            Self::Engine => 2 << 10,
        }
    }
}

const JSON: Option<&str> = Some("fuzz/json.dict");

/// All of them.
const FUZZERS: [Fuzzer; 10] = [
    Fuzzer { name: "documents", needs: Needs::Readers, longest: 4 << 10, words: Some("fuzz/documents.dict") },
    Fuzzer { name: "templates", needs: Needs::Readers, longest: 4 << 10, words: Some("fuzz/templates.dict") },
    Fuzzer { name: "manifest", needs: Needs::Readers, longest: 4 << 10, words: JSON },
    Fuzzer { name: "definitions", needs: Needs::Readers, longest: 8 << 10, words: JSON },
    Fuzzer { name: "reply", needs: Needs::Readers, longest: 4 << 10, words: JSON },
    Fuzzer { name: "pipeline", needs: Needs::Readers, longest: 4 << 10, words: JSON },
    Fuzzer {
        name: "permissions",
        needs: Needs::Readers,
        longest: 2 << 10,
        words: Some("fuzz/permissions.dict"),
    },
    Fuzzer { name: "memory", needs: Needs::Engine, longest: 4 << 10, words: None },
    Fuzzer { name: "validator", needs: Needs::Engine, longest: 16 << 10, words: None },
    Fuzzer { name: "smith", needs: Needs::Engine, longest: 8 << 10, words: None },
];

/// A single input that takes longer counts as a hang. Calls have a second, of which one input makes some; the machine may be
/// slow and do something else as well.
const HANG: Duration = Duration::from_secs(30);

/// How a fuzzer did.
struct Outcome {
    name: &'static str,
    inputs: Option<u64>,
    per_second: Option<u64>,
    /// By the time of processors, which says the same on a machine that does something else as well.
    per_processor_second: Option<u64>,
    passed: bool,
}

/// Runs those that are named, or all.
pub(crate) fn run(options: &Options) -> Result<()> {
    let fuzzers = options.fuzzers();
    let minutes = options.minutes;
    let host = host()?;
    for needs in [Needs::Readers, Needs::Engine] {
        let names: Vec<_> =
            fuzzers.iter().filter(|fuzzer| fuzzer.needs == needs).map(|fuzzer| fuzzer.name).collect();
        if !names.is_empty() {
            heading(&format!("Building {}", names.join(", ")));
            build(&host, needs, &names)?;
        }
    }
    let mut outcomes = run_all(&fuzzers, options, &host)?;
    outcomes.sort_by_key(|outcome| fuzzers.iter().position(|fuzzer| fuzzer.name == outcome.name));
    heading(&format!("Fuzzers, {minutes} min each"));
    say("| target | inputs | a second | a second of a processor | result |\n|---|---|---|---|---|");
    let shown = |number: Option<u64>| number.map_or_else(|| "?".to_owned(), grouped);
    for Outcome { name, inputs, per_second, per_processor_second, passed } in &outcomes {
        let result = if *passed { "nothing found" } else { "**found something**" };
        let [inputs, per_second, per_processor] = [*inputs, *per_second, *per_processor_second].map(shown);
        say(&format!("| `{name}` | {inputs} | {per_second} | {per_processor} | {result} |"));
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

/// What the compiler calls this machine. Where a target is named, build scripts are told from what they build.
fn host() -> Result<String> {
    let version = output(command("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("the compiler does not say what it runs on")?.to_owned())
}

/// Builds fuzzers, in a profile of their own: nothing else has built there without counters.
fn build(host: &str, needs: Needs, names: &[&str]) -> Result<()> {
    let mut build = cargo();
    build.args(["build", "--locked", "--manifest-path", "fuzz/Cargo.toml", "--profile", "fuzz", "--target"]);
    build.args([host, "--features", needs.feature()]);
    for name in names {
        build.args(["--bin", name]);
    }
    instrument(&mut build)?;
    run::run(&mut build)
}

/// Runs fuzzers, some of them at the same time. What one says comes together.
fn run_all(fuzzers: &[&'static Fuzzer], options: &Options, host: &str) -> Result<Vec<Outcome>> {
    let minutes = options.minutes;
    let run_one = |fuzzer: &Fuzzer| {
        heading(&format!("{} for {minutes} min", fuzzer.name));
        fuzzer.run(minutes, host)
    };
    if options.at_once == 1 {
        return fuzzers.iter().map(|fuzzer| run_one(fuzzer)).collect();
    }
    let waiting = Mutex::new(fuzzers.iter());
    let next = || waiting.lock().ok()?.next();
    let one_after_another = || {
        let mut outcomes = Vec::new();
        while let Some(fuzzer) = next() {
            let (outcome, said) = hold_back(|| run_one(fuzzer));
            say(said.trim_end());
            outcomes.push(outcome?);
        }
        Ok::<_, anyhow::Error>(outcomes)
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..options.at_once).map(|_| scope.spawn(one_after_another)).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, _>| {
            thread.join().map_err(|_| anyhow!("a thread of this chore panicked"))?
        };
        let outcomes: Result<Vec<Vec<Outcome>>> = threads.into_iter().map(join).collect();
        Ok(outcomes?.into_iter().flatten().collect())
    })
}

/// The folders of a fuzzer's inputs that are kept, here or in the repository. What is new goes into the first one.
fn folders(name: &str) -> Result<Vec<PathBuf>> {
    let fuzz = root().join("fuzz");
    let corpus = fuzz.join("corpus").join(name);
    fs::create_dir_all(&corpus)?;
    let kept = ["seeds", "regressions"].map(|kind| fuzz.join(kind).join(name));
    Ok([corpus].into_iter().chain(kept.into_iter().filter(|folder| folder.is_dir())).collect())
}

impl Fuzzer {
    fn run(&self, minutes: f64, host: &str) -> Result<Outcome> {
        let mut fuzzer = command(root().join(format!("fuzz/target/{host}/fuzz")).join(self.name));
        // Seeds that are made rather than kept, which the fuzzer writes itself before it begins.
        let made = root().join("fuzz/target/seeds").join(self.name);
        fs::create_dir_all(&made)?;
        fuzzer.env("DRIFTLESS_SEEDS", &made);
        fuzzer.args(folders(self.name)?).arg(made);
        let artifacts = root().join("fuzz/artifacts").join(self.name);
        fs::create_dir_all(&artifacts)?;
        fuzzer.arg(format!("-artifact_prefix={}/", artifacts.display()));
        fuzzer.arg("-print_final_stats=1");
        fuzzer.arg(format!("-max_total_time={:.0}", (minutes * 60.0).max(1.0)));
        fuzzer.arg(format!("-timeout={}", HANG.as_secs()));
        fuzzer.arg(format!("-rss_limit_mb={}", self.needs.memory()));
        fuzzer.arg(format!("-max_len={}", self.longest));
        if let Some(words) = self.words {
            fuzzer.arg(format!("-dict={}", root().join(words).display()));
        }
        let mut child = fuzzer.stderr(Stdio::piped()).spawn().context("the fuzzer cannot be started")?;
        let mut outcome = Outcome {
            name: self.name,
            inputs: None,
            per_second: None,
            per_processor_second: None,
            passed: false,
        };
        let stderr = child.stderr.take().context("the fuzzer has a standard error")?;
        // A line may hold bytes of an input.
        for line in BufReader::new(stderr).split(b'\n') {
            let line = line?;
            let line = String::from_utf8_lossy(&line);
            if let Some(number) = line.strip_prefix("stat::number_of_executed_units:") {
                outcome.inputs = number.trim().parse().ok();
            } else if let Some(number) = line.strip_prefix("stat::average_exec_per_sec:") {
                outcome.per_second = number.trim().parse().ok();
            }
            // Every input that was new has a line, which is a few too many.
            if !["\tNEW ", "\tREDUCE ", "\tRELOAD "].iter().any(|kind| line.contains(kind)) {
                say(&line);
            }
        }
        let ticks = processor_ticks(child.id());
        outcome.per_processor_second = outcome.inputs.zip(ticks).map(|(inputs, ticks)| inputs * 100 / ticks);
        outcome.passed = child.wait()?.success();
        Ok(outcome)
    }
}

/// The time of processors that a process had, in hundredths of a second. It may have ended, so long as it was not waited for. Only Linux tells.
fn processor_ticks(process: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name of the program stands in brackets, and may be anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<u64>().ok();
    Some((next()? + next()?).max(1))
}

/// A number with its thousands apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut groups: Vec<&str> = vec![&digits[..first]];
    groups.extend((first..digits.len()).step_by(3).map(|at| &digits[at..at + 3]));
    groups.retain(|group| !group.is_empty());
    groups.join(",")
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
    fn each_half_is_built_for_those_that_need_it() {
        let text = fs::read_to_string(root().join("fuzz/Cargo.toml")).unwrap();
        let manifest: toml::Table = text.parse().unwrap();
        let mut programs: Vec<_> = manifest["bin"]
            .as_array()
            .unwrap()
            .iter()
            .map(|program| {
                let features = program["required-features"].as_array().unwrap();
                assert_eq!(features.len(), 1, "{program}");
                (program["name"].as_str().unwrap(), features[0].as_str().unwrap())
            })
            .collect();
        programs.sort_unstable();
        let mut fuzzers = FUZZERS.map(|fuzzer| (fuzzer.name, fuzzer.needs.feature()));
        fuzzers.sort_unstable();
        assert_eq!(programs, fuzzers);
    }

    /// The workflow gives each of them its ten minutes.
    #[test]
    fn the_weekly_workflow_runs_all() {
        let workflow = fs::read_to_string(root().join(".github/workflows/fuzz.yml")).unwrap();
        assert!(workflow.contains("cargo xtask fuzz --minutes 10\n"), "{workflow}");
    }

    #[test]
    fn numbers_have_their_thousands_apart() {
        assert_eq!([0, 12, 999, 1_000, 12_345_678].map(grouped), ["0", "12", "999", "1,000", "12,345,678"]);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_says_how_long_it_had_a_processor() {
        assert!(processor_ticks(std::process::id()).is_some_and(|ticks| ticks < 100 * 60 * 60));
        assert_eq!(processor_ticks(u32::MAX), None);
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
        let options = read(&["smith", "--minutes", "0.5", "--at-once", "2"]).unwrap();
        let fuzzers = options.fuzzers();
        assert_eq!((fuzzers[0].name, fuzzers.len(), options.minutes), ("smith", 1, 0.5));
        assert_eq!(options.at_once, 2);
        let options = read(&[]).unwrap();
        assert_eq!((options.fuzzers().len(), options.minutes), (FUZZERS.len(), 1.0));
        for wrong in [
            &["no-fuzzer"][..],
            &["--minutes"],
            &["--minutes", "0"],
            &["--minutes", "NaN"],
            &["--at-once", "0"],
        ] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
