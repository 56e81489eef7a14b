//! Programs: what is granted runs as it was asked to, and ends when it has to.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use driftless_capabilities::Capabilities;
use driftless_plugin_api::cancel::CancelHandle;
use driftless_plugin_api::host_call::HostCallErrorKind::{Denied, Invalid, Limit, NotFound};
use driftless_plugin_api::host_call::{
    Allowance, Capability, HostCallError, HostCalls, Outcome, ProcessAnswer, ProcessRequest,
};
use driftless_test_support::skip;
use rustix::process::{Pid, test_kill_process};

use crate::common::{PLENTY, ask, between, commands, kind, variables, with};

fn run_with(
    plugin: &Capabilities,
    command: &str,
    arguments: &[&str],
    input: &[u8],
    allowance: Allowance<'_>,
) -> Result<(ProcessAnswer, Vec<u8>), HostCallError> {
    let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    let request = ProcessRequest { command: command.to_owned(), arguments };
    ask(plugin, Capability::Process, &request, input, allowance)
}

fn run(
    command: &str,
    arguments: &[&str],
    input: &[u8],
    allowance: Allowance<'_>,
) -> Result<(ProcessAnswer, Vec<u8>), HostCallError> {
    run_with(&with(&[commands(&[command])]), command, arguments, input, allowance)
}

fn script(script: &str, allowance: Allowance<'_>) -> Result<(ProcessAnswer, Vec<u8>), HostCallError> {
    run("/bin/sh", &["-c", script], &[], allowance)
}

fn short(millis: u64) -> Allowance<'static> {
    Allowance::new(Duration::from_millis(millis), 1 << 16)
}

/// Waits until a process is gone: killed processes without a parent stay until `init` reaps them, so one that is dead counts.
fn assert_gone(pid: &str) {
    let number: i32 = pid.trim().parse().unwrap();
    let begun = Instant::now();
    loop {
        let gone = test_kill_process(Pid::from_raw(number).unwrap()).is_err();
        let stat = fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
        let dead = stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z'));
        if gone || dead {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(5), "{number} lives on");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_program_gets_input_and_gives_output() {
    let (answer, output) = run("/bin/cat", &[], b"through\0 and through", PLENTY).unwrap();
    assert_eq!(answer, ProcessAnswer { code: Some(0), signal: None, stderr: String::new() });
    assert_eq!(output, b"through\0 and through");
    let (answer, output) = script("printf out; printf 'err\\377' >&2; exit 7", PLENTY).unwrap();
    assert_eq!(answer, ProcessAnswer { code: Some(7), signal: None, stderr: "err\u{fffd}".into() });
    assert_eq!(output, b"out");
    let (answer, _) = script("kill -TERM $$", PLENTY).unwrap();
    assert_eq!((answer.code, answer.signal), (None, Some(15)));
    // More than a pipe holds, both ways at once.
    let large: Vec<u8> = (0..900_000u32).map(|index| index as u8).collect();
    assert_eq!(run("/bin/cat", &[], &large, PLENTY).unwrap().1, large);
}

#[test]
fn a_name_is_looked_up_in_the_path() {
    let (_, output) = run("echo", &["hello"], &[], PLENTY).unwrap();
    assert_eq!(output, b"hello\n");
    assert_eq!(kind(run("no-such-program-anywhere", &[], &[], PLENTY)), NotFound);
    assert_eq!(kind(run("/no/such/program", &[], &[], PLENTY)), NotFound);
    assert_eq!(kind(run("/etc/passwd", &[], &[], PLENTY)), NotFound);
    assert_eq!(kind(run("/etc", &[], &[], PLENTY)), NotFound);
}

/// The only test that changes the environment does so in another process.
#[test]
fn relative_entries_of_the_path_do_not_count() {
    if std::env::var_os("CAPS_CHILD").is_none() {
        let folder = tempfile::tempdir().unwrap();
        let planted = folder.path().join("planted");
        fs::write(&planted, "#!/bin/sh\necho planted\n").unwrap();
        fs::set_permissions(&planted, fs::Permissions::from_mode(0o755)).unwrap();
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "process::relative_entries_of_the_path_do_not_count", "--nocapture"])
            .current_dir(folder.path())
            .env("CAPS_CHILD", "1")
            .env("CAPS_SECRET", "secret")
            .env("CAPS_GRANTED", "granted")
            .env("LANG", "C")
            .env("LD_PRELOAD", "")
            .env("PATH", "::.:relative:/usr/bin:/bin")
            .output()
            .unwrap();
        assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
        return;
    }
    assert_eq!(kind(run("planted", &[], &[], PLENTY)), NotFound);
    // And the environment of a program is only what it is to be.
    let asked = [commands(&["env", "pwd"]), variables(&["CAPS_GRANTED", "CAPS_SECRET"])];
    let granted = [commands(&["env", "pwd"]), variables(&["CAPS_GRANTED", "HOME"])];
    let plugin = between(&asked, &granted);
    let (_, output) = run_with(&plugin, "env", &[], &[], PLENTY).unwrap();
    let output = String::from_utf8(output).unwrap();
    let names: Vec<&str> = output.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    let known = ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "USER", "CAPS_GRANTED"];
    assert!(names.iter().all(|name| known.contains(name)), "{names:?}");
    assert!(output.contains("CAPS_GRANTED=granted\n"), "{output}");
    assert!(output.contains("PATH=/usr/bin:/bin\n"), "{output}");
    assert_eq!(run_with(&plugin, "pwd", &[], &[], PLENTY).unwrap().1, b"/\n");
}

#[test]
fn only_the_exact_command_runs() {
    let plugin = between(&[commands(&["echo", "/bin/echo", "/bin/cat"])], &[commands(&["/bin/echo"])]);
    assert!(run_with(&plugin, "/bin/echo", &[], &[], PLENTY).is_ok());
    for command in [
        "echo",
        "/bin/cat",
        "/bin/echo x",
        "/bin//echo",
        "/bin/../bin/echo",
        "/bin/echo\0",
        "",
        "sh",
        "./echo",
    ] {
        assert_eq!(kind(run_with(&plugin, command, &[], &[], PLENTY)), Denied, "{command:?}");
    }
    assert_eq!(
        run_with(&plugin, "/bin/cat", &[], &[], PLENTY).unwrap_err().message,
        "it may not run /bin/cat: it is not granted"
    );
    for request in ["", "{}", r#"{"command":1}"#, r#"{"command":"/bin/echo","shell":true}"#] {
        let answer = plugin.answer(Capability::Process, request, &[], PLENTY);
        assert_eq!(Outcome::<ProcessAnswer>::read(&answer.head).unwrap_err().kind, Invalid, "{request}");
    }
}

#[test]
fn arguments_arrive_as_they_are() {
    let odd = [
        "a b", "$(id)", "`id`", "; id", "| id", "&& id", "> /tmp/x", "*", "~", "$HOME", "'", "\"", "\\",
        "\n", "", "-n", "ü",
    ];
    let mut arguments = vec!["%s\\n"];
    arguments.extend(odd);
    let (_, output) = run("/usr/bin/printf", &arguments, &[], PLENTY).unwrap();
    let expected: String = odd.iter().map(|argument| format!("{argument}\n")).collect();
    assert_eq!(String::from_utf8(output).unwrap(), expected);
    assert_eq!(kind(run("/bin/echo", &["a\0b"], &[], PLENTY)), Invalid);
    assert_eq!(kind(run("/bin/echo", &["x"; 1025], &[], PLENTY)), Invalid);
    assert_eq!(kind(run("/bin/echo", &[&"x".repeat(70_000)], &[], PLENTY)), Invalid);
}

#[test]
fn the_deadline_ends_a_program_and_its_children() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    for body in [
        "sleep 1000",
        "trap '' TERM INT HUP; while :; do sleep 1000; done",
        "sleep 1000 & sleep 1000 & wait",
        "(trap '' TERM HUP; sh -c 'echo $$ >> PIDS; sleep 1000' & wait) & wait",
        "kill -STOP $$",
    ] {
        let text = format!("echo $$ > PIDS; {body}").replace("PIDS", pids.to_str().unwrap());
        let begun = Instant::now();
        let error = script(&text, short(400)).unwrap_err();
        assert_eq!(error.kind, Limit, "{body}");
        assert_eq!(error.message, "running /bin/sh took longer than the 400 ms that were left of the call");
        let taken = begun.elapsed();
        assert!(taken >= Duration::from_millis(400) && taken < Duration::from_secs(5), "{body}: {taken:?}");
        let pids = fs::read_to_string(&pids).unwrap();
        assert!(pids.lines().count() >= 1);
        pids.lines().for_each(assert_gone);
    }
}

#[test]
fn children_that_are_left_behind_die_and_do_not_hold_up_the_call() {
    for text in [
        // It holds standard output open.
        "sleep 1000 & echo $!",
        "(trap '' TERM HUP; exec sleep 1000) & echo $!",
        "(sh -c 'echo $$; exec sleep 1000' &) ; sleep 0.3",
    ] {
        let begun = Instant::now();
        let (answer, output) = script(text, PLENTY).unwrap();
        assert_eq!(answer.code, Some(0));
        assert!(begun.elapsed() < Duration::from_secs(10), "{text}");
        assert_gone(std::str::from_utf8(&output).unwrap());
    }
}

#[test]
fn one_that_leaves_the_group_does_not_hold_up_the_call() {
    if !std::path::Path::new("/usr/bin/setsid").exists() {
        return skip("there is no setsid");
    }
    let begun = Instant::now();
    // It keeps standard output, and its time is short, as the call does not end it.
    let (answer, output) =
        script("setsid sh -c 'echo away; sleep 8' & sleep 0.5; echo here", PLENTY).unwrap();
    assert_eq!(answer.code, Some(0));
    assert_eq!(output, b"away\nhere\n");
    assert!(begun.elapsed() < Duration::from_secs(6));
    let begun = Instant::now();
    assert_eq!(kind(script("setsid sleep 8 & sleep 1000", short(300))), Limit);
    assert!(begun.elapsed() < Duration::from_secs(6));
}

#[test]
fn endless_output_is_cut_off() {
    let begun = Instant::now();
    let allowance = Allowance::new(Duration::from_secs(20), 100_000);
    let error = script("echo $$; exec yes", allowance).unwrap_err();
    assert_eq!(error.kind, Limit);
    assert_eq!(
        error.message,
        "the standard output of /bin/sh has more than the 100000 bytes that an answer may have"
    );
    let error = script("exec yes >&2", allowance).unwrap_err();
    assert!(error.message.starts_with("the standard error of /bin/sh has more"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(10));
    // At the edge: just as much as may be.
    let exactly = script("head -c 100000 /dev/zero", allowance).unwrap();
    assert_eq!(exactly.1.len(), 100_000);
    assert_eq!(kind(script("head -c 100001 /dev/zero", allowance)), Limit);
    // As JSON it is six times as long.
    assert_eq!(kind(script("head -c 90000 /dev/zero >&2", allowance)), Limit);
    // Slow and endless.
    assert_eq!(kind(script("while :; do echo drip; sleep 0.02; done", short(300))), Limit);
}

#[test]
fn input_that_the_program_does_not_read_is_no_failure() {
    let large = vec![b'x'; 5 << 20];
    let begun = Instant::now();
    let (answer, _) = run("/bin/sh", &["-c", "exit 3"], &large, PLENTY).unwrap();
    assert_eq!(answer.code, Some(3));
    let (answer, output) = run("/bin/sh", &["-c", "exec <&-; echo closed"], &large, PLENTY).unwrap();
    assert_eq!((answer.code, output.as_slice()), (Some(0), &b"closed\n"[..]));
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!(kind(run("/bin/sleep", &["1000"], &large, short(300))), Limit);
    // Without input there is an end at once.
    assert_eq!(run("/bin/cat", &[], &[], PLENTY).unwrap().1, b"");
}

#[cfg(target_os = "linux")]
#[test]
fn no_file_of_the_host_is_inherited() {
    let _open: Vec<fs::File> = (0..20).map(|_| fs::File::open("/etc/passwd").unwrap()).collect();
    let (_, output) = script("ls /proc/self/fd | tr '\\n' ' '", PLENTY).unwrap();
    let numbers: Vec<u32> =
        String::from_utf8(output).unwrap().split_whitespace().map(|fd| fd.parse().unwrap()).collect();
    // What the parent of the host passed on to all its children is not the host's; O_CLOEXEC is 0o2000000.
    let passed_on = |fd: &u32| {
        let info = fs::read_to_string(format!("/proc/self/fdinfo/{fd}")).unwrap_or_default();
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
        flags.is_some_and(|flags| u32::from_str_radix(flags.trim(), 8).unwrap() & 0o2_000_000 == 0)
    };
    // 3 is the folder that `ls` reads.
    let own: Vec<_> = numbers.iter().filter(|fd| **fd > 3 && !passed_on(fd)).collect();
    assert!(own.is_empty() && numbers.len() < 20, "{own:?} of {numbers:?}");
}

#[test]
fn no_zombies_stay() {
    let _ = script("exit 0", PLENTY);
    let _ = script("sleep 1000", short(100));
    let _ = script("exec yes", short(1000));
    let own = std::process::id().to_string();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
        // Other tests of this process have children too, which are alive.
        let is_sh = stat.contains("(sh)") || stat.contains("(yes)") || stat.contains("(sleep)");
        if fields[1] == own && is_sh && fields[0] == "Z" {
            let pid = entry.file_name();
            thread::sleep(Duration::from_secs(1));
            let again = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
            assert!(!again.contains(") Z "), "{pid:?} stays: {again}");
        }
    }
}

/// Cancels a call from another thread as soon as `is_ready`.
fn cancelled_when<T>(is_ready: impl Fn() -> bool + Sync, call: impl FnOnce(Allowance<'_>) -> T) -> T {
    let handle = CancelHandle::new();
    thread::scope(|threads| {
        threads.spawn(|| {
            let begun = Instant::now();
            while !is_ready() && begun.elapsed() < Duration::from_secs(10) {
                thread::sleep(Duration::from_millis(2));
            }
            handle.cancel();
        });
        // Without the cancelling, the call would take as long as the program: much longer than any test may.
        call(Allowance { cancel: Some(&handle), ..Allowance::new(Duration::from_secs(3600), 1 << 16) })
    })
}

#[test]
fn cancelling_the_call_ends_the_program_and_its_children() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    let has_started = || fs::read_to_string(&pids).is_ok_and(|pids| pids.lines().count() == 2);
    let text = format!("sleep 3600 & printf '%s\\n' $$ $! > {}; wait", pids.display());
    let error = cancelled_when(has_started, |allowance| script(&text, allowance)).unwrap_err();
    assert_eq!(error.message, "running /bin/sh was cancelled");
    let pids = fs::read_to_string(&pids).unwrap();
    assert_eq!(pids.lines().count(), 2);
    pids.lines().for_each(assert_gone);
}
