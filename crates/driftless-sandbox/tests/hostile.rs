//! The hostile corpus against the library. Adding an attack is adding a file; `hostile/README.md` explains its header.
//!
//! Besides its verdict, every attack has to leave the others alone: a control plugin that shares its sandbox, which has room for
//! two instances, must answer after every step, and a fresh instance of the attacker must behave like the one before. What was
//! not granted must be untouched and unknown.

mod corpus;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use driftless_capabilities::Capabilities;
use driftless_permissions::{Grant, Permissions};
use driftless_plugin_api::function::Function;
use driftless_sandbox::{
    CallError, CallFailure, HostContext, InstancePool, Limits, LogRecord, PluginFile, Rules, Sandbox,
    ValidatedPlugin,
};

use corpus::{Attack, Header, Stage, Step, Verdict, allowed, contains_all};

/// No attack may take longer, whatever it does: compiling included, on a slow machine that does something else as well.
const TIMEOUT: Duration = Duration::from_secs(120);

#[test]
fn every_attack_gets_its_verdict() {
    let queue = Mutex::new(VecDeque::from(corpus::files()));
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
    let stage = Stage::set_up("").unwrap();
    let says = |text: &str| Header::read(text, &stage).unwrap_err();
    assert_eq!(says("(module)"), "it has no verdict");
    assert_eq!(says(";; call: execute_task \"a\" \"{}\"\n(module)"), "a call has no verdict");
    assert_eq!(says(";; expect: nonsense\n"), "`nonsense` is no verdict");
    assert_eq!(says(";; expect: refused\n"), "`refused` needs a text");
    assert_eq!(says(";; expect: trap \"x\"\n"), "a verdict about a call has no call");
    assert_eq!(says(";; expect: trap \"x\" \"y\"\n"), "`trap` takes one text");
    assert_eq!(says(";; limits: fule=1\n"), "`fule=1` is no limit");
    assert_eq!(says(";; granted to: everything\n"), "nothing can be granted to `everything`");
    assert_eq!(says(";; connections: many\n"), "`connections` takes a number");
    let skeleton = ";; skeleton: dance host_file\n;; expect: refused \"x\"\n";
    assert_eq!(Attack::of("x", "wat", skeleton).unwrap_err(), "`dance` is no skeleton");
}

/// Nor one whose verdict is wrong.
#[test]
fn a_wrong_verdict_is_noticed() {
    let says = |header: &str| {
        let text = format!(";; call: execute_task \"a\" \"{{}}\"\n{header}\n{}", corpus::HARMLESS);
        run(&Attack::of("harmless", "wat", &text)?)
    };
    let reply = r#";; expect: reply "{\"status\":\"success\"}""#;
    says(reply).unwrap();
    says(r#";; expect: reply contains "status" "success""#).unwrap();
    for wrong in [
        r#";; expect: refused "x""#,
        r#";; expect: uncompilable "x""#,
        r#";; expect: reply "success""#,
        r#";; expect: reply contains "status" "failure""#,
        r#";; expect: failure "{\"status\":\"success\"}""#,
        r#";; expect: trap "unreachable""#,
        r#";; expect: panic "x""#,
        r#";; expect: broken "x""#,
        ";; expect: limit fuel",
        &format!("{reply}\n;; log: info \"x\""),
        &format!("{reply}\n;; connections: 1\n;; no server is at $PORT"),
    ] {
        says(wrong).expect_err(wrong);
    }
}

/// Nor what is done behind its back.
#[test]
fn a_touched_stage_is_noticed() {
    let stage = Stage::set_up("").unwrap();
    stage.check(0).unwrap();
    let folder = stage.fill("$DIR").unwrap();
    std::fs::write(Path::new(&folder).join("granted/new.txt"), "").unwrap();
    stage.check(0).unwrap();
    std::fs::write(Path::new(&folder).join("outside/new.txt"), "").unwrap();
    assert!(stage.check(0).unwrap_err().ends_with("outside/new.txt is now 0 bytes, 0000000000000000"));
    std::fs::remove_file(Path::new(&folder).join("outside/new.txt")).unwrap();
    std::fs::write(Path::new(&folder).join("secret.txt"), "mine").unwrap();
    assert!(stage.check(0).unwrap_err().contains("secret.txt is now 4 bytes"));

    let attack = r#";; asks: {"FileSystem":{"paths":["$DIR"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"$DIR/secret.txt\"}}"
;; expect: reply contains "ok""#;
    let told = run(&Attack::of("told", "wat", attack).unwrap());
    assert!(told.unwrap_err().starts_with("it tells a secret: "));

    let attack = r#";; asks: {"Network":{"hosts":["http://127.0.0.1:$OTHER"]}}
;; grants: all
;; skeleton: forward host_http
;; call: execute_task "" "{\"method\":\"HEAD\",\"url\":\"http://127.0.0.1:$OTHER\"}"
;; expect: reply contains "ok""#;
    let reached = run(&Attack::of("reached", "wat", attack).unwrap());
    assert_eq!(reached.unwrap_err(), "1 connections reached the server that no attack may reach");
}

/// Runs one attack on a thread of its own, so that neither a panic nor a hang takes the others with it.
fn survive(file: &Path) -> Result<(), String> {
    let (sender, receiver) = mpsc::channel();
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let path = file.to_owned();
    let thread = std::thread::spawn(move || {
        let outcome = Attack::read(&path).and_then(|attack| run(&attack));
        // The other end is gone where this took too long.
        let _ = sender.send(());
        outcome
    });
    if receiver.recv_timeout(TIMEOUT) == Err(mpsc::RecvTimeoutError::Timeout) {
        return Err(format!("{name}: it is not over after {TIMEOUT:?}"));
    }
    match thread.join() {
        Ok(outcome) => outcome.map_err(|error| format!("{name}: {error}")),
        Err(_) => Err(format!("{name}: the host panicked")),
    }
}

fn run(attack: &Attack) -> Result<(), String> {
    let Attack { name, header, bytes, stage } = attack;
    // Inspecting and validating must do no harm either.
    let _ = PluginFile::inspect(bytes.as_slice()).validate(Rules { allow_wasi: true });

    let log = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&log);
    let sandbox = Sandbox::builder(header.limits.clone()).build().map_err(|error| error.to_string())?;
    let control = control_plugin(&sandbox);

    let module = match (sandbox.validate(bytes), &header.steps[0].verdict) {
        (Ok(module), verdict) if !matches!(verdict, Verdict::Refused(_)) => module,
        (Err(error), Verdict::Refused(texts)) => return contains_all(&error.to_string(), texts),
        (Ok(_), _) => return Err("it was not refused".to_owned()),
        (Err(error), _) => return Err(format!("it was refused: {error}")),
    };
    let mut context = context(attack, &module)?;
    context.log = Arc::new(move |record: &LogRecord<'_>| {
        let mut log = sink.lock().unwrap();
        if log.len() < 100 {
            log.push((record.level, record.message.to_owned()));
        }
    });
    let compiled = sandbox.compile_within(name, &module, context);
    let compiled = match (compiled, &header.steps[0].verdict) {
        (Ok(compiled), verdict) if !matches!(verdict, Verdict::Uncompilable(_)) => compiled,
        (Err(error), Verdict::Uncompilable(texts)) => {
            works(&control)?;
            return contains_all(&error.to_string(), texts);
        }
        (Ok(_), _) => return Err("it was compiled".to_owned()),
        (Err(error), _) => return Err(error.to_string()),
    };
    let pool = InstancePool::new(compiled);
    let mut connections = header.connections;
    for (number, step) in header.steps.iter().enumerate() {
        log.lock().unwrap().clear();
        let mut said = check(step, &pool, &header.limits)?;
        let logged = log.lock().unwrap().clone();
        if !step.logs.is_empty() && logged != step.logs {
            return Err(format!("it logged {logged:?}"));
        }
        works(&control)?;
        if number == 0 && step.verdict.is_a_failing_call() {
            said += &check(step, &pool, &header.limits)
                .map_err(|error| format!("a fresh instance is different: {error}"))?;
            works(&control)?;
            connections *= 2;
        }
        said.extend(logged.into_iter().map(|(_, message)| message));
        if said.contains(stage.canary()) {
            return Err(format!("it tells a secret: {said}"));
        }
    }
    stage.check(connections)
}

/// What the plugin can reach, as a host would have it.
fn context(attack: &Attack, module: &ValidatedPlugin) -> Result<HostContext, String> {
    let asked = module.permissions().clone();
    if asked.is_empty() {
        return Ok(HostContext::default());
    }
    let granted = Permissions::parse(&attack.granted()?).map_err(|error| error.to_string())?;
    let granted = if attack.header.granted_to_another { Permissions::NONE } else { granted };
    let host_calls = Arc::new(Capabilities::new(&attack.name, Grant::new(asked, granted)));
    Ok(HostContext { host_calls, ..HostContext::default() })
}

/// A plugin that does nothing wrong.
fn control_plugin(sandbox: &Sandbox) -> InstancePool {
    let module =
        sandbox.validate(&corpus::assemble(corpus::HARMLESS).unwrap()).expect("the control plugin is valid");
    InstancePool::new(sandbox.compile("control", &module).expect("it compiles"))
}

fn works(control: &InstancePool) -> Result<(), String> {
    let failed = |error: CallError| format!("the control plugin no longer works: {error}");
    let mut instance = control.get().map_err(failed)?;
    let reply = instance.call(Function::ExecuteTask, &["any", "{}"]).map_err(failed)?;
    assert_eq!(reply.text, r#"{"status":"success"}"#);
    Ok(())
}

/// Makes one call and holds what comes of it against the verdict. Returns what was said.
fn check(step: &Step, pool: &InstancePool, limits: &Limits) -> Result<String, String> {
    let (function, arguments) = step.call.as_ref().ok_or("there is nothing to call")?;
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut instance = match pool.get() {
        Ok(instance) => instance,
        Err(error) => return check_error(step, &error, pool, limits, None),
    };
    match instance.call(*function, &arguments) {
        Ok(reply) => match &step.verdict {
            Verdict::Reply(text) if !reply.failed && reply.text == text => Ok(reply.text.to_owned()),
            Verdict::Failure(text) if reply.failed && reply.text == text => Ok(reply.text.to_owned()),
            Verdict::ReplyContains(texts) if !reply.failed => {
                contains_all(reply.text, texts).map(|()| reply.text.to_owned())
            }
            _ => Err(format!("it answered {reply:?}")),
        },
        Err(error) => {
            if !instance.has_failed() {
                return Err(format!("its instance would be used again after: {error}"));
            }
            check_error(step, &error, pool, limits, Some(*function))
        }
    }
}

fn check_error(
    step: &Step,
    error: &CallError,
    pool: &InstancePool,
    limits: &Limits,
    function: Option<Function>,
) -> Result<String, String> {
    let right = match (&step.verdict, &error.cause) {
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
    if !right || error.function != function || step.while_starting != function.is_none() {
        Err(format!("it failed with {error:?}"))
    } else if !error.to_string().starts_with(&beginning) {
        Err(format!("`{error}` does not begin with `{beginning}`"))
    } else {
        Ok(error.to_string())
    }
}
