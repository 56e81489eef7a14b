//! What a plugin asks of its host in a case, and the answer.

use std::str::FromStr;

use driftless_host::reply::BOUNDS;
use driftless_plugin_api::host_call::{
    Answer, Capability, EnvironmentRequest, FileRequest, FunctionRequest, HostCallError, HttpRequest,
    Outcome, ProcessRequest,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// A host call and its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct HostCall {
    /// What is asked of.
    pub capability: Capability,
    /// The request, with everything written out that may be left out.
    pub request: Value,
    /// What the plugin sends along; `None` where that is not looked at.
    pub sent: Option<Body>,
    /// The answer.
    pub reply: HostReply,
}

/// The answer to a host call.
#[derive(Clone, Debug, PartialEq)]
pub struct HostReply {
    /// What the host says.
    pub outcome: Outcome<Value>,
    /// The bytes behind it.
    pub body: Body,
}

/// Plain bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body(pub Vec<u8>);

impl HostCall {
    /// Reads it as it is written.
    pub(crate) fn read(mut entry: Map<String, Value>) -> Result<Self, String> {
        let mut asked = Capability::ALL.into_iter().filter(|capability| entry.contains_key(key(*capability)));
        let (Some(capability), None) = (asked.next(), asked.next()) else {
            return Err(
                "a host call has one of the keys `file`, `http`, `environment`, `process`, `function`"
                    .to_owned(),
            );
        };
        let request = entry.remove(key(capability)).unwrap_or_default();
        let request =
            written_out(capability, &request).map_err(|why| format!("`{}`: {why}", key(capability)))?;
        let sent = Body::read(&mut entry, "sent", "sent_hex")?;
        let body = Body::read(&mut entry, "text", "hex")?.unwrap_or_default();
        let outcome = match (entry.remove("ok"), entry.remove("error")) {
            (Some(ok), None) => Outcome::Ok(ok),
            (None, Some(error)) => Outcome::Error(
                serde_json::from_value(error).map_err(|why| format!("the `error` of a host call: {why}"))?,
            ),
            _ => return Err("the answer to a host call is either `ok` or `error`".to_owned()),
        };
        match entry.keys().next() {
            Some(unknown) => Err(format!("a host call has no key `{unknown}`")),
            None => Ok(Self { capability, request, sent, reply: HostReply { outcome, body } }),
        }
    }

    /// What a plugin asked and was answered.
    pub(crate) fn of(capability: Capability, request: &str, sent: &[u8], answer: &Answer) -> Self {
        let outcome = match Outcome::read(&answer.head) {
            Ok(ok) => Outcome::Ok(ok),
            Err(error) => Outcome::Error(error),
        };
        let sent = Some(Body(sent.to_vec())).filter(|sent| !sent.0.is_empty());
        Self {
            capability,
            request: request_of(capability, request),
            sent,
            reply: HostReply { outcome, body: Body(answer.body.clone()) },
        }
    }

    /// As it is written.
    pub(crate) fn to_value(&self) -> Value {
        let mut entry = Map::from_iter([(key(self.capability).to_owned(), self.request.clone())]);
        if let Some(sent) = &self.sent {
            sent.write(&mut entry, "sent", "sent_hex");
        }
        match &self.reply.outcome {
            Outcome::Ok(ok) => entry.insert("ok".to_owned(), ok.clone()),
            Outcome::Error(error) => entry.insert("error".to_owned(), error_value(error)),
        };
        if !self.reply.body.0.is_empty() {
            self.reply.body.write(&mut entry, "text", "hex");
        }
        Value::Object(entry)
    }

    /// The request alone, as it is written.
    pub(crate) fn request_value(&self) -> Value {
        let mut entry = Map::from_iter([(key(self.capability).to_owned(), self.request.clone())]);
        if let Some(sent) = &self.sent {
            sent.write(&mut entry, "sent", "sent_hex");
        }
        Value::Object(entry)
    }
}

impl HostReply {
    /// As a plugin gets it.
    pub(crate) fn answer(&self) -> Answer {
        Answer::new(&self.outcome, self.body.0.clone())
    }
}

impl Body {
    fn read(entry: &mut Map<String, Value>, text: &str, hex: &str) -> Result<Option<Self>, String> {
        match (entry.remove(text), entry.remove(hex)) {
            (None, None) => Ok(None),
            (Some(Value::String(text)), None) => Ok(Some(Self(text.into_bytes()))),
            (None, Some(Value::String(digits))) => {
                digits.parse().map(Some).map_err(|why| format!("`{hex}`: {why}"))
            }
            (Some(_), Some(_)) => Err(format!("there is either `{text}` or `{hex}`")),
            _ => Err(format!("`{text}` and `{hex}` are texts")),
        }
    }

    fn write(&self, entry: &mut Map<String, Value>, text: &str, hex: &str) {
        let (key, value) = match str::from_utf8(&self.0) {
            Ok(string) => (text, string.to_owned()),
            Err(_) => (hex, self.0.iter().map(|byte| format!("{byte:02x}")).collect()),
        };
        entry.insert(key.to_owned(), value.into());
    }
}

impl FromStr for Body {
    type Err = String;

    /// Reads bytes in hexadecimal digits, with white space where one likes.
    fn from_str(text: &str) -> Result<Self, String> {
        let digits: Option<Vec<u8>> = text
            .chars()
            .filter(|character| !character.is_whitespace())
            .map(|digit| digit.to_digit(16).map(|digit| digit as u8))
            .collect();
        match digits {
            Some(digits) if digits.len().is_multiple_of(2) => {
                Ok(Self(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()))
            }
            _ => Err("bytes are pairs of hexadecimal digits".to_owned()),
        }
    }
}

/// What a capability is called in a case.
const fn key(capability: Capability) -> &'static str {
    match capability {
        Capability::File => "file",
        Capability::Http => "http",
        Capability::Environment => "environment",
        Capability::Process => "process",
        Capability::Function => "function",
    }
}

/// A request as the protocol has it, in one spelling, so that two that mean the same are equal.
fn written_out(capability: Capability, request: &Value) -> Result<Value, serde_json::Error> {
    fn through<T: DeserializeOwned + Serialize>(request: &Value) -> Result<Value, serde_json::Error> {
        serde_json::to_value(serde_json::from_value::<T>(request.clone())?)
    }
    match capability {
        Capability::File => through::<FileRequest>(request),
        Capability::Http => through::<HttpRequest>(request),
        Capability::Environment => through::<EnvironmentRequest>(request),
        Capability::Process => through::<ProcessRequest>(request),
        Capability::Function => through::<FunctionRequest>(request),
    }
}

/// A plugin's request. One that makes no sense is kept as the text that it is.
fn request_of(capability: Capability, request: &str) -> Value {
    let Ok(value) = BOUNDS.read::<Value>(request) else { return request.into() };
    written_out(capability, &value).unwrap_or(value)
}

fn error_value(error: &HostCallError) -> Value {
    serde_json::to_value(error).expect("an error is a kind and a text")
}
