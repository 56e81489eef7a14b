//! What a plugin can ask its host to do, where a permission was granted.
//!
//! There is one import for each [`Capability`], in the module [`abi::IMPORT_MODULE`](crate::abi::IMPORT_MODULE), all of one shape: a request in JSON and a
//! body of plain bytes go out, an answer in JSON and a body come back. So a look at a plugin's imports tells what it could ever ask for.
//!
//! | import | permission | request | body | answer | body |
//! |---|---|---|---|---|---|
//! | `host_file` | `FileSystem` | [`FileRequest`] | what is written | [`FileAnswer`] | what was read |
//! | `host_http` | `Network` | [`HttpRequest`] | the request's | [`HttpAnswer`] | the response's |
//! | `host_environment` | `Environment` | [`EnvironmentRequest`] | – | [`EnvironmentAnswer`] | – |
//! | `host_process` | `Process` | [`ProcessRequest`] | standard input | [`ProcessAnswer`] | standard output |
//! | `host_function` | `HostFunction` | [`FunctionRequest`] | – | what the function returns | – |
//!
//! The first four are the same on every host. Functions are the host program's own: another program has others, or none.
//!
//! The answer is an [`Outcome`]: `{"ok": …}` or `{"error": {"kind": …, "message": …}}`. How the bytes travel is said in [`abi`](crate::abi).

use std::fmt;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cancel::CancelHandle;

/// A group of things that a host can do for a plugin: one permission, one import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// Files and folders.
    File,
    /// HTTP requests.
    Http,
    /// Environment variables.
    Environment,
    /// Other programs.
    Process,
    /// Functions of the program that the host is part of.
    Function,
}

impl Capability {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::File, Self::Http, Self::Environment, Self::Process, Self::Function];

    /// What its import is called.
    pub const fn import(self) -> &'static str {
        match self {
            Self::File => "host_file",
            Self::Http => "host_http",
            Self::Environment => "host_environment",
            Self::Process => "host_process",
            Self::Function => "host_function",
        }
    }

    /// What its permission is called in a manifest.
    pub const fn permission(self) -> &'static str {
        match self {
            Self::File => "FileSystem",
            Self::Http => "Network",
            Self::Environment => "Environment",
            Self::Process => "Process",
            Self::Function => "HostFunction",
        }
    }
}

/// What stands behind the imports: on a host the real thing, in a test whatever it wants.
pub trait HostCalls: Send + Sync {
    /// Does what a plugin asks for, or says why not. A bad request is answered and never a reason to panic, and no answer takes
    /// longer or more room than the allowance.
    fn answer(&self, capability: Capability, request: &str, body: &[u8], allowance: Allowance<'_>) -> Answer;
}

/// What one answer may cost.
#[derive(Clone, Copy, Debug)]
pub struct Allowance<'a> {
    /// The time that is left of the call in which the plugin asks.
    pub time: Duration,
    /// The bytes that an answer may have, its body and its JSON each.
    pub bytes: usize,
    /// Ends the call, and with it whatever is done for the answer.
    pub cancel: Option<&'a CancelHandle>,
}

impl Allowance<'_> {
    /// So much time and so many bytes.
    pub const fn new(time: Duration, bytes: usize) -> Self {
        Self { time, bytes, cancel: None }
    }

    /// Whether the call was cancelled in which the plugin asks.
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_some_and(CancelHandle::is_cancelled)
    }
}

/// What the host says to a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// An [`Outcome`] as JSON.
    pub head: String,
    /// Plain bytes.
    pub body: Vec<u8>,
    /// Why it was not done, as the head says it in JSON.
    pub error: Option<HostCallErrorKind>,
    /// The grant for want of which alone it was refused, see [`HostCallError::missing_grant`]. The head does not say so.
    pub missing_grant: Option<MissingGrant>,
}

impl Answer {
    /// An answer in JSON, with bytes behind it.
    pub fn new<T: Serialize>(outcome: &Outcome<T>, body: Vec<u8>) -> Self {
        let head = serde_json::to_string(outcome).expect("the answers of this module serialise");
        let (error, missing_grant) = match outcome {
            Outcome::Ok(_) => (None, None),
            Outcome::Error(error) => (Some(error.kind), error.missing_grant.clone()),
        };
        Self { head, body, error, missing_grant }
    }

    /// A refusal or failure.
    pub fn error(error: HostCallError) -> Self {
        Self::new::<()>(&Outcome::Error(error), Vec::new())
    }
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome<T> {
    /// It was done.
    Ok(T),
    /// It was not.
    Error(HostCallError),
}

impl<T: DeserializeOwned> Outcome<T> {
    /// Reads an answer's JSON.
    ///
    /// # Errors
    ///
    /// What the host said, and what is no answer at all.
    pub fn read(head: &str) -> Result<T, HostCallError> {
        match serde_json::from_str(head) {
            Ok(Self::Ok(answer)) => Ok(answer),
            Ok(Self::Error(error)) => Err(error),
            Err(error) => Err(HostCallError::new(
                HostCallErrorKind::Failed,
                format!("the host's answer cannot be read: {error}"),
            )),
        }
    }
}

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostCallError {
    /// What kind of failure, for programs.
    pub kind: HostCallErrorKind,
    /// What happened, for people. It goes to the plugin.
    pub message: String,
    /// The grant that would change it: the plugin's manifest asks for it, and the user has not granted it. It stays with the host.
    #[serde(skip)]
    pub missing_grant: Option<MissingGrant>,
}

/// The least that a user would have to grant for a request to be allowed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MissingGrant {
    /// What is asked of, which also names the permission.
    pub capability: Capability,
    /// The entry of the permission as a user writes it: `/srv/app/motd:rw`, `https://api.example.com`. The path, name or host in it is the plugin's word.
    pub entry: String,
}

impl HostCallError {
    /// An error of this kind.
    pub fn new(kind: HostCallErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), missing_grant: None }
    }

    /// A refusal of what a grant would allow.
    pub fn not_granted(message: impl Into<String>, missing: MissingGrant) -> Self {
        Self { missing_grant: Some(missing), ..Self::new(HostCallErrorKind::Denied, message) }
    }
}

impl fmt::Display for HostCallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for HostCallError {}

/// What a plugin asked for, without contents and secrets: fit for a log.
///
/// ```
/// use driftless_plugin_api::host_call::{Capability, RequestSummary};
///
/// let request = r#"{"method": "POST", "url": "https://u:secret@example.com/hook?token=1", "headers": [["Authorization", "x"]]}"#;
/// let summary = RequestSummary::of(Capability::Http, request);
/// assert_eq!(summary.to_string(), "host_http POST https://example.com/…");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestSummary {
    /// Of what kind, which also names the permission that it needs.
    pub capability: Capability,
    /// What was to be done: `read`, `GET`, `get`, `run`, `call`. Empty where the request makes no sense.
    pub operation: String,
    /// With what: a path, a URL without user, query and fragment, the name of a variable, a command or a function without its arguments. At most
    /// [`MAX_SUBJECT_BYTES`](Self::MAX_SUBJECT_BYTES).
    pub subject: String,
}

impl RequestSummary {
    /// The bytes that a summary keeps of what a plugin wrote.
    pub const MAX_SUBJECT_BYTES: usize = 500;

    /// What a request asks for.
    pub fn of(capability: Capability, request: &str) -> Self {
        let (operation, subject) = Self::parts(capability, request).unwrap_or_default();
        let short = |mut text: String| {
            text.truncate(text.floor_char_boundary(Self::MAX_SUBJECT_BYTES));
            text
        };
        Self { capability, operation: short(operation), subject: short(subject) }
    }

    fn parts(capability: Capability, request: &str) -> Option<(String, String)> {
        Some(match capability {
            Capability::File => {
                let (operation, path) = match serde_json::from_str(request).ok()? {
                    FileRequest::Read { path } => ("read", path),
                    FileRequest::Write { path, .. } => ("write", path),
                    FileRequest::List { path } => ("list", path),
                    FileRequest::Stat { path } => ("stat", path),
                };
                (operation.to_owned(), path)
            }
            Capability::Http => {
                let HttpRequest { method, url, .. } = serde_json::from_str(request).ok()?;
                (method, without_secrets(&url))
            }
            Capability::Environment => {
                let EnvironmentRequest { name } = serde_json::from_str(request).ok()?;
                ("get".to_owned(), name)
            }
            Capability::Process => {
                let ProcessRequest { command, .. } = serde_json::from_str(request).ok()?;
                ("run".to_owned(), command)
            }
            Capability::Function => {
                let FunctionRequest { function, .. } = serde_json::from_str(request).ok()?;
                ("call".to_owned(), function)
            }
        })
    }
}

impl fmt::Display for RequestSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let import = self.capability.import();
        match self.operation.as_str() {
            "" => write!(f, "{import} (a request that cannot be read)"),
            operation => write!(f, "{import} {operation} {}", self.subject),
        }
    }
}

/// Where a URL leads, without anything that a token may stand in: its user, query and fragment, and its path, which for some services
/// begins with one.
fn without_secrets(url: &str) -> String {
    let url = &url[..url.find(['?', '#']).unwrap_or(url.len())];
    let Some((scheme, rest)) = url.split_once("://") else { return String::new() };
    // What is taken for a path by one reader of URLs and for a user by another is neither.
    let (authority, path) = rest.split_once(['/', '\\']).unwrap_or((rest, ""));
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}/{}", if path.is_empty() { "" } else { "…" })
}

/// What kind of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HostCallErrorKind {
    /// No permission covers it.
    Denied,
    /// It is not there.
    NotFound,
    /// It took longer or more room than it may.
    Limit,
    /// The request makes no sense.
    Invalid,
    /// It was tried, and did not work.
    Failed,
}

/// What to do with a file or folder. A path is absolute and has neither `.` nor `..` in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FileRequest {
    /// The contents of a file: the body of the answer.
    Read {
        /// Which file.
        path: String,
    },
    /// Writes the body of the request to a file.
    Write {
        /// Which file.
        path: String,
        /// What becomes of what is there.
        mode: WriteMode,
    },
    /// The names in a folder.
    List {
        /// Which folder.
        path: String,
    },
    /// What a path is.
    Stat {
        /// Which file or folder.
        path: String,
    },
}

/// What becomes of what is in a file when it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WriteMode {
    /// It goes, as soon as the new contents are there in full: readers see the old or the new. Owner, permission bits, access control list and
    /// extended attributes stay; where they cannot, and where no file can take the place of this one, it fails. A file that is not there is made.
    Replace,
    /// It is overwritten where it is, for a file that cannot be replaced. Readers may see a half. A file that is not there is made.
    InPlace,
    /// It stays, and the new goes behind it. A file that is not there is made.
    Append,
    /// There must be no such file yet.
    New,
}

/// The answer to a [`FileRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileAnswer {
    /// The contents are the body.
    Read,
    /// It is written.
    Written,
    /// What is in the folder, by name.
    Entries(Vec<FolderEntry>),
    /// What the path is.
    Stat(FileStat),
}

/// One name in a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderEntry {
    /// Its name, without the folder. A name that is not UTF-8 is left out of the list.
    pub name: String,
    /// What it is; a symbolic link is one, whatever it points at.
    pub kind: FileKind,
}

/// What a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileStat {
    /// What it is, symbolic links followed.
    pub kind: FileKind,
    /// Its bytes. Files of the kernel often say 0.
    pub size: u64,
    /// When its contents last changed, in seconds since 1970.
    pub modified: Option<u64>,
}

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// A device, a socket, a pipe: nothing that a plugin can read or write.
    Other,
}

/// An HTTP request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpRequest {
    /// `GET`, `POST`, …
    pub method: String,
    /// An absolute URL, `https://…` or `http://…`.
    pub url: String,
    /// Names and values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
}

/// The response to an [`HttpRequest`], after redirects, each of which was permitted as well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpAnswer {
    /// `200`, `404`, …
    pub status: u16,
    /// Where it came from in the end.
    pub url: String,
    /// Names in small letters, and values. Values that are not UTF-8 are left out.
    pub headers: Vec<(String, String)>,
}

/// Asks for an environment variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentRequest {
    /// Which.
    pub name: String,
}

/// An environment variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentAnswer {
    /// Its value; `None` where it is not set.
    pub value: Option<String>,
}

/// A program to run, with the body as its standard input. It never goes through a shell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessRequest {
    /// The command, written as in the permission.
    pub command: String,
    /// Its arguments, one by one.
    #[serde(default)]
    pub arguments: Vec<String>,
}

/// How a program ended. Its standard output is the body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessAnswer {
    /// Its exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// What it wrote to standard error; what is not UTF-8 in it is replaced.
    pub stderr: String,
}

/// Calls a function of the host's program. The answer is what the function returns, as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FunctionRequest {
    /// Which function, as in the permission: `inventory.owner`.
    pub function: String,
    /// Its arguments, in the shape that the function asks for.
    #[serde(default)]
    pub arguments: Value,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_answers_are_plain_json() {
        let request = FileRequest::Write { path: "/srv/motd".into(), mode: WriteMode::Replace };
        assert_eq!(
            serde_json::to_string(&request).unwrap(),
            r#"{"write":{"path":"/srv/motd","mode":"replace"}}"#
        );
        let missing = MissingGrant { capability: Capability::File, entry: "/srv/motd:rw".to_owned() };
        let denied = Answer::error(HostCallError::not_granted("no", missing.clone()));
        assert_eq!(denied.missing_grant, Some(missing));
        assert_eq!(denied.head, r#"{"error":{"kind":"denied","message":"no"}}"#);
        let read = Answer::new(&Outcome::Ok(FileAnswer::Read), b"hi".to_vec());
        assert_eq!(read.head, r#"{"ok":"read"}"#);
        assert_eq!(Outcome::<FileAnswer>::read(&read.head), Ok(FileAnswer::Read));
        assert_eq!(Outcome::<FileAnswer>::read(&denied.head).unwrap_err().message, "no");
        assert!(Outcome::<FileAnswer>::read("nonsense").is_err());
    }

    #[test]
    fn of_a_url_nothing_is_told_that_a_token_may_stand_in() {
        for (url, told) in [
            ("https://api.telegram.org/bot123:secret/sendMessage", "https://api.telegram.org/…"),
            ("https://example.com/secret", "https://example.com/…"),
            ("https://ada:secret@example.com:8080/", "https://example.com:8080/"),
            ("https://example.com?token=secret", "https://example.com/"),
            ("https://example.com#secret/x", "https://example.com/"),
            ("https://example.com\\secret@x", "https://example.com/…"),
            ("secret", ""),
        ] {
            assert_eq!(without_secrets(url), told, "{url}");
        }
    }
}
