//! Replays every seed and everything that a fuzzer once found.

use std::collections::BTreeSet;

use driftless_fuzzing::{Coverage, TARGETS, seeds};

/// How far the seeds of a target come: the least and the most that any of them has to reach.
fn expected(target: &str) -> [Coverage; 2] {
    match target {
        "documents" | "validator" | "definitions" => [Coverage::Refused, Coverage::Answered],
        "permissions" => [Coverage::Accepted, Coverage::Answered],
        "manifest" => [Coverage::Refused, Coverage::Accepted],
        _ => [Coverage::Failed, Coverage::Answered],
    }
}

/// The seeds are of use only if they lead the fuzzers everywhere.
#[test]
fn seeds_come_as_far_as_they_should() {
    for target in TARGETS {
        let reached: BTreeSet<Coverage> =
            seeds::of(target.name).iter().map(|(_, bytes)| (target.run)(bytes)).collect();
        for expected in expected(target.name) {
            assert!(
                reached.contains(&expected),
                "{}: no seed is {expected:?}, only {reached:?}",
                target.name
            );
        }
    }
}

#[test]
fn what_was_found_once_is_not_found_again() {
    for target in TARGETS {
        for (name, bytes) in seeds::regressions(target.name) {
            // Shown where it panics.
            eprintln!("{}: {name}", target.name);
            (target.run)(&bytes);
        }
    }
}

/// A folder that is called like no target would never be replayed.
#[test]
fn every_folder_belongs_to_a_target() {
    for folder in ["seeds", "regressions"] {
        for entry in std::fs::read_dir(seeds::folder().join(folder)).expect("the folder is there") {
            let name = entry.expect("it can be read").file_name().to_string_lossy().into_owned();
            let known = name == "README.md" || TARGETS.iter().any(|target| target.name == name);
            assert!(known, "fuzz/{folder}/{name} belongs to no target");
        }
    }
}

/// A target that no fuzzer starts finds nothing.
#[test]
fn every_target_is_started_by_a_fuzzer() {
    let folder = seeds::folder().join("fuzz_targets");
    let mut started: Vec<String> = std::fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| {
            entry.expect("it can be read").path().file_stem().unwrap().to_string_lossy().into_owned()
        })
        .collect();
    started.sort();
    let mut known: Vec<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    known.sort();
    assert_eq!(started, known);
}
