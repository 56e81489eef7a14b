//! `cargo xtask bench`: the benchmarks, and what they say as ratios.

use std::fs;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::examples;
use crate::run::{cargo, heading, root, run, say};

/// A row of the table.
struct Row {
    what: &'static str,
    measured: &'static str,
    /// A measurement that is taken off it.
    less: Option<&'static str>,
    baseline: &'static str,
    /// The figure is this times as fast, rather than as slow.
    speed: bool,
    goal: &'static str,
}

const ROWS: [Row; 9] = [
    slower(
        "warm call, a guest that returns its argument",
        "call_short string/driftless",
        "call_short string/wasmtime",
        "at most 2.0",
    ),
    slower("warm call, a task", "call_task/driftless", "call_task/wasmtime", "at most 1.3"),
    slower("warm call, a log line", "call_log line/driftless", "call_log line/wasmtime", "at most 1.3"),
    slower(
        "warm call, a task in JavaScript",
        "call_JavaScript/driftless",
        "call_JavaScript/wasmtime",
        "at most 1.2",
    ),
    slower(
        "warm call, definitions in Python",
        "call_Python/driftless",
        "call_Python/wasmtime",
        "at most 1.2",
    ),
    slower("fresh instance and a call", "fresh instance/driftless", "fresh instance/wasmtime", "at most 1.3"),
    Row {
        what: "template filter, without minijinja's own cost",
        measured: "template filter/with",
        less: Some("template filter/without"),
        baseline: "template filter/wasmtime",
        speed: false,
        goal: "at most 3.0",
    },
    faster(
        "log lines a second, one worker",
        "log lines/driftless, 1 worker",
        "log lines/wasmtime",
        "at least 0.95",
    ),
    faster(
        "log lines a second, two workers by one",
        "log lines/driftless, 2 workers",
        "log lines/driftless, 1 worker",
        "at least 1.6",
    ),
];

/// Measurements that are told as they are.
const ABSOLUTE: [(&str, &str, &str); 3] = [
    ("process start to first task result", "process/start to first task result", "at most 20 ms"),
    (
        "process start to first task result, JavaScript",
        "process/start to first task result, JavaScript",
        "at most 150 ms",
    ),
    ("process start to first facts, Python", "process/start to first facts, Python", "at most 150 ms"),
];

/// Builds the examples, runs the benchmarks, and prints the table.
pub(crate) fn all(arguments: &[String]) -> Result<()> {
    examples::build()?;
    run(cargo().args(["build", "--release", "--locked", "--package", "driftless-cli"]))?;
    let driftless = root().join("target/release").join(format!("driftless{}", std::env::consts::EXE_SUFFIX));
    let mut bench = cargo();
    bench
        .args(["bench", "--locked", "--package", "driftless-cli", "--bench", "ratios", "--"])
        .args(arguments);
    run(bench.env("DRIFTLESS_BIN", driftless))?;

    heading("As ratios of one run");
    say("| what | Driftless | wasmtime alone | ratio | goal |\n|---|---|---|---|---|");
    for row in &ROWS {
        let less = row.less.map_or(Ok(0.0), median)?;
        let (own, baseline) = (median(row.measured)? - less, median(row.baseline)?);
        let ratio = if row.speed { baseline / own } else { own / baseline };
        say(&format!("| {} | {} | {} | {ratio:.2} | {} |", row.what, time(own), time(baseline), row.goal));
    }
    for (what, name, goal) in ABSOLUTE {
        say(&format!("| {what} | {} | | | {goal} |", time(median(name)?)));
    }
    Ok(())
}

/// The median that criterion found, in nanoseconds.
fn median(name: &str) -> Result<f64> {
    let path = root().join("target/criterion").join(name).join("new/estimates.json");
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let estimates: Value = serde_json::from_str(&text)?;
    estimates["median"]["point_estimate"].as_f64().context("criterion writes a median")
}

fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        short if short < 1e4 => format!("{short:.0} ns"),
        middle if middle < 1e6 => format!("{:.1} µs", middle / 1e3),
        long => format!("{:.1} ms", long / 1e6),
    }
}

const fn slower(
    what: &'static str,
    measured: &'static str,
    baseline: &'static str,
    goal: &'static str,
) -> Row {
    Row { what, measured, less: None, baseline, speed: false, goal }
}

const fn faster(
    what: &'static str,
    measured: &'static str,
    baseline: &'static str,
    goal: &'static str,
) -> Row {
    Row { what, measured, less: None, baseline, speed: true, goal }
}
