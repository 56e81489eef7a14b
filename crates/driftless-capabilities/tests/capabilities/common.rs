//! What the tests share: a plugin with permissions, and its questions.

use std::time::Duration;

use driftless_capabilities::Capabilities;
use driftless_permissions::{Grant, Permissions};
use driftless_plugin_api::host_call::{
    Allowance, Capability, FileAnswer, FileRequest, HostCallError, HostCallErrorKind, HostCalls, Outcome,
    WriteMode,
};
use driftless_plugin_api::manifest::Permission;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) const PLENTY: Allowance<'static> = Allowance::new(Duration::from_secs(20), 1 << 20);

fn owned<S: AsRef<str>>(entries: &[S]) -> Vec<String> {
    entries.iter().map(|entry| entry.as_ref().to_owned()).collect()
}

pub(crate) fn files<S: AsRef<str>>(entries: &[S]) -> Permission {
    Permission::FileSystem { paths: owned(entries) }
}

pub(crate) fn hosts<S: AsRef<str>>(entries: &[S]) -> Permission {
    Permission::Network { hosts: owned(entries) }
}

pub(crate) fn variables(entries: &[&str]) -> Permission {
    Permission::Environment { vars: owned(entries) }
}

pub(crate) fn commands(entries: &[&str]) -> Permission {
    Permission::Process { commands: owned(entries) }
}

/// A plugin that asks for one thing and is granted another.
pub(crate) fn between(asked: &[Permission], granted: &[Permission]) -> Capabilities {
    let read = |permissions| Permissions::parse(permissions).unwrap();
    Capabilities::new("probe", Grant::new(read(asked), read(granted)))
}

/// A plugin that is granted what it asks for.
pub(crate) fn with(permissions: &[Permission]) -> Capabilities {
    between(permissions, permissions)
}

pub(crate) fn ask<Request: Serialize, Reply: DeserializeOwned>(
    capabilities: &Capabilities,
    capability: Capability,
    request: &Request,
    body: &[u8],
    allowance: Allowance<'_>,
) -> Result<(Reply, Vec<u8>), HostCallError> {
    let request = serde_json::to_string(request).unwrap();
    let answer = capabilities.answer(capability, &request, body, allowance);
    Ok((Outcome::read(&answer.head)?, answer.body))
}

pub(crate) fn file(
    capabilities: &Capabilities,
    request: &FileRequest,
    body: &[u8],
    allowance: Allowance<'_>,
) -> Result<(FileAnswer, Vec<u8>), HostCallError> {
    ask(capabilities, Capability::File, request, body, allowance)
}

pub(crate) fn read(capabilities: &Capabilities, path: impl AsRef<str>) -> Result<Vec<u8>, HostCallError> {
    let request = FileRequest::Read { path: path.as_ref().to_owned() };
    file(capabilities, &request, &[], PLENTY).map(|(answer, body)| {
        assert_eq!(answer, FileAnswer::Read);
        body
    })
}

pub(crate) fn write(
    capabilities: &Capabilities,
    path: impl AsRef<str>,
    mode: WriteMode,
    body: &[u8],
) -> Result<(), HostCallError> {
    let request = FileRequest::Write { path: path.as_ref().to_owned(), mode };
    file(capabilities, &request, body, PLENTY).map(|(answer, _)| assert_eq!(answer, FileAnswer::Written))
}

/// The kind of an error; what works is none.
pub(crate) fn kind<T: std::fmt::Debug>(result: Result<T, HostCallError>) -> HostCallErrorKind {
    result.unwrap_err().kind
}
