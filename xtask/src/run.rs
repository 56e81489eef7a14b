//! Running other programs, and telling what is going on.

use std::ffi::OsStr;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the repository").to_owned()
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

/// Says what begins, does it, and says how long it took.
pub(crate) fn step(title: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    heading(title);
    let started = Instant::now();
    work().with_context(|| format!("failed: {title}"))?;
    say(&format!("   {title}: {:.0} s", started.elapsed().as_secs_f64()));
    Ok(())
}

/// A line that stands out.
pub(crate) fn heading(title: &str) {
    if std::io::stdout().is_terminal() {
        say(&format!("\n\x1b[1m== {title}\x1b[0m"));
    } else {
        say(&format!("\n== {title}"));
    }
}

/// A line on standard output.
pub(crate) fn say(line: &str) {
    // Nobody is left to hear where standard output is gone.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Runs a program, with its output where ours goes. That it fails is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    say(&format!("$ {shown}"));
    let status = command.status().with_context(|| format!("{shown} cannot be started"))?;
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
