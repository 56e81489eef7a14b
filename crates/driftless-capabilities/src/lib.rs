//! What stands behind the host calls of a plugin on a real machine: its files, HTTP, its environment, its programs.
//!
//! A [`Capabilities`] is one plugin's permitted view of this machine. Each request is held against the plugin's [`Grant`] first, and
//! the grant is enforced where it cannot be talked around: files are opened relative to handles of the granted folders,
//! connections go to the very addresses that were judged, programs are started without a shell.
//!
//! | request | enforced by | see |
//! |---|---|---|
//! | files | handles of folders, links that lead out are not followed, the processes of a procfs are closed | `roots.rs`, `files.rs` |
//! | HTTP | one resolution, each redirect judged like a request, one deadline for all of it | `http.rs`, `wire.rs` |
//! | environment | exact names | `environment.rs` |
//! | functions | exact names; the machine has none of them | |
//! | programs | exact commands, a cleared environment, a process group that ends with the call | `process.rs` |
//!
//! What waits (programs, HTTP) gives up within some 20 ms when the call is cancelled that asks ([`Allowance::cancel`]).
//!
//! What is *not* enforced here: how often a plugin asks. The transport that passes the calls on counts them.
//!
//! ```
//! use std::time::Duration;
//!
//! use driftless_capabilities::Capabilities;
//! use driftless_permissions::Grant;
//! use driftless_plugin_api::host_call::{Allowance, Capability, FileAnswer, HostCallErrorKind, HostCalls, Outcome};
//!
//! let nothing = Capabilities::new("curious", Grant::NOTHING);
//! let allowance = Allowance::new(Duration::from_secs(1), 1 << 20);
//! let answer = nothing.answer(Capability::File, r#"{"read":{"path":"/etc/shadow"}}"#, &[], allowance);
//! let error = Outcome::<FileAnswer>::read(&answer.head).unwrap_err();
//! assert_eq!(error.kind, HostCallErrorKind::Denied);
//! assert_eq!(error.message, "it may not read /etc/shadow: the plugin's manifest does not ask for it; its author adds it to the permissions there");
//! ```

mod attributes;
mod deadline;
mod environment;
mod files;
mod http;
#[cfg_attr(not(unix), path = "process_elsewhere.rs")]
mod process;
mod roots;
mod wasi;
mod wire;

pub use wasi::{GrantedFolder, wasi_folders};

use std::fmt;

use driftless_permissions::{Denial, Grant};
use driftless_plugin_api::host_call::{
    Allowance, Answer, Capability, FunctionRequest, HostCallError, HostCallErrorKind, HostCalls,
    MissingGrant, Outcome,
};
use driftless_plugin_api::text::{printable_line, truncated};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::deadline::Deadline;

/// One plugin's permitted view of this machine.
///
/// Granted files and folders are opened when it is made, so a folder that is moved or replaced by a link afterwards does not widen the grant.
/// It is made anew when the grant changes.
pub struct Capabilities {
    plugin: String,
    grant: Grant,
    roots: roots::Roots,
    http: http::Http,
}

impl Capabilities {
    /// The view of a plugin of this name with this grant. What is granted and cannot be opened is told when it is asked for.
    pub fn new(plugin: &str, grant: Grant) -> Self {
        let roots = roots::Roots::open(&grant);
        Self { plugin: plugin.to_owned(), roots, http: http::Http::new(plugin), grant }
    }

    /// What the plugin may do.
    pub fn grant(&self) -> &Grant {
        &self.grant
    }
}

impl fmt::Debug for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Capabilities").field("plugin", &self.plugin).field("grant", &self.grant).finish()
    }
}

impl HostCalls for Capabilities {
    fn answer(&self, capability: Capability, request: &str, body: &[u8], allowance: Allowance<'_>) -> Answer {
        let task = Task { grant: &self.grant, bytes: allowance.bytes, deadline: Deadline::new(allowance) };
        let answer = match capability {
            Capability::File => reply(request, |request| files::answer(&task, &self.roots, request, body)),
            Capability::Http => reply(request, |request| http::answer(&task, &self.http, request, body)),
            Capability::Environment => reply(request, |request| environment::answer(&task, request)),
            Capability::Process => reply(request, |request| process::answer(&task, request, body)),
            Capability::Function => reply(request, |request| no_function(&task, &request)),
        };
        match answer {
            // The JSON around names and values can be longer than they are.
            Ok(answer) if answer.head.len() > allowance.bytes => Answer::error(task.too_long("the answer")),
            Ok(answer) => answer,
            Err(error) => Answer::error(error),
        }
    }
}

/// Functions belong to a program and not to a machine, which has none.
fn no_function(task: &Task<'_>, request: &FunctionRequest) -> Result<((), Vec<u8>), HostCallError> {
    let name = shown(&request.function);
    task.grant.function(&request.function).map_err(|denial| {
        denied(&format!("call `{name}`"), denial, missing(Capability::Function, &request.function))
    })?;
    let message = format!("the program that runs this plugin offers no function `{name}`");
    Err(HostCallError::new(HostCallErrorKind::NotFound, message))
}

/// Reads a request and writes the answer down.
fn reply<Request: DeserializeOwned, Reply: Serialize>(
    request: &str,
    answer: impl FnOnce(Request) -> Result<(Reply, Vec<u8>), HostCallError>,
) -> Result<Answer, HostCallError> {
    let request = serde_json::from_str(request)
        .map_err(|error| invalid(format!("the request cannot be read: {}", shown(&error.to_string()))))?;
    let (reply, body) = answer(request)?;
    Ok(Answer::new(&Outcome::Ok(reply), body))
}

/// One request and what it may cost.
pub(crate) struct Task<'a> {
    pub(crate) grant: &'a Grant,
    /// The bytes that the answer may have.
    pub(crate) bytes: usize,
    pub(crate) deadline: Deadline,
}

impl Task<'_> {
    /// Something has more bytes than the answer may have.
    pub(crate) fn too_long(&self, what: &str) -> HostCallError {
        limit(format!("{what} has more than the {} bytes that an answer may have", self.bytes))
    }
}

/// A refusal for what the grant lacks, which is `missing`. Its message names no way to change that: which one there is, the program that runs
/// plugins knows.
pub(crate) fn denied(what: &str, denial: Denial, missing: MissingGrant) -> HostCallError {
    match denial {
        Denial::NotRequested => may_not(what, &denial.to_string()),
        Denial::NotGranted => not_granted(what, &denial.to_string(), missing),
    }
}

/// A refusal that a grant would change.
pub(crate) fn not_granted(what: &str, why: &str, missing: MissingGrant) -> HostCallError {
    HostCallError::not_granted(format!("it may not {what}: {why}"), missing)
}

/// The entry that a user would have to grant.
pub(crate) fn missing(capability: Capability, entry: impl fmt::Display) -> MissingGrant {
    MissingGrant { capability, entry: entry.to_string() }
}

/// A refusal for another reason.
pub(crate) fn may_not(what: &str, why: &str) -> HostCallError {
    HostCallError::new(HostCallErrorKind::Denied, format!("it may not {what}: {why}"))
}

pub(crate) fn invalid(message: impl Into<String>) -> HostCallError {
    HostCallError::new(HostCallErrorKind::Invalid, message)
}

pub(crate) fn failed(message: impl Into<String>) -> HostCallError {
    HostCallError::new(HostCallErrorKind::Failed, message)
}

pub(crate) fn limit(message: impl Into<String>) -> HostCallError {
    HostCallError::new(HostCallErrorKind::Limit, message)
}

/// What a plugin or a server says, as a message shows it: on one line, safe to print and short.
pub(crate) fn shown(text: &str) -> String {
    const MAX_BYTES: usize = 500;
    printable_line(&truncated(text, MAX_BYTES)).into_owned()
}
