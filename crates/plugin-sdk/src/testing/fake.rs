//! A host that has what a test gives it.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::{self, Display};
use std::sync::{Mutex, MutexGuard, PoisonError};

use driftless_plugin_api::host_call::{
    Allowance, Answer, Capability, EnvironmentAnswer, EnvironmentRequest, FileRequest, FunctionRequest,
    HostCallError, HostCallErrorKind, HostCalls, HttpAnswer, HttpRequest, Outcome, ProcessAnswer,
    ProcessRequest, WriteMode,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::files::{self, Files};
use crate::http::Response;
use crate::process::Output;

/// A host that has what a test gives it, and nothing else. It keeps a list of all that it was asked for.
///
/// | asked for | is | and without it |
/// |---|---|---|
/// | a file or folder | [`file`](Self::file), [`folder`](Self::folder), or what the plugin wrote | it is not found |
/// | a variable | [`var`](Self::var) | it is denied |
/// | a request | [`response`](Self::response) | it is denied |
/// | a command | [`command`](Self::command) | it is denied |
/// | a function of the host | [`function`](Self::function) | it is denied |
///
/// Permissions are for the host that runs the plugin to check: this one lets a plugin write wherever it likes, unless
/// [`fails`](Self::fails) says otherwise.
///
/// [The module](super) shows it at work.
#[derive(Debug, Default)]
pub struct FakeHost(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    files: Files,
    variables: BTreeMap<String, Option<String>>,
    responses: BTreeMap<String, VecDeque<Response>>,
    outputs: BTreeMap<(String, Vec<String>), VecDeque<Output>>,
    functions: BTreeMap<String, VecDeque<Value>>,
    failures: BTreeMap<String, HostCallErrorKind>,
    calls: Vec<Call>,
}

/// Something that a plugin asked for.
///
/// It is compared with text: `assert_eq!(host.calls(), ["read /etc/hostname", "GET https://example.com/"])`.
#[derive(Clone, PartialEq, Eq)]
pub struct Call {
    /// In words: `read /srv/x`, `write /srv/x`, `append /srv/x`, `create /srv/x`, `list /srv`, `stat /srv/x`, `var TOKEN`,
    /// `GET https://example.com/`, `run git status`, `call inventory.owner {"host":"web1"}`. An argument with a space in it, or without anything, stands in quotes.
    pub what: String,
    /// The headers of an HTTP request.
    pub headers: Vec<(String, String)>,
    /// What was to be written, the body of an HTTP request, or the standard input of a command.
    pub body: Vec<u8>,
}

impl FakeHost {
    /// A host without anything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives it a file. The folders above it are there as well.
    ///
    /// # Panics
    ///
    /// If the path is not absolute, or has `.` or `..` in it.
    #[must_use]
    pub fn file(mut self, path: &str, contents: impl Into<Vec<u8>>) -> Self {
        let path = files::plain(path).unwrap_or_else(|error| panic!("{error}"));
        self.state_mut().files.insert(path, contents.into());
        self
    }

    /// Gives it an empty folder.
    ///
    /// # Panics
    ///
    /// If the path is not absolute, or has `.` or `..` in it.
    #[must_use]
    pub fn folder(mut self, path: &str) -> Self {
        let path = files::plain(path).unwrap_or_else(|error| panic!("{error}"));
        self.state_mut().files.insert_folder(path);
        self
    }

    /// Gives it an environment variable, or with `None` one that may be read and is not set.
    #[must_use]
    pub fn var<'a>(mut self, name: &str, value: impl Into<Option<&'a str>>) -> Self {
        self.state_mut().variables.insert(name.to_owned(), value.into().map(str::to_owned));
        self
    }

    /// Gives it the response to a request, `GET https://example.com/`, with a status and a body.
    ///
    /// Given again for the same request it is the response to the next one; the last stays.
    #[must_use]
    pub fn response(self, request: &str, status: u16, body: impl Into<Vec<u8>>) -> Self {
        self.response_with(request, Response { status, body: body.into(), ..Response::default() })
    }

    /// Gives it the response to a request, with headers. Where the response does not say where it came from, it comes from the URL of
    /// the request.
    #[must_use]
    pub fn response_with(mut self, request: &str, mut response: Response) -> Self {
        if response.url.is_empty() {
            let url = request.split_once(' ').map_or(request, |(_, url)| url);
            url.clone_into(&mut response.url);
        }
        self.state_mut().responses.entry(request.to_owned()).or_default().push_back(response);
        self
    }

    /// Gives it the output of a command with these arguments.
    ///
    /// Given again for the same command it is the output of the next run; the last stays.
    #[must_use]
    pub fn command(
        mut self,
        command: &str,
        arguments: impl IntoIterator<Item = impl Into<String>>,
        output: Output,
    ) -> Self {
        let arguments = arguments.into_iter().map(Into::into).collect();
        self.state_mut().outputs.entry((command.to_owned(), arguments)).or_default().push_back(output);
        self
    }

    /// Gives it what a function of the host returns, whatever its arguments are.
    ///
    /// Given again for the same function it is what the next call returns; the last stays.
    #[must_use]
    pub fn function(mut self, name: &str, returns: impl Into<Value>) -> Self {
        self.state_mut().functions.entry(name.to_owned()).or_default().push_back(returns.into());
        self
    }

    /// Lets a call fail, in the words of [`Call::what`]: `fails("read /etc/shadow", HostErrorKind::Denied)`.
    #[must_use]
    pub fn fails(mut self, call: &str, kind: HostCallErrorKind) -> Self {
        self.state_mut().failures.insert(call.to_owned(), kind);
        self
    }

    /// All that it was asked for, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    /// What is in a file, as the test or the plugin has written it.
    pub fn contents(&self, path: &str) -> Option<Vec<u8>> {
        self.state().files.contents(path).map(<[u8]>::to_vec)
    }

    /// What is in a file that the plugin wrote, as text; `None` where it did not write it.
    pub fn written(&self, path: &str) -> Option<String> {
        let state = self.state();
        state.files.written(path).map(|contents| String::from_utf8_lossy(contents).into_owned())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A test that panics has failed anyway.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state_mut(&mut self) -> &mut State {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HostCalls for FakeHost {
    fn answer(&self, capability: Capability, request: &str, body: &[u8], _: Allowance<'_>) -> Answer {
        let mut state = self.state();
        let answered = match capability {
            Capability::File => read(request).and_then(|request| state.file(&request, body)),
            Capability::Http => read(request).and_then(|request| state.http(request, body)),
            Capability::Environment => read(request).and_then(|request| state.environment(&request)),
            Capability::Process => read(request).and_then(|request| state.process(request, body)),
            Capability::Function => read(request).and_then(|request| state.function(&request)),
        };
        answered.unwrap_or_else(Answer::error)
    }
}

impl State {
    fn file(&mut self, request: &FileRequest, body: &[u8]) -> Result<Answer, HostCallError> {
        let (verb, path) = match request {
            FileRequest::Read { path } => ("read", path),
            FileRequest::Write { path, mode: WriteMode::Replace } => ("write", path),
            FileRequest::Write { path, mode: WriteMode::InPlace } => ("write in place", path),
            FileRequest::Write { path, mode: WriteMode::Append } => ("append", path),
            FileRequest::Write { path, mode: WriteMode::New } => ("create", path),
            FileRequest::List { path } => ("list", path),
            FileRequest::Stat { path } => ("stat", path),
        };
        self.note(format!("{verb} {path}"), Vec::new(), body)?;
        let (answer, body) = self.files.answer(request, body)?;
        Ok(done(answer, body))
    }

    fn http(&mut self, request: HttpRequest, body: &[u8]) -> Result<Answer, HostCallError> {
        let what = format!("{} {}", request.method, request.url);
        self.note(what.clone(), request.headers, body)?;
        let Response { status, url, headers, body } = next(self.responses.get_mut(&what))
            .ok_or_else(|| denied(&what, &format!("FakeHost::response({what:?}, …)")))?;
        Ok(done(HttpAnswer { status, url, headers }, body))
    }

    fn environment(&mut self, request: &EnvironmentRequest) -> Result<Answer, HostCallError> {
        let name = &request.name;
        let what = format!("var {name}");
        self.note(what.clone(), Vec::new(), &[])?;
        let value = self.variables.get(name).cloned();
        let value = value.ok_or_else(|| denied(&what, &format!("FakeHost::var({name:?}, …)")))?;
        Ok(done(EnvironmentAnswer { value }, Vec::new()))
    }

    fn process(&mut self, request: ProcessRequest, body: &[u8]) -> Result<Answer, HostCallError> {
        let ProcessRequest { command, arguments } = request;
        let mut what = format!("run {command}");
        for argument in &arguments {
            let is_plain = !argument.is_empty() && !argument.contains(char::is_whitespace);
            what.push_str(&if is_plain { format!(" {argument}") } else { format!(" {argument:?}") });
        }
        self.note(what.clone(), Vec::new(), body)?;
        let help = format!("FakeHost::command({command:?}, {arguments:?}, …)");
        let output = next(self.outputs.get_mut(&(command, arguments)));
        let Output { code, signal, stdout, stderr } = output.ok_or_else(|| denied(&what, &help))?;
        Ok(done(ProcessAnswer { code, signal, stderr }, stdout))
    }

    fn function(&mut self, request: &FunctionRequest) -> Result<Answer, HostCallError> {
        let FunctionRequest { function, arguments } = request;
        let what = format!("call {function} {arguments}");
        self.note(what.clone(), Vec::new(), &[])?;
        let help = format!("FakeHost::function({function:?}, …)");
        let returns = next(self.functions.get_mut(function)).ok_or_else(|| denied(&what, &help))?;
        Ok(done(returns, Vec::new()))
    }

    /// Writes a call down, and lets it fail where the test wants that.
    fn note(
        &mut self,
        what: String,
        headers: Vec<(String, String)>,
        body: &[u8],
    ) -> Result<(), HostCallError> {
        let failure = self.failures.get(&what).map(|kind| {
            HostCallError::new(*kind, format!("`{what}` fails, since the test says so: {}", words(*kind)))
        });
        self.calls.push(Call { what, headers, body: body.to_vec() });
        failure.map_or(Ok(()), Err)
    }
}

impl PartialEq<str> for Call {
    fn eq(&self, what: &str) -> bool {
        self.what == what
    }
}

impl PartialEq<&str> for Call {
    fn eq(&self, what: &&str) -> bool {
        self.what == *what
    }
}

impl Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.what, f)
    }
}

fn read<T: DeserializeOwned>(request: &str) -> Result<T, HostCallError> {
    serde_json::from_str(request)
        .map_err(|error| HostCallError::new(HostCallErrorKind::Invalid, error.to_string()))
}

fn done<T: Serialize>(answer: T, body: Vec<u8>) -> Answer {
    Answer::new(&Outcome::Ok(answer), body)
}

/// The first in a row, which stays if it is the last.
fn next<T: Clone>(row: Option<&mut VecDeque<T>>) -> Option<T> {
    let row = row?;
    if row.len() > 1 { row.pop_front() } else { row.front().cloned() }
}

fn denied(what: &str, help: &str) -> HostCallError {
    let message = format!("`{what}` is not provided in this test; `{help}` provides it");
    HostCallError::new(HostCallErrorKind::Denied, message)
}

fn words(kind: HostCallErrorKind) -> &'static str {
    match kind {
        HostCallErrorKind::Denied => "no permission covers it",
        HostCallErrorKind::NotFound => "it is not there",
        HostCallErrorKind::Limit => "it took longer or more room than it may",
        HostCallErrorKind::Invalid => "the request makes no sense",
        _ => "it did not work",
    }
}
