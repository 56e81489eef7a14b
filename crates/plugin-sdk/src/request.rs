//! Requests to the host and their answers, with types.
//!
//! There is one function for each capability, and each refers to no import but its own: what a plugin does not use is left out when
//! it is linked, and a plugin must not import what its manifest does not ask for.

use driftless_plugin_api::host_call::{
    EnvironmentAnswer, EnvironmentRequest, FileAnswer, FileRequest, FunctionRequest, HttpAnswer, HttpRequest,
    Outcome, ProcessAnswer, ProcessRequest,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::host::imp;
use crate::{HostError, HostErrorKind, Result};

/// What comes back: an answer and a body, or why there is none.
type Answered<T> = Result<(T, Vec<u8>), HostError>;

/// Files and folders.
pub(crate) fn file(request: &FileRequest, body: &[u8]) -> Answered<FileAnswer> {
    exchange(request, body, imp::file)
}

/// HTTP.
pub(crate) fn http(request: &HttpRequest, body: &[u8]) -> Answered<HttpAnswer> {
    exchange(request, body, imp::http)
}

/// Environment variables.
pub(crate) fn environment(request: &EnvironmentRequest) -> Answered<EnvironmentAnswer> {
    exchange(request, &[], imp::environment)
}

/// Other programs.
pub(crate) fn process(request: &ProcessRequest, body: &[u8]) -> Answered<ProcessAnswer> {
    exchange(request, body, imp::process)
}

/// Functions of the host's program.
pub(crate) fn function<A: DeserializeOwned>(request: &FunctionRequest) -> Result<A, HostError> {
    Ok(exchange(request, &[], imp::function)?.0)
}

fn exchange<Q: Serialize, A: DeserializeOwned>(
    request: &Q,
    body: &[u8],
    send: impl FnOnce(&str, &[u8]) -> (String, Vec<u8>),
) -> Answered<A> {
    let request = serde_json::to_string(request).map_err(|error| {
        HostError::new(HostErrorKind::Invalid, format!("the request cannot be written as JSON: {error}"))
    })?;
    let (head, body) = send(&request, body);
    Ok((Outcome::read(&head)?, body))
}
