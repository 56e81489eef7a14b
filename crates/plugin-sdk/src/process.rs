//! Other programs on the machine on which the plugin runs.
//!
//! ```
//! #[plugin_sdk::plugin(commands("git"))]
//! mod repository {
//!     use plugin_sdk::prelude::*;
//!
//!     /// Which commit is checked out.
//!     #[facts]
//!     fn head() -> Result<Value> {
//!         let output = process::Command::new("git").args(["-C", "/srv/app", "rev-parse", "HEAD"]).run()?.ok()?;
//!         Ok(json!({"commit": output.stdout_text()?.trim()}))
//!     }
//! }
//!
//! use plugin_sdk::process::Output;
//! use plugin_sdk::testing::{self, FakeHost};
//!
//! let arguments = ["-C", "/srv/app", "rev-parse", "HEAD"];
//! let _host = testing::host(FakeHost::new().command("git", arguments, Output::new(0, "1f9e\n")));
//! assert_eq!(execute_facts_collector("head", "{}"), r#"{"commit":"1f9e"}"#);
//! ```

use driftless_plugin_api::host_call::ProcessRequest;

use crate::{HostError, HostErrorKind, Result, request};

/// A program to run. No shell is involved: an argument arrives as it is, whatever stands in it.
///
/// ```
/// # use plugin_sdk::process::Output;
/// # use plugin_sdk::testing::{self, FakeHost};
/// # let _host = testing::host(FakeHost::new().command("sort", ["-n"], Output::new(0, "1\n2\n")));
/// use plugin_sdk::process::Command;
///
/// let sorted = Command::new("sort").arg("-n").stdin("2\n1\n").run()?;
/// assert!(sorted.success());
/// assert_eq!(sorted.stdout_text()?, "1\n2\n");
/// # Ok::<(), plugin_sdk::HostError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "it is run by `run`"]
pub struct Command {
    request: ProcessRequest,
    stdin: Vec<u8>,
}

impl Command {
    /// A program, written as in the permission: an absolute path, or a name that the host looks up in its `PATH`.
    pub fn new(command: impl Into<String>) -> Self {
        Self { request: ProcessRequest { command: command.into(), arguments: Vec::new() }, stdin: Vec::new() }
    }

    /// Adds an argument.
    pub fn arg(mut self, argument: impl Into<String>) -> Self {
        self.request.arguments.push(argument.into());
        self
    }

    /// Adds arguments.
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.request.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// What the program reads from its standard input; nothing unless it is said.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Runs it, and waits for its end.
    ///
    /// It needs the permission to run this command: `#[plugin(commands("git"))]`.
    ///
    /// # Errors
    ///
    /// Without the permission, where there is no such program, where it takes too long or writes too much. A program that
    /// ends with an exit code has run: see [`Output::success`] and [`Output::ok`].
    pub fn run(self) -> Result<Output, HostError> {
        let (answer, stdout) = request::process(&self.request, &self.stdin)?;
        Ok(Output { code: answer.code, signal: answer.signal, stdout, stderr: answer.stderr })
    }
}

/// How a program ended, and what it wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// Its exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error; what is not UTF-8 in it is replaced.
    pub stderr: String,
}

impl Output {
    /// That of a program that ended with this exit code and wrote this to standard output, for tests.
    pub fn new(code: i32, stdout: impl Into<Vec<u8>>) -> Self {
        Self { code: Some(code), signal: None, stdout: stdout.into(), stderr: String::new() }
    }

    /// Whether the exit code is 0.
    pub fn success(&self) -> bool {
        self.code == Some(0)
    }

    /// The output, unless the program failed.
    ///
    /// # Errors
    ///
    /// Where the exit code is not 0. The message has the end of what the program wrote to standard error.
    pub fn ok(self) -> Result<Self, HostError> {
        if self.success() {
            return Ok(self);
        }
        let ended = match (self.code, self.signal) {
            (Some(code), _) => format!("the command ended with exit code {code}"),
            (None, Some(signal)) => format!("signal {signal} ended the command"),
            (None, None) => "the command did not end by itself".to_owned(),
        };
        let message = match tail(self.stderr.trim()) {
            "" => ended,
            stderr => format!("{ended}: {stderr}"),
        };
        Err(HostError::new(HostErrorKind::Failed, message))
    }

    /// What it wrote to standard output, as text.
    ///
    /// # Errors
    ///
    /// Where it is not UTF-8.
    pub fn stdout_text(&self) -> Result<&str, HostError> {
        std::str::from_utf8(&self.stdout)
            .map_err(|_| HostError::new(HostErrorKind::Failed, "what the command wrote is no text in UTF-8"))
    }
}

/// As much of the end of a text as fits into a message.
fn tail(text: &str) -> &str {
    const MAX_BYTES: usize = 1000;
    let mut start = text.len().saturating_sub(MAX_BYTES);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_of_a_command_says_how_it_ended() {
        let says = |output: Output| output.ok().unwrap_err().to_string();
        assert_eq!(says(Output::new(1, "")), "the command ended with exit code 1");
        let failed = Output { stderr: "no such branch\n".into(), ..Output::new(2, "") };
        assert_eq!(says(failed), "the command ended with exit code 2: no such branch");
        let killed = Output { signal: Some(9), ..Output::default() };
        assert_eq!(says(killed), "signal 9 ended the command");
        let long = Output { stderr: "ä".repeat(1000) + "x", ..Output::new(1, "") };
        assert_eq!(says(long).matches('ä').count(), 499);
    }
}
