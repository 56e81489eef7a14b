//! The programs that compile the languages: finding them, and running them without letting them speak out of turn.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::error::AuthorError;

/// The version of componentize-js that components are made with. What it makes depends on it, so no other will do.
pub const COMPONENTIZE_JS: &str = "0.23.0";

/// The version of preview2-shim that new projects get. componentize-js imports it and does not say so, and npm removes what no package asks for.
pub(crate) const PREVIEW2_SHIM: &str = "0.17.9";

/// The version of jco that new projects get, with which the examples and the tests build. componentize-js takes any newer one as well, and those ask for several
/// versions of preview2-shim at once.
pub(crate) const JCO: &str = "1.15.4";

/// The version of esbuild that new projects get.
pub const ESBUILD: &str = "0.28.2";

/// The version of TypeScript that new projects get.
pub const TYPESCRIPT: &str = "7.0.2";

/// The version of componentize-py that components are made with.
pub const COMPONENTIZE_PY: &str = "0.25.1";

/// A program on the `PATH`.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let file = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    // A relative folder would mean another one in the project that is built.
    std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(&file))
        .find(|file| file.is_file())
}

/// Runs a program to its end and returns what it printed.
pub(crate) fn output(command: &mut Command) -> Result<Output, AuthorError> {
    let output = command.stdin(Stdio::null()).output();
    output.map_err(|error| cannot_start(command.get_program(), &error))
}

pub(crate) fn cannot_start(program: &OsStr, error: &io::Error) -> AuthorError {
    AuthorError::Tool(format!("{}: it cannot be started: {error}", Path::new(program).display()))
}

/// The version that a program prints when it is asked for it: the first word that looks like one.
pub(crate) fn version(program: &Path) -> Result<String, AuthorError> {
    let printed = output(Command::new(program).arg("--version"))?;
    let printed = String::from_utf8_lossy(&printed.stdout).into_owned();
    let words = printed.split_whitespace().map(|word| word.trim_start_matches('v'));
    let mut versions = words.filter(|word| word.starts_with(|first: char| first.is_ascii_digit()));
    Ok(versions.next().unwrap_or("unknown").to_owned())
}

/// The first two numbers of a version.
pub(crate) fn major_minor(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

/// What a program said: standard error, or standard output where that is empty.
pub(crate) fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    match text(&output.stderr) {
        nothing if nothing.trim().is_empty() => text(&output.stdout),
        said => said,
    }
}
