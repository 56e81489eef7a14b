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

/// A value that is in no recording.
struct Secret {
    what: Redacted,
    value: String,
    placeholder: String,
}

/// Replaces secrets in what a plugin asked and was answered. `granted` are the variables that the plugin may read, with their values: programs that it
/// runs have them too. Returns what was replaced.
pub(crate) fn redact(calls: &mut [HostCall], granted: &[(String, String)]) -> BTreeSet<Redacted> {
    let mut redacted = BTreeSet::new();
    let mut secrets = Vec::new();
    for (name, value) in granted {
        secrets.push(of_variable(name, value.clone()));
    }
    for call in &mut *calls {
        if call.capability != Capability::Environment {
            continue;
        }
        let name = call.request["name"].as_str().unwrap_or_default().to_owned();
        let Outcome::Ok(answer) = &mut call.reply.outcome else { continue };
        let Some(Value::String(value)) = answer.get_mut("value") else { continue };
        // Of nothing there is nothing to hide, and what is recorded again stays as it is.
        if value.is_empty() || *value == placeholder_of(&name) {
            continue;
        }
        let secret = of_variable(&name, std::mem::replace(value, placeholder_of(&name)));
        redacted.insert(secret.what.clone());
        secrets.push(secret);
    }
    // Those that stand there already count too: the plugin may have been called with them.
    let asked = calls.iter().filter(|call| call.capability == Capability::Environment);
    let asked = asked.filter_map(|call| call.request["name"].as_str()).map(placeholder_of);
    let placeholders: Vec<_> = asked.chain(secrets.iter().map(|secret| secret.placeholder.clone())).collect();
    for call in &mut *calls {
        if call.capability != Capability::Http {
            continue;
        }
        let reply = match &mut call.reply.outcome {
            Outcome::Ok(answer) => Some(answer),
            Outcome::Error(_) => None,
        };
        for (name, value) in [Some(&mut call.request), reply].into_iter().flatten().flat_map(secret_headers) {
            if *value == REDACTED {
                continue;
            }
            let what = Redacted::Header(name.clone());
            for token in tokens(&name, value) {
                // What is made of a placeholder is no secret, and the placeholder stays what it is.
                if !placeholders.iter().any(|placeholder| token.contains(placeholder)) {
                    let placeholder = REDACTED.to_owned();
                    secrets.push(Secret { what: what.clone(), value: token.to_owned(), placeholder });
                }
            }
            REDACTED.clone_into(value);
            redacted.insert(what);
        }
    }
    secrets.retain(|secret| secret.value.len() >= MIN_SECRET_BYTES && secret.value != secret.placeholder);
    // The longest first: one may be a part of another.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.value.len()));
    for secret in &secrets {
        for form in forms(&secret.value) {
            let mut found = false;
            for call in &mut *calls {
                found |= match &mut call.reply.outcome {
                    Outcome::Ok(answer) => replace_in(answer, &form, &secret.placeholder),
                    Outcome::Error(error) => replace_text(&mut error.message, &form, &secret.placeholder),
                };
                let body = &mut call.reply.body.0;
                if let Some(without) = replaced(body, form.as_bytes(), secret.placeholder.as_bytes()) {
                    *body = without;
                    found = true;
                }
            }
            if found {
                redacted.insert(secret.what.clone());
            }
        }
    }
    redacted
}

fn of_variable(name: &str, value: String) -> Secret {
    Secret { what: Redacted::Variable(name.to_owned()), value, placeholder: placeholder_of(name) }
}

fn placeholder_of(variable: &str) -> String {
    format!("redacted-{variable}")
}

/// What in the value of a header may be found elsewhere too: what stands behind the scheme, `Bearer` or `Basic`; of cookies their values.
fn tokens<'a>(name: &str, value: &'a str) -> Vec<&'a str> {
    let of_cookie = |cookie: &'a str| Some(cookie.split_once('=')?.1.trim().trim_matches('"'));
    match name {
        "cookie" => value.split(';').filter_map(of_cookie).collect(),
        // Behind it stand its attributes.
        "set-cookie" => value.split(';').next().and_then(of_cookie).into_iter().collect(),
        _ => vec![value.split_once(' ').map_or(value, |(_, token)| token.trim())],
    }
}

/// A value as it is, and as it stands in a text of JSON and in a URL.
fn forms(value: &str) -> BTreeSet<String> {
    let json = Value::from(value).to_string();
    let url = value.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    });
    [value.to_owned(), json[1..json.len() - 1].to_owned(), url.collect()].into()
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

/// Returns whether there was anything to replace.
fn replace_in(value: &mut Value, secret: &str, placeholder: &str) -> bool {
    let mut found = false;
    match value {
        Value::String(text) => found = replace_text(text, secret, placeholder),
        Value::Array(items) => {
            for item in items {
                found |= replace_in(item, secret, placeholder);
            }
        }
        Value::Object(members) => {
            for member in members.values_mut() {
                found |= replace_in(member, secret, placeholder);
            }
        }
        _ => {}
    }
    found
}

fn replace_text(text: &mut String, secret: &str, placeholder: &str) -> bool {
    let found = text.contains(secret);
    if found {
        *text = text.replace(secret, placeholder);
    }
    found
}

/// The bytes without the secret, if it is in them.
fn replaced(bytes: &[u8], secret: &[u8], placeholder: &[u8]) -> Option<Vec<u8>> {
    let find = |bytes: &[u8]| bytes.windows(secret.len()).position(|window| window == secret);
    let mut at = find(bytes)?;
    let (mut replaced, mut rest) = (Vec::with_capacity(bytes.len()), bytes);
    loop {
        replaced.extend_from_slice(&rest[..at]);
        replaced.extend_from_slice(placeholder);
        rest = &rest[at + secret.len()..];
        let Some(next) = find(rest) else { break };
        at = next;
    }
    replaced.extend_from_slice(rest);
    Some(replaced)
}

#[cfg(test)]
mod tests {
    use driftless_plugin_api::host_call::{HostCallError, HostCallErrorKind};
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
        let redacted: Vec<String> = redact(&mut calls, &[]).iter().map(ToString::to_string).collect();
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
        assert_eq!(redact(&mut calls, &[]), BTreeSet::from([Redacted::Header("authorization".to_owned())]));
        assert_eq!(calls[0].reply.outcome, Outcome::Ok(json!({"value": "redacted-TOKEN"})));
        let before = calls.clone();
        assert_eq!(redact(&mut calls, &[]), BTreeSet::new());
        assert_eq!(calls, before);
    }

    #[test]
    fn secrets_are_found_in_errors_cookies_urls_and_programs() {
        let mut calls = [
            call(Capability::Environment, json!({"name": "DIR"}), json!({"value": "s3cr3t/value"}), ""),
            call(Capability::File, json!({"read": {"path": "/srv/s3cr3t/value"}}), json!("read"), ""),
            call(
                Capability::Http,
                json!({"url": "u", "headers": [["Cookie", "a=cookie-one; b=cookie-two"]]}),
                json!({"url": "u?d=s3cr3t%2Fvalue", "headers": [["set-cookie", "sid=abcdef0123; Path=/; HttpOnly"]]}),
                r#"{"sid": "abcdef0123", "one": "cookie-one", "two": "cookie-two", "path": "Path=/; HttpOnly"}"#,
            ),
            call(
                Capability::Process,
                json!({"command": "env"}),
                json!({"code": 0}),
                "TOKEN=in a \"program\"\n",
            ),
        ];
        let failed =
            HostCallError::new(HostCallErrorKind::NotFound, "cannot read /srv/s3cr3t/value: no such file");
        calls[1].reply.outcome = Outcome::Error(failed);
        let granted = [
            ("TOKEN".to_owned(), "in a \"program\"".to_owned()),
            ("UNUSED".to_owned(), "nowhere".to_owned()),
        ];
        let redacted = redact(&mut calls, &granted);
        assert!(redacted.contains(&Redacted::Variable("TOKEN".to_owned())), "{redacted:?}");
        assert!(!redacted.contains(&Redacted::Variable("UNUSED".to_owned())), "{redacted:?}");
        let replies: String = calls
            .iter()
            .map(|call| format!("{:?} {}", call.reply.outcome, String::from_utf8_lossy(&call.reply.body.0)))
            .collect();
        for secret in ["s3cr3t", "abcdef0123", "cookie-one", "cookie-two", "program"] {
            assert!(!replies.contains(secret), "{secret}: {replies}");
        }
        assert!(replies.contains("Path=/; HttpOnly"), "{replies}");
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
