//! The hostile corpus against the program that users run: each attack is a file for `driftless plugin call`, in a home of its own with
//! the attack's limits in `plugins.toml` and its permissions in `grants.toml`. The files are those of `driftless-sandbox/tests/hostile`.
//!
//! The program has to say what the file expects, in its exit code and in words that no terminal acts upon. It must neither panic nor take
//! longer or more memory than it may, and leave nothing behind but its cache of machine code.
//!
//! What a plugin says, rather than what it does, is the subject of [`replies`].
#![cfg(unix)]

#[path = "../../driftless-sandbox/tests/corpus/mod.rs"]
mod corpus;
#[path = "hostile/measured.rs"]
mod measured;
#[path = "hostile/replies.rs"]
mod replies;

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use driftless_host::Grants;
use driftless_host::permissions::Permissions;
use driftless_plugin_api::function::Function;
use driftless_plugin_api::log::Level;
use driftless_sandbox::{Digest, Limits};
use tempfile::TempDir;

use corpus::{Attack, Step, Verdict, allowed, contains_all};
use measured::{Measured, Program};

/// The variable that names another program than the one that was built with these tests, such as one that is about to be released.
const PROGRAM: &str = "DRIFTLESS_HOSTILE_PROGRAM";

/// What comes on top of the time that an attack may take: starting, compiling, and a machine that does something else as well.
const MARGIN: Duration = Duration::from_secs(60);

/// What an attack may need on top of its limit of memory and of what the harmless plugin needs.
const SLACK: u64 = 16 << 20;

/// By how much the figures of two runs of the same differ.
const NOISE: u64 = 2 << 20;

/// The attacks at the same time. Some compile on all cores, and their time is limited.
const THREADS: usize = 2;

#[test]
fn every_attack_gets_its_verdict_from_the_program() {
    let queue = Mutex::new(VecDeque::from(corpus::files()));
    let outcomes = Mutex::new(Vec::new());
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let Some(file) = queue.lock().unwrap().pop_front() else {
                        return;
                    };
                    let name = file.file_name().unwrap().to_string_lossy().into_owned();
                    let outcome = Attack::read(&file).and_then(|attack| survive(&attack));
                    outcomes.lock().unwrap().push((name, outcome));
                }
            });
        }
    });
    let outcomes = outcomes.into_inner().unwrap();
    report(&outcomes, begun.elapsed());
    let failures: Vec<String> = outcomes
        .into_iter()
        .filter_map(|(name, outcome)| outcome.err().map(|failure| format!("{name}: {failure}")))
        .collect();
    assert!(failures.is_empty(), "{} attacks:\n{}", failures.len(), failures.join("\n"));
}

/// The runner must not let a wrong verdict pass.
#[test]
fn a_wrong_verdict_is_noticed() {
    let says = |header: &str| {
        let text = format!(";; call: execute_task \"a\" \"{{}}\"\n{header}\n{}", corpus::HARMLESS);
        survive(&Attack::of("harmless", "wat", &text)?)
    };
    let reply = r#";; expect: reply "{\"status\":\"success\"}""#;
    says(reply).unwrap();
    for wrong in [
        r#";; expect: refused "x""#,
        r#";; expect: uncompilable "x""#,
        r#";; expect: reply "success""#,
        r#";; expect: reply contains "status" "failure""#,
        r#";; expect: failure "x""#,
        r#";; expect: trap "unreachable""#,
        r#";; expect: panic "x""#,
        r#";; expect: broken "x""#,
        ";; expect: limit fuel",
        &format!("{reply}\n;; log: info \"x\""),
        &format!("{reply}\n;; connections: 1\n;; no server is at $PORT"),
        &format!("{reply}\n;; resident: 1 MiB"),
    ] {
        says(wrong).expect_err(wrong);
    }
}

/// Nor a program that does what it must not, which the real one never does.
#[test]
fn a_misbehaving_program_is_noticed() {
    let text = format!(";; call: execute_task \"a\" \"{{}}\"\n;; expect: trap \"x\"\n{}", corpus::HARMLESS);
    let attack = Attack::of("harmless", "wat", &text).unwrap();
    let judged = |code, stdout: &str, stderr: &str, peak| {
        let (stdout, stderr) = (stdout.as_bytes().to_vec(), stderr.as_bytes().to_vec());
        judge(&attack, &Measured { code: Some(code), stdout, stderr, time: Duration::ZERO, peak })
    };
    let error = "error: plugin `harmless`, function `execute_task`: trapped: x\n";
    judged(1, "", error, 0).unwrap();
    assert_eq!(judged(3, "", error, 0).unwrap_err(), format!("the exit code is 3, not 1; it says {error:?}"));
    assert!(judged(1, "x", error, 0).unwrap_err().starts_with("it prints "));
    assert!(judged(1, "", "error: trapped: y\n", 0).unwrap_err().contains("does not contain"));
    let panicked = format!("{error}thread 'main' panicked at src/main.rs:1:1:\n");
    assert!(judged(1, "", &panicked, 0).unwrap_err().starts_with("the host panicked: "));
    let escape = format!("{error}\x1b[2J");
    assert!(judged(1, "", &escape, 0).unwrap_err().starts_with("it would move a cursor: "));
    let told = format!("{error}{}", attack.stage.canary());
    assert!(judged(1, "", &told, 0).unwrap_err().starts_with("it tells a secret: "));
    let much = judged(1, "", error, base() + (64 << 20) + SLACK + NOISE + 1).unwrap_err();
    assert!(much.starts_with("it had "), "{much}");
}

/// The figure is the program's own, and not the runner's.
#[test]
fn memory_is_measured() {
    let large = vec![1_u8; 300 << 20];
    let notes = tempfile::tempdir().unwrap();
    let megabytes = |number: u32| {
        let script = format!("x=$(head -c {number}000000 /dev/zero | tr '\\0' x); sleep 0.05");
        let program = Program {
            program: "/bin/sh".to_owned(),
            arguments: vec!["-c".to_owned(), script],
            environment: vec![("PATH".to_owned(), "/usr/bin:/bin".to_owned())],
            folder: "/".to_owned(),
        };
        program.run(notes.path(), MARGIN).unwrap().peak
    };
    let (small, more) = (megabytes(1), megabytes(60));
    assert!(small < 40 << 20, "{small}");
    assert!(more > 60_000_000 && more < 250 << 20, "{more}");
    assert!(std::hint::black_box(large).iter().all(|byte| *byte == 1));
}

/// What a parser replies is far longer than what it read, and is not held until a whole batch of it is there.
#[test]
fn a_pipeline_has_little_memory_whatever_a_parser_replies() {
    let home = Home(tempfile::Builder::new().prefix("driftless-hostile-").tempdir().unwrap());
    for folder in ["home/.driftless/plugins", "work", "notes"] {
        fs::create_dir_all(home.0.path().join(folder)).unwrap();
    }
    // `{"` and twelve million bytes of a key: as long as a reply may be, and a line has one byte.
    let guest = wat::parse_str(
        r#"(module
            (memory (export "memory") 200)
            (data (i32.const 16) "[{\22name\22:\22p\22}]")
            (func (export "driftless_reserve") (param i32) (result i32) (i32.const 1024))
            (func (export "get_log_parsers") (result i64) (i64.const 0x10_0000_000e))
            (func (export "execute_log_parser") (param i32 i32 i32 i32 i32 i32) (result i64)
                (memory.fill (i32.const 65536) (i32.const 97) (i32.const 12000000))
                (i32.store16 (i32.const 65536) (i32.const 0x227b))
                (i32.store (i32.const 12065532) (i32.const 0x7d313a22))
                (i64.or (i64.shl (i64.const 65536) (i64.const 32)) (i64.const 12000000))))"#,
    );
    home.write("home/.driftless/plugins/evil.wasm", &guest.unwrap()).unwrap();
    home.write("work/in.log", "1\n".repeat(150).as_bytes()).unwrap();
    let pipeline = "sources: [{type: file, paths: [in.log], parser: {type: evil.p}}]\n\
        outputs: [{type: file, path: /dev/null}]\nworkers: 2\n";
    home.write("work/a.yml", pipeline.as_bytes()).unwrap();
    let path = |path: &str| home.0.path().join(path).to_string_lossy().into_owned();
    let program = Program {
        program: env!("CARGO_BIN_EXE_driftless").to_owned(),
        arguments: vec!["logs".to_owned(), "a.yml".to_owned()],
        environment: vec![("HOME".to_owned(), path("home"))],
        folder: path("work"),
    };
    let outcome = program.run(&home.0.path().join("notes"), MARGIN).unwrap();
    let stderr = String::from_utf8_lossy(&outcome.stderr);
    assert_eq!(outcome.code, Some(0), "{stderr}");
    assert!(stderr.contains("150 lines: 150 kept, 0 dropped, 0 failed"), "{stderr}");
    assert!(outcome.peak < 200 << 20, "it had {} MiB of memory", mebibytes(outcome.peak));
}

/// No test: the process between the runner and the program, which [`measured`] explains.
#[test]
#[ignore = "the runner starts it by itself"]
fn launcher() {
    measured::launch().unwrap();
}

/// Runs one attack and holds everything that comes of it against what may.
fn survive(attack: &Attack) -> Result<Measured, String> {
    let outcome = run(attack)?;
    judge(attack, &outcome)?;
    attack.stage.check(attack.header.connections)?;
    Ok(outcome)
}

/// Runs the program in a home that has nothing but the attack in it.
fn run(attack: &Attack) -> Result<Measured, String> {
    let home = Home::new(attack)?;
    let before = home.listing()?;
    let (function, arguments) = called(attack);
    let mut command = vec!["plugin", "call"].into_iter().map(str::to_owned).collect::<Vec<_>>();
    command.extend([format!("{}.wasm", attack.name), function.name().to_owned(), "--".to_owned()]);
    for (number, argument) in arguments.iter().enumerate() {
        command.push(home.argument(number, argument)?);
    }
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let program = Program {
        program: std::env::var(PROGRAM).unwrap_or_else(|_| env!("CARGO_BIN_EXE_driftless").to_owned()),
        arguments: command,
        environment: vec![
            ("HOME".to_owned(), path(&home.0.path().join("home"))),
            ("PATH".to_owned(), "/usr/bin:/bin".to_owned()),
            ("DRIFTLESS_TOKEN".to_owned(), attack.stage.canary().to_owned()),
            ("DRIFTLESS_PUBLIC".to_owned(), "no secret".to_owned()),
        ],
        folder: path(&home.0.path().join("work")),
    };
    let timeout = attack.header.limits.time + MARGIN;
    let outcome = program.run(&home.0.path().join("notes"), timeout)?;
    match corpus::stage::difference(&before, &home.listing()?) {
        Some(difference) => Err(format!("it leaves something behind: {difference}")),
        None => Ok(outcome),
    }
}

/// What is called: the first step, or anything where the file must not even be loaded.
fn called(attack: &Attack) -> (Function, Vec<String>) {
    let anything = || (Function::ExecuteTask, vec!["t".to_owned(), "{}".to_owned()]);
    attack.header.steps[0].call.clone().unwrap_or_else(anything)
}

/// Whether all that can be seen of the program is as it has to be.
fn judge(attack: &Attack, outcome: &Measured) -> Result<(), String> {
    let (function, _) = called(attack);
    let step = &attack.header.steps[0];
    let stderr = std::str::from_utf8(&outcome.stderr).map_err(|error| format!("it is not UTF-8: {error}"))?;
    let stdout = String::from_utf8_lossy(&outcome.stdout);
    if stderr.contains("' panicked at ") || stderr.contains("internal error") {
        return Err(format!("the host panicked: {stderr}"));
    }
    if stderr.chars().any(|char| char.is_control() && !matches!(char, '\n' | '\t')) {
        return Err(format!("it would move a cursor: {stderr:?}"));
    }
    if stdout.contains(attack.stage.canary()) || stderr.contains(attack.stage.canary()) {
        return Err(format!("it tells a secret: {stdout} {stderr}"));
    }
    let code = exit_code(function, step, stderr);
    if outcome.code != Some(code) {
        let was = outcome.code.map_or_else(|| "?".to_owned(), |code| code.to_string());
        return Err(format!("the exit code is {was}, not {code}; it says {stderr:?}"));
    }
    match &step.verdict {
        Verdict::Reply(text) if stdout.strip_suffix('\n') == Some(text) => {}
        Verdict::ReplyContains(texts) => contains_all(&stdout, texts)?,
        _ if stdout.is_empty() => {}
        _ => return Err(format!("it prints {:?}", stdout.chars().take(500).collect::<String>())),
    }
    contains_all(stderr, &messages(attack, step, function))?;
    let most = most_memory(attack);
    if outcome.peak > most {
        let (peak, most) = (mebibytes(outcome.peak), mebibytes(most));
        return Err(format!("it had {peak} MiB of memory, and may have {most}"));
    }
    Ok(())
}

fn exit_code(function: Function, step: &Step, stderr: &str) -> i32 {
    match &step.verdict {
        // A compilation that ran into a limit names its setting.
        Verdict::Uncompilable(_) if stderr.contains("(`security.") => 4,
        Verdict::Refused(_) | Verdict::Uncompilable(_) => 3,
        Verdict::Limit(_) => 4,
        Verdict::Trap(_) | Verdict::Panic(_) | Verdict::Broken(_) | Verdict::Failure(_) => 1,
        Verdict::Reply(text) if function == Function::ExecuteTask => {
            let reply: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
            i32::from(reply["status"] == "error")
        }
        Verdict::Reply(_) | Verdict::ReplyContains(_) => 0,
    }
}

/// What standard error has to say.
fn messages(attack: &Attack, step: &Step, function: Function) -> Vec<String> {
    let limits = &attack.header.limits;
    // With a manifest, the version stands between plugin and function.
    let place = |cause: String| {
        let location = if step.while_starting {
            "while it was started".to_owned()
        } else {
            format!("function `{function}`")
        };
        let cause = format!("{location}: {}", printable(&cause));
        vec![format!("error: plugin `{}`", attack.name), cause]
    };
    let mut messages = match &step.verdict {
        Verdict::Refused(_) if attack.header.program_says.is_some() => {
            attack.header.program_says.clone().unwrap_or_default()
        }
        Verdict::Refused(texts) => texts.iter().map(|text| printable(text)).collect(),
        Verdict::Uncompilable(texts) => texts.clone(),
        Verdict::Limit(limit) => place(limit.exceeded(allowed(limits, *limit)).to_string()),
        Verdict::Trap(text) => [place("trapped: ".to_owned()), vec![text.clone()]].concat(),
        Verdict::Panic(text) => place(format!("panicked: {text}")),
        Verdict::Broken(text) => vec![text.clone()],
        Verdict::Failure(_) => place(String::new()),
        Verdict::Reply(_) | Verdict::ReplyContains(_) => Vec::new(),
    };
    let shown = step.logs.iter().filter(|(level, _)| *level <= Level::Info);
    messages.extend(shown.map(|(level, text)| {
        format!("{level:<5} {}: {}", attack.name, printable(text).replace('\n', "\\n"))
    }));
    messages
}

/// A text of the plugin as the program has to print it.
fn printable(text: &str) -> String {
    let mut printed = String::new();
    for char in text.trim_end().chars() {
        if char.is_control() && !matches!(char, '\n' | '\t') {
            printed.extend(char.escape_default());
        } else {
            printed.push(char);
        }
    }
    printed
}

/// The most memory that the program may have while it runs an attack.
fn most_memory(attack: &Attack) -> u64 {
    match attack.header.resident {
        Some(mebibytes) => mebibytes << 20,
        None => base() + attack.header.limits.memory as u64 + SLACK + NOISE,
    }
}

/// The memory of the program with a plugin that does nothing wrong and has next to none.
fn base() -> u64 {
    static BASE: OnceLock<u64> = OnceLock::new();
    *BASE.get_or_init(|| {
        let text = format!(
            ";; call: execute_task \"a\" \"{{}}\"\n;; expect: reply contains \"\"\n{}",
            corpus::HARMLESS
        );
        let attack = Attack::of("harmless", "wat", &text).unwrap();
        run(&attack).unwrap().peak
    })
}

/// Says how long all took, and which took the most memory and time; `cargo test -- --nocapture` shows it.
fn report(outcomes: &[(String, Result<Measured, String>)], time: Duration) {
    let mut measured: Vec<_> =
        outcomes.iter().filter_map(|(name, outcome)| Some((name, outcome.as_ref().ok()?))).collect();
    let mut text = format!("{} attacks in {time:.1?}\n", outcomes.len());
    writeln!(text, "{} MiB for a harmless plugin, and the most:", mebibytes(base())).unwrap();
    measured.sort_by_key(|(_, outcome)| std::cmp::Reverse(outcome.peak));
    for (name, outcome) in measured.iter().take(25) {
        writeln!(text, "{:>8} MiB  {name}", mebibytes(outcome.peak)).unwrap();
    }
    measured.sort_by_key(|(_, outcome)| std::cmp::Reverse(outcome.time));
    for (name, outcome) in measured.iter().take(10) {
        writeln!(text, "{:>8.1?}      {name}", outcome.time).unwrap();
    }
    eprint!("{text}");
}

fn mebibytes(bytes: u64) -> u64 {
    bytes.div_ceil(1 << 20)
}

/// A home, a folder to work in, and one for what the runner itself writes.
struct Home(TempDir);

impl Home {
    fn new(attack: &Attack) -> Result<Self, String> {
        let home = Self(tempfile::Builder::new().prefix("driftless-hostile-").tempdir().map_err(text)?);
        for folder in ["home/.driftless", "work", "notes"] {
            fs::create_dir_all(home.0.path().join(folder)).map_err(text)?;
        }
        home.write(&format!("work/{}.wasm", attack.name), &attack.bytes)?;
        home.write("home/.driftless/plugins.toml", settings(&attack.header.limits).as_bytes())?;
        let granted = attack.granted()?;
        if !granted.is_empty() {
            let digest = Digest::of(if attack.header.granted_to_another { b"" } else { &attack.bytes });
            let mut grants = Grants::default();
            grants.grant(&attack.name, digest, Permissions::parse(&granted).map_err(text)?);
            home.write("home/.driftless/grants.toml", grants.to_toml().as_bytes())?;
        }
        Ok(home)
    }

    fn write(&self, name: &str, contents: &[u8]) -> Result<(), String> {
        fs::write(self.0.path().join(name), contents).map_err(text)
    }

    /// An argument as it is typed. What cannot be typed, or is longer than a system takes, is read from a file.
    fn argument(&self, number: usize, argument: &str) -> Result<String, String> {
        if argument.len() < 100_000 && !argument.starts_with('@') && !argument.contains('\0') {
            return Ok(argument.to_owned());
        }
        let name = format!("notes/argument-{number}");
        self.write(&name, argument.as_bytes())?;
        Ok(format!("@../{name}"))
    }

    /// What is in it, but for what the program may leave behind.
    fn listing(&self) -> Result<std::collections::BTreeMap<std::path::PathBuf, String>, String> {
        let path = |path: &str| self.0.path().join(path);
        let (notes, cache, key) =
            (path("notes"), path("home/.cache"), path("home/.driftless/machine-code.key"));
        // In the cache folder there is the machine code and nothing else.
        for (folder, inside) in [(&cache, "driftless"), (&cache.join("driftless"), "machine-code")] {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                if entry.file_name() != inside {
                    return Err(format!("it leaves {} behind", entry.path().display()));
                }
            }
        }
        corpus::stage::listing(self.0.path(), &[&notes, &cache, &key]).map_err(text)
    }
}

/// The limits, as `plugins.toml` has them.
fn settings(limits: &Limits) -> String {
    // A TOML number has 63 bits.
    let fuel = limits.fuel.min(i64::MAX as u64);
    format!(
        "[security]\nmax_memory = {}\nfuel_limit = {fuel}\nexecution_timeout_secs = {:?}\ncompile_timeout_secs = {:?}\n\
         max_stack = {}\nmax_output = {}\nmax_log_message = {}\nmax_log = {}\nmax_answer = {}\n\
         max_table_elements = {}\nmax_instances = {}\n",
        limits.memory,
        limits.time.as_secs_f64(),
        limits.compile_time.as_secs_f64(),
        limits.stack,
        limits.output,
        limits.log_message,
        limits.log,
        limits.answer,
        limits.table_elements,
        limits.instances,
    )
}

fn text(error: impl ToString) -> String {
    error.to_string()
}
