//! What belongs to the machine that a case is recorded on, and not into the recording: values of environment variables, and headers that let their owner in.
//!
//! A recording is kept under version control. Values are replaced in the *answers*, and the case is called once more with these: what the plugin
//! makes of a secret, an encoding or a signature, is then made of the placeholder, and a replay goes the same way.

use std::collections::BTreeSet;
use std::fmt;

use driftless_plugin_api::host_call::{Capability, Outcome};
use serde_json::Value;

use crate::host_call::HostCall;
use crate::secret::{Forms, Steps, trimmed};

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
    value: Vec<u8>,
    placeholder: String,
}

/// Replaces secrets in what a plugin asked and was answered. `granted` are the variables that the plugin may read, with their values: programs that it
/// runs have them too. Returns what was replaced.
pub(crate) fn redact(calls: &mut [HostCall], granted: &[(String, Vec<u8>)]) -> BTreeSet<Redacted> {
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
        let secret = of_variable(&name, std::mem::replace(value, placeholder_of(&name)).into_bytes());
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
                    secrets.push(Secret {
                        what: what.clone(),
                        value: token.as_bytes().to_vec(),
                        placeholder,
                    });
                }
            }
            REDACTED.clone_into(value);
            redacted.insert(what);
        }
    }
    secrets.retain(|secret| {
        trimmed(&secret.value).len() >= MIN_SECRET_BYTES && secret.value != secret.placeholder.as_bytes()
    });
    // The longest first: one may be a part of another. What a plugin reads may also be what it was granted.
    secrets.sort_by(|one, two| (two.value.len(), &one.value).cmp(&(one.value.len(), &two.value)));
    secrets.dedup_by(|one, two| one.value == two.value && one.what == two.what);
    let kept: Vec<String> = placeholders.into_iter().chain([REDACTED.to_owned()]).collect();
    let mut steps = Steps::default();
    for secret in &secrets {
        let forms = Forms::of(&secret.value);
        let mut replaced = |bytes: &[u8]| forms.replaced(bytes, &secret.placeholder, &kept, &mut steps);
        let mut found = false;
        for call in &mut *calls {
            found |= match &mut call.reply.outcome {
                Outcome::Ok(answer) => replace_in(answer, &mut replaced),
                Outcome::Error(error) => replace_text(&mut error.message, &mut replaced),
            };
            let body = &mut call.reply.body.0;
            if let Some(without) = replaced(body) {
                *body = without;
                found = true;
            }
        }
        if found {
            redacted.insert(secret.what.clone());
        }
    }
    redacted
}

fn of_variable(name: &str, value: Vec<u8>) -> Secret {
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

/// Replaces in all texts of a value, also in the names of members. Returns whether there was anything to replace.
fn replace_in(value: &mut Value, replaced: &mut impl FnMut(&[u8]) -> Option<Vec<u8>>) -> bool {
    let mut found = false;
    match value {
        Value::String(text) => found = replace_text(text, replaced),
        Value::Array(items) => {
            for item in items {
                found |= replace_in(item, replaced);
            }
        }
        Value::Object(members) => {
            for (mut name, mut member) in std::mem::take(members) {
                found |= replace_text(&mut name, replaced) | replace_in(&mut member, replaced);
                members.insert(name, member);
            }
        }
        _ => {}
    }
    found
}

fn replace_text(text: &mut String, replaced: &mut impl FnMut(&[u8]) -> Option<Vec<u8>>) -> bool {
    let without = replaced(text.as_bytes());
    if let Some(without) = &without {
        *text = String::from_utf8_lossy(without).into_owned();
    }
    without.is_some()
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
            ("TOKEN".to_owned(), b"in a \"program\"\n".to_vec()),
            ("UNUSED".to_owned(), b"nowhere".to_vec()),
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
    fn secrets_are_found_in_the_forms_that_others_write() {
        let mut calls = [
            call(Capability::Environment, json!({"name": "TOKEN"}), json!({"value": "p/w\"d Geheim-77"}), ""),
            call(Capability::Http, json!({"url": "u"}), json!({"url": "u?t=p/w%22d%20geheim-77"}), ""),
            call(
                Capability::Function,
                json!({"name": "f"}),
                json!({"P/W\"D GEHEIM-77": 1}),
                "cC93ImQgR2VoZWltLTc3\n",
            ),
            call(Capability::Process, json!({"command": "env"}), json!({"code": 0}), ""),
        ];
        calls[3].reply.body.0 = b"BYTES=se\xffcret-\xfe\n".to_vec();
        let granted = [("BYTES".to_owned(), b"se\xffcret-\xfe\n".to_vec())];
        redact(&mut calls, &granted);
        assert_eq!(calls[1].reply.outcome, Outcome::Ok(json!({"url": "u?t=redacted-TOKEN"})));
        assert_eq!(calls[2].reply.outcome, Outcome::Ok(json!({"redacted-TOKEN": 1})));
        assert_eq!(calls[2].reply.body.0, b"redacted-TOKEN\n");
        assert_eq!(calls[3].reply.body.0, b"BYTES=redacted-BYTES\n");
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
