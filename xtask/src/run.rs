//! Running other programs, and telling what is going on.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

thread_local! {
    /// What this thread says, where it works beside another whose output it would tear apart.
    static HELD_BACK: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the repository").to_owned()
}

/// Whether nothing may be left out because a tool is missing.
pub(crate) fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty())
}

/// The cargo that runs this.
pub(crate) fn cargo() -> Command {
    command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A program, in the root of the repository.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// Works without saying anything, and returns what it would have said.
pub(crate) fn hold_back<T>(work: impl FnOnce() -> T) -> (T, String) {
    HELD_BACK.set(Some(String::new()));
    let result = work();
    (result, HELD_BACK.take().unwrap_or_default())
}

/// Does two things at the same time. What the second says is shown behind what the first says.
pub(crate) fn both<A, B: Send>(
    first: impl FnOnce() -> Result<A>,
    second: impl FnOnce() -> Result<B> + Send,
) -> Result<(A, B)> {
    thread::scope(|scope| {
        let second = scope.spawn(|| hold_back(second));
        let first = first();
        let (second, said) = second.join().map_err(|_| anyhow!("a thread of this chore panicked"))?;
        say(said.trim_end());
        Ok((first?, second?))
    })
}

/// A line that stands out.
pub(crate) fn heading(title: &str) {
    if std::io::stdout().is_terminal() && HELD_BACK.with_borrow(Option::is_none) {
        say(&format!("\n\x1b[1m== {title}\x1b[0m"));
    } else {
        say(&format!("\n== {title}"));
    }
}

/// A line on standard output.
pub(crate) fn say(line: &str) {
    let said = HELD_BACK.with_borrow_mut(|held_back| match held_back {
        Some(text) => {
            text.push_str(line);
            text.push('\n');
            false
        }
        None => true,
    });
    if said {
        // Where standard output is gone, the line is dropped.
        let _ = writeln!(std::io::stdout(), "{line}");
    }
}

/// Runs a program, with its output where ours goes. That it fails is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    say(&format!("$ {shown}"));
    let status = if HELD_BACK.with_borrow(Option::is_some) {
        let output = command.stdin(Stdio::null()).output();
        let output = output.with_context(|| format!("{shown} cannot be started"))?;
        for text in [&output.stdout, &output.stderr] {
            let text = String::from_utf8_lossy(text);
            if !text.trim().is_empty() {
                say(text.trim_end());
            }
        }
        output.status
    } else {
        command.status().with_context(|| format!("{shown} cannot be started"))?
    };
    if !status.success() {
        bail!("{shown}: {status}");
    }
    Ok(())
}

/// Runs cargo for a package, and says from time to time how many of its crates are begun. On a terminal cargo has a bar of its own for that.
pub(crate) fn run_cargo(command: &mut Command, package: &str) -> Result<()> {
    /// How often it is said.
    const EVERY: Duration = Duration::from_secs(15);
    if std::io::stderr().is_terminal() {
        return run(command);
    }
    let shown = shown(command);
    say(&format!("$ {shown}"));
    let edges = ["--edges", "normal,build", "--package", package];
    let tree = output(cargo().args(["tree", "--locked", "--prefix", "none"]).args(edges))?;
    let crates: BTreeSet<&str> = tree.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    let mut child =
        command.stderr(Stdio::piped()).spawn().with_context(|| format!("{shown} cannot be started"))?;
    let stderr = BufReader::new(child.stderr.take().context("it is a pipe")?);
    let (sender, lines) = mpsc::channel();
    let reader =
        thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    let began = Instant::now();
    let (mut told, mut begun, mut last) = (began, 0, String::new());
    loop {
        match lines.recv_timeout(EVERY.saturating_sub(told.elapsed())) {
            Ok(line) => match line.trim_start().strip_prefix("Compiling ") {
                Some(name) => {
                    begun += 1;
                    name.clone_into(&mut last);
                }
                None => say(&line),
            },
            Err(RecvTimeoutError::Timeout) => {
                told = Instant::now();
                let seconds = began.elapsed().as_secs();
                say(&format!("   crate {begun} of about {}, after {seconds} s: {last}", crates.len()));
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    // It ends when all is read.
    let _ = reader.join();
    let status = child.wait()?;
    if !status.success() {
        bail!("{shown}: {status}");
    }
    Ok(())
}

/// Runs a program and returns its standard output. That it fails is an error.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    let output = command.output().with_context(|| format!("{shown} cannot be started"))?;
    if !output.status.success() {
        bail!("{shown}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// A command as one would type it.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let program = program.strip_prefix(root()).unwrap_or(program);
    let name =
        if program.is_absolute() { Path::new(program.file_name().unwrap_or_default()) } else { program };
    let words = command.get_args().map(|word| word.to_string_lossy().into_owned());
    std::iter::once(name.display().to_string()).chain(words).collect::<Vec<_>>().join(" ")
}
