//! A limit of address space, as `ulimit -v` sets it: what needs no plugin runs under any, and a plugin runs where what is configured fits.

use std::process::Command;

use crate::harness::{Home, Outcome, start};

/// Mebibytes for a program that reserves what is configured, and too little for all instances that there may be without any configuration.
const LIMIT_MIB: u64 = 4_000;

/// A home with a plugin that has a task, a facts collector, a template filter and a parser, and a file that uses each.
fn home() -> Home {
    let home = Home::new();
    home.assemble(
        "small",
        r#"(module
            (memory (export "memory") 2)
            (data (i32.const 0) "[{\"name\":\"mine\"}]{\"status\":\"success\"}")
            (data (i32.const 100) "[{\"name\":\"mine\",\"type\":\"filter\"}]")
            (func (export "driftless_reserve") (param i32) (result i32) (i32.const 65536))
            (func (export "get_task_definitions") (result i64) (i64.const 17))
            (func (export "get_facts_collectors") (result i64) (i64.const 17))
            (func (export "get_log_parsers") (result i64) (i64.const 17))
            (func (export "get_template_extensions") (result i64)
                (i64.or (i64.shl (i64.const 100) (i64.const 32)) (i64.const 33)))
            (func (export "execute_facts_collector") (param i32 i32 i32 i32) (result i64) (i64.const 0))
            (func (export "execute_log_parser") (param i32 i32 i32 i32 i32 i32) (result i64) (i64.const 0))
            (func (export "execute_template_filter") (param i32 i32 i32 i32 i32 i32 i32 i32) (result i64) (i64.const 0))
            (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
                (i64.or (i64.shl (i64.const 17) (i64.const 32)) (i64.const 20))))"#,
    );
    home.write("site.yml", "tasks: [{type: small.mine}]\n");
    home.write("facts.yml", "collectors: [{type: small.mine}]\n");
    home.write("page.j2", "{{ 'text' | mine }}\n");
    home.write(
        "pipeline.yml",
        "sources: [{type: file, paths: [site.yml], parser: {type: small.mine}}]\noutputs: [{type: stdout}]\n",
    );
    home
}

/// Runs the program with at most so many kibibytes of address space.
fn run_under(home: &Home, kibibytes: u64, args: &[&str]) -> Outcome {
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"ulimit -v "$0" && exec "$@""#, &kibibytes.to_string()]);
    shell.arg(env!("CARGO_BIN_EXE_driftless")).args(args);
    home.prepare(&mut shell);
    start(&mut shell).finish()
}

/// The number behind these words.
#[track_caller]
fn number_after(text: &str, words: &str) -> u64 {
    let (_, rest) = text.split_once(words).unwrap_or_else(|| panic!("it does not say {words:?}: {text}"));
    let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().unwrap()
}

#[test]
fn what_looks_at_plugins_reserves_nothing() {
    let home = home();
    let file = home.path().join(".driftless/plugins/small.wasm");
    let file = file.to_str().unwrap();
    let lookers: [&[&str]; 4] = [
        &["plugin", "list"],
        &["plugin", "inspect", "small"],
        &["plugin", "validate", "small"],
        &["plugin", "validate", file],
    ];
    for args in lookers {
        let outcome = run_under(&home, LIMIT_MIB << 10, args);
        outcome.exits_with(0);
        assert!(outcome.stdout.contains("small"), "{args:?}: {}", outcome.stdout);
    }
}

#[test]
fn a_plugin_runs_where_what_is_configured_fits() {
    let home = home();
    home.write(".driftless/plugins.toml", "[security]\nmax_instances = 4\n");
    run_under(&home, LIMIT_MIB << 10, &["apply", "site.yml"]).exits_with(0);
    // Less for each of more instances is as good.
    home.write(".driftless/plugins.toml", "[security]\nmax_instances = 32\nmax_memory = 1048576\n");
    run_under(&home, LIMIT_MIB << 10, &["apply", "site.yml"]).exits_with(0);
}

#[test]
fn what_does_not_fit_is_said_with_what_would() {
    let home = home();
    let outcome = run_under(&home, LIMIT_MIB << 10, &["apply", "site.yml"]);
    outcome.exits_with(2);
    outcome.says("plugin `small`: the process may have 4000 MiB of address space, and needs ");
    outcome.says(" of up to 128 instances");
    outcome.says("lower `security.max_memory`");

    // Either way out is one.
    let needed = number_after(&outcome.stderr, "`ulimit -v ");
    run_under(&home, needed, &["apply", "site.yml"]).exits_with(0);
    let fitting = number_after(&outcome.stderr, "`security.max_instances` in plugins.toml to ");
    assert!((10..128).contains(&fitting), "{fitting}");
    assert!(needed < 20 << 20, "what is reserved is {needed} KiB");
    home.write(".driftless/plugins.toml", format!("[security]\nmax_instances = {fitting}\n"));
    run_under(&home, LIMIT_MIB << 10, &["apply", "site.yml"]).exits_with(0);

    // Where not even one instance fits, nothing is said of how many do.
    home.write(".driftless/plugins.toml", "[security]\nmax_instances = 1\nmax_memory = 4294967296\n");
    let outcome = run_under(&home, LIMIT_MIB << 10, &["apply", "site.yml"]);
    outcome
        .exits_with(2)
        .says("; lower `security.max_memory` or `security.max_instances` in plugins.toml, or allow it");
}

#[test]
fn every_command_that_runs_a_plugin_says_it() {
    let home = home();
    let runs: [&[&str]; 3] = [
        &["facts", "--config", "facts.yml"],
        &["logs", "pipeline.yml"],
        &["plugin", "call", "small", "get_task_definitions"],
    ];
    for args in runs {
        let outcome = run_under(&home, LIMIT_MIB << 10, args);
        outcome.exits_with(2);
        outcome.says("the process may have 4000 MiB of address space, and needs ");
        outcome.says("; set `security.max_instances` in plugins.toml to ");
    }
    // A template knows no filter of a plugin that could not be asked, which is a warning.
    let outcome = run_under(&home, LIMIT_MIB << 10, &["render", "page.j2"]);
    outcome.exits_with(1).says("`small`: the process may have 4000 MiB of address space, and needs ");
    outcome.says("; set `security.max_instances` in plugins.toml to ").says("or allow it with `ulimit -v ");
}

/// The plugin whose task does this before it succeeds.
fn assemble(home: &Home, instructions: &str) {
    let plugin = r#"(module
        (memory (export "memory") 2)
        (data (i32.const 0) "[{\"name\":\"mine\"}]{\"status\":\"success\"}")
        (func (export "driftless_reserve") (param i32) (result i32) (i32.const 65536))
        (func (export "get_task_definitions") (result i64) (i64.const 17))
        (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
            INSTRUCTIONS
            (i64.or (i64.shl (i64.const 17) (i64.const 32)) (i64.const 20))))"#;
    home.assemble("small", &plugin.replace("INSTRUCTIONS", instructions));
}

#[test]
fn memory_ends_where_it_ends_without_a_limit() {
    let home = Home::new();
    home.write("site.yml", "tasks: [{type: small.mine}]\n");
    home.write(".driftless/plugins.toml", "[security]\nmax_instances = 4\nmax_memory = 1048577\n");
    let outside = [
        "(drop (i32.load8_u (i32.const 131072)))",
        "(drop (i32.load (i32.const 131069)))",
        "(drop (i32.load8_u offset=65536 (i32.const 65536)))",
        "(drop (i32.load (i32.const -4)))",
        "(i64.store offset=4294967295 (i32.const -1) (i64.const 1))",
        "(i64.store (i32.const 1048572) (i64.const 1))",
        "(memory.fill (i32.const 131071) (i32.const 1) (i32.const 2))",
    ];
    for instruction in outside {
        assemble(&home, instruction);
        for kibibytes in [LIMIT_MIB << 10, u64::MAX >> 11] {
            let outcome = run_under(&home, kibibytes, &["apply", "site.yml"]);
            outcome.exits_with(1).says("trapped: out of bounds memory access");
        }
    }

    // All of it can be had and written to, and not a page more.
    assemble(
        &home,
        "(if (i32.ne (memory.grow (i32.const 14)) (i32.const 2)) (then unreachable))
         (i64.store (i32.const 1048568) (i64.const 1))
         (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))",
    );
    run_under(&home, LIMIT_MIB << 10, &["apply", "site.yml"]).exits_with(0);
}
