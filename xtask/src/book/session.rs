//! What a page tells its reader to type, typed: one session of bash for each page, in a home folder of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result};

use super::blocks::{Block, How, Page};
use super::target;
use crate::examples::driftless;
use crate::run::{is_ci, root, say};
use crate::tools;

/// Stands in front of what the session says about a command.
const MARK: char = '\u{1e}';

/// Something that is done in the session.
struct Step {
    /// Where it stands on the page.
    line: usize,
    /// What bash does.
    script: String,
    expected: Expected,
}

enum Expected {
    /// These lines, and this exit code.
    Output(Vec<String>, i32),
    /// It works, whatever it prints.
    Success,
    /// It prints what has this in it.
    Contains(String),
}

/// Runs what is to be run on a page. Returns what does not hold, each with its line in front.
pub(super) fn check(page: &Page) -> Result<Vec<String>> {
    let name = page.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let needs = page.blocks.iter().filter_map(needed);
    if let Some(missing) = needs.into_iter().find(|program| !is_there(program)) {
        anyhow::ensure!(!is_ci(), "{missing} is missing, and with CI nothing is left out");
        say(&format!("LEFT OUT: the commands of {name}.md: {missing} is not installed"));
        return Ok(Vec::new());
    }
    let home = target().join("pages").join(&name);
    if home.is_dir() {
        fs::remove_dir_all(&home)?;
    }
    fs::create_dir_all(home.join(".driftless"))?;
    link(&root(), &home.join("driftless"))?;
    let scratch = target().join("blocks").join(&name);
    fs::create_dir_all(&scratch)?;

    let mut steps = Vec::new();
    for block in &page.blocks {
        steps_of(block, &scratch, &mut steps)?;
    }
    if steps.is_empty() {
        return Ok(Vec::new());
    }
    // The one thing in it that the reader does not have: it spares the compiler what it has compiled before.
    write_key(&home.join(".driftless/machine-code.key"))?;
    let started = Instant::now();
    let said = run(&home, &steps)?;
    say(&format!("   {name}.md: {:.0} s", started.elapsed().as_secs_f64()));
    Ok(compare(&steps, &said, &home))
}

/// Where the tests of the command keep machine code. With the same key the book finds what they have compiled already.
fn machine_code() -> PathBuf {
    root().join("target/tmp/cache")
}

/// Writes the key with which the tests of the command authenticate machine code.
fn write_key(path: &Path) -> Result<()> {
    fs::write(path, [7; 32])?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

/// Whether programs of other languages have to be there for a page.
pub(super) fn needs_others(page: &Page) -> bool {
    page.blocks.iter().any(|block| block.language == "console" && needed(block).is_some())
}

/// The program without which a block cannot be run.
fn needed(block: &Block) -> Option<&'static str> {
    let runs = !matches!(block.how, How::NotRun);
    let types = |word: &str| block.language == "console" && block.text.contains(&format!("$ {word}"));
    match block.language.as_str() {
        "js" if runs && !block.is_included => Some("node"),
        "python" if runs && !block.is_included => Some("python3"),
        _ if runs && types("npm") => Some("npm"),
        _ if runs && types("python3") => Some("python3"),
        _ => None,
    }
}

fn is_there(program: &str) -> bool {
    let asked = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

fn steps_of(block: &Block, scratch: &Path, steps: &mut Vec<Step>) -> Result<()> {
    let line = block.line;
    let hidden = |script: String, expected| Step { line, script, expected };
    let written = |ending: &str| -> Result<PathBuf> {
        let path = scratch.join(format!("{line}.{ending}"));
        fs::write(&path, &block.text)?;
        Ok(path)
    };
    match &block.how {
        How::NotRun | How::Said => {}
        How::File(path) => {
            let to = format!("\"$HOME\"/{}", quoted(Path::new(path)));
            let script = format!("mkdir -p \"$(dirname {to})\" && cp {} {to}", quoted(&written("txt")?));
            steps.push(hidden(script, Expected::Success));
        }
        How::From(path) => {
            let script = format!("cat \"$HOME\"/{}", quoted(Path::new(path)));
            steps.push(hidden(script, Expected::Contains(block.text.clone())));
        }
        How::Command(kind) => {
            let file = quoted(&written(&block.language)?);
            let script = match kind.as_str() {
                "settings" => format!("driftless --config {file} plugin list"),
                "grants" => format!("driftless --grants {file} plugin list"),
                _ => format!("driftless apply --dry-run {file}"),
            };
            steps.push(hidden(script, Expected::Success));
        }
        How::Plain if block.is_included => {}
        How::Plain => match block.language.as_str() {
            "console" => commands(block, steps)?,
            "js" => {
                let modules = scratch.join("node_modules").join("@driftless");
                fs::create_dir_all(&modules)?;
                link(&root().join("packages").join("javascript"), &modules.join("plugin-sdk"))?;
                steps.push(hidden(format!("node {}", quoted(&written("mjs")?)), Expected::Success));
            }
            "python" => {
                let sdk = root().join("packages").join("python").join("src");
                let script = format!(
                    "PYTHONPATH={} PYTHONDONTWRITEBYTECODE=1 python3 {}",
                    quoted(&sdk),
                    quoted(&written("py")?)
                );
                steps.push(hidden(script, Expected::Success));
            }
            _ => {}
        },
    }
    Ok(())
}

/// The commands of a block: each with the lines below it, which are what it prints. `[exit 3]` below them is its exit code, where that is not 0.
fn commands(block: &Block, steps: &mut Vec<Step>) -> Result<()> {
    let mut lines = block.text.lines().enumerate().peekable();
    while let Some((at, line)) = lines.next() {
        let mut script = line
            .strip_prefix("$ ")
            .with_context(|| format!("line {}: a block of a console begins with `$ `", block.line))?
            .to_owned();
        while script.ends_with('\\') {
            let (_, more) = lines.next().context("nothing follows a `\\`")?;
            script.push('\n');
            script.push_str(more.strip_prefix("> ").unwrap_or(more));
        }
        let mut expected: Vec<String> = Vec::new();
        while let Some((_, line)) = lines.next_if(|(_, line)| !line.starts_with("$ ")) {
            expected.push(line.to_owned());
        }
        let code =
            expected.last().and_then(|last| last.strip_prefix("[exit ")?.strip_suffix(']')?.parse().ok());
        if code.is_some() {
            expected.pop();
        }
        steps.push(Step {
            line: block.line + 1 + at,
            script,
            expected: Expected::Output(expected, code.unwrap_or(0)),
        });
    }
    Ok(())
}

/// Runs the steps one after the other. Returns what each printed, and its exit code, as far as it came.
fn run(home: &Path, steps: &[Step]) -> Result<Vec<(String, i32)>> {
    let mut script = String::from("cd \"$HOME\"\n");
    for step in steps {
        // The mark goes where the output goes, so that it stands behind it.
        script.push_str(&format!(
            "{{ {}\n}} </dev/null 2>&1\n__code=$?; printf '\\036%s\\036' \"$__code\"; (exit \"$__code\")\n",
            step.script
        ));
    }
    let file = home.with_extension("sh");
    fs::write(&file, script)?;
    let user = std::env::home_dir().unwrap_or_default();
    let of_user = |variable: &str, folder: &str| {
        std::env::var_os(variable).map_or_else(|| user.join(folder), PathBuf::from)
    };
    let bin = driftless();
    let own = [bin.parent().unwrap_or(Path::new("")).to_owned(), tools::folder().join("bin")];
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(own.into_iter().chain(std::env::split_paths(&path)))?;
    let mut bash = Command::new("bash");
    bash.arg(&file)
        .env("PATH", path)
        .env("CARGO_HOME", of_user("CARGO_HOME", ".cargo"))
        .env("RUSTUP_HOME", of_user("RUSTUP_HOME", ".rustup"))
        .env("npm_config_cache", of_user("npm_config_cache", ".npm"))
        .env("npm_config_update_notifier", "false")
        .env("npm_config_fund", "false")
        .env("npm_config_audit", "false")
        .env("PIP_CACHE_DIR", of_user("PIP_CACHE_DIR", ".cache/pip"))
        .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("XDG_CACHE_HOME", machine_code())
        .env("CARGO_TARGET_DIR", target().join("cargo"))
        .env("CARGO_TERM_QUIET", "true")
        .env("NO_COLOR", "1")
        // Those of the cargo that runs this chore mean nothing to what is built here.
        .env_remove("CARGO")
        .env_remove("RUSTFLAGS")
        .env_remove("RUSTUP_TOOLCHAIN")
        .env("HOME", home)
        .current_dir(home);
    let output =
        bash.stdin(Stdio::null()).stderr(Stdio::inherit()).output().context("bash cannot be started")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut parts = said.split(MARK);
    let mut results = Vec::new();
    while let (Some(text), Some(code)) = (parts.next(), parts.next()) {
        results.push((text.to_owned(), code.parse().unwrap_or(-1)));
    }
    Ok(results)
}

fn compare(steps: &[Step], said: &[(String, i32)], home: &Path) -> Vec<String> {
    let mut complaints = Vec::new();
    for (place, step) in steps.iter().enumerate() {
        let Some((text, code)) = said.get(place) else {
            complaints.push(format!("{}: the session ended before `{}`", step.line, step.script));
            break;
        };
        let text = text.replace(&home.display().to_string(), "~");
        let shown = || text.lines().map(|line| format!("\n    {line}")).collect::<String>();
        let holds = match &step.expected {
            Expected::Success => *code == 0,
            Expected::Contains(part) => *code == 0 && text.contains(part.trim_end()),
            Expected::Output(lines, exit) => {
                let printed: Vec<&str> = text.trim_end().lines().map(str::trim_end).collect();
                let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
                *code == *exit && matches_lines(&lines, &printed)
            }
        };
        if !holds {
            let what = match &step.expected {
                Expected::Contains(_) => "the file is another:".to_owned(),
                _ => format!("`{}` ends with {code} and prints:", step.script),
            };
            complaints.push(format!("{}: {what}{}", step.line, shown()));
        }
    }
    complaints
}

/// Whether lines are as expected, where `...` stands for any number of lines.
fn matches_lines(expected: &[&str], printed: &[&str]) -> bool {
    match expected.split_first() {
        None => printed.is_empty(),
        Some((&"...", rest)) => (0..=printed.len()).any(|skipped| matches_lines(rest, &printed[skipped..])),
        Some((line, rest)) => printed
            .split_first()
            .is_some_and(|(first, others)| matches_line(line, first) && matches_lines(rest, others)),
    }
}

/// Whether a line is as expected, where `[..]` stands for any characters.
fn matches_line(expected: &str, printed: &str) -> bool {
    match expected.split_once("[..]") {
        None => expected == printed,
        Some((before, rest)) => printed.strip_prefix(before).is_some_and(|behind| {
            let places = behind.char_indices().map(|(at, _)| at).chain([behind.len()]);
            places.into_iter().any(|at| matches_line(rest, &behind[at..]))
        }),
    }
}

fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}

#[cfg(unix)]
fn link(from: &Path, to: &Path) -> Result<()> {
    if to.symlink_metadata().is_ok() {
        return Ok(());
    }
    std::os::unix::fs::symlink(from, to).with_context(|| to.display().to_string())
}

#[cfg(not(unix))]
fn link(_: &Path, to: &Path) -> Result<()> {
    anyhow::bail!("{}: the commands of the book are those of bash on Linux and macOS", to.display());
}
