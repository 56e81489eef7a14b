//! What belongs to the machine that a case is recorded on, and not into the recording: values of environment variables, and headers that let their owner in.
//!
//! A recording is kept under version control. Values are replaced in the *answers*, and the case is called once more with these: what the plugin
//! makes of a secret, an encoding or a signature, is then made of the placeholder, and a replay goes the same way.

use std::collections::BTreeSet;
use std::fmt;

use driftless_plugin_api::host_call::{Capability, Outcome};
use serde_json::Value;

use crate::host_call::HostCall;

/// What stands for the value of a header.
pub(crate) const REDACTED: &str = "[redacted]";

/// Headers whose values let their owner in somewhere, in small letters.
const SECRET_HEADERS: [&str; 7] =
    ["authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "api-key", "x-auth-token"];

/// A value that is shorter is replaced where it is the answer, and not where it is a part of another one: it would be found everywhere.
const MIN_SECRET_BYTES: usize = 6;

/// Something that is not recorded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Redacted {
    /// The value of this environment variable.
    Variable(String),
    /// The value of this header, in small letters.
    Header(String),
}

impl fmt::Display for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "the environment variable {name}"),
            Self::Header(name) => write!(f, "the header `{name}`"),
        }
    }
}

/// Replaces secrets in what a plugin asked and was answered. Returns what was replaced.
pub(crate) fn redact(calls: &mut [HostCall]) -> BTreeSet<Redacted> {
    let mut redacted = BTreeSet::new();
    // A value and what stands for it, the longest first: one may be a part of another.
    let mut secrets: Vec<(String, String)> = Vec::new();
    let mut placeholders: Vec<String> = Vec::new();
    for call in &mut *calls {
        match call.capability {
            Capability::Environment => {
                let name = call.request["name"].as_str().unwrap_or_default().to_owned();
                let Outcome::Ok(answer) = &mut call.reply.outcome else { continue };
                let Some(Value::String(value)) = answer.get_mut("value") else { continue };
                let placeholder = format!("redacted-{name}");
                placeholders.push(placeholder.clone());
                // Of nothing there is nothing to hide, and what is recorded again stays as it is.
                if value.is_empty() || *value == placeholder {
                    continue;
                }
                secrets.push((std::mem::replace(value, placeholder.clone()), placeholder));
                redacted.insert(Redacted::Variable(name));
            }
            Capability::Http => {
                let reply = match &mut call.reply.outcome {
                    Outcome::Ok(answer) => Some(answer),
                    Outcome::Error(_) => None,
                };
                for (name, value) in
                    [Some(&mut call.request), reply].into_iter().flatten().flat_map(secret_headers)
                {
                    // Behind the scheme, `Bearer` or `Basic`, stands what is found elsewhere too.
                    let token = value.split_once(' ').map_or(&**value, |(_, token)| token.trim()).to_owned();
                    // What is made of a placeholder is no secret, and the placeholder stays what it is.
                    if !placeholders.iter().any(|placeholder| token.contains(placeholder)) {
                        secrets.push((token, REDACTED.to_owned()));
                    }
                    if *value != REDACTED {
                        REDACTED.clone_into(value);
                        redacted.insert(Redacted::Header(name));
                    }
                }
            }
            Capability::File | Capability::Process | Capability::Function => {}
        }
    }
    secrets.retain(|(value, placeholder)| value.len() >= MIN_SECRET_BYTES && value != placeholder);
    secrets.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
    for call in calls {
        for (value, placeholder) in &secrets {
            if let Outcome::Ok(answer) = &mut call.reply.outcome {
                replace_in(answer, value, placeholder);
            }
            call.reply.body.0 = replaced(&call.reply.body.0, value.as_bytes(), placeholder.as_bytes());
        }
    }
    redacted
}

/// A request with the values of those headers hidden that are hidden in the recorded one.
pub(crate) fn hidden_alike(recorded: &Value, asked: &Value) -> Value {
    let mut recorded = recorded.clone();
    let hidden: Vec<String> = secret_headers(&mut recorded)
        .filter(|(_, value)| **value == REDACTED)
        .map(|(name, _)| name)
        .collect();
    let mut asked = asked.clone();
    for (name, value) in secret_headers(&mut asked) {
        if hidden.contains(&name) {
            REDACTED.clone_into(value);
        }
    }
    asked
}

/// The headers of a request or a response that let their owner in: the name in small letters, and the value.
fn secret_headers(message: &mut Value) -> impl Iterator<Item = (String, &mut String)> {
    let headers = message.get_mut("headers").and_then(Value::as_array_mut);
    headers.into_iter().flatten().filter_map(|header| {
        let [Value::String(name), Value::String(value)] = header.as_array_mut()?.as_mut_slice() else {
            return None;
        };
        let name = name.to_ascii_lowercase();
        SECRET_HEADERS.contains(&name.as_str()).then_some((name, value))
    })
}

fn replace_in(value: &mut Value, secret: &str, placeholder: &str) {
    match value {
        Value::String(text) if text.contains(secret) => *text = text.replace(secret, placeholder),
        Value::Array(items) => items.iter_mut().for_each(|item| replace_in(item, secret, placeholder)),
        Value::Object(members) => {
            members.values_mut().for_each(|member| replace_in(member, secret, placeholder));
        }
        _ => {}
    }
}

fn replaced(bytes: &[u8], secret: &[u8], placeholder: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest.windows(secret.len()).position(|window| window == secret) {
        replaced.extend_from_slice(&rest[..at]);
        replaced.extend_from_slice(placeholder);
        rest = &rest[at + secret.len()..];
    }
    replaced.extend_from_slice(rest);
    replaced
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::host_call::{Body, HostReply};

    fn call(capability: Capability, request: Value, ok: Value, body: &str) -> HostCall {
        let body = Body(body.as_bytes().to_vec());
        HostCall { capability, request, sent: None, reply: HostReply { outcome: Outcome::Ok(ok), body } }
    }

    #[test]
    fn secrets_are_replaced_wherever_they_come_back() {
        let mut calls = [
            call(Capability::Environment, json!({"name": "TOKEN"}), json!({"value": "s3cr3t-value"}), ""),
            call(Capability::Environment, json!({"name": "SHORT"}), json!({"value": "a"}), ""),
            call(Capability::Environment, json!({"name": "NONE"}), json!({"value": null}), ""),
            call(
                Capability::Http,
                json!({"method": "GET", "url": "https://a.example/", "headers": [["AUTHORIZATION", "Bearer from-a-file"], ["Accept", "a"]]}),
                json!({"status": 200, "url": "https://a.example/?t=s3cr3t-value", "headers": [["set-cookie", "id=1"]]}),
                "you are s3cr3t-value, s3cr3t-value",
            ),
            call(Capability::File, json!({"read": {"path": "/t"}}), json!("read"), "from-a-file\n"),
        ];
        let redacted: Vec<String> = redact(&mut calls).iter().map(ToString::to_string).collect();
        assert_eq!(
            redacted,
            [
                "the environment variable SHORT",
                "the environment variable TOKEN",
                "the header `authorization`",
                "the header `set-cookie`",
            ]
        );
        let told = format!("{calls:?}");
        assert!(
            !told.contains("s3cr3t") && !told.contains("from-a-file") && !told.contains("id=1"),
            "{told}"
        );
        assert_eq!(calls[3].reply.body.0, b"you are redacted-TOKEN, redacted-TOKEN");
        assert_eq!(calls[4].reply.body.0, b"[redacted]\n");
        assert_eq!(calls[3].request["headers"][1][1], "a", "a short value is not looked for elsewhere");
        // As the plugin does when it is called with the placeholders.
        calls[3].request["headers"][0][1] = json!("Bearer redacted-TOKEN");
        assert_eq!(redact(&mut calls), BTreeSet::from([Redacted::Header("authorization".to_owned())]));
        assert_eq!(calls[0].reply.outcome, Outcome::Ok(json!({"value": "redacted-TOKEN"})));
        let before = calls.clone();
        assert_eq!(redact(&mut calls), BTreeSet::new());
        assert_eq!(calls, before);
    }

    #[test]
    fn a_hidden_header_is_as_good_as_any() {
        let request = |value: &str| json!({"url": "u", "headers": [["Authorization", value]]});
        let recorded = request(REDACTED);
        assert_eq!(hidden_alike(&recorded, &request("Bearer x")), recorded);
        assert_ne!(hidden_alike(&request("Bearer y"), &request("Bearer x")), request("Bearer y"));
        assert_ne!(hidden_alike(&recorded, &json!({"url": "u"})), recorded);
    }
}
