//! The hostile corpus: every file in `tests/hostile` is one attack and says in its own header what must come of it. Adding an
//! attack is adding a file; `hostile/README.md` explains the header.
//!
//! Besides its verdict, every attack has to leave the others alone: a neighbour that shares its sandbox, which has room for
//! two instances, must answer after every step, and a fresh instance of the attacker must behave like the one before.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use driftless_plugin_api::function::Function;
use driftless_plugin_api::limit::Limit;
use driftless_plugin_api::log::Level;
use driftless_sandbox::{
    CallError, CallFailure, InstancePool, Limits, LogRecord, Sandbox, outline, replace_imports, validate_as,
};

/// No attack may take longer, whatever it does: compiling included, on a slow machine that does something else as well.
const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn every_attack_gets_its_verdict() {
    let files = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile"));
    assert!(files.len() >= 45, "the corpus has {} files only", files.len());
    let queue = Mutex::new(VecDeque::from(files));
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let Some(file) = queue.lock().unwrap().pop_front() else {
                        return;
                    };
                    if let Err(failure) = survive(&file) {
                        failures.lock().unwrap().push(failure);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} attacks:\n{}", failures.len(), failures.join("\n"));
}

/// The runner must not let a file pass that says nothing.
#[test]
fn a_file_without_a_verdict_is_a_mistake() {
    let says = |text: &str| Header::read(text).unwrap_err();
    assert_eq!(says("(module)"), "it has no verdict");
    assert_eq!(says(";; call: execute_task \"a\" \"{}\"\n(module)"), "a call has no verdict");
    assert_eq!(says(";; expect: nonsense\n"), "`nonsense` is no verdict");
    assert_eq!(says(";; expect: refused\n"), "`refused` needs a text");
    assert_eq!(says(";; expect: trap \"x\"\n"), "a verdict about a call has no call");
    assert_eq!(says(";; limits: fule=1\n"), "`fule=1` is no limit");
}

/// Runs one attack on a thread of its own, so that neither a panic nor a hang takes the others with it.
fn survive(file: &Path) -> Result<(), String> {
    let (sender, receiver) = mpsc::channel();
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let path = file.to_owned();
    let thread = std::thread::spawn(move || {
        let outcome = run(&path);
        // The other end is gone where this took too long.
        let _ = sender.send(());
        outcome
    });
    if receiver.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
        return Err(format!("{name}: it is not over after {PATIENCE:?}"));
    }
    match thread.join() {
        Ok(outcome) => outcome.map_err(|error| format!("{name}: {error}")),
        Err(_) => Err(format!("{name}: the host panicked")),
    }
}

fn run(file: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let header = Header::read(&text)?;
    let mut bytes = bytes_of(file, &text)?;
    if let Some(cut) = header.cut {
        bytes.truncate(cut);
    }
    // Whoever only looks must come away unharmed as well.
    let _ = (outline(&bytes), replace_imports(&bytes), validate_as(&bytes, true));

    let log = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&log);
    let sandbox = Sandbox::builder(header.limits.clone())
        .log(Arc::new(move |record: &LogRecord<'_>| {
            let mut log = sink.lock().unwrap();
            if log.len() < 100 {
                log.push((record.level, record.message.to_owned()));
            }
        }))
        .build()
        .map_err(|error| error.to_string())?;
    let neighbour = neighbour(&sandbox);

    let module = match (sandbox.validate(&bytes), &header.steps[0].verdict) {
        (Ok(module), verdict) if !matches!(verdict, Verdict::Refused(_)) => module,
        (Err(error), Verdict::Refused(texts)) => return contains_all(&error.to_string(), texts),
        (Ok(_), _) => return Err("it was not refused".to_owned()),
        (Err(error), _) => return Err(format!("it was refused: {error}")),
    };
    let plugin = file.file_stem().unwrap().to_string_lossy();
    let compiled = match (sandbox.compile(&plugin, &module), &header.steps[0].verdict) {
        (Ok(compiled), verdict) if !matches!(verdict, Verdict::Uncompilable(_)) => compiled,
        (Err(error), Verdict::Uncompilable(texts)) => {
            works(&neighbour)?;
            return contains_all(&error.to_string(), texts);
        }
        (Ok(_), _) => return Err("it was compiled".to_owned()),
        (Err(error), _) => return Err(error.to_string()),
    };
    let pool = InstancePool::new(compiled);
    for (number, step) in header.steps.iter().enumerate() {
        log.lock().unwrap().clear();
        step.check(&pool, &header.limits)?;
        let logged = log.lock().unwrap().clone();
        if !step.logs.is_empty() && logged != step.logs {
            return Err(format!("it logged {logged:?}"));
        }
        works(&neighbour)?;
        if number == 0 && step.verdict.is_a_failing_call() {
            step.check(&pool, &header.limits)
                .map_err(|error| format!("a fresh instance is different: {error}"))?;
            works(&neighbour)?;
        }
    }
    Ok(())
}

/// A plugin that does nothing wrong.
fn neighbour(sandbox: &Sandbox) -> InstancePool {
    let bytes = wat::parse_str(
        r#"(module
            (memory (export "memory") 1)
            (data (i32.const 16) "{\"status\":\"success\"}")
            (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
            (func (export "execute_task") (param i32 i32 i32 i32) (result i64) i64.const 0x10_0000_0014))"#,
    );
    let module = sandbox.validate(&bytes.unwrap()).expect("the neighbour is valid");
    InstancePool::new(sandbox.compile("neighbour", &module).expect("it compiles"))
}

fn works(neighbour: &InstancePool) -> Result<(), String> {
    let failed = |error: CallError| format!("its neighbour no longer works: {error}");
    let mut instance = neighbour.get().map_err(failed)?;
    let reply = instance.call(Function::ExecuteTask, &["any", "{}"]).map_err(failed)?;
    assert_eq!(reply.text, r#"{"status":"success"}"#);
    Ok(())
}

/// One call and what must come of it.
#[derive(Debug)]
struct Step {
    call: Option<(Function, Vec<String>)>,
    verdict: Verdict,
    /// Where the failing happens: before the function was called.
    while_starting: bool,
    /// What must be on the log afterwards; empty where it does not matter.
    logs: Vec<(Level, String)>,
}

#[derive(Debug)]
enum Verdict {
    /// The validator says no, with all of these texts.
    Refused(Vec<String>),
    /// The compiler says no, with all of these texts.
    Uncompilable(Vec<String>),
    Limit(Limit),
    Trap(String),
    Panic(String),
    /// The reply breaks the protocol.
    Broken(String),
    Reply(String),
    /// A reply that is marked as a failure.
    Failure(String),
}

impl Verdict {
    fn is_a_failing_call(&self) -> bool {
        !matches!(self, Self::Reply(_) | Self::Failure(_) | Self::Refused(_) | Self::Uncompilable(_))
    }
}

impl Step {
    fn check(&self, pool: &InstancePool, limits: &Limits) -> Result<(), String> {
        let (function, arguments) = self.call.as_ref().ok_or("there is nothing to call")?;
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut instance = match pool.get() {
            Ok(instance) => instance,
            Err(error) => return self.check_error(&error, pool, limits, None),
        };
        match instance.call(*function, &arguments) {
            Ok(reply) => match &self.verdict {
                Verdict::Reply(text) if !reply.failed && reply.text == text => Ok(()),
                Verdict::Failure(text) if reply.failed && reply.text == text => Ok(()),
                _ => Err(format!("it answered {reply:?}")),
            },
            Err(error) => {
                if !instance.has_failed() {
                    return Err(format!("its instance would be used again after: {error}"));
                }
                self.check_error(&error, pool, limits, Some(*function))
            }
        }
    }

    fn check_error(
        &self,
        error: &CallError,
        pool: &InstancePool,
        limits: &Limits,
        function: Option<Function>,
    ) -> Result<(), String> {
        let right = match (&self.verdict, &error.cause) {
            (Verdict::Limit(limit), CallFailure::Limit(exceeded)) => {
                exceeded.limit == *limit && exceeded.allowed == allowed(limits, *limit)
            }
            (Verdict::Trap(text), CallFailure::Trap(says)) => says.contains(text),
            (Verdict::Panic(text), CallFailure::Panic(says)) => says == text,
            (Verdict::Broken(text), CallFailure::Reply(defect)) => defect.to_string().contains(text),
            _ => false,
        };
        let place = function
            .map_or_else(|| "while it was started".to_owned(), |function| format!("function `{function}`"));
        let beginning = format!("plugin `{}`, {place}: ", pool.plugin().name());
        if !right || error.function != function || self.while_starting != function.is_none() {
            Err(format!("it failed with {error:?}"))
        } else if !error.to_string().starts_with(&beginning) {
            Err(format!("`{error}` does not begin with `{beginning}`"))
        } else {
            Ok(())
        }
    }
}

/// The number that the error has to name.
fn allowed(limits: &Limits, limit: Limit) -> u64 {
    match limit {
        Limit::Memory => limits.memory as u64,
        Limit::Fuel => limits.fuel,
        Limit::Time => limits.time.as_millis() as u64,
        Limit::Stack => limits.stack as u64,
        Limit::Output => limits.output as u64,
        Limit::Table => limits.table_elements as u64,
        Limit::Instances => limits.instances.into(),
    }
}

/// What stands in the `;;` lines of a file.
#[derive(Debug)]
struct Header {
    limits: Limits,
    steps: Vec<Step>,
    /// How many bytes are kept.
    cut: Option<usize>,
}

impl Header {
    fn read(text: &str) -> Result<Self, String> {
        // One instance for the attacker and one for its neighbour, who notices when one is not given back.
        let mut header = Self {
            limits: Limits { time: Duration::from_secs(20), instances: 2, ..Limits::default() },
            steps: Vec::new(),
            cut: None,
        };
        let mut call = None;
        for line in text.lines().filter_map(|line| line.strip_prefix(";; ")) {
            let Some((key, value)) = line.split_once(": ") else {
                continue;
            };
            match key {
                "limits" => value.split_whitespace().try_for_each(|setting| header.set(setting))?,
                "cut" => header.cut = Some(value.parse().map_err(|_| "`cut` takes a number")?),
                "call" if call.is_some() => return Err("a call has no verdict".to_owned()),
                "call" => call = Some(read_call(value)?),
                "expect" => {
                    let step = read_verdict(value, call.take())?;
                    header.steps.push(step);
                }
                "log" => {
                    let (level, texts) = texts(value)?;
                    let level = level.parse().map_err(|_| format!("`{level}` is no level"))?;
                    let step = header.steps.last_mut().ok_or("a log stands before a verdict")?;
                    step.logs.extend(texts.into_iter().map(|text| (level, text)));
                }
                _ => {}
            }
        }
        if call.is_some() {
            return Err("a call has no verdict".to_owned());
        }
        if header.steps.is_empty() {
            return Err("it has no verdict".to_owned());
        }
        Ok(header)
    }

    fn set(&mut self, setting: &str) -> Result<(), String> {
        let wrong = || format!("`{setting}` is no limit");
        let (name, value) = setting.split_once('=').ok_or_else(wrong)?;
        let value: u64 = value.parse().map_err(|_| wrong())?;
        let limits = &mut self.limits;
        match name {
            "fuel" => limits.fuel = value,
            "milliseconds" => limits.time = Duration::from_millis(value),
            "memory" => limits.memory = value as usize,
            "stack" => limits.stack = value as usize,
            "output" => limits.output = value as usize,
            "log_message" => limits.log_message = value as usize,
            "table_elements" => limits.table_elements = value as usize,
            _ => return Err(wrong()),
        }
        Ok(())
    }
}

fn read_call(value: &str) -> Result<(Function, Vec<String>), String> {
    let (name, arguments) = texts(value)?;
    let function = Function::named(&name).ok_or_else(|| format!("there is no function `{name}`"))?;
    Ok((function, arguments))
}

fn read_verdict(value: &str, call: Option<(Function, Vec<String>)>) -> Result<Step, String> {
    let (value, while_starting) = match value.strip_suffix(" while starting") {
        Some(value) => (value, true),
        None => (value, false),
    };
    let (words, mut texts) = texts(value)?;
    let mut one = || texts.pop().ok_or_else(|| format!("`{words}` needs a text"));
    let verdict = match words.as_str() {
        "refused" => one().map(|text| Verdict::Refused([vec![text], std::mem::take(&mut texts)].concat()))?,
        "uncompilable" => {
            one().map(|text| Verdict::Uncompilable([vec![text], std::mem::take(&mut texts)].concat()))?
        }
        "trap" => Verdict::Trap(one()?),
        "panic" => Verdict::Panic(one()?),
        "broken" => Verdict::Broken(one()?),
        "reply" => Verdict::Reply(one()?),
        "failure" => Verdict::Failure(one()?),
        "limit fuel" => Verdict::Limit(Limit::Fuel),
        "limit time" => Verdict::Limit(Limit::Time),
        "limit memory" => Verdict::Limit(Limit::Memory),
        "limit stack" => Verdict::Limit(Limit::Stack),
        "limit output" => Verdict::Limit(Limit::Output),
        "limit table" => Verdict::Limit(Limit::Table),
        other => return Err(format!("`{other}` is no verdict")),
    };
    if call.is_none() && !matches!(verdict, Verdict::Refused(_) | Verdict::Uncompilable(_)) {
        return Err("a verdict about a call has no call".to_owned());
    }
    Ok(Step { call, verdict, while_starting, logs: Vec::new() })
}

/// Words, and behind them texts in quotes, written as in JSON.
fn texts(value: &str) -> Result<(String, Vec<String>), String> {
    let (words, quoted) = value.split_at(value.find('"').unwrap_or(value.len()));
    let texts: Result<Vec<String>, _> = serde_json::Deserializer::from_str(quoted).into_iter().collect();
    let texts = texts.map_err(|error| format!("{value}: {error}"))?;
    Ok((words.trim().to_owned(), texts))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the corpus is there")
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().is_some_and(|name| name != "README.md"))
        .collect();
    files.sort();
    files
}

fn bytes_of(file: &Path, text: &str) -> Result<Vec<u8>, String> {
    let text = expand(text)?;
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("wat") => wat::parse_str(text).map_err(|error| error.to_string()),
        Some("hex") => hex(&text),
        _ => Err("a file of the corpus ends in .wat or .hex".to_owned()),
    }
}

/// Replaces the lines `;; repeat 3: text {n}` by as many copies, with the number of each.
fn expand(text: &str) -> Result<String, String> {
    let mut expanded = String::new();
    for line in text.lines() {
        if let Some(repeated) = line.trim_start().strip_prefix(";; repeat ") {
            let (count, body) = repeated.split_once(": ").ok_or("`repeat` has no text")?;
            let count: usize = count.parse().map_err(|_| "`repeat` takes a number")?;
            for number in 0..count {
                expanded.push_str(&body.replace("{n}", &number.to_string()));
                expanded.push('\n');
            }
        } else {
            writeln!(expanded, "{line}").unwrap();
        }
    }
    Ok(expanded)
}

/// Bytes in hexadecimal, `00*9` for nine of them, texts in quotes, and `;;` before a comment.
fn hex(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    for line in text.lines() {
        let line = line.split(";;").next().unwrap_or_default().trim();
        if line.starts_with('"') {
            let text: String = serde_json::from_str(line).map_err(|error| format!("{line}: {error}"))?;
            bytes.extend_from_slice(text.as_bytes());
            continue;
        }
        for byte in line.split_whitespace() {
            let (byte, times) = byte.split_once('*').unwrap_or((byte, "1"));
            let value = u8::from_str_radix(byte, 16).map_err(|_| format!("`{byte}` is no byte"))?;
            let times: usize = times.parse().map_err(|_| format!("`{times}` is no number"))?;
            bytes.resize(bytes.len() + times, value);
        }
    }
    Ok(bytes)
}

fn contains_all(says: &str, texts: &[String]) -> Result<(), String> {
    match texts.iter().find(|text| !says.contains(*text)) {
        None => Ok(()),
        Some(text) => Err(format!("`{says}` does not contain `{text}`")),
    }
}
